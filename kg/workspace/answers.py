"""Answers: columns and rows, and how they are shown as a table, JSON, CSV or Turtle.

Input: plain Python values. Output: text. This module does not know where an answer comes from.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from zeitgraph.kg.base.errors import UnknownName, UserError

Value = object
"""None, a bool, int, float or str; a list or mapping of them where a Cypher question asks so."""

WIDEST = 60
"""A cell of a table is cut to so many terminal columns; JSON and CSV hold all of it."""


@dataclass(frozen=True)
class Answer:
    """Columns and rows; `turtle` is the graph that a CONSTRUCT or DESCRIBE made."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    turtle: str | None = None

    def render(self, form: str) -> str:
        """The answer as `table`, `json`, `csv` or `ttl`, with no line break at the end.

        Raises `UnknownName` for another form, and `UserError` for rows that are asked for as ttl.
        """
        if form not in FORMS:
            raise UnknownName("format", form, FORMS)
        return FORMS[form](self)


def _as_table(answer: Answer) -> str:
    """Aligned columns; a Chinese character is two columns wide, numbers stand to the right."""
    from rich.cells import cell_len, set_cell_size

    cells = [[_shown(value) for value in row] for row in answer.rows]
    cut = [[c if cell_len(c) <= WIDEST else set_cell_size(c, WIDEST - 1) + "…" for c in row]
           for row in cells]  # fmt: skip
    widths = [max(map(cell_len, column)) for column in zip(answer.columns, *cut, strict=True)]
    numbers = [
        bool(answer.rows) and all(isinstance(row[i], int | float | None) for row in answer.rows)
        for i in range(len(answer.columns))
    ]

    def line(row: list[str]) -> str:
        padded = (
            " " * (width - cell_len(cell)) + cell if right else set_cell_size(cell, width)
            for cell, width, right in zip(row, widths, numbers, strict=True)
        )
        return "  ".join(padded).rstrip()

    rule = ["─" * width for width in widths]
    return "\n".join(map(line, [list(answer.columns), rule, *cut]))


def _shown(value: Value) -> str:
    """One line, with nothing in it that a terminal would act on."""
    if isinstance(value, Mapping):
        text = " ".join(f"{key}={_shown(item)}" for key, item in value.items())
    elif isinstance(value, list | tuple):
        text = ", ".join(map(_shown, value))
    else:
        text = "" if value is None else str(value)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _as_json(answer: Answer) -> str:
    """A list of objects, one a row."""
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def _as_csv(answer: Answer) -> str:
    """RFC 4180 with a header, but lines end in a line feed; a null is empty."""
    rows = [
        [json.dumps(v, ensure_ascii=False) if isinstance(v, list | dict) else v for v in row]
        for row in answer.rows
    ]
    return "\n".join(map(_csv_line, [answer.columns, *rows]))


def _csv_line(row: Iterable[Value]) -> str:
    """A line without its end; `csv` quotes a lone carriage return only if lines end in one."""
    out = io.StringIO()
    csv.writer(out).writerow(row)
    return out.getvalue().removesuffix("\r\n")


def _as_turtle(answer: Answer) -> str:
    if answer.turtle is None:
        raise UserError("rows cannot be written as ttl", do="ask with CONSTRUCT or DESCRIBE")
    return answer.turtle.removesuffix("\n")


FORMS: Mapping[str, Callable[[Answer], str]] = {
    "table": _as_table,
    "json": _as_json,
    "csv": _as_csv,
    "ttl": _as_turtle,
}
"""How an answer is shown, by the name of the form."""
