"""How many permits were granted, beside what was forecast?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from math import lcm
from typing import NamedTuple, get_args

from domain.facts.permit import Ground
from domain.months import DaysOfMonth, month_of, months_between, months_touched
from domain.permit_forecast import Forecast, forecast_of_month
from domain.rounding import Ratio
from domain.totals import COUNTRY
from projections.areas import read_permit_forecasts
from projections.computed import Computed, Line
from projections.errors import Refused
from projections.figure import WINDOW, Column, Dimension, Figure, Part, Query, Source, Value, Words
from projections.figures.backlog import MOST_POINTS
from projections.grouping import times

_GROUNDS: tuple[Ground, ...] = get_args(Ground)


class _Month(NamedTuple):
    """A month: its counted days, how many were granted by ground, and both since the window's first month.

    `forecast` is None where no forecast holds the last of its days, `expected` where that is so of any month so far.
    """

    days: DaysOfMonth
    granted: Mapping[str, int]
    forecast: Forecast | None
    so_far: int
    expected: Fraction | None


class Permits(Computed):
    """The table: a line a month that has counted days."""

    def lines(self, figure: Figure, query: Query) -> Iterable[Line]:
        """What was granted in the month and since the first one, and what was forecast."""
        for month in _months(query):
            values: dict[str, Value] = {
                "granted": sum(month.granted.values()),
                **{ground: month.granted.get(ground, 0) for ground in _GROUNDS},
                "forecast": None if month.forecast is None else _ratio(month.forecast.persons),
                "grantedSoFar": month.so_far,
                "forecastSoFar": None if month.expected is None else _ratio(month.expected),
                "difference": None if month.expected is None else _ratio(month.so_far - month.expected),
            }
            yield Line(COUNTRY, (month.days.month,), values)

    def line_parts(self, figure: Figure, query: Query, line: Line, column: str) -> Iterator[Part]:
        """Permits, and forecasts pro rata to their days over one denominator."""
        months = _months(query)
        nth = next(nth for nth, one in enumerate(months) if one.days.month == line.dimensions[0])
        since = nth if column == "forecast" or column in ("granted", *_GROUNDS) else 0
        first, last = months[since].days.first, months[nth].days.last
        if column in ("granted", "grantedSoFar", *_GROUNDS):
            yield from _granted(query, first, last, column if column in _GROUNDS else None)
            return
        forecasts = [one.forecast for one in months[since : nth + 1] if one.forecast is not None]
        below = lcm(*(one.persons.denominator for one in forecasts))
        if column == "difference":
            yield from (one._replace(weights=(below, 0)) for one in _granted(query, first, last))
        for forecast in forecasts:
            yield _of_forecast(forecast, -1 if column == "difference" else 1, below)
        yield Part(1, stream=COUNTRY, details={"kind": "days"}, weights=(0, below))


def _ratio(exact: Fraction) -> Ratio:
    return Ratio(exact.numerator, exact.denominator)


def _of_forecast(forecast: Forecast, sign: int, below: int) -> Part:
    """A forecast's persons for some days: as a whole number of parts of one."""
    by, exact = forecast.by, forecast.persons
    details = {"kind": "forecast", "of": by.persons, "startedOn": by.first, "endedOn": by.last, "days": forecast.days}
    amount = exact.numerator * (below // exact.denominator)
    return Part(sign * amount, None, COUNTRY, Source("areas", (by.position,)), None, details, weights=(1, 0))


def _months(query: Query) -> Sequence[_Month]:
    first, last = query.given["from"], min(query.given["to"], query.asked.valid_on)
    if months_between(first, last) > MOST_POINTS:
        raise Refused("from", "too-many-points", f"asks for more than {MOST_POINTS} months")
    key = "months of permits", first, last
    if key not in query.cache:
        query.cache[key] = list(_read_months(query, first, last))
    months: Sequence[_Month] = query.cache[key]
    return months


def _read_months(query: Query, first: date, last: date) -> Iterator[_Month]:
    forecasts = read_permit_forecasts(query.tables, query.asked)
    counted = query.tables.rows(
        "SELECT date_trunc('month', valid_from)::DATE AS month, ground, count(*) FROM permits_at($day, $position) "
        "WHERE valid_from BETWEEN $first AND $last GROUP BY month, ground",
        {**times(query), "first": first, "last": last},
    )
    granted: dict[str, dict[str, int]] = {}
    for month, ground, persons in counted:
        granted.setdefault(month_of(month), {})[ground] = persons
    so_far = 0
    expected: Fraction | None = Fraction()
    for days in months_touched(first, last):
        of_month, forecast = granted.get(days.month, {}), forecast_of_month(days, forecasts)
        so_far += sum(of_month.values())
        expected = None if expected is None or forecast is None else expected + forecast.persons
        yield _Month(days, of_month, forecast, so_far, expected)


def _granted(query: Query, first: date, last: date, ground: str | None = None) -> Iterator[Part]:
    """The first permits in force that were granted in some days, of one ground or of all."""
    found = query.tables.rows(
        "SELECT stream, valid_from FROM permits_at($day, $position) WHERE valid_from BETWEEN $first AND $last "
        "AND ($ground IS NULL OR ground::VARCHAR = $ground) ORDER BY valid_from, stream",
        {**times(query), "first": first, "last": last, "ground": ground},
    )
    for journey, on in found:
        yield Part(1, journey, None, Source("permits", ()), None, {"kind": "granted", "on": on})


_LABELS: Mapping[str, Words] = {
    "granted": Words("Granted", "Verleend"),
    "asylum": Words("Asylum", "Asiel"),
    "family": Words("Family", "Nareis"),
    "resettlement": Words("Resettlement", "Hervestiging"),
    "grantedSoFar": Words("Granted so far", "Verleend tot en met de maand"),
}

PERMITS = Figure(
    name="permits",
    questions=(17,),
    title=Words("Permits granted and forecast", "Verleende en voorziene vergunningen"),
    definition=Words(
        "The first permits in force that were granted in each month of the window, beside the newest forecast that "
        "holds the month's last day, pro rata to its days, and both since the window's first month.",
        "De eerste geldende vergunningen die in elke maand van het venster zijn verleend, naast de nieuwste prognose "
        "waarin de laatste dag van de maand valt, naar rato van haar dagen, en beide sinds de eerste maand van het "
        "venster.",
    ),
    counts=Words("Persons, in the country, by month.", "Personen, in het land, per maand."),
    parameters=WINDOW,
    dimensions=(Dimension("month", Words("Month", "Maand")),),
    columns=(
        *(Column(name, _LABELS[name], "persons") for name in ("granted", *_GROUNDS)),
        Column("forecast", Words("Forecast", "Prognose"), "pace"),
        Column("grantedSoFar", _LABELS["grantedSoFar"], "persons"),
        Column("forecastSoFar", Words("Forecast so far", "Voorzien tot en met de maand"), "pace"),
        Column("difference", Words("Above the forecast", "Boven de prognose"), "pace"),
    ),
    table=Permits(),
    reads=("permits", "areas"),
    group_by=("country",),
)
