"""All tables of figures: what each says, to search by a word."""

from __future__ import annotations

from projections.figure import Words
from projections.figures import FIGURES
from service.http.pages.rendering import Page
from service.http.pages.view import View

#: The tables by the question people come with, in the order of the chain.
SUBJECTS: tuple[tuple[Words, tuple[str, ...]], ...] = (
    (
        Words("Quota", "Taakstelling"),
        ("realisation", "backlog", "quota-methods", "quota-revisions", "transfers", "offset", "publication"),
    ),
    (
        Words("Supply and links", "Aanbod en koppeling"),
        ("permits", "supply", "reception", "expected", "links", "households", "swaps", "refusals"),
    ),
    (
        Words("How long it takes and who waits", "Doorlooptijd en wie wacht"),
        ("norm-phases", "waiting", "lateness", "bonus", "dossiers", "documents"),
    ),
    (Words("Housing", "Huisvesting"), ("temporary", "moves", "handovers", "minors")),
    (Words("Family reunification", "Nareis"), ("family", "family-arrivals")),
    (Words("Integration", "Inburgering"), ("integration", "integration-terms", "elip")),
    (Words("Supervision", "Toezicht"), ("supervision", "ladder")),
    (Words("Quality", "Kwaliteit"), ("data-quality", "findings")),
)


async def show(view: View) -> Page:
    """The tables whose words hold what is sought."""
    sought = view.query.get("zoek", "").strip()
    found = [
        (view.language.of(subject), [FIGURES[name] for name in names if _holds(view, name, sought)])
        for subject, names in SUBJECTS
    ]
    shown = {"sought": sought, "subjects": [(subject, some) for subject, some in found if some]}
    return Page(
        "catalogue.html.jinja",
        view.gettext("Cijfers"),
        shown,
        [view.question_with("/v1/figures", {"validOn": None, "knownAt": None})],
    )


def _holds(view: View, name: str, sought: str) -> bool:
    figure = FIGURES[name]
    words = (figure.title, figure.definition, figure.counts, *(column.label for column in figure.columns))
    text = " ".join((name, *map(view.language.of, words))).casefold()
    return all(word in text for word in sought.casefold().split())
