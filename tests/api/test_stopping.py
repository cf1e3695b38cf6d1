"""A server that is told to stop: readiness falls, what is under way is answered, nothing acknowledged is missing."""

from __future__ import annotations

import functools
import signal
import socket
import threading
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from service.intake.cloudevents import ONE
from service.storage.database import connect, reading
from service.storage.service_tables import events
from tests.pids import runs
from tests.posts import body, linked
from tests.processes import DEADLINE, Served, environment, served, until

CLIENTS = 12


class Poster(threading.Thread):
    """Posts one event after another on one connection, until nobody takes a connection any more."""

    def __init__(self, address: str, number: int) -> None:
        super().__init__()
        self._address, self._number = address, number
        self.acknowledged: list[str] = []
        self.faults: list[str] = []

    def run(self) -> None:
        with httpx.Client(base_url=self._address, timeout=DEADLINE) as client:
            for count in range(100_000):
                name = f"c{self._number}-{count}"
                content = body(linked(name, f"{2_876_000_000 + self._number}"))
                try:
                    answer = client.post("/v1/events", content=content, headers={"Content-Type": ONE})
                except httpx.ConnectError:
                    return  # nothing was sent
                except httpx.TransportError as fault:
                    # Sent, and not answered.
                    self.faults.append(type(fault).__name__)
                    return
                if answer.status_code != 201:
                    self.faults.append(f"{answer.status_code} {answer.text}")
                    return
                self.acknowledged.append(name)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_under_load_every_request_that_was_sent_is_answered_and_every_answer_is_true(
    database_url: str, tmp_path: Path, told: signal.Signals
) -> None:
    env = environment(database_url, log_level="warning")
    with served(env, tmp_path / "service.log") as service:
        posters = [Poster(service.address, number) for number in range(CLIENTS)]
        for poster in posters:
            poster.start()
        until(lambda: all(len(poster.acknowledged) > 5 for poster in posters), "all have begun")
        followers = service.followers()
        service.process.send_signal(told)
        assert service.process.wait(DEADLINE) == 0
        for poster in posters:
            poster.join(DEADLINE)
        assert not any(map(runs, followers))

    acknowledged = [name for poster in posters for name in poster.acknowledged]
    assert [fault for poster in posters for fault in poster.faults] == []
    engine = connect(database_url)
    with reading(engine) as connection:
        recorded = list(connection.scalars(select(events.c.source_id)))
    engine.dispose()
    assert set(acknowledged) <= set(recorded)
    assert len(recorded) == len(set(recorded))
    assert '"level":"error"' not in service.log.read_text()


@pytest.mark.timeout(60)
def test_readiness_falls_first_and_all_is_served_meanwhile(sqlite_url: str, tmp_path: Path) -> None:
    with served(environment(sqlite_url, follower="none", drain="2"), tmp_path / "service.log") as service:
        assert httpx.get(f"{service.address}/readyz").status_code == 200
        service.process.terminate()
        until(functools.partial(_falls, service), "readiness falls")
        # A connection that is made now, as all of httpx's are.
        posted = httpx.post(f"{service.address}/v1/events", content=body(linked()), headers={"Content-Type": ONE})
        assert posted.status_code == 201
        assert httpx.get(f"{service.address}/livez").status_code == 200
        assert service.process.wait(DEADLINE) == 0


def _falls(service: Served) -> bool:
    answer = httpx.get(f"{service.address}/readyz")
    reasons = [reason["check"] for reason in answer.json()["reasons"]]
    return (answer.status_code, reasons) == (503, ["stopping"])


@pytest.mark.timeout(60)
def test_a_request_that_is_half_sent_when_the_server_is_told_to_stop_is_answered(
    sqlite_url: str, tmp_path: Path
) -> None:
    content = body(linked())
    with served(environment(sqlite_url, follower="none"), tmp_path / "service.log") as service:
        url = httpx.URL(service.address)
        with socket.create_connection((url.host, url.port), timeout=DEADLINE) as connection:
            head = (
                f"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: {ONE}\r\nContent-Length: {len(content)}\r\n\r\n"
            )
            connection.sendall(head.encode() + content[:20])
            until(lambda: httpx.get(f"{service.address}/livez").status_code == 200, "it was read")
            service.process.terminate()
            until(functools.partial(_refuses, service), "no new connection is taken")
            connection.sendall(content[20:])
            received = b""
            while part := connection.recv(65_536):
                received += part
        assert received.startswith(b"HTTP/1.1 201 ")
        assert b"connection: close" in received
        assert service.process.wait(DEADLINE) == 0


def _refuses(service: Served) -> bool:
    try:
        httpx.get(f"{service.address}/livez")
    except httpx.ConnectError:
        return True
    return False


@pytest.mark.timeout(60)
def test_a_connection_that_is_idle_holds_nothing_up(sqlite_url: str, tmp_path: Path) -> None:
    with served(environment(sqlite_url, follower="none"), tmp_path / "service.log") as service:
        url = httpx.URL(service.address)
        with (
            socket.create_connection((url.host, url.port)),
            httpx.Client(base_url=service.address) as client,
        ):
            client.get("/v1/periods")
            began = time.monotonic()
            service.process.terminate()
            assert service.process.wait(DEADLINE) == 0
            # Far less than what is under way would be given.
            assert time.monotonic() - began < 20
