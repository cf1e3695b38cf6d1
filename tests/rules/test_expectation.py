"""The estimate of who will be linked: the days it is about, what it takes from what was, and between which bounds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.expectation import DaysAhead, Outlook, bounds, expected, months_ahead, needed
from domain.months import DaysOfMonth
from domain.period import Period
from domain.permit_forecast import Forecast, PermitForecast, forecast_of_month, forecasts_of_days
from domain.rounding import Ratio


@pytest.mark.parametrize(
    ("day", "first", "last", "days", "period"),
    [
        (date(2021, 10, 15), date(2021, 10, 16), date(2021, 12, 15), 61, "2021-II"),
        (date(2021, 12, 31), date(2022, 1, 1), date(2022, 2, 28), 59, "2022-I"),
        # 31 days of December and 30 of January; a day later it is 30 and 32.
        (date(2021, 11, 30), date(2021, 12, 1), date(2022, 1, 30), 61, "2021-II"),
        (date(2021, 12, 1), date(2021, 12, 2), date(2022, 2, 1), 62, "2022-I"),
        (date(2021, 5, 31), date(2021, 6, 1), date(2021, 7, 31), 61, "2021-II"),
    ],
)
def test_the_days_ahead_and_the_half_year_that_holds_most_of_them(
    day: date, first: date, last: date, days: int, period: str
) -> None:
    ahead = DaysAhead.after(day)
    assert (ahead.first, ahead.last, ahead.days, str(ahead.period)) == (first, last, days, period)


def test_at_the_end_of_the_calendar_no_days_are_ahead() -> None:
    ahead = DaysAhead.after(date.max)
    assert (ahead.days, ahead.period) == (0, Period(9999, 2))


def test_announcements_are_of_the_two_calendar_months_after_that_of_the_day() -> None:
    assert months_ahead(date(2021, 10, 31)) == ("2021-11", "2021-12")
    assert months_ahead(date(2021, 12, 1)) == ("2022-01", "2022-02")


def test_as_many_a_day_as_of_late_but_no_more_than_there_are_to_link() -> None:
    assert Outlook(182, 61, 500, Fraction(0)).coming == 122
    assert Outlook(182, 61, 100, Fraction(43, 2)).coming == Fraction(243, 2)
    assert not Outlook(182, 61, 100, Fraction(22)).capped
    assert Outlook(0, 61, 100, Fraction(22)).coming == 0


def test_what_comes_is_divided_as_what_is_needed() -> None:
    assert (needed(20, 5, 3), needed(20, 15, 8), needed(None, 5, 3)) == (12, 0, 0)
    assert [expected(Fraction(121, 2), here, 60) for here in (12, 48, 0)] == [Fraction(121, 10), Fraction(242, 5), 0]
    assert expected(Fraction(5), 0, 0) == 0


@pytest.mark.parametrize(
    ("persons", "low", "high"),
    [
        (Fraction(0), 0, 0),
        (Fraction(1), 0, 228),  # 1 + 1.28
        (Fraction(4), 144, 656),  # 4 -/+ 2.56
        (Fraction(25), 1860, 3140),
        (Fraction(2), 19, 381),  # 2 -/+ 1.81019...
        (Fraction(61, 5), 773, 1667),  # 12.2 -/+ 4.47088...
    ],
)
def test_bounds_lie_one_and_a_bit_times_the_root_away(persons: Fraction, low: int, high: int) -> None:
    assert bounds(persons) == (Ratio(low, 100), Ratio(high, 100))


@given(st.fractions(0, 20_000, max_denominator=91 * 400))
def test_bounds_are_rounded_half_away_from_zero_as_with_many_digits(persons: Fraction) -> None:
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(persons.numerator) / persons.denominator
        spread = Decimal("1.28") * exact.sqrt()
        low, high = (value.quantize(Decimal("0.01"), "ROUND_HALF_UP") for value in (exact - spread, exact + spread))
    assert bounds(persons) == (Ratio(max(0, int(low * 100)), 100), Ratio(int(high * 100), 100))


_YEAR = PermitForecast(date(2022, 1, 1), date(2022, 12, 31), 3_650, 1)
_SPRING = PermitForecast(date(2022, 3, 15), date(2022, 4, 30), 470, 2)


def test_a_month_is_forecast_by_the_newest_that_holds_its_last_day() -> None:
    march = DaysOfMonth("2022-03", date(2022, 3, 1), date(2022, 3, 31))
    assert forecast_of_month(march, [_YEAR, _SPRING]) == Forecast(_SPRING, 17)
    assert forecast_of_month(march, [_SPRING, _YEAR]) == Forecast(_YEAR, 31)
    early = march._replace(last=date(2022, 3, 14))
    assert forecast_of_month(early, [_YEAR, _SPRING]) == Forecast(_YEAR, 14)
    assert forecast_of_month(early, [_SPRING]) is None


def test_what_is_forecast_for_days_is_that_of_their_months_together() -> None:
    # 14 days of February and 17 of March, 14 of April at 10 a day each.
    found = forecasts_of_days(date(2022, 2, 15), date(2022, 4, 14), [_YEAR, _SPRING])
    assert [(one.by.position, one.days) for one in found] == [(1, 14), (2, 17), (2, 14)]
    assert sum(one.persons for one in found) == 450
