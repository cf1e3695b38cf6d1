"""Was the national number published in time, and how far off was the forecast?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from domain.period import Period
from domain.totals import COUNTRY
from projections.computed import Computed, Line
from projections.figure import Column, Dimension, Figure, Part, Query, Value, Words
from projections.figures.books import Inputs
from projections.figures.quota_parts import national_part
from projections.figures.realisation import parts_of_balance
from projections.quota import Number, read_numbers
from projections.states.quota import QuotaKind

#: The law wants the number thirteen weeks before the half-year begins (Huisvestingswet 2014, art. 29(1)).
DAYS_BEFORE = 91

#: The numbers that a column is made of, each with its sign.
_NUMBERS: Mapping[str, tuple[tuple[QuotaKind, int], ...]] = {
    "forecast": (("forecast", 1),),
    "published": (("published", 1),),
    "final": (("national", 1),),
    "resettlement": (("resettlement", 1),),
    "forecastError": (("national", 1), ("expected", -1)),
}


class Publication(Computed):
    """The table: a line a half-year."""

    def lines(self, figure: Figure, query: Query) -> Iterable[Line]:
        """Of each that has a forecast or a number by the day."""
        # What is read for one half-year holds for all: sums alone are asked of it.
        inputs = Inputs.of(query.with_parameters(period=Period.of(query.asked.valid_on)))
        for period, said in _said(query).items():
            values: dict[str, Value] = {column: _sum(said, some) for column, some in _NUMBERS.items()}
            first = said.get("published")
            before = None if first is None else (period.first - first.valid_from).days
            values["publishedOn"] = None if first is None else first.valid_from
            values["daysBefore"] = before
            values["daysShort"] = None if before is None else max(0, DAYS_BEFORE - before)
            values["realised"] = inputs.realised(period)
            yield Line(COUNTRY, (str(period),), values)

    def line_parts(self, figure: Figure, query: Query, line: Line, column: str) -> Iterator[Part]:
        """What was said; of what was realised the journeys."""
        period = Period.parse(line.dimensions[0])
        if column == "realised":
            yield from parts_of_balance(query.with_parameters(period=period), COUNTRY, "realised")
        elif column in _NUMBERS:
            said = _said(query)[period]
            for kind, sign in _NUMBERS[column]:
                yield national_part(period, sign * said[kind].persons, kind=kind)
        else:
            days = line.values[column]
            yield national_part(period, days if isinstance(days, int) else 0, kind="published")


def _sum(said: Mapping[str, Number], some: Iterable[tuple[QuotaKind, int]]) -> int | None:
    """Null where one of them was not said."""
    found = [(said.get(kind), sign) for kind, sign in some]
    known = [sign * number.persons for number, sign in found if number is not None]
    return sum(known) if len(known) == len(found) else None


def _said(query: Query) -> Mapping[Period, Mapping[str, Number]]:
    """By half-year the newest number of each kind that is of the country, where there is a forecast or a number."""
    if "said" not in query.cache:
        day, found = query.asked.valid_on, dict[Period, dict[str, Number]]()
        for number in read_numbers(query.tables, query.asked.position):
            if number.municipality is None and number.valid_from <= day < number.valid_until:
                found.setdefault(number.period, {})[number.kind] = number
        query.cache["said"] = {
            period: said for period, said in found.items() if not said.keys().isdisjoint({"forecast", "national"})
        }
    of_periods: Mapping[Period, Mapping[str, Number]] = query.cache["said"]
    return of_periods


PUBLICATION = Figure(
    name="publication",
    questions=(12, 63),
    title=Words("Publication of the national number", "Publicatie van het landelijke aantal"),
    definition=Words(
        f"Of each half-year the number that was forecast, published first and in force last, how many days before its "
        f"first day it was published and how many were short of the {DAYS_BEFORE} that the law asks for, how far the "
        "last number lies above the forecast of before the publication, and who was housed in it.",
        f"Van elk halfjaar het aantal dat voorzien, als eerste gepubliceerd en als laatste van kracht was, hoeveel "
        f"dagen voor de eerste dag het gepubliceerd is en hoeveel er ontbraken aan de {DAYS_BEFORE} die de wet vraagt, "
        "hoeveel het laatste aantal boven de prognose van voor de publicatie ligt, en wie erin gehuisvest is.",
    ),
    counts=Words(
        "Persons, in the country, by half-year.",
        "Personen, in het land, per halfjaar.",
    ),
    dimensions=(Dimension("period", Words("Half-year", "Halfjaar")),),
    columns=(
        Column("forecast", Words("Forecast", "Prognose"), "persons"),
        Column("published", Words("Published first", "Als eerste gepubliceerd"), "persons"),
        Column("publishedOn", Words("Published on", "Gepubliceerd op"), "date"),
        Column("daysBefore", Words("Days before the half-year", "Dagen voor het halfjaar"), "days"),
        Column("daysShort", Words("Days short", "Dagen tekort"), "days"),
        Column("final", Words("Number in force", "Geldend aantal"), "persons"),
        Column("resettlement", Words("Of whom resettled", "Waarvan hervestigd"), "persons"),
        Column("forecastError", Words("Above the forecast", "Boven de prognose"), "persons"),
        Column("realised", Words("Realised", "Realisatie"), "persons"),
    ),
    table=Publication(),
    reads=("quota", "housings"),
    group_by=("country",),
    all_rows=True,
)
