"""Pages as HTML: templates with the words of a language, under a policy that lets them load our files and no more."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from service.http.pages.address import ApiAddress
from service.http.pages.static_files import CHART_SCRIPT, static_files
from service.http.pages.unit_words import UNIT_WORDS
from service.http.pages.view import View
from service.http.pages.words import LanguageCode, language

_TEMPLATES = Path(__file__).parent / "templates"
#: No inline script or style, no other host, no frame around it; forms go to us, images of the style sheet are `data:`.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_WORTH_PACKING = 1_024
_LEVEL = 4


class Page(NamedTuple):
    """What a page shows: its template and what stands in that, its title, and the questions it was made from.

    `scripts` are files of ours that make it quicker; it says the same without them.
    """

    template: str
    title: str
    shown: Mapping[str, Any]
    questions: Sequence[ApiAddress] = ()
    scripts: Sequence[str] = ()
    status: int = 200


@cache
def _environment(of: LanguageCode) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = language(of)
    environment.install_gettext_translations(words.translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {"chart_script": CHART_SCRIPT, "language": words, "unit_words": UNIT_WORDS}
    environment.filters["day"] = words.day
    environment.filters["short_day"] = words.short_day
    environment.filters["instant"] = words.instant
    environment.filters["number"] = words.number
    environment.filters["duration"] = words.duration
    return environment


def render(view: View, page: Page) -> Response:
    """A page as an answer, packed where the reader takes it so."""
    template = _environment(view.language.code).get_template(page.template)
    html = template.render(view=view, page=page, files=static_files(), **page.shown).encode()
    headers = {
        "Content-Security-Policy": POLICY,
        # A browser that may tell nobody where it comes from does not tell us either that a form is from a page of ours.
        "Referrer-Policy": "same-origin",
        "Vary": "Accept-Encoding, Accept",
        "Content-Language": view.language.code,
    }
    if len(html) > _WORTH_PACKING and "gzip" in view.request.headers.get("accept-encoding", ""):
        html = gzip.compress(html, _LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(html, page.status, headers, "text/html; charset=utf-8")
