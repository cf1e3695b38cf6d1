"""Why the quota's figures are what they are: parts that add up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.breakdown import Breakdown, BrokenDownFigure, Part, break_down, divisor
from domain.period import Period
from domain.places import Places
from domain.quota import PeriodFigures, Transfer, balances, quotas
from tests.rules.histories import AMERSFOORT, AMSTERDAM, HAAREN, UTRECHT, WEESP

PLACES = Places.shipped()
P2020_II, P2021_I, P2021_II, P2022_I = (Period.parse(one) for one in ("2020-II", "2021-I", "2021-II", "2022-I"))
HALVES = (P2020_II, P2021_I, P2021_II, P2022_I)
OISTERWIJK, TILBURG, BOXTEL, VUGHT = "GM0824", "GM0855", "GM0757", "GM0865"  # each took a part of Haaren
TOWNS = (UTRECHT, AMERSFOORT, AMSTERDAM, WEESP, HAAREN, OISTERWIJK, TILBURG, BOXTEL)
ADDING: tuple[BrokenDownFigure, ...] = get_args(BrokenDownFigure)

Figures = Mapping[Period, PeriodFigures]
Housed = Mapping[Period, Mapping[str, Mapping[str, int]]]

_towns = st.sampled_from(TOWNS)
_persons = st.integers(-30, 30)
_figures = st.builds(
    PeriodFigures,
    national=st.none() | st.integers(300, 2_000),
    municipal=st.dictionaries(_towns, st.integers(0, 40), max_size=3),
    openings=st.dictionaries(_towns, _persons, max_size=3),
    transfers=st.lists(
        st.builds(Transfer, _towns, _persons, st.dates(date(2020, 6, 1), date(2022, 6, 30))), max_size=3
    ),
)
_said = st.dictionaries(st.sampled_from(HALVES), _figures)
_housed = st.dictionaries(
    st.sampled_from(HALVES),
    st.dictionaries(_towns, st.dictionaries(st.sampled_from(["regular", "hotel"]), st.integers(1, 9), max_size=2)),
)
_days = st.integers(0, 730).map(lambda after: date(2020, 7, 1) + timedelta(days=after))


def until(housed: Housed, on: date) -> dict[Period, Mapping[str, Mapping[str, int]]]:
    """Nobody is housed before the half-year begins."""
    return {period: of for period, of in housed.items() if period.first <= on}


def the_books(period: Period, on: str, said: Figures, housed: Housed | None = None) -> Breakdown:
    return break_down(period, date.fromisoformat(on), said, housed or {}, PLACES)


@settings(max_examples=60, deadline=None)
@given(said=_said, housed=_housed, period=st.sampled_from(HALVES), on=_days)
def test_the_parts_of_every_figure_of_every_municipality_add_up_to_it(
    said: Figures, housed: Housed, period: Period, on: date
) -> None:
    there = until(housed, on)
    own = break_down(period, on, said, there, PLACES)
    rows = balances(period, on, said, there, PLACES)
    heirs = {PLACES.code_on(town, own.ledger.day) for town in TOWNS} | {VUGHT}
    for row in (row for row in rows if row.code in heirs):
        table: dict[str, Any] = {
            "inhabitants": row.inhabitants,
            "quota": row.quota,
            "transferred": row.transferred,
            "openingBalance": row.opening,
        }
        for figure in ADDING:
            if table[figure] is not None:
                parts = own.parts(figure, row.code)
                assert sum(part.amount for part in parts) == table[figure], (row.code, figure)
                assert_rounding_is_of_what_was_divided(parts)


def assert_rounding_is_of_what_was_divided(parts: list[Part]) -> None:
    """Less than one person for each part of Haaren's that only in part reached a municipality."""
    rounding = sum(abs(part.amount) for part in parts if part.kind == "rounding")
    divided = [part for part in parts if part.code == HAAREN and part.amount != part.of]
    assert rounding <= len(divided)
    assert all(part.amount == part.of for part in parts if part.code not in (HAAREN, None))


def test_the_quota_of_a_successor_has_a_part_for_each_municipality_it_came_from() -> None:
    own = the_books(P2022_I, "2022-03-24", {P2022_I: PeriodFigures(national=10_000)})
    assert own.parts("quota", AMSTERDAM) == [
        Part("computed", 492, AMSTERDAM, 492),
        Part("computed", 12, WEESP, 12),
    ]


