"""Persons who had two V-numbers, and facts that are in doubt, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from service.log.keys import DEVELOPMENT_KEY, Keyring
from service.storage.database import reading
from tests.api.found import A, B, find, journey
from tests.api.reports import (
    AMERSFOORT,
    ENSCHEDE,
    UTRECHT,
    Event,
    granted,
    home_ready,
    housed,
    linked,
    said,
    source,
    withdrawn,
)
from tests.api.service_under_test import Service, serving
from tests.api.their_list import listed
from tests.api.their_list import told as reconciled
from tests.api.tokens import guarded, oin

KEYS = Keyring(DEVELOPMENT_KEY)
OLDER, NEWER = str(KEYS.journey(A)), str(KEYS.journey(B))


def replaced(older: str = A, newer: str = B, on: str = "2021-09-01", **more: Any) -> Event:
    return said("v-number-replaced", on, newer, replaces=older, **more)


def a_life() -> list[Event]:
    """Under the older number until the link, under the newer one from the home on."""
    return [granted(A, "2021-07-01"), linked(A, "2021-07-10"), home_ready(B, "2021-08-01"), housed(B, "2021-08-10")]


def total_days(service: Service, of: str, **asked: Any) -> Any:
    return service.told(f"/v1/journeys/{of}", **asked)["phases"]["total"]["days"]


@pytest.fixture
def service(sqlite_url: str) -> Iterator[Service]:
    """On one engine: what the tables tell is compared on both elsewhere."""
    with serving(sqlite_url) as running:
        yield running


@pytest.fixture
def one(service: Service) -> Service:
    """A person whose two numbers are known to be of one."""
    service.post_all(a_life())
    service.post_all([replaced()])
    return service


def test_either_journey_is_told_as_the_newer_one(one: Service) -> None:
    for of in (OLDER, NEWER):
        told = one.told(f"/v1/journeys/{of}")
        assert (told["journey"], told["alsoKnownAs"]) == (NEWER, [OLDER])
        assert (told["permit"]["on"], told["housing"]["on"], told["phases"]["total"]["days"]) == (
            "2021-07-01",
            "2021-08-10",
            40,
        )
        assert told["findings"] == []


def test_events_of_both_are_listed_in_order_of_position_and_keep_their_own_subject(one: Service) -> None:
    for of in (OLDER, NEWER):
        items = one.told(f"/v1/journeys/{of}/events")["items"]
        assert [item["position"] for item in items] == [1, 2, 3, 4, 5]
        assert [item["subject"] for item in items] == [OLDER, OLDER, NEWER, NEWER, NEWER]


def test_the_history_tells_both_and_that_the_number_was_replaced(one: Service) -> None:
    told = one.told(f"/v1/journeys/{OLDER}/timeline")
    assert (told["journey"], [item["position"] for item in told["items"]]) == (NEWER, [1, 2, 3, 4, 5])
    assert told["items"][-1]["sentence"]["en"].startswith(
        "On 1 September 2021 it was established that the permit holder had another V-number before; reported by"
    )


def test_either_number_finds_the_newer_journey_also_where_nothing_was_said_under_the_older_one(one: Service) -> None:
    assert (journey(one, A), journey(one, B)) == (NEWER, NEWER)
    one.post_all([replaced("9999000009", id="never heard of")])
    assert journey(one, "9999000009") == NEWER
    assert one.told(f"/v1/journeys/{KEYS.journey('9999000009')}")["journey"] == NEWER


def test_before_it_was_known_they_were_two_and_after_it_was_taken_back_they_are_again(one: Service) -> None:
    assert one.told(f"/v1/journeys/{OLDER}", atPosition=4)["alsoKnownAs"] == []
    assert total_days(one, NEWER, atPosition=4) is None
    one.post_all([withdrawn(B, replaced(), "2021-10-01T09:00:00Z")])
    assert one.told(f"/v1/journeys/{OLDER}")["journey"] == OLDER
    assert total_days(one, NEWER) is None
    assert total_days(one, OLDER, atPosition=5) == 40


def test_a_person_counts_once_and_the_change_names_what_made_them_one(service: Service) -> None:
    service.post_all([housed(A, "2021-07-20"), housed(B, "2021-08-10", AMERSFOORT)])
    service.post_all([replaced()])
    asked = {"period": "2021-II", "validOn": "2021-12-31"}
    items = service.told("/v1/realisation", **asked, groupBy="municipality")["items"]
    counts = {item["code"]: item["realised"] for item in items if item["realised"]}
    assert counts == {UTRECHT: 1}
    url = "/v1/figures/realisation/_changes"
    changes = service.told(url, **asked, code=AMERSFOORT, column="realised", fromPosition=2)
    (part,) = changes["parts"]
    assert (part["adds"], changes["difference"]) == (-1, -1)
    assert "nl.ketenspoor.v-number-replaced.v1" in [event["type"] for event in part["events"]]


def test_as_the_senders_had_recorded_it_they_were_two_until_it_was_sent(one: Service) -> None:
    def waits(at: str) -> set[str]:
        asked = {"knownBy": "sender", "knownAt": at, "validOn": "2021-08-05", "overdue": "false"}
        return {item["journey"] for item in one.told("/v1/journeys", **asked)["items"]}

    one.clock.forward(hours=1)
    assert waits("2021-08-31T00:00:00Z") == {OLDER}
    assert waits("2021-09-02T00:00:00Z") == {NEWER}
    assert one.told(f"/v1/journeys/{OLDER}", knownBy="sender", knownAt="2021-08-31T00:00:00Z")["journey"] == OLDER


def test_a_correction_under_the_newer_number_of_what_was_said_under_the_older_one_is_told(one: Service) -> None:
    first = linked(A, "2021-07-10")
    one.post_all([linked(B, "2021-07-12", id="right", corrects=first["id"], at="2021-10-01T09:00:00Z")])
    event = one.told("/v1/events/2")["event"]
    assert (event["inForce"], event["correctedBy"]) == (False, {"source": first["source"], "id": "right"})
    assert one.told(f"/v1/journeys/{NEWER}")["link"]["on"] == "2021-07-12"


def test_a_list_that_names_the_older_number_means_the_person(one: Service) -> None:
    body = reconciled(one, listed((A, "2021-08-10")))
    assert [(item["category"], item["effect"], item["ours"]["journey"]) for item in body["items"]] == [
        ("same", 0, NEWER)
    ]


def test_a_void_claim_is_a_finding_and_makes_nobody_one(service: Service) -> None:
    service.post_all([granted(A, "2021-07-01"), replaced(), replaced(B, A, id="back", at="2021-09-02T09:00:00Z")])
    for of in (OLDER, NEWER):
        told = service.told(f"/v1/journeys/{of}")
        assert told["journey"] == of
        assert "v-numbers-in-a-ring" in {finding["code"] for finding in told["findings"]}


def test_neither_number_is_in_the_log_or_in_an_answer(one: Service) -> None:
    answers = [one.get(f"/v1/journeys/{OLDER}{part}").text for part in ("", "/events", "/timeline")]
    with reading(one.context.engine) as connection:
        stored = [str(row) for row in connection.execute(text("SELECT data FROM events"))]
    assert [number for number in (A, B) if number in "".join([*answers, *stored])] == []
    assert one.told("/v1/events/5")["event"]["data"]["replaces"] == OLDER


@pytest.mark.parametrize("event", [replaced(B, B), replaced(by="coa"), replaced("12")])
def test_what_replaces_nothing_is_refused(service: Service, event: Event) -> None:
    answer = service.post(event)
    assert answer.status_code in (400, 403)
    assert [error["code"] for error in answer.json()["errors"]] in (["disagrees"], ["no-authority"], ["not-a-v-number"])


def test_a_municipality_reads_all_of_whom_it_houses_though_only_the_older_number_says_so(sqlite_url: str) -> None:
    with guarded(sqlite_url) as locked:
        told = [linked(A, "2021-07-10", ENSCHEDE), granted(B, "2021-07-01"), granted("9999000009", "2021-07-01")]
        for event in [*told, replaced()]:
            assert locked.post_as(event).status_code == 201
        newer, other = (locked.context.keys.journey(number) for number in (B, "9999000009"))
        mine = locked.of_organisation(oin(source("municipality", ENSCHEDE)))
        for of, status in ((newer, 200), (locked.context.keys.journey(A), 200), (other, 404)):
            assert locked.request("GET", f"/v1/journeys/{of}", headers=mine).status_code == status
        items = locked.request("GET", "/v1/events", headers=mine).json()["items"]
        assert [item["position"] for item in items] == [1, 2, 4]


# Doubt


def test_a_doubt_stands_as_a_finding_until_who_said_it_answers(service: Service) -> None:
    town = source("municipality")
    doubt = said(
        "fact-doubted",
        "2021-07-20",
        A,
        id="d",
        by="municipality",
        doubts=linked(A, "2021-07-10")["id"],
        doubtsSource=source("coa"),
        reason="Nobody in town knows of it",
    )
    # It may come before what it is about.
    service.post_all([doubt, granted(A, "2021-07-01")])
    of = journey(service, A)
    assert service.told(f"/v1/journeys/{of}")["findings"] == [
        {"code": "doubts-unknown-event", "source": town, "id": "d", "on": "2021-07-20"}
    ]
    service.post_all([linked(A, "2021-07-10")])
    assert service.told(f"/v1/journeys/{of}")["findings"] == [
        {"code": "fact-doubted", "source": town, "id": "d", "on": "2021-07-10"}
    ]
    answer = said("doubt-answered", "2021-08-01", A, by="coa", doubt="d", doubtSource=town, upheld=False)
    service.post_all([answer])
    assert service.told(f"/v1/journeys/{of}")["findings"] == []
    with reading(service.context.engine) as connection:
        assert "Nobody" not in str(connection.execute(text("SELECT data FROM events")).all())
    assert find(service, A).status_code == 200
