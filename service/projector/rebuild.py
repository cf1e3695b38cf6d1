"""Filling a set of projection tables anew from the log: the one that does not serve, which then does, or that of the
past.

It is the follower's function on whole histories instead of batches, so both arrive at the same rows. The table
`portions` in the set says which partitions there are and which are in; each comes in one transaction, so an interrupted
filling can go on. A rebuild is blue/green: readers see no gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from projections import dialect
from projections.row_store import add_rows, qualified
from projections.states import PROJECTIONS, TABLES
from projections.tables import metadata
from projections.tables import portions as table
from service.log.recorder import EventRecorder
from service.projector.follower import Follower
from service.projector.offsets import NAMES, Offset, read_offsets, serving_view, write_offsets
from service.projector.partitions import Partition, Summary, partition_digests, partitions, recompute, summaries
from service.projector.worker_pool import Progress, run_on_partitions, silent
from service.storage.database import REPLAY, VIEWS, projecting, reading
from service.storage.service_tables import events, serving


class Superseded(Exception):
    """The set that was being filled was begun anew meanwhile, or is finished and serves."""


class Incomplete(Exception):
    """A projection is stopped in the new set before the position that it has reached in the old one."""


_SUPERSEDED = "{} is being filled by somebody else too, who began it anew; run it again when that is done"
_INCOMPLETE = "{} does not serve, because {} is stopped there at position {}: {} at {}"


class Filled(NamedTuple):
    """A set of tables filled up to a position, and what stands in each.

    `resumed` of the partitions were in before; `memory` is the peak of all processes in bytes.
    """

    position: int
    tables: dict[str, Summary]
    partitions: int
    resumed: int
    memory: int


class Rebuilt(NamedTuple):
    """The set that serves now, what was filled into it and up to where; `caught_up` is what came after that."""

    view: str
    filled: Filled
    caught_up: int

    @property
    def tables(self) -> dict[str, Summary]:
        """What the log said up to the position of the filling."""
        return self.filled.tables


def rebuild(engine: Engine, processes: int = 1, progress: Progress = silent, *, anew: bool = False) -> Rebuilt:
    """Fill the set of tables that does not serve from the log, catch up, and let it serve.

    Goes on where an interrupted rebuild stopped, unless told to begin anew. The follower keeps feeding the set that
    serves, and goes on with the new one where that is. Raises Superseded when another rebuild gets ahead of this one,
    WorkerLost when a process is killed, ProjectionError when a projection fails, and Incomplete when one is stopped
    later on.
    """
    old = serving_view(engine)
    new = next(view for view in VIEWS if view != old)
    # What serves is complete: an interruption right after the switch left its partitions listed.
    _forget_partitions(engine, old)
    if anew:
        _forget_partitions(engine, new)
    filled = fill(engine, new, None, processes, progress)
    caught_up = 0
    while True:
        # A new one each time: whatever stopped a projection a moment ago is tried again at once.
        while count := Follower(engine, cache_limit=0).project_next(new):
            caught_up += count
        if _switch(engine, old, new):
            break
    _forget_partitions(engine, new)
    return Rebuilt(new, filled, caught_up)


def replay(engine: Engine, position: int, processes: int = 1, progress: Progress = silent) -> Filled:
    """Fill the tables of the past with all projections as the log up to a position (between commits) has them."""
    return fill(engine, REPLAY, position, processes, progress)


def _switch(engine: Engine, old: str, new: str) -> bool:
    """Let the new set serve, if it is not behind the old one: nobody may see less than was seen before."""
    with projecting(engine, old) as connection:  # the follower waits
        ours, theirs = (
            read_offsets(connection.execution_options(schema_translate_map={"view": view})) for view in (new, old)
        )
        behind = [one for one, other in zip(ours, theirs, strict=True) if one.position < other.position]
        for one in behind:
            if one.failure is not None:
                raise Incomplete(_INCOMPLETE.format(new, one.projection, one.position, *one.failure[2:]))
        if behind:
            return False
        dialect.lock_file(connection, "main.serving")
        connection.execute(update(serving).where(serving.c.view == old).values(view=new, turn=serving.c.turn + 1))
        return True


def _forget_partitions(engine: Engine, view: str) -> None:
    with projecting(engine, view) as connection:
        connection.execute(delete(table))


@dataclass(frozen=True, slots=True)
class _Fill:
    """Compute the rows of a partition and write them."""

    view: str
    position: int

    def __call__(self, engine: Engine, partition: Partition) -> None:
        with reading(engine) as connection:
            _, rows = recompute(connection, partition, self.position, PROJECTIONS)
        digests = partition_digests(TABLES, partition, rows)
        with projecting(engine, self.view) as connection:
            number, of = partition
            mine = (table.c.number == number) & (table.c.of == of) & (table.c.position == self.position)
            there = connection.execute(select(table.c.digests).where(mine)).one_or_none()
            if there is None:
                raise Superseded(_SUPERSEDED.format(self.view))
            if there.digests is not None:
                return
            for one in TABLES:
                add_rows(connection, one, rows[one.name])
            connection.execute(update(table).where(mine).values(digests=digests))


def fill(engine: Engine, view: str, position: int | None, processes: int, progress: Progress) -> Filled:
    """Fill a set of tables with all rows up to a position, the end of the log if None, and set its offsets there.

    Goes on where an interrupted filling up to that position stopped; without a position, up to any. Raises Superseded
    when the set is begun anew meanwhile.
    """
    position, every, missing = _begin(engine, view, position)
    resumed = done = len(every) - len(missing)

    def take_result(_partition: Partition, _nothing: None) -> None:
        nonlocal done
        done += 1
        progress(position * done // len(every), position)

    memory = run_on_partitions(engine, missing, _Fill(view, position), processes, take_result)
    with projecting(engine, view) as connection:
        filled = _listed(connection, position)
        if [partition for partition, digests in filled if digests is not None] != every:
            raise Superseded(_SUPERSEDED.format(view))
        # It is beyond that where all was in before, and it has been followed since.
        behind = [offset.projection for offset in read_offsets(connection) if offset.position < position]
        if behind:
            recorded_at = _recorded_at(connection, position)
            write_offsets(connection, [Offset(name, position, None, recorded_at) for name in behind])
        dialect.analyze(connection, [qualified(connection, one) for one in TABLES])
        return Filled(position, _summaries(connection, filled, position), len(every), resumed, memory)


def _recorded_at(connection: Connection, position: int) -> datetime | None:
    return connection.execute(select(events.c.recorded_at).where(events.c.position == position)).scalar_one_or_none()


def _begin(engine: Engine, view: str, wanted: int | None) -> tuple[int, list[Partition], list[Partition]]:
    """The position up to which a set is being filled, from now on or still, all partitions, and those still missing."""
    with projecting(engine, view) as connection:
        under_way = connection.execute(select(func.max(table.c.position))).scalar_one()
        if under_way is not None:
            there = _listed(connection, under_way)
            missing = [partition for partition, digests in there if digests is None]
            if wanted is None or (wanted == under_way and missing):
                return under_way, [partition for partition, _ in there], missing
        position = EventRecorder(connection).last_position() if wanted is None else wanted
        for one in metadata.sorted_tables:
            connection.execute(delete(one))
        write_offsets(connection, [Offset(name, 0) for name in NAMES])
        every = partitions(position)
        rows = [{"number": partition.number, "of": partition.of, "position": position} for partition in every]
        connection.execute(insert(table), rows)
        return position, every, every


def _listed(connection: Connection, position: int) -> list[tuple[Partition, bytes | None]]:
    """The partitions of a filling up to a position, in order, each with its digests once it is in."""
    rows = connection.execute(select(table).where(table.c.position == position).order_by(table.c.number))
    return [(Partition(row.number, row.of), row.digests) for row in rows]


def _summaries(
    connection: Connection, filled: Sequence[tuple[Partition, bytes | None]], position: int
) -> dict[str, Summary]:
    counts = {}
    for one in TABLES:
        known = select(func.count()).select_from(one).where(one.c.known_from <= position)
        counts[one.name] = connection.execute(known).scalar_one()
    return summaries(TABLES, counts, (digests for _, digests in filled if digests is not None))
