"""The three questions of what-if: another norm, another division of the task, other margins.

Each asks the same tables twice: as they are, and as they would be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from domain.norm_sets import DEFAULT_NORM, PHASE_NAMES
from projections.figures import FIGURES
from service.http.pages.charts.chart import Chart
from service.http.pages.comparisons import Measure, chart_of, group_by_of, measure, sentence, task, twice
from service.http.pages.figure_page import Field
from service.http.pages.figures import FigureTable, figure_question, read_figures
from service.http.pages.value_words import word_of
from service.http.pages.view import View

#: So many municipalities that would get another task, or another light, stand on the page.
_SHOWN = 10
#: What of supervision the provinces are shown by, if it would be different.
_JUDGED = ("attributable", "short", "margin")


class Outcome(NamedTuple):
    """The answer to a question: a sentence, numbers of a place side by side, provinces as a chart, what stands out."""

    said: str
    measures: Sequence[Measure]
    chart: Chart | None
    tables: Sequence[FigureTable]
    changed: Sequence[Sequence[Measure]] = ()
    changed_count: int = 0


class Supposed(NamedTuple):
    """What is supposed: fields of the form, and the parameters of the tables as it is and as it would be."""

    fields: Sequence[Field]
    before: Mapping[str, Any]
    after: Mapping[str, Any]


#: What is supposed, the tables that were asked, the outcome where all of them answered, and the norm sets there are.
Answered = tuple[Supposed, Sequence[FigureTable], Outcome | None, Sequence[Mapping[str, Any]]]


async def answer_norm(view: View, place: str) -> Answered:
    """Another norm: who waits too long by it, and how many were in time."""
    (told,) = await view.ask(view.question("/v1/norm-sets"))
    sets: Sequence[Mapping[str, Any]] = told.body["items"] if told.ok else ()
    actual = next((one for one in sets if one["name"] == DEFAULT_NORM), {})
    other = next((one for one in sets if one["name"] != DEFAULT_NORM), actual)
    given = {name: view.query.get(name) or str(other.get(name, "")) for name in (*PHASE_NAMES, "totalStarts")}
    written = ",".join(given[name].strip() for name in (*PHASE_NAMES, "totalStarts"))
    before = {"normSet": ",".join(str(actual.get(name, "")) for name in (*PHASE_NAMES, "totalStarts"))}
    named = next((one["name"] for one in sets if _written(one) == written), None)
    # By its name where it has one: that may be asked also by who gets rounded numbers.
    after = {"normSet": written}
    asked = {"norm": named} if named else after
    say, words = view.gettext, partial(word_of, view)
    starts = [("permit", say("de vergunning")), ("link", say("de koppeling"))]
    fields = [
        *(Field(name, say("%(phase)s, dagen") % {"phase": words(name)}, "whole", given[name]) for name in PHASE_NAMES),
        Field("totalStarts", say("Totaal telt vanaf"), "choice", given["totalStarts"], starts),
    ]
    window = {"from": view.period.first, "to": min(view.period.last, max(view.times.valid_on, view.period.first))}
    tables = await read_figures(
        view,
        *twice(view, "waiting", {"groupBy": "province"}, asked),
        *twice(view, "waiting", {"groupBy": group_by_of(place)}, asked),
        *twice(view, "norm-phases", {**window, "groupBy": group_by_of(place)}, asked),
    )
    supposed = Supposed(fields, before, after)
    if not all(table.ok for table in tables):
        return supposed, tables, None, sets
    by_province, of_place, phases = tables[:2], tables[2:4], tables[4:]
    phases_of = ("total", *(one for one in PHASE_NAMES if one != "total"))
    measures = [
        *(
            measure(
                view,
                of_place,
                "overNorm",
                place,
                say("Wacht te lang: %(phase)s") % {"phase": words(phase)},
                phase=phase,
            )
            for phase in phases_of
        ),
        *(measure(view, phases, f"{phase}CompletedWithinNorm", place) for phase in phases_of),
    ]
    total = measures[0]
    said = sentence(view, total, say("wachten langer dan de norm"))
    chart = chart_of(view, by_province, "overNorm", total, say("wacht te lang"), phase="total")
    return supposed, tables, Outcome(said, measures, chart, [*of_place[:1], *phases[:1]]), sets


def _written(one: Mapping[str, Any]) -> str:
    return ",".join(str(one[name]) for name in (*PHASE_NAMES, "totalStarts"))


async def answer_division(view: View, place: str) -> Answered:
    """Another national number, or another way to divide it."""
    say, period = view.gettext, {"period": str(view.period)}
    method = view.query.get("method") or "largest-remainder"
    methods = [(one, word_of(view, one)) for one in FIGURES["quota-methods"].parameters[2].choices]
    persons = view.query.get("persons", "").strip()
    after = {"method": method, **({"persons": persons} if persons else {})}
    realised = figure_question(view, "realisation", {**period, "groupBy": "country"})
    by_province, of_all = ({**period, "groupBy": group_by} for group_by in ("province", "municipality"))
    country, *tables = await read_figures(
        view,
        realised,
        figure_question(view, "realisation", by_province),
        figure_question(view, "quota-methods", {**by_province, **after}),
        figure_question(view, "realisation", of_all),
        figure_question(view, "quota-methods", {**of_all, **after}),
    )
    national = country.value(country.row("NL"), "quota") if country.ok else None
    fields = [
        Field("persons", say("Landelijk aantal"), "whole", persons or str(national if national is not None else "")),
        Field("method", say("Rekenwijze"), "choice", method, methods),
    ]
    supposed = Supposed(fields, {"persons": national, "method": ""}, {**after})
    if not country.ok or not all(table.ok for table in tables):
        return supposed, [country, *tables], None, ()
    provinces, municipalities = tables[:2], tables[2:]
    label = say("Taakstelling")
    pairs = [task(municipalities, str(row["code"]), label) for row in municipalities[1].rows]
    moved = sorted((one for one in pairs if one.difference), key=lambda one: -abs(one.difference or 0))
    of = provinces if place.startswith("PV") else municipalities
    measures = [task(of, place, label)] if place != "NL" else []
    chart = chart_of(view, provinces, "quota", None, say("taakstelling"), other="computed")
    count = len(moved)
    said = (
        say("Geen gemeente zou een andere taakstelling hebben.")
        if not moved
        else view.language.ngettext(
            "%(count)s gemeente zou een andere taakstelling hebben; %(name)s verschilt het meest: %(difference)s.",
            "%(count)s gemeenten zouden een andere taakstelling hebben; %(name)s verschilt het meest: %(difference)s.",
            count,
        )
        % {
            "count": view.language.number(count),
            "name": moved[0].after.row["name"] if moved[0].after.row else "",
            "difference": view.language.number(moved[0].difference or 0, signed=True),
        }
    )
    changed = [[one] for one in moved[:_SHOWN]]
    return supposed, [country, *tables], Outcome(said, measures, chart, provinces, changed, count), ()


async def answer_supervision(view: View, place: str) -> Answered:
    """Other margins, and another time in which a municipality has to offer a home."""
    say = view.gettext
    parameters = {one.name: one for one in FIGURES["supervision"].parameters}
    usual = {name: str(parameters[name].default) for name in ("marginPersons", "marginShare", "days")}
    given = {name: view.query.get(name, "").strip() or value for name, value in usual.items()}
    if not any(view.query.get(name) for name in usual):
        given["marginPersons"] = "3"
    fields = [
        Field(name, view.language.of(parameters[name].words), "whole" if name != "marginShare" else "text", value)
        for name, value in given.items()
    ]
    period = {"period": str(view.period)}
    tables = await read_figures(
        view,
        *twice(view, "supervision", {**period, "groupBy": "province"}, given),
        *twice(view, "supervision", {**period, "groupBy": "municipality"}, given),
    )
    supposed = Supposed(fields, usual, given)
    if not all(table.ok for table in tables):
        return supposed, tables, None, ()
    provinces, municipalities = tables[:2], tables[2:]
    columns = ("margin", "short", "stacked", "attributable", "stack")
    of = municipalities if place.startswith("GM") else provinces
    measures = [measure(view, of, name, place) for name in columns] if place != "NL" else []
    after = {row["code"]: row for row in municipalities[1].rows}
    moved = [
        row
        for row in municipalities[0].rows
        if any(row[name] != after.get(row["code"], row)[name] for name in ("light", "proposed"))
    ]
    shown = [
        [measure(view, municipalities, name, str(row["code"])) for name in ("attributable", "light", "proposed")]
        for row in moved[:_SHOWN]
    ]
    count = len(moved)
    said = (
        say("Van geen gemeente zou het licht of de voorgestelde trede anders zijn.")
        if not count
        else view.language.ngettext(
            "Van %(count)s gemeente zou het licht of de voorgestelde trede anders zijn.",
            "Van %(count)s gemeenten zou het licht of de voorgestelde trede anders zijn.",
            count,
        )
        % {"count": view.language.number(count)}
    )
    # The first that moves: with as many days the attributable stays as it is, and with the same margins the margin.
    before, then = (table.rows for table in provinces)
    moving = (name for name in _JUDGED if [row[name] for row in before] != [row[name] for row in then])
    column = FIGURES["supervision"].column(next(moving, "margin"))
    chart = chart_of(view, provinces, column.name, None, view.language.of(column.label))
    return supposed, tables, Outcome(said, measures, chart, provinces[:1], shown, count), ()
