"""Group commit: one thread a process commits whatever requests are waiting, in one transaction, and then wakes them.

While one commit is under way the next requests gather, so the busier it is the larger the groups.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

from sqlalchemy.exc import DBAPIError

from service.foundation.errors import log_fault
from service.log.event_store import Ledger
from service.log.master_key import ForeignMasterKey
from service.log.submission import Admitted, Outcome, OutcomeWord, Refused, Submission, by_sender
from service.storage.outages import unavailable

#: A group is at most this many events; a larger request is a group of its own.
MOST_EVENTS_A_GROUP = 5_000
#: Beyond this many waiting events a sender is asked to come back.
MOST_EVENTS_WAITING = 25_000
#: Who has waited this long when the writer comes to it is asked to come back.
MOST_SECONDS_WAITING = 15.0

#: Where several small requests wait, the writer lets the loop hand over what else has come, for such a part of the time
#: that the last commit took: the larger the groups, the less a commit costs each of them. Who waits alone is not kept.
_GATHERING_PART = 0.25
_MOST_SECONDS_GATHERING = 0.005
_MOST_EVENTS_SMALL = 10
#: Who has had nothing to write for so long keeps no key of a journey open: some may be destroyed meanwhile.
SECONDS_OF_REST = 30.0

_log = logging.getLogger("ketenspoor.writer")


class Overloaded(Exception):
    """More is waiting to be recorded than the service will hold in memory."""


class Unavailable(Exception):
    """The database did not take the commit; nothing of the request was acknowledged."""


class _Waiting(NamedTuple):
    """A request, whom to tell, and since when it waits."""

    request: Submission
    future: asyncio.Future[list[Outcome]]
    since: float


class Counting(Protocol):
    """Who counts what is committed; called once a commit."""

    def posted(self, counts: Mapping[tuple[str | None, str | None, OutcomeWord], int]) -> None:
        """So many events of a topic, from an OIN, with an outcome; None: not known."""

    def committed(self, events: int, requests: int, seconds: float) -> None:
        """One commit: its events, the requests they came in, and how long it took."""

    def waiting(self, events: int) -> None:
        """So many events wait to be committed, those being committed included."""


_Result = list[Outcome] | Exception


class Writer:
    """The one thread that writes the log in this process."""

    def __init__(
        self, ledger: Ledger, metrics: Counting | None = None, most_waiting: int = MOST_EVENTS_WAITING
    ) -> None:
        self._ledger = ledger
        self._metrics = metrics
        self._most = most_waiting
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._waiting = 0
        self._stopped = False
        #: Seconds of the last commit.
        self._took = 0.0
        self._count = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to commit; answers are told on this loop."""
        self._loop = loop
        self._thread.start()

    def stop(self) -> None:
        """Commit what is waiting, then end; what comes after this is refused."""
        with self._count:
            self._stopped = True
            self._queue.put(None)
        self._thread.join()

    async def record(self, request: Submission) -> list[Outcome]:
        """The outcomes of a request once they are durable. Overloaded, Unavailable."""
        size = len(request.events)
        future: asyncio.Future[list[Outcome]] = self._loop.create_future()
        with self._count:
            if self._stopped:
                raise Unavailable
            if self._waiting and self._waiting + size > self._most:
                raise Overloaded
            self._waiting += size
            self._queue.put(_Waiting(request, future, time.monotonic()))
        return await future

    def _run(self) -> None:
        left: _Waiting | None = None
        ended = False
        while not ended:
            first = left or self._next()
            if first is None:
                return
            group, left, ended = self._gather(first)
            try:
                self._answer(group)
            except Exception as fault:  # noqa: BLE001 - whatever it is, the next ones are committed
                log_fault(_log, "the writer failed", fault)

    def _next(self) -> _Waiting | None:
        """The next request, as soon as there is one."""
        try:
            return self._queue.get(timeout=SECONDS_OF_REST)
        except queue.Empty:
            self._ledger.forget_keys()
            return self._queue.get()

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], _Waiting | None, bool]:
        """What waits now, up to the size of a group; the one that did not fit; whether this was the last."""
        group, size = [first], len(first.request.events)
        if size <= _MOST_EVENTS_SMALL and not self._queue.empty():
            time.sleep(min(_GATHERING_PART * self._took, _MOST_SECONDS_GATHERING))
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

    def _answer(self, group: Sequence[_Waiting]) -> None:
        began = time.monotonic()
        # While the database is away each group takes a timeout: who waits behind several is not kept for them all.
        late = [one for one in group if began - one.since > MOST_SECONDS_WAITING]
        timely = [one for one in group if began - one.since <= MOST_SECONDS_WAITING]
        results = self._commit(timely) if timely else []
        self._took = time.monotonic() - began
        with self._count:
            self._waiting -= sum(len(one.request.events) for one in group)
            waiting = self._waiting
        if self._metrics is not None:
            # Once a commit, and before anybody is told, who may look at once.
            self._metrics.posted(by_sender(_answered(timely, results)))
        with suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._loop.call_soon_threadsafe(_tell, [*timely, *late], [*results, *(Overloaded() for _ in late)])
        # One fault may be the answer to a whole group.
        for fault in {id(result): result for result in results if isinstance(result, Exception)}.values():
            log_fault(_log, "a commit failed", fault)
        if self._metrics is not None:
            self._metrics.waiting(waiting)
            events = sum(len(one.request.events) for one in timely)
            self._metrics.committed(events, len(timely), self._took)

    def _commit(self, group: Sequence[_Waiting]) -> list[_Result]:
        try:
            return list(self._ledger.commit([one.request for one in group]))
        except Exception as fault:  # noqa: BLE001 - whoever waits is told
            if len(group) == 1 or unavailable(fault):
                return [fault] * len(group)
        # One of them is what the database refuses: the others must not suffer for it.
        results: list[_Result] = []
        for one in group:
            away = results and isinstance(results[-1], Exception) and unavailable(results[-1])
            # Where the database is away now, each would wait for it once more.
            results += results[-1:] if away else self._commit([one])
        return results


def _answered(group: Sequence[_Waiting], results: Sequence[_Result]) -> Iterator[tuple[Admitted | Refused, Outcome]]:
    """The events of those requests that have an answer, each with what became of it."""
    for one, result in zip(group, results, strict=True):
        if not isinstance(result, Exception):
            yield from zip(one.request.events, result, strict=True)


def _tell(group: Sequence[_Waiting], results: Sequence[_Result]) -> None:
    for one, result in zip(group, results, strict=True):
        if one.future.done():
            continue  # the sender has gone; what is recorded stays recorded
        if not isinstance(result, Exception):
            one.future.set_result(result)
        elif isinstance(result, (DBAPIError, ForeignMasterKey)) or unavailable(result):
            one.future.set_exception(Unavailable())
        else:
            one.future.set_exception(result)
