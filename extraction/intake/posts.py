"""The stage `posts`: from posts as they came in to posts as they are known.

Reads `intake`, writes `posts`: the language is settled, and engagement becomes heat. Knows nothing
of pictures and vectors.
"""

import math
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from zeitgraph.kg.base.weeks import week_after, week_start
from zeitgraph.kg.workspace.pipeline import Job, Outputs
from zeitgraph.kg.workspace.settings import HeatSettings
from zeitgraph.kg.workspace.tables import TABLES, make_table

THOUSAND = 1000.0
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f]+")
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

    Addresses and @names aside, a text is made of Han characters, of words in Latin script, and of
    letters of other scripts, and each counts as one. It is `zh` if at least half of these are Han,
    else `en` if at least half are Latin words, else `und`: no text, no letters, or another script.
    So every language in Latin script is taken for English, and Japanese in kanji for Chinese; a
    post whose `lang` is given keeps it.
    """
    words = _ADDRESS.sub(" ", text or "")
    without_latin, latin = LATIN_WORD.subn(" ", words)
    han = len(HAN.findall(without_latin))
    total = latin + sum(map(str.isalpha, without_latin))
    if total and 2 * han >= total:
        return "zh"
    return "en" if total and 2 * latin >= total else "und"


def heat_of(post: Mapping[str, Any], weights: HeatSettings) -> float:
    """The formula of `HeatSettings` for a row of `intake`; counts that are missing are 0.

    In [0, cap]. Each step stands alone: `exposure` 0 and `half_life_days` 0 leave it out.
    """
    names = ("views", "likes", "comments", "shares", "saves", "clicks")
    weighed = math.fsum(getattr(weights, name) * (post[name] or 0) for name in names)
    seen = post["impressions"] or post["views"]
    if weights.exposure and seen:
        weighed *= (THOUSAND / seen) ** weights.exposure
    heat = min(weights.cap, math.log1p(weighed))
    if not weights.half_life_days:
        return heat
    age = week_start(week_after(post["week"])) - post["published_at"]
    days: float = age / timedelta(days=1)
    return heat * float(0.5 ** (days / weights.half_life_days))
