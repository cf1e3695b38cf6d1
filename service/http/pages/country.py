"""How is the country doing, and since when? The first page."""

from __future__ import annotations

from typing import Any, NamedTuple

from domain.causes_by_day import DAY_CAUSES
from service.http.pages import country_charts as charts
from service.http.pages.country_map import country_map
from service.http.pages.figures import FigureTable, figure_question, read_figures
from service.http.pages.half_years import choices, name_of, reached
from service.http.pages.municipal_areas import places_of, shapes_of
from service.http.pages.rendering import Page
from service.http.pages.standing import furthest_behind_first, since_when, standing_of, told_ahead, told_since
from service.http.pages.states import state_of
from service.http.pages.view import View


class Cause(NamedTuple):
    """Days over the norm that went to one cause: its column, its name, and the hundredths of the longest bar."""

    column: str
    name: str
    length: int


async def show(view: View) -> Page:
    """The country in a half-year."""
    period, until = view.period, reached(view)
    of_period = {"period": period}
    questions = [
        figure_question(view, "realisation", {**of_period, "groupBy": "country"}),
        figure_question(view, "realisation", {**of_period, "groupBy": "province"}),
        figure_question(view, "realisation", {**of_period, "groupBy": "municipality"}),
        figure_question(view, "waiting", {"groupBy": "country"}),
        figure_question(view, "permits", {"from": period.previous.first, "to": period.last, "groupBy": "country"}),
    ]
    if until is not None:
        window = {"from": period.first, "to": until}
        days = {"from": period.previous.first, "to": until, "step": "day", "groupBy": "country"}
        questions += [
            figure_question(view, "backlog", days),
            figure_question(view, "backlog", {**window, "step": "month", "groupBy": "province"}),
            figure_question(view, "norm-phases", {**window, "family": "with", "groupBy": "country"}),
            figure_question(view, "norm-phases", {**window, "family": "without", "groupBy": "country"}),
            figure_question(view, "lateness", {**window, "groupBy": "country"}),
        ]
    tables = await read_figures(view, *questions)
    country, by_province, by_municipality, waiting, permits = tables[:5]
    row = country.rows[0] if country.rows else None
    ahead = country.value(row, "ahead")
    shown: dict[str, Any] = {
        "period": period,
        "half_year": name_of(view, period),
        "choices": choices(view),
        "until": until,
        "country": country,
        "row": row,
        "state": None if country.ok else state_of(view, country.answer, country.operation),
        "standing": standing_of(ahead),
        "told_ahead": lambda one: told_ahead(view, one["ahead"]),
        "standing_of": lambda one: standing_of(one["ahead"]),
        "waiting": waiting,
        "waits": waiting.row("NL", phase="total"),
        "waiting_title": _waiting_title(view, waiting),
        "norm": waiting.answer.body["norm"] if waiting.ok else None,
        "by_province": by_province,
        "provinces": furthest_behind_first(by_province.rows),
        "by_municipality": by_municipality,
        "title": told_since(view, since_when(period, ahead, [])),
        "map": None,
        "causes": [],
    }
    if row is not None and by_municipality.rows:
        places = await places_of(view, [one["code"] for one in by_municipality.rows])
        shown["map"] = country_map(view, by_municipality, places, await shapes_of(view, places))
    drawings = {"permits": charts.permits_chart(view, permits)}
    if until is not None:
        backlog, of_provinces, with_family, without, lateness = tables[5:]
        since = since_when(period, ahead, backlog.rows)
        shown |= {
            "title": told_since(view, since),
            "backlog": backlog,
            "of_provinces": of_provinces,
            "phases": without,
            "lateness": lateness,
            "late": lateness.rows[0] if lateness.rows else None,
            "causes": _causes(view, lateness),
        }
        drawings |= {
            "pace": charts.pace_chart(view, country, backlog, since),
            "phases": charts.phases_chart(view, with_family, without),
            "provinces": charts.provinces_chart(view, by_province, of_provinces),
        }
    there = {name: chart for name, chart in drawings.items() if chart is not None}
    drawn = await view.draw(*there.values())
    shown |= {"charts": {name: (svg, there[name]) for name, svg in zip(there, drawn, strict=True)}, "permits": permits}
    return Page("country.html.jinja", view.gettext("Het land"), shown, [one.address for one in tables])


def _waiting_title(view: View, waiting: FigureTable) -> str:
    """Who waits, and how many of them over the norm, as a title."""
    row = waiting.row("NL", phase="total")
    if row is None:
        return ""
    say = view.language.ngettext(
        "%(persons)s mens wacht, %(over)s langer dan %(norm)s",
        "%(persons)s mensen wachten, %(over)s langer dan %(norm)s",
        row["persons"],
    )
    number, norm = view.language.number, waiting.answer.body["norm"]["total"]
    return say % {
        "persons": number(row["persons"]),
        "over": number(row["overNorm"]),
        "norm": view.language.duration(norm),
    }


def _causes(view: View, lateness: FigureTable) -> list[Cause]:
    """The causes of the days over the norm, the longest first."""
    if not lateness.rows:
        return []
    row = lateness.rows[0]
    told = sorted(((row[name] or 0, name) for name in DAY_CAUSES), reverse=True)
    longest = told[0][0] or 1
    label = {one.name: view.language.of(one.label) for one in lateness.figure.columns}
    return [Cause(name, label[name], round(100 * days / longest)) for days, name in told if days]
