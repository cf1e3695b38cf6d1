"""Group commit: what waits goes together, what fails fails alone, and nobody is told before it is durable."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from domain.places import Places
from service.access.caller import DEVELOPER
from service.foundation import organisations
from service.intake.references import Poster
from service.intake.validation import ValidationContext, validate_event
from service.log.event_store import EventStore
from service.log.keys import Keyring
from service.log.recorder import EventRecorder
from service.log.submission import Admitted, Outcome, Receipted, Submission
from service.log.writer import MOST_EVENTS_A_GROUP, MOST_EVENTS_WAITING, Writer
from service.storage.database import reading, writing
from service.storage.group_commit import Overloaded, Unavailable
from service.storage.service_tables import events
from tests.posts import but, linked

NOW = datetime(2022, 7, 15, 10, 0, tzinfo=UTC)
KEYS = Keyring(bytes(range(32)))
GIVEN = ValidationContext(date(2022, 7, 15), Places.shipped(), organisations.development, KEYS, Poster(DEVELOPER))


def admitted(posted: Any) -> Admitted:
    judged = validate_event(posted, GIVEN)
    assert isinstance(judged, Admitted), judged
    return judged


def request(*ids: str, atomic: bool = False) -> Submission:
    return Submission([admitted(linked(id_)) for id_ in ids], atomic)


@asynccontextmanager
async def running(engine: Engine) -> AsyncIterator[Writer]:
    writer = Writer(EventStore(engine, KEYS, lambda: NOW))
    writer.start(asyncio.get_running_loop())
    try:
        yield writer
    finally:
        await asyncio.to_thread(writer.stop)


def with_writer(engine: Engine, work: Callable[[Writer], Coroutine[Any, Any, Any]]) -> Any:
    async def run() -> Any:
        async with running(engine) as writer:
            return await work(writer)

    return asyncio.run(run())


@contextlib.contextmanager
def held_up(engine: Engine) -> Iterator[None]:
    """While this lasts nobody can append, so requests gather."""
    with writing(engine) as connection:
        EventRecorder(connection).lock()
        yield


async def queued(writer: Writer, *requests: Submission) -> list[asyncio.Task[list[Outcome]]]:
    """Requests under way, all handed to the writer."""
    tasks = [asyncio.create_task(writer.record(one)) for one in requests]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


def ids(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.execute(select(events.c.source_id).order_by(events.c.position)).scalars())


def positions(outcomes: list[Outcome]) -> list[int]:
    assert all(isinstance(one, Receipted) for one in outcomes), outcomes
    return [one.position for one in outcomes if isinstance(one, Receipted)]


def test_what_gathers_during_a_commit_is_committed_together(engine: Engine) -> None:
    async def work(writer: Writer) -> list[list[Outcome]]:
        with held_up(engine):
            tasks = await queued(writer, *(request(f"l-{n}") for n in range(50)))
            assert not any(task.done() for task in tasks)
        return await asyncio.gather(*tasks)

    told = with_writer(engine, work)
    assert [position for outcomes in told for position in positions(outcomes)] == list(range(1, 51))
    # The first may have left alone; all that waited behind it share one commit.
    assert len({one.recorded_at for outcomes in told for one in outcomes}) <= 2


def test_an_outcome_is_told_once_another_reader_can_see_the_event(engine: Engine) -> None:
    async def work(writer: Writer) -> None:
        for n in range(20):
            await writer.record(request(f"l-{n}"))
            assert ids(engine) == [f"l-{seen}" for seen in range(n + 1)]

    with_writer(engine, work)


def test_an_atomic_request_that_fails_takes_none_of_its_group_with_it(engine: Engine) -> None:
    failing = Submission([admitted(linked("l-2")), validate_event(but(linked("l-3"), time="x"), GIVEN)], atomic=True)

    async def work(writer: Writer) -> list[list[Outcome]]:
        with held_up(engine):
            tasks = await queued(writer, request("l-0"), request("l-1"), failing, request("l-2", atomic=True))
        return await asyncio.gather(*tasks)

    told = with_writer(engine, work)
    assert [len(positions(told[n])) for n in (0, 1, 3)] == [1, 1, 1]
    assert not any(isinstance(one, Receipted) for one in told[2])
    assert ids(engine) == ["l-0", "l-1", "l-2"]


def test_a_request_that_can_not_be_written_fails_alone(engine: Engine) -> None:
    impossible = Submission([admitted(linked("l-1"))._replace(personal={"what": object()})])

    async def work(writer: Writer) -> list[list[Outcome] | BaseException]:
        with held_up(engine):
            tasks = await queued(writer, request("l-0"), request("l-2"), impossible, request("l-3"))
        return await asyncio.gather(*tasks, return_exceptions=True)

    told = with_writer(engine, work)
    assert isinstance(told[2], TypeError)
    assert [positions(told[n]) for n in (0, 1, 3)] == [[1], [2], [3]]
    assert ids(engine) == ["l-0", "l-2", "l-3"]


def test_a_group_is_committed_in_the_order_in_which_its_requests_came(engine: Engine) -> None:
    async def work(writer: Writer) -> None:
        with held_up(engine):
            tasks = await queued(writer, request("l-0"), request("l-2", "l-1"), request("l-4"), request("l-3"))
        await asyncio.gather(*tasks)

    with_writer(engine, work)
    assert ids(engine) == ["l-0", "l-2", "l-1", "l-4", "l-3"]


def test_a_group_is_no_larger_than_it_may_be(engine: Engine) -> None:
    first, second = (Submission([admitted(linked(id_))] * (MOST_EVENTS_A_GROUP // 2 + 1)) for id_ in ("l-1", "l-2"))

    async def work(writer: Writer) -> list[list[Outcome]]:
        with held_up(engine):
            tasks = await queued(writer, request("l-0"), first, second, request("l-3"))
        return await asyncio.gather(*tasks)

    _, one, other, last = with_writer(engine, work)
    assert [positions(outcomes)[0] for outcomes in (one, other, last)] == [2, 3, 4]
    # The two halves did not fit into one group; what came after them went with the second.
    assert one[0].recorded_at < other[0].recorded_at == last[0].recorded_at


def test_when_too_much_waits_a_sender_is_asked_to_come_back(engine: Engine) -> None:
    much = Submission([admitted(linked("l-1"))] * MOST_EVENTS_WAITING)

    async def work(writer: Writer) -> None:
        with held_up(engine):
            (waiting,) = await queued(writer, much)
            with pytest.raises(Overloaded):
                await writer.record(request("l-2"))
        assert len(await waiting) == MOST_EVENTS_WAITING
        assert positions(await writer.record(request("l-2"))) == [2]

    with_writer(engine, work)


def test_a_request_that_is_larger_than_what_may_wait_is_taken_when_nothing_waits(engine: Engine) -> None:
    much = Submission([admitted(linked("l-1"))] * (MOST_EVENTS_WAITING + 1))
    assert len(with_writer(engine, lambda writer: writer.record(much))) == MOST_EVENTS_WAITING + 1


def test_when_the_database_refuses_nothing_is_acknowledged_and_the_writer_goes_on(engine: Engine) -> None:
    async def work(writer: Writer) -> list[int]:
        assert positions(await writer.record(request("l-0"))) == [1]
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE rejections RENAME TO put_aside"))
        refused = Submission([admitted(linked("l-1")), validate_event(but(linked("l-2"), time="x"), GIVEN)])
        with pytest.raises(Unavailable):
            await writer.record(refused)
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE put_aside RENAME TO rejections"))
        outcomes = await writer.record(refused)
        return positions(outcomes[:1])

    assert with_writer(engine, work) == [2]
    assert ids(engine) == ["l-0", "l-1"]


def test_a_sender_that_left_does_not_keep_others_waiting(engine: Engine) -> None:
    async def work(writer: Writer) -> None:
        with held_up(engine):
            _, gone, _ = tasks = await queued(writer, request("l-0"), request("l-1"), request("l-2"))
            gone.cancel()
        told = await asyncio.gather(*tasks, return_exceptions=True)
        assert [isinstance(one, asyncio.CancelledError) for one in told] == [False, True, False]
        # What it had sent is recorded all the same, and is a repeat when it comes again.
        (outcome,) = await writer.record(request("l-1"))
        assert isinstance(outcome, Receipted) and outcome.repeated

    with_writer(engine, work)
    assert ids(engine) == ["l-0", "l-1", "l-2"]


def test_what_waits_when_the_service_stops_is_still_committed(engine: Engine) -> None:
    async def work() -> list[list[Outcome]]:
        writer = Writer(EventStore(engine, KEYS, lambda: NOW))
        writer.start(asyncio.get_running_loop())
        with held_up(engine):
            tasks = await queued(writer, request("l-0"), request("l-1"), request("l-2"))
            stopping = asyncio.create_task(asyncio.to_thread(writer.stop))
            await asyncio.sleep(0)
        await stopping
        return await asyncio.gather(*tasks)

    assert [positions(outcomes) for outcomes in asyncio.run(work())] == [[1], [2], [3]]


def test_two_writers_of_one_log_keep_it_gapless_and_free_of_doubles(engine: Engine) -> None:
    async def work() -> list[list[Outcome]]:
        async with running(engine) as one, running(engine) as other:
            same = [writer.record(request(f"l-{n}", f"l-{n + 1}")) for n in range(40) for writer in (one, other)]
            return await asyncio.gather(*same)

    told = asyncio.run(work())
    assert sorted(ids(engine)) == sorted(f"l-{n}" for n in range(41))
    with reading(engine) as connection:
        rows = connection.execute(select(events.c.position, events.c.recorded_at).order_by(events.c.position)).all()
    assert [row.position for row in rows] == list(range(1, 42))
    assert [row.recorded_at for row in rows] == sorted(row.recorded_at for row in rows)
    assert sum(isinstance(one, Receipted) and not one.repeated for outcomes in told for one in outcomes) == 41
