"""Months later, months that days touch, ages in full years, and the sizes of homes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ages import comes_of_age_on, day_of_age, first_day, younger_from
from domain.field_types import PartialDate
from domain.homes import size_of_home
from domain.months import DaysOfMonth, months_later, months_touched

_days = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2021, 10, 15), 2, date(2021, 12, 15)),
        (date(2021, 12, 31), 2, date(2022, 2, 28)),
        (date(2023, 12, 31), 2, date(2024, 2, 29)),
        (date(2021, 12, 31), 1, date(2022, 1, 31)),
        (date(2022, 3, 31), -1, date(2022, 2, 28)),
        (date(2022, 1, 31), -2, date(2021, 11, 30)),
        (date(9999, 12, 1), 2, date.max),
        (date(1, 1, 31), -1, date.min),
    ],
)
def test_months_later_keep_the_day_or_take_the_last_of_the_month(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later


def test_the_months_that_days_touch_are_told_with_those_days() -> None:
    assert list(months_touched(date(2021, 11, 16), date(2022, 1, 15))) == [
        DaysOfMonth("2021-11", date(2021, 11, 16), date(2021, 11, 30)),
        DaysOfMonth("2021-12", date(2021, 12, 1), date(2021, 12, 31)),
        DaysOfMonth("2022-01", date(2022, 1, 1), date(2022, 1, 15)),
    ]
    assert list(months_touched(date(2022, 1, 2), date(2022, 1, 1))) == []
    assert [each.days for each in months_touched(date(9999, 12, 1), date.max)] == [31]


@given(_days, st.integers(0, 400))
def test_no_day_is_in_two_months_and_none_is_left_out(first: date, days: int) -> None:
    assert sum(each.days for each in months_touched(first, first + timedelta(days=days))) == days + 1


@pytest.mark.parametrize(
    ("years", "on", "younger"),
    [
        (4, date(2022, 2, 28), date(2018, 3, 1)),
        (4, date(2022, 3, 1), date(2018, 4, 1)),
        (12, date(2022, 3, 31), date(2010, 4, 1)),
        (18, date(2022, 4, 1), date(2004, 5, 1)),
        (23, date(2024, 12, 29), date(2002, 1, 1)),
        # Who was born in the first month that there is turns 4 in January of the year 5.
        (4, date(4, 12, 31), date(1, 1, 1)),
        (4, date(5, 1, 1), date(1, 2, 1)),
        (18, date(17, 6, 1), date(1, 1, 1)),
    ],
)
def test_who_was_born_in_a_month_by_then_has_the_age_all_of_it(years: int, on: date, younger: date) -> None:
    assert younger_from(years, on) == younger


def test_homes_have_sizes() -> None:
    assert [size_of_home(bedrooms) for bedrooms in (0, 1, 2, 3, 4, 5, 20)] == [
        *("1", "1", "2", "3-5", "3-5", "6+", "6+")
    ]


@pytest.mark.parametrize(
    ("born", "since", "of_age"),
    [
        (PartialDate(2004, 3), date(2004, 3, 1), date(2022, 3, 1)),
        (PartialDate(2004, 2), date(2004, 2, 1), date(2022, 2, 1)),
        (PartialDate(2004), date(2004, 7, 1), date(2022, 7, 1)),
        (PartialDate(9990, 1), date(9990, 1, 1), date.max),
    ],
)
def test_an_age_is_counted_from_the_first_day_of_the_month_of_birth(
    born: PartialDate, since: date, of_age: date
) -> None:
    assert (first_day(born), day_of_age(18, since)) == (since, of_age)


@given(_days, st.integers(0, 30))
def test_who_has_an_age_on_a_day_reached_it_by_then(on: date, years: int) -> None:
    younger = younger_from(years, on)
    assert day_of_age(years, younger) > on or younger == date.max
    if younger > date.min:
        assert day_of_age(years, (younger - timedelta(days=1)).replace(day=1)) <= on


def test_who_comes_of_age_does_by_the_first_of_the_month_and_of_a_year_alone_it_is_not_known() -> None:
    assert comes_of_age_on(PartialDate(2004, 9)) == date(2022, 9, 1)
    assert comes_of_age_on(PartialDate(2004)) is None
    assert comes_of_age_on(PartialDate(9990, 1)) == date.max
