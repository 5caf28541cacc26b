"""Canned questions: each has a SPARQL and a Cypher query, which return the same rows.

Input: a workspace, the name of a question and its arguments as text. Output: an `Answer`. A
question is a file in `questions/` with a description in English and Chinese, the columns, the
parameters with their defaults, and the two queries. Arguments are bound (Oxigraph's substitutions,
the driver's parameters) and never become part of the text of a query.

A query writes a parameter as `$week`. A SPARQL query selects its parameters first and then the
columns in their order, since Oxigraph binds only selected variables; `limit` is applied to its
rows. Each query defines a total order: ties are broken by IRI, which is ASCII, because the two
stores sort other texts differently.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice
from typing import Any, Literal

from zeitgraph.kg.base.errors import StoreError, UnknownName, UserError
from zeitgraph.kg.base.weeks import week_start
from zeitgraph.kg.edits.checks import all_clusters, find_cluster
from zeitgraph.kg.graph.rdf_store import reading
from zeitgraph.kg.graph.rdf_values import plain_value
from zeitgraph.kg.graph.vocabulary import ENTITY_CLASSES, PREFIXES
from zeitgraph.kg.graph.week_graph import clean_text
from zeitgraph.kg.workspace.answers import Answer
from zeitgraph.kg.workspace.workspace import Workspace

Row = tuple[object, ...]
Bound = Mapping[str, str | int]

DIGITS = 6
"""Digits after the decimal point to which floats are rounded."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a question. `kind` is a key of `READERS`.

    Without an argument its value is `default`; if that is empty, the value is the first column in
    row `row` (from 0) of the answer to the question `first_of`.
    """

    name: str
    kind: str
    about: str
    about_zh: str
    default: str = ""
    first_of: str = ""
    row: int = 0

    @property
    def default_text(self) -> str:
        """The default as help pages show it: a value, or a row of another answer (`weeks[0]`)."""
        return self.default or f"{self.first_of}[{self.row}]"


@dataclass(frozen=True)
class Question:
    """A canned question. Both queries return `columns` in this order."""

    name: str
    about: str
    about_zh: str
    columns: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    sparql: str
    cypher: str


def _read_questions() -> dict[str, Question]:
    folder = resources.files("zeitgraph.kg.graph") / "questions"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return {
        question.name: question
        for question in (_question(f.name[:-5], tomllib.loads(f.read_text("utf-8"))) for f in files)
    }


def _question(name: str, tree: Mapping[str, Any]) -> Question:
    about, columns = tree["about"], tuple(tree["columns"])
    parameters = tuple(map(_parameter, tree.get("parameter", ())))
    return Question(
        name, about["en"], about["zh"], columns, parameters, tree["sparql"], tree["cypher"]
    )


def _parameter(row: Mapping[str, Any]) -> Parameter:
    return Parameter(**{**row, "about": row["about"]["en"], "about_zh": row["about"]["zh"]})


QUESTIONS: Mapping[str, Question] = _read_questions()
"""The canned questions, by name."""


def list_questions() -> Answer:
    """The canned questions as a table: name, parameters with defaults, and what each is about."""
    rows = (
        (q.name, {p.name: p.default_text for p in q.parameters}, q.about, q.about_zh)
        for q in QUESTIONS.values()
    )
    return Answer(("name", "parameters", "about", "about_zh"), tuple(rows))


def answer(
    workspace: Workspace,
    name: str,
    arguments: Mapping[str, str | int],
    via: Literal["sparql", "cypher"] = "sparql",
) -> Answer:
    """The answer to the question `name`, asked in the query language `via`.

    Parameters without an argument have their defaults; there are no rows if a default comes from an
    empty answer. A cluster may be given by its name if no other has it. Both languages give the
    same rows: text, integers, floats rounded to `DIGITS`, times as ISO 8601 text in UTC, and None
    for unknown values. Raises `UnknownName` if the question, a parameter, an entity kind or the
    language does not exist, `UnknownWeek` for a text that is no ISO week, `UserError` for a
    malformed number, an unknown cluster, or if there is no graph yet.
    """
    _parameters(name, arguments)
    with asking(workspace, via) as ask:
        return ask(name, arguments)


@contextmanager
def asking(
    workspace: Workspace, via: Literal["sparql", "cypher"] = "sparql"
) -> Iterator[Callable[[str, Mapping[str, str | int]], Answer]]:
    """A function that answers questions as `answer` does, for many questions one after another.

    The store is opened once and the clusters are read once. Writers of the RDF store wait until the
    context ends.
    """
    clusters = cache(lambda: all_clusters(workspace))
    with _look_up("query language", via, LANGUAGES)(workspace) as ask:

        def answer_one(name: str, arguments: Mapping[str, str | int]) -> Answer:
            question, parameters = QUESTIONS[name], _parameters(name, arguments)
            keys = [key for key in arguments if parameters[key].kind == "cluster"]
            ids = {key: find_cluster(str(arguments[key]), clusters()) for key in keys}
            bound = _bind(question, {**arguments, **ids}, ask)
            return Answer(question.columns, () if bound is None else tuple(ask(question, bound)))

        yield answer_one


def _parameters(name: str, arguments: Mapping[str, str | int]) -> Mapping[str, Parameter]:
    """The parameters of the question `name`, by name.

    Raises `UnknownName` if there is no such question, or if an argument is not one of them.
    """
    parameters = {p.name: p for p in _look_up("question", name, QUESTIONS).parameters}
    for key in arguments:
        _look_up(f"parameter of {name}", key, parameters)
    return parameters


def read_arguments(written: Sequence[str]) -> dict[str, str]:
    """The values of arguments like `key=value`, by key. Raises `UserError` if one has no `=`."""
    pairs = [argument.partition("=") for argument in written]
    for key, equals, _ in pairs:
        if not equals:
            raise UserError(f"«{key}» is no KEY=VALUE", do="write it like week=2026-W46")
    return {key: value for key, _, value in pairs}


Ask = Callable[[Question, Bound], Iterable[Row]]


def _bind(question: Question, arguments: Mapping[str, str | int], ask: Ask) -> Bound | None:
    """A value for each parameter, in order, since a default may depend on earlier parameters.

    None if a default comes from an empty answer.
    """
    bound: dict[str, str | int] = {}
    for parameter in question.parameters:
        if parameter.name in arguments:
            text: str | None = str(arguments[parameter.name])
        else:
            text = parameter.default or _first(parameter, bound, ask)
        if text is None:
            return None
        bound[parameter.name] = READERS[parameter.kind](parameter.name, text)
    return bound


def _first(parameter: Parameter, bound: Bound, ask: Ask) -> str | None:
    """The default from the answer to another question; None if the answer has no such row."""
    other = QUESTIONS[parameter.first_of]
    wanted = {p.name for p in other.parameters} - {"limit", "kind"}
    own = _bind(other, {name: bound[name] for name in bound if name in wanted}, ask)
    rows = list(ask(other, own)) if own is not None else []
    return str(rows[parameter.row][0]) if len(rows) > parameter.row else None


def _look_up(kind: str, name: str, table: Mapping[str, Any]) -> Any:
    if name not in table:
        raise UnknownName(kind, name, table)
    return table[name]


# -- arguments -----------------------------------------------------------------------------------


def _read_week(_name: str, text: str) -> str:
    week_start(text)
    return text


def _read_count(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:10]) < 10**9:
        raise UserError(f"{name} is «{text}»", do="give a whole number above 0")
    return int(text)


def _read_kind(_name: str, text: str) -> str:
    if text != "all":
        _look_up("kind", text, {"all": "", **ENTITY_CLASSES})
    return text


READERS: Mapping[str, Callable[[str, str], str | int]] = {
    "week": _read_week,
    "count": _read_count,
    "kind": _read_kind,
    "cluster": lambda _name, text: clean_text(text),
    "id": lambda _name, text: clean_text(text),
}
"""The reader of an argument, by the kind of its parameter: from its name and text to its value."""


# -- the two query languages ---------------------------------------------------------------------


@contextmanager
def _by_sparql(workspace: Workspace) -> Iterator[Ask]:
    import pyoxigraph as ox

    with reading(workspace.graph_folder) as store:

        def ask(question: Question, bound: Bound) -> Iterator[Row]:
            names = [name for name in bound if name != "limit"]
            results = store.query(
                question.sparql,
                prefixes=dict(PREFIXES),
                substitutions={ox.Variable(name): ox.Literal(str(bound[name])) for name in names},
            )
            limit = bound.get("limit")
            for solution in islice(results, int(limit) if limit else None):  # type: ignore[arg-type]
                yield tuple(_rounded(plain_value(value)) for value in tuple(solution)[len(names) :])

        yield ask


@contextmanager
def _by_cypher(workspace: Workspace) -> Iterator[Ask]:
    import neo4j

    from zeitgraph.kg.graph.bolt_client import connect, plain_bolt_value

    with connect(workspace, "reader") as connection:

        def ask(question: Question, bound: Bound) -> list[Row]:
            try:
                found = connection.driver.execute_query(
                    question.cypher,
                    dict(bound),
                    database_=connection.database,
                    routing_=neo4j.RoutingControl.READ,
                )
            except neo4j.exceptions.Neo4jError as error:
                raise StoreError(f"«{question.name}» failed: {error.message}") from error
            return [tuple(_rounded(plain_bolt_value(v)) for v in r) for r in found.records]

        yield ask


def _rounded(value: object) -> object:
    return round(value, DIGITS) if isinstance(value, float) else value


LANGUAGES: Mapping[str, Callable[[Workspace], Any]] = {"sparql": _by_sparql, "cypher": _by_cypher}
"""The query languages, by name."""
