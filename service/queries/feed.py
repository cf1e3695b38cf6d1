"""The log as it grows, as Server-Sent Events: one look at its head for a whole process wakes all who listen.

A listener reads for itself from where it is, on a connection held no longer than that takes, and reads on when what it
was told is sent: who takes things slowly is behind, and costs no memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple
from uuid import UUID

from fastapi.sse import EventSourceResponse, format_sse_event
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive, Scope, Send

from service.foundation.answers import encoded
from service.foundation.errors import log_error
from service.foundation.problems import busy
from service.foundation.time import Clock
from service.log.recorder import EventRecorder
from service.queries.events import Selection, describe_events, read_selected
from service.queries.question import open_log_question
from service.queries.times import Times
from service.queries.visibility import OwnScope
from service.storage.database import reading

_log = logging.getLogger("ketenspoor")

#: Is told how far a stream comes and about whom, before it is sent; whether it may be.
Telling = Callable[[int, set[UUID]], Awaitable[bool]]

#: The question that a stream asks again and again.
AT_PRESENT = Times(None, None, "service", None, None)
_LOOK_EVERY = 0.1
_LOOK_AGAIN_AFTER_FAULT = 2.0
_RECONNECT_AFTER_MS = 2_000
_EVENTS_A_READ = 200
_POSITIONS_A_READ = 50_000


class Limits(NamedTuple):
    """How many may listen to one process, and how many of them read at once; in seconds, how long it is silent before a
    sign of life, how long it waits for a listener to take what it is sent, and how long a stream goes on: who comes
    back is authenticated again, where a token may have expired, or somebody signed out, meanwhile."""

    streams: int = 100
    reads: int = 4
    silence: float = 15.0
    patience: float = 60.0
    longest: float = 300.0


_LIMITS = Limits()


class Feed:
    """The streams of one process; all of it runs on the loop of the server, its reads in threads."""

    def __init__(self, engine: Engine, clock: Clock, limits: Limits = _LIMITS) -> None:
        self._engine, self._clock, self.limits = engine, clock, limits
        self._position = 0
        self._turned = asyncio.Event()
        self._reads = asyncio.Semaphore(limits.reads)
        self._listening = 0
        self._looking: asyncio.Task[None] | None = None
        self._stopped = asyncio.Event()

    def stream(self, after: int, selection: Selection, telling: Telling, own: OwnScope | None = None) -> Stream:
        """The answer that tells what is recorded behind a position, and goes on; 503 where too many listen.

        `telling` is told how far and, of what is the caller's own, about whom, before it is sent. With `own` only what
        is the caller's own at the time it is told.
        """
        return Stream(self, self._events(after, selection, telling, own))

    def stop(self) -> None:
        """End all streams; whoever listens comes back, to another process or a later one."""
        self._stopped.set()
        self._turn()

    async def end(self) -> None:
        """Stop, and leave the database alone from then on."""
        self.stop()
        if self._looking is not None:
            await self._looking

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among those who listen; the head of the log is looked at while there are any."""
        if self._stopped.is_set() or self._listening >= self.limits.streams:
            raise busy()
        self._listening += 1
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._listening -= 1

    def _turn(self) -> None:
        """Wake all who wait."""
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()

    async def _look(self) -> None:
        """Look where the log ends, again and again; who waits for it is woken when it has grown."""
        while self._listening and not self._stopped.is_set():
            pause = _LOOK_EVERY
            try:
                position = await run_in_threadpool(self._head)
            except Exception as fault:  # noqa: BLE001 - the database may be back in a moment
                log_error(_log, "the head of the log could not be read", fault)
                pause = _LOOK_AGAIN_AFTER_FAULT
            else:
                if position > self._position:
                    self._position = position
                    self._turn()
            await _set_within(self._stopped, pause)
        self._looking = None

    def _head(self) -> int:
        with reading(self._engine) as connection:
            return EventRecorder(connection).head().position

    async def _events(
        self, after: int, selection: Selection, telling: Telling, own: OwnScope | None
    ) -> AsyncIterator[bytes]:
        """What is selected behind a position, as it comes, and a sign of life after silence.

        The sign carries the position that was come to, so that who reconnects need not look through all of it again.
        """
        yield format_sse_event(comment="the log of Ketenspoor", retry=_RECONNECT_AFTER_MS)
        clock = asyncio.get_running_loop().time
        spoken = clock()
        over = spoken + self.limits.longest
        while not self._stopped.is_set() and clock() < over:
            turned = self._turned
            if after < self._position:
                async with self._reads:
                    text, after, journeys = await run_in_threadpool(self._read, after, selection, own)
                if text:
                    if not await telling(after, journeys):
                        # Who listens comes back, and is told then.
                        return
                    yield text
                    spoken = clock()
            else:
                await _set_within(turned, min(spoken + self.limits.silence, over) - clock())
            if clock() >= spoken + self.limits.silence:
                yield format_sse_event(comment="still here", id=str(after))
                spoken = clock()

    def _read(self, after: int, selection: Selection, own: OwnScope | None) -> tuple[bytes, int, set[UUID]]:
        """The next events as they are sent, how far the log was read, and whom they are about if not about all."""
        with open_log_question(self._engine, AT_PRESENT, self._clock) as question:
            found = read_selected(question, after, _EVENTS_A_READ, selection, own=own, at_most=_POSITIONS_A_READ)
            events = describe_events(question, found.rows)
        reached = question.position if found.continues_at is None else found.continues_at
        journeys = set() if own is None else {event["subject"] for event in events if event["subject"] is not None}
        return b"".join(map(_sent, events)), max(after, reached), journeys


class Stream(EventSourceResponse):
    """One stream; it has its place from its first byte until it ends, in whatever way."""

    def __init__(self, feed: Feed, events: AsyncIterator[bytes]) -> None:
        # Proxies that gather what they pass on would keep it.
        super().__init__(events, headers={"X-Accel-Buffering": "no", "Vary": "Accept"})
        self._feed = feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def patiently(message: Message) -> None:
            async with asyncio.timeout(self._feed.limits.patience):
                await send(message)

        with self._feed.place(), suppress(TimeoutError):
            await super().__call__(scope, receive, patiently)


def asks_for_stream(accept: str | None) -> bool:
    """Whether an Accept header asks for a stream by its name, and does not like JSON better."""
    liked: dict[str, float] = {}
    for choice in (accept or "").split(","):
        name, *parameters = (part.strip().lower() for part in choice.split(";"))
        weights = [parameter[2:] for parameter in parameters if parameter.startswith("q=")]
        try:
            liked[name] = float(weights[0]) if weights else 1.0
        except ValueError:
            liked[name] = 0.0
    stream = liked.get("text/event-stream", 0.0)
    return stream > 0 and stream >= liked.get("application/json", 0.0)


def _sent(event: Mapping[str, Any]) -> bytes:
    # JSON has no line breaks of its own, so it is one line of data.
    return format_sse_event(id=str(event["position"]), event=event["type"], data_str=encoded(event).decode())


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but no longer than that."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), max(0.0, seconds))
