"""A rebuild killed at any moment: the old tables go on serving and being fed, and the next run goes on from there."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, func, select

from projections.tables import portions
from service.intake.cloudevents import BATCH
from service.projector.offsets import serving_view
from service.storage.database import connect, reading
from tests.benchmarks.many_lives import fill
from tests.pids import children, runs
from tests.posts import body, linked
from tests.processes import COMMAND, DEADLINE, Served, environment, ketenspoor, served, until

EVENTS = 41_000
PORTIONS = 8


class Company(threading.Thread):
    """Posts events and reads figures again and again; notes what goes wrong, and positions that fall."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self._stopped = threading.Event()
        self.posted = 0
        self.faults: list[str] = []

    def run(self) -> None:
        seen = 0
        with httpx.Client(base_url=self._address, timeout=30.0) as client:
            # With pauses: what is killed is to get on as well.
            while not self._stopped.wait(0.02):
                events = [linked(f"company-{self.posted + n}", f"28{self.posted + n:08}") for n in range(5)]
                answer = client.post("/v1/events", content=body(events), headers={"Content-Type": BATCH})
                if answer.status_code != 200 or answer.json()["recorded"] != 5:
                    self.faults.append(answer.text)
                self.posted += 5
                answer = client.get("/v1/realisation?period=2021-II&groupBy=country")
                if answer.status_code != 200:
                    self.faults.append(answer.text)
                    continue
                position = answer.json()["position"]
                if position < seen:
                    self.faults.append(f"position {position} after {seen}")
                seen = position

    def stop(self) -> None:
        self._stopped.set()
        self.join()


@contextmanager
def company(address: str) -> Iterator[Company]:
    one = Company(address)
    one.start()
    try:
        yield one
    finally:
        one.stop()


def portions_in(engine: Engine, view: str) -> int:
    with reading(engine, view) as connection:
        counted = select(func.count()).select_from(portions).where(portions.c.digests.is_not(None))
        count: int = connection.execute(counted).scalar_one()
        return count


@contextmanager
def rebuilding(env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen([COMMAND, "rebuild", "--processes", "2"], env=env, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def workers(pid: int) -> list[int]:
    """The processes of a rebuild that work on portions."""
    found = []
    for child in children(pid):
        listed = subprocess.run(
            ["ps", "-ww", "-o", "command=", "-p", str(child)],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
        if "spawn_main" in listed.stdout:
            found.append(child)
    return found


def followed(service: Served, position: int) -> None:
    """Wait until what is served rests on a position."""

    def reached() -> bool:
        answer = httpx.get(
            f"{service.address}/v1/realisation?period=2021-II&groupBy=country&minPosition={position}", timeout=30.0
        )
        return answer.status_code == 200

    until(reached, "the projections catch up")


@pytest.mark.timeout(280)
def test_a_rebuild_survives_being_killed_and_readers_and_senders_notice_nothing(
    database_url: str, tmp_path: Path
) -> None:
    env = environment(database_url, log_level="warning")
    engine = connect(database_url)
    fill(engine, EVENTS, lambda _done, _of: None)
    with served(env, tmp_path / "service.log") as service:
        followed(service, EVENTS)
        with company(service.address) as friends:
            # The command itself is killed; what it started ends by itself.
            with rebuilding(env, tmp_path / "killed.log") as process:
                until(lambda: portions_in(engine, "view_b") > 0, "the first portion is in")
                crew = workers(process.pid)
                process.kill()
            until(lambda: not any(map(runs, crew)), "the processes of the killed rebuild end")
            assert len(crew) == 2
            first = portions_in(engine, "view_b")
            assert 0 < first < PORTIONS
            assert serving_view(engine) == "view_a"

            # One of its processes is killed: the whole fails, and says so.
            with rebuilding(env, tmp_path / "worker.log") as process:
                until(lambda: portions_in(engine, "view_b") > first, "another portion is in")
                os.kill(workers(process.pid)[0], signal.SIGKILL)
                assert process.wait(DEADLINE) == 1
            told = " ".join((tmp_path / "worker.log").read_text().split())
            assert "a process that worked on a portion was ended from outside" in told
            assert "Traceback" not in told
            second = portions_in(engine, "view_b")
            assert first < second < PORTIONS
            assert serving_view(engine) == "view_a"

            finished = ketenspoor("rebuild", "--processes", "2", env=env)
            assert finished.returncode == 0, finished.stderr
            assert f"went on where an earlier run stopped: {second} of {PORTIONS} portions were in" in finished.stderr
            assert "view_b serves now" in finished.stderr
            # With the new set the follower goes on, while events keep coming.
            before = friends.posted
            until(lambda: friends.posted > before + 50, "more is posted")
        assert friends.faults == []
        followed(service, EVENTS + friends.posted)
        verified = ketenspoor("verify", "--processes", "2", env=env)
        assert verified.returncode == 0, verified.stderr
        assert f"up to position {EVENTS + friends.posted}" in verified.stderr
        assert service.stop() == 0
    assert serving_view(engine) == "view_b"
    engine.dispose()