def test_what_a_half_year_left_is_a_part_by_its_own_figure() -> None:
    said = {P2021_I: PeriodFigures(municipal={UTRECHT: 10}), P2021_II: PeriodFigures(municipal={UTRECHT: 20})}
    own = the_books(P2021_II, "2021-12-31", said, {P2021_I: {UTRECHT: {"regular": 4}}})
    assert own.parts("quota", UTRECHT) == [Part("published", 20, UTRECHT, 20)]
    assert own.parts("openingBalance", UTRECHT) == [Part("carried", 6, UTRECHT, 6, P2021_I, "remaining")]


def test_a_half_year_without_a_number_leaves_its_opening_and_those_housed() -> None:
    said = {P2021_I: PeriodFigures(openings={UTRECHT: 10})}
    own = the_books(P2021_II, "2021-12-31", said, {P2021_I: {UTRECHT: {"regular": 4}}})
    assert own.parts("openingBalance", UTRECHT) == [
        Part("carried", 10, UTRECHT, 10, P2021_I, "openingBalance"),
        Part("carried", -4, UTRECHT, -4, P2021_I, "realised"),
    ]


def test_a_recorded_opening_balance_is_the_only_part() -> None:
    said = {P2021_I: PeriodFigures(openings={UTRECHT: 10}), P2021_II: PeriodFigures(openings={UTRECHT: 3})}
    own = the_books(P2021_II, "2021-12-31", said)
    assert own.parts("openingBalance", UTRECHT) == [Part("recorded", 3, UTRECHT, 3)]


def test_of_a_split_municipality_a_part_of_the_whole_reaches_each_successor() -> None:
    said = {P2020_II: PeriodFigures(openings={HAAREN: 10})}
    own = the_books(P2021_I, "2021-01-01", said)
    found = {code: own.parts("openingBalance", code) for code in (OISTERWIJK, TILBURG, BOXTEL, VUGHT)}
    assert {part.of for parts in found.values() for part in parts} == {10}
    assert sum(part.amount for parts in found.values() for part in parts) == 10
    assert all(part.code == HAAREN for parts in found.values() for part in parts)


def test_what_rounding_moved_between_the_heirs_of_a_split_municipality_is_a_part() -> None:
    said = {P2020_II: PeriodFigures(openings={HAAREN: 1})}
    own = the_books(P2021_I, "2021-01-01", said, {P2020_II: {HAAREN: {"regular": 2}}})
    # One person less goes to the largest heir; apart from each other, 1 would go there and of -2 one.
    assert own.ledger.opening[OISTERWIJK] == -1
    assert own.parts("openingBalance", OISTERWIJK) == [
        Part("carried", 1, HAAREN, 1, P2020_II, "openingBalance"),
        Part("carried", -1, HAAREN, -2, P2020_II, "realised"),
        Part("rounding", -1, figure="openingBalance"),
    ]


@settings(max_examples=40, deadline=None)
@given(persons=st.integers(0, 20_000), period=st.sampled_from(HALVES))
def test_inhabitants_by_the_divisor_rounded_up_are_the_quotas(persons: int, period: Period) -> None:
    shares = quotas(period, PeriodFigures(national=persons), PLACES)
    inhabitants = PLACES.inhabitants(period.year - 1, period.first)
    found = divisor(shares, inhabitants)
    if found is None:
        # Not everyone has one, or two had the same claim to the last person.
        claims = [Fraction(count, shares[code]) for code, count in inhabitants.items() if shares[code]]
        given_up = [Fraction(count, shares[code] - 1) for code, count in inhabitants.items() if shares[code] > 1]
        assert persons < len(inhabitants) or max(claims) == min(given_up)
    else:
        assert {code: -(-count // found) for code, count in inhabitants.items()} == shares


def test_a_tie_has_no_divisor_and_otherwise_it_has_as_few_decimals_as_can_be() -> None:
    assert divisor({"a": 2, "b": 1}, {"a": 100, "b": 100}) is None
    assert divisor({"a": 3, "b": 1}, {"a": 100, "b": 20}) == Fraction(34)
    assert divisor({"a": 10, "b": 11}, {"a": 1_003, "b": 1_005}) == Fraction(1_003, 10)
