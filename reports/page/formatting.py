"""Numbers, weeks and lists as text for a reader, in English and Chinese.

The sentences of the template writer and the pages both use these functions, so that a figure looks
the same everywhere; the claim checker reads the figures back.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2

from zeitgraph.kg.base.weeks import week_start


def prompt_folder() -> Path:
    """The folder `prompts/report` of the installed package."""
    return Path(str(resources.files("zeitgraph.prompts"))) / "report"


@cache
def labels(lang: str) -> Mapping[str, Any]:
    """The fixed words of the page in `lang`: `prompts/report/{lang}/labels.toml`."""
    return tomllib.loads((prompt_folder() / lang / "labels.toml").read_text("utf-8"))


def one_line(text: str) -> str:
    """`text` on one line, safe to show.

    Control characters, surrogates and marks that change the direction of writing become spaces; the
    joiners that hold an emoji together stay.
    """
    visible = (c if c.isprintable() or c in "\u200c\u200d" else " " for c in text)
    return " ".join("".join(visible).split())


def count(value: float) -> str:
    """A whole number with thousands separators: 1,204."""
    return f"{round(value):,}"


def counted(value: float, noun: str, lang: str) -> str:
    """A whole number with its noun: `1 post`, `1,204 posts`, `1,204条帖子`."""
    forms = labels(lang)["counted"][noun]
    return str(forms["one" if round(value) == 1 else "many"]).format(count(value))


def rounded_percents(value: float) -> float:
    """The number that `percent` writes for a fraction: 12.3 for 0.1234."""
    return round(abs(value) * 100, 1)


def percent(value: float) -> str:
    """A fraction as a percentage with one decimal and no sign: 12.3% for 0.1234 and -0.1234."""
    return f"{rounded_percents(value):,.1f}%"


def signed(value: float) -> str:
    """A fraction as a percentage with its sign, rounded to whole percents: +40%, −12%."""
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    return f"{sign}{abs(value) * 100:,.0f}%"


def factor(growth: float) -> str:
    """Growth as a factor with one decimal: 1.4 for growth of 0.4."""
    return f"{1.0 + growth:,.1f}"


def gain(growth: float, lang: str) -> str:
    """Growth as a percentage, or as a factor if it is a doubling or more."""
    words = labels(lang)["gain"]
    return str(words["much" if growth >= 1 else "some"]).format(percent(growth), factor(growth))


def number(value: float) -> str:
    """A measure without a unit, with one decimal: 812.4."""
    return f"{value:,.1f}"


def listing(words: Sequence[str], lang: str, link: str = "and") -> str:
    """Words as a list: `a, b and c`, `a、b和c`; the link `also` joins clauses."""
    ands = labels(lang)["list"]
    *most, last = words
    return str(ands["comma"]).join(most) + (ands[link] if most else "") + last


def pair(name: str, value: str, lang: str) -> str:
    """A name and its value: `Camping: 12.3%`, `露营：12.3%`."""
    return str(labels(lang)["list"]["pair"]).format(name, value)


def dates(week: str, lang: str) -> str:
    """The days of a week: `9–15 November 2026`, `2026年11月9日至15日`."""
    first = week_start(week).date()
    last = first + timedelta(days=6)
    same = "month" if first.month == last.month else "year" if first.year == last.year else "none"
    words = labels(lang)["dates"]
    parts: dict[str, object] = {}
    for mark, day in (("1", first), ("2", last)):
        parts |= {f"d{mark}": day.day, f"m{mark}": words["months"][day.month - 1]}
        parts |= {f"y{mark}": day.year}
    return str(words[f"same_{same}"]).format(**parts)


def words_environment(lang: str, **loader: Any) -> jinja2.Environment:
    """A Jinja environment with the filters of this module; undefined names are errors."""
    environment = jinja2.Environment(  # noqa: S701 -- pages turn autoescape on, sentences are plain text
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, **loader
    )
    filters: dict[str, Callable[..., str]] = {
        "count": count,
        "counted": partial(counted, lang=lang),
        "percent": percent,
        "signed": signed,
        "factor": factor,
        "gain": partial(gain, lang=lang),
        "number": number,
        "listing": partial(listing, lang=lang),
        "pair": partial(pair, lang=lang),
        "dates": partial(dates, lang=lang),
    }
    environment.filters.update(filters)
    return environment
