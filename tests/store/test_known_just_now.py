"""A question about just now has one answer: it waits for what is being recorded while it is asked."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine

from service.log.recorder import EventRow, append, take_append_lock
from service.queries.question import Times, asking_log
from service.storage.database import writing

STAMP = datetime(2022, 7, 15, 10, 0, tzinfo=UTC)
ROW = EventRow(UUID(int=1), 1, "linked.v1", "{}", STAMP.date(), STAMP, STAMP, "urn:x", "l-1", "0" * 20, b"")


def asked(engine: Engine, known_at: datetime) -> int:
    times = Times(None, known_at, "service", None, None)
    with asking_log(engine, times, lambda: STAMP + timedelta(seconds=1)) as question:
        return question.position


def test_a_question_about_just_now_waits_for_the_commit_under_way(engine: Engine) -> None:
    stamped, seen = threading.Event(), threading.Event()

    def commit() -> None:
        with writing(engine) as connection:
            take_append_lock(connection)
            append(connection, [ROW])
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
        take_append_lock(connection)
        assert asked(engine, STAMP - timedelta(days=1)) == 0
