"""How many connections there may be, what their requests may begin with, and one server to a SQLite database."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.http.server import connections
from service.storage.locks import server_lock_file
from tests.api.raw import REQUEST, answer, connected, in_process
from tests.posts import body, linked
from tests.processes import COMMAND, DEADLINE, Served, environment, free_port, ketenspoor, served, until


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that takes three connections."""
    folder = tmp_path_factory.mktemp("small")
    env = environment(f"sqlite:///{folder / 'ketenspoor.db'}", follower="none", connections="3")
    assert ketenspoor("migrate", env=env).returncode == 0
    with served(env, folder / "service.log") as service:
        yield service


def test_a_connection_too_many_is_told_to_come_back_and_probes_are_answered(small: Served) -> None:
    with ExitStack() as open_:
        first = [open_.enter_context(connected(small)) for _ in range(3)]
        for connection in first:
            connection.sendall(REQUEST % b"/v1/periods")
            assert answer(connection)[0] == 200
        with connected(small) as fourth:
            fourth.sendall(REQUEST % b"/livez")
            assert answer(fourth)[0] == 200
            fourth.sendall(REQUEST % b"/v1/periods")
            status, headers, told = answer(fourth)
            assert (status, told["title"], headers["content-type"]) == (503, "Busy", "application/problem+json")
            assert int(headers["retry-after"]) > 0
        first[0].sendall(REQUEST % b"/v1/periods")
        assert answer(first[0])[0] == 200


def test_who_looks_after_the_service_is_answered_however_many_connections_there_are(small: Served) -> None:
    with ExitStack() as open_:
        for _ in range(250):
            open_.enter_context(connected(small))
        for path in (b"/livez", b"/readyz"):
            with connected(small) as another:
                another.sendall(REQUEST % path)
                assert answer(another)[0] == 200


def test_a_connection_that_came_too_many_is_one_of_the_others_once_there_is_room(small: Served) -> None:
    with ExitStack() as open_:
        first = [open_.enter_context(connected(small)) for _ in range(3)]
        for connection in first:
            connection.sendall(REQUEST % b"/livez")
            assert answer(connection)[0] == 200
        with connected(small) as fourth:
            fourth.sendall(REQUEST % b"/v1/periods")
            assert answer(fourth)[0] == 503
            first[0].close()

            def served() -> bool:
                fourth.sendall(REQUEST % b"/v1/periods")
                return answer(fourth)[0] == 200

            until(served, "there is room for it")


def test_requests_without_end_that_wait_for_no_answer_are_read_no_further(small: Served) -> None:
    with connected(small) as connection:
        connection.sendall(REQUEST % b"/v1/periods" * 100)
        heard = b""
        while part := connection.recv(65_536):
            heard += part
    assert 0 < heard.count(b"HTTP/1.1 200 ") < 20


def test_a_head_that_comes_at_once_and_is_too_large_is_refused(small: Served) -> None:
    with connected(small) as connection:
        connection.sendall(b"GET /v1/periods HTTP/1.1\r\nX-Filler: %b\r\n\r\n" % (b"x" * 40_000))
        assert answer(connection)[0] == 431


