"""The offsets of the projections: how far each has come in the log, and which are stopped by an event they fail on.

An offset is kept in the same set of tables as the rows, and changed in the same transaction. It also tells when the
event there was recorded, so that a log that was set back and went on with other events is noticed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, Table, delete, select, update

from projections import dialect
from projections.columns import instant_text
from projections.errors import ProjectionError
from projections.row_store import qualified, read_rows_where
from projections.states import TABLES
from projections.tables import place
from service.log.events import read_instant
from service.storage.database import projecting, reading
from service.storage.service_tables import serving

_log = logging.getLogger("ketenspoor.follower")

NAMES = tuple(table.name for table in TABLES)
_COLUMNS = [column.name for column in place.columns]
_PUT = (
    f"INSERT INTO {{}} ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) ON CONFLICT (projection) "
    f"DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[1:])}"
)
_RECORDED_AT = "SELECT recorded_at FROM events WHERE position = ?"


class Failure(NamedTuple):
    """What stopped a projection: nothing of what was posted, only where it happened.

    `position` is the last event that was known when it failed, `stream` the pseudonym of what it was about; None where
    it was not one stream. `error` is the type of the error, `where` the line of code that raised it.
    """

    position: int | None
    stream: UUID | None
    error: str
    where: str


class Offset(NamedTuple):
    """A projection by the name of its table, the position up to which the log is in it, and what stopped it there.

    `recorded_at` is when the event of that position was recorded, where that is known.
    """

    projection: str
    position: int
    failure: Failure | None = None
    recorded_at: datetime | None = None


def read_offsets(connection: Connection, names: Sequence[str] = NAMES) -> list[Offset]:
    """The offsets of projections of a set, in the order of their names; `connection` works on that set."""
    found: dict[str, Offset] = {}
    for name, position, recorded_at, failed_at, stream, error, where in read_rows_where(connection, place, "true", ()):
        about = None if stream is None else dialect.stream_id(stream)
        failure = None if error is None else Failure(failed_at, about, error, where)
        found[name] = Offset(name, position, failure, read_instant(recorded_at))
    # One that no follower has seen yet has no row.
    return [found.get(name) or Offset(name, 0) for name in names]


def write_offsets(connection: Connection, offsets: Iterable[Offset]) -> None:
    """Put projections where these offsets say; without a failure nothing stops them any more."""
    sqlite = dialect.is_sqlite(connection)
    rows = [
        (projection, position, instant_text(at) if sqlite and at else at, *(failure or (None, None, None, None)))
        for projection, position, failure, at in offsets
    ]
    statement = _PUT.format(qualified(connection, place))
    dialect.execute_many(connection, statement, list(dialect.rows_to_driver(connection, rows)))


def write_failure(connection: Connection, offset: Offset, error: ProjectionError) -> bool:
    """Keep what stopped a projection where it is; whether that was not known before."""
    failure = Failure(error.position, error.stream, error.error, error.where)
    if failure == offset.failure:
        return False
    write_offsets(connection, [offset._replace(failure=failure)])
    return True


def serving_view(engine: Engine) -> str:
    """The set of projection tables that answers read."""
    with reading(engine) as connection:
        view: str = connection.execute(select(serving.c.view)).scalar_one()
        return view


def of_another_log(connection: Connection, offsets: Sequence[Offset]) -> list[Offset]:
    """The offsets whose event is not in the log, or is another one there: what their tables say cannot be trusted.

    They must have been read before: on SQLite the log is another file, and may only show a later moment.
    """
    there: dict[int, datetime | None] = {}
    for position in {offset.position for offset in offsets} - {0}:
        for (recorded_at,) in dialect.fetch(connection, _RECORDED_AT, (position,)):
            try:
                there[position] = read_instant(recorded_at)
            except (ValueError, TypeError):
                # An event that can't be read stops its projections, if it has to.
                there[position] = None
    # No two commits have the same instant.
    return [
        one
        for one in offsets
        if one.position > 0
        and (
            one.position not in there
            or (None not in (one.recorded_at, there[one.position]) and one.recorded_at != there[one.position])
        )
    ]


def begin_anew(engine: Engine, view: str, tables: Sequence[Table]) -> list[Offset]:
    """Empty those tables of a set that were made of another log, for the follower to fill; all offsets after that.

    From where on the two logs differ nobody knows, and what would be passed over is never seen again.
    """
    with projecting(engine, view) as connection:
        # Before the log is read: SQLite refuses to write to what has changed since.
        dialect.lock_file(connection, "main.serving")
        for offset in of_another_log(connection, read_offsets(connection, [table.name for table in tables])):
            (table,) = (one for one in tables if one.name == offset.projection)
            connection.execute(delete(table))
            write_offsets(connection, [Offset(table.name, 0)])
            _log.error(
                "the projection %s was made of another log up to position %d, and begins anew",
                offset.projection,
                offset.position,
            )
        # Every process that keeps a copy of the set loads it again.
        connection.execute(update(serving).where(serving.c.view == view).values(turn=serving.c.turn + 1))
        return read_offsets(connection, [table.name for table in tables])
