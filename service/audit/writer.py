"""One thread a process writes both logs for all answers that wait for it, in one transaction, and then lets them go.

It has a connection of its own to the primary: neither readers nor those who post can keep it from one.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from sqlalchemy import Engine

from service.audit.records import Lines, write
from service.foundation.errors import log_fault
from service.storage.database import Use, writing
from service.storage.outages import unavailable

#: One commit takes at most so many lines, but always those of one answer.
_MOST_LINES_A_COMMIT = 20_000
#: Beyond this many waiting lines an answer is not given.
_MOST_LINES_WAITING = 200_000

_log = logging.getLogger("ketenspoor.accounts")


class NotRecorded(Exception):
    """What somebody is to be told could not be written down, so nobody is told."""


class _Waiting(NamedTuple):
    lines: Lines
    future: asyncio.Future[None]


def connections(patience: float) -> Use:
    """One connection: there is one thread."""
    return Use(connections=1, connections_sqlite=1, cache_kib=2_000, patience=patience, lock=patience / 2)


class Scribe:
    """The one thread that writes down what was asked in this process."""

    def __init__(self, primary: Engine) -> None:
        self._primary = primary
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._waiting = 0
        self._stopped = False
        self._count = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="scribe", daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to write; who waits is told on this loop."""
        self._loop = loop
        self._thread.start()

    def stop(self) -> None:
        """Write what is waiting, then end; what comes after this is refused."""
        with self._count:
            self._stopped = True
            self._queue.put(None)
        self._thread.join()

    async def record(self, lines: Lines) -> None:
        """Return once these lines are durable. NotRecorded."""
        future: asyncio.Future[None] = self._loop.create_future()
        with self._count:
            if self._stopped or (self._waiting and self._waiting + _size(lines) > _MOST_LINES_WAITING):
                raise NotRecorded
            self._waiting += _size(lines)
            self._queue.put(_Waiting(lines, future))
        await future

    def _run(self) -> None:
        left: _Waiting | None = None
        ended = False
        while not ended:
            first = left or self._queue.get()
            if first is None:
                return
            group, left, ended = self._gather(first)
            results = self._write(group)
            with self._count:
                self._waiting -= sum(_size(one.lines) for one in group)
            with suppress(RuntimeError):  # the loop is closed: nobody is left to tell
                self._loop.call_soon_threadsafe(_tell, group, results)

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], _Waiting | None, bool]:
        """What waits now, up to the size of a commit; the one that did not fit; whether this was the last."""
        group, size = [first], _size(first.lines)
        while size < _MOST_LINES_A_COMMIT:
            try:
                following = self._queue.get_nowait()
            except queue.Empty:
                break
            if following is None:
                return group, None, True
            size += _size(following.lines)
            if size > _MOST_LINES_A_COMMIT:
                return group, following, False
            group.append(following)
        return group, None, False

    def _write(self, group: Sequence[_Waiting]) -> list[bool]:
        """Whether the lines of each are written."""
        try:
            with writing(self._primary) as connection:
                write(connection, [one.lines for one in group])
        except Exception as fault:  # noqa: BLE001 - whatever it is, nobody is answered and the next ones are written
            if len(group) == 1 or unavailable(fault):
                log_fault(_log, "the logs could not be written", fault)
                return [False] * len(group)
        else:
            return [True] * len(group)
        # One of them is what the database refuses: the others must not suffer for it.
        return [written for one in group for written in self._write([one])]


def _size(lines: Lines) -> int:
    return len(lines.audited) + len(lines.processings)


def _tell(group: Sequence[_Waiting], results: Sequence[bool]) -> None:
    for one, written in zip(group, results, strict=True):
        if one.future.done():
            continue  # whoever asked has gone
        if written:
            one.future.set_result(None)
        else:
            one.future.set_exception(NotRecorded())
