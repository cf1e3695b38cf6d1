"""A number as it was known then beside what is known now, and how it came to be known from the one to the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from markupsafe import Markup

from domain.identifiers import is_municipality_code
from domain.municipality import PROVINCES
from domain.totals import COUNTRY
from projections.figure import Column, Figure
from projections.figures import FIGURES
from service.foundation.time import AMSTERDAM, day_in_amsterdam, end_of, format_instant, parse_instant
from service.http.pages.address import KNOWN_AT
from service.http.pages.asking import Answer
from service.http.pages.charts.chart import Chart, ChartWords
from service.http.pages.charts.specifications import then_and_now as drawing
from service.http.pages.figure_page import Field, given_parameters, parameter_field
from service.http.pages.figures import FigureTable, Row, figure_question, read_figures
from service.http.pages.value_words import word_of
from service.http.pages.view import View
from service.queries.figure_tables import FIGURES_ADDRESS

#: What an auditor begins with.
_FIGURE, _COLUMN = "realisation", "remaining"
#: At so many moments a number is asked for its chart: each costs as much as a table as known then.
MOMENTS = 12
#: So many of the parts that moved it stand on the page; the page of the changes has all.
_PARTS = 10
_FOUR_WEEKS = timedelta(weeks=4)
_HALF_A_YEAR = timedelta(days=184)


class Choice(NamedTuple):
    """Which number: the table with its parameters, the row with the values of its dimensions, and the column."""

    figure: Figure
    given: Mapping[str, Any]
    code: str
    group_by: str
    column: Column
    dimensions: Mapping[str, str]

    def row(self, table: FigureTable) -> Row | None:
        """The row of the number in an answer; where no dimension was chosen the first of its code."""
        return table.row(self.code, **self.dimensions)


class ThenAndNow(NamedTuple):
    """The number at both moments, with the tables that they are of."""

    choice: Choice
    at: datetime
    then: FigureTable
    now: FigureTable

    @property
    def ok(self) -> bool:
        """Whether both could be told."""
        return self.then.ok and self.now.ok

    def known_then(self, view: View) -> str:
        """The moment in words: the day where it is the end of one."""
        day = day_in_amsterdam(self.at)
        return view.language.day(day) if self.at == _end_of(day) else view.language.instant(self.at)

    @property
    def known_now(self) -> datetime:
        """The instant until which is known what is known now; nothing was recorded since."""
        return parse_instant(self.now.answer.body["knownAt"] or "") or self.at

    @property
    def recorded_since(self) -> int:
        """How many events were recorded after the moment, of anything."""
        then, now = (table.answer.body["position"] for table in (self.then, self.now))
        return int(now - then)

    @property
    def difference(self) -> float | None:
        """Now less then, where both are numbers."""
        then, now = (self.value(table) for table in (self.then, self.now))
        if not isinstance(then, int | float) or not isinstance(now, int | float):
            return None
        return round(now - then, 4)

    def value(self, table: FigureTable) -> Any:
        """The number in one of the two."""
        return table.value(self.choice.row(table), self.choice.column.name)

    def shown(self, table: FigureTable) -> Markup:
        """The same as people read it, with the way to its reasons."""
        return table.number(self.choice.row(table), self.choice.column.name)

    @property
    def moments(self) -> dict[str, str]:
        """The moment as the change report takes it."""
        names = {one.name for one in self.choice.figure.parameters}
        return {"knownFrom" if "from" in names else "from": format_instant(self.at)}

    @property
    def changes(self) -> str | None:
        """The address of the page that tells what moved it."""
        row = self.choice.row(self.now)
        return None if row is None else self.now.changed(row, self.choice.column.name, **self.moments)


def read_choice(view: View, areas: Mapping[str, str]) -> Choice:
    """The number that the address names; what it does not name is what is left of the task of the country."""
    figure = FIGURES[view.one_of("figure", FIGURES, _FIGURE)]
    code = read_place(view, areas)
    group_by = "municipality" if is_municipality_code(code) else "country" if code == COUNTRY else "province"
    if group_by not in figure.group_by:
        group_by = figure.group_by[-1]
    columns = [one for one in figure.columns if group_by in one.groups]
    wanted = view.one_of("column", {one.name for one in columns}, _COLUMN)
    column = next((one for one in columns if one.name == wanted), columns[0])
    dimensions = {one.name: value for one in figure.dimensions if (value := view.query.get(one.name))}
    return Choice(figure, given_parameters(view, figure), code, group_by, column, dimensions)


async def read_then_and_now(view: View, choice: Choice) -> ThenAndNow:
    """The number at the moment of the page, else as it was known when the day it speaks of ended."""
    at = parse_instant(view.times.known_at or "") or _usual_moment(view)
    asked = {**choice.given, "groupBy": choice.group_by}
    then, now = await read_figures(
        view,
        figure_question(view, choice.figure.name, {**asked, KNOWN_AT: format_instant(at)}),
        figure_question(view, choice.figure.name, {**asked, KNOWN_AT: None}),
    )
    return ThenAndNow(choice, at, then, now)


def _usual_moment(view: View) -> datetime:
    """When the day of the page ended, or its half-year; four weeks ago where that is not over for long."""
    now: datetime = view.request.app.state.context.clock()
    return min(_end_of(min(view.times.valid_on, view.period.last)), _end_of(day_in_amsterdam(now - _FOUR_WEEKS)))


async def read_changes(view: View, both: ThenAndNow) -> Answer | None:
    """The first of what moved the number, with the events; None where it has no row now."""
    row = both.choice.row(both.now)
    if row is None:
        return None
    dimensions = {one.name: row[one.name] for one in both.choice.figure.dimensions}
    cell = {"code": row["code"], "column": both.choice.column.name, **dimensions}
    path = f"{FIGURES_ADDRESS}/{both.choice.figure.name}/_changes"
    given = {**both.choice.given, **cell, **both.moments, "limit": _PARTS, KNOWN_AT: None}
    (answer,) = await view.ask(view.question_with(path, given))
    return answer


async def read_course(view: View, both: ThenAndNow) -> Chart | None:
    """The number through recorded time, at a few moments of which two are then and now; None where it is none."""
    end = both.known_now
    begin = min(both.at, end) - _HALF_A_YEAR
    step = (end - begin) / (MOMENTS - 1)
    instants = sorted({*(begin + step * at for at in range(MOMENTS - 1)), both.at})
    choice, asked = both.choice, {**both.choice.given, "groupBy": both.choice.group_by}
    questions = [figure_question(view, choice.figure.name, {**asked, KNOWN_AT: format_instant(at)}) for at in instants]
    tables = await read_figures(view, *questions)
    known = [(at, both.value(table)) for at, table in zip(instants, tables, strict=True)]
    known = [(at, value) for at, value in [*known, (end, both.value(both.now))] if isinstance(value, int | float)]
    if len(known) < 2:
        return None

    def write(value: float) -> str:
        return view.language.measure(value, choice.column.unit)

    return drawing.chart(_words(view, both, known), view.language, known=known, then=both.at, now=end, write=write)


def _words(view: View, both: ThenAndNow, known: Sequence[tuple[datetime, float]]) -> ChartWords:
    say, language, column = view.gettext, view.language, both.choice.column
    then, now = (language.measure(both.value(table), column.unit) for table in (both.then, both.now))
    on, label = language.day(both.at.astimezone(AMSTERDAM).date()), language.of(column.label)
    told = {"label": label, "on": on, "then": then, "now": now}
    title = (
        say("%(label)s: op %(on)s bekend als %(then)s, en nu nog steeds")
        if then == now
        else say("%(label)s: op %(on)s bekend als %(then)s, nu als %(now)s")
    )
    some = {
        **told,
        "first": language.instant(known[0][0]),
        "value": language.measure(known[0][1], column.unit),
        "count": len(known),
    }
    sentence = say(
        "Vanaf %(first)s was het getal bekend als %(value)s, op %(on)s als %(then)s en nu als %(now)s; gevraagd op "
        "%(count)s momenten."
    )
    return ChartWords(title % told, sentence % some, (say("Zoals bekend op"), label))


def fields(view: View, both: ThenAndNow) -> list[Field]:
    """The form that chooses the number: table, column, dimensions and the parameters of the table."""
    choice, say, language = both.choice, view.gettext, view.language
    tables = sorted(((one.name, language.of(one.title)) for one in FIGURES.values()), key=lambda pair: pair[1])
    columns = [(one.name, language.of(one.label)) for one in choice.figure.columns if choice.group_by in one.groups]
    found = [
        Field("figure", say("Tabel"), "choice", choice.figure.name, tables),
        Field("column", say("Kolom"), "choice", choice.column.name, columns),
    ]
    row = choice.row(both.now) if both.now.ok else None
    for one in choice.figure.dimensions:
        values = list(dict.fromkeys(str(each[one.name]) for each in both.now.rows_of(choice.code)))
        chosen = str(row[one.name]) if row is not None else choice.dimensions.get(one.name, "")
        options = [(value, word_of(view, value)) for value in values]
        found.append(Field(one.name, language.of(one.label), "choice", chosen, options))
    return [*found, *(parameter_field(view, one, choice.given.get(one.name)) for one in choice.figure.parameters)]


def read_place(view: View, areas: Mapping[str, str]) -> str:
    """The code of the place that the address names, by its code or its name; the country where it names none."""
    written = view.query.get("code", "").strip()
    if written.upper() in areas or not written:
        return written.upper() or COUNTRY
    named = [code for code, name in areas.items() if name.casefold() == written.casefold()]
    if named:
        return named[-1]
    if is_municipality_code(written.upper()):
        # One that is no more on the day of the page may have a row.
        return written.upper()
    view.unknown.add("code")
    return COUNTRY


async def read_areas(view: View) -> dict[str, str]:
    """The names of the country, the provinces and the municipalities of the day, by code."""
    (answer,) = await view.ask(view.question("/v1/municipalities"))
    day = view.times.valid_on.isoformat()
    there = [
        one
        for one in (answer.body["items"] if answer.ok else ())
        if (one["validFrom"] or "") <= day < (one["validUntil"] or "9999")
    ]
    municipalities = sorted(((one["code"], one["name"]) for one in there), key=lambda pair: str(pair[1]).casefold())
    names = {name for _, name in municipalities}
    # Utrecht and Groningen are a municipality too.
    provinces = {
        code: view.gettext("%(name)s (provincie)") % {"name": name} if name in names else name
        for code, name in PROVINCES.items()
    }
    return {COUNTRY: view.gettext("Nederland"), **provinces, **dict(municipalities)}


def _end_of(day: date) -> datetime:
    """As the dates of pages have it."""
    return end_of(day) - timedelta(milliseconds=1)
