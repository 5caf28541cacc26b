"""The stage `posts`: determines the language of each post and computes its heat.

Input: the table `intake`. Output: the table `posts`. This module does not know about pictures and
vectors.
"""

import math
import re
from datetime import timedelta
from typing import cast

from zeitgraph.kg.base.weeks import week_after, week_start
from zeitgraph.kg.workspace.pipeline import Job, Outputs
from zeitgraph.kg.workspace.rows import IntakeRow, PostRow
from zeitgraph.kg.workspace.settings import HeatSettings
from zeitgraph.kg.workspace.tables import INTAKE, POSTS, make_table

THOUSAND = 1000.0
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f]+")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|[@＠]\w+")


def settle_posts(job: Job) -> Outputs:
    """The posts of the week with `lang` and `heat`; the other columns are those of `intake`."""
    rows = job.rows(INTAKE, columns=_SHARED)
    return {"posts": make_table(POSTS, (_post(row, job.settings.heat) for row in rows))}


_SHARED = [name for name in POSTS.schema.names if name != "heat"]
"""The columns that `intake` and `posts` have in common."""


def _post(row: IntakeRow, weights: HeatSettings) -> PostRow:
    shared = cast("PostRow", row)
    return {
        **shared,
        "lang": shared["lang"] or language_of(shared["text"]),
        "heat": heat_of(row, weights),
    }


def language_of(text: str | None) -> str:
    """The language of a text by its script: `zh`, `en` or `und`.

    Addresses and @names are ignored. Each Han character, each word in Latin script and each letter
    of another script counts as one. The text is `zh` if at least half of the count is Han, else
    `en` if at least half are Latin words, else `und` (also without any letter). So every language
    in Latin script counts as English, and Japanese in kanji as Chinese. Give `lang` in the file
    where this is wrong.
    """
    words = _ADDRESS.sub(" ", text or "")
    without_latin, latin = LATIN_WORD.subn(" ", words)
    han = len(HAN.findall(without_latin))
    total = latin + sum(map(str.isalpha, without_latin))
    if total and 2 * han >= total:
        return "zh"
    return "en" if total and 2 * latin >= total else "und"


def heat_of(post: IntakeRow, weights: HeatSettings) -> float:
    """The heat of a post in [0, cap], by the formula of `HeatSettings`; missing counts are 0.

    `exposure` 0 and `half_life_days` 0 leave out their step.
    """
    counts = [
        (weights.views, post["views"]),
        (weights.likes, post["likes"]),
        (weights.comments, post["comments"]),
        (weights.shares, post["shares"]),
        (weights.saves, post["saves"]),
        (weights.clicks, post["clicks"]),
    ]
    weighted = math.fsum(weight * (count or 0) for weight, count in counts)
    seen = post["impressions"] or post["views"]
    if weights.exposure and seen:
        weighted *= (THOUSAND / seen) ** weights.exposure
    heat = min(weights.cap, math.log1p(weighted))
    if not weights.half_life_days:
        return heat
    age = week_start(week_after(post["week"])) - post["published_at"]
    days: float = age / timedelta(days=1)
    return heat * float(0.5 ** (days / weights.half_life_days))
