"""How the service stands, from its database: the log, the projections behind it, the evidence, what was refused.

Read for `/metrics`, `/readyz` and `ketenspoor status`: a few statements, each by an index, however long the log is.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Engine, func, select

import migrations
from projections.tables import portions
from service.evidence import checkpoints
from service.evidence.tiles import size
from service.log.recorder import head
from service.projector.offsets import Stop, standing
from service.storage.database import VIEWS, reading
from service.storage.service_tables import events, rejections, serving


def age(since: datetime | None, now: datetime) -> timedelta:
    """How long ago that was; nothing where there is nothing to wait for."""
    return timedelta() if since is None else max(timedelta(), now - since)


class Lag(NamedTuple):
    """How far a projection is behind the log: in events, and since when the first that it lacks is there.

    `stopped` tells what it cannot get past.
    """

    projection: str
    position: int
    events: int
    since: datetime | None
    stopped: Stop | None

    def age(self, now: datetime) -> timedelta:
        """How long the first event that it lacks has been there; nothing when it lacks none."""
        return age(self.since, now)


class Rebuilding(NamedTuple):
    """A set of projections that is being filled: the portions that are in, of how many."""

    view: str
    portions: int
    of: int


class Condition(NamedTuple):
    """The state of one moment; `signed` and `signed_at` are of the newest checkpoint, 0 and None before the first;
    `unsigned_since` is when the first event that none covers was recorded.
    """

    position: int
    recorded_at: datetime | None
    view: str
    lags: tuple[Lag, ...]
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


def condition(engine: Engine) -> Condition:
    """The state of this moment. Raises SchemaError when the database has no schema that this version can work with."""
    with reading(engine) as connection:
        migrations.check_needed(connection)
        view: str = connection.execute(select(serving.c.view)).scalar_one()
    with reading(engine, view) as connection:
        end = head(connection)
        newest = checkpoints.newest(connection)
        signed = 0 if newest is None else newest.size
        return Condition(
            end.position,
            end.recorded_at,
            view,
            _lags(connection, end.position),
            _rebuilding(connection, view),
            signed,
            None if newest is None else newest.signed_at,
            _recorded(connection, {signed + 1}).get(signed + 1),
            size(connection),
            _rejected(connection),
        )


def _lags(connection: Connection, end: int) -> tuple[Lag, ...]:
    every = standing(connection)
    since = _recorded(connection, {one.position + 1 for one in every if one.position < end})
    return tuple(
        Lag(str(one.projection), one.position, max(0, end - one.position), since.get(one.position + 1), one.stopped)
        for one in every
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
