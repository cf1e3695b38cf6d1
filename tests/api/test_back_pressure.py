"""What is being posted has a bound in bytes and in time; beyond it a sender is asked to come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access.caller import DEVELOPER, set_caller
from service.foundation import organisations
from service.foundation.memory_budget import BudgetExceeded, MemoryBudget, Reservation
from service.intake import bodies, endpoint, validator
from service.intake.cloudevents import BATCH, LINES, ONE
from service.intake.endpoint import Intake
from service.log.event_store import EventStore
from service.log.keys import Keyring
from service.log.writer import Writer
from service.storage.database import reading
from service.storage.service_tables import events
from tests.posts import CBS, body, event, lines, linked

NOW = datetime(2022, 7, 15, 10, 0, tzinfo=UTC)
KEYS = Keyring(bytes(range(32)))
Post = Callable[..., Coroutine[Any, Any, httpx.Response]]


def open_to_all(intake: Intake) -> ASGIApp:
    """The endpoint behind a door that lets everybody in."""

    async def let_through(scope: Scope, receive: Receive, send: Send) -> None:
        set_caller(scope, DEVELOPER)
        await intake(scope, receive, send)

    return let_through


@asynccontextmanager
async def posting(engine: Engine, budget: MemoryBudget, seconds: float = 30.0) -> AsyncIterator[Post]:
    """The endpoint with a writer, and a way to post to it."""
    writer = Writer(EventStore(engine, KEYS, lambda: NOW))
    writer.start(asyncio.get_running_loop())
    intake = Intake(engine, writer, organisations.development, KEYS, lambda: NOW, budget=budget, seconds=seconds)
    transport = httpx.ASGITransport(open_to_all(intake))
    async with httpx.AsyncClient(transport=transport, base_url="http://ketenspoor.test") as client:

        async def post(content: bytes | AsyncIterator[bytes], form: str = ONE) -> httpx.Response:
            return await client.post("/v1/events", content=content, headers={"Content-Type": form})

        yield post
    await asyncio.to_thread(writer.stop)


async def halting(first: bytes, halt: asyncio.Event, then: bytes) -> AsyncIterator[bytes]:
    yield first
    await halt.wait()
    yield then


async def silent(first: bytes) -> AsyncIterator[bytes]:
    yield first
    await asyncio.Event().wait()


async def slowly(chunks: list[bytes], seconds: float) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
        await asyncio.sleep(seconds)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  what is waited for is a number
            await asyncio.sleep(0.01)


def ids(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.execute(select(events.c.source_id).order_by(events.c.position)).scalars())


def test_who_finds_no_room_is_asked_to_come_back_and_then_finds_it(engine: Engine) -> None:
    budget = MemoryBudget(1_000)
    large = body([linked("l-1", household="H" * 200), linked("l-2", household="H" * 200)])

    async def work() -> None:
        async with posting(engine, budget) as post:
            halt = asyncio.Event()
            first = asyncio.create_task(post(halting(large[:800], halt, large[800:]), BATCH))
            await until(lambda: budget.reserved == 800)
            refused = await post(body(linked("l-3")))
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
            assert refused.headers["Content-Type"] == "application/problem+json"
            halt.set()
            # What takes more than there is, by now alone, is taken all the same.
            assert (await first).json()["recorded"] == 2
            assert budget.reserved == 0
            assert (await post(body(linked("l-3")))).status_code == 201

    asyncio.run(work())
    assert ids(engine) == ["l-1", "l-2", "l-3"]


def test_a_body_that_waits_to_be_committed_still_takes_its_room(engine: Engine) -> None:
    budget = MemoryBudget(100)

    async def work() -> None:
        async with posting(engine, budget) as post:
            first, second = (
                asyncio.create_task(post(body(linked("l-1")))),
                asyncio.create_task(post(body(linked("l-2")))),
            )
            assert sorted([(await first).status_code, (await second).status_code]) == [201, 503]
            assert budget.reserved == 0

    asyncio.run(work())
    assert len(ids(engine)) == 1


def test_who_announces_more_than_there_is_room_for_need_not_send_it(engine: Engine) -> None:
    budget = MemoryBudget(1_000)

    async def work() -> int:
        async with posting(engine, budget) as post:
            halt = asyncio.Event()
            first = asyncio.create_task(post(halting(body(linked("l-1")), halt, b" ")))
            await until(lambda: budget.reserved > 0)
            asked = await announcing(engine, budget, 900)
            halt.set()
            assert (await first).status_code == 201
            return asked

    assert asyncio.run(work()) == 503


def test_who_only_announces_a_large_body_keeps_nobody_from_posting(engine: Engine) -> None:
    budget = MemoryBudget(1_000)

    async def work() -> int:
        reservation = Reservation(budget)
        with reservation:
            silent_body = asyncio.create_task(bodies.read_whole(asyncio.Event().wait, "900", 1_000, reservation, 30.0))  # type: ignore[arg-type]
            await asyncio.sleep(0)
            async with posting(engine, budget) as post:
                status = (await post(body(linked("l-1")))).status_code
            silent_body.cancel()
            return status

    assert asyncio.run(work()) == 201


def test_large_bodies_that_come_slowly_leave_room_for_single_events() -> None:
    budget = MemoryBudget(8_000_000)
    with Reservation(budget) as large, Reservation(budget) as another, Reservation(budget) as small:
        large.reserve(4_000_000)
        another.reserve(2_000_000)
        with pytest.raises(BudgetExceeded):
            another.reserve(10_000)
        small.reserve(200_000)


def test_more_streams_than_may_wait_are_asked_to_come_back(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_MOST_STREAMS", 1)

    async def work() -> list[int]:
        async with posting(engine, MemoryBudget()) as post:
            halt = asyncio.Event()
            first = asyncio.create_task(post(halting(lines([linked("l-1")]), halt, lines([linked("l-2")])), LINES))
            await until(lambda: ids(engine) == ["l-1"])
            second = await post(lines([linked("l-3")]), LINES)
            halt.set()
            answers = [await first, second, await post(lines([linked("l-4")]), LINES)]
            return [answer.status_code for answer in answers]

    assert asyncio.run(work()) == [200, 503, 200]


def test_who_waits_too_long_to_be_judged_is_asked_to_come_back(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """As behind others that wait for a database that is away."""
    monkeypatch.setattr(validator, "MOST_SECONDS_WAITING", -1.0)

    async def work() -> list[int]:
        async with posting(engine, MemoryBudget()) as post:
            answers = [await post(body([linked("l-1")]), BATCH), await post(lines([linked("l-2")]), LINES)]
            return [answer.status_code for answer in answers]

    assert asyncio.run(work()) == [503, 200]
    assert ids(engine) == ["l-2"]


async def announcing(engine: Engine, budget: MemoryBudget, size: int) -> int:
    """The status that is answered to a body of so many bytes, none of which is ever sent."""
    intake = Intake(
        engine,
        Writer(EventStore(engine, KEYS, lambda: NOW)),
        organisations.development,
        KEYS,
        lambda: NOW,
        budget=budget,
    )
    headers = [(b"content-type", ONE.encode()), (b"content-length", str(size).encode())]
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/v1/events",
        "query_string": b"",
        "headers": headers,
    }
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("nothing of the body is read")

    async def send(message: Message) -> None:
        sent.append(message)

    await open_to_all(intake)(scope, receive, send)
    status: int = sent[0]["status"]
    return status


def test_room_is_given_back_whatever_became_of_the_body(engine: Engine) -> None:
    budget = MemoryBudget(10_000_000)

    async def work() -> list[int]:
        async with posting(engine, budget, seconds=0.3) as post:
            answers = [
                await post(body(linked("l-1"))),
                await post(b"no JSON"),
                await post(b"x" * 300_000),
                await post(body([1, 2]), BATCH),
                await post(silent(b'{"id": ')),
                await post(lines([linked("l-2")]), LINES),
                await post(silent(lines([linked("l-3")])), LINES),
            ]
            assert budget.reserved == 0
            return [answer.status_code for answer in answers]

    assert asyncio.run(work()) == [201, 400, 413, 200, 408, 200, 408]


def test_a_body_that_does_not_come_in_time_is_told_so_and_left(engine: Engine) -> None:
    async def work() -> httpx.Response:
        async with posting(engine, MemoryBudget(), seconds=0.3) as post:
            return await post(silent(body(linked("l-1"))))

    answer = asyncio.run(work())
    assert (answer.status_code, answer.json()["title"]) == (408, "Too slow")
    assert ids(engine) == []


def test_a_stream_of_lines_may_take_its_time_but_not_fall_silent(engine: Engine) -> None:
    many = [lines([linked(f"l-{n}")]) for n in range(6)]

    async def work() -> tuple[httpx.Response, httpx.Response]:
        async with posting(engine, MemoryBudget(), seconds=1.0) as post:
            # In all longer than any silence may be.
            slow = asyncio.create_task(post(slowly(many, 0.3), LINES))
            left = asyncio.create_task(post(silent(lines([linked("l-6")])), LINES))
            return await slow, await left

    slow, left = asyncio.run(work())
    assert (slow.status_code, slow.json()["recorded"]) == (200, 6)
    assert left.status_code == 408
    # What had come is recorded, and a repeat when it is sent again.
    assert sorted(ids(engine)) == [f"l-{n}" for n in range(7)]


def test_streams_of_lines_wait_for_their_turn_instead_of_being_refused(engine: Engine) -> None:
    async def work() -> list[int]:
        async with posting(engine, MemoryBudget(1)) as post:
            streams = [lines(linked(f"l-{n}-{m}") for m in range(20)) for n in range(30)]
            answers = await asyncio.gather(*(post(stream, LINES) for stream in streams))
            return [answer.json()["recorded"] for answer in answers]

    assert asyncio.run(work()) == [20] * 30
    assert len(ids(engine)) == 600


def test_lines_behind_a_merger_in_an_earlier_portion_are_judged_by_it(engine: Engine) -> None:
    merged = event(
        "municipality-merged", CBS, "m-1", effectiveOn="2022-01-01", on="2022-01-01", municipality="GM0153",
        into="GM9901", name="Nieuwstad", province="PV23",
    )  # fmt: skip
    first = [merged, *(linked(f"l-{n}") for n in range(1_999))]
    then = [linked("n-1", municipality="GM9901"), linked("n-2", municipality="GM9902")]

    async def work() -> httpx.Response:
        async with posting(engine, MemoryBudget()) as post:
            return await post(lines([*first, *then]), LINES)

    told = asyncio.run(work()).json()
    assert (told["recorded"], told["rejected"]) == (2_001, 1)
    assert told["results"][0]["index"] == 2_001
