"""Every page under its Dutch path, as the history of the tests gives it something to show; in English after `/en`.

A new page has its examples here, and is then looked at as all others are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx

from projections.figures import FIGURES
from tests.pages.history import waits_longest

#: Where the journey of who waits longest in Almere stands in a path.
JOURNEY = "{journey}"
_CELL = "period=2022-I&code=GM0303&column=remaining"
CHANGED = "period=2021-II&code=PV24&column=remaining&validOn=2021-12-31&from=2021-12-31T23:00:00Z"

#: By the path of the page as the service has it, what is opened in a browser.
EXAMPLES: Mapping[str, Sequence[str]] = {
    "/": ("/", "/?validOn=2021-12-31&knownAt=2021-12-31"),
    "/provincies": ("/provincies",),
    "/provincies/{code}": ("/provincies/PV24",),
    "/gemeenten": ("/gemeenten",),
    "/gemeenten/{code}": ("/gemeenten/GM0303", "/gemeenten/GM0034"),
    "/gemeenten/{code}/meer": ("/gemeenten/GM0034/meer",),
    "/trajecten": ("/trajecten",),
    "/trajecten/{journey}": (f"/trajecten/{JOURNEY}",),
    "/controle": ("/controle", "/controle?validOn=2021-12-31&knownAt=2021-12-31&code=PV24&verloop=ja&sindsdien=ja"),
    "/wat-als": (
        "/wat-als?code=GM0034",
        "/wat-als?vraag=taakstelling&method=ceiling",
        "/wat-als?vraag=toezicht&code=PV24",
    ),
    "/aanleveren": ("/aanleveren",),
    "/cijfers": ("/cijfers",),
    "/cijfers/{figure}": (
        "/cijfers/realisation",
        "/cijfers/supervision?groupBy=municipality&period=2022-I&naam=al",
        "/cijfers/backlog?from=2021-07-01&to=2021-12-31&naam=land",
        "/cijfers/documents",
    ),
    "/cijfers/{figure}/waarom": (f"/cijfers/realisation/waarom?{_CELL}",),
    "/cijfers/{figure}/veranderd": (f"/cijfers/realisation/veranderd?{CHANGED}",),
    "/uitleg": ("/uitleg",),
    "/rol": ("/rol",),
}

#: Pages that can't show all that is asked, with the status that says so (pages.md, rule 8).
STATES: Mapping[str, tuple[str, int]] = {
    "too early": ("/?validOn=2021-02-01", 200),
    "too fine": ("/wat-als?linking=13&as=public", 200),
    "rounded": ("/gemeenten/GM0034?as=public", 200),
    "no access": (f"/trajecten/{JOURNEY}?as=cbs", 403),
    "not signed in": (f"/trajecten/{JOURNEY}?as=public", 401),
    "no such page": ("/nergens", 404),
    "no such table": ("/cijfers/nergens", 404),
    "not a question": ("/cijfers/realisation?period=2022", 200),
    "not a day": ("/?validOn=gisteren", 200),
}

#: The pages of which something is shown, or said, where nothing is recorded and where a projection is stopped.
WITHOUT_HISTORY = (
    "/",
    "/provincies/PV24",
    "/gemeenten/GM0034",
    "/controle",
    "/aanleveren",
    "/wat-als",
    "/cijfers/realisation",
)
#: All tables, each by the finest rows that it has.
TABLES = {name: f"/cijfers/{name}?groupBy={figure.group_by[0]}" for name, figure in FIGURES.items()}


def served(path: str, routes: Sequence[str]) -> bool:
    """Whether one of these paths of the service is that of a page."""
    return any(_fits(path.partition("?")[0], route) for route in routes)


def _fits(path: str, route: str) -> bool:
    steps, wanted = path.split("/"), route.split("/")
    return len(steps) == len(wanted) and all(
        want == step or want[:1] == "{" for step, want in zip(steps, wanted, strict=True)
    )


def in_language(path: str, language: str) -> str:
    """The path of a page in a language."""
    return path if language == "nl" else f"/en{path}"


def journey(address: str) -> str:
    """The journey of who waits longest in Almere."""
    found = httpx.post(f"{address}/v1/journeys/_find", json={"vNumber": waits_longest()}, timeout=60.0)
    assert found.status_code == httpx.codes.OK, found.text
    told: str = found.json()["journey"]
    return told
