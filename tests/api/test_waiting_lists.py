"""Who is waiting, over HTTP, page by page."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.api.found import A, B, C, D, E, journey
from tests.api.reports import (
    AMSTERDAM,
    ENSCHEDE,
    UTRECHT,
    WEESP,
    granted,
    home_ready,
    linked,
    worked_case,
)
from tests.api.service_under_test import Service

# Who is waiting


def wait(service: Service) -> Service:
    """A waits for a link, B and C for a home (C since long), D has a home and has not left; E is housed."""
    service.post_all(
        [
            granted(A, "2021-06-20"),
            granted(B, "2021-05-01"),
            linked(B, "2021-06-01", ENSCHEDE),
            granted(C, "2021-03-01"),
            linked(C, "2021-03-10"),
            granted(D, "2021-03-01"),
            linked(D, "2021-03-10"),
            home_ready(D, "2021-06-25"),
            *worked_case(E),
        ]
    )
    return service


@pytest.fixture(scope="module")
def waiting(shared_service: Service) -> Service:
    return wait(shared_service)


@pytest.fixture
def own_waiting(service: Service) -> Service:
    """The same for a test that posts more."""
    return wait(service)


def told_of(service: Service, **asked: str) -> dict[str, dict[str, object]]:
    names = {journey(service, v_number): letter for letter, v_number in zip("ABCDE", (A, B, C, D, E), strict=True)}
    items = service.told("/v1/journeys", validOn="2021-06-30", **asked)["items"]
    return {names[item.pop("journey")]: item for item in items}


def test_every_open_journey_tells_whose_turn_it_is_and_how_long_it_took(waiting):
    assert told_of(waiting) == {
        "A": {
            "municipality": None,
            "phase": "linking",
            "turn": "coa",
            "since": "2021-06-20",
            "days": 10,
            "dueOn": "2021-07-04",
            "daysOver": 0,
            "matter": "phase",
            "cause": "dossier",
        },
        "B": {
            "municipality": ENSCHEDE,
            "phase": "housing",
            "turn": "municipality",
            "since": "2021-06-01",
            "days": 29,
            "dueOn": "2021-08-10",
            "daysOver": 0,
            "matter": "phase",
            "cause": "dossier",
        },
        "C": {
            "municipality": UTRECHT,
            "phase": "housing",
            "turn": "municipality",
            "since": "2021-03-10",
            "days": 112,
            "dueOn": "2021-05-19",
            "daysOver": 42,
            "matter": "phase",
            "cause": "dossier",
        },
        "D": {
            "municipality": UTRECHT,
            "phase": "departure",
            "turn": "coa-and-permit-holder",
            "since": "2021-06-25",
            "days": 5,
            "dueOn": "2021-07-09",
            "daysOver": 0,
            "matter": "phase",
            "cause": "dossier",
        },
    }


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"municipality": UTRECHT}, "CD"),
        ({"phase": "housing"}, "BC"),
        ({"overdue": "true"}, "C"),
        ({"phase": "total"}, "ABCD"),
        ({"phase": "total", "overdue": "true"}, "CD"),
        ({"phase": "total", "overdue": "true", "norm": "link-14"}, "CD"),
        ({"phase": "total", "norm": "link-14"}, "BCD"),
        ({"municipality": ENSCHEDE, "overdue": "true"}, ""),
    ],
)
def test_the_list_can_be_narrowed(waiting, asked, found):
    assert set(told_of(waiting, **asked)) == set(found)


def test_a_merged_municipality_is_asked_by_either_code(service):
    service.post_all([granted(A, "2021-12-01"), linked(A, "2021-12-10", WEESP)])
    before = {"validOn": "2022-03-23"}

    assert [item["municipality"] for item in service.told("/v1/journeys", municipality=WEESP)["items"]] == [AMSTERDAM]
    assert [item["municipality"] for item in service.told("/v1/journeys", municipality=AMSTERDAM)["items"]] == [
        AMSTERDAM
    ]
    assert service.told("/v1/journeys", municipality=AMSTERDAM, **before)["items"] == []


# Pages


def pages(service: Service, address: str) -> list[dict[str, Any]]:
    """The bodies of all pages, each from the link of the one before."""
    found = []
    answer = service.get(address)
    while True:
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        if "next" not in answer.links:
            return found
        answer = service.get(answer.links["next"]["url"])


def test_pages_together_are_the_whole_list_and_keep_its_times(waiting):
    whole = waiting.told("/v1/journeys?validOn=2021-06-30")
    parts = pages(waiting, "/v1/journeys?validOn=2021-06-30&limit=3")

    assert [len(part["items"]) for part in parts] == [3, 1]
    assert [item for part in parts for item in part["items"]] == whole["items"]
    assert {(part["validOn"], part["knownAt"], part["position"]) for part in parts} == {
        ("2021-06-30", whole["knownAt"], whole["position"])
    }


def test_what_is_recorded_between_two_pages_changes_neither(own_waiting):
    first = own_waiting.get("/v1/journeys?limit=2")
    own_waiting.clock.forward(days=3)
    own_waiting.post_all([home_ready(B, "2021-06-20", ENSCHEDE), granted("9999000077", "2021-01-01")])
    second = own_waiting.get(first.links["next"]["url"]).json()

    assert (second["validOn"], second["position"]) == ("2022-07-15", 12)
    assert [item["phase"] for item in first.json()["items"] + second["items"]].count("housing") == 2
    assert len(first.json()["items"] + second["items"]) == 4


def _forged(cursor: str) -> str:
    signed = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    signed[-2] ^= 1
    return base64.urlsafe_b64encode(bytes(signed)).decode().rstrip("=")


def test_a_cursor_that_was_changed_or_belongs_to_another_list_is_refused(waiting):
    answer = waiting.get("/v1/journeys?limit=1&phase=housing")
    cursor = httpx.URL(answer.links["next"]["url"]).params["cursor"]
    refused = [
        f"/v1/journeys?limit=1&phase=housing&cursor={_forged(cursor)}",
        f"/v1/journeys?limit=1&phase=housing&cursor={cursor[:-3]}",
        f"/v1/journeys?limit=1&phase=linking&cursor={cursor}",
        f"/v1/journeys?limit=1&cursor={cursor}",
        f"/v1/events?cursor={cursor}",
        "/v1/journeys?cursor=",
        "/v1/journeys?cursor=%C3%A9",
        "/v1/journeys?cursor=AAAA",
    ]

    assert waiting.get(f"/v1/journeys?limit=5&phase=housing&cursor={cursor}").status_code == 200
    for url in refused:
        told = waiting.get(url)
        assert (told.status_code, told.json()["errors"][0]["parameter"]) == (400, "cursor"), url
