"""The norm of 2, 10 and 2 weeks, case by case: contract section 4, "Norm phases", and domain reference 3.3 and 3.4."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain.effective import effective_events, effective_events_on
from domain.facts import Recorded
from domain.journey import Journey, fold, stages
from domain.norm_sets import DEFAULT_NORM, NORM_SETS, PHASE_NAMES
from domain.norms import OWNERS, Phase, PhaseState, phase_findings, phases
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    LAST_DAY,
    UTRECHT,
    WEESP,
    days,
    given,
    granted,
    histories,
    home_ready,
    housed,
    link_ended,
    linked,
    withdrawn,
)
from tests.rules.phases import (
    AFTER,
    LINK_12,
    LINK_14,
    PERMIT_14,
    PLACES,
    WORKED,
    codes_of,
    completed,
    journey_of,
    phases_of,
    states,
)

# Norm sets


def test_the_norm_is_two_ten_and_two_weeks_and_fourteen_in_all() -> None:
    assert {phase: PERMIT_14.norm(phase) for phase in PHASE_NAMES} == {
        "linking": 14,
        "housing": 70,
        "departure": 14,
        "total": 98,
    }


def test_the_default_norm_set_counts_fourteen_weeks_from_the_permit() -> None:
    assert DEFAULT_NORM == "permit-14"
    assert set(NORM_SETS) == {"permit-14", "link-14", "link-12"}


def test_the_sets_that_count_from_the_link_differ_only_in_the_total() -> None:
    assert (LINK_14.total, LINK_12.total) == (98, 84)
    for phase in ("linking", "housing", "departure"):
        assert LINK_14.norm(phase) == LINK_12.norm(phase) == PERMIT_14.norm(phase)


def test_every_norm_set_names_itself_and_its_source() -> None:
    for name, norm in NORM_SETS.items():
        assert norm.name == name
        assert norm.source


def test_each_phase_has_the_owner_whose_turn_it_is() -> None:
    assert OWNERS["linking"] == "coa"
    assert OWNERS["housing"] == "municipality"
    assert set(OWNERS) == set(PHASE_NAMES)


# The worked case


def test_the_worked_case_takes_9_83_and_9_days() -> None:
    found = phases_of(*WORKED)
    assert [completed(found.linking), completed(found.housing), completed(found.departure)] == [9, 83, 9]


def test_the_worked_case_is_13_days_over_for_the_municipality() -> None:
    housing = phases_of(*WORKED).housing
    assert housing.due_on(70) == date(2021, 5, 19)
    assert housing.ended_on == date(2021, 6, 1)
    assert (completed(housing) or 0) - PERMIT_14.housing == 13


def test_the_worked_case_is_in_time_for_linking_and_departure() -> None:
    found = phases_of(*WORKED)
    assert found.linking.due_on(14) == date(2021, 3, 15)
    assert found.departure.due_on(14) == date(2021, 6, 15)
    assert found.departure.ended_on == date(2021, 6, 10)


def test_the_worked_case_is_three_days_over_in_all_counted_from_the_permit() -> None:
    total = phases_of(*WORKED).total(PERMIT_14)
    assert completed(total) == 101
    assert total.due_on(PERMIT_14.total) == date(2021, 6, 7)
    assert total.ended_on == date(2021, 6, 10)


def test_the_worked_case_is_in_time_within_14_weeks_of_the_link() -> None:
    total = phases_of(*WORKED).total(LINK_14)
    assert completed(total) == 92
    assert total.due_on(LINK_14.total) == date(2021, 6, 16)


def test_the_worked_case_is_eight_days_over_within_12_weeks_of_the_link() -> None:
    total = phases_of(*WORKED).total(LINK_12)
    assert completed(total) == 92
    assert total.due_on(LINK_12.total) == date(2021, 6, 2)


def test_the_worked_case_raises_no_finding() -> None:
    assert codes_of(*WORKED) == set()


def test_a_phase_is_found_by_its_name_under_a_norm_set() -> None:
    found = phases_of(*WORKED)
    assert [found.get(name, LINK_14).days(AFTER) for name in PHASE_NAMES] == [9, 83, 9, 92]


# While it goes on


def test_before_the_link_only_linking_and_the_total_run() -> None:
    found = phases_of(*WORKED, on=date(2021, 3, 5))
    assert states(found) == (PhaseState.OPEN, PhaseState.NOT_STARTED, PhaseState.NOT_STARTED, PhaseState.OPEN)
    assert found.linking.days(date(2021, 3, 5)) == 4
    assert found.total(LINK_14).state is PhaseState.NOT_STARTED


def test_after_the_link_the_municipality_is_at_work() -> None:
    found = phases_of(*WORKED, on=date(2021, 5, 19))
    assert states(found) == (PhaseState.COMPLETED, PhaseState.OPEN, PhaseState.NOT_STARTED, PhaseState.OPEN)
    assert found.housing.days(date(2021, 5, 19)) == 70
    assert found.total(LINK_14).days(date(2021, 5, 19)) == 70
    assert found.total(PERMIT_14).days(date(2021, 5, 19)) == 79


def test_once_the_home_is_ready_departure_runs() -> None:
    found = phases_of(*WORKED, on=date(2021, 6, 1))
    assert states(found) == (PhaseState.COMPLETED, PhaseState.COMPLETED, PhaseState.OPEN, PhaseState.OPEN)
    assert found.departure.days(date(2021, 6, 1)) == 0


def test_a_phase_is_open_up_to_the_eve_of_its_end() -> None:
    assert phases_of(*WORKED, on=date(2021, 3, 9)).linking.state is PhaseState.OPEN
    assert phases_of(*WORKED, on=date(2021, 3, 10)).linking.state is PhaseState.COMPLETED


def test_before_the_permit_nothing_is_known() -> None:
    assert journey_of(*WORKED, on=date(2021, 2, 28)) == Journey()


def test_the_day_a_deadline_falls_on_is_in_time() -> None:
    found = phases_of(granted("2021-03-01"), linked("2021-03-15"), home_ready("2021-05-24"), housed("2021-06-07"))
    assert [completed(found.get(name, PERMIT_14)) for name in PHASE_NAMES] == [14, 70, 14, 98]
    for name in PHASE_NAMES:
        phase = found.get(name, PERMIT_14)
        assert phase.due_on(PERMIT_14.norm(name)) == phase.ended_on


def test_deadlines_are_counted_in_days_across_the_end_of_february_in_a_leap_year() -> None:
    found = phases_of(granted("2024-02-20"), linked("2024-02-27"), on=date(2024, 3, 1))
    assert found.linking.due_on(14) == date(2024, 3, 5)
    assert found.housing.due_on(70) == date(2024, 5, 7)
    assert found.housing.days(date(2024, 3, 1)) == 3


# Municipalities that merged


def test_weesp_and_amsterdam_are_one_municipality_for_the_norm() -> None:
    found = phases_of(
        granted("2022-01-03"),
        linked("2022-01-10", WEESP),
        home_ready("2022-04-01", AMSTERDAM),
        housed("2022-04-05", AMSTERDAM),
    )
    assert [completed(found.get(name, PERMIT_14)) for name in PHASE_NAMES] == [7, 81, 4, 92]


def test_linked_to_amsterdam_after_weesp_went_into_it_changes_nothing() -> None:
    once = (granted("2022-01-03"), linked("2022-01-10", WEESP))
    assert phases_of(*once, linked("2022-04-01", AMSTERDAM)) == phases_of(*once)


def test_linked_to_amsterdam_while_weesp_is_one_is_another_link_also_seen_from_after_the_merger() -> None:
    events = (granted("2022-01-03"), linked("2022-01-10", WEESP), linked("2022-02-14", AMSTERDAM))
    for on in (date(2022, 3, 23), date(2022, 3, 24), AFTER):
        assert phases_of(*events, on=on).housing.started_on == date(2022, 2, 14)
    assert [link.municipality for link in journey_of(*events).links] == [WEESP, AMSTERDAM]
    assert codes_of(*events) == set()


def test_a_home_in_amsterdam_is_none_for_weesp_until_the_day_weesp_goes_into_it() -> None:
    link = (granted("2022-01-03"), linked("2022-01-10", WEESP))
    assert phases_of(*link, home_ready("2022-03-23", AMSTERDAM)).housing.state is PhaseState.OPEN
    assert phases_of(*link, home_ready("2022-03-24", AMSTERDAM)).housing.ended_on == date(2022, 3, 24)
    assert codes_of(*link, home_ready("2022-03-23", AMSTERDAM)) == {"home-ready-elsewhere"}


def test_a_code_used_after_its_end_and_the_successor_are_one_municipality() -> None:
    link = (granted("2022-01-03"), linked("2022-04-01", AMSTERDAM))
    assert phases_of(*link, home_ready("2022-05-01", WEESP)).housing.ended_on == date(2022, 5, 1)


def test_linked_to_utrecht_after_weesp_is_another_municipality() -> None:
    found = phases_of(granted("2022-01-03"), linked("2022-01-10", WEESP), linked("2022-04-01", UTRECHT))
    assert found.housing.started_on == date(2022, 4, 1)


# Withdrawn and corrected boundaries


def test_a_link_entered_by_mistake_and_withdrawn_leaves_no_trace_in_any_clock() -> None:
    never = phases_of(granted("2021-03-01"), linked("2021-03-20"))
    mistaken = phases_of(
        granted("2021-03-01"), linked("2021-03-05", AMERSFOORT, id="oops"), linked("2021-03-20"), withdrawn("oops")
    )
    assert mistaken == never
    assert completed(mistaken.linking) == 19


def test_a_withdrawn_ending_of_a_link_lets_the_link_stand() -> None:
    found = phases_of(
        granted("2021-03-01"), linked("2021-03-10"), link_ended("2021-04-20", id="oops"), withdrawn("oops")
    )
    assert found.housing.state is PhaseState.OPEN


def test_a_corrected_day_moves_the_deadline() -> None:
    found = phases_of(
        granted("2021-03-01"),
        linked("2021-03-10", id="l1"),
        linked("2021-03-12", id="l2", at="2021-05-01T09:00:00+02:00", corrects="l1"),
    )
    assert completed(found.linking) == 11
    assert found.housing.due_on(70) == date(2021, 5, 21)


# Properties


def norm_phases(journey: Journey) -> list[Phase]:
    found = phases(journey, PLACES)
    return [*found, found.total(LINK_14)]


@settings(max_examples=100, deadline=None)
@drawn(histories(), days)
def test_no_duration_is_ever_negative(history: list[Recorded], on: date) -> None:
    for phase in norm_phases(fold(effective_events_on(history, on), PLACES)):
        lasted = phase.days(on)
        assert lasted is None or lasted >= 0


@settings(max_examples=100, deadline=None)
@drawn(histories(), days)
def test_what_is_open_or_completed_has_days_and_nothing_else_has(history: list[Recorded], on: date) -> None:
    for phase in norm_phases(fold(effective_events_on(history, on), PLACES)):
        assert (phase.days(on) is not None) == (phase.state in (PhaseState.OPEN, PhaseState.COMPLETED))
        assert (phase.ended_on is not None) == (phase.state is PhaseState.COMPLETED)


@settings(max_examples=100, deadline=None)
@drawn(histories(), days)
def test_a_completed_phase_is_within_its_norm_exactly_when_it_ended_by_its_deadline(
    history: list[Recorded], on: date
) -> None:
    for phase in norm_phases(fold(effective_events_on(history, on), PLACES)):
        lasted = phase.days(on)
        if phase.state is PhaseState.COMPLETED and lasted:
            due_on = phase.due_on(14)
            assert due_on is not None
            assert phase.ended_on is not None
            assert (lasted <= 14) == (phase.ended_on <= due_on)


@settings(max_examples=100, deadline=None)
@drawn(histories(), days)
def test_the_total_from_the_link_is_housing_and_departure_when_their_bounds_are_in_order(
    history: list[Recorded], on: date
) -> None:
    found = phases(fold(effective_events_on(history, on), PLACES), PLACES)
    bounds = [found.linking, found.housing, found.departure]
    if any(phase.state is not PhaseState.COMPLETED for phase in (*bounds, found.from_permit)):
        return
    steps = [found.from_permit.started_on, found.housing.started_on, found.housing.ended_on, found.departure.ended_on]
    if all(one is not None and other is not None and one <= other for one, other in pairwise(steps)):
        housing, departure, total = (phase.days(on) for phase in (found.housing, found.departure, found.total(LINK_14)))
        assert (housing or 0) + (departure or 0) == total


@settings(max_examples=100, deadline=None)
@drawn(histories(), st.randoms(use_true_random=False))
def test_no_order_of_arrival_changes_a_phase_or_a_finding(history: list[Recorded], dice) -> None:
    shuffled = list(history)
    dice.shuffle(shuffled)
    journey, again = (fold(effective_events_on(events, LAST_DAY), PLACES) for events in (history, given(*shuffled)))
    assert phases(again, PLACES) == phases(journey, PLACES)
    assert phase_findings(again, PLACES) == phase_findings(journey, PLACES)


@settings(max_examples=100, deadline=None)
@drawn(histories())
def test_a_closed_journey_has_no_open_phase(history: list[Recorded]) -> None:
    for _, journey in stages(effective_events(history).events, PLACES):
        if journey.closing:
            assert PhaseState.OPEN not in [phase.state for phase in norm_phases(journey)]
