"""The feed as Server-Sent Events: all that is recorded, once and in order, however often the connection breaks."""

from __future__ import annotations

import asyncio
import functools
import json
import socket
import threading
from pathlib import Path

import httpx
import pytest

from service.intake.cloudevents import BATCH
from service.queries.feed import Feed, Limits
from tests.api.listening import STREAM, Listener, blocks, heard, some, told
from tests.api.reports import AMERSFOORT, UTRECHT, granted, housed, linked, worked_case
from tests.api.service_under_test import Service
from tests.processes import Served, environment, served

A, B = "9999000001", "9999000002"


def hears(service: Service, address: str, count: int, last_event_id: str = "") -> Listener:
    """Who listened until so many events had come."""

    async def listen() -> Listener:
        listener = Listener(service.app, address, last_event_id=last_event_id)
        await listener.until(lambda it: len(told(it.text)) >= count or it.ended)
        await listener.leave()
        return listener

    return service.run(listen())


def has(count: int, listener: Listener) -> bool:
    return len(told(listener.text)) == count


def positions(text: str) -> list[int]:
    return [int(block.id or 0) for block in told(text)]


# What is told


def test_an_event_is_told_as_it_stands_in_the_list_with_its_position_and_type(service):
    service.post_all(worked_case(A))
    listener = hears(service, "/v1/events", 4)
    listed = service.request("GET", "/v1/events").json()["items"]

    assert (listener.status, listener.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert [json.loads(block.data or "") for block in told(listener.text)] == listed
    assert [(block.id, block.event) for block in told(listener.text)] == [
        ("1", "nl.ketenspoor.permit-granted.v1"),
        ("2", "nl.ketenspoor.linked.v1"),
        ("3", "nl.ketenspoor.home-ready.v1"),
        ("4", "nl.ketenspoor.housed.v1"),
    ]


def test_a_stream_says_once_how_soon_to_come_back(embedded):
    embedded.post_all(worked_case(A))
    listener = hears(embedded, "/v1/events", 4)

    assert [block.retry for block in heard(listener.text) if block.retry] == ["2000"]


def test_a_stream_has_the_headers_of_every_answer(embedded):
    embedded.post_all([granted(A, "2021-03-01")])
    stream = hears(embedded, "/v1/events", 1).headers
    listed = embedded.request("GET", "/v1/events").headers

    assert {name for name in listed if name != "content-length"} == {*stream} - {"x-accel-buffering"}
    assert {stream[name] for name in ("cache-control", "vary", "x-accel-buffering")} == {"no-store", "Accept", "no"}


def test_a_stream_begins_behind_a_position_and_the_last_event_id_goes_before_it(service):
    service.post_all(worked_case(A))

    assert positions(hears(service, "/v1/events?after=2", 2).text) == [3, 4]
    assert positions(hears(service, "/v1/events?after=1", 1, last_event_id="3").text) == [4]


def test_a_stream_tells_what_is_recorded_while_it_is_heard(service):
    async def listen() -> str:
        listener = Listener(service.app, "/v1/events")
        for n in range(1, 4):
            event = linked(A, "2021-03-10", id=f"l-{n}")
            answer = await service.client.post(
                "/v1/events", content=json.dumps([event]), headers={"Content-Type": BATCH}
            )
            assert answer.status_code == 200
            await listener.until(functools.partial(has, n))
        await listener.leave()
        return listener.text

    assert positions(service.run(listen())) == [1, 2, 3]


def test_a_stream_is_of_the_same_selection_as_a_list(service):
    service.post_all([*worked_case(A), granted(B, "2021-03-01"), linked(B, "2021-03-10", AMERSFOORT)])
    service.post_all([housed(B, "2021-07-01", AMERSFOORT)])

    selected = f"/v1/events?municipality={AMERSFOORT}&period=2021-II"
    assert positions(hears(service, selected, 1).text) == [7]
    types = "/v1/events?type=nl.ketenspoor.housed.v1,nl.ketenspoor.linked.v1"
    assert positions(hears(service, types, 4).text) == [2, 4, 6, 7]


def test_silence_is_broken_by_a_sign_with_the_position_that_was_come_to(service):
    service.app.state.feed = Feed(service.context.engine, service.clock, Limits(silence=0.05))
    service.post_all(worked_case(A))

    async def listen() -> str:
        listener = Listener(service.app, f"/v1/events?municipality={AMERSFOORT}")
        await listener.until(lambda it: "id: 4" in it.text)
        await listener.leave()
        return listener.text

    signs = [block for block in heard(service.run(listen())) if block.retry is None]
    assert (signs[-1].id, signs[-1].comment, signs[-1].data) == ("4", "still here", None)


# How it is asked for


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("text/event-stream", "text/event-stream; charset=utf-8"),
        ("text/html, TEXT/Event-Stream;q=0.5", "text/event-stream; charset=utf-8"),
        ("application/json;q=0.5, text/event-stream", "text/event-stream; charset=utf-8"),
        ("application/json, text/event-stream;q=0.5", "application/json"),
        ("text/event-stream;q=0", "application/problem+json"),
        ("text/event-stream;q=none", "application/problem+json"),
        ("*/*", "application/json"),
        ("text/*", "text/csv; charset=utf-8; header=present"),
        ("text/csv", "text/csv; charset=utf-8; header=present"),
        ("image/png", "application/problem+json"),
    ],
)
def test_a_stream_is_told_only_to_who_asks_for_one(refusing, accept, media):
    async def listen() -> str:
        listener = Listener(refusing.app, "/v1/events", accept=accept)
        await listener.until(lambda it: it.text)
        await listener.leave()
        return listener.headers["content-type"]

    assert refusing.run(listen()) == media


