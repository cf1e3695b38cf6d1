"""Their list against ours, person by person: each case by hand, and for any list and any books the sums agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain.effective import effective_events
from domain.facts import Recorded
from domain.journey import fold
from domain.milestones import Posting
from domain.period import Period
from domain.places import Places
from domain.quota import balances
from domain.reconciliation import Comparison, ListedHousing, Scope, compare, posting_events
from domain.totals import country_total
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    NOWHERE,
    UTRECHT,
    WEESP,
    given,
    granted,
    housed,
    returned,
    withdrawn,
)

PLACES = Places.shipped()
PERIOD = Period(2021, 2)
SOMEBODY = UUID(int=1)


def postings(*told: tuple[Any, ...]) -> list[Posting]:
    """Housings and returns by turns, each a day and, for a housing, its municipality (Utrecht)."""
    found: list[Posting] = []
    for nth, (on, *municipality) in enumerate(told):
        if nth % 2:
            found.append(found[-1]._replace(on=date.fromisoformat(on), persons=-1))
        else:
            found.append(Posting(date.fromisoformat(on), municipality[0] if municipality else UTRECHT, "regular", 1))
    return found


def compared(
    theirs: str | None,
    *ours: tuple[Any, ...],
    valid_on: str = "2022-12-31",
    municipality: str | None = UTRECHT,
    known: bool = True,
) -> Comparison:
    """One person: the day on their list, if any, against our housings and returns."""
    scope = Scope(PERIOD, date.fromisoformat(valid_on), municipality, PLACES)
    listed = {} if theirs is None else {SOMEBODY: ListedHousing(2, date.fromisoformat(theirs))}
    books = {SOMEBODY: postings(*ours)} if ours else {}
    return compare(scope, listed, {SOMEBODY} if known else set(), books)


def outcome(comparison: Comparison) -> tuple[str, str | None, int, int, int]:
    """Category, reason and effect of the one person, with ours and theirs."""
    (one,) = comparison.persons
    return one.category, one.reason, one.effect, comparison.ours, comparison.theirs


# In both

HOUSED = ("2021-08-01",)


def test_the_same_day_in_both_changes_nothing() -> None:
    assert outcome(compared("2021-08-01", HOUSED)) == ("same", None, 0, 1, 1)


def test_another_day_of_the_same_half_year_changes_nothing() -> None:
    assert outcome(compared("2021-12-31", HOUSED)) == ("other-date", None, 0, 1, 1)


def test_a_day_before_the_half_year_takes_one_from_ours() -> None:
    assert outcome(compared("2021-06-30", HOUSED)) == ("other-period", None, -1, 1, 0)


def test_a_day_after_the_half_year_takes_one_from_ours() -> None:
    assert outcome(compared("2022-01-01", HOUSED)) == ("other-period", None, -1, 1, 0)


@pytest.mark.parametrize("ours", ["2021-06-30", "2022-01-01"])
def test_who_is_in_another_half_year_of_ours_adds_one(ours: str) -> None:
    assert outcome(compared("2021-08-01", (ours,))) == ("other-period", None, 1, 0, 1)


def test_whom_both_have_in_one_other_half_year_is_compared_and_counts_for_neither() -> None:
    assert outcome(compared("2021-03-01", ("2021-03-01",))) == ("same", None, 0, 0, 0)
    assert outcome(compared("2021-03-01", ("2021-04-01",))) == ("other-date", None, 0, 0, 0)
    assert outcome(compared("2021-03-01", ("2022-04-01",))) == ("other-period", None, 0, 0, 0)


# In one of them


def test_whom_we_do_not_know_adds_one() -> None:
    assert outcome(compared("2021-08-01", known=False)) == ("only-there", "unknown", 1, 0, 1)


def test_who_is_not_housed_adds_one() -> None:
    assert outcome(compared("2021-08-01")) == ("only-there", "not-housed", 1, 0, 1)


def test_who_is_not_housed_and_listed_for_another_half_year_changes_nothing() -> None:
    assert outcome(compared("2021-03-01")) == ("only-there", "not-housed", 0, 0, 0)


def test_who_is_housed_elsewhere_adds_one_here() -> None:
    assert outcome(compared("2021-08-01", ("2021-08-01", AMERSFOORT))) == ("only-there", "elsewhere", 1, 0, 1)


def test_for_the_country_nobody_is_elsewhere() -> None:
    found = compared("2021-08-01", ("2021-08-01", AMERSFOORT), municipality=None)
    assert outcome(found) == ("same", None, 0, 1, 1)


def test_who_is_not_on_their_list_takes_one_from_ours() -> None:
    found = compared(None, HOUSED)
    assert outcome(found) == ("only-here", None, -1, 1, 0)
    assert found.persons[0].journey == SOMEBODY and found.persons[0].line is None


def test_who_counts_elsewhere_or_in_another_half_year_need_not_be_on_their_list() -> None:
    assert compared(None, ("2021-08-01", AMERSFOORT)) == ((), 0, 0)
    assert compared(None, ("2021-06-30",)) == ((), 0, 0)
    assert compared(None, ("2022-01-01",)) == ((), 0, 0)


def test_our_id_of_a_journey_that_is_not_known_is_not_told() -> None:
    (one,) = compared("2021-08-01", known=False).persons
    assert (one.journey, one.stay) == (None, None)


# Returns


def test_a_return_after_the_half_year_leaves_the_housing_in_it() -> None:
    found = compared("2021-08-01", HOUSED, ("2022-02-01",))
    assert outcome(found) == ("same", None, 0, 1, 1)
    assert found.persons[0].stay is not None and found.persons[0].stay.returned is not None


def test_a_return_within_the_half_year_leaves_nothing() -> None:
    assert outcome(compared("2021-08-01", HOUSED, ("2021-09-01",))) == ("only-there", "returned", 1, 0, 1)
    assert compared(None, HOUSED, ("2021-09-01",)) == ((), 0, 0)


def test_housed_anew_within_the_half_year_is_compared_by_the_housing_that_stands() -> None:
    again = (HOUSED, ("2021-09-01",), ("2021-10-01",))
    assert outcome(compared("2021-10-01", *again)) == ("same", None, 0, 1, 1)
    assert outcome(compared("2021-08-01", *again)) == ("other-date", None, 0, 1, 1)
    assert outcome(compared(None, *again)) == ("only-here", None, -1, 1, 0)


def test_housed_anew_elsewhere_is_elsewhere() -> None:
    moved = (HOUSED, ("2021-09-01",), ("2021-10-01", AMERSFOORT))
    assert outcome(compared("2021-08-01", *moved)) == ("only-there", "elsewhere", 1, 0, 1)
    assert outcome(compared("2021-10-01", *moved, municipality=AMERSFOORT)) == ("same", None, 0, 1, 1)


def test_a_housing_of_before_that_this_half_year_takes_back_counts_minus_one() -> None:
    undone = (("2021-03-01",), ("2021-09-01",))
    assert outcome(compared(None, *undone)) == ("returned", None, 1, -1, 0)
    assert outcome(compared("2021-03-01", *undone)) == ("returned", None, 1, -1, 0)
    # They have a housing where we have taken one back: two persons apart.
    assert outcome(compared("2021-08-01", *undone)) == ("returned", None, 2, -1, 1)


def test_taken_back_and_housed_anew_within_the_half_year_is_nought_with_us_and_one_with_them() -> None:
    again = (("2021-03-01",), ("2021-09-01",), ("2021-10-01",))
    assert outcome(compared("2021-10-01", *again)) == ("returned", None, 1, 0, 1)
    assert outcome(compared(None, *again)) == ("returned", None, 0, 0, 0)


def test_taken_back_elsewhere_is_not_of_this_municipality() -> None:
    undone = (("2021-03-01", AMERSFOORT), ("2021-09-01",))
    assert compared(None, *undone) == ((), 0, 0)
    assert outcome(compared("2021-08-01", *undone)) == ("only-there", "not-housed", 1, 0, 1)


def test_who_stood_elsewhere_at_the_end_and_is_here_now_is_in_another_half_year() -> None:
    moved = (("2021-08-01", AMERSFOORT), ("2022-01-05",), ("2022-01-05", UTRECHT))
    assert outcome(compared("2021-12-20", *moved)) == ("other-period", None, 1, 0, 1)


# The day asked


def test_a_day_of_theirs_after_the_day_asked_does_not_count_yet() -> None:
    found = compared("2021-10-01", HOUSED, valid_on="2021-09-30")
    assert outcome(found) == ("other-date", None, -1, 1, 0)


def test_before_the_first_day_nothing_counts_on_either_side() -> None:
    found = compared("2021-07-01", ("2021-03-01",), valid_on="2021-06-30")
    assert outcome(found) == ("other-period", None, 0, 0, 0)


# Municipalities


def test_a_list_of_the_successor_has_the_housings_in_the_predecessor_once_it_succeeded() -> None:
    scope = Scope(Period(2022, 1), date(2022, 6, 30), AMSTERDAM, PLACES)
    books = {SOMEBODY: postings(("2022-02-01", WEESP))}
    found = compare(scope, {SOMEBODY: ListedHousing(2, date(2022, 2, 1))}, {SOMEBODY}, books)
    assert outcome(found) == ("same", None, 0, 1, 1)

    before = Scope(Period(2022, 1), date(2022, 3, 23), AMSTERDAM, PLACES)
    found = compare(before, {SOMEBODY: ListedHousing(2, date(2022, 2, 1))}, {SOMEBODY}, books)
    assert outcome(found) == ("only-there", "elsewhere", 1, 0, 1)


def test_asked_for_a_municipality_that_has_gone_its_successor_is_compared() -> None:
    assert Scope(Period(2022, 1), date(2022, 6, 30), WEESP, PLACES).row == AMSTERDAM
    assert Scope(Period(2022, 1), date(2022, 3, 23), WEESP, PLACES).row == WEESP
    assert Scope(Period(2022, 1), date(2022, 6, 30), None, PLACES).row is None


def test_a_housing_in_a_municipality_that_nobody_knows_counts_for_nobody() -> None:
    assert compared(None, ("2021-08-01", NOWHERE), municipality=None) == ((), 0, 0)
    found = compared("2021-08-01", ("2021-08-01", NOWHERE), municipality=None)
    assert outcome(found) == ("only-there", "elsewhere", 1, 0, 1)


# All of it


def test_the_lines_come_in_their_order_and_then_who_is_only_ours() -> None:
    a, b, c, d = (UUID(int=number) for number in (4, 3, 2, 1))
    scope = Scope(PERIOD, date(2021, 12, 31), UTRECHT, PLACES)
    day = date(2021, 8, 1)
    books = {journey: postings(HOUSED) for journey in (a, b, c, d)}
    found = compare(scope, {b: ListedHousing(3, day), a: ListedHousing(2, day)}, {a, b}, books)

    assert [person.journey for person in found.persons] == [a, b, d, c]
    assert found.counts == {
        "same": 2,
        "only-there": 0,
        "only-here": 2,
        "other-date": 0,
        "other-period": 0,
        "returned": 0,
    }


def test_the_events_behind_the_postings_are_those_that_counted() -> None:
    history = given(
        granted("2021-03-01"),
        housed("2021-08-01", id="first"),
        housed("2021-08-02", id="second-time"),
        returned("2021-09-01", id="return"),
        housed("2021-09-15", id="mistaken"),
        withdrawn("mistaken"),
        housed("2021-10-01", id="anew"),
    )
    speaking: Sequence[Recorded] = effective_events(history).events
    assert [event.id for event in posting_events(speaking, PLACES)] == ["first", "return", "anew"]
    assert len(fold(speaking, PLACES).postings) == 3


_DAYS = st.integers(0, 400).map(lambda after: date(2021, 5, 20) + timedelta(days=after))
_MUNICIPALITIES = st.sampled_from([UTRECHT, UTRECHT, AMSTERDAM, WEESP, NOWHERE])
_SCOPES = st.builds(
    Scope,
    st.sampled_from([Period(2021, 1), PERIOD, Period(2022, 1)]),
    _DAYS,
    st.sampled_from([None, UTRECHT, AMSTERDAM, WEESP]),
    st.just(PLACES),
)


@st.composite
def _books(draw: st.DrawFn) -> list[Posting]:
    """A journey's housings and returns, in the order of their days."""
    days = sorted(draw(st.lists(_DAYS, max_size=5)))
    found: list[Posting] = []
    for nth, day in enumerate(days):
        if nth % 2:
            found.append(found[-1]._replace(on=day, persons=-1))
        else:
            found.append(Posting(day, draw(_MUNICIPALITIES), "regular", 1))
    return found


