"""Journeys that end without a housing, and what opens them again."""

from __future__ import annotations

from datetime import date

import pytest

from domain.facts import Recorded
from domain.norms import PhaseState, phases
from tests.rules.histories import (
    AMERSFOORT,
    UTRECHT,
    died,
    granted,
    home_ready,
    housed,
    left,
    linked,
    permit_ended,
    returned,
)
from tests.rules.phases import LINK_14, PERMIT_14, PLACES, WORKED, completed, journey_of, phases_of, states

# Closed without housing


@pytest.mark.parametrize("ending", [died, left, permit_ended], ids=["died", "left", "permit ended"])
def test_an_ending_while_not_housed_closes_the_journey(ending) -> None:
    on = date(2021, 5, 1)
    found = phases_of(granted("2021-03-01"), linked("2021-03-10"), ending("2021-04-01"), on=on)
    assert found.linking.state is PhaseState.COMPLETED
    assert (found.housing.state, found.total(PERMIT_14).state) == (PhaseState.STOPPED, PhaseState.STOPPED)
    assert found.total(LINK_14).state is PhaseState.STOPPED
    assert found.housing.days(on) is None


def test_what_a_closed_journey_completed_stays_counted() -> None:
    found = phases_of(granted("2021-03-01"), linked("2021-03-10"), home_ready("2021-04-01"), died("2021-04-05"))
    assert [completed(found.linking), completed(found.housing)] == [9, 22]
    assert found.departure.state is PhaseState.STOPPED


def test_a_journey_closed_before_any_link_has_no_open_linking() -> None:
    assert phases_of(granted("2021-03-01"), left("2021-03-05")).linking.state is PhaseState.STOPPED


@pytest.mark.parametrize("ending", [died, left, permit_ended], ids=["died", "left", "permit ended"])
def test_an_ending_while_housed_closes_nothing(ending) -> None:
    assert phases_of(*WORKED, ending("2021-08-01")) == phases_of(*WORKED)
    assert journey_of(*WORKED, ending("2021-08-01")).closing is None


@pytest.mark.parametrize("ending", [died, left, permit_ended], ids=["died", "left", "permit ended"])
def test_an_ending_while_housed_closes_the_journey_from_the_return_that_undoes_the_housing(ending) -> None:
    events = (*WORKED, ending("2021-08-01"), returned("2021-09-01"))
    assert journey_of(*events, on=date(2021, 8, 31)).closing is None
    closing = journey_of(*events).closing
    assert closing is not None
    assert closing.on == date(2021, 9, 1)
    found = phases_of(*events)
    assert (found.linking.state, found.housing.state, found.total(PERMIT_14).state) == (
        PhaseState.COMPLETED,
        PhaseState.STOPPED,
        PhaseState.STOPPED,
    )


@pytest.mark.parametrize(
    "after",
    [linked("2021-08-15", AMERSFOORT), granted("2021-08-15"), housed("2021-08-15")],
    ids=["linked", "permit", "housed"],
)
@pytest.mark.parametrize("undone", ["2021-09-01", "2021-08-15"], ids=["later", "that day"])
def test_a_link_housing_or_permit_since_the_ending_keeps_the_journey_open_after_the_return(
    after: Recorded, undone: str
) -> None:
    events = (*WORKED, permit_ended("2021-08-01"), after, returned(undone, at="2021-12-01T00:00:00Z"))
    assert journey_of(*events).closing is None
    assert PhaseState.STOPPED not in states(phases_of(*events))


def test_an_ending_before_a_housing_that_is_undone_does_not_come_back() -> None:
    events = (granted("2021-03-01"), left("2021-04-01"), housed("2021-05-01"), returned("2021-06-01"))
    assert journey_of(*events).closing is None


@pytest.mark.parametrize(
    "reopening",
    [linked("2021-05-01", AMERSFOORT), linked("2021-05-01", UTRECHT), granted("2021-05-01"), housed("2021-05-01")],
    ids=["linked elsewhere", "linked again", "permit", "housed"],
)
@pytest.mark.parametrize("ending", [died, left, permit_ended], ids=["died", "left", "permit ended"])
def test_a_link_housing_or_permit_after_the_ending_reopens_the_journey(ending, reopening: Recorded) -> None:
    journey = journey_of(granted("2021-03-01"), linked("2021-03-10"), ending("2021-04-01"), reopening)
    assert journey.closing is None
    assert PhaseState.STOPPED not in states(phases(journey, PLACES))


def test_a_home_ready_after_the_ending_does_not_reopen_the_journey() -> None:
    journey = journey_of(granted("2021-03-01"), linked("2021-03-10"), left("2021-04-01"), home_ready("2021-05-01"))
    assert journey.closing is not None


def test_the_first_permit_after_a_departure_opens_the_journey() -> None:
    journey = journey_of(left("2021-02-01"), granted("2021-03-01"))
    assert journey.closing is None
    assert phases(journey, PLACES).linking.state is PhaseState.OPEN


def test_a_journey_closes_again_after_it_was_reopened() -> None:
    journey = journey_of(granted("2021-03-01"), left("2021-04-01"), linked("2021-05-01"), died("2021-06-01"))
    assert journey.closing is not None
    assert journey.closing.on == date(2021, 6, 1)


def test_a_return_and_then_an_ending_closes_the_journey() -> None:
    journey = journey_of(*WORKED, returned("2021-08-01"), left("2021-08-10"))
    assert journey.closing is not None


def test_closed_is_the_state_of_the_day_asked() -> None:
    events = (granted("2021-03-01"), linked("2021-03-10"), left("2021-04-01"), linked("2021-05-01", AMERSFOORT))
    assert journey_of(*events, on=date(2021, 3, 31)).closing is None
    assert journey_of(*events, on=date(2021, 4, 30)).closing is not None
    assert journey_of(*events, on=date(2021, 5, 1)).closing is None


def test_an_ending_on_the_day_of_the_housing_closes_nothing() -> None:
    died_that_day = died("2021-06-10", at="2021-06-10T00:01:00+02:00")
    assert journey_of(*WORKED, died_that_day).closing is None
