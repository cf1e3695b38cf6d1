"""How many persons will be linked in the two months ahead: what was announced, and a plain estimate of its own.

The estimate says nothing of persons, and proposes nobody to anywhere (docs/expected.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from math import lcm
from types import MappingProxyType
from typing import Any

from domain.ages import CHILDREN
from domain.areas import Statement
from domain.expectation import DAYS_OF_PACE, months_ahead
from domain.months import month_of
from domain.rounding import Ratio
from domain.totals import COUNTRY
from projections.areas import read_announced, source_of
from projections.computed import Computed, Line
from projections.figure import Among, Cell, Column, Figure, Part, Query, Source, Value, Words, column_of
from projections.figures.expectation import OF_AGE, Basis, Counts, Estimate, day_of_rows
from projections.together import Ways
from projections.units import Unit

#: The columns of persons by age end in these, in the order of the bands.
_AGES = tuple(band.replace("-", "to") for band in CHILDREN)


def _by_age(name: str) -> tuple[str, ...]:
    return tuple(f"{name}{age}" for age in _AGES)


_LINKED, _ANNOUNCED, _ESTIMATED = ("linked", *_by_age("linked")), _by_age("announced"), _by_age("expected")
_ALL_ANNOUNCED = ("announced", "announcedHouseholds", *_ANNOUNCED)
_ALL_ESTIMATED = ("expected", "low", "high", *_ESTIMATED)

#: No dimensions.
_NONE: Mapping[str, Any] = MappingProxyType({})


class _Expected(Computed):
    """A line for every municipality; what is estimated is worked out for each row anew."""

    def day_of_rows(self, query: Query, dimensions: Mapping[str, Any] = _NONE) -> date:
        """The day asked, or the first day of the half-year that is next."""
        return day_of_rows(query)

    def lines(self, figure: Figure, query: Query) -> Iterator[Line]:
        """Who is linked, who was announced, and where the days have passed who was linked in them."""
        basis, actual = Basis.of(query), Basis.of(query).actual()
        announced = _announced(query)
        for code in (one for one in (*basis.codes, COUNTRY) if query.only in (None, one)):
            there = basis.linked.get(code, Counts())
            values: dict[str, Value] = dict(zip(_LINKED, (there.persons, *there.of_age), strict=True))
            some = announced.get(code, ())
            values |= {column: sum(_of(one, column) for one in some) for column in _ALL_ANNOUNCED}
            values["actual"] = None if actual is None else actual.get(code, 0)
            if code != COUNTRY or any(values.values()):
                yield Line(code, (), values)

    def derived(self, figure: Figure, query: Query, code: str, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """The estimate of a row."""
        basis = Basis.of(query)
        return _estimated(basis.exact, basis, code)

    def derived_rounded(self, figure: Figure, query: Query, code: str) -> Mapping[str, Value]:
        """The same by rounded numbers."""
        basis = Basis.of(query)
        return _estimated(basis.rounded, basis, code)

    def parts(self, figure: Figure, query: Query, cell: Cell, among: Among = None) -> list[Part]:
        """Of what is estimated those of the row; of other columns line by line."""
        if cell.column not in _ALL_ESTIMATED:
            return super().parts(figure, query, cell, among)
        value = figure.value(query, cell)
        return list(_estimated_parts(Basis.of(query), cell, value)) if value else []

    def line_parts(self, figure: Figure, query: Query, line: Line, column: str) -> Iterator[Part]:
        """Persons, or what was announced."""
        basis = Basis.of(query)
        if column in _ALL_ANNOUNCED:
            for one in _announced(query).get(line.code, ()):
                if amount := _of(one, column):
                    details = {"kind": "announced", "code": one.area, "month": month_of(one.from_on or date.min)}
                    yield Part(amount, None, one.area, source_of(one), one.area, details)
        elif column == "actual":
            yield from _begun(basis, line.code)
        else:
            yield from _linked(basis, line.code, _LINKED.index(column))


def _estimated(estimate: Estimate, basis: Basis, code: str) -> dict[str, Value]:
    found = estimate.values(estimate.needed_in(basis.municipalities(code)))
    return dict(zip(_ALL_ESTIMATED, (found.expected, found.low, found.high, *found.of_age), strict=True))


def _announced(query: Query) -> Mapping[str, Sequence[Statement]]:
    """What was announced for the months ahead, by the municipality for which it counts."""
    if "announced" not in query.cache:
        months = months_ahead(query.asked.valid_on)
        found = read_announced(query.tables, query.asked, query.places, months, day_of_rows(query))
        query.cache["announced"] = found
    announced: Mapping[str, Sequence[Statement]] = query.cache["announced"]
    return announced


def _of(one: Statement, column: str) -> int:
    """What was announced of a column; what was not stated is 0."""
    if column in _ANNOUNCED:
        return one.children[_ANNOUNCED.index(column)] or 0
    return (one.amount if column == "announced" else one.households) or 0


def _linked(basis: Basis, code: str, nth: int) -> Iterator[Part]:
    of_age = f"AND {OF_AGE[nth - 1]}" if nth else ""
    for journey, municipality, link_on in basis.in_reception(f"link_on IS NOT NULL {of_age}", code):
        source = Source("reception", ("born",) if nth else ())
        yield Part(1, journey, None, source, municipality, {"startedOn": link_on})


def _begun(basis: Basis, code: str) -> Iterator[Part]:
    """Persons whose link began in the days ahead."""
    for journey, turn, started_on, municipality in basis.linked_ahead(code):
        source = Source("links", (turn,), basis.ahead.last)
        yield Part(1, journey, None, source, municipality, {"startedOn": started_on})


def _estimated_parts(basis: Basis, cell: Cell, value: Value) -> Iterator[Part]:
    """Who was linked of late, or waits, times what is needed in the row; of what is needed everywhere."""
    parts = list(_expected_parts(basis, cell.code))
    if cell.column == "expected":
        yield from parts
        return
    above, below = sum(part.numerator for part in parts), sum(part.denominator for part in parts)
    if cell.column in _ESTIMATED:
        who = OF_AGE[_ESTIMATED.index(cell.column)]
        for journey, municipality, of_age in basis.waiting_persons(who):
            weights = above if of_age else 0, below
            yield Part(1, journey, None, Source("reception", ("born",)), municipality, weights=weights)
    elif isinstance(value, Ratio):
        yield from (part._replace(weights=(100 * part.weights[0], 100 * part.weights[1])) for part in parts)
        spread = value.numerator * below - 100 * above
        yield Part(spread, None, str(basis.ahead.period), details={"kind": "spread"}, weights=(1, 0))


def _expected_parts(basis: Basis, code: str) -> Iterator[Part]:
    estimate, period = basis.exact, str(basis.ahead.period)
    here = estimate.needed_in(basis.municipalities(code))
    if estimate.outlook.capped:
        # Of one denominator: that of the days of all forecasts.
        below = lcm(*((one.by.last - one.by.first).days + 1 for one in basis.forecasts))
        for journey, municipality, _ in basis.waiting_persons("true"):
            yield Part(below * here, journey, None, Source("reception", ()), municipality, weights=(1, 0))
        for one in basis.forecasts:
            amount = one.persons * below * here
            details = {"kind": "forecast", "days": one.days, "of": one.by.persons}
            source = Source("areas", (one.by.position,))
            yield Part(int(amount), None, COUNTRY, source, None, details, weights=(1, 0))
    else:
        below = DAYS_OF_PACE
        for journey, turn, started_on, municipality in basis.linked_of_late():
            details, source = {"startedOn": started_on}, Source("links", (turn,))
            yield Part(basis.ahead.days * here, journey, None, source, municipality, details, weights=(1, 0))
    elsewhere = estimate.everywhere - here
    for kind, number in (("needed", here), ("needed-elsewhere", elsewhere)):
        if number:
            yield Part(below * number, None, period, details={"kind": kind, "persons": number}, weights=(0, 1))


def _ages_of(name: str, en: str, nl: str, unit: Unit = "persons", **more: Any) -> Iterator[Column]:
    for band, column in zip(CHILDREN, _by_age(name), strict=True):
        yield column_of(column, f"{en}, aged {band}", f"{nl}, {band} jaar", unit, **more)


_TOLD: dict[str, Any] = {"from_rounded": True, "of_country": True}

EXPECTED = Figure(
    name="expected",
    questions=(15, 16),
    title=Words("Links to be expected", "Te verwachten koppelingen"),
    definition=Words(
        "Who is linked now; what COA announced for the next two calendar months; and for the days up to two months "
        "later an estimate that uses neither: as many a day as in the last 91 days, no more than there are in "
        "reception without a link and get a permit by the forecast, divided as what municipalities still have to "
        "house. It says nothing of persons. Where the days have passed, who was linked in them.",
        "Wie nu gekoppeld is; wat het COA voor de volgende twee kalendermaanden heeft aangekondigd; en voor de dagen "
        "tot twee maanden later een schatting die geen van beide gebruikt: per dag zoveel als in de laatste 91 dagen, "
        "niet meer dan er zonder koppeling in de opvang zijn en volgens de prognose een vergunning krijgen, verdeeld "
        "naar wat gemeenten nog moeten huisvesten. Zij zegt niets over personen. Als de dagen voorbij zijn, wie "
        "daarin gekoppeld is.",
    ),
    counts=Words(
        "Persons, where they are linked, announced or expected.",
        "Personen, waar zij gekoppeld, aangekondigd of verwacht zijn.",
    ),
    columns=(
        column_of("linked", "Linked", "Gekoppeld"),
        *_ages_of("linked", "Linked", "Gekoppeld"),
        column_of("announced", "Announced", "Aangekondigd"),
        column_of("announcedHouseholds", "Households announced", "Aangekondigde huishoudens", "households"),
        *_ages_of("announced", "Announced", "Aangekondigd"),
        column_of("expected", "Expected", "Verwacht", "estimate", **_TOLD),
        column_of("low", "Expected at least", "Verwacht, ondergrens", "estimate", **_TOLD),
        column_of("high", "Expected at most", "Verwacht, bovengrens", "estimate", **_TOLD),
        *_ages_of("expected", "Expected", "Verwacht", "estimate", **_TOLD),
        column_of("actual", "Linked in those days", "In die dagen gekoppeld"),
    ),
    table=_Expected(),
    reads=("reception", "links", "areas", "housings", "quota"),
    audience="persons",
    all_rows=True,
    together=(Ways("linked", (_LINKED[1:],), every=False), Ways("announced", (_ANNOUNCED,), every=False)),
)