_PERSONS = st.dictionaries(st.integers(1, 40).map(lambda n: UUID(int=n)), _books(), max_size=12)


def _held(books: Mapping[UUID, list[Posting]], on: date) -> dict[UUID, list[Posting]]:
    return {journey: [one for one in every if one.on <= on] for journey, every in books.items()}


@settings(max_examples=400, deadline=None)
@drawn(_SCOPES, _PERSONS, st.dictionaries(st.integers(1, 40).map(lambda n: UUID(int=n)), _DAYS, max_size=12))
def test_ours_and_all_effects_are_theirs_and_ours_is_the_realisation(
    scope: Scope, books: dict[UUID, list[Posting]], days: dict[UUID, date]
) -> None:
    listed = {journey: ListedHousing(number, on) for number, (journey, on) in enumerate(days.items(), start=2)}
    found = compare(scope, listed, books.keys() & listed.keys(), _held(books, scope.valid_on))

    assert found.ours + sum(person.effect for person in found.persons) == found.theirs
    assert found.theirs == sum(scope.period.first <= on <= scope.end for on in days.values())
    assert [person.line for person in found.persons if person.line] == list(listed.values())
    assert len({person.journey or person.line for person in found.persons}) == len(found.persons)
    assert sum(found.counts.values()) == len(found.persons)
    for person in found.persons:
        assert (person.reason is not None) == (person.category == "only-there")
        assert person.category != "same" or person.effect == 0
        assert person.category != "only-here" or person.effect == -1
        assert person.effect in ((0, 1, 2) if person.category == "returned" else (-1, 0, 1))
    assert found.ours == _realised(scope, books)


def _realised(scope: Scope, books: Mapping[UUID, list[Posting]]) -> int:
    """As the table of the realisation has it."""
    counted: dict[Period, dict[str, dict[str, int]]] = {}
    for posting in (one for every in books.values() for one in every if one.on <= scope.valid_on):
        kinds = counted.setdefault(Period.of(posting.on), {}).setdefault(posting.municipality, {"regular": 0})
        kinds["regular"] += posting.persons
    rows = balances(scope.period, scope.valid_on, {}, counted, PLACES)
    if scope.municipality is None:
        return country_total(rows).realised
    return next((row.realised for row in rows if row.code == scope.row), 0)
