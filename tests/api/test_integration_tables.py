"""Tables of integration over HTTP: why a cell is so, what a law does not know, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.every_operation import told_as_problem
from tests.api.reports import AMSTERDAM, Event, housed, said
from tests.api.service_under_test import Service
from tests.api.test_declared_tables import body, faults

PERSON, OLD = "9999000101", "9999000102"
CELL = f"validOn=2022-06-30&code={AMSTERDAM}"


def events() -> list[Event]:
    return [
        housed(PERSON, "2022-02-22", AMSTERDAM),
        said("integration-duty-started", "2022-02-20", PERSON, law="wi2021"),
        said("registered-at-address", "2022-02-25", PERSON, municipality=AMSTERDAM),
        said("integration-notice-sent", "2022-03-01", PERSON),
        said("intake-held", "2022-03-20", PERSON, municipality=AMSTERDAM),
        housed(OLD, "2019-02-01", AMSTERDAM),
        said("integration-duty-started", "2019-03-01", OLD, law="wi2013"),
        said("integration-term-set", "2019-03-10", OLD, endsOn="2022-08-01"),
        said("integration-loan-stated", "2022-01-03", OLD, granted=10_000, used=9_000),
    ]


def told(service: Service) -> Service:
    for one in events():
        answer = service.post(one)
        assert answer.status_code == 201, answer.text
    service.follow()
    return service


def because(service: Service, table: str, column: str, **dimensions: str) -> tuple[dict[str, Any], list[str]]:
    """The one part of a cell, and the types of the events behind it."""
    at = "".join(f"&{name}={value}" for name, value in dimensions.items())
    (part,) = body(service, f"/v1/figures/{table}/_explanation?{CELL}&column={column}{at}")["parts"]
    return part, [one["type"].removeprefix("nl.ketenspoor.").removesuffix(".v1") for one in part["events"]]


def test_a_plan_is_overdue_by_what_began_the_weeks_and_says_until_when(embedded: Service) -> None:
    part, behind = because(told(embedded), "integration", "overdue", law="wi2021")
    assert (part["adds"], part["dueOn"], part["municipality"]) == (1, "2022-05-10", AMSTERDAM)
    assert behind == ["housed", "integration-duty-started", "registered-at-address", "integration-notice-sent"]
    part, behind = because(embedded, "integration", "housingToIntake", law="wi2021")
    assert part["value"] == 26
    assert behind == ["housed", "integration-duty-started", "intake-held"]
    part, behind = because(embedded, "elip", "regular")
    assert (part["adds"], part["endsOn"]) == (1, "2022-08-01")
    assert behind == ["housed", "integration-duty-started", "integration-term-set", "integration-loan-stated"]
    part, _ = because(embedded, "integration-terms", "last", law="wi2013")
    assert part["endsOn"] == "2022-08-01"


def test_a_law_that_knows_no_plans_has_none_and_answers_are_as_described(embedded: Service) -> None:
    told(embedded)
    for table in ("integration", "integration-terms", "elip"):
        answered = body(embedded, f"/v1/figures/{table}?validOn=2022-06-30")
        assert faults(f"/v1/figures/{table}", answered) == []
    old, new = body(embedded, "/v1/figures/integration?validOn=2022-06-30")["items"]
    assert (old["law"], old["inView"], old["housedWaitingIntake"]) == ("wi2013", None, 1)
    assert (new["law"], new["inView"], new["housedWaitingIntake"]) == ("wi2021", 1, 0)
    url = f"/v1/figures/integration/_explanation?{CELL}&column=inView&law=wi2013"
    assert body(embedded, url)["parts"] == []


@pytest.mark.parametrize("asked", ["integration?weeks=-1", "integration?weeks=521", "elip?months=121", "elip?left=-1"])
def test_what_is_out_of_bounds_is_refused(refusing: Service, asked: str) -> None:
    told_as_problem(refusing.request("GET", f"/v1/figures/{asked}"), 400)
