"""The standing link and linking anew: which days count for whom (contract section 4, "Norm phases")."""

from __future__ import annotations

from datetime import date

from domain.norms import PhaseState, phases
from tests.rules.histories import (
    AMERSFOORT,
    UTRECHT,
    granted,
    home_ready,
    housed,
    link_ended,
    linked,
    returned,
)
from tests.rules.phases import (
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
    assert states(found) == (PhaseState.OPEN, PhaseState.NOT_STARTED, PhaseState.NOT_STARTED, PhaseState.OPEN)
    assert found.linking.days(on) == 12
    assert found.housing.days(on) is None


def test_on_the_day_a_link_ends_linking_is_open_again_with_its_earlier_days() -> None:
    linking = phases_of(*RELINKED, on=date(2021, 4, 20)).linking
    assert linking.state is PhaseState.OPEN
    assert linking.days(date(2021, 4, 20)) == 9


def test_a_home_that_was_ready_under_the_ended_link_is_dropped_with_it() -> None:
    found = phases_of(granted("2021-03-01"), linked("2021-03-10"), home_ready("2021-04-01"), link_ended("2021-04-20"))
    assert states(found) == (PhaseState.OPEN, PhaseState.NOT_STARTED, PhaseState.NOT_STARTED, PhaseState.OPEN)


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


def test_a_link_to_the_municipality_of_the_current_link_changes_nothing() -> None:
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
    assert found.housing.state is PhaseState.OPEN


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
    assert found.housing.state is PhaseState.OPEN


def test_a_link_that_begins_after_the_housing_changes_nothing() -> None:
    later = (*WORKED, linked("2021-07-01", AMERSFOORT))
    assert phases_of(*later) == phases_of(*WORKED)
    assert journey_of(*later).municipality == UTRECHT
    assert len(codes_of(*later)) == 1


def test_a_link_that_ends_after_the_housing_leaves_the_phases_as_they_were() -> None:
    assert phases_of(*WORKED, link_ended("2021-07-01")) == phases_of(*WORKED)
    assert codes_of(*WORKED, link_ended("2021-07-01")) == set()


def test_a_link_that_ended_while_housed_no_longer_stands_after_the_return() -> None:
    events = (*WORKED, link_ended("2021-07-01"), returned("2021-08-01"))
    found = phases_of(*events, on=date(2021, 8, 1))
    assert states(found) == (PhaseState.OPEN, PhaseState.NOT_STARTED, PhaseState.NOT_STARTED, PhaseState.OPEN)
    # 9 days up to the first link, and those since it ended.
    assert found.linking.days(date(2021, 8, 1)) == 9 + 31
    assert found.total(LINK_14).state is PhaseState.NOT_STARTED
    assert phases_of(*WORKED, returned("2021-08-01"), on=date(2021, 8, 1)).housing.state is PhaseState.OPEN


# The total from the link


def test_the_total_from_the_link_needs_no_home_ready() -> None:
    # 10 March to 10 June: 21 + 30 + 31 + 10 days.
    found = phases_of(granted("2021-03-01"), linked("2021-03-10"), housed("2021-06-10"))
    assert (found.housing.state, found.departure.state) == (PhaseState.NOT_APPLICABLE, PhaseState.NOT_APPLICABLE)
    assert (completed(found.total(PERMIT_14)), completed(found.total(LINK_14))) == (101, 92)
    assert found.total(LINK_12) == found.total(LINK_14)


def test_the_total_from_the_link_starts_with_the_permit_where_that_is_later() -> None:
    found = phases_of(linked("2021-03-01"), granted("2021-03-10"), housed("2021-06-10"))
    assert completed(found.total(LINK_14)) == completed(found.total(PERMIT_14)) == 92


def test_the_total_from_the_link_is_not_applicable_where_no_link_stood_at_the_housing() -> None:
    for events in (
        (granted("2021-03-01"), housed("2021-06-10")),
        (granted("2021-03-01"), linked("2021-03-10"), link_ended("2021-05-01"), housed("2021-06-10")),
        (granted("2021-03-01"), housed("2021-06-10"), linked("2021-06-11")),
    ):
        found = phases_of(*events)
        assert found.total(LINK_14).state is PhaseState.NOT_APPLICABLE
        assert completed(found.total(PERMIT_14)) == 101


def test_the_total_from_the_link_is_unknown_without_a_permit() -> None:
    assert phases_of(linked("2021-03-10"), housed("2021-06-10")).total(LINK_14).state is PhaseState.UNKNOWN
    assert phases_of(linked("2021-03-10")).total(LINK_14).state is PhaseState.UNKNOWN
