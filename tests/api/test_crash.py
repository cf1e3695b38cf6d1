"""Killed at any moment: what was acknowledged is there, once, and the projections catch up by themselves."""

from __future__ import annotations

import functools
import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, select

from service.cloudevents import BATCH, LINES, ONE
from service.database import connect, reading
from service.tables import events
from tests.posts import COA, Event, body, event, lines, linked
from tests.processes import Served, environment, ketenspoor, runs, served, until

ROUNDS = 3
CLIENTS = 6


class Client(threading.Thread):
    """Posts without pause until the service is gone, and notes what was acknowledged: (source, id) to position."""

    def __init__(self, address: str, number: int, round_: int) -> None:
        super().__init__()
        self._address, self._number, self._round = address, number, round_
        self._count = 0
        self.acknowledged: dict[str, int] = {}
        self.sent: dict[str, Event] = {}
        self.faults: list[str] = []

    def _next(self) -> Event:
        self._count += 1
        id_ = f"{self._round}-{self._number}-{self._count}"
        v_number = f"28765{self._number}{self._count % 500:04}"
        posted = linked(id_, v_number)
        if self._count % 3 == 0:
            posted = event("housed", COA, id_, vNumber=v_number, municipality="GM0153", accommodation="regular")
        self.sent[id_] = posted
        return posted

    def run(self) -> None:
        with httpx.Client(base_url=self._address, timeout=30.0) as client:
            try:
                while True:
                    self._post(client)
            except httpx.TransportError:
                return

    def _post(self, client: httpx.Client) -> None:
        form = (ONE, BATCH, LINES)[self._number % 3]
        posted = [self._next() for _ in range(1 if form == ONE else 40)]
        content = {ONE: lambda: body(posted[0]), BATCH: lambda: body(posted), LINES: lambda: lines(posted)}[form]()
        answer = client.post("/v1/events", content=content, headers={"Content-Type": form})
        if answer.status_code not in (200, 201):
            self.faults.append(answer.text)
            return
        told = answer.json()
        if form == ONE:
            self.acknowledged[told["id"]] = told["position"]
        elif form == BATCH:
            self.acknowledged |= {one["id"]: one["position"] for one in told["results"]}
        else:
            # Plainly recorded lines are not listed: all were, or the counts would say otherwise.
            assert told["recorded"] == len(posted), told
            self.acknowledged |= {one["id"]: 0 for one in posted}


def _something_acknowledged(clients: list[Client]) -> bool:
    return any(client.acknowledged for client in clients)


def recorded(engine: Engine) -> list[Any]:
    with reading(engine) as connection:
        columns = events.c.position, events.c.source_id, events.c.recorded_at
        return list(connection.execute(select(*columns).order_by(events.c.position)).all())


@pytest.mark.timeout(120)
def test_every_acknowledged_event_survives_a_kill_at_a_random_moment(database_url: str, tmp_path: Path) -> None:
    env = environment(database_url, log_level="warning")
    engine = connect(database_url)
    acknowledged: dict[str, int] = {}
    posted: dict[str, Event] = {}
    moments = random.Random(20_220_107)
    orphans: list[int] = []
    for round_ in range(ROUNDS):
        with served(env, tmp_path / "service.log") as service:
            clients = [Client(service.address, number, round_) for number in range(CLIENTS)]
            for client in clients:
                client.start()
            until(functools.partial(_something_acknowledged, clients), "the first acknowledgement")
            time.sleep(moments.uniform(0.0, 0.8))
            service.kill()
            for client in clients:
                client.join()
            orphans += service.followers()
        for client in clients:
            assert client.faults == []
            acknowledged |= client.acknowledged
            posted |= client.sent
        # What is in the log now was written before the kill: of that service nothing runs that writes it.
        found = {row.source_id: row.position for row in recorded(engine)}
        assert acknowledged.keys() <= found.keys()
        assert all(found[id_] == position for id_, position in acknowledged.items() if position)

    rows = recorded(engine)
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    assert len({row.source_id for row in rows}) == len(rows)
    assert [row.recorded_at for row in rows] == sorted(row.recorded_at for row in rows)
    engine.dispose()

    with served(env, tmp_path / "service.log") as service:
        # Nor does it matter when the follower alone is killed.
        until(service.followers, "the follower is started")
        (first,) = service.followers()
        os.kill(first, signal.SIGKILL)
        _catches_up(service, len(rows))
        sent = lines(posted[id_] for id_ in acknowledged)
        answer = httpx.post(f"{service.address}/v1/events", content=sent, headers={"Content-Type": LINES}, timeout=60.0)
        assert (answer.json()["recorded"], answer.json()["repeated"]) == (0, len(acknowledged))
        verified = ketenspoor("verify", env=env)
        assert verified.returncode == 0, verified.stderr
        assert "no differences" in verified.stderr
        orphans += service.followers()
        assert service.stop() == 0
    until(lambda: not any(map(runs, orphans)), "the orphaned followers end by themselves")
    assert len(orphans) == ROUNDS + 1


def _catches_up(service: Served, position: int) -> None:
    def reached() -> bool:
        answer = httpx.get(
            f"{service.address}/v1/realisation?period=2021-I&groupBy=country&minPosition={position}", timeout=30.0
        )
        assert answer.status_code in (200, 503), answer.text
        return answer.status_code == 200

    until(reached, "the projections catch up")


@pytest.mark.timeout(120)
def test_a_follower_that_is_still_starting_when_its_service_is_killed_ends_by_itself(
    sqlite_url: str, tmp_path: Path
) -> None:
    service = Served(environment(sqlite_url), tmp_path / "service.log")
    try:
        until(service.followers, "the follower is started")
        service.kill()
        until(lambda: not any(map(runs, service.followers())), "the follower ends by itself")
    finally:
        service.end()
