"""Several servers behind one port, real processes on PostgreSQL: looked after, counted and stopped as one."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families

from service.http.server.listening import CannotListen, bind
from service.http.server.serving import counters
from service.intake.cloudevents import ONE
from service.operations.metrics import DIRECTORY
from tests.api.at_once import Command, refused
from tests.pids import children, runs
from tests.posts import body, linked
from tests.processes import DEADLINE, Served, environment, free_port, ketenspoor, served, until


@pytest.fixture(scope="module")
def two(shared_postgresql_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with two workers, both of which serve: one for all, since five processes take a while to start."""
    folder = tmp_path_factory.mktemp("workers")
    (folder / "temporary").mkdir()
    env = environment(shared_postgresql_url, workers="2", drain="2") | {"TMPDIR": str(folder / "temporary")}
    with served(env, folder / "service.log") as service:
        yield service


def post(client: httpx.Client, name: str) -> bool:
    return client.post("/v1/events", content=body(linked(name)), headers={"Content-Type": ONE}).status_code == 201


def post_alone(service: Served, name: str) -> bool:
    """Post on a connection of its own, which may come to any of them."""
    with httpx.Client(base_url=service.address, timeout=DEADLINE) as client:
        return post(client, name)


def told(service: Served) -> dict[str, float]:
    """What is counted, of all labels together, as whichever worker answers tells it."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(httpx.get(f"{service.address}/metrics").text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found


def posted_to(pid: int) -> float:
    """The events that one of them counted."""
    variables = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    folder = next(line.partition("=")[2] for line in variables if line.startswith(f"{DIRECTORY}="))
    counted = MultiProcessCollector.merge([f"{folder}/counter_{pid}.db"])
    return sum(one.value for family in counted for one in family.samples if one.name == "ketenspoor_events_total")


@pytest.mark.timeout(120)
def test_all_take_from_one_port_and_any_of_them_tells_what_they_counted_together(two: Served) -> None:
    workers, names = two.workers(), [f"shared-{number}" for number in range(200)]
    assert len(workers) == 2
    for count, name in enumerate(names, 1):
        assert post_alone(two, name)
        shares = [posted_to(pid) for pid in workers]
        assert sum(shares) == count
        if min(shares) > 1:
            break
    assert min(shares) > 1
    assert {told(two)["ketenspoor_events_total"] for _ in range(8)} == {count}
    assert told(two)["ketenspoor_commit_events_sum"] == count
    assert told(two)["ketenspoor_writer_waiting_events"] == 0
    # What one of them holds or took says nothing of the others.
    assert not [name for name in told(two) if name.startswith("process_")]


@pytest.mark.timeout(120)
def test_one_that_is_killed_is_started_again_and_what_it_counted_stays(two: Served) -> None:
    killed, other = two.workers()
    with httpx.Client(base_url=two.address) as client:
        assert post(client, "before")
    counted = told(two)["ketenspoor_events_total"]
    os.kill(killed, signal.SIGKILL)
    until(lambda: len({*two.workers()} - {killed}) == 2, "another one is started")
    until(lambda: two.serving() == 2, "it serves")
    assert other in two.workers()
    assert told(two)["ketenspoor_events_total"] == counted
    assert re.search('"the worker [12] ended with code -9 and is started again in 1 s"', two.log.read_text())
    (new,) = {*two.workers()} - {other}
    names = (f"after-{number}" for number in range(200))
    until(lambda: post_alone(two, next(names)) and posted_to(new) > 0, "it takes events")


@pytest.mark.timeout(120)
def test_a_follower_that_is_killed_is_started_again_and_all_that_was_posted_verifies(two: Served) -> None:
    (follower,) = two.followers()
    os.kill(follower, signal.SIGKILL)
    until(lambda: two.followers() not in ([follower], []), "another one is started")
    with httpx.Client(base_url=two.address, timeout=DEADLINE) as client:
        assert post(client, "last")
        position = client.get("/v1/events?limit=1000").json()["items"][-1]["position"]
        url = f"/v1/norm-phases?from=2021-01-01&to=2021-12-31&minPosition={position}"
        until(lambda: client.get(url).status_code == 200, "it follows")
    assert ketenspoor("verify", "--processes", "1", env=two.env).returncode == 0


def test_on_sqlite_several_are_refused_with_the_reason(sqlite_url: str, at_once: Command) -> None:
    env = environment(sqlite_url, port=str(free_port()))
    for said in (
        refused(at_once("serve", "--workers", "2", env=env)),
        refused(at_once("serve", env={**env, "KETENSPOOR_WORKERS": "2"})),
    ):
        assert "KETENSPOOR_WORKERS=2 needs PostgreSQL: one server process works on a SQLite database" in said


@pytest.mark.timeout(120)
def test_of_two_begun_at_the_same_moment_one_has_the_port_and_keeps_it_while_no_worker_listens(
    shared_postgresql_url: str, tmp_path: Path
) -> None:
    env = environment(shared_postgresql_url, workers="2", follower="none") | {"TMPDIR": str(tmp_path)}
    port = free_port()
    services = [Served(env, tmp_path / f"{name}.log", port) for name in ("one", "other")]
    try:
        until(lambda: not all(_goes_on(each) for each in services), "one is refused")
        (loser,) = (each for each in services if not _goes_on(each))
        (winner,) = (each for each in services if _goes_on(each))
        assert loser.process.returncode == 1
        assert f"port {port} of 127.0.0.1 is taken" in loser.log.read_text()
        until(lambda: len(winner.workers()) == 2, "the other starts its workers")
        winner.process.send_signal(signal.SIGSTOP)
        workers = winner.workers()
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        until(lambda: not any(map(runs, workers)), "none is left, and none is started")
        with pytest.raises(CannotListen, match="is taken"):
            bind("127.0.0.1", port)
    finally:
        for each in services:
            each.end()


def _goes_on(service: Served) -> bool:
    return service.process.poll() is None


def test_counters_that_a_killed_parent_left_go_with_the_next_start_and_those_in_use_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with counters() as used:
        # As one that nobody locks.
        left = shutil.copytree(Path(used).parent, tmp_path / "ketenspoor-left")
        assert (left / "counters").is_dir()
        with counters():
            assert Path(used).is_dir()
            assert not left.exists()
    assert list(tmp_path.iterdir()) == []


# The last one: it stops the service of all.
@pytest.mark.timeout(120)
def test_all_stop_together_and_leave_nothing(two: Served) -> None:
    started, temporary = children(two.process.pid), Path(two.env["TMPDIR"])
    assert len(started) == 3
    assert [_is_locked(folder) for folder in temporary.iterdir()] == [True]
    before = two.log.stat().st_size
    two.process.terminate()
    # Whichever is asked says that it is being stopped, and serves as before.
    until(lambda: all(_stops(two) for _ in range(8)), "readiness falls")
    with httpx.Client(base_url=two.address) as client:
        assert post(client, "drained")
    assert two.process.wait(DEADLINE) == 0
    assert not any(map(runs, started))
    assert list(temporary.iterdir()) == []
    assert b'"level":"error"' not in two.log.read_bytes()[before:]


def _is_locked(folder: Path) -> bool:
    """As those are that systemd-tmpfiles leaves alone however old they are."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(held)
    return False


def _stops(service: Served) -> bool:
    answer = httpx.get(f"{service.address}/readyz")
    return [reason["check"] for reason in answer.json()["reasons"]] == ["stopping"]
