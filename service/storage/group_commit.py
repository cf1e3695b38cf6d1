"""Group commit: one thread commits whatever requests are waiting, in one transaction, and then wakes them.

While one commit is under way the next requests gather, so the busier it is the larger the groups.
"""

from __future__ import annotations

import asyncio
import logging
import math
import queue
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from typing import Generic, NamedTuple, TypeVar

from service.foundation.errors import log_error
from service.storage.outages import unavailable

#: Who has had nothing to write for so long rests: it keeps in memory nothing that it does not need.
SECONDS_OF_REST = 30.0

#: Where several small requests wait, the thread lets the loop hand over what else has come, for such a part of the time
#: that the last commit took: the larger the groups, the less a commit costs each of them. Who waits alone is not kept.
_GATHERING_PART = 0.25
_MOST_SECONDS_GATHERING = 0.005

_Request = TypeVar("_Request")
_Result = TypeVar("_Result")


class Overloaded(Exception):
    """More is waiting to be recorded than the service will hold in memory."""


class Unavailable(Exception):
    """The database did not take the commit; nothing of the request was acknowledged."""


class Bounds(NamedTuple):
    """How much is committed at once and may wait, by the size of requests."""

    #: A group has at most this size; a larger request is a group of its own.
    group: int
    #: Beyond this who comes is asked to come back.
    waiting: int
    #: Who has waited this long when its turn comes is asked to come back.
    seconds: float = math.inf
    #: Up to this size a request is so small that others are waited for; 0: none is.
    small: int = 0


class _Waiting(NamedTuple, Generic[_Request, _Result]):
    """A request, its size, whom to tell, and since when it waits."""

    request: _Request
    size: int
    future: asyncio.Future[_Result]
    since: float


class GroupCommit(ABC, Generic[_Request, _Result]):
    """The one thread of a process that commits requests of a kind; what a commit is, its subclass says."""

    def __init__(self, name: str, bounds: Bounds) -> None:
        self._log = logging.getLogger(f"ketenspoor.{name}")
        self._bounds = bounds
        self._queue: queue.SimpleQueue[_Waiting[_Request, _Result] | None] = queue.SimpleQueue()
        self._waiting = 0
        self._stopped = False
        #: Seconds of the last commit.
        self._took = 0.0
        self._count = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def size(self, request: _Request) -> int:
        """How much a request counts against the bounds."""

    @abstractmethod
    def commit(self, requests: Sequence[_Request]) -> Sequence[_Result]:
        """Commit these requests in one transaction; a result for each. What it raises says that none was committed."""

    def error(self, fault: Exception) -> Exception:
        """What a request is told when its commit raised this, or it was Overloaded or came too late (Unavailable)."""
        return fault

    def report(self, requests: Sequence[_Request], results: Sequence[_Result | Exception]) -> None:
        """Called after each commit, before anybody is told."""

    def report_seconds(self, requests: Sequence[_Request], seconds: float, waiting: int) -> None:
        """Called after each commit, when all are told: how long it took, and how much waits."""

    def rest(self) -> None:
        """Called when nothing has come for a while."""

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to commit; results are told on this loop."""
        self._loop = loop
        self._thread.start()

    def stop(self) -> None:
        """Commit what is waiting, then end; what comes after this is refused."""
        with self._count:
            self._stopped = True
            self._queue.put(None)
        self._thread.join()

    async def record(self, request: _Request) -> _Result:
        """The result of a request once it is durable. What `error` makes of Overloaded, Unavailable or a failure."""
        size = self.size(request)
        future: asyncio.Future[_Result] = self._loop.create_future()
        with self._count:
            if self._stopped:
                raise self.error(Unavailable())
            if self._waiting and self._waiting + size > self._bounds.waiting:
                raise self.error(Overloaded())
            self._waiting += size
            self._queue.put(_Waiting(request, size, future, time.monotonic()))
        return await future

    def _run(self) -> None:
        left: _Waiting[_Request, _Result] | None = None
        ended = False
        while not ended:
            first = left or self._next()
            if first is None:
                return
            group, left, ended = self._gather(first)
            try:
                self._answer(group)
            except Exception as fault:  # noqa: BLE001 - whatever it is, the next ones are committed
                log_error(self._log, "a group could not be answered", fault)

    def _next(self) -> _Waiting[_Request, _Result] | None:
        """The next request, as soon as there is one."""
        try:
            return self._queue.get(timeout=SECONDS_OF_REST)
        except queue.Empty:
            self.rest()
            return self._queue.get()

    def _gather(
        self, first: _Waiting[_Request, _Result]
    ) -> tuple[list[_Waiting[_Request, _Result]], _Waiting[_Request, _Result] | None, bool]:
        """What waits now, up to the size of a group; the one that did not fit; whether this was the last."""
        group, size = [first], first.size
        if size <= self._bounds.small and not self._queue.empty():
            time.sleep(min(_GATHERING_PART * self._took, _MOST_SECONDS_GATHERING))
        while size < self._bounds.group:
            try:
                following = self._queue.get_nowait()
            except queue.Empty:
                break
            if following is None:
                return group, None, True
            size += following.size
            if size > self._bounds.group:
                return group, following, False
            group.append(following)
        return group, None, False

    def _answer(self, group: Sequence[_Waiting[_Request, _Result]]) -> None:
        began = time.monotonic()
        # While the database is away each group takes a timeout: who waits behind several is not kept for them all.
        late = [one for one in group if began - one.since > self._bounds.seconds]
        timely = [one for one in group if began - one.since <= self._bounds.seconds]
        requests = [one.request for one in timely]
        results = self._commit(requests) if requests else []
        self._took = time.monotonic() - began
        with self._count:
            self._waiting -= sum(one.size for one in group)
            waiting = self._waiting
        # Before anybody is told, who may look at once.
        self.report(requests, results)
        answers = [*results, *(Overloaded() for _ in late)]
        with suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._loop.call_soon_threadsafe(self._tell, [*timely, *late], answers)
        # One fault may be the answer to a whole group.
        for fault in {id(result): result for result in results if isinstance(result, Exception)}.values():
            log_error(self._log, "a commit failed", fault)
        self.report_seconds(requests, self._took, waiting)

    def _commit(self, requests: Sequence[_Request]) -> list[_Result | Exception]:
        try:
            return list(self.commit(requests))
        except Exception as fault:  # noqa: BLE001 - whoever waits is told
            if len(requests) == 1 or unavailable(fault):
                return [fault] * len(requests)
        # One of them is what the database refuses: the others must not suffer for it.
        results: list[_Result | Exception] = []
        for one in requests:
            last = results[-1] if results else None
            # Where the database is away now, each would wait for it once more.
            away = isinstance(last, Exception) and unavailable(last)
            results += results[-1:] if away else self._commit([one])
        return results

    def _tell(self, group: Sequence[_Waiting[_Request, _Result]], results: Sequence[_Result | Exception]) -> None:
        for one, result in zip(group, results, strict=True):
            if one.future.done():
                continue  # the sender has gone; what is recorded stays recorded
            if isinstance(result, Exception):
                one.future.set_exception(self.error(result))
            else:
                one.future.set_result(result)
