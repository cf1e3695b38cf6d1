"""`If-Match`: an event is recorded only if its stream is as its sender knew it, judged where it is recorded."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from service.intake.cloudevents import BATCH, LINES, ONE
from service.log.submission import is_met, tags_in
from service.storage.database import reading
from service.storage.service_tables import events, rejections
from tests.api.service_under_test import Service
from tests.posts import ANOTHER_V_NUMBER, COA, MINISTRY, Event, body, but, event, lines, linked, permit


def post(service: Service, posted: Event, if_match: str | None = None, **more: str) -> httpx.Response:
    headers = {"Content-Type": ONE, **more} | ({} if if_match is None else {"If-Match": if_match})
    return service.request("POST", "/v1/events", content=body(posted), headers=headers)


def stored(service: Service) -> list[str]:
    with reading(service.context.engine) as connection:
        return list(connection.execute(select(events.c.source_id).order_by(events.c.position)).scalars())


def refused(answer: httpx.Response, etag: str | None) -> bool:
    """Whether this is 412 with the version of now."""
    told = answer.json()
    return (
        (answer.status_code, answer.headers.get("ETag"), told["title"]) == (412, etag, "Precondition failed")
        and [(error["pointer"], error["code"]) for error in told["errors"]] == [("", "another-version")]
        and answer.headers["Content-Type"] == "application/problem+json"
    )


# What a header says


@pytest.mark.parametrize(
    ("value", "version", "met"),
    [
        (b'"3"', 3, True),
        (b'"3"', 4, False),
        (b'"3"', 0, False),
        (b"*", 3, True),
        (b"*", 0, False),
        (b'"*"', 3, False),
        (b'W/"3"', 3, False),
        (b'W/"3", "3"', 3, True),
        (b'"1","2" ,\t"3"', 3, True),
        (b', "2",, "3",', 3, True),
        (b'"1,3", "2"', 3, False),
        (b'"1, 3"', 3, None),
        (b'"3 "', 3, None),
        (b'"03"', 3, False),
        (b'""', 3, False),
        (b'"0"', 0, False),
        (b'"\xe9"', 3, False),
        (b"3", 3, None),
        (b'"3', 3, None),
        (b'"3" "4"', 3, None),
        (b'*, "3"', 3, None),
        (b'w/"3"', 3, None),
        (b"", 3, None),
    ],
)
def test_tags_are_compared_strongly_and_what_is_no_list_of_tags_is_none(
    value: bytes, version: int, met: bool | None
) -> None:
    tags = tags_in(value)
    assert met is None if tags is None else is_met(tags, version) is met


# One event


def test_an_event_is_recorded_if_its_stream_is_as_its_sender_knew_it(service: Service) -> None:
    first = post(service, permit())
    second = post(service, linked("l-1"), first.headers["ETag"])
    late = post(service, linked("l-2"), first.headers["ETag"])

    assert (second.status_code, second.headers["ETag"]) == (201, '"2"')
    assert refused(late, '"2"')
    assert post(service, linked("l-2"), late.headers["ETag"]).status_code == 201
    assert stored(service) == ["p-1", "l-1", "l-2"]


def test_the_version_of_the_newest_event_that_was_read_is_that_of_its_stream(service: Service) -> None:
    journey = post(service, permit()).json()["journey"]
    post(service, linked("l-1"))
    read = service.told(f"/v1/journeys/{journey}/events")["items"]

    assert refused(post(service, linked("l-2"), f'"{read[0]["version"]}"'), '"2"')
    assert post(service, linked("l-2"), f'"{read[-1]["version"]}"').status_code == 201


def test_a_stream_without_events_is_none_that_anybody_knew(service: Service) -> None:
    assert all(refused(post(service, permit(), wanted), None) for wanted in ('"1"', "*", '"0"'))
    assert stored(service) == []
    assert post(service, permit()).status_code == 201
    assert post(service, linked(), "*").status_code == 201


def test_another_stream_plays_no_part(service: Service) -> None:
    quota = event("quota-published", MINISTRY, "q-1", period="2021-I", persons=13_500)
    posted: list[tuple[Event, str | None, int]] = [
        (permit("p-1"), None, 201),
        (permit("p-2", ANOTHER_V_NUMBER), None, 201),
        (linked("l-1"), '"1"', 201),
        (linked("l-2", ANOTHER_V_NUMBER), '"2"', 412),
        (quota, None, 201),
        (but(quota, id="q-2", data__persons=13_501), '"1"', 201),
        (but(quota, id="q-3", data__period="2021-II"), '"1"', 412),
    ]
    assert [post(service, one, wanted).status_code for one, wanted, _ in posted] == [status for *_, status in posted]


def test_who_sends_again_because_the_answer_was_lost_is_told_it_was_in_time(service: Service) -> None:
    post(service, permit())
    first = post(service, linked("l-1"), '"1"')
    post(service, linked("l-2"))
    again = post(service, linked("l-1"), '"1"')

    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.content, again.headers["ETag"]) == (first.content, first.headers["ETag"])


def test_what_is_wrong_with_an_event_is_told_before_its_version_is_looked_at(service: Service) -> None:
    post(service, permit())
    assert post(service, permit(ground="family"), '"9"').status_code == 409
    assert post(service, linked(municipality="GM9999"), '"9"').status_code == 400
    assert post(service, but(permit("p-2"), source=COA), '"9"').status_code == 403


def test_an_event_in_binary_mode_is_held_to_it_too(service: Service) -> None:
    post(service, permit())
    attributes = {f"ce-{name}": value for name, value in linked().items() if name not in ("data", "datacontenttype")}
    headers = {**attributes, "Content-Type": "application/json"}
    sent = [
        service.request("POST", "/v1/events", content=body(linked()["data"]), headers={**headers, "If-Match": wanted})
        for wanted in ('"2"', ' "1" ')
    ]
    assert refused(sent[0], '"1"') and sent[1].status_code == 201


def test_several_headers_are_one_list(service: Service) -> None:
    post(service, permit())
    headers = [("Content-Type", ONE), ("If-Match", '"7"'), ("If-Match", '"1"')]
    assert service.request("POST", "/v1/events", content=body(linked()), headers=headers).status_code == 201


def test_what_came_too_late_is_kept_among_the_rejections_of_its_sender(service: Service) -> None:
    post(service, permit())
    post(service, linked(), '"9"')
    with reading(service.context.engine) as connection:
        (row,) = connection.execute(select(rejections)).all()
    assert (row.source_id, "another-version" in row.faults) == ("l-1", True)
    assert service.context.keys.open_rejected(bytes(row.sealed)) == body(linked())


# Many at once


def test_of_many_at_once_that_knew_the_same_version_one_is_recorded(service: Service) -> None:
    post(service, permit())

    async def all_at_once() -> list[httpx.Response]:
        headers = {"Content-Type": ONE, "If-Match": '"1"'}
        sent = [service.client.post("/v1/events", content=body(linked(f"l-{n}")), headers=headers) for n in range(20)]
        # Among them others that ask for nothing, of another stream.
        free = [
            service.client.post("/v1/events", json=permit(f"p-{n}", f"28765410{n}"), headers={"Content-Type": ONE})
            for n in range(10, 20)
        ]
        return await asyncio.gather(*sent, *free)

    answers = service.run(all_at_once())
    assert Counter(answer.status_code for answer in answers) == {201: 11, 412: 19}
    assert {answer.headers["ETag"] for answer in answers if answer.status_code == 412} == {'"2"'}
    with reading(service.context.engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM events WHERE topic = 'linked.v1'")).scalar_one() == 1


# What it is not for


@pytest.mark.parametrize("wanted", ["3", '"3', '*, "3"', "", "latest"])
def test_what_is_no_etag_is_told(service: Service, wanted: str) -> None:
    answer = post(service, permit(), wanted)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["parameter"], error["code"]) == (400, "If-Match", "not-an-etag")
    assert stored(service) == []


@pytest.mark.parametrize(("form", "content"), [(BATCH, body([permit()])), (LINES, lines([permit()]))])
def test_many_events_have_no_one_version(service: Service, form: str, content: bytes) -> None:
    headers: dict[str, Any] = {"Content-Type": form, "If-Match": "*"}
    answer = service.request("POST", "/v1/events", content=content, headers=headers)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["parameter"], error["code"]) == (400, "If-Match", "not-of-many")
    assert stored(service) == []