def test_what_is_of_a_list_is_refused_with_all_else_that_is_wrong(refusing):
    address = "/v1/events?validOn=2021-01-01&knownAt=2021-01-01T00:00:00Z&limit=5&period=2021&municipality=GM9999"
    answer = refusing.request("GET", address, headers={**STREAM, "Last-Event-ID": "1"})

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert [(error["parameter"], error["code"]) for error in answer.json()["errors"]] == [
        ("validOn", "not-of-a-stream"),
        ("knownAt", "not-of-a-stream"),
        ("limit", "not-of-a-stream"),
        ("Last-Event-ID", "out-of-range"),
        ("period", "not-a-period"),
        ("municipality", "unknown-municipality"),
    ]


@pytest.mark.parametrize("last", ["2", "-1", "x", "1.0", "99999999999999999999"])
def test_a_last_event_id_that_this_log_never_gave_is_refused(embedded, last):
    embedded.post_all([granted(A, "2021-03-01")])
    answer = embedded.request("GET", "/v1/events", headers={**STREAM, "Last-Event-ID": last})

    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "Last-Event-ID")


def test_an_after_that_the_log_has_not_come_to_is_refused(refusing):
    answer = refusing.request("GET", "/v1/events?after=1", headers=STREAM)

    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "after")


def test_a_head_request_gets_the_headers_and_ends(refusing):
    answer = refusing.request("HEAD", "/v1/events", headers=STREAM)

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"


# How many, and until when


def test_more_streams_than_connections_all_hear_what_is_recorded(service):
    async def listen() -> set[tuple[int, ...]]:
        listeners = [Listener(service.app, "/v1/events") for _ in range(40)]
        for listener in listeners:
            await listener.until(lambda it: it.text)
        posted = [granted(A, "2021-03-01"), linked(A, "2021-03-10")]
        await service.client.post("/v1/events", content=json.dumps(posted), headers={"Content-Type": BATCH})
        for listener in listeners:
            await listener.until(lambda it: len(told(it.text)) == 2)
            await listener.leave()
        return {tuple(positions(listener.text)) for listener in listeners}

    assert service.run(listen()) == {(1, 2)}


def test_one_stream_too_many_is_told_to_come_back(service):
    service.app.state.feed = Feed(service.context.engine, service.clock, Limits(streams=1))

    async def listen() -> list[tuple[int, str | None]]:
        first = Listener(service.app, "/v1/events")
        await first.until(lambda it: it.text)
        second = Listener(service.app, "/v1/events")
        await second.until(lambda it: it.ended)
        await first.leave()
        third = Listener(service.app, "/v1/events")
        await third.until(lambda it: it.text)
        await third.leave()
        await second.leave()
        return [(each.status, each.headers.get("retry-after")) for each in (first, second, third)]

    assert service.run(listen()) == [(200, None), (503, "5"), (200, None)]


