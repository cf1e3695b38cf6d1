"""What would each municipality have to house by another method, or of another number? Computed, and nothing stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, get_args

from domain.allocation import Method, divide
from domain.field_types import MAX_PERSONS
from domain.period import Period
from domain.rounding import Ratio
from domain.totals import COUNTRY
from projections.computed import Computed, Line
from projections.figure import PERIOD, Among, Cell, Column, Figure, Parameter, Part, Query, Value, Words
from projections.figures.quota_parts import Division, counted_parts, published_part
from projections.quota import read_period_figures


class QuotaMethods(Computed):
    """The municipalities of a half-year's first day; without a number only their inhabitants."""

    def day_of_rows(self, query: Query, dimensions: Mapping[str, Any] | None = None) -> date:
        """The first day of the half-year."""
        return _period(query).first

    def lines(self, figure: Figure, query: Query) -> Iterable[Line]:
        """One for each, and what was divided for the country."""
        period, places = _period(query), query.places
        division, published = _division(query), _published(query)
        for code, inhabitants in places.inhabitants(period.year - 1, period.first).items():
            computed = None if division is None else division.shares[code]
            said = None if division is None else published.get(code)
            difference = None if computed is None or said is None else computed - said
            yield Line(
                code,
                (),
                {
                    "inhabitants": inhabitants,
                    "computed": computed,
                    "published": said,
                    "difference": difference,
                    "surplus": computed,
                },
            )
        left: dict[str, Value] = {"published": None, "difference": None}
        if division is not None:
            left["surplus"] = -division.persons
        yield Line(COUNTRY, (), left)

    def derived(self, figure: Figure, query: Query, code: str, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """The share before it is rounded."""
        division, inhabitants = _division(query), values["inhabitants"]
        total = 0 if division is None else sum(division.inhabitants.values())
        if division is None or not total or not isinstance(inhabitants, int):
            return {"unrounded": None}
        return {"unrounded": Ratio(division.persons * inhabitants, total)}

    def parts(self, figure: Figure, query: Query, cell: Cell, among: Among = None) -> list[Part]:
        """Of the share before it is rounded the number, by the inhabitants, and all inhabitants."""
        division = _division(query)
        if cell.column != "unrounded" or division is None:
            return super().parts(figure, query, cell, among)
        row = figure.row(query, cell)
        if row is None or not isinstance(own := row.values[0], int):
            return []
        total = sum(division.inhabitants.values())
        everybody = {"kind": "counted", "code": COUNTRY, "name": row.name if row.code == COUNTRY else "Nederland"}
        return [
            division.number(division.persons, (own, 0)),
            Part(total, stream="reference", details=everybody, weights=(0, 1)),
        ]

    def line_parts(self, figure: Figure, query: Query, line: Line, column: str) -> Iterator[Part]:
        """What a municipality has, and less the number that was divided."""
        division = _division(query)
        if column == "inhabitants" and line.code != COUNTRY:
            yield from counted_parts(query, _period(query), line.code)
        elif division is not None and line.code == COUNTRY:
            if column == "surplus":
                yield division.number(-division.persons)
        elif division is not None:
            if column in ("computed", "difference", "surplus"):
                yield division.part(line.code)
            if column in ("published", "difference"):
                sign = -1 if column == "difference" else 1
                persons = _published(query)[line.code]
                part = published_part(_period(query), line.code, query.places.name(line.code), persons)
                yield part._replace(amount=sign * persons)


def _period(query: Query) -> Period:
    period: Period = query.given["period"]
    return period


def _published(query: Query) -> Mapping[str, int]:
    figures = read_period_figures(query.tables, query.asked).get(_period(query))
    return {} if figures is None else figures.municipal


def _division(query: Query) -> Division | None:
    """The number asked about, else the national one, divided; None without."""
    key = "division", _period(query), query.given["method"], query.given["persons"]
    if key not in query.cache:
        query.cache[key] = _divide(query)
    found: Division | None = query.cache[key]
    return found


def _divide(query: Query) -> Division | None:
    period, method = _period(query), query.given["method"]
    supposed: int | None = query.given["persons"]
    figures = read_period_figures(query.tables, query.asked).get(period)
    persons = figures.national if supposed is None and figures is not None else supposed
    inhabitants = query.places.inhabitants(period.year - 1, period.first)
    if persons is None or (persons and not any(inhabitants.values())):
        return None
    shares = divide(method, persons, inhabitants)
    return Division(period, persons, shares, query.places, method, supposed=supposed is not None)


QUOTA_METHODS = Figure(
    name="quota-methods",
    questions=(6, 7),
    title=Words("Quota by method", "Taakstelling per rekenwijze"),
    definition=Words(
        "A national number divided over the municipalities by their inhabitants, by the method asked for, beside the "
        "quota that was published. Adams' method and largest remainders sum to the number; with the others the surplus "
        "is what they come to more or less.",
        "Een landelijk aantal verdeeld over de gemeenten naar hun inwoners, op de gevraagde rekenwijze, naast de "
        "gepubliceerde taakstelling. De methode van Adams en grootste resten komen op het aantal uit; bij de andere is "
        "het overschot wat zij meer of minder zijn.",
    ),
    counts=Words(
        "Persons to be housed, by the municipalities of the first day of the half-year.",
        "Te huisvesten personen, per gemeente van de eerste dag van het halfjaar.",
    ),
    parameters=(
        PERIOD,
        Parameter(
            "persons",
            "whole",
            Words(
                "The number to divide; without it the national number on the day",
                "Het te verdelen aantal; zonder dit het landelijke aantal op de peildatum",
            ),
            least=0,
            most=MAX_PERSONS,
        ),
        Parameter("method", "choice", Words("The method", "De rekenwijze"), "adams", choices=get_args(Method)),
    ),
    columns=(
        Column("inhabitants", Words("Inhabitants", "Inwoners"), "inhabitants"),
        Column("unrounded", Words("Unrounded", "Onafgerond"), "pace"),
        Column("computed", Words("Computed", "Berekend"), "persons"),
        Column("published", Words("Published", "Gepubliceerd"), "persons", sums="known"),
        Column("difference", Words("Difference", "Verschil"), "persons", sums="known"),
        Column("surplus", Words("Surplus", "Overschot"), "persons", groups=("country",)),
    ),
    table=QuotaMethods(),
    reads=("quota",),
    all_rows=True,
    of_journeys=False,
)
