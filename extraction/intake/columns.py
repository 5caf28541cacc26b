"""Checks the columns of a row.

Input: the raw values of a row. Output: a checked `Draft`, or `BadRow`. The columns are `id`,
`text`, `published_at` (ISO 8601, UTC if without an offset), `lang`, `author`, `url`, `region`,
`gender`, `age_band`, the counts of engagement, `images`, `videos`, `image_vector`, `text_vector`.
Unknown columns are kept as JSON. This module does not know about files, the content of pictures or
the posts of a workspace.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zeitgraph.kg.base.ids import digest_text
from zeitgraph.kg.base.weeks import week_of
from zeitgraph.kg.workspace.rows import ENGAGEMENT

TEXTS = ("text", "lang", "author", "url", "region", "gender", "age_band")
PATHS = ("images", "videos")
VECTORS = ("image_vector", "text_vector")
KNOWN = frozenset({"id", "published_at", *TEXTS, *PATHS, *VECTORS, *ENGAGEMENT})

LONGEST_ID = 200
LARGEST_COUNT = 2**53
"""Larger counts are not exact in every reader of JSON (RFC 8259, 6)."""

FIRST_YEAR, LAST_YEAR = 1900, 2999
"""Years that a post may have; others come from a wrong clock. Arithmetic of weeks works there."""

Vector = NDArray[np.float32]


class BadRow(ValueError):
    """A row cannot become a post. The message is a kind of reason, a colon, and particulars."""


@dataclass(frozen=True)
class Draft:
    """A checked row. It becomes a post once its pictures and its id have been checked too.

    `columns` holds those plain columns of the table `intake` (texts, counts, `author` hashed) that
    the row fills; `extra` holds unknown columns as canonical JSON, empty for none.
    """

    post_id: str | None
    published_at: datetime
    columns: Mapping[str, str | int]
    images: tuple[str, ...]
    videos: tuple[str, ...]
    vectors: Mapping[str, Vector]
    extra: str

    @property
    def week(self) -> str:
        """The ISO week in which the post was published."""
        return week_of(self.published_at)


def read_columns(values: Mapping[str, Any], max_text: int) -> Draft:
    """Check every column of a row; raises `BadRow` with the first fault."""
    given = {name: value for name, value in values.items() if value is not None and value != ""}
    try:
        _check_characters({k: v for k, v in given.items() if k not in VECTORS})
        extra = _extra({k: v for k, v in given.items() if k not in KNOWN})
    except RecursionError as error:
        raise BadRow("nested too deep: a column holds lists in lists without end") from error
    texts = {name: _text(name, given[name], max_text) for name in TEXTS if name in given}
    texts = {name: text for name, text in texts.items() if text.strip()}
    if "author" in texts:
        texts["author"] = hash_author(texts["author"])
    vectors = {name: _vector(name, given[name]) for name in VECTORS if name in given}
    if len({len(vector) for vector in vectors.values()}) > 1:
        raise BadRow("vector of the wrong length: image_vector and text_vector differ in length")
    return Draft(
        post_id=_post_id(given.get("id")),
        published_at=_moment(given.get("published_at")),
        columns=texts | {name: _count(name, given[name]) for name in ENGAGEMENT if name in given},
        images=_paths("images", given.get("images")),
        videos=_paths("videos", given.get("videos")),
        vectors=vectors,
        extra=extra,
    )


def hash_author(author: str) -> str:
    """The stored form of an author: the first 16 hex digits of SHA-256, unsalted.

    The same name gives the same hash in every workspace, so that an author's posts can be counted.
    It keeps names out of reports. It is no anonymity: anyone who guesses a name can test it.
    """
    return digest_text(author)[:16]


def _check_characters(value: object) -> None:
    for text in _strings(value):
        if "\x00" in text:
            raise BadRow(f"NUL character: in «{_short(text)}»")
        if not text.isascii():
            try:
                text.encode("utf-8")
            except UnicodeEncodeError as error:
                raise BadRow(f"not UTF-8: in «{_short(text)}»") from error


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _strings(key)
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)


def _extra(unknown: Mapping[str, Any]) -> str:
    """Canonical JSON. NaN and infinity become null, as JSON has neither (RFC 8259, 6)."""
    return (
        json.dumps(_finite(unknown), sort_keys=True, ensure_ascii=False, default=str)
        if unknown
        else ""
    )


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value


def _post_id(value: object) -> str | None:
    if value is None:
        return None
    text = _text("id", value, LONGEST_ID)
    return text if text.strip() else None


def _text(name: str, value: object, longest: int) -> str:
    """The text unchanged; a whole number as its digits, as many ids and authors are numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise BadRow(f"not text: {name} is {_short(value)}")
    if len(value) > longest:
        raise BadRow(f"text too long: {name} has {len(value)} characters, at most {longest}")
    return value