def test_a_feed_that_stops_ends_its_streams(service):
    async def listen() -> bool:
        listener = Listener(service.app, "/v1/events")
        await listener.until(lambda it: it.text)
        service.app.state.feed.stop()
        await listener.until(lambda it: it.ended)
        await listener.leave()
        return listener.ended

    assert service.run(listen())


# From a server


def post(service: Served, number: int, count: int = 10) -> None:
    batch = [linked(f"{number:07d}{n:03d}", "2021-03-10", id=f"{number}-{n}") for n in range(count)]
    answer = httpx.post(
        f"{service.address}/v1/events", content=json.dumps(batch), headers={"Content-Type": BATCH}, timeout=30.0
    )
    assert answer.json()["recorded"] == count


def post_by_turns(services: tuple[Served, Served]) -> None:
    for number in range(40):
        post(services[number % 2], number)


@pytest.mark.timeout(180)
def test_who_reconnects_misses_and_repeats_nothing_while_two_processes_record(postgresql_url, tmp_path):
    env = environment(postgresql_url, log_level="warning", follower="none")
    with served(env, tmp_path / "one.log") as one, served(env, tmp_path / "other.log") as other:
        posting = threading.Thread(target=post_by_turns, args=((one, other),))
        posting.start()
        found: list[int] = []
        last = None
        drops = 0
        while len(found) < 400:
            drops += 1
            count = min((7, 1, 31, 12)[drops % 4], 400 - len(found))
            heard_now = some(f"{one.address}/v1/events", last, count)
            found += [int(block.id or 0) for block in heard_now]
            last = heard_now[-1].id
        posting.join()

    assert found == list(range(1, 401))
    assert drops > 20


@pytest.mark.timeout(120)
def test_a_server_that_is_told_to_stop_ends_its_streams_at_once(database_url: str, tmp_path: Path) -> None:
    env = environment(database_url, log_level="warning", follower="none")
    with served(env, tmp_path / "service.log") as service:
        address = f"{service.address}/v1/events?municipality={UTRECHT}"
        with httpx.stream("GET", address, headers=STREAM, timeout=60.0) as answer:
            lines = answer.iter_lines()
            next(blocks(lines))
            service.process.terminate()
            rest = list(lines)
        # Half of what the server would give answers that are under way.
        assert service.process.wait(15) == 0
        assert rest == []
        assert '"level":"error"' not in service.log.read_text()


@pytest.mark.timeout(120)
def test_a_server_that_is_told_to_stop_does_not_wait_for_who_takes_nothing(sqlite_url: str, tmp_path: Path) -> None:
    env = environment(sqlite_url, log_level="warning", follower="none")
    with served(env, tmp_path / "service.log") as service, socket.socket() as deaf:
        for number in range(12):
            post(service, number, 1_000)
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        url = httpx.URL(service.address)
        deaf.connect((url.host, url.port))
        deaf.sendall(b"GET /v1/events HTTP/1.1\r\nHost: ketenspoor.test\r\nAccept: text/event-stream\r\n\r\n")
        # Another who does listen has heard it all: by then nothing more fits on the way to the first.
        some(f"{service.address}/v1/events", None, 12_000)
        service.process.terminate()
        assert service.process.wait(15) == 0


def test_who_takes_nothing_loses_the_place(service):
    service.app.state.feed = Feed(service.context.engine, service.clock, Limits(streams=1, patience=0.05))
    service.post_all([granted(A, "2021-03-01")])

    async def listen() -> int:
        deaf = Listener(service.app, "/v1/events", takes=0)
        await deaf.left()
        other = Listener(service.app, "/v1/events")
        await other.until(lambda it: it.text)
        await other.leave()
        return other.status

    assert service.run(listen()) == 200


def test_a_loop_without_listeners_has_nothing_running(service):
    service.post_all([granted(A, "2021-03-01")])
    hears(service, "/v1/events", 1)

    async def others() -> int:
        for _ in range(50):
            running = [task for task in asyncio.all_tasks() if "_look" in repr(task.get_coro())]
            if not running:
                break
            await asyncio.sleep(0.05)
        return len(running)

    assert service.run(others()) == 0
