"""Small numbers: what is rounded, to what, and what differences of answers tell."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.disclosure import (
    EXACT,
    ROUNDED,
    fit_parts,
    numbers_leave_open,
    round_by_kind,
    round_count,
    round_day,
    round_days,
    round_part,
    round_share,
    round_sum_of_days,
    rounded_from,
    share_of_rounded,
)
from domain.rounding import Ratio

persons = st.integers(0, 2_000)
lengths = st.fractions(0, 4_000, max_denominator=90)
shares = st.fractions(0, 1, max_denominator=400)


def test_persons_go_to_the_nearest_multiple_of_five():
    assert [round_count(number) for number in range(14)] == [0, 0, 0, 5, 5, 5, 5, 5, 10, 10, 10, 10, 10, 15]
    assert [round_count(number) for number in (-2, -3, -7, -8)] == [0, -5, -5, -10]


def test_days_go_to_multiples_of_five_half_away_from_zero():
    assert [round_days(Fraction(value), 9) for value in ("2.4", "2.5", "70", "72.5", "77.49")] == [0, 5, 70, 75, 75]
    assert [round_days(Fraction(value), 9) for value in ("-2.4", "-2.5", "-77.5")] == [0, -5, -80]
    assert round_days(143, 9) == 145


def test_shares_go_to_multiples_of_a_twentieth():
    told = [round_share(Fraction(value), 9) for value in ("0", "0.02", "0.025", "0.5", "0.66", "1")]

    assert told == [0, 0, Decimal("0.05"), Decimal("0.5"), Decimal("0.65"), 1]


def test_a_day_goes_to_the_last_of_its_month_where_it_is_not_of_too_few() -> None:
    assert [round_day(date(2024, 2, 1), persons) for persons in (2, 3)] == [None, date(2024, 2, 29)]
    assert round_day(date(9999, 12, 30), 9) == date.max


def test_days_and_shares_of_too_few_persons_are_not_told():
    assert [round_days(Fraction(70), number) for number in (0, 1, 2, 3)] == [None, None, None, 70]
    assert [round_share(Fraction(1), number) for number in (0, 1, 2, 3)] == [None, None, None, 1]
    assert round_days(None, 9) is None and round_share(None, 9) is None


def test_exact_numbers_are_written_as_ever():
    assert EXACT.count(3) == 3
    assert EXACT.days(Fraction(1, 3), 1) == Decimal("0.33")
    assert EXACT.share(Fraction(2, 3), 1) == Decimal("0.6667")


@given(persons, lengths, shares)
def test_every_number_is_near_its_own_and_says_nothing_finer(number: int, value: Fraction, part: Fraction) -> None:
    assert abs(ROUNDED.count(number) - number) <= 2 and ROUNDED.count(number) % 5 == 0
    told_days, told_share = ROUNDED.days(value, number), ROUNDED.share(part, number)
    if ROUNDED.count(number) == 0:
        assert (told_days, told_share) == (None, None)
        return
    assert told_days is not None and told_share is not None
    assert abs(Fraction(told_days) - value) <= Fraction(5, 2) and told_days % 5 == 0
    assert abs(Fraction(told_share) - part) <= Fraction(1, 40) and Fraction(told_share) * 20 % 1 == 0


# Differences


def differences(one: int, other: int) -> set[int]:
    """What two counts can differ by, of which `one` and `other` were told, the second of no fewer persons."""
    every = [[number for number in range(told + 3) if round_count(number) == told] for told in (one, other)]
    return {b - a for a, b in product(*every) if b >= a}


@given(persons, persons)
def test_two_answers_never_tell_whether_they_differ_by_one_person(fewer: int, besides: int) -> None:
    # A window and one that is a day longer, with family and any, known then and now: the second holds the first.
    told, then = round_count(fewer), round_count(fewer + besides)
    possible = differences(told, then)

    assert besides in possible
    # As many values as one rounded number leaves open that may be none, and more.
    assert len(possible) >= 3
    assert possible != {1}
    if then == told:
        assert {0, 1, 2} <= possible


def test_of_equal_answers_nobody_or_somebody_may_have_come_and_of_unequal_ones_never_just_one():
    assert differences(0, 0) == {0, 1, 2}
    assert differences(5, 5) == {0, 1, 2, 3, 4}
    assert differences(5, 10) == set(range(1, 10))
    assert differences(0, 5) == set(range(1, 8))


@given(st.lists(persons, min_size=1, max_size=12), st.integers(0, 30))
def test_rounded_parts_are_rounded_alone_so_that_no_row_changes_by_another(rows: list[int], more: int) -> None:
    told = [round_count(number) for number in rows]

    assert [round_count(number) for number in [*rows[:-1], rows[-1] + more]][:-1] == told[:-1]


def left_open(told: int, own: int, total: int, others: list[int]) -> set[int]:
    """What one row can be for who knows their own exactly and reads the others and the sum rounded."""
    rest = [range(max(0, number - 2), number + 3) for number in others]
    least, most = (sum(some) for some in zip(*((r[0], r[-1]) for r in rest), strict=True)) if rest else (0, 0)
    return {
        number
        for number in range(max(0, told - 2), told + 3)
        if own + number + least <= total + 2 and own + number + most >= total - 2
    }


@settings(max_examples=300)
@given(st.integers(0, 60), st.integers(3, 60), st.lists(st.integers(0, 60), min_size=5, max_size=30))
def test_who_knows_their_own_row_learns_of_no_other_from_the_sum_while_the_rest_is_not_at_its_edge(
    own: int, number: int, rest: list[int]
) -> None:
    told, others = round_count(number), [round_count(one) for one in rest]
    found = left_open(told, own, round_count(own + number + sum(rest)), others)

    assert number in found
    above = sum(told + 2 - one for told, one in zip(others, rest, strict=True))
    below = sum(one - max(0, told - 2) for told, one in zip(others, rest, strict=True))
    if min(above, below) >= 4:
        assert found == set(range(told - 2, told + 3))


def test_at_the_edge_of_all_the_others_at_once_the_sum_tells_what_rounding_each_by_itself_leaves():
    # Own 14 and 17 in all, told as 15: with nobody anywhere else the others are three.
    assert left_open(5, 14, 15, []) == {3}
    assert left_open(5, 14, 15, [0] * 5) == {3}
    assert left_open(5, 13, 15, [0] * 5) == {3, 4}
    assert left_open(5, 12, 15, [5] * 5) == set()


# How a public total was housed

#: Of the contract, not of the code: the number of them decides what a total tells.
WAYS = ("regular", "intermediate", "transit-home", "transit-location", "hotel", "gva", "minor-unit", "with-family")


def by_accommodation(exact: dict[str, int]) -> dict[str, int]:
    return round_by_kind({**dict.fromkeys(WAYS, 0), **exact})


def test_how_a_public_total_was_housed_is_told_rounded():
    assert by_accommodation({"regular": 41, "hotel": 6, "gva": 1}) == {"regular": 40, "hotel": 5}
    assert by_accommodation({"regular": 50}) == {"regular": 50}
    assert by_accommodation({}) == {}


def test_what_the_total_would_give_away_is_not_told():
    # Of six, five in one way and five in another: three and three.
    assert by_accommodation({"regular": 3, "hotel": 3}) == {}
    assert by_accommodation({"regular": 3, "hotel": 3, "gva": 0}) == {}
    # One person more in all is seven of each at the least: which of the two it is leaves two values.
    assert by_accommodation({"regular": 4, "hotel": 3}) == {}
    assert by_accommodation({"regular": 4, "hotel": 4}) == {"regular": 5, "hotel": 5}
    assert by_accommodation({"regular": 3}) == {} and by_accommodation({"regular": 1}) == {}


@pytest.mark.parametrize(("least", "told"), [(2, {}), (1, {}), (0, {"regular": 5})])
def test_a_total_near_the_most_that_all_ways_can_hide_gives_away_as_much(least: int, told: dict[str, int]):
    # Twenty-one of whom five in one way: seven, and two in each other way that there is.
    assert by_accommodation({**dict.fromkeys(WAYS, 2), "regular": 7, "hotel": least}) == told


def test_of_fewer_ways_the_total_gives_more_away():
    # Nine in all, five of them in one of two ways: that can only be seven, and two in the other.
    assert round_by_kind({"regular": 7, "hotel": 2}) == {}
    assert round_by_kind({"regular": 7, "hotel": 2, "gva": 0, "minor-unit": 0}) == {"regular": 5}


def test_numbers_may_be_negative_where_housings_of_an_earlier_half_year_were_undone():
    assert by_accommodation({"regular": 11, "hotel": -3}) == {"regular": 10, "hotel": -5}
    # Nobody knows that the others are not negative as well, so no total gives anything away.
    assert by_accommodation({"regular": 0, "hotel": -7}) == {"hotel": -5}


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(WAYS), st.integers(0, 40) | st.integers(0, 7), max_size=8))
def test_every_number_that_is_told_leaves_three_values_open_beside_the_total(exact: dict[str, int]) -> None:
    total, told = sum(exact.values()), by_accommodation(exact)
    if not told:
        return
    spans = {way: range(max(0, told.get(way, 0) - 2), told.get(way, 0) + 3) for way in WAYS}
    least, most = (sum(span[nth] for span in spans.values()) for nth in (0, -1))
    for way, span in spans.items():
        possible = [n for n in span if n + least - span[0] <= total <= n + most - span[-1]]
        assert len(possible) >= 3, way
        assert exact.get(way, 0) in possible


# Parts of a rounded total


def test_parts_that_would_tell_of_their_rounded_total_are_told_a_step_lower_or_higher():
    # About five in all, about five in each of two ways: that would be six or seven, and three or four.
    assert fit_parts(5, [5, 5]) == [5, 0]
    assert fit_parts(10, [5, 5]) == [5, 5]
    # About ten in all and only nine in the two ways at the most.
    assert fit_parts(10, [0, 5]) == [0, 10]
    assert fit_parts(10, [0, 5], every=False) == [0, 5]
    assert fit_parts(0, [0, 0, 0]) == [0, 0, 0]
    assert fit_parts(1_000, [400, 350, 250]) == [400, 350, 250]


@pytest.mark.parametrize(("ways", "most"), [(2, 20), (3, 13), (4, 11)])
@pytest.mark.parametrize("every", [True, False])
def test_a_rounded_total_and_its_parts_leave_three_values_open_whatever_they_are(ways: int, most: int, every: bool):
    exact = {
        (total, *parts)
        for parts in product(range(most), repeat=ways)
        for total in (range(sum(parts), sum(parts) + 9) if not every else [sum(parts)])
    }
    told = {one: _told_with_parts(one, every) for one in exact}
    behind: dict[tuple[int, ...], set[tuple[int, ...]]] = defaultdict(set)
    for one, numbers in told.items():
        behind[numbers].add(one)
    inside = [
        some for numbers, some in behind.items() if max(numbers[1:]) <= most - 6 and numbers[0] <= sum(numbers[1:]) + 5
    ]

    assert len(inside) >= ways
    assert all(len(set(values)) >= 3 for some in inside for values in zip(*some, strict=True))
    # And one person more in one way changes no number by another amount than a step.
    for (total, *parts), numbers in told.items():
        for nth in range(ways):
            other = told.get((total + 1, *parts[:nth], parts[nth] + 1, *parts[nth + 1 :]))
            assert other is None or {b - a for a, b in zip(numbers, other, strict=True)} <= {-5, 0, 5}


def _told_with_parts(exact: tuple[int, ...], every: bool) -> tuple[int, ...]:
    total, *parts = map(round_count, exact)
    return total, *fit_parts(total, parts, every=every)


def test_numbers_that_belong_together_leave_three_values_each_or_do_not():
    assert [*rounded_from(0)] == [0, 1, 2] and [*rounded_from(5)] == [3, 4, 5, 6, 7]
    assert not numbers_leave_open((5, 5), lambda one, two: two == 2 * one)
    assert numbers_leave_open((5, 10), lambda one, two: two == 2 * one)
    assert not numbers_leave_open((0, 10), lambda one, two: two == 2 * one)


def test_some_of_a_number_that_everybody_knows_leave_three_values_each() -> None:
    told = {(known, some): round_part(some, known) for known in range(2, 60) for some in range(known + 1)}
    for (known, some), number in told.items():
        alike = [other for other in range(known + 1) if told[known, other] == number]
        assert some in alike and len(alike) >= 3
        # As the parts of a total that is exact.
        assert fit_parts(known, [round_count(some)], every=False, exact=True) == [number]
    assert [round_part(some, 4) for some in range(5)] == [0] * 5
    assert [round_part(some, 5) for some in range(6)] == [0, 0, 0, 5, 5, 5]


def test_a_share_is_that_of_the_two_numbers_as_they_are_told() -> None:
    # Two of seven: none of about five. Four of eight: about five of about ten.
    assert share_of_rounded(Ratio(2, 7), 7) == 0
    assert share_of_rounded(Ratio(4, 8), 8) == Decimal("0.5")
    assert share_of_rounded(Ratio(3, 3), 3) == 0 and share_of_rounded(Ratio(5, 5), 5) == 1
    assert share_of_rounded(Ratio(2, 2), 2) is None and share_of_rounded(None, 0) is None


def test_days_of_several_together_are_those_of_a_rounded_mean() -> None:
    # Four of 22 days and one of 232: 64 each.
    assert round_sum_of_days(4 * 22 + 232, 5, 5) == 5 * 65
    assert round_sum_of_days(3 * 22, 3, 5) == 5 * 20
    assert round_sum_of_days(66, 3, 0) is None and round_sum_of_days(None, 0, 0) is None
