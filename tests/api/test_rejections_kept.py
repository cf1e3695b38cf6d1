"""What was refused is kept for its sender: the reasons in the open, what was posted sealed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select, text, update

from service.intake.cloudevents import BATCH, LINES, ONE
from service.log.keys import Keyring
from service.storage.database import reading, writing
from service.storage.service_tables import rejections
from tests.api.service_under_test import Service
from tests.api.tokens import guarded
from tests.posts import ANOTHER_V_NUMBER, COA, IND, NOBODY, V_NUMBER, body, but, linked, permit

OIN_OF_COA, OIN_OF_IND = "00000099000000002000", "00000099000000001000"
WRONG = but(linked("l-1"), data__municipality="GM9999", data__household=ANOTHER_V_NUMBER)


def listed(service: Service, **parameters: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = service.told("/v1/rejections", **parameters)["items"]
    return items


def one(service: Service, number: int) -> dict[str, Any]:
    found: dict[str, Any] = service.told(f"/v1/rejections/{number}")["rejection"]
    return found


def test_a_refused_event_is_listed_with_its_reasons_and_without_its_values(service: Service) -> None:
    answered = service.post(WRONG).json()
    answer = service.get("/v1/rejections")
    (item,) = answer.json()["items"]
    assert item == {
        "id": 1,
        "receivedAt": "2022-07-15T10:00:00.000Z",
        "organisation": OIN_OF_COA,
        "source": COA,
        "eventId": "l-1",
        "type": "nl.ketenspoor.linked.v1",
        "errors": answered["errors"],
    }
    for personal in (V_NUMBER, ANOTHER_V_NUMBER, "GM9999"):
        assert personal not in answer.text


def test_a_refused_event_can_be_read_as_it_was_posted(service: Service) -> None:
    service.post(but(WRONG, traceparent="00-abc-01"))
    found = one(service, 1)
    assert (found["event"], found["text"]) == (but(WRONG, traceparent="00-abc-01"), None)


def test_a_sender_finds_its_own(service: Service) -> None:
    service.post(WRONG)
    service.post(but(permit(), data__ground="x"))
    service.post(but(linked("l-2"), source=NOBODY))
    service.post(but(permit("p-2"), source=IND, time="x"))
    assert [item["eventId"] for item in listed(service, organisation=OIN_OF_COA)] == ["l-1"]
    assert [item["eventId"] for item in listed(service, organisation=OIN_OF_IND)] == ["p-1", "p-2"]
    assert [item["eventId"] for item in listed(service)] == ["l-1", "p-1", "l-2", "p-2"]


def test_what_names_a_refused_event_is_left_out_when_it_is_personal(service: Service) -> None:
    service.post(but(linked(), id=V_NUMBER))
    service.post(but(linked("l-2"), source=f"{COA}:{V_NUMBER}"))
    answer = service.get("/v1/rejections")
    assert [(item["eventId"], item["source"]) for item in answer.json()["items"]] == [(None, COA), ("l-2", None)]
    assert V_NUMBER not in answer.text
    assert one(service, 1)["event"]["id"] == V_NUMBER


def test_a_conflict_is_kept_as_it_was_posted(service: Service) -> None:
    service.post(linked())
    conflicting = but(linked(), data__vNumber=ANOTHER_V_NUMBER, time="2021-04-12T09:30:00.5+02:00", partition="x")
    assert service.post(conflicting).status_code == 409
    (item,) = listed(service)
    assert [error["code"] for error in item["errors"]] == ["conflict"]
    assert one(service, item["id"])["event"] == conflicting


def test_an_unknown_journey_is_kept_with_its_subject(service: Service) -> None:
    unknown = but(linked(), subject="a3e1f6c0-5b7d-8c11-9d2e-4f5a6b7c8d9e")
    del unknown["data"]["vNumber"]
    assert service.post(unknown).status_code == 400
    assert one(service, 1)["event"] == unknown


def test_what_was_refused_in_a_batch_is_kept_event_by_event(service: Service) -> None:
    posted = [linked("l-0"), WRONG, but(linked("l-2"), time="x"), None]
    service.request("POST", "/v1/events", content=body(posted), headers={"Content-Type": BATCH})
    assert [item["eventId"] for item in listed(service)] == ["l-1", "l-2", None]
    assert [one(service, number)["event"] for number in (1, 2, 3)] == posted[1:]


def test_what_was_refused_in_an_atomic_batch_is_kept_although_nothing_was_recorded(service: Service) -> None:
    answer = service.request(
        "POST", "/v1/events?atomic=true", content=body([linked("l-0"), WRONG]), headers={"Content-Type": BATCH}
    )
    assert answer.status_code == 400
    assert [item["eventId"] for item in listed(service)] == ["l-1"]


def test_a_malformed_line_is_kept_as_text(service: Service) -> None:
    service.request("POST", "/v1/events", content=b'{"id": "half\n', headers={"Content-Type": LINES})
    (item,) = listed(service)
    assert (item["organisation"], item["source"], item["eventId"], item["type"]) == (None, None, None, None)
    assert [error["code"] for error in item["errors"]] == ["not-json"]
    found = one(service, 1)
    assert (found["event"], found["text"]) == (None, '{"id": "half')


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"GM0153"', '"GM0153", "municipality": "GM0164"'),
        ('"GM0153"', "NaN"),
        ('"GM0153"', "1e400"),
        ('"GM0153"', "7" * 500),
        ('"GM0153"', "9007199254740993"),
        ('"GM0153"', '"\\ud800"'),
        ('"GM0153"', '"\\u0000"'),
    ],
)
def test_what_two_readers_could_understand_differently_is_shown_as_it_was_written(
    embedded: Service, old: str, new: str
) -> None:
    sent = json.dumps(linked()).replace(old, new)
    embedded.request("POST", "/v1/events", content=sent, headers={"Content-Type": LINES})
    answer = embedded.get("/v1/rejections/1")
    assert answer.status_code == 200
    found = answer.json()["rejection"]
    assert found["text"] == sent or (found["event"] is not None and new in answer.text)


def test_a_large_event_is_kept_with_what_was_wrong(service: Service) -> None:
    large = but(linked("l-2"), comment="x" * 256 * 1024)
    service.request("POST", "/v1/events", content=body([large]), headers={"Content-Type": BATCH})
    (item,) = listed(service)
    assert [error["code"] for error in item["errors"]] == ["too-large"]
    assert one(service, item["id"])["event"] == large


def test_repeats_and_recorded_events_are_no_rejections(service: Service) -> None:
    service.post(linked())
    service.post(linked())
    assert listed(service) == []


def test_the_same_refusal_twice_is_kept_twice(service: Service) -> None:
    service.post(WRONG)
    service.clock.forward(hours=1)
    service.post(WRONG)
    assert [item["receivedAt"] for item in listed(service)] == ["2022-07-15T10:00:00.000Z", "2022-07-15T11:00:00.000Z"]


def test_many_rejections_come_in_pages(service: Service) -> None:
    posted = [but(WRONG, id=f"l-{n}") for n in range(7)]
    service.request("POST", "/v1/events", content=body(posted), headers={"Content-Type": BATCH})
    found, url = [], "/v1/rejections?limit=3"
    while url:
        answer = service.get(url)
        assert answer.status_code == 200
        found.append([item["eventId"] for item in answer.json()["items"]])
        url = answer.links.get("next", {}).get("url", "")
    assert found == [["l-0", "l-1", "l-2"], ["l-3", "l-4", "l-5"], ["l-6"]]


@pytest.mark.parametrize("number", ["2", "0", "-1", "x", str(2**70)])
def test_a_rejection_that_is_not_there_is_a_clear_problem(embedded: Service, number: str) -> None:
    embedded.post(WRONG)
    answer = embedded.get(f"/v1/rejections/{number}")
    assert answer.status_code in (400, 404)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_what_is_kept_can_not_be_read_without_the_key(service: Service) -> None:
    service.post(WRONG)
    with reading(service.context.engine) as connection:
        (row,) = connection.execute(select(rejections)).all()
        assert connection.execute(text("SELECT count(*) FROM events")).scalar_one() == 0
    plain = "".join(str(value) for value in (row.oin, row.source, row.source_id, row.topic, row.faults))
    for personal in (V_NUMBER, ANOTHER_V_NUMBER, "GM9999"):
        assert personal.encode() not in bytes(row.sealed)
        assert personal not in plain


def test_an_event_that_cannot_be_read_is_kept_as_it_came(service: Service) -> None:
    for content_type, unreadable in ((ONE, b'{"id": "l-1", '), (BATCH, b'{"id": "l-1"}'), (ONE, b"\xff")):
        refused = service.request("POST", "/v1/events", content=unreadable, headers={"Content-Type": content_type})
        assert refused.status_code == 400
    kept = listed(service)
    assert [error["code"] for item in kept for error in item["errors"]] == ["not-json", "not-an-array", "not-utf-8"]
    assert [one(service, item["id"])["text"] for item in kept] == ['{"id": "l-1", ', None, "\N{REPLACEMENT CHARACTER}"]
    assert one(service, kept[1]["id"])["event"] == {"id": "l-1"}


def test_the_list_says_by_when_and_a_later_page_shows_nothing_newer(service: Service) -> None:
    for number in range(3):
        service.post(but(WRONG, id=f"l-{number}"))
    first = service.get("/v1/rejections", limit=2)
    assert first.json()["knownAt"] == "2022-07-15T10:00:00.000Z"
    service.clock.forward(minutes=1)
    service.post(but(WRONG, id="l-3"))
    second = service.get(first.links["next"]["url"])
    assert [item["eventId"] for item in second.json()["items"]] == ["l-2"]
    assert second.json()["knownAt"] == "2022-07-15T10:00:00.000Z"
    assert [item["eventId"] for item in listed(service)] == ["l-0", "l-1", "l-2", "l-3"]


def test_what_a_refused_event_held_is_shown_to_who_posted_it_alone(sqlite_url: str) -> None:
    with guarded(sqlite_url) as service:
        assert service.post_as(WRONG).status_code == 400
        own = service.request("GET", "/v1/rejections/1", headers=service.of_role("coa"))
        assert own.json()["rejection"]["event"] == WRONG
        assert service.request("GET", "/v1/rejections/1", headers=service.of_role("ind")).status_code == 404
        assert service.request("GET", "/v1/rejections/1").status_code == 401
        found = service.request("GET", "/v1/rejections/1", headers=service.of_role("auditor")).json()["rejection"]
        assert {error["code"] for error in found["errors"]} == {"unknown-municipality", "personal-number"}
        assert (found["event"], found["text"]) == (None, None)


def test_a_refusal_belongs_to_who_posted_it_and_not_to_whom_its_source_names(sqlite_url: str) -> None:
    with guarded(sqlite_url) as service:
        assert service.post_as(WRONG, OIN_OF_IND).status_code == 400
        assert service.request("GET", "/v1/rejections/1", headers=service.of_role("coa")).status_code == 404
        found = service.request("GET", "/v1/rejections/1", headers=service.of_role("ind")).json()["rejection"]
        assert found["organisation"] == OIN_OF_IND


def test_a_process_without_the_key_that_others_have_by_now_asks_to_come_back(embedded: Service) -> None:
    assert embedded.post(but(linked(), data__municipality="GM9999")).status_code == 400
    with writing(embedded.context.primary) as connection:
        connection.execute(update(rejections).values(sealed=Keyring(b"the next".ljust(32)).seal_rejected(b"{}")))
    answer = embedded.request("GET", "/v1/rejections/1")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert embedded.request("GET", "/v1/rejections").status_code == 200