def test_what_is_no_request_is_counted_and_logged(small: Served) -> None:
    def counted() -> float:
        told = httpx.get(f"{small.address}/metrics").text
        name = 'ketenspoor_http_requests_total{method="other",route="unmatched",status="400"} '
        return sum(float(line.removeprefix(name)) for line in told.splitlines() if line.startswith(name))

    before = counted()
    with connected(small) as connection:
        connection.sendall(b"NONSENSE\r\n\r\n")
        assert answer(connection)[0] == 400
    assert counted() == before + 1
    lines = [json.loads(line) for line in small.log.read_text().splitlines()]
    last = [line for line in lines if line["event"] == "request"][-1]
    assert (last["method"], last["route"], last["status"]) == ("other", "unmatched", 400)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"GET /v1/%b HTTP/1.1\r\n\r\n" % "é".encode(), 400),
        (b"GET /v1/periods HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_is_refused_as_a_problem(small: Served, sent: bytes, status: int) -> None:
    with connected(small) as connection:
        connection.sendall(sent)
        found, headers, told = answer(connection)
        assert (found, told["status"], headers["connection"]) == (status, status, "close")
        assert headers["content-type"] == "application/problem+json"
        assert connection.recv(1) == b""


@pytest.mark.parametrize("cut", [0, 120, -50])
def test_a_request_that_asks_for_another_protocol_is_answered_with_its_body(small: Served, cut: int) -> None:
    """As Java's own client sends its first request."""
    posted = body(linked(f"l-{cut}"))
    head = (
        b"POST /v1/events HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: %d\r\nHost: k.test\r\n"
        b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nUpgrade: h2c\r\n"
        b"Content-Type: application/cloudevents+json\r\n\r\n"
    )
    sent = head % len(posted) + posted
    with connected(small) as connection:
        for part in (sent[:cut], sent[cut:]):
            connection.sendall(part)
            time.sleep(0.1)  # so that it comes in two parts
        assert answer(connection)[0] == 201
        connection.sendall(sent + REQUEST % b"/v1/periods")
        assert [answer(connection)[0], answer(connection)[0]] == [200, 200]


def test_what_follows_a_request_and_is_none_is_not_told_as_its_answer(small: Served) -> None:
    with connected(small) as connection:
        connection.sendall(REQUEST % b"/v1/periods" + b"NONSENSE\r\n\r\n")
        status, headers, _ = answer(connection)
        assert (status, headers["connection"]) == (200, "close")
        assert connection.recv(1) == b""


def test_a_head_without_end_is_refused(small: Served) -> None:
    with connected(small) as connection:
        connection.sendall(b"GET /v1/periods HTTP/1.1\r\n")
        status, sent = 0, 0
        connection.settimeout(0.01)
        while not status and sent < 10_000_000:
            try:
                sent += connection.send(b"X-Filler: %b\r\n" % (b"x" * 4_000))
                status = answer(connection)[0]
            except TimeoutError:
                continue
    assert status == 431
    assert sent < 1_000_000


def test_a_head_in_small_parts_is_read(small: Served) -> None:
    with connected(small) as connection:
        for byte in REQUEST % b"/v1/periods":
            connection.sendall(bytes([byte]))
        assert answer(connection)[0] == 200


#: What stands on every answer, also on one that the application never comes to see.
STANDING = {"api-version", "cache-control", "content-security-policy", "strict-transport-security", "x-frame-options"}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"this is no request\r\n\r\n", 400),
        (b"BREW /v1/periods HTTP/1.1\r\nHost: ketenspoor.test\r\n\r\n", 400),
        (b"TRACE /v1/periods HTTP/1.1\r\nHost: ketenspoor.test\r\n\r\n", 405),
        (b"CONNECT elders.test:443 HTTP/1.1\r\nHost: elders.test\r\n\r\n", 400),
        (b"OPTIONS * HTTP/1.1\r\nHost: ketenspoor.test\r\n\r\n", 404),
        (b"GET /v1/periods HTTP/1.1\r\nX: " + b"x" * 40_000 + b"\r\n\r\n", 431),
        (b"GET /v1/periods HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET /v1/periods HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_of_ours_is_a_problem_with_the_headers_of_every_answer(
    small: Served, sent: bytes, expected: int
) -> None:
    with connected(small) as connection:
        connection.sendall(sent)
        status, headers, told = answer(connection)

    assert (status, headers["content-type"]) == (expected, "application/problem+json")
    assert headers.keys() >= STANDING
    assert told["status"] == expected


