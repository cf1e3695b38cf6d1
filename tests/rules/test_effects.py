"""What each event of a journey changed, told event by event, and that the effects together are the journey."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings

from domain.effective import effective_events, effective_events_on
from domain.effects import Effect, effects
from domain.facts import FamilyReunificationApplied, Recorded
from domain.journey import fold
from domain.norm_sets import NORM_SETS, PHASE_NAMES, NormSet
from domain.norms import PhaseState, phases
from domain.period import Period
from domain.places import Places
from tests.rules.histories import (
    AMERSFOORT,
    UTRECHT,
    crossing_histories,
    died,
    given,
    granted,
    histories,
    home_ready,
    housed,
    link_ended,
    linked,
    returned,
    said,
)

PLACES = Places.shipped()
AFTER = date(2022, 12, 31)


def told(*events: Recorded, norm: str = "permit-14") -> list[list[tuple[Any, ...]]]:
    """The effects of each event, without what is None."""
    history = effective_events_on(given(*events), AFTER)
    return [
        [tuple(part for part in effect if part is not None) for effect in some]
        for _, some in effects(history, PLACES, NORM_SETS[norm])
    ]


def day(written: str) -> date:
    return date.fromisoformat(written)


def test_a_journey_from_permit_to_housing_starts_and_ends_its_phases_and_counts_once() -> None:
    found = told(granted("2021-03-01"), linked("2021-03-10"), home_ready("2021-06-01"), housed("2021-06-10"))
    permit, link, home, living = found
    assert permit == [("phase-started", day("2021-03-01"), "linking"), ("phase-started", day("2021-03-01"), "total")]
    assert link == [
        ("link-began", day("2021-03-10"), UTRECHT),
        ("phase-ended", day("2021-03-10"), "linking", 9),
        ("phase-started", day("2021-03-10"), "housing", UTRECHT),
    ]
    assert home == [
        ("phase-ended", day("2021-06-01"), "housing", 83, UTRECHT),
        ("phase-started", day("2021-06-01"), "departure", UTRECHT),
    ]
    assert living == [
        ("phase-ended", day("2021-06-10"), "departure", 9, UTRECHT),
        ("phase-ended", day("2021-06-10"), "total", 101),
        ("counted", day("2021-06-10"), UTRECHT, Period(2021, 1), 1, "regular"),
    ]


def test_an_ended_link_drops_the_housing_phase_and_linking_goes_on_where_it_was() -> None:
    found = told(
        granted("2021-03-01"), linked("2021-03-10"), link_ended("2021-04-20"), linked("2021-04-27", AMERSFOORT)
    )
    assert found[2] == [
        ("link-ended", day("2021-04-20"), UTRECHT),
        ("phase-reopened", day("2021-04-20"), "linking"),
        ("phase-dropped", day("2021-04-20"), "housing", UTRECHT),
    ]
    assert found[3] == [
        ("link-began", day("2021-04-27"), AMERSFOORT),
        ("phase-ended", day("2021-04-27"), "linking", 16),
        ("phase-started", day("2021-04-27"), "housing", AMERSFOORT),
    ]


def test_a_link_to_another_municipality_ends_the_one_before_and_starts_another_housing_phase() -> None:
    found = told(granted("2021-03-01"), linked("2021-03-10"), linked("2021-04-27", AMERSFOORT))
    assert found[2] == [
        ("link-ended", day("2021-04-27"), UTRECHT),
        ("link-began", day("2021-04-27"), AMERSFOORT),
        ("phase-reopened", day("2021-04-27"), "linking"),
        ("phase-ended", day("2021-04-27"), "linking", 9),
        ("phase-dropped", day("2021-04-27"), "housing", UTRECHT),
        ("phase-started", day("2021-04-27"), "housing", AMERSFOORT),
    ]


def test_a_return_takes_the_count_back_and_reopens_what_the_housing_had_ended() -> None:
    found = told(
        granted("2021-03-01"),
        linked("2021-03-10"),
        home_ready("2021-06-01"),
        housed("2021-06-10"),
        returned("2021-07-02"),
    )
    assert found[4] == [
        ("phase-reopened", day("2021-07-02"), "housing", UTRECHT),
        ("phase-dropped", day("2021-07-02"), "departure", UTRECHT),
        ("phase-reopened", day("2021-07-02"), "total"),
        ("counted", day("2021-07-02"), UTRECHT, Period(2021, 2), -1, "regular"),
    ]


def test_a_journey_closes_without_housing_and_a_new_link_opens_it_again() -> None:
    found = told(granted("2021-03-01"), died("2021-03-05"), linked("2021-03-10"))
    assert found[1] == [("closed", day("2021-03-05"))]
    assert found[2][-1] == ("reopened", day("2021-03-10"))


def test_a_permit_that_became_known_late_tells_the_bounds_that_hold() -> None:
    found = told(linked("2021-03-01"), granted("2021-03-10"))
    assert found[1] == [
        ("phase-started", day("2021-03-10"), "linking"),
        ("phase-ended", day("2021-03-01"), "linking", 0),
        ("phase-started", day("2021-03-10"), "housing", UTRECHT),
        ("phase-started", day("2021-03-10"), "total"),
    ]


def test_what_changes_nothing_has_no_effects() -> None:
    application = said("2021-03-20", FamilyReunificationApplied(2))
    found = told(granted("2021-03-01"), linked("2021-03-10"), linked("2021-03-15"), application, returned("2021-03-21"))
    assert found[2:] == [[], [], []]


def test_counted_from_the_link_the_total_ends_with_a_housing_without_home_whatever_becomes_of_the_home() -> None:
    found = told(
        granted("2022-01-01"),
        linked("2022-01-17"),
        housed("2022-05-05"),
        home_ready("2022-06-29"),
        norm="link-12",
    )
    _, link, living, home = found
    assert link[-2:] == [
        ("phase-started", day("2022-01-17"), "housing", UTRECHT),
        ("phase-started", day("2022-01-17"), "total"),
    ]
    assert living == [
        ("phase-dropped", day("2022-05-05"), "housing", UTRECHT),
        ("phase-ended", day("2022-05-05"), "total", 108),
        ("counted", day("2022-05-05"), UTRECHT, Period(2022, 1), 1, "regular"),
    ]
    assert home == [
        ("phase-started", day("2022-01-17"), "housing", UTRECHT),
        ("phase-ended", day("2022-05-05"), "housing", 108, UTRECHT),
        ("phase-started", day("2022-05-05"), "departure", UTRECHT),
        ("phase-ended", day("2022-05-05"), "departure", 0, UTRECHT),
    ]


def test_counted_from_the_link_a_return_opens_the_total_again() -> None:
    found = told(
        granted("2022-01-01"),
        linked("2022-01-17"),
        housed("2022-05-05"),
        returned("2022-06-01"),
        norm="link-12",
    )
    assert found[3] == [
        ("phase-started", day("2022-01-17"), "housing", UTRECHT),
        ("phase-reopened", day("2022-06-01"), "total"),
        ("counted", day("2022-06-01"), UTRECHT, Period(2022, 1), -1, "regular"),
    ]


def test_counted_from_the_link_a_permit_after_the_housing_starts_and_ends_a_total_of_no_days() -> None:
    found = told(linked("2022-01-17"), housed("2022-05-05"), granted("2022-06-01"), norm="link-12")
    assert found[2] == [
        ("phase-started", day("2022-06-01"), "linking"),
        ("phase-ended", day("2022-01-17"), "linking", 0),
        ("phase-started", day("2022-06-01"), "total"),
        ("phase-ended", day("2022-05-05"), "total", 0),
    ]


@pytest.mark.parametrize("norm", NORM_SETS.values(), ids=list(NORM_SETS))
@settings(max_examples=300, deadline=None)
@drawn(crossing_histories() | histories(most=14))
def test_the_effects_of_all_events_together_are_the_journey(norm: NormSet, history: list[Recorded]) -> None:
    speaking = effective_events(history).events
    every: list[Effect] = []
    reached: dict[str, bool | None] = dict.fromkeys(PHASE_NAMES)  # over, open, or not there
    closed = False
    for _, some in effects(speaking, PLACES, norm):
        for effect in some:
            every.append(effect)
            closed = {"closed": True, "reopened": False}.get(effect.kind, closed)
            if effect.phase is None:
                continue
            was = reached[effect.phase]
            match effect.kind:
                case "phase-started":
                    assert was is None
                    reached[effect.phase] = False
                case "phase-ended":
                    assert was is False
                    reached[effect.phase] = True
                case "phase-reopened":
                    assert was is True
                    reached[effect.phase] = False
                case "phase-dropped":
                    assert was is not None
                    reached[effect.phase] = None

    journey = fold(speaking, PLACES)
    stands = phases(journey, PLACES)
    there = {PhaseState.COMPLETED: True, PhaseState.OPEN: False, PhaseState.STOPPED: False}
    assert reached == {name: there.get(stands.get(name, norm).state) for name in PHASE_NAMES}
    assert closed is (journey.closing is not None)
    counted = [(one.on, one.municipality, one.accommodation, one.persons) for one in every if one.kind == "counted"]
    assert counted == list(journey.postings)
    started: dict[str | None, Effect] = {one.phase: one for one in every if one.kind == "phase-started"}
    ended: dict[str | None, Effect] = {one.phase: one for one in every if one.kind == "phase-ended"}
    for name in PHASE_NAMES:
        phase = stands.get(name, norm)
        if phase.started_on is not None and name != "linking":
            assert started[name].on == phase.started_on
        if phase.ended_on is not None:
            assert (ended[name].on, ended[name].days) == (phase.ended_on, phase.days(AFTER))
    began = [one for one in every if one.kind == "link-began"]
    assert [(one.municipality, one.on) for one in began] == [(link.municipality, link.on) for link in journey.links]
    assert sum(one.kind == "link-ended" for one in every) == sum(link.until is not None for link in journey.links)
