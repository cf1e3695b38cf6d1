"""What of a backlog is a municipality's own, and the rung that follows from it, worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.period import Period
from domain.rounding import Ratio
from domain.supervision import (
    Assessment,
    LinkedPersons,
    PublicBalance,
    Terms,
    assess,
    days_before,
    dossier_light,
    half_years_in_row,
    open_since,
    propose_rung,
    reference_day,
)

TERMS = Terms()


def linked(persons: int = 0, open: int = 0, excused: int = 0, complete: Ratio | None = None) -> LinkedPersons:  # noqa: A002
    return LinkedPersons(max(persons, open), open, excused, complete=complete)


def test_voorschoten_housed_twelve_of_thirteen_and_is_inside_its_margin() -> None:
    found = assess(PublicBalance(13, 13, 12, 6), linked(open=1), TERMS)
    assert (found.supply_gap, found.attributable, found.margin, found.short) == (0, 1, 1, 1)
    assert not found.beyond_margin
    assert propose_rung(0, 1, found, 0, suspended=False) == 0


def test_den_bosch_has_three_of_its_own_at_most_where_nobody_was_linked_for_the_rest() -> None:
    found = assess(PublicBalance(146, 146, 79, 6), linked(open=3), TERMS)
    # 146 - 79 = 67, of whom three are linked: 64 are nobody's.
    assert (found.supply_gap, found.attributable, found.margin, found.stacked) == (64, 3, 7, 0)
    assert assess(PublicBalance(146, 146, 79, 6), linked(open=3, excused=2), TERMS).attributable == 1


def test_nobody_is_open_on_new_years_eve_who_was_linked_on_the_first_of_november() -> None:
    assert open_since(Period(2021, 2), date(2021, 12, 31), TERMS) == date(2021, 10, 1)
    assert open_since(Period(2021, 2), date(2021, 12, 31), Terms(days=100)) == date(2021, 9, 22)
    assert open_since(Period(2021, 2), date(2021, 8, 1), TERMS) == date(2021, 5, 23)
    assert reference_day(Period(2021, 1)) == date(2021, 4, 1)
    assert days_before(date(1, 1, 5), TERMS) == date(1, 1, 1)


@pytest.mark.parametrize(
    ("quota", "terms", "margin"),
    [
        (10, TERMS, 1),
        (39, TERMS, 1),
        (40, TERMS, 2),
        (0, TERMS, 1),
        (99, Terms(3, Decimal("0.0999")), 9),
        (29, Terms(3, Decimal("0.1")), 3),
        (1000, Terms(1, Decimal("0.29")), 290),
    ],
)
def test_the_margin_is_a_share_of_the_quota_without_transfers_rounded_down(
    quota: int, terms: Terms, margin: int
) -> None:
    assert assess(PublicBalance(quota, 500, 0, 6), linked(), terms).margin == margin


@pytest.mark.parametrize(
    ("task", "realised", "open_", "excused", "expected"),
    [
        # supply gap, attributable, stack, stacked, short
        (20, 20, 5, 0, (0, 0, 5, 0, 0)),
        (20, 25, 0, 0, (0, 0, 0, 0, 0)),
        (20, 10, 10, 0, (0, 10, 10, 1, 0)),
        (20, 10, 12, 3, (0, 7, 9, 1, 0)),
        (20, 10, 12, 11, (0, 0, 1, 0, 0)),
        (20, 10, 12, 10, (0, 0, 2, 1, 0)),
        (20, 10, 9, 0, (1, 9, 9, 0, 0)),
        (20, 10, 9, 8, (1, 1, 1, 0, 1)),
        (20, 19, 3, 0, (0, 1, 3, 1, 1)),
    ],
)
def test_what_is_excused_or_was_never_linked_is_not_its_own(
    task: int, realised: int, open_: int, excused: int, expected: tuple[int, ...]
) -> None:
    found = assess(PublicBalance(20, task, realised, 6), linked(open=open_, excused=excused), TERMS)
    assert (found.supply_gap, found.attributable, found.stack, found.stacked, found.short) == expected


def test_without_a_number_there_is_nothing_to_judge() -> None:
    found = assess(PublicBalance(None, None, 4, 6), linked(5, 4, 1, Ratio(1, 1)), TERMS)
    assert found == Assessment(None, None, None, 3, None, None, None, None)
    assert not found.beyond_margin


@pytest.mark.parametrize(
    ("task", "realised", "months", "open_", "light"),
    [
        (60, 0, 0, 60, "green"),
        (60, 30, 3, 30, "green"),
        (60, 29, 3, 30, "amber"),
        (60, 24, 3, 30, "amber"),
        (60, 23, 3, 30, "red"),
        (60, 23, 3, 3, "amber"),
        (60, 60, 6, 9, "green"),
        (60, 47, 6, 20, "red"),
        (60, 48, 6, 20, "amber"),
        (-3, -1, 6, 0, "green"),
    ],
)
def test_the_light_is_of_the_pace_and_amber_inside_the_margin(
    task: int, realised: int, months: int, open_: int, light: str
) -> None:
    # The margin of a quota of sixty is three.
    assert assess(PublicBalance(60, task, realised, months), linked(open=open_), TERMS).light == light


@pytest.mark.parametrize(
    ("realised", "persons", "light"),
    [(20, 10, "green"), (20, 9, "amber"), (20, 4, "amber"), (20, 3, "red"), (30, 0, "green"), (57, 0, "green")],
)
def test_the_light_of_supply_counts_who_is_linked_and_knows_no_margin(realised: int, persons: int, light: str) -> None:
    assert assess(PublicBalance(60, 60, realised, 3), linked(persons), TERMS).supply_light == light


@pytest.mark.parametrize(
    ("complete", "light"),
    [
        (None, None),
        (Ratio(1, 1), "green"),
        (Ratio(9, 10), "green"),
        (Ratio(8999, 10000), "amber"),
        (Ratio(7, 10), "amber"),
        (Ratio(69, 100), "red"),
        (Ratio(0, 5), "red"),
    ],
)
def test_the_light_of_the_dossiers_is_of_their_share(complete: Ratio | None, light: str | None) -> None:
    assert dossier_light(linked(1, complete=complete)) == light


def own(attributable: int) -> Assessment:
    return assess(PublicBalance(20, 40, 0, 6), linked(open=40, excused=40 - attributable), TERMS)


@pytest.mark.parametrize(
    ("rung", "gross", "attributable", "in_row", "suspended", "expected"),
    [
        (3, 40, 9, 1, True, 3),
        (3, 0, 0, 0, True, 3),
        (3, 0, 0, 0, False, 0),
        (3, -2, 0, 0, False, 0),
        (3, 40, 1, 0, False, 3),
        (0, 40, 2, 1, False, 1),
        (2, 40, 2, 1, False, 3),
        (3, 40, 2, 1, False, 3),
        (3, 40, 2, 2, False, 4),
        (4, 40, 2, 3, False, 4),
        (4, 40, 2, 4, False, 5),
        (5, 40, 2, 3, False, 5),
        (5, 40, 2, 4, False, 6),
        (6, 40, 2, 9, False, 6),
        (6, 40, 2, 1, False, 6),
    ],
)
def test_a_step_takes_more_than_the_margin_and_the_higher_ones_several_half_years(
    rung: int, gross: int, attributable: int, in_row: int, suspended: bool, expected: int
) -> None:
    assert propose_rung(rung, gross, own(attributable), in_row, suspended=suspended) == expected


def test_half_years_in_a_row_end_with_the_first_that_was_inside_the_margin() -> None:
    beyond = {Period(2021, 1), Period(2021, 2), Period(2022, 1), Period(2020, 1)}
    assert [half_years_in_row(Period(2022, half), beyond.__contains__) for half in (1, 2)] == [3, 0]
    assert half_years_in_row(Period(1, 2), lambda _: True) == 2


@given(
    quota=st.integers(0, 500),
    task=st.integers(-50, 600),
    realised=st.integers(-5, 600),
    open_=st.integers(0, 600),
    excused=st.integers(0, 600),
)
def test_gap_excuses_and_what_is_its_own_never_come_to_more_than_what_is_left(
    quota: int, task: int, realised: int, open_: int, excused: int
) -> None:
    excused = min(excused, open_)
    found = assess(PublicBalance(quota, task, realised, 6), linked(open=open_, excused=excused), TERMS)
    left = max(0, task - realised)
    assert found.supply_gap is not None and found.attributable is not None
    assert 0 <= found.attributable <= min(left, open_ - excused)
    assert found.supply_gap + found.attributable <= left <= found.supply_gap + found.attributable + excused


def test_who_gets_rounded_numbers_is_told_what_follows_from_those() -> None:
    exact = LinkedPersons(13, 8, 2, {"dossier": 2}, Ratio(12, 13))
    rounded = exact.rounded()
    assert (rounded.linked, rounded.open, rounded.excused, dict(rounded.by_cause)) == (15, 10, 0, {"dossier": 0})
    assert rounded.complete == Ratio(9, 10)
    balance = PublicBalance(20, 20, 12, 6)
    assert [assess(balance, one, TERMS).attributable for one in (exact, rounded)] == [6, 8]
    assert LinkedPersons(2, 0, 0, {}, Ratio(1, 1)).rounded().complete is None