def test_a_head_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """In process: the time that is given is longer than a test may take."""
    monkeypatch.setattr(connections, "_HEAD_SECONDS", 0.1)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("nothing was asked")

    async def talk() -> tuple[bytes, bytes]:
        async with in_process(app) as (_, port), asyncio.timeout(DEADLINE):
            silent, other = await asyncio.open_connection("127.0.0.1", port)
            slow, sender = await asyncio.open_connection("127.0.0.1", port)
            sender.write(b"GET /v1/per")
            heard = await silent.read(), await slow.read()
            for each in (sender, other):
                each.close()
        return heard

    nothing, told = asyncio.run(talk())
    assert nothing == b""
    assert told.startswith(b"HTTP/1.1 408 ")


def test_what_is_sent_while_the_server_leaves_is_answered_and_an_idle_connection_closed() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def talk() -> tuple[bytes, bytes]:
        async with in_process(app) as (state, port), asyncio.timeout(DEADLINE):
            busy, asking = await asyncio.open_connection("127.0.0.1", port)
            idle, silent = await asyncio.open_connection("127.0.0.1", port)
            asking.write(REQUEST % b"/")
            await busy.readuntil(b"\r\n\r\n")
            # Nothing runs between these: it was sent, and the server does not know it yet.
            state.leaving = True
            for connection in list(state.connections):
                connection.shutdown()
            asking.write(REQUEST % b"/")
            heard = await busy.read(), await idle.read()
            for each in (asking, silent):
                each.close()
        return heard

    answered, nothing = asyncio.run(talk())
    assert answered.startswith(b"HTTP/1.1 204 ") and b"connection: close" in answered
    assert nothing == b""


# --- one server to a SQLite database


def test_a_second_server_on_a_sqlite_database_is_refused_and_tells_why(sqlite_url: str, tmp_path: Path) -> None:
    env = environment(sqlite_url, follower="none")
    link = tmp_path / "another name"
    link.symlink_to(tmp_path)
    with served(env, tmp_path / "service.log") as service:
        for url in (sqlite_url, f"sqlite:///{link / 'ketenspoor.db'}"):
            second = ketenspoor("serve", env={**environment(url), "KETENSPOOR_PORT": str(free_port())})
            assert second.returncode == 1
            assert "another process serves this database already" in second.stderr
            assert "PostgreSQL" in second.stderr and "Traceback" not in second.stderr
        # What is short, or works beside it, goes on.
        assert ketenspoor("migrate", env=env).returncode == 0
        assert httpx.get(f"{service.address}/v1/periods").status_code == 200


def test_a_server_that_was_killed_leaves_no_lock(sqlite_url: str, tmp_path: Path) -> None:
    env = environment(sqlite_url, follower="none")
    path = server_lock_file(sqlite_url)
    assert path is not None
    with served(env, tmp_path / "service.log") as service:
        service.kill()
    assert path.exists()
    with served(env, tmp_path / "service.log") as service:
        assert service.stop() == 0


@pytest.mark.timeout(120)
def test_several_servers_share_a_postgresql_database(postgresql_url: str, tmp_path: Path) -> None:
    env = environment(postgresql_url, follower="none")
    with served(env, tmp_path / "one.log") as one, served(env, tmp_path / "two.log") as two:
        assert [httpx.get(f"{each.address}/readyz").status_code for each in (one, two)] == [200, 200]


@pytest.mark.timeout(60)
def test_a_server_allows_itself_the_files_that_its_connections_need(sqlite_url: str, tmp_path: Path) -> None:
    command = f"ulimit -S -n 256; exec {COMMAND} serve"
    env = environment(sqlite_url, follower="none", port=str(free_port()))
    with subprocess.Popen(["/bin/sh", "-c", command], env=env, stderr=subprocess.DEVNULL) as server:
        try:
            limit = Path(f"/proc/{server.pid}/limits")
            until(lambda: "1500" in limit.read_text().partition("Max open files")[2].splitlines()[0], "it is raised")
        finally:
            server.terminate()
            server.wait(DEADLINE)
