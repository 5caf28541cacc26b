"""RDF terms as plain Python values.

Comes in: a term of Oxigraph. Goes out: None, a bool, an int, a float or a str.
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
    """The value of a term; an IRI is its text, a number that is not finite is its lexical form.

    Integers, decimals, floats, doubles and booleans of XML Schema become Python's, a dateTime is
    ISO 8601 in UTC, any other literal is its lexical form.
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
    """A moment with a time zone in UTC; any other as it stands."""
    try:
        moment = datetime.fromisoformat(lexical)
    except ValueError:
        return lexical
    return iso_text(moment) if moment.tzinfo else lexical


def _number(read: Callable[[str], float], lexical: str) -> float | None:
    """None for a lexical form that is no number, which RDF allows."""
    try:
        return read(lexical)
    except ValueError:
        return None
