"""The follower: reads the log by position in batches and brings one set of projection tables up to date.

The offsets of the projections are kept in the same transaction as their rows, so a crash between two batches loses and
doubles nothing. A projection that fails stops alone, right before the commit that it cannot read; it is tried again by
whoever follows next, and about once a minute.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Engine, select

from projections import dialect
from projections.engine import Projection, project
from projections.errors import ProjectionError
from projections.states import PROJECTIONS
from projections.tables import portions
from service.foundation.errors import log_error
from service.log.recorder import EventRecorder
from service.projector.batch import read_batch
from service.projector.history_cache import LIMIT, HistoryCache
from service.projector.offsets import (
    Offset,
    begin_anew,
    of_another_log,
    read_offsets,
    serving_view,
    write_failure,
    write_offsets,
)
from service.storage.database import projecting, reading
from service.storage.locks import follow_alone
from service.storage.outages import unavailable

_log = logging.getLogger("ketenspoor.follower")

#: Events a batch: rows that appear and vanish within one are written once, and it takes about a second.
BATCH = 10_000
#: Seconds before the log is looked at again, unless there was so much that there may be more. A few events at a time
#: take as long as some more of them, and would keep a processor busy that those who post can use.
_PAUSE = 0.05
_MUCH = 1_000
#: Seconds before what else follows the log is tended again, unless there is nothing else to do.
_TENDED_AGAIN = 0.5
#: Seconds after which a projection that was stopped is tried again.
_TRIED_AGAIN = 60.0
#: Seconds to wait for a database that is away, at first and at most.
_AWAY = 0.1, 2.0


class _Group(NamedTuple):
    """Projections that have come to the same position and go on together; those that are stopped go apart."""

    position: int
    projections: tuple[Projection, ...]
    stopped: bool

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(projection.name for projection in self.projections)


class Follower:
    """Brings projections up to date, batch by batch; between batches it keeps what it saw last in a cache.

    With a `cache_limit` of 0 it keeps no histories.
    """

    def __init__(
        self, engine: Engine, projections: Sequence[Projection] = PROJECTIONS, cache_limit: int = LIMIT
    ) -> None:
        self._engine = engine
        self._projections = projections
        self._cache_limit = cache_limit
        #: By set of tables and names of projections that go on together.
        self._caches: dict[tuple[str, tuple[str, ...]], HistoryCache] = {}
        #: When a projection that was stopped is tried again, by its name, in seconds of the monotonic clock.
        self._retry_at: dict[str, float] = {}

    def project_next(self, view: str, limit: int = BATCH) -> int:
        """Project the next batch of whole commits, and one for those that are behind; returns how many events.

        Raises what the database raises when it is not there, never what a projection does.
        """
        with reading(self._engine, view) as connection:
            if _being_filled(connection):
                return 0
            offsets = read_offsets(connection, [one.name for one in self._projections])
            # Asked after the offsets: on SQLite the log is another file, and may only show a later moment.
            end, other = EventRecorder(connection).last_position(), of_another_log(connection, offsets)
        if other:
            self._caches.clear()
            offsets = begin_anew(self._engine, view, [one.table for one in self._projections])
        groups = self._groups(offsets)
        together = {(view, group.names) for group in groups}
        self._caches = {key: cache for key, cache in self._caches.items() if key in together}
        done = 0
        for group in groups:
            now = time.monotonic()
            ready = tuple(one for one in group.projections if self._retry_at.get(one.name, 0.0) <= now)
            if ready and group.position < end:
                # Of what stopped last time one commit is enough to see whether it still does.
                some = group._replace(projections=ready)
                done += self._project(view, some, 1 if group.stopped else limit)
        return done

    def _groups(self, offsets: Sequence[Offset]) -> list[_Group]:
        """Those that are furthest first: nobody waits for who has to catch up."""
        found: dict[tuple[int, bool], list[Projection]] = {}
        for projection, offset in zip(self._projections, offsets, strict=True):
            found.setdefault((offset.position, offset.failure is None), []).append(projection)
        return [_Group(at, tuple(found[at, runs]), not runs) for at, runs in sorted(found, reverse=True)]

    def _project(self, view: str, group: _Group, limit: int, before: int | None = None) -> int:
        """Take projections a batch further, at most up to the commit of position `before`; those that can't, as far as
        they can. Returns how many events the furthest of them took.
        """
        try:
            return self._project_batch(view, group, limit, before)
        except Exception as caught:
            # Nothing is sure that was not committed.
            self._caches.clear()
            if not isinstance(caught, ProjectionError):
                raise
            error = caught
        failing = group._replace(projections=tuple(one for one in group.projections if one.name in error.projections))
        others = group._replace(projections=tuple(one for one in group.projections if one not in failing.projections))
        done = self._project(view, others, limit, before) if others.projections else 0
        reached = 0
        if error.position is not None and (before is None or error.position < before):
            reached = self._project(view, failing, limit, error.position)
        if not reached:
            self._stop(view, failing, error)
        return max(done, reached)

    def _project_batch(self, view: str, group: _Group, limit: int, before: int | None) -> int:
        names = group.names
        cache = self._caches.get((view, names)) or HistoryCache(self._cache_limit)
        self._caches[view, names] = cache
        with projecting(self._engine, view) as connection:
            offsets = read_offsets(connection, names)
            if _being_filled(connection) or any(one.position != group.position for one in offsets):
                # Somebody else was faster.
                return 0
            dialect.plan_by_index(connection)
            cache.clear_unless_at(group.position)
            batch = read_batch(connection, group.projections, cache, group.position, limit, before)
            if batch is None:
                return 0
            states = project(connection, group.projections, batch.updates)
            write_offsets(connection, [Offset(name, batch.end, None, batch.recorded_at) for name in names])
        cache.keep(batch.end, states, batch.places_at)
        if group.stopped:
            for name in sorted(names):
                _log.warning("the projection %s goes on from position %d", name, group.position)
        return batch.events

    def _stop(self, view: str, group: _Group, error: ProjectionError) -> None:
        """Leave projections where they are until they are tried again, and say why, once."""
        with projecting(self._engine, view) as connection:
            for projection, offset in zip(group.projections, read_offsets(connection, group.names), strict=True):
                self._retry_at[projection.name] = time.monotonic() + _TRIED_AGAIN
                if offset.position == group.position and write_failure(connection, offset, error):
                    log_error(_log, f"the projection {projection.name} is stopped at position {offset.position}", error)


def _being_filled(connection: Connection) -> bool:
    """Whether a rebuild is filling this set: then it stopped serving just after it was asked which one does."""
    missing = select(portions.c.number).where(portions.c.digests.is_(None)).limit(1)
    return connection.execute(missing).first() is not None


def _nothing() -> bool:
    return False


def run(
    engine: Engine,
    stop: Callable[[], bool],
    tend: Callable[[], bool] = _nothing,
    projections: Sequence[Projection] = PROJECTIONS,
) -> None:
    """Follow the log until told to stop, filling the set of tables that serves, as the only one who does.

    `tend` is called between batches, for what else is to follow the log; it tells whether it had something to do. A
    database that is away is waited for.
    """
    away, longest = _AWAY
    while not stop():
        try:
            with follow_alone(engine, stop) as leads:
                follower, tended, busy = Follower(engine, projections), 0.0, False
                while not stop() and leads():
                    projected = follower.project_next(serving_view(engine))
                    if (busy and not projected) or time.monotonic() - tended >= _TENDED_AGAIN:
                        busy, tended = tend(), time.monotonic()
                    if away > _AWAY[0]:
                        away = _AWAY[0]
                        _log.warning("the database is back")
                    if projected < _MUCH and not busy:
                        time.sleep(_PAUSE)
        except Exception as error:
            if not unavailable(error):
                raise
            if away == _AWAY[0]:
                log_error(_log, "the database is away; the follower waits for it", error)
            time.sleep(away)
            away = min(2 * away, longest)
