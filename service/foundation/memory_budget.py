"""How much of what clients send and are sent one process holds at once: bodies and answers in bytes, events by number.

Whatever they do, its memory has a bound: who finds no room is asked to come back, or waits in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

#: All bodies that are being read, judged or waiting to be committed, and the answers that are being sent, in bytes.
MOST_BYTES_AT_ONCE = 24 * 1024 * 1024
#: Events of large bodies that are judged and not answered yet; each takes some two kilobytes, however small it was.
MOST_EVENTS_AT_ONCE = 12_000
#: Bodies larger than this leave the last quarter of the room to others; it is as much as one event may have.
_SMALL = 256 * 1024


class Overfull(Exception):
    """More is being posted or asked than the service will hold in memory."""


class Room:
    """What the requests of a process may take together. One alone may always take what a request may have."""

    def __init__(self, most: int = MOST_BYTES_AT_ONCE, most_events: int = MOST_EVENTS_AT_ONCE) -> None:
        self.most = most
        self.most_events = most_events
        self.taken = 0
        self.events = 0
        # One body is judged at a time; the next one is at hand, so that its thread need not wait for the loop.
        self._order = asyncio.Semaphore(2)
        self._fewer = asyncio.Event()

    def place(self) -> Place:
        """Room for one request, given back at the end of the `with`."""
        return Place(self)

    @asynccontextmanager
    async def turn(self, seconds: float | None) -> AsyncIterator[None]:
        """Wait in order until there is room for the events of one more body; Overfull after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._order.acquire()
                try:
                    while self.events >= self.most_events:
                        self._fewer.clear()
                        await self._fewer.wait()
                except BaseException:
                    self._order.release()
                    raise
        except TimeoutError:
            raise Overfull from None
        try:
            yield
        finally:
            self._order.release()

    def give_back(self, size: int, events: int) -> None:
        """So many bytes and events are held no more."""
        self.taken -= size
        self.events -= events
        if events:
            self._fewer.set()


class Place:
    """The room that one request takes; a body, then also its answer."""

    __slots__ = ("_events", "_room", "_taken")

    def __init__(self, room: Room) -> None:
        self._room = room
        self._taken = 0
        self._events = 0

    def __enter__(self) -> Self:
        return self

    def look(self, size: int) -> None:
        """Whether there is room for so many bytes more of a body; Overfull when others leave too little."""
        room = self._room
        # Large bodies that come slowly leave some of it to those that post single events, and to answers.
        large = self._taken + size > _SMALL
        self._look(size, room.most - room.most // 4 if large else room.most)

    def take(self, size: int) -> None:
        """So many bytes more of a body; Overfull when others leave too little."""
        self.look(size)
        self._add(size)

    def tell(self, size: int) -> None:
        """So many bytes of an answer; Overfull when others leave too little."""
        self._look(size, self._room.most)
        self._add(size)

    def _look(self, size: int, most: int) -> None:
        if self._room.taken > self._taken and self._room.taken + size > most:
            raise Overfull

    def _add(self, size: int) -> None:
        self._room.taken += size
        self._taken += size

    def hold(self, events: int) -> None:
        """So many events more, by who had the turn."""
        self._room.events += events
        self._events += events

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._room.give_back(self._taken, self._events)
        self._taken = self._events = 0
