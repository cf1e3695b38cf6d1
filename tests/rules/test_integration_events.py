"""The events behind what is said of somebody who has to integrate: named one by one."""

from __future__ import annotations

from datetime import date

import pytest

from domain.facts import (
    FineCancelled,
    FineImposed,
    IntakeHeld,
    IntegrationDutyStarted,
    IntegrationExempted,
    IntegrationFulfilled,
    IntegrationLoanStated,
    IntegrationNoticeSent,
    IntegrationPlanEstablished,
    IntegrationTermExtended,
    IntegrationTermSet,
    Recorded,
    RegisteredAtAddress,
)
from domain.integration_events import integration_events
from domain.places import Places
from tests.rules.histories import AMERSFOORT, UTRECHT, given, housed, linked, returned, said

LIFE = given(
    said("2021-12-20", IntegrationDutyStarted("wi2013"), id="old duty"),
    linked("2021-12-21", AMERSFOORT, id="first link"),
    linked("2021-12-22", UTRECHT, id="link"),
    said("2022-01-10", IntegrationDutyStarted("wi2021"), id="duty"),
    said("2022-01-12", IntegrationNoticeSent(), id="notice"),
    said("2022-01-13", IntegrationNoticeSent(), id="notice again"),
    housed("2022-02-01", UTRECHT, id="housed"),
    said("2022-02-02", RegisteredAtAddress(UTRECHT), id="registered"),
    said("2022-02-12", RegisteredAtAddress(UTRECHT), id="registered again"),
    said("2022-02-14", IntakeHeld(UTRECHT), id="intake"),
    said("2022-02-15", IntakeHeld(UTRECHT), id="intake again"),
    said("2022-03-10", IntegrationPlanEstablished(UTRECHT, "b1"), id="plan"),
    said("2022-04-10", IntegrationPlanEstablished(UTRECHT, "education"), id="plan anew"),
    said("2022-03-11", IntegrationTermSet(date(2025, 3, 11)), id="term"),
    said("2022-05-01", IntegrationTermExtended(date(2025, 9, 11), "no-blame"), id="extended"),
    said("2022-05-02", IntegrationTermExtended(date(2026, 3, 11), "other"), id="extended again"),
    said("2022-06-01", IntegrationLoanStated(10_000, 0), id="loan"),
    said("2022-06-02", IntegrationLoanStated(10_000, 10), id="loan anew"),
    said("2022-06-03", IntegrationExempted("full"), id="exempted"),
    said("2022-06-04", IntegrationExempted("part"), id="exempted in part"),
    said("2022-06-05", FineImposed(340, "route"), id="fine"),
    said("2022-06-06", FineCancelled("fine"), id="fine cancelled"),
    said("2022-06-07", IntegrationFulfilled("diploma"), id="done"),
    said("2022-06-08", IntegrationFulfilled("diploma"), id="done again"),
)


def names(found: list[Recorded] | tuple[Recorded, ...]) -> list[str]:
    return [event.id for event in found]


def told_by(*aspects: str, until: str = "done again") -> list[str]:
    end = names(LIFE).index(until) + 1
    return names(list(integration_events(LIFE[:end], Places.shipped(), aspects)))


def test_the_newest_duty_tells_of_integration_and_the_housing_or_else_the_newest_link_where() -> None:
    assert told_by() == ["duty", "housed"]
    assert told_by(until="notice") == ["duty", "link"]
    back = given(*LIFE, returned("2022-07-01", id="back"))
    assert names(list(integration_events(back, Places.shipped(), ()))) == ["duty", "link"]


@pytest.mark.parametrize(
    ("aspect", "also"),
    [
        ("completion", ["done", "exempted in part"]),
        ("clock", ["notice", "registered"]),
        ("intake", ["intake"]),
        ("plan", ["plan"]),
        ("route", ["plan anew"]),
        ("routes", ["plan", "plan anew"]),
        # The other ends before.
        ("extension", ["extended again"]),
        ("term", ["extended again"]),
        ("loan", ["loan anew"]),
        ("fines", ["fine", "fine cancelled"]),
    ],
)
def test_each_aspect_has_its_own(aspect: str, also: list[str]) -> None:
    assert told_by(aspect) == ["duty", "housed", *also]


def test_an_extension_that_outlasts_a_newer_one_is_named_with_it() -> None:
    shorter = given(*LIFE, said("2022-07-01", IntegrationTermExtended(date(2025, 12, 1), "other"), id="shorter"))
    assert names(list(integration_events(shorter, Places.shipped(), ["extension"])))[2:] == [
        "extended again",
        "shorter",
    ]


def test_an_event_of_two_aspects_is_named_once() -> None:
    assert told_by("route", "routes") == ["duty", "housed", "plan anew", "plan"]
