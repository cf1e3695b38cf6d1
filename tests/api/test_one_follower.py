"""One follower at a time, in processes of their own: the next takes over when the one that follows is killed."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

import migrations
from domain.facts import Recorded
from projections import dialect
from projections.states import TABLES
from service.projector.follower import Follower
from service.projector.verification import verify
from service.storage.database import connect
from tests.clusters import Cluster, clusters
from tests.processes import COMMAND, environment, until
from tests.rules.histories import granted, housed, linked
from tests.views.logs import Log, stored

STANDS_BY, TAKES_OVER = "another follower follows the log; this one stands by", "this follower takes over"


class Project:
    """`ketenspoor project` in a process of its own."""

    def __init__(self, database_url: str, log: Path) -> None:
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [COMMAND, "project"],
                env=environment(database_url),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def told(self) -> str:
        return self.log.read_text()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@contextmanager
def two_followers(log: Log, database_url: str, directory: Path) -> Iterator[tuple[Project, Project]]:
    """One that follows, and one that stands by."""
    first = Project(database_url, directory / "first.log")
    second = None
    try:
        a_journey(log)
        until(lambda: log.reached() == log.position(), "the first one follows")
        second = Project(database_url, directory / "second.log")
        until(lambda: STANDS_BY in second.told(), "the second one stands by")
        yield first, second
    finally:
        for one in filter(None, (first, second)):
            one.end()


def a_journey(log: Log) -> list[Recorded]:
    return log.commit(
        log.journey([granted("2021-03-01", id="p"), linked("2021-03-10", id="l"), housed("2021-06-10", id="h")])
    )


@pytest.fixture
def log(engine: Engine) -> Log:
    return Log(engine)


def as_a_fresh_rebuild(log: Log) -> bool:
    """Whether the rows are those that the other set gets from the log alone."""
    while Follower(log.engine, cache_limit=0).project_next("view_b"):
        pass
    return stored(log, TABLES, log.recorded) == stored(log, TABLES, log.recorded, "view_b")


def test_the_one_that_stands_by_takes_over_when_the_other_is_killed(
    log: Log, database_url: str, tmp_path: Path
) -> None:
    with two_followers(log, database_url, tmp_path) as (first, second):
        for _ in range(3):
            a_journey(log)
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        a_journey(log)
        until(lambda: log.reached() == log.position() == 15, "the second one follows")
        assert second.told().count(STANDS_BY) == second.told().count(TAKES_OVER) == 1
        assert STANDS_BY not in first.told()
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(60) == 0
    assert as_a_fresh_rebuild(log)
    assert verify(log.engine).differences == 0


_HELD = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks "
    "WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) + objid::bigint = :lock"
)


def test_one_that_loses_its_lock_with_its_connection_notices_and_one_of_the_two_follows(
    postgresql_url: str, tmp_path: Path
) -> None:
    engine = connect(postgresql_url)
    try:
        log = Log(engine)
        with two_followers(log, postgresql_url, tmp_path) as (first, second):
            with engine.connect() as connection:
                assert connection.execute(_HELD, {"lock": dialect.FOLLOWING_LOCK}).all() == [(True,)]
            until(lambda: "the database is away" in first.told(), "the first one noticed")
            a_journey(log)
            until(lambda: log.reached() == log.position() == 6, "one of them follows")
            assert (first.process.poll(), second.process.poll()) == (None, None)
        assert as_a_fresh_rebuild(log)
    finally:
        engine.dispose()


def live_through(cluster: Cluster, tmp_path: Path) -> None:
    engine = connect(cluster.url)
    migrations.upgrade(engine)
    log = Log(engine)
    project = Project(cluster.url, tmp_path / "project.log")
    try:
        a_journey(log)
        until(lambda: log.reached() == 3, "it follows")
        cluster.stop("immediate")
        until(lambda: "the database is away" in project.told(), "it noticed")
        cluster.start()
        a_journey(log)
        until(lambda: log.reached() == 6, "it follows again")
        until(lambda: "the database is back" in project.told(), "it says so")
        assert project.process.poll() is None
        assert project.told().count("the database is away") == 1
        assert "is stopped" not in project.told()
        assert as_a_fresh_rebuild(log)
    finally:
        project.end()
        engine.dispose()


def test_a_follower_lives_through_a_crash_of_the_database(tmp_path: Path) -> None:
    with clusters() as room:
        live_through(room.new(), tmp_path)
