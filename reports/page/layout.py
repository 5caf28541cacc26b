"""The layout that all pages share: one self-contained HTML file, its style sheet and its policy.

Input: the name of a template in `reports/page/templates/`, a language and values. Output: the bytes
of a page that needs no network. Styles and the script are inline, and a strict
Content-Security-Policy allows them by their hashes, so that nothing in a post can run or load. A
template extends `base.html.jinja`. This module does not know about the content of a page.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from zeitgraph.reports.page.formatting import labels, words_environment

TEMPLATES = Path(__file__).parent / "templates"


@cache
def page_environment(lang: str) -> jinja2.Environment:
    """Jinja over `reports/page/templates/` with autoescape and the filters of `formatting`."""
    return words_environment(lang, loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)


def render_page(
    template: str,
    lang: str,
    values: Mapping[str, Any],
    styles: Sequence[str] = ("style.css",),
    pictures: str = "data:",
) -> bytes:
    """A page in `lang` with the style sheets `styles` of the templates' folder, in their order.

    `pictures` is the source of pictures that the policy allows: `data:` for a page of one file.
    """
    style = "\n".join((TEMPLATES / name).read_text("utf-8").strip() for name in styles)
    script = (TEMPLATES / "open.js").read_text("utf-8").strip()
    policy = (
        f"default-src 'none'; img-src {pictures}; style-src '{_source(style)}'; "
        f"script-src '{_source(script)}'; base-uri 'none'; form-action 'none'"
    )
    page = page_environment(lang).get_template(template)
    text = page.render(
        values,
        lang={"en": "en", "zh": "zh-Hans"}[lang],
        say=labels(lang)["page"],
        labels=labels(lang),
        policy=policy,
        style=Markup(style),  # noqa: S704 -- our own file
        script=Markup(script),  # noqa: S704 -- our own file
    )
    return text.encode()


def _source(text: str) -> str:
    """A hash source of CSP Level 3, section 2.3.1."""
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")