def is_time(text: str) -> bool:
    """Whether a cell holds a time that `published_at` may have."""
    try:
        _moment(text)
    except BadRow:
        return False
    return True


def _moment(value: object) -> datetime:
    if value is None:
        raise BadRow("no time: published_at is missing")
    try:
        if isinstance(value, datetime):
            moment = value
        elif isinstance(value, date):
            moment = datetime.combine(value, time())
        elif isinstance(value, str):
            moment = datetime.fromisoformat(value.strip())
        else:
            raise BadRow(f"bad time: published_at is {_short(value)}, not ISO 8601")
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise BadRow(f"bad time: published_at is in the year {moment.year}; is a clock wrong?")
    except (ValueError, OverflowError) as error:
        if isinstance(error, BadRow):
            raise
        raise BadRow(f"bad time: published_at is {_short(value)}, not ISO 8601") from error
    return moment


def _count(name: str, value: object) -> int:
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool) or not number.is_integer():
        raise BadRow(f"bad count: {name} is {_short(value)}, not a whole number")
    if not 0 <= number <= LARGEST_COUNT:
        raise BadRow(f"bad count: {name} is {_short(value)}, not from 0 to 2^53")
    return int(number)


def _paths(name: str, value: object) -> tuple[str, ...]:
    """Paths from a list or, as CSV has none, from a string: a JSON list or parts between `|`."""
    if isinstance(value, str):
        is_json = value.lstrip().startswith("[")
        value = _json_list(name, value, '["a.jpg"]') if is_json else value.split("|")
    if not isinstance(value, list | tuple | None):
        raise BadRow(f"bad list: {name} is {_short(value)}")
    paths = [] if value is None else list(value)
    if not all(isinstance(path, str) for path in paths):
        raise BadRow(f"bad list: {name} is {_short(value)}, not a list of paths")
    return tuple(dict.fromkeys(path.strip() for path in paths if path.strip()))


def _json_list(name: str, text: str, like: str) -> list[Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list):
        raise BadRow(f"bad list: {name} is {_short(text)}, which is no list like {like}")
    return value


def _vector(name: str, value: object) -> Vector:
    """A vector as float32; raises `BadRow` unless all numbers are finite and one is not zero."""
    numbers = _json_list(name, value, "[0.1, 0.2]") if isinstance(value, str) else value
    if not isinstance(numbers, list | tuple) or not set(map(type, numbers)) <= {int, float}:
        raise BadRow(f"bad vector: {name} is not a list of numbers")
    try:
        with np.errstate(over="ignore"):
            vector = np.asarray(numbers, dtype=np.float64).astype(np.float32)
    except OverflowError as error:
        raise BadRow(f"bad vector: {name} holds a number too large") from error
    if not np.isfinite(vector).all():
        raise BadRow(f"bad vector: {name} holds NaN or infinity")
    if not vector.any():
        raise BadRow(f"bad vector: {name} is empty or all zeros")
    return vector


def _short(value: object) -> str:
    text = value if isinstance(value, str) else type(value).__name__ + " " + repr(value)[:60]
    return ascii(text[:40])[1:-1] + ("…" if len(text) > 40 else "")
