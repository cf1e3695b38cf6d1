"""What the estimate of coming links rests on, for both times of a question, and what it comes to for any row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from domain.ages import CHILDREN, CHILDREN_BELOW, younger_from
from domain.disclosure import fit_parts, round_count
from domain.expectation import DAYS_OF_PACE, DaysAhead, Outlook, bounds, expected, needed
from domain.permit_forecast import forecasts_of_days
from domain.rounding import Ratio
from domain.totals import COUNTRY
from projections.areas import read_permit_forecasts
from projections.engine import LAST_DAY
from projections.figure import Query, Value
from projections.figures.books import Inputs
from projections.grouping import rows_at, times
from projections.municipalities import (
    OF_MUNICIPALITIES,
    OF_MUNICIPALITIES_NAMED,
    of_municipalities,
    of_municipalities_named,
)

#: Conditions that somebody is of each band below 18; `ages` are their parameters.
OF_AGE = tuple(
    f"(born >= $below{below}" + (f" AND born < $below{before})" if before else ")")
    for below, before in zip(CHILDREN_BELOW, (None, *CHILDREN_BELOW), strict=False)
)
_FIRST_OF_THESE = "min(turn), arg_min(started_on, turn), municipality_code(arg_min(municipality, turn))"
_BEGUN = "started_on BETWEEN $first AND $last"
# A person linked to two municipalities of the rows is in both.
_LINKS_BY_LINE = f"""
    SELECT stream, nth, {_FIRST_OF_THESE} FROM {rows_at("links")}
    LEFT JOIN ({OF_MUNICIPALITIES_NAMED}) ON posted = municipality AND started_on BETWEEN since AND until
    WHERE {_BEGUN} GROUP BY stream, nth"""
_IN_RECEPTION = f"""
    SELECT CASE WHEN linked THEN nth END, linked, count(*),
        {", ".join(f"count(*) FILTER (WHERE {of_age})" for of_age in OF_AGE)}
    FROM (SELECT municipality, link_on IS NOT NULL AS linked, born FROM {rows_at("reception")})
    LEFT JOIN ({OF_MUNICIPALITIES}) ON posted = municipality GROUP BY ALL"""


def ages(query: Query) -> dict[str, Any]:
    """The days since which children of each band were born."""
    return {f"below{below}": younger_from(below, query.asked.valid_on) for below in CHILDREN_BELOW}


class Counts(NamedTuple):
    """Persons, and how many of them are of each band below 18."""

    persons: int = 0
    of_age: tuple[int, ...] = (0,) * len(CHILDREN)

    def rounded(self) -> Counts:
        """As they are told to who gets rounded numbers."""
        persons = round_count(self.persons)
        return Counts(persons, tuple(fit_parts(persons, [*map(round_count, self.of_age)], every=False)))


class EstimatedValues(NamedTuple):
    """What is expected in a row, with its bounds and of each band; bands are None where nobody waits for a link."""

    expected: Value
    low: Value
    high: Value
    of_age: tuple[Value, ...]


@dataclass(frozen=True)
class Estimate:
    """Who is expected, by the outlook of the country, who waits there, and what each municipality needs."""

    outlook: Outlook
    waiting: Counts
    needed: Mapping[str, int]
    _found: dict[int, EstimatedValues] = field(default_factory=dict, compare=False)

    def persons(self, codes: Sequence[str]) -> Fraction:
        """Who is expected in some municipalities together."""
        return expected(self.outlook.coming, self.needed_in(codes), self.everywhere)

    def values(self, here: int) -> EstimatedValues:
        """The row of municipalities that need so many together: of many rows the same."""
        if here not in self._found:
            persons, waiting = expected(self.outlook.coming, here, self.everywhere), self.waiting.persons
            of_age = (_exact(persons * there / waiting) if waiting else None for there in self.waiting.of_age)
            low, high = bounds(persons) if persons else (0, 0)
            self._found[here] = EstimatedValues(_exact(persons), low, high, tuple(of_age))
        return self._found[here]

    def needed_in(self, codes: Sequence[str]) -> int:
        """What some municipalities need together."""
        return sum(self.needed.get(code, 0) for code in codes)

    @cached_property
    def everywhere(self) -> int:
        """What all need together."""
        return sum(self.needed.values())


def _exact(number: Fraction) -> Value:
    return Ratio(number.numerator, number.denominator) if number else 0


class Basis:
    """All that the table rests on: read once, with the estimate from exact numbers and that from rounded ones."""

    def __init__(self, query: Query) -> None:
        self.query, self.ahead = query, DaysAhead.after(query.asked.valid_on)
        self.codes, self._of_codes = of_municipalities(query.places, day_of_rows(query))
        self.linked: dict[str, Counts] = {}
        self.waiting = Counts()
        for nth, linked, persons, *of_age in query.tables.rows(_IN_RECEPTION, self.asked | ages(query)):
            counts = Counts(persons, tuple(of_age))
            if linked:
                self.linked[self.code(nth)] = counts
            else:
                self.waiting = counts
        self.forecasts = forecasts_of_days(
            self.ahead.first, self.ahead.last, read_permit_forecasts(query.tables, query.asked)
        )
        of_late = f"SELECT count(DISTINCT stream) FROM {rows_at('links')} WHERE {_BEGUN}"
        ((linked_of_late,),) = query.tables.rows(of_late, self._days_of_pace)
        forecast = sum((one.persons for one in self.forecasts), Fraction(0))
        self.exact = self._estimate(Outlook(linked_of_late, self.ahead.days, self.waiting.persons, forecast))
        self.rounded = self._rounded()

    @classmethod
    def of(cls, query: Query) -> Basis:
        """That of a question."""
        found: Basis | None = query.cache.get("expectation")
        if found is None:
            found = query.cache["expectation"] = cls(query)
        return found

    def code(self, nth: int | None) -> str:
        """The municipality at a place; the country for what is of none that anybody knows."""
        return COUNTRY if nth is None else self.codes[nth]

    def municipalities(self, code: str) -> Sequence[str]:
        """Those that a row is the sum of."""
        if code == COUNTRY:
            return self.codes
        if not code.startswith("PV"):
            return [code]
        return [each for each in self.codes if self.query.places.province(each) == code]

    @property
    def asked(self) -> dict[str, Any]:
        """Parameters for rows of the day."""
        return {**times(self.query), **self._of_codes}

    @property
    def _days_of_pace(self) -> dict[str, Any]:
        day = self.query.asked.valid_on
        first = date.fromordinal(max(1, day.toordinal() + 1 - DAYS_OF_PACE))
        return {**times(self.query), "first": first, "last": day}

    def _of_links(self, first: date, last: date) -> dict[str, Any]:
        """For links that began on some days, as they are at the end of them."""
        named = of_municipalities_named(self.query.places, first, last, day_of_rows(self.query))
        return {**times(self.query), **named, "day": min(last, LAST_DAY), "first": first, "last": last}

    def actual(self) -> Mapping[str, int] | None:
        """Persons whose link began in the days ahead; None unless all of these have passed by what is known."""
        known_on = self.query.known_on
        if known_on is None or known_on < self.ahead.last:
            return None
        return self.linked_in(*self.ahead)

    def linked_in(self, first: date, last: date) -> Mapping[str, int]:
        """Persons whose link began on some days, by line."""
        statement = f"SELECT nth, count(*) FROM ({_LINKS_BY_LINE}) GROUP BY nth"
        found = self.query.tables.rows(statement, self._of_links(first, last))
        return {self.code(nth): persons for nth, persons in found}

    def linked_of_late(self) -> list[tuple[Any, ...]]:
        """The journey, and the turn, first day and municipality as posted of the first of its links in those days."""
        statement = f"SELECT stream, {_FIRST_OF_THESE} FROM {rows_at('links')} WHERE {_BEGUN} GROUP BY stream"
        return self.query.tables.rows(f"{statement} ORDER BY stream", self._days_of_pace)

    def linked_ahead(self, code: str) -> list[tuple[Any, ...]]:
        """The same of a line and the days ahead."""
        statement = f"SELECT * EXCLUDE nth FROM ({_LINKS_BY_LINE}) WHERE nth IS NOT DISTINCT FROM $line ORDER BY stream"
        return self.query.tables.rows(statement, {**self._of_links(*self.ahead), **self._line(code)})

    def in_reception(self, who: str, code: str) -> list[tuple[Any, ...]]:
        """The journey, municipality as posted and first day of the link of persons in a line."""
        statement = f"""
            SELECT stream, municipality_code(municipality), link_on FROM {rows_at("reception")}
            LEFT JOIN ({OF_MUNICIPALITIES}) ON posted = municipality
            WHERE {who} AND nth IS NOT DISTINCT FROM $line ORDER BY stream"""
        return self.query.tables.rows(statement, {**self.asked, **self._ages(who), **self._line(code)})

    def waiting_persons(self, who: str) -> list[tuple[Any, ...]]:
        """The journey and municipality as posted of everybody who waits for a link, and whether they are among some."""
        statement = f"""
            SELECT stream, municipality_code(municipality), coalesce({who}, false) FROM {rows_at("reception")}
            WHERE link_on IS NULL ORDER BY stream"""
        return self.query.tables.rows(statement, {**times(self.query), **self._ages(who)})

    def _line(self, code: str) -> dict[str, int | None]:
        return {"line": None if code == COUNTRY else self.codes.index(code)}

    def _ages(self, who: str) -> dict[str, Any]:
        """The parameters that a condition has."""
        return {name: day for name, day in ages(self.query).items() if f"${name}" in who}

    def _estimate(self, outlook: Outlook) -> Estimate:
        return Estimate(outlook, self.waiting, self._needed(self.linked))

    def _rounded(self) -> Estimate:
        outlook, waiting = self.exact.outlook, self.waiting.rounded()
        outlook = outlook._replace(linked_of_late=round_count(outlook.linked_of_late), waiting=waiting.persons)
        return Estimate(outlook, waiting, self._needed({code: one.rounded() for code, one in self.linked.items()}))

    def _needed(self, linked: Mapping[str, Counts]) -> dict[str, int]:
        period = self.ahead.period
        rows = Inputs.of(self.query.with_parameters(period=period)).rows(period, "municipality")
        return {
            code: needed(balance.task, balance.realised, linked.get(code, Counts()).persons)
            for code, (balance, *_) in rows.items()
        }


def day_of_rows(query: Query) -> date:
    """The day whose municipalities the rows are: that asked, or the first day of the half-year that is next."""
    day = query.asked.valid_on
    return max(day, DaysAhead.after(day).period.first)
