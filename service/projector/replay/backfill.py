"""Filling a set of projection tables from the log, portion by portion, so that who was interrupted can go on.

The table `portions` in the set says which there are and which are in; a portion comes in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from projections import dialect
from projections.catalogue import PROJECTIONS, TABLES
from projections.row_store import qualified, write
from projections.tables import metadata
from projections.tables import portions as table
from service.log.recorder import last_position
from service.projector.offsets import put, standing
from service.projector.replay import digests
from service.projector.replay.digests import Summary
from service.projector.replay.partitions import Portion, portions, retold
from service.projector.replay.worker_pool import Progress, each
from service.storage.database import projecting, reading
from service.storage.service_tables import events


class Superseded(Exception):
    """The set that was being filled was begun anew meanwhile, or is finished and serves."""


_SUPERSEDED = "{} is being filled by somebody else too, who began it anew; run it again when that is done"


class Filled(NamedTuple):
    """A set of tables filled up to a position: what stands in each.

    `resumed` of the portions were in before; `memory` is the peak of all processes in bytes.
    """

    position: int
    tables: dict[str, Summary]
    portions: int
    resumed: int
    memory: int


@dataclass(frozen=True, slots=True)
class _Fill:
    """Compute a portion and write it."""

    view: str
    position: int

    def __call__(self, engine: Engine, portion: Portion) -> None:
        with reading(engine) as connection:
            _, found = retold(connection, portion, self.position, PROJECTIONS)
        told = digests.of_portion(TABLES, portion, found)
        with projecting(engine, self.view) as connection:
            mine = (table.c.number == portion.number) & (table.c.of == portion.of) & (table.c.position == self.position)
            there = connection.execute(select(table.c.digests).where(mine)).one_or_none()
            if there is None:
                raise Superseded(_SUPERSEDED.format(self.view))
            if there.digests is not None:
                return
            for one in TABLES:
                write(connection, one, found[one.name])
            connection.execute(update(table).where(mine).values(digests=told))


def fill(engine: Engine, view: str, position: int | None, processes: int, progress: Progress) -> Filled:
    """Fill a set of tables with all rows up to a position, the end of the log if None, and set its place there.

    Goes on where an interrupted filling up to that position stopped; without a position, up to any. Raises Superseded
    when the set is begun anew meanwhile.
    """
    position, every, missing = _begun(engine, view, position)
    resumed = done = len(every) - len(missing)

    def took(_portion: Portion, _nothing: None) -> None:
        nonlocal done
        done += 1
        progress(position * done // len(every), position)

    memory = each(engine, missing, _Fill(view, position), processes, took)
    with projecting(engine, view) as connection:
        filled = _portions(connection, position)
        if [portion for portion, told in filled if told is not None] != every:
            raise Superseded(_SUPERSEDED.format(view))
        # It is beyond that where all was in before, and it has been followed since.
        behind = {stand.projection for stand in standing(connection) if stand.position < position}
        if behind:
            put(connection, [one for one in TABLES if one.name in behind], position, _recorded_at(connection, position))
        dialect.analyze(connection, [qualified(connection, one) for one in TABLES])
        return Filled(position, _summaries(connection, filled, position), len(every), resumed, memory)


def _recorded_at(connection: Connection, position: int) -> datetime | None:
    return connection.execute(select(events.c.recorded_at).where(events.c.position == position)).scalar_one_or_none()


def _begun(engine: Engine, view: str, wanted: int | None) -> tuple[int, list[Portion], list[Portion]]:
    """The position up to which a set is being filled, from now on or still, all portions, and those that are not in."""
    with projecting(engine, view) as connection:
        under_way = connection.execute(select(func.max(table.c.position))).scalar_one()
        if under_way is not None:
            there = _portions(connection, under_way)
            missing = [portion for portion, told in there if told is None]
            if wanted is None or (wanted == under_way and missing):
                return under_way, [portion for portion, _ in there], missing
        position = last_position(connection) if wanted is None else wanted
        for one in metadata.sorted_tables:
            connection.execute(delete(one))
        put(connection, TABLES, 0)
        every = portions(position)
        rows = [{"number": portion.number, "of": portion.of, "position": position} for portion in every]
        connection.execute(insert(table), rows)
        return position, every, every


def _portions(connection: Connection, position: int) -> list[tuple[Portion, bytes | None]]:
    """The portions of a filling up to a position, in order, each with its digests once it is in."""
    rows = connection.execute(select(table).where(table.c.position == position).order_by(table.c.number))
    return [(Portion(row.number, row.of), row.digests) for row in rows]


def _summaries(
    connection: Connection, filled: Sequence[tuple[Portion, bytes | None]], position: int
) -> dict[str, Summary]:
    counts = {}
    for one in TABLES:
        known = select(func.count()).select_from(one).where(one.c.known_from <= position)
        counts[one.name] = connection.execute(known).scalar_one()
    return digests.summaries(TABLES, counts, (told for _, told in filled if told is not None))
