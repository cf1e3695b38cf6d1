"""One event a request: recorded, repeated or in conflict, and what its sender is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, text

from service.intake.cloudevents import ONE
from service.storage.database import reading
from service.storage.service_tables import events
from tests.api.service_under_test import Service, serving
from tests.posts import (
    ABSENT,
    ANOTHER_V_NUMBER,
    CBS,
    COA,
    HENGELO,
    MINISTRY,
    V_NUMBER,
    Event,
    body,
    but,
    event,
    linked,
    permit,
)


def stored(service: Service) -> int:
    with reading(service.context.engine) as connection:
        return connection.execute(text("SELECT count(*) FROM events")).scalar_one()


def post(service: Service, posted: Event) -> httpx.Response:
    return service.request("POST", "/v1/events", content=body(posted), headers={"Content-Type": ONE})


def test_a_recorded_event_is_answered_with_where_it_stands(service: Service) -> None:
    answer = post(service, linked())
    assert answer.status_code == 201
    told = answer.json()
    journey = UUID(told["journey"])
    assert told == {
        "id": "l-1",
        "position": 1,
        "journey": str(journey),
        "version": 1,
        "recordedAt": "2022-07-15T10:00:00.000Z",
        "status": "recorded",
    }
    assert journey.version == 8
    assert answer.headers["Location"] == "/v1/events/1"
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Ketenspoor-Mode"] == "development"


def test_a_repeat_is_answered_with_the_first_body_and_200(service: Service) -> None:
    first = post(service, linked())
    post(service, permit())
    service.clock.forward(days=3)
    again = post(service, linked())
    assert again.status_code == 200
    assert again.content == first.content
    assert (again.headers["Location"], again.headers["ETag"]) == (first.headers["Location"], first.headers["ETag"])
    assert stored(service) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "partition": 5},
        {"time": "2021-04-12T07:30:00Z"},
        {"time": "2021-04-12T07:30:00.000000+00:00"},
        {"time": "2021-04-11T20:00:00-11:30"},
        {"datacontenttype": ABSENT},
        {"datacontenttype": "application/json; charset=utf-8"},
        {"dataschema": "https://example.org/linked"},
    ],
)
def test_what_plays_no_part_in_the_content_makes_no_conflict(service: Service, change: dict[str, Any]) -> None:
    first = post(service, linked())
    again = post(service, but(linked(), **change))
    assert (again.status_code, again.content) == (200, first.content)


def test_keys_in_another_order_and_other_white_space_make_a_repeat(service: Service) -> None:
    first = post(service, linked(household="H-88"))
    turned = linked(household="H-88")
    turned = dict(reversed((turned | {"data": dict(reversed(turned["data"].items()))}).items()))
    spaced = body(turned).replace(b", ", b" ,\r\n\t").replace(b"-", b"\\u002d")
    again = service.request("POST", "/v1/events", content=spaced, headers={"Content-Type": ONE})
    assert (again.status_code, again.content) == (200, first.content)


def test_a_repeat_may_name_the_permit_holder_the_other_way(service: Service) -> None:
    first = post(service, linked())
    again = post(service, but(linked(), data__vNumber=ABSENT, subject=first.json()["journey"]))
    assert (again.status_code, again.content) == (200, first.content)


@pytest.mark.parametrize(
    "change",
    [
        {"data__municipality": "GM0164"},
        {"data__vNumber": ANOTHER_V_NUMBER},
        {"data__effectiveOn": "2021-04-13"},
        {"data__household": "H-88"},
        {"data__corrects": "l-0"},
        {"time": "2021-04-12T09:30:00Z"},
        {"type": "nl.ketenspoor.died.v1", "data__municipality": ABSENT},
    ],
)
def test_other_content_under_the_same_id_is_a_conflict(service: Service, change: dict[str, Any]) -> None:
    post(service, linked())
    answer = post(service, but(linked(), **change))
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/id", "conflict")]
    assert stored(service) == 1


def test_the_same_id_from_another_source_is_another_event(service: Service) -> None:
    first, second = post(service, linked()), post(service, linked() | {"source": f"{COA}-2"})
    assert [answer.status_code for answer in (first, second)] == [201, 201]
    assert (second.json()["position"], second.json()["version"]) == (2, 2)
    assert second.json()["journey"] == first.json()["journey"]


def test_every_party_reaches_the_same_journey(service: Service) -> None:
    first, second = post(service, linked()), post(service, permit())
    assert (
        first.json()["journey"]
        == second.json()["journey"]
        != post(service, linked("l-2", ANOTHER_V_NUMBER)).json()["journey"]
    )


def test_an_event_about_nobody_has_no_journey(service: Service) -> None:
    quota = post(service, event("quota-published", MINISTRY, "q-1", period="2021-I", persons=13_500))
    counted = post(
        service, event("inhabitants-counted", CBS, "i-1", municipality="GM0153", on="2021-01-01", persons=159_640)
    )
    assert [answer.status_code for answer in (quota, counted)] == [201, 201]
    assert [answer.json()["journey"] for answer in (quota, counted)] == [None, None]
    assert [answer.json()["version"] for answer in (quota, counted)] == [1, 1]


def test_recorded_at_rises_by_a_millisecond_when_the_clock_stands_still(service: Service) -> None:
    told = [post(service, linked(f"l-{n}")).json()["recordedAt"] for n in range(3)]
    assert told == ["2022-07-15T10:00:00.000Z", "2022-07-15T10:00:00.001Z", "2022-07-15T10:00:00.002Z"]


def test_recorded_at_is_cut_to_milliseconds_and_never_falls(service: Service) -> None:
    service.clock.now += timedelta(microseconds=987_654)
    first = post(service, linked("l-1")).json()["recordedAt"]
    service.clock.now -= timedelta(days=2)
    second = post(service, linked("l-2")).json()["recordedAt"]
    assert (first, second) == ("2022-07-15T10:00:00.987Z", "2022-07-15T10:00:00.988Z")


def test_the_four_hundred_days_are_counted_in_amsterdam(service: Service) -> None:
    service.clock.now = service.clock.now.replace(month=1, day=10, hour=23, minute=30)
    assert post(service, linked("l-1", effectiveOn="2023-02-15")).status_code == 201
    assert post(service, linked("l-2", effectiveOn="2023-02-16")).status_code == 400
    service.clock.forward(hours=-1)
    assert post(service, linked("l-3", effectiveOn="2023-02-15")).status_code == 400
    assert post(service, linked("l-4", effectiveOn="2023-02-14")).status_code == 201


def test_an_event_may_come_before_what_it_presupposes(service: Service) -> None:
    housed = event("housed", COA, "h-1", vNumber=V_NUMBER, municipality="GM0153", accommodation="regular")
    correction = linked("l-2", corrects="l-1")
    withdrawal = event("event-withdrawn", COA, "w-1", vNumber=V_NUMBER, withdraws="l-3", reason="verwisseld")
    assert [post(service, one).status_code for one in (housed, correction, withdrawal)] == [201, 201, 201]


@pytest.mark.parametrize("day", ["0001-01-01", "0999-12-31", "1582-10-10", "2023-08-19"])
def test_an_event_of_long_ago_or_far_ahead_spoils_no_figure(service: Service, day: str) -> None:
    for posted in (
        permit(effectiveOn=day),
        linked(effectiveOn=day),
        event("housed", COA, "h-1", effectiveOn=day, vNumber=V_NUMBER, municipality="GM0153", accommodation="hotel"),
        event("returned-to-reception", COA, "r-1", effectiveOn=day, vNumber=V_NUMBER),
        event("quota-published", MINISTRY, "q-1", effectiveOn=day, period="2021-I", persons=13_500),
        event("inhabitants-counted", CBS, "i-1", effectiveOn=day, municipality="GM0153", on=day, persons=159_640),
    ):
        assert post(service, posted).status_code == 201
    for url in (
        "/v1/realisation?period=2021-I&groupBy=municipality",
        "/v1/backlog?from=2021-01-01&to=2021-12-31&step=month",
        "/v1/norm-phases?from=2021-01-01&to=2021-12-31&groupBy=country",
        "/v1/journeys?municipality=GM0153",
    ):
        answer = service.get(url)
        assert answer.status_code == 200, answer.text


def test_a_merger_with_a_new_code_lets_events_name_it(service: Service) -> None:
    named = linked("l-1", municipality="GM9001")
    assert post(service, named).status_code == 400
    merger = event(
        "municipality-merged",
        CBS,
        "m-1",
        effectiveOn="2023-01-01",
        on="2023-01-01",
        municipality="GM0164",
        into="GM9001",
        name="Twentestad",
        province="PV23",
    )
    assert post(service, merger).status_code == 201
    assert post(service, named).status_code == 201


def test_an_event_of_exactly_the_largest_size_is_taken(service: Service) -> None:
    posted = body(linked())
    padded = posted[:-1] + b" " * (256 * 1024 - len(posted)) + b"}"
    assert len(padded) == 256 * 1024
    assert service.request("POST", "/v1/events", content=padded, headers={"Content-Type": ONE}).status_code == 201


@pytest.mark.parametrize(
    "content_type",
    [
        "application/cloudevents+json",
        "Application/CloudEvents+JSON",
        "application/cloudevents+json; charset=utf-8",
        'application/cloudevents+json;charset="UTF-8"',
        "application/cloudevents+json; charset=utf-8; profile=x",
    ],
)
def test_the_content_type_is_read_as_http_writes_it(embedded: Service, content_type: str) -> None:
    answer = embedded.request("POST", "/v1/events", content=body(linked()), headers={"Content-Type": content_type})
    assert answer.status_code == 201


def test_an_integer_of_2_to_the_53rd_is_not_beyond_it(embedded: Service) -> None:
    answer = post(embedded, but(linked(), sequence=2**53))

    # Read as it is, and only then more than an attribute may be.
    assert [error["code"] for error in answer.json()["errors"]] == ["out-of-range"]


def test_texts_come_through_as_they_were_sent(service: Service) -> None:
    posted = linked('tvs é \N{HOUSE BUILDING} %41 \\ "x" \' ; --', household="H \N{EURO SIGN} \u2028")
    answer = post(service, posted)
    assert (answer.status_code, answer.json()["id"]) == (201, posted["id"])
    with reading(service.context.engine) as connection:
        assert connection.execute(select(events.c.source_id)).scalar_one() == posted["id"]
    assert post(service, posted).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_events_are_posted_and_never_changed(refusing: Service, method: str) -> None:
    answer = refusing.request(method, "/v1/events", content=body(linked()), headers={"Content-Type": ONE})
    assert answer.status_code == 405
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "POST" in answer.headers["Allow"]


def test_when_the_database_is_away_nothing_is_acknowledged_and_the_sender_may_come_back(service: Service) -> None:
    with service.context.engine.begin() as connection:
        connection.execute(text("ALTER TABLE journey_keys RENAME TO put_aside"))
    answer = post(service, linked())
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"]
    with service.context.engine.begin() as connection:
        connection.execute(text("ALTER TABLE put_aside RENAME TO journey_keys"))
    assert post(service, linked()).status_code == 201


def test_a_merger_that_another_process_recorded_is_known_where_it_decides(sqlite_url: str) -> None:
    spoken_for = event("intake-held", HENGELO, "h-1", vNumber=V_NUMBER, municipality="GM0153")
    merger = event("municipality-merged", CBS, "m-1", municipality="GM0153", into="GM0164", on="2021-04-12")
    with serving(sqlite_url) as one, serving(sqlite_url) as other:
        assert one.post(spoken_for).status_code == 403
        assert other.post(merger).status_code == 201
        assert one.post(spoken_for).status_code == 201
