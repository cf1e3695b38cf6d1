"""Killed at any moment: what was acknowledged is there, once, and all goes on by itself. `make bench` kills oftener."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.campaign import Toll
from tests.benchmarks.kills import fail_over, kill_servers, kill_workers
from tests.pids import runs
from tests.processes import Served, environment, until

#: Seconds between two requests of a sender: they still are under way most of the time, and there is less to reckon.
PAUSE = 0.1


def is_clean(toll: Toll) -> bool:
    """Whether nothing was lost; what was, with the seed that makes the same kills again, is shown by the assertion."""
    assert toll.clean(), toll.told()
    return toll.acknowledged > 0


@pytest.mark.timeout(200)
def test_every_acknowledged_event_survives_kills_of_the_service(sqlite_url: str, tmp_path: Path) -> None:
    toll = kill_servers(sqlite_url, kills=3, seed=20_220_107, directory=tmp_path, pause=PAUSE)
    assert is_clean(toll)
    assert set(toll.kills) == {"server", "server and follower", "follower"}


@pytest.mark.timeout(200)
def test_every_acknowledged_event_survives_kills_of_workers_of_their_follower_and_of_their_parent(
    postgresql_url: str, tmp_path: Path
) -> None:
    toll = kill_workers(postgresql_url, kills=3, seed=20_220_107, directory=tmp_path, pause=PAUSE)
    assert is_clean(toll)
    assert set(toll.kills) == {"worker", "follower", "parent"}


@pytest.mark.timeout(200)
def test_every_acknowledged_event_survives_kills_of_postgresql_and_the_loss_of_the_primary(tmp_path: Path) -> None:
    toll = fail_over(times=1, seed=20_220_107, directory=tmp_path, kills=3)
    assert is_clean(toll)
    assert set(toll.kills) == {"cluster", "backend", "cluster and service", "primary"}


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
