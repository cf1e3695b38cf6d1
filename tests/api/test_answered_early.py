"""Who is answered before all of the request came is left: what he sends next is never taken for the rest, nor the rest
for a request."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from service.http.server import connections
from service.intake.cloudevents import ONE
from tests.api.raw import REQUEST, answer, connected, in_process
from tests.posts import body, linked
from tests.processes import DEADLINE, Served, environment, ketenspoor, served, until

LARGE = 3_000_000
HEAD = b"%b HTTP/1.1\r\nHost: ketenspoor.test\r\nContent-Length: %d\r\n%b\r\n"
NEXT = REQUEST % b"/v1/periods"
EVENT = b"Content-Type: %b\r\n" % ONE.encode()
XML = b"Content-Type: text/xml\r\n"


def refusals(token: str) -> list[tuple[bytes, bytes, int]]:
    """What is refused by its head alone: at the door, by the framework, by the routes and by the intake."""
    return [
        (b"POST /v1/events?atomic=perhaps", EVENT, 400),
        (b"POST /v1/events", b"%bAuthorization: Bearer none\r\n" % EVENT, 401),
        (b"GET /v1/periods", b"Authorization: Bearer none\r\n", 401),
        (b"POST /v1/events", b"%bAuthorization: Bearer %b\r\n" % (EVENT, token.encode()), 403),
        (b"POST /v1/nothing", EVENT, 404),
        (b"PUT /v1/events", EVENT, 405),
        (b"POST /v1/reconciliations?period=2021-II", b"Content-Type: text/csv\r\nAccept: image/png\r\n", 406),
        (b"POST /v1/events", EVENT, 413),
        (b"POST /v1/journeys/_find", b"Content-Type: application/json\r\n", 413),
        (b"POST /v1/events", XML, 415),
        (b"POST /v1/events", b"%bContent-Encoding: br\r\n" % EVENT, 415),
        (b"POST /v1/reconciliations?period=2021-II", XML, 415),
        (b"POST /v1/log/checkpoint", XML, 415),
    ]


def left(connection: socket.socket, expected: int) -> None:
    """One answer and no other, with what ends the connection said in it."""
    status, headers, told = answer(connection)
    assert (status, told["status"], headers.get("connection")) == (expected, expected, "close")
    assert connection.recv(1) == b""


@pytest.mark.timeout(180)
def test_what_is_refused_by_its_head_is_the_last_of_its_connection(database_url: str, tmp_path: Path) -> None:
    env = environment(database_url, follower="none")
    token = ketenspoor("token", "--role", "analyst", env=env).stdout.strip()
    with served(env, tmp_path / "service.log") as service:
        for asked, headers, status in refusals(token):
            with connected(service) as connection:
                # As large as it is it can't have come when it is answered; nor is that lost to who still sends it.
                connection.sendall(HEAD % (asked, LARGE, headers) + b"x" * LARGE + NEXT)
                left(connection, status)
            with connected(service) as connection:
                # Nothing of it comes, as it is not asked for, and what comes next is not it.
                connection.sendall(HEAD % (asked, LARGE, b"Expect: 100-continue\r\n" + headers) + NEXT)
                left(connection, status)


def test_who_is_told_to_come_back_is_left_too(sqlite_url: str, tmp_path: Path) -> None:
    env = environment(sqlite_url, follower="none", connections="1", public_rate="1")
    refused = HEAD % (b"POST /v1/events", LARGE, b"Expect: 100-continue\r\n" + EVENT)

    def turned_away(service: Served) -> bool:
        with connected(service) as connection:
            connection.sendall(REQUEST % b"/v1/periods")
            return answer(connection)[0] == 429

    with served(env, tmp_path / "service.log") as service, ExitStack() as held:
        until(lambda: turned_away(service), "it is asked too often")
        with connected(service) as connection:
            connection.sendall(refused)
            left(connection, 429)
        first = held.enter_context(connected(service))
        first.sendall(REQUEST % b"/livez")
        assert answer(first)[0] == 200
        with connected(service) as connection:
            connection.sendall(refused)
            left(connection, 503)


def test_a_request_that_came_whole_leaves_the_connection_to_the_next(sqlite_url: str, tmp_path: Path) -> None:
    posted = body(linked())
    env = environment(sqlite_url, follower="none")
    with served(env, tmp_path / "service.log") as service, connected(service) as connection:
        connection.sendall(HEAD % (b"POST /v1/events", len(posted), XML) + posted + NEXT)
        told = [answer(connection) for _ in range(2)]
        assert [(status, headers.get("connection")) for status, headers, _ in told] == [(415, None), (200, None)]
        connection.sendall(HEAD % (b"POST /v1/events", len(posted), b"Expect: 100-continue\r\n" + EVENT))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(posted + NEXT)
        assert [answer(connection)[0] for _ in range(2)] == [201, 200]


async def refusing(scope: Any, receive: Any, send: Any) -> None:
    """An application that reads nothing."""
    await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


def test_who_is_left_and_does_not_go_is_waited_for_no_longer_than_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_LINGERING_SECONDS", 0.1)

    async def talk() -> None:
        async with in_process(refusing) as (state, port), asyncio.timeout(DEADLINE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEAD % (b"POST /v1/events", LARGE, EVENT))
            assert (await reader.read()).startswith(b"HTTP/1.1 401 ")
            while state.connections:  # noqa: ASYNC110 - it has no event for it
                await asyncio.sleep(0.01)
            writer.close()

    asyncio.run(talk())


def test_who_is_left_and_does_not_go_keeps_no_server_from_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_LINGERING_SECONDS", 10 * DEADLINE)

    async def talk() -> None:
        async with asyncio.timeout(DEADLINE):
            async with in_process(refusing) as (_, port):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(HEAD % (b"POST /v1/events", LARGE, EVENT))
                assert (await reader.read()).startswith(b"HTTP/1.1 401 ")
            writer.close()

    asyncio.run(talk())


def test_who_sends_what_is_no_request_reads_why_although_more_came(sqlite_url: str, tmp_path: Path) -> None:
    chunked = b"POST /v1/events HTTP/1.1\r\nHost: k.test\r\nTransfer-Encoding: chunked\r\n%b\r\nno number\r\n" % EVENT
    env = environment(sqlite_url, follower="none")
    with served(env, tmp_path / "service.log") as service, connected(service) as connection:
        connection.sendall(chunked + b"x" * LARGE)
        left(connection, 400)
