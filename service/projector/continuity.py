"""Is the log still the one that the projections were made of? One that was set back goes on with other events."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, Table, delete, update

from projections import dialect
from service.log.recorder import instant
from service.projector.offsets import Standing, put, standing
from service.storage.database import projecting
from service.storage.service_tables import serving

_log = logging.getLogger("ketenspoor.follower")


def of_another_log(connection: Connection, stands: Sequence[Standing]) -> list[Standing]:
    """The projections whose last event is not in the log, or is another one there: what they tell cannot be trusted.

    The places must have been read before: on SQLite the log is another file, and may only show a later moment.
    """
    there = {position: _recorded_at(connection, position) for position in {stand.position for stand in stands} - {0}}
    return [stand for stand in stands if stand.position > 0 and _differs(stand, there[stand.position])]


def _differs(stand: Standing, there: Sequence[datetime | None]) -> bool:
    # No two commits have the same instant. An event that is there and cannot be read is for its projections to tell.
    return not there or (stand.recorded_at is not None and there[0] not in (None, stand.recorded_at))


def _recorded_at(connection: Connection, position: int) -> list[datetime | None]:
    """When the event there was recorded, None where that can't be read; nothing where there is no event."""
    found = dialect.fetch(connection, "SELECT recorded_at FROM events WHERE position = ?", (position,))
    try:
        return [instant(recorded_at) for (recorded_at,) in found]
    except (ValueError, TypeError):
        return [None]


def begin_anew(engine: Engine, view: str, tables: Sequence[Table]) -> list[Standing]:
    """Empty those tables of a set that were made of another log, for the follower to fill; where all stand then.

    From where on the two logs differ nobody knows, and what would be passed over is never seen again.
    """
    with projecting(engine, view) as connection:
        # Before the log is read: SQLite refuses to write to what has changed since.
        dialect.lock_file(connection, "main.serving")
        for stand in of_another_log(connection, standing(connection, tables)):
            (table,) = (one for one in tables if one.name == stand.projection)
            connection.execute(delete(table))
            put(connection, [table], 0)
            _log.error(
                "the projection %s was made of another log up to position %d, and begins anew",
                stand.projection,
                stand.position,
            )
        # What is remembered of the set is of the other log too.
        connection.execute(update(serving).where(serving.c.view == view).values(turn=serving.c.turn + 1))
        return standing(connection, tables)
