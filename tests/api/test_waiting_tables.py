"""Where the days over the norm went and who is waiting, over HTTP: why a cell is so, and why it changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.found import A, B, journey
from tests.api.reports import Event, granted, home_ready, housed, linked, said
from tests.api.service_under_test import Service

ITEMS = ("bsn", "identity-document", "iban")


def late() -> list[Event]:
    """Permit on 1 January, so that the norm ends on 9 April; complete on 1 March, the document on 20 April, linked on
    1 May, a home on 11 May, housed on 1 June."""
    return [
        granted(A, "2021-01-01"),
        *(said("dossier-item-completed", "2021-03-01", A, item=item, id=item) for item in ITEMS),
        said("residence-document-issued", "2021-04-20", A),
        linked(A, "2021-05-01"),
        home_ready(A, "2021-05-11"),
        housed(A, "2021-06-01"),
        granted(B, "2021-03-20"),
    ]


@pytest.fixture(scope="module")
def told(shared_service: Service) -> Service:
    shared_service.post_all(late())
    return shared_service


WINDOW = {"from": "2021-01-01", "to": "2021-12-31", "validOn": "2021-06-30"}


def explained(service: Service, column: str) -> dict[str, Any]:
    return service.told("/v1/figures/lateness/_explanation", **WINDOW, code="GM0344", column=column)


def test_the_causes_sum_to_the_days(told: Service) -> None:
    (row,) = told.told("/v1/figures/lateness", **WINDOW, groupBy="municipality")["items"]

    assert row == {
        "code": "GM0344",
        "name": "Utrecht",
        "persons": 1,
        "days": 53,
        "family": 0,
        "refusal": 0,
        "dossier": 0,
        "document": 10,
        "unlinked": 11,
        "home": 10,
        "leaving": 22,
    }


def test_what_began_and_what_ended_the_days_of_a_cause_is_behind_them(told: Service) -> None:
    found = explained(told, "document")

    assert found["cell"]["value"] == found["cell"]["sum"] == 10
    (part,) = found["parts"]
    assert (part["journey"], part["adds"]) == (journey(told, A), 10)
    assert (part["startedOn"], part["endedOn"], part["days"]) == ("2021-04-10", "2021-04-19", 10)
    assert [event["id"] for event in part["events"]] == [*ITEMS, "residence-document-issued 0001 2021-04-20"]


def test_behind_the_days_in_all_are_the_permit_and_the_housing(told: Service) -> None:
    (part,) = explained(told, "days")["parts"]

    assert (part["adds"], part["startedOn"], part["endedOn"]) == (53, "2021-01-01", "2021-06-01")
    assert [event["type"].split(".")[2] for event in part["events"]] == ["permit-granted", "housed"]


def test_a_document_that_was_there_sooner_moves_days_from_one_cause_to_another(service: Service) -> None:
    service.post_all(late())
    sooner = said("residence-document-issued", "2021-04-15", A, at="2021-09-01T09:00:00Z")
    service.post_all([{**sooner, "data": {**sooner["data"], "corrects": "residence-document-issued 0001 2021-04-20"}}])

    for column, before, after in (("document", 10, 5), ("unlinked", 11, 16), ("days", 53, 53)):
        asked = {**WINDOW, "code": "NL", "column": column, "fromPosition": "9"}
        found = service.told("/v1/figures/lateness/_changes", **asked)
        assert (found["then"], found["now"], found["difference"]) == (before, after, after - before)
        assert sum(part["adds"] for part in found["parts"]) == after - before


def test_who_is_waiting_and_whose_turn_it_is(told: Service) -> None:
    items = told.told("/v1/figures/waiting", validOn="2021-06-30", norm="permit-14")["items"]

    days = {"persons": 1, "overNorm": 1, "mean": 102, "median": 102, "p90": 102}
    assert items == [
        {"code": "NL", "name": "Nederland", "phase": "linking", **days, "turn": "coa"},
        {"code": "NL", "name": "Nederland", "phase": "total", **days, "turn": "chain"},
    ]
    asked = {"validOn": "2021-06-30", "code": "NL", "phase": "linking", "column": "overNorm"}
    (part,) = told.told("/v1/figures/waiting/_explanation", **asked)["parts"]
    assert (part["journey"], part["days"], part["withinNorm"]) == (journey(told, B), 102, False)
    (turn,) = told.told("/v1/figures/waiting/_explanation", **{**asked, "column": "turn"})["parts"]
    assert [event["type"].split(".")[2] for event in turn["events"]] == ["permit-granted"]
