"""Half-years: how they are written, where they begin and end, and how much of one has passed."""

from datetime import date

import pytest

from domain.period import Period


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2021-I", date(2021, 1, 1), date(2021, 6, 30)),
        ("2021-II", date(2021, 7, 1), date(2021, 12, 31)),
    ],
)
def test_a_period_runs_from_the_first_to_the_last_day_of_its_half_year(written: str, first: date, last: date) -> None:
    period = Period.parse(written)
    assert (period.first, period.last, str(period)) == (first, last, written)
    assert Period.of(first) == Period.of(last) == period


@pytest.mark.parametrize(
    "written", ["", "2021", "2021-III", "2021-1", "2021-i", " 2021-I", "2021-I\n", "21-I", "0000-I", "２０２１-I"]
)
def test_anything_else_is_not_a_period(written: str) -> None:
    with pytest.raises(ValueError, match=r"not a period|no calendar year"):
        Period.parse(written)


def test_a_half_year_other_than_one_and_two_does_not_exist() -> None:
    with pytest.raises(ValueError, match="half 1 and half 2"):
        Period(2021, 3)


@pytest.mark.parametrize(
    ("day", "moved"),
    [
        (date(2021, 6, 30), date(2021, 7, 1)),
        (date(2021, 7, 1), date(2021, 7, 1)),
        (date(2021, 10, 4), date(2021, 10, 4)),
        (date(2021, 12, 31), date(2021, 12, 31)),
        (date(2026, 1, 1), date(2021, 12, 31)),
    ],
)
def test_a_day_is_moved_into_a_half_year_no_further_than_it_must(day: date, moved: date) -> None:
    assert Period.parse("2021-II").nearest(day) == moved


def test_periods_follow_each_other_over_the_turn_of_the_year() -> None:
    assert str(Period.parse("2021-II").next) == "2022-I"
    assert str(Period.parse("2022-I").previous) == "2021-II"
    assert str(Period.parse("2022-I").next) == "2022-II"
    assert str(Period.parse("2022-II").previous) == "2022-I"


def test_periods_are_ordered_in_time_and_usable_as_keys() -> None:
    written = ["2022-I", "2021-II", "2021-I"]
    assert [str(period) for period in sorted(map(Period.parse, written))] == ["2021-I", "2021-II", "2022-I"]
    assert len({Period.parse("2021-I"), Period(2021, 1)}) == 1


@pytest.mark.parametrize(
    ("on", "months"),
    [
        (date(2021, 6, 30), 0),
        (date(2021, 7, 1), 0),
        (date(2021, 7, 30), 0),
        (date(2021, 7, 31), 1),
        (date(2021, 9, 29), 2),
        (date(2021, 9, 30), 3),
        (date(2021, 12, 30), 5),
        (date(2021, 12, 31), 6),
        (date(2022, 3, 1), 6),
    ],
)
def test_a_month_is_completed_at_the_end_of_its_last_day(on: date, months: int) -> None:
    assert Period.parse("2021-II").months_completed(on) == months


def test_february_is_completed_on_the_29th_in_a_leap_year() -> None:
    assert Period.parse("2024-I").months_completed(date(2024, 2, 28)) == 1
    assert Period.parse("2024-I").months_completed(date(2024, 2, 29)) == 2
    assert Period.parse("2023-I").months_completed(date(2023, 2, 28)) == 2
