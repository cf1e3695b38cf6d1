"""Group commit: one thread a process commits whatever requests are waiting, in one transaction, and then wakes them.

While one commit is under way the next requests gather, so the busier it is the larger the groups.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError

from service.faults import log_fault
from service.ledger import Ledger, Outcome, Request

#: A group is at most this many events; a larger request is a group of its own.
MOST_EVENTS_A_GROUP = 5_000
#: Beyond this many waiting events a sender is asked to come back.
MOST_EVENTS_WAITING = 50_000


_log = logging.getLogger("ketenspoor.writer")


class Overloaded(Exception):
    """More is waiting to be recorded than the service will hold in memory."""


class Unavailable(Exception):
    """The database did not take the commit; nothing of the request was acknowledged."""


class _Waiting:
    """A request and whom to tell."""

    __slots__ = ("future", "request")

    def __init__(self, request: Request, future: asyncio.Future[list[Outcome]]) -> None:
        self.request, self.future = request, future


class Writer:
    """The one thread that writes the log in this process."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._waiting = 0
        self._count = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to commit; answers are told on this loop."""
        self._loop = loop
        self._thread.start()

    def stop(self) -> None:
        """Commit what is waiting, then end."""
        self._queue.put(None)
        self._thread.join()

    async def record(self, request: Request) -> list[Outcome]:
        """The outcomes of a request once they are durable."""
        size = len(request.events)
        with self._count:
            if self._waiting and self._waiting + size > MOST_EVENTS_WAITING:
                raise Overloaded
            self._waiting += size
        future: asyncio.Future[list[Outcome]] = self._loop.create_future()
        self._queue.put(_Waiting(request, future))
        return await future

    def _run(self) -> None:
        left: _Waiting | None = None
        while True:
            first = left or self._queue.get()
            if first is None:
                return
            group, left, ended = self._gather(first)
            self._commit(group)
            if ended:
                return

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], _Waiting | None, bool]:
        """What waits now, up to the size of a group; the one that did not fit; whether this was the last."""
        group, size = [first], len(first.request.events)
        while size < MOST_EVENTS_A_GROUP:
            try:
                following = self._queue.get_nowait()
            except queue.Empty:
                break
            if following is None:
                return group, None, True
            size += len(following.request.events)
            if size > MOST_EVENTS_A_GROUP:
                return group, following, False
            group.append(following)
        return group, None, False

    def _commit(self, group: Sequence[_Waiting]) -> None:
        results: list[list[Outcome] | Exception]
        try:
            results = list(self._ledger.commit([one.request for one in group]))
        except Exception as fault:  # noqa: BLE001 - whoever waits is told
            if len(group) == 1 or (isinstance(fault, DBAPIError) and fault.connection_invalidated):
                results = [fault] * len(group)
            else:
                # One of them may be what the database refuses: the others must not suffer for it.
                results = [self._alone(one) for one in group]
        for result in results:
            if isinstance(result, Exception):
                log_fault(_log, "a commit failed", result)
        with self._count:
            self._waiting -= sum(len(one.request.events) for one in group)
        self._loop.call_soon_threadsafe(_tell, group, results)

    def _alone(self, one: _Waiting) -> list[Outcome] | Exception:
        try:
            return self._ledger.commit([one.request])[0]
        except Exception as fault:  # noqa: BLE001 - whoever waits is told
            return fault


def _tell(group: Sequence[_Waiting], results: Sequence[list[Outcome] | Exception]) -> None:
    for one, result in zip(group, results, strict=True):
        if one.future.done():
            continue  # the sender has gone; what is recorded stays recorded
        if isinstance(result, DBAPIError):
            one.future.set_exception(Unavailable())
        elif isinstance(result, Exception):
            one.future.set_exception(result)
        else:
            one.future.set_result(result)
