"""All municipalities by province: to find one, and how each stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from starlette.responses import RedirectResponse, Response

from domain.places import Places
from service.http.pages.figures import FigureTable, Row, figure_question, read_figures
from service.http.pages.half_years import choices, name_of
from service.http.pages.municipal_areas import every_place, places_of, province_name
from service.http.pages.rendering import Page
from service.http.pages.standing import standing_of, told_ahead
from service.http.pages.states import answer_page
from service.http.pages.view import View


class Group(NamedTuple):
    """The municipalities of a province that were sought, by name."""

    code: str
    name: str
    rows: Sequence[Row]


class Gone(NamedTuple):
    """A municipality that is no more, and those that it went into, by code and name."""

    name: str
    successors: Sequence[tuple[str, str]]


async def show(view: View) -> Page | Response:
    """All of them, or those whose name has the words that are sought: of one that is found its page."""
    sought = view.query.get("zoek", "").strip()
    question = figure_question(view, "realisation", {"period": view.period, "groupBy": "municipality"})
    (table,) = await read_figures(view, question)
    if not table.ok:
        return answer_page(view, table.answer, table.operation)
    # Who is sought may be no more, by a merger that was posted.
    places = await every_place(view) if sought else await places_of(view, [row["code"] for row in table.rows])
    groups, gone = _groups(table, places, sought), _gone(places, view.times.valid_on, sought)
    if sought and not gone and [len(group.rows) for group in groups] == [1]:
        path = f"gemeenten/{groups[0].rows[0]['code']}"
        return RedirectResponse(view.link(path, period=view.query.get("period")), 303)
    shown = {
        "sought": sought,
        "table": table,
        "groups": groups,
        "gone": gone,
        "half_year": name_of(view, view.period),
        "choices": choices(view),
        "told": lambda row: told_ahead(view, row["ahead"]),
        "standing_of": lambda row: standing_of(row["ahead"]),
    }
    return Page("municipalities.html.jinja", view.gettext("Gemeenten"), shown, [table.address])


def _groups(table: FigureTable, places: Places, sought: str) -> list[Group]:
    found: dict[str, list[Row]] = {}
    for row in table.rows:
        if _has(row["name"], row["code"], sought):
            found.setdefault(places.province(row["code"]), []).append(row)
    return [
        # Dutch names are looked up without the article before them: 's-Hertogenbosch under the H.
        Group(code, province_name(code), sorted(rows, key=lambda row: row["name"].removeprefix("'s-").casefold()))
        for code, rows in sorted(found.items())
    ]


def _gone(places: Places, day: date, sought: str) -> list[Gone]:
    """Those that are no more and are sought by name."""
    return [
        Gone(places.name(code), [(heir, places.name(heir)) for heir in sorted(places.final_successors(code, day))])
        for code in places.codes
        if sought and _has(places.name(code), code, sought) and _is_gone(places, code, day)
    ]


def _is_gone(places: Places, code: str, day: date) -> bool:
    ends = places.municipality(code).ends
    return ends is not None and ends <= day


def _has(name: str, code: str, sought: str) -> bool:
    return all(word in f"{name} {code}".casefold() for word in sought.casefold().split())
