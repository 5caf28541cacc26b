"""Rules as a reader is told them: «hue between 200° and 260° and the word “linen”».

In: the rows of an answer to `cluster_rules`. Out: the text of their conditions in a language, from
the words in `prompts/report/{lang}/labels.toml`. Knows nothing about sentences around it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from zeitgraph.kg.workspace.conditions import FEATURES, WORD
from zeitgraph.reports.page.formatting import labels, listing

Row = Mapping[str, Any]


def rule_text(rows: Sequence[Row], lang: str) -> str:
    """The conditions in these rows as one phrase; empty for rows that tell of no rule."""
    told = [condition_text(row, lang) for row in rows if row["position"]]
    return listing(told, lang, "also") if told else ""


def condition_text(row: Row, lang: str) -> str:
    """One condition: `hue between 200° and 260°`, `brightness of at least 0.80`."""
    words = labels(lang)
    say = words["condition"]
    if row["feature"] == WORD:
        return str(say["word"]).format(row["word"])
    low, high = (bound_text(row["feature"], row[side]) for side in ("low", "high"))
    form = "between" if low and high else "from" if low else "below"
    return str(say[form]).format(words["feature"][row["feature"]], low or high, high)


def bound_text(feature: str, value: float | None) -> str:
    """A bound with its unit: `200°`, `0.80`; empty for none."""
    if value is None:
        return ""
    return f"{value:.0f}°" if FEATURES[feature].circular else f"{value:.2f}"
