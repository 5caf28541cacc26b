"""Notes on the weighting of posts: how each side of the balance changed, one line a side.

Input: the rows of the table `balance` of a week. Output: lines such as «Balanced shares weigh posts
by region, part of the posts before and after: …». The values come from the posts, so they are text
of strangers. This module does not know how the posts were weighted.
"""

from itertools import groupby

from zeitgraph.kg.workspace.rows import BalanceRow
from zeitgraph.kg.workspace.tables import BALANCE
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.page.formatting import labels, listing, one_line, percent

MOST_VALUES = 6
"""How many values of a side a line shows, those with most posts."""
LONGEST_VALUE = 24
"""A value is cut to this many characters."""


def weighting_notes(workspace: Workspace, week: str, lang: str) -> list[str]:
    """One line for each side of the balance; empty if nothing was weighted."""
    rows = workspace.rows(BALANCE, week)
    return [_line(side, list(own), lang) for side, own in groupby(rows, lambda row: row["side"])]


def _line(side: str, rows: list[BalanceRow], lang: str) -> str:
    words = labels(lang)["balance"]
    names = words["value"] if side == "head" else {"": words["value"][""]}
    largest = sorted(rows, key=lambda row: (-row["posts"], row["value"]))[:MOST_VALUES]
    parts = [
        words["part"].format(
            names.get(row["value"]) or one_line(row["value"])[:LONGEST_VALUE],
            percent(row["before"]),
            percent(row["after"]),
        )
        for row in largest
    ]
    return str(words["line"].format(words["side"][side], listing(parts, lang)))
