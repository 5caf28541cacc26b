"""Converts RDF terms to plain Python values.

Input: a term of Oxigraph. Output: None, a bool, an int, a float or a str.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime

import pyoxigraph as ox

from zeitgraph.kg.graph.vocabulary import PREFIXES, iso_text

_XSD = PREFIXES["xsd"]
_NUMBERS: Mapping[str, Callable[[str], float]] = {
    "integer": int, "int": int, "long": int, "double": float, "float": float, "decimal": float,
}  # fmt: skip


def plain_value(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> object:
    """The value of a term; None for None.

    Literals of XML Schema: boolean becomes bool, integer types become int, decimal, float and
    double become float, dateTime becomes ISO 8601 text in UTC. Any other literal, and a number that
    is malformed or not finite, becomes its lexical form (RDF 1.1 Concepts, 3.3). An IRI becomes its
    text; a blank node or a triple becomes its N-Triples form.
    """
    if term is None:
        return None
    if not isinstance(term, ox.Literal):
        return str(term) if isinstance(term, ox.Triple | ox.BlankNode) else term.value
    datatype = term.datatype.value.removeprefix(_XSD)
    if datatype == "boolean":
        return term.value in ("true", "1")
    if datatype == "dateTime":
        return _moment(term.value)
    if datatype in _NUMBERS:
        number = _number(_NUMBERS[datatype], term.value)
        return number if number is not None and math.isfinite(number) else term.value
    return term.value


def _moment(lexical: str) -> str:
    """A time with a time zone in UTC; any other text unchanged."""
    try:
        moment = datetime.fromisoformat(lexical)
    except ValueError:
        return lexical
    return iso_text(moment) if moment.tzinfo else lexical


def _number(read: Callable[[str], float], lexical: str) -> float | None:
    """The number, or None if the lexical form is no number; RDF allows such literals."""
    try:
        return read(lexical)
    except ValueError:
        return None
