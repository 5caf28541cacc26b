"""Rules in words: «hue between 200° and 260° and the word “linen”».

Input: the rows of an answer to `cluster_rules`. Output: the text of their conditions in a language,
with the words in `prompts/report/{lang}/labels.toml`. This module does not know about the sentences
around the text.
"""

from collections.abc import Sequence

from zeitgraph.kg.workspace.conditions import FEATURES, WORD
from zeitgraph.reports.page.formatting import labels, listing
from zeitgraph.reports.report.canned_questions import ClusterRuleRow


def rule_text(rows: Sequence[ClusterRuleRow], lang: str) -> str:
    """The conditions in these rows as one phrase; empty if no row holds a condition."""
    conditions = [condition_text(row, lang) for row in rows if row["position"]]
    return listing(conditions, lang, "also") if conditions else ""


def condition_text(row: ClusterRuleRow, lang: str) -> str:
    """One condition: `hue between 200° and 260°`, `brightness of at least 0.80`."""
    words = labels(lang)
    forms = words["condition"]
    if row["feature"] == WORD:
        return str(forms["word"]).format(row["word"])
    low, high = bound_text(row["feature"], row["low"]), bound_text(row["feature"], row["high"])
    form = "between" if low and high else "from" if low else "below"
    return str(forms[form]).format(words["feature"][row["feature"]], low or high, high)


def bound_text(feature: str, value: float | None) -> str:
    """A bound with its unit: `200°`, `0.80`; empty for None."""
    if value is None:
        return ""
    return f"{value:.0f}°" if FEATURES[feature].circular else f"{value:.2f}"
