"""A question about just now has one answer: it waits for what is being recorded while it is asked."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine

from projections import dialect
from service.foundation.problems import Problem
from service.log import recorder
from service.log.events import NewEvent
from service.log.recorder import EventRecorder
from service.queries.question import open_log_question
from service.queries.times import Times
from service.storage.database import PoolSettings, connect, writing
from service.storage.locks import append_lock_file

STAMP = datetime(2022, 7, 15, 10, 0, tzinfo=UTC)
ROW = NewEvent(UUID(int=1), 1, "linked.v1", "{}", STAMP.date(), STAMP, STAMP, "urn:x", "l-1", "0" * 20, b"")


def asked(engine: Engine, known_at: datetime) -> int:
    times = Times(None, known_at, "service", None, None)
    with open_log_question(engine, times, lambda: STAMP + timedelta(seconds=1)) as question:
        return question.position


def test_a_question_about_just_now_waits_for_the_commit_under_way(engine: Engine) -> None:
    stamped, seen = threading.Event(), threading.Event()

    def commit() -> None:
        with writing(engine) as connection:
            EventRecorder(connection).lock()
            EventRecorder(connection).insert_events([ROW])
            stamped.set()
            seen.wait(20)

    with ThreadPoolExecutor(2) as pool:
        committing = pool.submit(commit)
        stamped.wait(20)
        answer = pool.submit(asked, engine, STAMP + timedelta(milliseconds=1))
        threading.Event().wait(0.3)
        early = answer.done()
        seen.set()
        committing.result()
        assert (early, answer.result()) == (False, 1)


def test_a_question_about_long_ago_waits_for_nobody(engine: Engine) -> None:
    with writing(engine) as connection:
        EventRecorder(connection).lock()
        assert asked(engine, STAMP - timedelta(days=1)) == 0


def test_a_commit_that_comes_to_nothing_is_waited_for_no_longer_than_it_takes(engine: Engine) -> None:
    began, seen = threading.Event(), threading.Event()

    def fail() -> None:
        with contextlib.suppress(InterruptedError), writing(engine) as connection:
            EventRecorder(connection).lock()
            EventRecorder(connection).insert_events([ROW])
            began.set()
            seen.wait(20)
            raise InterruptedError

    with ThreadPoolExecutor(2) as pool:
        failing = pool.submit(fail)
        began.wait(20)
        answer = pool.submit(asked, engine, STAMP + timedelta(milliseconds=1))
        seen.set()
        failing.result()
        assert answer.result() == 0


def test_of_commits_that_follow_one_another_only_the_one_under_way_is_waited_for(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whenever it is looked at, one of them is under way.
    look = recorder.look_at_end
    monkeypatch.setattr(recorder, "look_at_end", lambda engine: look(engine)._replace(transaction="some"))
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(asked, engine, STAMP + timedelta(milliseconds=1))
        number = 0
        while not answer.done():
            number += 1
            EventRecorder(engine).insert_events([ROW._replace(version=number, source_id=f"l-{number}")])
        assert answer.result() >= 1


def test_commits_that_bring_nothing_cannot_hold_a_question_up(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whenever it is looked at, another one is under way, and the log does not grow.
    look, names = recorder.look_at_end, count()
    monkeypatch.setattr(
        recorder, "look_at_end", lambda engine: look(engine)._replace(transaction=f"transaction {next(names)}")
    )
    assert asked(engine, STAMP + timedelta(milliseconds=1)) == 0
    assert next(names) == 2


def test_few_questions_wait_for_a_commit_and_the_others_are_told_to_come_back(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.queries.question._WAITING", threading.BoundedSemaphore(1))
    monkeypatch.setattr("service.queries.question._LONGEST_WAIT", 60.0)
    look, looks, waiting, over = recorder.look_at_end, count(1), threading.Event(), threading.Event()

    def looked(engine: Engine) -> recorder.CommitUnderWay:
        # Who looks for the second time waits already.
        if next(looks) > 1:
            waiting.set()
        return look(engine) if over.is_set() else look(engine)._replace(transaction="some")

    monkeypatch.setattr(recorder, "look_at_end", looked)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(asked, engine, STAMP)
        assert waiting.wait(20)
        try:
            with pytest.raises(Problem) as refused:
                pool.submit(asked, engine, STAMP).result(timeout=20)
        finally:
            over.set()
        assert (refused.value.status, first.result()) == (503, 0)


def test_the_lock_beside_a_database_is_as_readable_and_writable_as_that(sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    database, lock = Path(str(engine.url.database)), append_lock_file(engine)
    lock.unlink(missing_ok=True)
    database.chmod(0o660)
    EventRecorder(engine).insert_events([ROW])
    assert lock.stat().st_mode & 0o777 == 0o660
    engine.dispose()


def test_who_asks_about_just_now_keeps_nobody_from_appending(database_url: str) -> None:
    impatient = connect(
        database_url, use=PoolSettings(connections=1, connections_sqlite=1, cache_kib=100, patience=5, lock=0)
    )
    readers = connect(database_url)
    enough = threading.Event()

    def ask() -> int:
        times = 0
        while not enough.is_set():
            asked(readers, STAMP + timedelta(milliseconds=1))
            times += 1
        return times

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask) for _ in range(3)]
        try:
            for number in range(1, 301):
                # Where the lock is not free this very moment it fails.
                with writing(impatient) as connection:
                    if connection.dialect.name == "postgresql":
                        assert connection.exec_driver_sql(
                            "SELECT pg_try_advisory_xact_lock(%s)", (dialect.LOG_LOCK,)
                        ).scalar_one()
                    event = ROW._replace(version=number, source_id=f"l-{number}")
                    EventRecorder(connection).insert_events([event])
        finally:
            enough.set()
        assert min(one.result() for one in asking) > 0
    for engine in (impatient, readers):
        engine.dispose()
