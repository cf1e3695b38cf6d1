"""The health of the service, from its database: the log, how far projections are behind it, the evidence, rejections.

Read for `/metrics`, `/readyz` and `ketenspoor status`: a few statements, each by an index, however long the log is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

import migrations
from projections.tables import portions
from service.evidence.checkpoints import newest_checkpoint
from service.evidence.tiles import tree_size
from service.log.recorder import EventRecorder
from service.projector.offsets import Failure, read_offsets
from service.storage.database import VIEWS, reading
from service.storage.service_tables import events, rejections, serving


def age(since: datetime | None, now: datetime) -> timedelta:
    """How long ago that was; nothing where there is nothing to wait for."""
    return timedelta() if since is None else max(timedelta(), now - since)


class ProjectionLag(NamedTuple):
    """How far a projection is behind the log: in events, and since when the first that it lacks is there.

    `stopped`: what it cannot get past.
    """

    projection: str
    position: int
    events: int
    since: datetime | None
    stopped: Failure | None

    def age(self, now: datetime) -> timedelta:
        """How long the first event that it lacks has been there; nothing when it lacks none."""
        return age(self.since, now)


class Rebuilding(NamedTuple):
    """A set of projections that is being filled: the portions that are in, of how many."""

    view: str
    portions: int
    of: int


class Health(NamedTuple):
    """The health at one moment; `signed` and `signed_at` are of the newest checkpoint, 0 and None before the first;
    `unsigned_since` is when the first event that none covers was recorded.
    """

    position: int
    recorded_at: datetime | None
    view: str
    lags: tuple[ProjectionLag, ...]
    rebuilding: Rebuilding | None
    signed: int
    signed_at: datetime | None
    unsigned_since: datetime | None
    in_tree: int
    rejections: int

    @property
    def unsigned(self) -> int:
        """Events that no checkpoint covers."""
        return max(0, self.position - self.signed)

    def behind(self, now: datetime, most: timedelta) -> list[str]:
        """The projections whose oldest missing event is older than that; those that are stopped left out."""
        return [lag.projection for lag in self.lags if lag.stopped is None and lag.age(now) > most]

    @property
    def stopped(self) -> list[str]:
        return [lag.projection for lag in self.lags if lag.stopped is not None]


def read_health(engine: Engine) -> Health:
    """The health at this moment. Raises SchemaError when the database has no schema that this version can work with."""
    with reading(engine) as connection:
        migrations.check_needed(connection)
        view: str = connection.execute(select(serving.c.view)).scalar_one()
    with reading(engine, view) as connection:
        end = EventRecorder(connection).head()
        newest = newest_checkpoint(connection)
        signed = 0 if newest is None else newest.size
        return Health(
            end.position,
            end.recorded_at,
            view,
            _lags(connection, end.position),
            _rebuilding(connection, view),
            signed,
            None if newest is None else newest.signed_at,
            _recorded(connection, {signed + 1}).get(signed + 1),
            tree_size(connection),
            _rejected(connection),
        )


def _lags(connection: Connection, end: int) -> tuple[ProjectionLag, ...]:
    offsets = read_offsets(connection)
    since = _recorded(connection, {one.position + 1 for one in offsets if one.position < end})
    return tuple(
        ProjectionLag(
            str(one.projection), one.position, max(0, end - one.position), since.get(one.position + 1), one.failure
        )
        for one in offsets
    )


def _recorded(connection: Connection, positions: Collection[int]) -> dict[int, datetime | None]:
    """When the events at these positions were recorded, as far as they are there."""
    stamps = select(events.c.position, events.c.recorded_at).where(events.c.position.in_(positions))
    return dict(connection.execute(stamps).all())


def _rebuilding(connection: Connection, view: str) -> Rebuilding | None:
    (other,) = set(VIEWS) - {view}
    there = connection.execution_options(schema_translate_map={"view": other})
    row = there.execute(select(func.count(portions.c.digests), func.max(portions.c.of))).one()
    return None if row[1] is None else Rebuilding(other, row[0], row[1])


def _rejected(connection: Connection) -> int:
    """How many refusals are kept, by their numbers: counting them would take the longer the more there are."""
    # Apart, or SQLite reads them all.
    ends = (select(end(rejections.c.id)).scalar_subquery() for end in (func.min, func.max))
    first, last = connection.execute(select(*ends)).one()
    return 0 if last is None else last - first + 1


#: Orchestrators give up on a probe after a few seconds; it must have been answered by then.
_SECONDS = 2.0


class HealthUnknown(Exception):
    """The database did not answer in time, or at all; the message says which, and nothing of its answer."""


class HealthMonitor:
    """Reads the health of the service from within a running server: who asks while it is being read is told the same.

    It has a thread and connections of its own: that all others are busy must not make the service look ill.
    """

    def __init__(self, read: Callable[[], Health], patience: float = _SECONDS) -> None:
        self._read = read
        self._patience = patience
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="health")
        self._reading: asyncio.Future[Health] | None = None
        self.stopping = False

    async def health(self) -> Health:
        """The health at this moment; raises HealthUnknown where it can't be had, and SchemaError where it is no use."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.get_running_loop().run_in_executor(self._thread, self._read)
            # One that nobody waits for any more ends without a line in the log.
            self._reading.add_done_callback(lambda read: read.cancelled() or read.exception())
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.shield(self._reading)
        except TimeoutError:
            raise HealthUnknown("the database does not answer in time") from None
        except SQLAlchemyError as error:
            raise HealthUnknown("the database cannot be reached") from error

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
