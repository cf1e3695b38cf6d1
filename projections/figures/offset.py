"""How many reception places are left to open in each province once leads are set off against them (verevening)?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from domain.facts.quota import BalanceFigure
from domain.municipality import PROVINCES
from domain.offset import WAYS, Offset, Way, offsets, remainder
from domain.period import Period
from projections.areas import read_stated, source_of
from projections.computed import Computed, Line
from projections.figure import Column, Figure, Parameter, Part, Query, Value, Words
from projections.figures.books import Inputs
from projections.figures.realisation import parts_of_balance
from projections.units import Unit

_GOAL = 417
_AT = "2021-01-01,2021-07-01,2022-01-01"
_MOST_GOAL = 100_000
_MOST_DAYS = 6


class _Lead(NamedTuple):
    """A lead that is known: the question about the realisation that tells it, and the column there whose sign turns."""

    asked: Query
    column: BalanceFigure
    persons: int


class OffsetTable(Computed):
    """The table: a line for every province."""

    def lines(self, figure: Figure, query: Query) -> Iterable[Line]:
        """The places, the leads in four ways, and what they leave."""
        goal: int = query.given["goal"]
        for code in PROVINCES:
            opened, found = _opened(query, code), offsets([lead.persons for lead in _leads(query, code)])
            values: dict[str, Value] = {"goal": goal, "opened": opened}
            for way in WAYS:
                persons = None if found is None else found[way].persons
                values[f"lead{way}"] = persons
                values[f"remainder{way}"] = None if persons is None else remainder(goal, opened, persons)
            yield Line(code, (), values)

    def line_parts(self, figure: Figure, query: Query, line: Line, column: str) -> Iterator[Part]:
        """Of a lead what the realisation is made of; of what is left the places, and the leads less."""
        goal: int = query.given["goal"]
        way: Way | None = next((way for way in WAYS if column.endswith(way)), None)
        if way is None:
            yield from _places(query, line.code, 1) if column == "opened" else [_of_goal(line.code, goal, "goal")]
            return
        leads = _leads(query, line.code)
        counted = (offsets([lead.persons for lead in leads]) or {})[way]
        if column.startswith("lead"):
            yield from _of_leads(leads, counted, line.code, 1)
            return
        yield _of_goal(line.code, goal, "goal")
        yield from _places(query, line.code, -1)
        yield from _of_leads(leads, counted, line.code, -1)
        opened = _opened(query, line.code)
        if beyond := remainder(goal, opened, counted.persons) - (goal - opened - counted.persons):
            yield _of_goal(line.code, beyond, "bounded")


def _of_goal(code: str, places: int, kind: str) -> Part:
    """Places that nobody stated: the goal, or what a bound adds to the sum."""
    return Part(places, None, code, None, code, {"kind": kind})


def _places(query: Query, code: str, sign: int) -> Iterator[Part]:
    for one in read_stated(query.tables, query.asked, query.places, "reception-places").get(code, ()):
        details = {"kind": "stated", "on": one.on}
        yield Part(sign * (one.amount or 0), None, one.area, source_of(one), code, details)


def _opened(query: Query, code: str) -> int:
    return sum(part.amount for part in _places(query, code, 1))


def _of_leads(leads: Sequence[_Lead], counted: Offset, code: str, sign: int) -> Iterator[Part]:
    for lead, times in zip(leads, counted.counts, strict=True):
        if times:
            day = lead.asked.asked.valid_on
            for part in parts_of_balance(lead.asked, code, lead.column, -sign * times):
                yield part._replace(source=part.source and part.source._replace(on=part.source.on or day))


def _leads(query: Query, code: str) -> list[_Lead]:
    """Those of a province that are known, in order of their days."""
    return [lead for day in sorted(set(query.given["at"])) if (lead := _lead(query, code, day)) is not None]


def _lead(query: Query, code: str, day: date) -> _Lead | None:
    """How far a province is ahead on a day: by what opens the half-year that begins then, as it is seen now, else by
    what remains at the end of the day before, as it was then.
    """
    if day == date.min or (eve := day - timedelta(days=1)) > query.asked.valid_on:
        return None
    begins = Period.of(day) if Period.of(day).first == day else None
    asked = query if begins is not None else query.on_day(eve)
    asked = asked.with_parameters(period=begins or Period.of(eve))
    balance = Inputs.of(asked).rows(asked.given["period"], "province")[code].balance
    if balance.quota is None or balance.remaining is None:
        return None
    if begins is not None:
        return _Lead(asked, "openingBalance", -balance.opening)
    return _Lead(asked, "remaining", -balance.remaining)


_LABELS: dict[Way, Words] = {
    "Sum": Words("sum of the leads", "som van de voorsprongen"),
    "Signed": Words("signed sum", "som met teken"),
    "Last": Words("last lead", "laatste voorsprong"),
    "Built": Words("newly built lead", "nieuw opgebouwde voorsprong"),
}


def _columns(name: str, en: str, nl: str) -> Iterator[Column]:
    unit: Unit = "persons" if name == "lead" else "places"
    for way, words in _LABELS.items():
        yield Column(f"{name}{way}", Words(f"{en}: {words.en}", f"{nl}: {words.nl}"), unit)


OFFSET = Figure(
    name="offset",
    questions=(9,),
    title=Words("Offset of leads against reception places", "Verevening van voorsprong met opvangplaatsen"),
    definition=Words(
        "The reception places that a province is to open, those it has, and what is left once the lead of its "
        "municipalities at the dates asked for is set off: as the sum of the leads, their sum with those who were "
        "behind, the last one, or what was newly built up. What is left is never below 0, nor more than without.",
        "De opvangplaatsen die een provincie moet openen, die zij heeft, en wat resteert na verevening met de "
        "voorsprong van haar gemeenten op de gevraagde data: als som van de voorsprongen, als som met de achterstanden "
        "erbij, als laatste stand, of als nieuw opgebouwde voorsprong. Wat resteert is nooit minder dan 0, en nooit "
        "meer dan zonder verevening.",
    ),
    counts=Words(
        "Places, and persons housed beyond the task, by province; the country sums its provinces.",
        "Plaatsen, en boven de opgave gehuisveste personen, per provincie; het land is de som van de provincies.",
    ),
    parameters=(
        Parameter(
            "goal", "whole", Words("Places a province", "Plaatsen per provincie"), _GOAL, least=0, most=_MOST_GOAL
        ),
        Parameter("at", "days", Words("The dates of the leads", "De data van de voorsprongen"), _AT, most=_MOST_DAYS),
    ),
    columns=(
        Column("goal", Words("Goal", "Doel"), "places"),
        Column("opened", Words("Opened", "Geopend"), "places"),
        *_columns("lead", "Lead", "Voorsprong"),
        *_columns("remainder", "Left to open", "Nog te openen"),
    ),
    table=OffsetTable(),
    reads=("areas", "quota", "housings"),
    group_by=("country", "province"),
    all_rows=True,
)
