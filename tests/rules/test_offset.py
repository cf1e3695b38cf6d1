"""Leads set off against reception places: the worked cases of the contract, and what holds for any leads."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.offset import WAYS, offsets, remainder


def four(leads: Sequence[int]) -> list[int]:
    """Sum, signed, last and built."""
    found = offsets(leads)
    assert found is not None
    return [found[way].persons for way in WAYS]


@pytest.mark.parametrize(
    ("leads", "expected"),
    [
        ([30, 30, 50], [110, 110, 50, 50]),
        ([30, -10, 50], [80, 70, 50, 80]),
        ([-10, 20, 15], [35, 25, 15, 20]),
        ([40, 10, 30, -5], [80, 75, 0, 60]),
        ([-20], [0, -20, 0, 0]),
        ([0, 0], [0, 0, 0, 0]),
    ],
)
def test_leads_come_to_four_numbers(leads: list[int], expected: list[int]) -> None:
    assert four(leads) == expected


def test_without_a_lead_that_is_known_there_is_nothing_to_set_off() -> None:
    assert offsets([]) is None


@pytest.mark.parametrize(
    ("offset", "left"), [(110, 307), (50, 367), (80, 337), (70, 347), (0, 417), (-20, 417), (417, 0), (500, 0)]
)
def test_what_is_set_off_lowers_the_places_to_open_and_never_raises_them(offset: int, left: int) -> None:
    assert remainder(417, 0, offset) == left


@pytest.mark.parametrize(("opened", "offset", "left"), [(100, 50, 267), (400, 50, 0), (417, -30, 0), (450, -100, 0)])
def test_what_was_opened_counts_first(opened: int, offset: int, left: int) -> None:
    assert remainder(417, opened, offset) == left


@given(st.lists(st.integers(-60, 60), min_size=1, max_size=6))
def test_the_four_ways_stand_in_one_order(leads: list[int]) -> None:
    by_sum, signed, last, built = four(leads)
    assert signed <= by_sum
    assert 0 <= last <= built <= by_sum
    assert built >= max(*leads, 0)
    assert four([*leads, leads[-1]])[2:] == [last, built]
