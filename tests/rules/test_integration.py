"""When the plan is due, which extension runs, and whether the route was changed: worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from domain.facts import (
    IntakeHeld,
    IntegrationDutyStarted,
    IntegrationExempted,
    IntegrationFulfilled,
    IntegrationNoticeSent,
    IntegrationPlanEstablished,
    IntegrationTermExtended,
    Recorded,
    RegisteredAtAddress,
)
from domain.facts.integration import Law
from domain.integration import Extension
from domain.journey import Journey, fold
from domain.places import Places
from tests.rules.histories import UTRECHT, given, housed, returned, said

NOTICE = said("2022-03-01", IntegrationNoticeSent())


def duty(on: str, law: Law = "wi2021") -> Recorded:
    return said(on, IntegrationDutyStarted(law))


def registered(on: str) -> Recorded:
    return said(on, RegisteredAtAddress(UTRECHT))


def journey_of(*events: Recorded) -> Journey:
    return fold(sorted(given(*events), key=lambda event: event.effective_on), Places.shipped())


def due_of(*events: Recorded) -> date | None:
    journey = journey_of(*events)
    return journey.integration.plan_due_on(journey.registered_on, journey.housing and journey.housing.on)


def test_of_a_notice_on_1_march_the_last_day_is_10_may() -> None:
    assert due_of(duty("2022-02-01"), registered("2022-02-15"), NOTICE) == date(2022, 5, 10)


def test_a_registration_after_the_notice_begins_the_weeks() -> None:
    assert due_of(duty("2022-02-01"), NOTICE, registered("2022-03-21")) == date(2022, 5, 30)


def test_the_first_notice_and_the_first_registration_count() -> None:
    later = (said("2022-06-01", IntegrationNoticeSent()), registered("2022-07-01"))
    assert due_of(duty("2022-02-01"), NOTICE, registered("2022-03-21"), *later) == date(2022, 5, 30)


def test_without_a_notice_the_newest_duty_counts_and_with_one_no_duty() -> None:
    twice = (duty("2022-02-01"), duty("2022-04-01"), registered("2022-01-05"))
    assert due_of(*twice) == date(2022, 6, 10)
    assert due_of(*twice, NOTICE) == date(2022, 5, 10)


def test_without_a_registration_the_housing_counts_and_with_one_no_housing() -> None:
    somewhere = (duty("2022-02-01"), NOTICE, housed("2022-04-01"))
    assert due_of(*somewhere) == date(2022, 6, 10)
    assert due_of(*somewhere, registered("2022-04-21")) == date(2022, 6, 30)


def test_who_is_neither_registered_nor_housed_has_no_last_day_yet() -> None:
    assert due_of(duty("2022-02-01"), NOTICE) is None
    assert due_of(duty("2022-02-01"), NOTICE, housed("2022-04-01"), returned("2022-04-20")) is None


def test_the_law_of_2013_knows_no_plan() -> None:
    assert due_of(duty("2021-12-31", "wi2013"), NOTICE, registered("2022-02-15")) is None
    assert due_of(duty("2022-01-01"), registered("2022-02-15"), NOTICE) == date(2022, 5, 10)


def test_at_the_end_of_the_calendar_the_last_day_is_its_last() -> None:
    assert due_of(said("9999-12-01", IntegrationDutyStarted("wi2021")), registered("2022-02-15")) == date.max


def test_of_extensions_that_still_run_the_newest_decides() -> None:
    told = journey_of(
        said("2024-01-10", IntegrationTermExtended(date(2026, 1, 10), "after-fine")),
        said("2024-03-10", IntegrationTermExtended(date(2025, 6, 1), "no-blame")),
    ).integration
    assert told.extension_on(date(2024, 4, 1)) == Extension(date(2025, 6, 1), "no-blame")
    assert told.extension_on(date(2025, 5, 31)) == Extension(date(2025, 6, 1), "no-blame")
    # The newer one has run out, and the older one still runs.
    assert told.extension_on(date(2025, 6, 1)) == Extension(date(2026, 1, 10), "after-fine")
    assert told.extension_on(date(2026, 1, 10)) is None


def test_the_first_intake_is_kept() -> None:
    told = journey_of(said("2022-03-01", IntakeHeld(UTRECHT)), said("2022-05-01", IntakeHeld(UTRECHT))).integration
    assert (told.first_intake_on, told.intake_on) == (date(2022, 3, 1), date(2022, 5, 1))


def test_a_route_was_changed_also_where_it_was_changed_back() -> None:
    first, same, other = (
        said("2022-03-10", IntegrationPlanEstablished(UTRECHT, "b1")),
        said("2022-05-10", IntegrationPlanEstablished(UTRECHT, "b1")),
        said("2022-04-10", IntegrationPlanEstablished(UTRECHT, "education")),
    )
    assert not journey_of(first, same).integration.changed_route
    assert journey_of(first, other, same).integration.changed_route
    assert journey_of(first, other, same).integration.route == "b1"


@pytest.mark.parametrize(
    ("events", "closed"),
    [
        ([duty("2022-01-10")], False),
        ([duty("2022-01-10"), said("2022-02-10", IntegrationExempted("part"))], False),
        ([duty("2022-01-10"), said("2022-02-10", IntegrationExempted("full"))], True),
        ([said("2022-02-10", IntegrationExempted("full")), said("2022-03-10", IntegrationExempted("part"))], False),
        ([duty("2022-01-10"), said("2024-02-10", IntegrationFulfilled("diploma"))], True),
    ],
)
def test_nothing_is_left_to_do_once_the_duty_was_met_or_the_newest_exemption_is_full(
    events: list[Recorded], closed: bool
) -> None:
    integration = journey_of(*events).integration
    assert (integration.fulfilled_on is not None or integration.exempted == "full") is closed
