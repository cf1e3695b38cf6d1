"""The norm of 2, 10 and 2 weeks, case by case: contract section 4, "Norm phases", and domain reference 3.3 and 3.4."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain.effective import effective, force
from domain.facts import FamilyReunificationDecided, GuestStayStarted, MovedToPermanentHome, OfferRefused, Recorded
from domain.journey import Journey, fold, stages
from domain.norms import DEFAULT_NORM, NORM_SETS, OWNERS, PHASE_NAMES, Phase, Phases, State, findings, phases
from domain.places import Places
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    LAST_DAY,
    UTRECHT,
    WEESP,
    applied,
    days,
    died,
    given,
    granted,
    histories,
    home_ready,
    housed,
    left,
    link_ended,
    linked,
    permit_ended,
    returned,
    said,
    withdrawn,
)

PLACES = Places.shipped()
PERMIT_14, LINK_14, LINK_12 = NORM_SETS["permit-14"], NORM_SETS["link-14"], NORM_SETS["link-12"]
AFTER = date(2022, 12, 31)


def journey_of(*events: Recorded, on: date = AFTER) -> Journey:
    return fold(effective(given(*events), on), PLACES)


def phases_of(*events: Recorded, on: date = AFTER) -> Phases:
    return phases(journey_of(*events, on=on), PLACES)


def codes_of(*events: Recorded) -> set[str]:
    journey = journey_of(*events)
    return {finding.code for finding in (*journey.findings, *findings(journey, PLACES))}


def completed(phase: Phase) -> int | None:
    """The days of a completed phase; they no longer depend on the day that is asked."""
    assert phase.state is State.COMPLETED, phase
    assert phase.days(date(1990, 1, 1)) == phase.days(date(2090, 1, 1))
    return phase.days(AFTER)


def states(found: Phases) -> tuple[State, ...]:
    """Linking, housing, departure, total under permit-14."""
    return found.linking.state, found.housing.state, found.departure.state, found.total(PERMIT_14).state


WORKED = (granted("2021-03-01"), linked("2021-03-10"), home_ready("2021-06-01"), housed("2021-06-10"))


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
    assert states(found) == (State.OPEN, State.NOT_STARTED, State.NOT_STARTED, State.OPEN)
    assert found.linking.days(date(2021, 3, 5)) == 4
    assert found.total(LINK_14).state is State.NOT_STARTED


def test_after_the_link_the_municipality_is_at_work() -> None:
    found = phases_of(*WORKED, on=date(2021, 5, 19))
    assert states(found) == (State.COMPLETED, State.OPEN, State.NOT_STARTED, State.OPEN)
    assert found.housing.days(date(2021, 5, 19)) == 70
    assert found.total(LINK_14).days(date(2021, 5, 19)) == 70
    assert found.total(PERMIT_14).days(date(2021, 5, 19)) == 79


def test_once_the_home_is_ready_departure_runs() -> None:
    found = phases_of(*WORKED, on=date(2021, 6, 1))
    assert states(found) == (State.COMPLETED, State.COMPLETED, State.OPEN, State.OPEN)
    assert found.departure.days(date(2021, 6, 1)) == 0


def test_a_phase_is_open_up_to_the_eve_of_its_end() -> None:
    assert phases_of(*WORKED, on=date(2021, 3, 9)).linking.state is State.OPEN
    assert phases_of(*WORKED, on=date(2021, 3, 10)).linking.state is State.COMPLETED


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


# The standing link and linking anew

RELINKED = (
    granted("2021-03-01"),
    linked("2021-03-10", UTRECHT),
    link_ended("2021-04-20"),
    linked("2021-04-27", AMERSFOORT),
)


def test_linking_anew_adds_the_days_without_a_link_to_linking() -> None:
    linking = phases_of(*RELINKED).linking
    assert completed(linking) == 16
    assert linking.ended_on == date(2021, 4, 27)
    assert (completed(linking) or 0) - PERMIT_14.linking == 2


def test_linking_anew_was_due_two_days_earlier() -> None:
    assert phases_of(*RELINKED).linking.due_on(14) == date(2021, 4, 25)


def test_the_new_municipality_has_its_own_ten_weeks() -> None:
    housing = phases_of(*RELINKED, on=date(2021, 5, 1)).housing
    assert housing.started_on == date(2021, 4, 27)
    assert housing.due_on(70) == date(2021, 7, 6)
    assert housing.days(date(2021, 5, 1)) == 4


def test_linking_anew_does_not_stop_the_total_from_the_permit() -> None:
    found = phases_of(*RELINKED, home_ready("2021-07-06", AMERSFOORT), housed("2021-07-10", AMERSFOORT))
    assert completed(found.total(PERMIT_14)) == 131
    assert completed(found.total(LINK_14)) == 74


def test_while_no_link_stands_linking_is_open_and_housing_is_dropped() -> None:
    on = date(2021, 4, 23)
    found = phases_of(*RELINKED, on=on)
    assert states(found) == (State.OPEN, State.NOT_STARTED, State.NOT_STARTED, State.OPEN)
    assert found.linking.days(on) == 12
    assert found.housing.days(on) is None


def test_on_the_day_a_link_ends_linking_is_open_again_with_its_earlier_days() -> None:
    linking = phases_of(*RELINKED, on=date(2021, 4, 20)).linking
    assert linking.state is State.OPEN
    assert linking.days(date(2021, 4, 20)) == 9


def test_a_home_that_was_ready_under_the_ended_link_is_dropped_with_it() -> None:
    found = phases_of(granted("2021-03-01"), linked("2021-03-10"), home_ready("2021-04-01"), link_ended("2021-04-20"))
    assert states(found) == (State.OPEN, State.NOT_STARTED, State.NOT_STARTED, State.OPEN)


def test_three_links_add_up_all_days_between() -> None:
    linking = phases_of(
        granted("2021-03-01"),
        linked("2021-03-05"),
        link_ended("2021-03-20"),
        linked("2021-03-23", AMERSFOORT),
        link_ended("2021-04-01"),
        linked("2021-04-06"),
    ).linking
    assert completed(linking) == 4 + 3 + 5


def test_a_link_to_another_municipality_ends_the_standing_one_that_day() -> None:
    journey = journey_of(granted("2021-03-01"), linked("2021-03-10"), linked("2021-04-20", AMERSFOORT))
    found = phases(journey, PLACES)
    assert [(link.municipality, link.on, link.until) for link in journey.links] == [
        (UTRECHT, date(2021, 3, 10), date(2021, 4, 20)),
        (AMERSFOORT, date(2021, 4, 20), None),
    ]
    assert completed(found.linking) == 9
    assert found.linking.ended_on == date(2021, 4, 20)
    assert found.housing.started_on == date(2021, 4, 20)


def test_a_link_to_the_municipality_of_the_standing_link_changes_nothing() -> None:
    once = (granted("2021-03-01"), linked("2021-03-10"))
    twice = (*once, linked("2021-04-20"))
    assert phases_of(*twice) == phases_of(*once)
    assert len(codes_of(*twice)) == 1


def test_back_to_the_first_municipality_after_its_link_ended_is_a_new_link() -> None:
    found = phases_of(granted("2021-03-01"), linked("2021-03-10"), link_ended("2021-04-20"), linked("2021-04-22"))
    assert completed(found.linking) == 11
    assert found.housing.started_on == date(2021, 4, 22)


def test_a_home_ready_before_the_new_link_does_not_end_its_housing_phase() -> None:
    found = phases_of(
        granted("2021-03-01"),
        linked("2021-03-10"),
        home_ready("2021-04-01"),
        link_ended("2021-04-20"),
        linked("2021-04-22"),
    )
    assert found.housing.state is State.OPEN


def test_a_home_ready_on_the_first_day_of_the_link_ends_the_housing_phase() -> None:
    found = phases_of(
        granted("2021-03-01"),
        home_ready("2021-03-10", at="2021-03-10T08:00:00+01:00"),
        linked("2021-03-10", at="2021-03-10T17:00:00+01:00"),
    )
    assert completed(found.housing) == 0


def test_the_first_home_ready_of_the_municipality_ends_the_housing_phase() -> None:
    found = phases_of(
        granted("2021-03-01"),
        linked("2021-03-10"),
        home_ready("2021-03-20", AMERSFOORT),
        home_ready("2021-04-01"),
        home_ready("2021-05-01"),
    )
    assert found.housing.ended_on == date(2021, 4, 1)
    assert found.departure.started_on == date(2021, 4, 1)


def test_a_home_of_another_municipality_does_not_end_the_housing_phase() -> None:
    found = phases_of(granted("2021-03-01"), linked("2021-03-10"), home_ready("2021-04-01", AMERSFOORT))
    assert found.housing.state is State.OPEN


def test_a_link_that_begins_after_the_housing_changes_nothing() -> None:
    later = (*WORKED, linked("2021-07-01", AMERSFOORT))
    assert phases_of(*later) == phases_of(*WORKED)
    assert journey_of(*later).municipality == UTRECHT
    assert len(codes_of(*later)) == 1


def test_a_link_that_ends_after_the_housing_leaves_the_phases_as_they_were() -> None:
    assert phases_of(*WORKED, link_ended("2021-07-01")) == phases_of(*WORKED)
    assert codes_of(*WORKED, link_ended("2021-07-01")) == set()


# Order of the boundaries


def test_permit_and_link_on_one_day_is_nought_days_of_linking() -> None:
    found = phases_of(granted("2021-03-01"), linked("2021-03-01"))
    assert completed(found.linking) == 0


def test_a_link_before_the_permit_is_nought_days_of_linking_and_housing_starts_at_the_permit() -> None:
    found = phases_of(linked("2021-02-01"), granted("2021-03-01"), home_ready("2021-04-01"), housed("2021-04-05"))
    assert completed(found.linking) == 0
    assert found.housing.started_on == date(2021, 3, 1)
    assert [completed(found.housing), completed(found.departure)] == [31, 4]
    assert completed(found.total(PERMIT_14)) == completed(found.total(LINK_14)) == 35


def test_days_without_a_link_before_the_permit_do_not_count() -> None:
    linking = phases_of(
        linked("2021-01-10"), link_ended("2021-02-10"), granted("2021-03-01"), linked("2021-03-06", AMERSFOORT)
    ).linking
    assert completed(linking) == 5


def test_days_without_a_link_count_from_the_permit_when_the_permit_falls_among_them() -> None:
    linking = phases_of(
        linked("2021-01-10"),
        link_ended("2021-02-25"),
        granted("2021-03-01"),
        linked("2021-03-06", AMERSFOORT),
        link_ended("2021-04-01"),
        linked("2021-04-04"),
    ).linking
    assert completed(linking) == 5 + 3


def test_two_links_before_the_permit_are_nought_days_of_linking() -> None:
    found = phases_of(
        linked("2021-01-10"), link_ended("2021-01-20"), linked("2021-02-10", AMERSFOORT), granted("2021-03-01")
    )
    assert completed(found.linking) == 0
    assert found.housing.started_on == date(2021, 3, 1)


def test_the_first_permit_in_force_counts() -> None:
    found = phases_of(granted("2021-03-01"), linked("2021-03-10"), granted("2021-03-05"))
    assert completed(found.linking) == 9


def test_when_the_first_permit_is_withdrawn_the_next_one_counts() -> None:
    found = phases_of(
        granted("2021-03-01", id="p1"),
        granted("2021-03-05", id="p2"),
        linked("2021-03-10"),
        withdrawn("p1", source=granted("2021-03-01").source),
    )
    assert completed(found.linking) == 5


def test_a_home_ready_later_than_housed_is_taken_as_housed() -> None:
    found = phases_of(granted("2021-03-01"), linked("2021-03-10"), housed("2021-06-10"), home_ready("2021-06-20"))
    assert [completed(found.housing), completed(found.departure)] == [92, 0]
    assert found.housing.ended_on == found.departure.started_on == date(2021, 6, 10)
    assert completed(found.total(LINK_14)) == 92


def test_housed_before_the_permit_lasts_nought_days_with_a_finding() -> None:
    events = (linked("2021-02-01"), home_ready("2021-02-10"), housed("2021-02-20"), granted("2021-03-01"))
    found = phases_of(*events)
    assert [completed(found.get(name, PERMIT_14)) for name in PHASE_NAMES] == [0, 0, 10, 0]
    assert completed(found.total(LINK_14)) == 0
    assert codes_of(*events)


def test_a_home_ready_before_the_permit_is_nought_days_of_housing_with_a_finding() -> None:
    events = (linked("2021-02-01"), home_ready("2021-02-10"), granted("2021-03-01"), housed("2021-03-05"))
    found = phases_of(*events)
    assert [completed(found.housing), completed(found.departure)] == [0, 23]
    assert completed(found.total(PERMIT_14)) == 4
    assert codes_of(*events)


# Boundaries that are not there


def test_without_a_permit_linking_housing_and_total_are_unknown_and_departure_is_not() -> None:
    found = phases_of(*WORKED[1:])
    assert states(found) == (State.UNKNOWN, State.UNKNOWN, State.COMPLETED, State.UNKNOWN)
    assert completed(found.departure) == 9
    assert found.total(LINK_14).state is found.total(LINK_12).state is State.UNKNOWN


def test_what_is_unknown_has_no_days_not_nought() -> None:
    found = phases_of(*WORKED[1:])
    assert (found.linking.days(AFTER), found.housing.days(AFTER), found.total(PERMIT_14).days(AFTER)) == (
        None,
        None,
        None,
    )
    assert found.housing.due_on(70) is None


def test_without_a_permit_an_open_departure_still_counts() -> None:
    found = phases_of(linked("2021-03-10"), home_ready("2021-06-01"))
    assert found.departure.state is State.OPEN
    assert found.departure.days(date(2021, 6, 5)) == 4


def test_housed_while_no_link_stands_leaves_only_the_total() -> None:
    found = phases_of(granted("2021-03-01"), home_ready("2021-06-01"), housed("2021-06-10"))
    assert states(found) == (State.NOT_APPLICABLE,) * 3 + (State.COMPLETED,)
    assert completed(found.total(PERMIT_14)) == 101
    assert found.total(LINK_14).state is State.NOT_APPLICABLE
    assert (found.linking.days(AFTER), found.total(LINK_14).days(AFTER)) == (None, None)


def test_housed_after_the_link_ended_leaves_only_the_total() -> None:
    found = phases_of(
        granted("2021-03-01"),
        linked("2021-03-10"),
        home_ready("2021-04-01"),
        link_ended("2021-04-20"),
        housed("2021-06-10"),
    )
    assert states(found) == (State.NOT_APPLICABLE,) * 3 + (State.COMPLETED,)
    assert completed(found.total(PERMIT_14)) == 101


def test_housed_on_the_day_the_link_ended_is_housed_while_no_link_stands() -> None:
    found = phases_of(granted("2021-03-01"), linked("2021-03-10"), link_ended("2021-06-10"), housed("2021-06-10"))
    assert found.linking.state is State.NOT_APPLICABLE


def test_housed_without_home_ready_leaves_linking_and_the_total() -> None:
    found = phases_of(granted("2021-03-01"), linked("2021-03-10"), housed("2021-06-10"))
    assert states(found) == (State.COMPLETED, State.NOT_APPLICABLE, State.NOT_APPLICABLE, State.COMPLETED)
    assert (completed(found.linking), completed(found.total(PERMIT_14))) == (9, 101)
    assert found.total(LINK_14).state is found.total(LINK_12).state is State.NOT_APPLICABLE


def test_housed_with_no_link_and_no_permit_has_no_total_either() -> None:
    assert phases_of(housed("2021-06-10")).total(PERMIT_14).state is State.UNKNOWN


@pytest.mark.parametrize("accommodation", ["hotel", "intermediate", "transit-location", "gva", "with-family"])
def test_a_temporary_place_ends_the_phases_as_a_home_does(accommodation: str) -> None:
    temporary = phases_of(*WORKED[:3], housed("2021-06-10", accommodation=accommodation))
    assert temporary == phases_of(*WORKED)


# Returned, housed twice


def test_a_return_undoes_the_housing_and_the_link_stands() -> None:
    on = date(2021, 9, 1)
    journey = journey_of(*WORKED, returned("2021-08-01"), on=on)
    found = phases(journey, PLACES)
    assert journey.housing is None
    assert journey.standing_link is not None
    assert states(found) == (State.COMPLETED, State.OPEN, State.NOT_STARTED, State.OPEN)
    assert completed(found.linking) == 9
    assert found.housing.started_on == date(2021, 3, 10)
    assert found.total(PERMIT_14).days(on) == 184


def test_after_a_return_home_ready_and_housing_are_looked_for_anew() -> None:
    found = phases_of(*WORKED, returned("2021-08-01"), home_ready("2021-08-20"), housed("2021-08-25"))
    assert found.housing.ended_on == date(2021, 8, 20)
    assert [completed(found.housing), completed(found.departure)] == [163, 5]
    assert completed(found.total(PERMIT_14)) == 177


def test_a_home_ready_on_the_day_of_the_return_counts() -> None:
    found = phases_of(*WORKED, returned("2021-08-01"), home_ready("2021-08-01", at="2021-08-01T06:00:00+02:00"))
    assert found.housing.ended_on == date(2021, 8, 1)


def test_a_home_that_was_ready_before_the_return_does_not_count_for_the_housing_after_it() -> None:
    found = phases_of(*WORKED, returned("2021-08-01"), housed("2021-08-25"))
    assert states(found) == (State.COMPLETED, State.NOT_APPLICABLE, State.NOT_APPLICABLE, State.COMPLETED)


def test_a_return_without_a_housing_changes_no_phase() -> None:
    before = (granted("2021-03-01"), linked("2021-03-10"), home_ready("2021-06-01"))
    assert phases_of(*before, returned("2021-06-05")) == phases_of(*before)


def test_of_two_housings_the_first_counts_and_the_second_is_a_finding() -> None:
    moved = (*WORKED, housed("2021-10-01", AMERSFOORT))
    assert phases_of(*moved) == phases_of(*WORKED)
    assert journey_of(*moved).housing == journey_of(*WORKED).housing
    assert len(codes_of(*moved)) == 1


def test_a_move_to_a_permanent_home_is_no_second_housing() -> None:
    moved = (*WORKED, said("2021-10-01", MovedToPermanentHome(UTRECHT)))
    assert phases_of(*moved) == phases_of(*WORKED)
    assert codes_of(*moved) == set()


# What never stops the clock


@pytest.mark.parametrize(
    "label",
    [
        applied("2021-03-20", 4),
        said("2021-04-20", FamilyReunificationDecided(3, 1)),
        said("2021-04-20", OfferRefused(UTRECHT, "too small")),
        said("2021-04-20", GuestStayStarted()),
    ],
    ids=["family applied for", "family decided", "offer refused", "guest stay"],
)
def test_family_refusals_and_guest_stays_do_not_stop_the_clock(label: Recorded) -> None:
    assert phases_of(*WORKED, label) == phases_of(*WORKED)


# Closed without housing


@pytest.mark.parametrize("ending", [died, left, permit_ended], ids=["died", "left", "permit ended"])
def test_an_ending_while_not_housed_closes_the_journey(ending) -> None:
    on = date(2021, 5, 1)
    found = phases_of(granted("2021-03-01"), linked("2021-03-10"), ending("2021-04-01"), on=on)
    assert found.linking.state is State.COMPLETED
    assert (found.housing.state, found.total(PERMIT_14).state) == (State.STOPPED, State.STOPPED)
    assert found.total(LINK_14).state is State.STOPPED
    assert found.housing.days(on) is None


def test_what_a_closed_journey_completed_stays_counted() -> None:
    found = phases_of(granted("2021-03-01"), linked("2021-03-10"), home_ready("2021-04-01"), died("2021-04-05"))
    assert [completed(found.linking), completed(found.housing)] == [9, 22]
    assert found.departure.state is State.STOPPED


def test_a_journey_closed_before_any_link_has_no_open_linking() -> None:
    assert phases_of(granted("2021-03-01"), left("2021-03-05")).linking.state is State.STOPPED


@pytest.mark.parametrize("ending", [died, left, permit_ended], ids=["died", "left", "permit ended"])
def test_an_ending_while_housed_closes_nothing(ending) -> None:
    assert phases_of(*WORKED, ending("2021-08-01")) == phases_of(*WORKED)
    assert journey_of(*WORKED, ending("2021-08-01")).closing is None


@pytest.mark.parametrize(
    "reopening",
    [linked("2021-05-01", AMERSFOORT), linked("2021-05-01", UTRECHT), granted("2021-05-01"), housed("2021-05-01")],
    ids=["linked elsewhere", "linked again", "permit", "housed"],
)
@pytest.mark.parametrize("ending", [died, left, permit_ended], ids=["died", "left", "permit ended"])
def test_a_link_housing_or_permit_after_the_ending_reopens_the_journey(ending, reopening: Recorded) -> None:
    journey = journey_of(granted("2021-03-01"), linked("2021-03-10"), ending("2021-04-01"), reopening)
    assert journey.closing is None
    assert State.STOPPED not in states(phases(journey, PLACES))


def test_a_home_ready_after_the_ending_does_not_reopen_the_journey() -> None:
    journey = journey_of(granted("2021-03-01"), linked("2021-03-10"), left("2021-04-01"), home_ready("2021-05-01"))
    assert journey.closing is not None


def test_the_first_permit_after_a_departure_opens_the_journey() -> None:
    journey = journey_of(left("2021-02-01"), granted("2021-03-01"))
    assert journey.closing is None
    assert phases(journey, PLACES).linking.state is State.OPEN


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
    assert found.housing.state is State.OPEN


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
    for phase in norm_phases(fold(effective(history, on), PLACES)):
        lasted = phase.days(on)
        assert lasted is None or lasted >= 0


@settings(max_examples=100, deadline=None)
@drawn(histories(), days)
def test_what_is_open_or_completed_has_days_and_nothing_else_has(history: list[Recorded], on: date) -> None:
    for phase in norm_phases(fold(effective(history, on), PLACES)):
        assert (phase.days(on) is not None) == (phase.state in (State.OPEN, State.COMPLETED))
        assert (phase.ended_on is not None) == (phase.state is State.COMPLETED)


@settings(max_examples=100, deadline=None)
@drawn(histories(), days)
def test_a_completed_phase_is_within_its_norm_exactly_when_it_ended_by_its_deadline(
    history: list[Recorded], on: date
) -> None:
    for phase in norm_phases(fold(effective(history, on), PLACES)):
        lasted = phase.days(on)
        if phase.state is State.COMPLETED and lasted:
            due_on = phase.due_on(14)
            assert due_on is not None
            assert phase.ended_on is not None
            assert (lasted <= 14) == (phase.ended_on <= due_on)


@settings(max_examples=100, deadline=None)
@drawn(histories(), days)
def test_the_total_from_the_link_is_housing_and_departure_when_their_bounds_are_in_order(
    history: list[Recorded], on: date
) -> None:
    found = phases(fold(effective(history, on), PLACES), PLACES)
    bounds = [found.linking, found.housing, found.departure]
    if any(phase.state is not State.COMPLETED for phase in (*bounds, found.chain)):
        return
    steps = [found.chain.started_on, found.housing.started_on, found.housing.ended_on, found.departure.ended_on]
    if all(one is not None and other is not None and one <= other for one, other in pairwise(steps)):
        housing, departure, total = (phase.days(on) for phase in (found.housing, found.departure, found.total(LINK_14)))
        assert (housing or 0) + (departure or 0) == total


@settings(max_examples=100, deadline=None)
@drawn(histories(), st.randoms(use_true_random=False))
def test_no_order_of_arrival_changes_a_phase_or_a_finding(history: list[Recorded], dice) -> None:
    shuffled = list(history)
    dice.shuffle(shuffled)
    journey, again = (fold(effective(events, LAST_DAY), PLACES) for events in (history, given(*shuffled)))
    assert phases(again, PLACES) == phases(journey, PLACES)
    assert findings(again, PLACES) == findings(journey, PLACES)


@settings(max_examples=100, deadline=None)
@drawn(histories())
def test_a_closed_journey_has_no_open_phase(history: list[Recorded]) -> None:
    for _, journey in stages(force(history).speaking, PLACES):
        if journey.closing:
            assert State.OPEN not in [phase.state for phase in norm_phases(journey)]
