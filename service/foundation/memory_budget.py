"""How much of what clients send and are sent one process holds at once: bodies and answers in bytes, events by number.

Whatever they do, its memory has a bound: a request beyond it is asked to come back, or waits in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

#: All bodies that are being read, validated or waiting to be committed, and the answers that are being sent, in bytes.
MOST_BYTES_AT_ONCE = 24 * 1024 * 1024
#: Events of large bodies that are validated and not answered yet; each takes some two kilobytes, however small it was.
MOST_EVENTS_AT_ONCE = 12_000
#: Bodies larger than this leave the last quarter of the budget to others; it is as much as one event may have.
_SMALL = 256 * 1024


class BudgetExceeded(Exception):
    """More is being posted or asked than the service will hold in memory."""


class MemoryBudget:
    """What the requests of a process may hold together. One alone may always hold what a request may have."""

    def __init__(self, most: int = MOST_BYTES_AT_ONCE, most_events: int = MOST_EVENTS_AT_ONCE) -> None:
        self.most = most
        self.most_events = most_events
        self.reserved = 0
        self.events = 0
        # One body is validated at a time; the next one is at hand, so that its thread need not wait for the loop.
        self._order = asyncio.Semaphore(2)
        self._released = asyncio.Event()

    @asynccontextmanager
    async def next_body(self, seconds: float | None) -> AsyncIterator[None]:
        """Wait in order until the events of one more body may be held; BudgetExceeded after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._order.acquire()
                try:
                    while self.events >= self.most_events:
                        self._released.clear()
                        await self._released.wait()
                except BaseException:
                    self._order.release()
                    raise
        except TimeoutError:
            raise BudgetExceeded from None
        try:
            yield
        finally:
            self._order.release()

    def release_events(self, events: int) -> None:
        """So many events are held no more."""
        self.events -= events
        self._released.set()


class Reservation:
    """What one request holds of the budget: its body, then also its answer; released at the end of the `with`."""

    __slots__ = ("_budget", "_events", "_reserved")

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self._reserved = 0
        self._events = 0

    def __enter__(self) -> Self:
        return self

    def check(self, size: int) -> None:
        """Whether so many bytes more of a body fit; BudgetExceeded when others leave too little."""
        budget, reserved = self._budget, self._reserved
        # Large bodies that come slowly leave some of it to those that post single events, and to answers.
        most = budget.most - budget.most // 4 if reserved + size > _SMALL else budget.most
        if budget.reserved > reserved and budget.reserved + size > most:
            raise BudgetExceeded

    def reserve(self, size: int) -> None:
        """So many bytes more of a body; BudgetExceeded when others leave too little."""
        self.check(size)
        self._budget.reserved += size
        self._reserved += size

    def reserve_answer(self, size: int) -> None:
        """So many bytes of an answer; BudgetExceeded when others leave too little."""
        budget = self._budget
        if budget.reserved > self._reserved and budget.reserved + size > budget.most:
            raise BudgetExceeded
        budget.reserved += size
        self._reserved += size

    def hold_events(self, events: int) -> None:
        """So many events more, of a body that waited for them (`MemoryBudget.next_body`)."""
        self._budget.events += events
        self._events += events

    def release(self) -> None:
        """Hold nothing any more."""
        budget = self._budget
        budget.reserved -= self._reserved
        if self._events:
            budget.release_events(self._events)
        self._reserved = self._events = 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
