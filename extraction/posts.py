"""The stage `posts`: from posts as they came in to posts as they are known.

Reads `intake`, writes `posts`: the language is settled, and engagement becomes heat. Knows nothing
of pictures and vectors.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from zeitgraph.kg.settings import HeatSettings
from zeitgraph.kg.stages import Job, Outputs
from zeitgraph.kg.tables import TABLES, make_table

HAN = re.compile("[㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff]")
LATIN = re.compile("[A-Za-zÀ-ÖØ-öø-ɏ]")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|[@＠]\w+")


def settle_posts(job: Job) -> Outputs:
    """Every post of the week with `lang` and `heat`, the columns of the intake beside them."""
    weights = job.settings.heat
    rows = [
        row | {"lang": row["lang"] or language_of(row["text"]), "heat": heat_of(row, weights)}
        for row in job.table("intake").select(_TAKEN).to_pylist()
    ]
    return {"posts": make_table(TABLES["posts"], rows)}


_TAKEN = [name for name in TABLES["posts"].schema.names if name != "heat"]


def language_of(text: str | None) -> str:
    """`zh`, `en` or `und`, from the script of a text.

    Addresses and @names aside, letters that are Han or Latin are counted. A text is `zh` if Han are
    at least a quarter of its letters (a Han character carries about as much as a short word), `en`
    if Latin are at least half, else `und`: no text, no letters, or another script. Every language
    in Latin script is taken for English and Japanese in kanji for Chinese; a post whose `lang` is
    given keeps it.
    """
    words = _ADDRESS.sub(" ", text or "")
    letters = sum(map(str.isalpha, words))
    if letters and 4 * len(HAN.findall(words)) >= letters:
        return "zh"
    if letters and 2 * len(LATIN.findall(words)) >= letters:
        return "en"
    return "und"


def heat_of(counts: Mapping[str, Any], weights: HeatSettings) -> float:
    """min(cap, ln(1 + Σ weight · count)), counts that are missing being 0; in [0, cap]."""
    names = ("views", "likes", "comments", "shares", "saves", "clicks")
    weighed = math.fsum(getattr(weights, name) * (counts[name] or 0) for name in names)
    return min(weights.cap, math.log1p(weighed))
