"""Where the projections stand: how far each has come in the log, and which are stopped by what they cannot read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Table, delete, insert, select

from projections.catalogue import TABLES
from projections.errors import Raised
from projections.tables import place


class Stop(NamedTuple):
    """What stopped a projection: nothing of what was posted, only where it stands.

    `position` is the last event that was known when it raised, `stream` the pseudonym of what it was about; None where
    it was not one stream. `fault` is the kind of the error, `where` the line of code that raised it.
    """

    position: int | None
    stream: UUID | None
    fault: str
    where: str


class Standing(NamedTuple):
    """A projection by the name of its table, the position up to which the log is in it, and what stopped it there.

    `recorded_at` is when the event of that position was recorded, where that is known.
    """

    projection: str
    position: int
    stopped: Stop | None = None
    recorded_at: datetime | None = None


def standing(connection: Connection, tables: Sequence[Table] = TABLES) -> list[Standing]:
    """Where each projection of a set stands, in the order of the tables; `connection` works on that set."""
    found: dict[str, Sequence[Any]] = {row.projection: row for row in connection.execute(select(place))}
    return [_standing(table.name, found.get(table.name)) for table in tables]


def reached(connection: Connection, tables: Sequence[Table] = TABLES) -> int:
    """The position that all of these projections have come to."""
    return min(one.position for one in standing(connection, tables))


def _standing(name: str, row: Sequence[Any] | None) -> Standing:
    # One that no follower has seen yet has no row.
    if row is None:
        return Standing(name, 0)
    _, position, recorded_at, failed_at, stream, fault, where = row
    return Standing(name, position, None if fault is None else Stop(failed_at, stream, fault, where), recorded_at)


def put(connection: Connection, tables: Iterable[Table], position: int, recorded_at: datetime | None = None) -> None:
    """Put projections at a position, whose event was recorded then, and let nothing stop them any more."""
    _put(connection, [Standing(table.name, position, recorded_at=recorded_at) for table in tables])


def put_stopped(connection: Connection, stand: Standing, raised: Raised) -> bool:
    """Keep what stopped a projection where it stands; whether that was not known before."""
    stop = Stop(raised.position, raised.stream, raised.fault, raised.where)
    if stop == stand.stopped:
        return False
    _put(connection, [stand._replace(stopped=stop)])
    return True


def _put(connection: Connection, every: Sequence[Standing]) -> None:
    connection.execute(delete(place).where(place.c.projection.in_([one.projection for one in every])))
    connection.execute(insert(place), [_row(one) for one in every])


def _row(one: Standing) -> dict[str, object]:
    stop = one.stopped
    return {
        "projection": one.projection,
        "position": one.position,
        "recorded_at": one.recorded_at,
        "failed_at": stop and stop.position,
        "failed_stream": stop and stop.stream,
        "fault": stop and stop.fault,
        "fault_at": stop and stop.where,
    }
