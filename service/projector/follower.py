"""The follower: reads the log by position in batches and brings one set of projection tables up to date.

The places of the projections are remembered in the same transaction as their rows, so a crash between two batches loses
and doubles nothing. A projection that raises stops alone, right before the commit that it cannot read; it is tried
again by whoever follows next, and about once a minute.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Engine, select

from projections import dialect
from projections.catalogue import PROJECTIONS
from projections.engine import Projection, project
from projections.errors import Raised
from projections.tables import portions
from service.foundation.errors import log_fault
from service.log.recorder import last_position
from service.projector.batch import read_batch
from service.projector.continuity import begin_anew, of_another_log
from service.projector.histories import LIMIT, Memory
from service.projector.offsets import Standing, put, put_stopped, standing
from service.storage.database import projecting, reading
from service.storage.leader_lock import alone
from service.storage.outages import unavailable
from service.storage.service_tables import serving

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


class Following:
    """What one that follows keeps in mind from batch to batch: what it saw last, and which projections rest."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._memories: dict[tuple[str, frozenset[str]], Memory] = {}
        self._rests_until: dict[str, float] = {}

    def memory(self, view: str, projections: Sequence[Projection]) -> Memory:
        """What was seen of projections that go on together; those of others are forgotten."""
        return self._memories.setdefault(_together(view, projections), Memory(self._limit))

    def only(self, view: str, groups: Sequence[_Group]) -> None:
        """Forget what was seen for groups that are no more."""
        there = {_together(view, group.projections) for group in groups}
        self._memories = {key: memory for key, memory in self._memories.items() if key in there}

    def forget(self) -> None:
        """After a fault nothing is sure that was not committed."""
        self._memories.clear()

    def let_rest(self, projection: Projection) -> None:
        """It was stopped, and is not tried again for a while."""
        self._rests_until[projection.name] = time.monotonic() + _TRIED_AGAIN

    def rests(self, projection: Projection) -> bool:
        """Whether it is too early to try it again."""
        return self._rests_until.get(projection.name, 0.0) > time.monotonic()


def _together(view: str, projections: Sequence[Projection]) -> tuple[str, frozenset[str]]:
    return view, frozenset(projection.name for projection in projections)


class _Group(NamedTuple):
    """Projections that have come to the same position and go on together; what is stopped goes alone."""

    position: int
    projections: tuple[Projection, ...]
    stopped: bool


def step(
    engine: Engine,
    view: str,
    limit: int = BATCH,
    projections: Sequence[Projection] = PROJECTIONS,
    following: Following | None = None,
) -> int:
    """Project the next batch of whole commits, and one for those that are behind; returns how many events that were.

    Without `following` everything is looked up, and every projection is tried. Raises what the database raises when it
    is not there, never what a projection does.
    """
    if following is None:
        following = Following(limit=0)
    with reading(engine, view) as connection:
        if _being_filled(connection):
            return 0
        stands = standing(connection, [projection.table for projection in projections])
        # Asked after the places: on SQLite the log is another file, and may only show a later moment.
        end, other = last_position(connection), of_another_log(connection, stands)
    if other:
        following.forget()
        stands = begin_anew(engine, view, [projection.table for projection in projections])
    groups = _groups(projections, stands)
    following.only(view, groups)
    done = 0
    for group in groups:
        some = tuple(projection for projection in group.projections if not following.rests(projection))
        if some and group.position < end:
            # Of what stopped last time one commit is enough to see whether it still does.
            done += _advance(engine, view, group._replace(projections=some), 1 if group.stopped else limit, following)
    return done


def _groups(projections: Sequence[Projection], stands: Sequence[Standing]) -> list[_Group]:
    """Those that are furthest first: nobody waits for who has to catch up."""
    found: dict[tuple[int, bool], list[Projection]] = {}
    for projection, stand in zip(projections, stands, strict=True):
        found.setdefault((stand.position, stand.stopped is None), []).append(projection)
    return [_Group(at, tuple(found[at, runs]), not runs) for at, runs in sorted(found, reverse=True)]


def _being_filled(connection: Connection) -> bool:
    """Whether a rebuild is filling this set: then it stopped serving just after it was asked which one does."""
    missing = select(portions.c.number).where(portions.c.digests.is_(None)).limit(1)
    return connection.execute(missing).first() is not None


def _advance(
    engine: Engine, view: str, group: _Group, limit: int, following: Following, before: int | None = None
) -> int:
    """Take projections a batch further, at most up to the commit of position `before`; those that can't, as far as they
    can. Returns how many events the furthest of them took.
    """
    try:
        return _batch(engine, view, group, limit, following, before)
    except Raised as raised:
        following.forget()
        fault = raised
    except Exception:
        following.forget()
        raise
    failing = group._replace(projections=tuple(one for one in group.projections if one.name in fault.projections))
    others = group._replace(projections=tuple(one for one in group.projections if one not in failing.projections))
    done = _advance(engine, view, others, limit, following, before) if others.projections else 0
    reached = 0
    if fault.position is not None and (before is None or fault.position < before):
        reached = _advance(engine, view, failing, limit, following, fault.position)
    if not reached:
        _stop(engine, view, failing, fault, following)
    return max(done, reached)


def _batch(engine: Engine, view: str, group: _Group, limit: int, following: Following, before: int | None) -> int:
    memory = following.memory(view, group.projections)
    tables = [projection.table for projection in group.projections]
    with projecting(engine, view) as connection:
        if _being_filled(connection) or any(one.position != group.position for one in standing(connection, tables)):
            # Somebody else was faster.
            return 0
        dialect.plan_by_index(connection)
        memory.at(group.position)
        batch = read_batch(connection, group.projections, memory, group.position, limit, before)
        if batch is None:
            return 0
        seen = project(connection, group.projections, batch.work)
        put(connection, tables, batch.end, batch.recorded_at)
    memory.keep(batch.end, seen, batch.places_at)
    if group.stopped:
        for name in sorted(projection.name for projection in group.projections):
            _log.warning("the projection %s goes on from position %d", name, group.position)
    return batch.events


def _stop(engine: Engine, view: str, group: _Group, raised: Raised, following: Following) -> None:
    """Let projections stay where they are, and tell why, once."""
    with projecting(engine, view) as connection:
        tables = [projection.table for projection in group.projections]
        for projection, stand in zip(group.projections, standing(connection, tables), strict=True):
            following.let_rest(projection)
            if stand.position == group.position and put_stopped(connection, stand, raised):
                log_fault(_log, f"the projection {projection.name} is stopped at position {stand.position}", raised)


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
            with alone(engine, stop) as still:
                following, tended, busy = Following(), 0.0, False
                while not stop() and still():
                    projected = _turn(engine, projections, following)
                    if (busy and not projected) or time.monotonic() - tended >= _TENDED_AGAIN:
                        busy, tended = tend(), time.monotonic()
                    if away > _AWAY[0]:
                        away = _AWAY[0]
                        _log.warning("the database is back")
                    if projected < _MUCH and not busy:
                        time.sleep(_PAUSE)
        except Exception as fault:
            if not unavailable(fault):
                raise
            if away == _AWAY[0]:
                log_fault(_log, "the database is away; the follower waits for it", fault)
            time.sleep(away)
            away = min(2 * away, longest)


def _turn(engine: Engine, projections: Sequence[Projection], following: Following) -> int:
    """Look once for what there is to project; how many events that was."""
    with reading(engine) as connection:
        view = connection.execute(select(serving.c.view)).scalar_one()
    return step(engine, view, BATCH, projections, following)
