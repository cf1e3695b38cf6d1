"""Where a phase begins and ends: bounds out of order, bounds that are not there, returns and second housings."""

from __future__ import annotations

from datetime import date

import pytest

from domain.facts import FamilyReunificationDecided, GuestStayStarted, MovedToPermanentHome, OfferRefused, Recorded
from domain.norm_sets import PHASE_NAMES
from domain.norms import PhaseState, phases
from tests.rules.histories import (
    AMERSFOORT,
    UTRECHT,
    applied,
    granted,
    home_ready,
    housed,
    link_ended,
    linked,
    returned,
    said,
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
    assert states(found) == (PhaseState.UNKNOWN, PhaseState.UNKNOWN, PhaseState.COMPLETED, PhaseState.UNKNOWN)
    assert completed(found.departure) == 9
    assert found.total(LINK_14).state is found.total(LINK_12).state is PhaseState.UNKNOWN


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
    assert found.departure.state is PhaseState.OPEN
    assert found.departure.days(date(2021, 6, 5)) == 4


def test_housed_while_no_link_stands_leaves_only_the_total() -> None:
    found = phases_of(granted("2021-03-01"), home_ready("2021-06-01"), housed("2021-06-10"))
    assert states(found) == (PhaseState.NOT_APPLICABLE,) * 3 + (PhaseState.COMPLETED,)
    assert completed(found.total(PERMIT_14)) == 101
    assert found.total(LINK_14).state is PhaseState.NOT_APPLICABLE
    assert (found.linking.days(AFTER), found.total(LINK_14).days(AFTER)) == (None, None)


def test_housed_after_the_link_ended_leaves_only_the_total() -> None:
    found = phases_of(
        granted("2021-03-01"),
        linked("2021-03-10"),
        home_ready("2021-04-01"),
        link_ended("2021-04-20"),
        housed("2021-06-10"),
    )
    assert states(found) == (PhaseState.NOT_APPLICABLE,) * 3 + (PhaseState.COMPLETED,)
    assert completed(found.total(PERMIT_14)) == 101


def test_housed_on_the_day_the_link_ended_is_housed_while_no_link_stands() -> None:
    found = phases_of(granted("2021-03-01"), linked("2021-03-10"), link_ended("2021-06-10"), housed("2021-06-10"))
    assert found.linking.state is PhaseState.NOT_APPLICABLE


def test_housed_without_home_ready_leaves_linking_and_the_total() -> None:
    found = phases_of(granted("2021-03-01"), linked("2021-03-10"), housed("2021-06-10"))
    assert states(found) == (
        PhaseState.COMPLETED,
        PhaseState.NOT_APPLICABLE,
        PhaseState.NOT_APPLICABLE,
        PhaseState.COMPLETED,
    )
    assert (completed(found.linking), completed(found.total(PERMIT_14))) == (9, 101)


def test_housed_with_no_link_and_no_permit_has_no_total_either() -> None:
    assert phases_of(housed("2021-06-10")).total(PERMIT_14).state is PhaseState.UNKNOWN


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
    assert journey.current_link is not None
    assert states(found) == (PhaseState.COMPLETED, PhaseState.OPEN, PhaseState.NOT_STARTED, PhaseState.OPEN)
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
    assert states(found) == (
        PhaseState.COMPLETED,
        PhaseState.NOT_APPLICABLE,
        PhaseState.NOT_APPLICABLE,
        PhaseState.COMPLETED,
    )


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
