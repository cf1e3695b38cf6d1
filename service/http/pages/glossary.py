"""The words of the chain, how each figure is made, how dates and rounding work, and whom to ask."""

from __future__ import annotations

from datetime import date

from projections.figures import FIGURES
from service.http.pages.catalogue import SUBJECTS as FIGURE_SUBJECTS
from service.http.pages.glossary_terms import subjects
from service.http.pages.rendering import Page
from service.http.pages.view import View

#: When the pages were last tested by those who make them.
TESTED_ON = date(2026, 11, 30)
_SECURITY = ".well-known/security.txt"


async def show(view: View) -> Page:
    """All of it on one page, each part under an anchor of its own."""
    shown = {
        "subjects": subjects(),
        "figures": [(view.language.of(title), [FIGURES[name] for name in names]) for title, names in FIGURE_SUBJECTS],
        "tested_on": TESTED_ON,
        "security": _SECURITY if view.settings.security_contact else None,
        "contact": view.settings.security_contact,
    }
    question = view.question_with("/v1/figures", {"validOn": None, "knownAt": None})
    return Page("glossary.html.jinja", view.gettext("Uitleg"), shown, [question])
