"""What fair shares were balanced by, told to a reader: each side before and after.

In come the rows of the table `balance` for a week, out comes a line for each side. Values are what
posts say of themselves, so they are text of strangers. Knows nothing about how it was balanced.
"""

from itertools import groupby
from typing import Any

from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.page.formatting import labels, listing, percent
from zeitgraph.reports.report.evidence import one_line

SHOWN, LONGEST = 6, 24
"""Values of a side that are told, those with most posts; and characters of each."""


def balance_notes(workspace: Workspace, week: str, lang: str) -> list[str]:
    """A line for each side; none where nothing was balanced."""
    rows = workspace.read("balance", week).to_pylist()
    return [_line(side, list(own), lang) for side, own in groupby(rows, lambda row: row["side"])]


def _line(side: str, rows: list[dict[str, Any]], lang: str) -> str:
    words = labels(lang)["balance"]
    ours = words["value"] if side == "head" else {"": words["value"][""]}
    most = sorted(rows, key=lambda row: (-row["posts"], row["value"]))[:SHOWN]
    parts = [
        words["part"].format(
            ours.get(row["value"]) or one_line(row["value"])[:LONGEST],
            percent(row["before"]),
            percent(row["after"]),
        )
        for row in most
    ]
    return str(words["line"].format(words["side"][side], listing(parts, lang)))
