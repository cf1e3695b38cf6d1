"""The events that bound a phase: case by case, and that it always starts and ends on the day of such an event."""

from __future__ import annotations

import pytest
from hypothesis import given as drawn
from hypothesis import settings

from domain.effective import effective_events
from domain.facts import Recorded
from domain.journey import fold
from domain.norm_sets import NORM_SETS, PHASE_NAMES, NormSet, PhaseName
from domain.norms import phases
from domain.phase_events import phase_events
from domain.places import Places
from tests.rules.histories import (
    AMERSFOORT,
    crossing_histories,
    given,
    granted,
    histories,
    home_ready,
    housed,
    link_ended,
    linked,
    returned,
)

PLACES = Places.shipped()


def bounding(*events: Recorded, norm: str = "permit-14") -> dict[PhaseName, list[str]]:
    """What bounds each phase: the ids e1, e2, ... of the events as they are given, in effective order."""
    found = phase_events(effective_events(given(*events)).events, PLACES, NORM_SETS[norm])
    return {name: [event.id for event in some] for name, some in found.items()}


PERMIT, LINK, HOUSED, HOME = granted("2022-01-01"), linked("2022-01-17"), housed("2022-05-05"), home_ready("2022-06-29")


def test_a_phase_is_bounded_by_the_milestones_it_is_measured_between() -> None:
    worked = granted("2021-03-01"), linked("2021-03-10"), home_ready("2021-06-01"), housed("2021-06-10")
    assert bounding(*worked) == {
        "linking": ["e1", "e2"],
        "housing": ["e2", "e3"],
        "departure": ["e3", "e4"],
        "total": ["e1", "e4"],
    }
    assert bounding(*worked, norm="link-14")["total"] == ["e2", "e4"]


def test_an_open_phase_is_bounded_by_its_start_and_one_that_has_none_by_nothing() -> None:
    assert bounding(PERMIT, LINK) == {"linking": ["e1", "e2"], "housing": ["e2"], "departure": [], "total": ["e1"]}
    assert bounding(LINK) == {"linking": [], "housing": [], "departure": [], "total": []}


def test_a_home_known_to_be_ready_after_the_housing_is_named_with_the_housing_that_took_its_place() -> None:
    assert bounding(PERMIT, LINK, HOUSED, HOME) == {
        "linking": ["e1", "e2"],
        "housing": ["e2", "e3", "e4"],
        "departure": ["e3", "e4"],
        "total": ["e1", "e3"],
    }
    assert bounding(PERMIT, LINK, HOUSED, HOME, norm="link-12")["total"] == ["e2", "e3"]


def test_what_a_return_undid_bounds_nothing() -> None:
    back = PERMIT, LINK, HOUSED, returned("2022-06-01")
    assert bounding(*back) == {"linking": ["e1", "e2"], "housing": ["e2"], "departure": [], "total": ["e1"]}
    assert bounding(*back, norm="link-12")["total"] == ["e2"]


def test_after_a_return_the_next_home_and_housing_bound_the_phases() -> None:
    twice = (
        *(PERMIT, LINK, home_ready("2022-06-01"), housed("2022-06-10"), returned("2022-07-01")),
        *(home_ready("2022-08-01"), housed("2022-08-15")),
    )
    assert bounding(*twice) == {
        "linking": ["e1", "e2"],
        "housing": ["e2", "e6"],
        "departure": ["e6", "e7"],
        "total": ["e1", "e7"],
    }


def test_a_permit_later_than_the_link_is_named_with_what_it_took_the_place_of() -> None:
    late = linked("2022-01-17"), housed("2022-05-05"), granted("2022-06-01")
    assert bounding(*late) == {"linking": ["e1", "e3"], "housing": [], "departure": [], "total": ["e2", "e3"]}
    with_home = linked("2022-01-17"), granted("2022-02-01"), home_ready("2022-03-01"), housed("2022-03-08")
    assert bounding(*with_home, norm="link-12") == {
        "linking": ["e1", "e2"],
        "housing": ["e1", "e2", "e3"],
        "departure": ["e3", "e4"],
        "total": ["e1", "e2", "e4"],
    }


def test_linking_is_bounded_by_every_link_that_ended_and_by_what_ended_it() -> None:
    between = PERMIT, linked("2022-01-17"), link_ended("2022-02-01"), linked("2022-03-01", AMERSFOORT)
    assert bounding(*between[:3])["linking"] == ["e1", "e2", "e3"]
    assert bounding(*between)["linking"] == ["e1", "e2", "e3", "e4"]
    assert bounding(*between)["housing"] == ["e4"]


def test_the_end_of_the_link_of_a_housing_bounds_linking_only_after_a_return() -> None:
    ended = PERMIT, LINK, HOUSED, link_ended("2022-05-20")
    assert bounding(*ended)["linking"] == ["e1", "e2"]
    assert bounding(*ended, returned("2022-06-01"))["linking"] == ["e1", "e2", "e4"]


@pytest.mark.parametrize("norm", NORM_SETS.values(), ids=list(NORM_SETS))
@settings(max_examples=300, deadline=None)
@drawn(crossing_histories() | histories(most=14))
def test_every_start_and_end_of_a_phase_is_the_day_of_an_event_in_force(norm: NormSet, history: list[Recorded]) -> None:
    speaking = effective_events(history).events
    found = phase_events(speaking, PLACES, norm)
    stands = phases(fold(speaking, PLACES), PLACES)
    assert tuple(found) == PHASE_NAMES
    for name, some in found.items():
        phase = stands.get(name, norm)
        days = {event.effective_on for event in some}
        assert {on for on in (phase.started_on, phase.ended_on) if on is not None} <= days
        assert bool(some) is (phase.started_on is not None)
        assert list(some) == [event for event in speaking if event in some]
