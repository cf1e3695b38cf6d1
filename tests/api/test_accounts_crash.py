"""Killed while it answers: who was told something about a person stands in the log, every one of them."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from service.intake.cloudevents import BATCH
from service.storage.database import connect, reading
from tests.posts import V_NUMBER, body, linked, permit
from tests.processes import environment, served

_READERS = 8
_ANSWERS_BEFORE_THE_KILL = 150


@pytest.mark.timeout(120)
def test_no_answer_about_a_person_is_without_its_line_when_the_service_is_killed(
    sqlite_url: str, tmp_path: Path
) -> None:
    told: list[str] = []
    enough, gone = threading.Event(), threading.Event()

    def read(number: int, url: str) -> None:
        """Read again and again, each time under a trace of its own, until nobody answers."""
        with httpx.Client(timeout=10.0) as client:
            for turn in range(1, 1_000_000):
                trace = f"{number:016x}{turn:016x}"
                try:
                    answer = client.get(url, headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
                except httpx.TransportError:
                    gone.set()
                    return
                assert answer.status_code == 200, answer.text
                told.append(trace)
                if len(told) >= _ANSWERS_BEFORE_THE_KILL:
                    enough.set()

    with served(environment(sqlite_url, follower="none"), tmp_path / "service.log") as service:
        posted = body([permit(), linked()])
        assert httpx.post(f"{service.address}/v1/events", content=posted, headers={"Content-Type": BATCH}).is_success
        found = httpx.post(f"{service.address}/v1/journeys/_find", json={"vNumber": V_NUMBER}).json()
        url = f"{service.address}/v1/journeys/{found['journey']}"
        readers = [threading.Thread(target=read, args=(number, url)) for number in range(1, _READERS + 1)]
        for reader in readers:
            reader.start()
        assert enough.wait(60), "the readers are answered"
        service.kill()
        for reader in readers:
            reader.join(30)
    assert gone.is_set()
    engine = connect(sqlite_url)
    with reading(engine) as connection:
        processed, audited = (
            {trace.hex() for trace in connection.execute(text(f"SELECT trace_id FROM {table}")).scalars()}
            for table in ("processing_log", "audit_log")
        )
    engine.dispose()
    assert len(told) >= _ANSWERS_BEFORE_THE_KILL
    assert set(told) - processed == set()
    assert set(told) - audited == set()
