"""The writer when the database is away or something breaks: who waits is told soon, and it goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy import event as sqlalchemy_event

from service.log.event_store import EventStore
from service.log.submission import Outcome, Submission
from service.log.writer import Writer
from service.storage.database import connect, writer
from service.storage.group_commit import Unavailable
from service.storage.locks import append_lock_file
from tests.store.test_writer import KEYS, NOW, held_up, ids, positions, queued, request


@pytest.fixture
def impatient(database_url: str) -> Engine:
    """An engine that waits half a second for a lock."""
    return connect(database_url, use=writer(1.0))


def test_while_the_log_is_locked_a_group_waits_once_and_not_once_a_request(engine: Engine, impatient: Engine) -> None:
    begun: list[Connection] = []
    sqlalchemy_event.listen(impatient, "begin", begun.append)

    async def work() -> list[list[Outcome] | BaseException]:
        appender = Writer(EventStore(impatient, KEYS, lambda: NOW))
        appender.start(asyncio.get_running_loop())
        with held_up(engine):
            tasks = await queued(appender, *(request(f"l-{n}") for n in range(40)))
            told = await asyncio.gather(*tasks, return_exceptions=True)
        assert len(begun) <= 2
        # As soon as the log is free again it goes on.
        assert positions(await appender.record(request("l-1"))) == [1]
        await asyncio.to_thread(appender.stop)
        return told

    assert {type(one) for one in asyncio.run(work())} == {Unavailable}
    impatient.dispose()
    assert ids(engine) == ["l-1"]


class _Breaking(EventStore):
    """A ledger in which something breaks that nobody thought of, and then no more."""

    broken = True

    def commit(self, requests: Sequence[Submission]) -> list[list[Outcome]]:
        if self.broken:
            raise MemoryError
        return super().commit(requests)


def test_whatever_breaks_the_writer_tells_and_goes_on(engine: Engine) -> None:
    ledger = _Breaking(engine, KEYS, lambda: NOW)

    async def work() -> None:
        appender = Writer(ledger)
        appender.start(asyncio.get_running_loop())
        with pytest.raises(MemoryError):
            await appender.record(request("l-0"))
        ledger.broken = False
        assert positions(await appender.record(request("l-1"))) == [1]
        await asyncio.to_thread(appender.stop)

    asyncio.run(work())


def test_a_lock_file_that_cannot_be_taken_is_an_outage_and_no_fault_of_the_sender(sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    lock = append_lock_file(engine)
    lock.unlink(missing_ok=True)
    lock.mkdir()

    async def work() -> None:
        appender = Writer(EventStore(engine, KEYS, lambda: NOW))
        appender.start(asyncio.get_running_loop())
        with pytest.raises(Unavailable):
            await appender.record(request("l-0"))
        lock.rmdir()
        assert positions(await appender.record(request("l-1"))) == [1]
        await asyncio.to_thread(appender.stop)

    asyncio.run(work())
    engine.dispose()


def test_what_comes_after_the_end_is_refused_and_not_kept_waiting(engine: Engine) -> None:
    async def work() -> None:
        appender = Writer(EventStore(engine, KEYS, lambda: NOW))
        appender.start(asyncio.get_running_loop())
        await asyncio.to_thread(appender.stop)
        with pytest.raises(Unavailable):
            await asyncio.wait_for(appender.record(request("l-0")), 20)

    asyncio.run(work())
    assert ids(engine) == []
