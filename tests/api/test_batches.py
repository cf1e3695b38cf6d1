"""Many events in one request: each its own result, or all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from service.intake.cloudevents import BATCH
from service.storage.database import reading
from service.storage.service_tables import events
from tests.api.service_under_test import Service
from tests.posts import ABSENT, ANOTHER_V_NUMBER, IND, MINISTRY, V_NUMBER, Event, body, but, event, linked

WRONG = but(linked("l-9"), time="gisteren")


def post(service: Service, posted: Any, query: str = "") -> httpx.Response:
    return service.request("POST", f"/v1/events{query}", content=body(posted), headers={"Content-Type": BATCH})


def told(service: Service, posted: Sequence[Any], query: str = "") -> dict[str, Any]:
    answer = post(service, posted, query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def ids(service: Service) -> list[str]:
    with reading(service.context.engine) as connection:
        return list(connection.execute(select(events.c.source_id).order_by(events.c.position)).scalars())


def kept(service: Service) -> int:
    with reading(service.context.engine) as connection:
        return connection.execute(text("SELECT count(*) FROM rejections")).scalar_one()


def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def test_every_event_of_a_batch_has_its_own_result(service: Service) -> None:
    journey = told(service, [linked("l-0")])["results"][0]["journey"]
    quota = event("quota-published", MINISTRY, "q-1", period="2021-I", persons=13_500)
    found = told(service, [linked("l-1"), WRONG, linked("l-0"), but(linked("l-0"), data__household="H-1"), quota])
    assert (found["recorded"], found["repeated"], found["rejected"], found["lastPosition"]) == (2, 1, 2, 3)
    assert found["results"][0] == {"index": 0, "id": "l-1", "status": "recorded", "position": 2, "journey": journey}
    assert found["results"][2] == {"index": 2, "id": "l-0", "status": "repeated", "position": 1, "journey": journey}
    assert found["results"][4] == {"index": 4, "id": "q-1", "status": "recorded", "position": 3}
    refused, conflicting = found["results"][1], found["results"][3]
    assert (refused["index"], refused["id"], refused["status"]) == (1, "l-9", "rejected")
    assert (refused["problem"]["status"], refused["problem"]["errors"][0]["pointer"]) == (400, "/time")
    assert (conflicting["index"], conflicting["id"], conflicting["status"]) == (3, "l-0", "rejected")
    assert (conflicting["problem"]["status"], conflicting["problem"]["errors"][0]["code"]) == (409, "conflict")
    assert found.keys() == {"recorded", "repeated", "rejected", "lastPosition", "results"}


def test_the_same_event_twice_in_a_batch_is_recorded_and_then_repeated(service: Service) -> None:
    found = told(service, [linked("l-1"), linked("l-2"), linked("l-1"), but(linked("l-1"), data__household="H-1")])
    assert [(one["status"], one.get("position")) for one in found["results"]] == [
        ("recorded", 1),
        ("recorded", 2),
        ("repeated", 1),
        ("rejected", None),
    ]
    assert found["results"][3]["problem"]["status"] == 409
    assert ids(service) == ["l-1", "l-2"]


def test_a_batch_that_is_sent_again_is_all_repeats_at_the_same_positions(service: Service) -> None:
    posted = [linked(f"l-{n}", f"28765409{n:02}") for n in range(60)]
    first = told(service, posted)
    service.clock.forward(days=1)
    again = told(service, posted)
    assert (first["recorded"], again["repeated"], again["lastPosition"]) == (60, 60, 60)
    assert [one | {"status": "recorded"} for one in again["results"]] == first["results"]


def test_the_events_of_a_batch_share_the_instant_they_were_recorded(service: Service) -> None:
    told(service, [linked(f"l-{n}") for n in range(3)])
    told(service, [linked("l-3"), linked("l-4")])
    with reading(service.context.engine) as connection:
        instants = list(connection.execute(select(events.c.recorded_at).order_by(events.c.position)).scalars())
    assert instants[0] == instants[1] == instants[2] < instants[3] == instants[4]


def test_an_empty_batch_is_told_that_nothing_happened(service: Service) -> None:
    nothing: dict[str, Any] = {"recorded": 0, "repeated": 0, "rejected": 0, "lastPosition": None, "results": []}
    assert told(service, []) == nothing
    assert told(service, [], "?atomic=true") == nothing


@pytest.mark.parametrize("posted", [linked(), {}, None, 5, "x", True])
def test_a_batch_is_a_list(service: Service, posted: Any) -> None:
    answer = post(service, posted)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert ids(service) == []


def test_what_is_no_event_in_a_batch_is_refused_and_the_others_are_recorded(service: Service) -> None:
    found = told(service, [None, linked("l-1"), [], "x", 5, [linked("l-2")], {}])
    assert (found["recorded"], found["rejected"]) == (1, 6)
    assert [one["id"] for one in found["results"]] == [None, "l-1", None, None, None, None, None]
    assert kept(service) == 6


def test_a_batch_of_five_thousand_is_taken(service: Service) -> None:
    found = told(service, [linked(f"l-{n}", f"{2876000000 + n % 700}") for n in range(5_000)])
    assert (found["recorded"], found["lastPosition"], len(found["results"])) == (5_000, 5_000, 5_000)


@pytest.mark.parametrize("count", [5_001, 6_000])
def test_a_batch_of_more_is_too_large(service: Service, count: int) -> None:
    answer = post(service, [linked(f"l-{n}") for n in range(count)])
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert ids(service) == []


def test_a_large_event_in_a_batch_is_refused_alone_and_kept(service: Service) -> None:
    large = but(linked("l-2"), comment="x" * 256 * 1024)
    found = told(service, [linked("l-1"), large, linked("l-3")])
    assert [one["status"] for one in found["results"]] == ["recorded", "rejected", "recorded"]
    assert found["results"][1]["problem"]["status"] == 413
    assert (ids(service), kept(service)) == (["l-1", "l-3"], 1)


def test_an_event_that_just_fits_is_taken_from_a_large_batch(service: Service) -> None:
    def of(size: int) -> Event:
        return but(linked(f"l-{size}"), comment="x" * (size - len(body(but(linked(f"l-{size}"), comment="")))))

    fits, too_large = of(256 * 1024), of(256 * 1024 + 1)
    assert len(body(fits)) == 256 * 1024
    found = told(service, [fits, too_large])
    assert [one["status"] for one in found["results"]] == ["recorded", "rejected"]


# --- atomic


def test_an_atomic_batch_is_recorded_whole(service: Service) -> None:
    found = told(service, [linked("l-1"), linked("l-2")], "?atomic=true")
    assert (found["recorded"], found["lastPosition"]) == (2, 2)
    assert ids(service) == ["l-1", "l-2"]


def test_in_an_atomic_batch_a_repeat_is_success(service: Service) -> None:
    told(service, [linked("l-1")])
    found = told(service, [linked("l-1"), linked("l-2"), linked("l-2")], "?atomic=true")
    assert [(one["status"], one["position"]) for one in found["results"]] == [
        ("repeated", 1),
        ("recorded", 2),
        ("repeated", 2),
    ]


def test_one_fault_and_nothing_of_an_atomic_batch_is_recorded(service: Service) -> None:
    worse = but(linked("l-8"), source=IND, data__vNumber="287654091X")
    answer = post(service, [linked("l-1"), WRONG, linked("l-2"), worse], "?atomic=true")
    assert answer.status_code == 400
    assert sorted(faults(answer)) == [
        ("/1/time", "not-an-instant"),
        ("/3/data/vNumber", "not-a-v-number"),
        ("/3/source", "no-authority"),
    ]
    assert (ids(service), kept(service)) == ([], 2)
    assert V_NUMBER not in answer.text and "287654091X" not in answer.text


def test_one_conflict_and_nothing_of_an_atomic_batch_is_recorded(service: Service) -> None:
    told(service, [linked("l-1")])
    answer = post(service, [linked("l-2"), but(linked("l-1"), data__household="H-1")], "?atomic=true")
    assert answer.status_code == 409
    assert faults(answer) == [("/1/id", "conflict")]
    assert ids(service) == ["l-1"]


def test_an_atomic_batch_that_contradicts_itself_is_not_recorded(service: Service) -> None:
    answer = post(service, [linked("l-1"), but(linked("l-1"), data__household="H-1")], "?atomic=true")
    assert answer.status_code == 409
    assert ids(service) == []


def test_an_atomic_batch_with_a_fault_and_a_conflict_tells_both(service: Service) -> None:
    told(service, [linked("l-1")])
    answer = post(service, [but(linked("l-1"), data__household="H-1"), WRONG], "?atomic=true")
    assert answer.status_code == 400
    assert faults(answer) == [("/0/id", "conflict"), ("/1/time", "not-an-instant")]


def test_an_atomic_batch_about_a_journey_that_was_never_issued_is_not_recorded(service: Service) -> None:
    unknown = but(linked("l-2"), data__vNumber=ABSENT, subject=str(service.context.keys.journey(ANOTHER_V_NUMBER)))
    answer = post(service, [linked("l-1"), unknown], "?atomic=true")
    assert answer.status_code == 400
    assert faults(answer) == [("/1/subject", "unknown-journey")]
    assert ids(service) == []


def test_an_atomic_batch_that_was_refused_can_be_sent_again_mended(service: Service) -> None:
    assert post(service, [linked("l-1"), WRONG], "?atomic=true").status_code == 400
    found = told(service, [linked("l-1"), linked("l-9")], "?atomic=true")
    assert (found["recorded"], ids(service)) == (2, ["l-1", "l-9"])


def test_atomic_may_be_said_not_to_be(service: Service) -> None:
    assert told(service, [linked("l-1"), WRONG], "?atomic=false")["recorded"] == 1


def test_requests_at_once_are_each_told_their_own(service: Service) -> None:
    async def at_once() -> list[httpx.Response]:
        import asyncio

        async def one(posted: Any, query: str) -> httpx.Response:
            return await service.client.post(
                f"/v1/events{query}", content=body(posted), headers={"Content-Type": BATCH}
            )

        asked = []
        for n in range(20):
            asked.append(one([linked(f"a-{n}"), linked(f"b-{n}")], "?atomic=true"))
            asked.append(one([linked(f"c-{n}"), but(linked(f"d-{n}"), time="x")], "?atomic=true"))
            asked.append(one([linked(f"a-{n}"), linked(f"c-{n}")], ""))
        return await asyncio.gather(*asked)

    answers = service.run(at_once())
    assert [answer.status_code for answer in answers] == [200, 400, 200] * 20
    for n in range(20):
        whole, _, parts = answers[3 * n : 3 * n + 3]
        assert [one["id"] for one in whole.json()["results"]] == [f"a-{n}", f"b-{n}"]
        assert [one["id"] for one in parts.json()["results"]] == [f"a-{n}", f"c-{n}"]
        positions = [one["position"] for one in whole.json()["results"] + parts.json()["results"]]
        assert positions[0] == positions[2]
    assert sorted(ids(service)) == sorted(f"{letter}-{n}" for letter in "abc" for n in range(20))


# --- faults without end


def endless(id_: str) -> Event:
    """A small event in which almost everything is wrong."""
    return event("quota-transferred", MINISTRY, id_, period="2021-II", transfers=[1] * 500)


def test_of_an_event_full_of_faults_the_first_hundred_are_told_and_that_there_are_more(service: Service) -> None:
    headers = {"Content-Type": "application/cloudevents+json"}
    answer = service.request("POST", "/v1/events", content=body(endless("q-1")), headers=headers)

    codes = [error["code"] for error in answer.json()["errors"]]
    assert answer.status_code == 400
    assert (len(codes), codes[0], codes[-1]) == (101, "wrong-type", "more-faults")


def test_an_answer_to_many_such_events_is_bounded_and_tells_a_fault_of_each(service: Service) -> None:
    results = told(service, [endless(f"q-{n}") for n in range(150)])["results"]

    counts = [len(result["problem"]["errors"]) for result in results]
    assert counts[:99] == [101] * 99 and min(counts) == 1 and sum(counts) == 10_000 + 50
    assert len(post(service, [endless(f"r-{n}") for n in range(150)], "?atomic=true").json()["errors"]) == 10_000
