"""Verifying: every row of every projection computed again from the log and compared with the tables that serve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, Column, Connection, Engine, Table, select

from projections import dialect, streams
from projections.row_store import Row, read_rows_where
from projections.states import PROJECTIONS, TABLES
from projections.tables import FOREVER, STILL
from service.log.recorder import EventRecorder
from service.projector.offsets import Offset, read_offsets, serving_view
from service.projector.partitions import Partition, Summary, partition_digests, partitions, recompute, summaries
from service.projector.rebuild import Superseded
from service.projector.worker_pool import Progress, run_on_partitions, silent
from service.storage.database import reading
from service.storage.service_tables import serving

_SHOWN = 20
_TABLES = {table.name: table for table in TABLES}
_KEY = ("stream", "known_from", "number")


class AheadOfLog(Exception):
    """The tables claim what the log has not: it was set back, or they were restored from a later moment."""


class Difference(NamedTuple):
    """A row of a stream that is computed otherwise than it stands in the table, in the values of the engine's driver;
    None where it is not. Both have the same key: `stream`, `known_from` and `number`.
    """

    table: str
    computed: Row | None
    stored: Row | None

    @property
    def key(self) -> Row:
        """Stream, known_from and number."""
        row = self.computed or self.stored or ()
        return row[:3]

    @property
    def stream(self) -> UUID:
        """Whose row it is."""
        return dialect.stream_id(self.key[0])


class Verification(NamedTuple):
    """What was compared: how far, how much, the first differences of how many, and what the log says of each table.

    `position` is that of the projection that has come furthest; each was compared up to its own of the `offsets`.
    `memory` is the peak of all processes, in bytes.
    """

    position: int
    streams: int
    rows: int
    differences: int
    shown: list[Difference]
    tables: dict[str, Summary]
    offsets: list[Offset]
    memory: int


class _Compared(NamedTuple):
    """What came out of one partition."""

    streams: int
    rows: dict[str, int]
    differences: int
    shown: list[Difference]
    digests: bytes


@dataclass(frozen=True, slots=True)
class _Compare:
    """Compute a partition and compare it with what stands in the tables, each as it was known at its own offset."""

    view: str
    offsets: tuple[Offset, ...]

    def __call__(self, engine: Engine, partition: Partition) -> _Compared:
        with reading(engine, self.view) as connection:
            # What is read of the tables from here on is of one moment; they are whole if they still serve after it.
            now = read_offsets(connection)
            back = any(after.position < before.position for before, after in zip(self.offsets, now, strict=True))
            if back or connection.execute(select(serving.c.view)).scalar_one() != self.view:
                raise Superseded("other tables serve since the verification began; run it again")
            count, rows = self._recompute(connection, partition)
            found: list[Difference] = []
            for table, before, after in zip(TABLES, self.offsets, now, strict=True):
                stored = _known_then(connection, table, partition, range(before.position + 1, after.position + 1))
                computed = set(dialect.rows_to_driver(connection, rows[table.name]))
                found += _differences(table, computed - stored, stored - computed)
        counts = {name: len(some) for name, some in rows.items()}
        digests = partition_digests(TABLES, partition, rows)
        return _Compared(count, counts, len(found), found[:_SHOWN], digests)

    def _recompute(self, connection: Connection, partition: Partition) -> tuple[int, dict[str, list[Row]]]:
        """How many streams there are, and the rows of each table up to its offset."""
        count = 0
        rows: dict[str, list[Row]] = {}
        for position in {offset.position for offset in self.offsets}:
            # Nothing behind its offset: a projection that is stopped there cannot read that.
            some = [one for one, offset in zip(PROJECTIONS, self.offsets, strict=True) if offset.position == position]
            known = recompute(connection, partition, position, some)
            count, rows = max(count, known.streams), rows | known.rows
        return count, rows


def verify(engine: Engine, processes: int = 1, progress: Progress = silent) -> Verification:
    """Compute every row of every projection again and compare it with the live tables, as far as those have come.

    The follower may go on meanwhile: nothing in the tables is overwritten, so they still say what they said then.
    """
    view = serving_view(engine)
    with reading(engine, view) as connection:
        offsets = tuple(read_offsets(connection))
        # Asked after the offsets: on SQLite the log is another file, and may only show a later moment.
        end = EventRecorder(connection).last_position()
    position = max(offset.position for offset in offsets)
    if position > end:
        raise AheadOfLog(
            f"the tables have come to position {position}, but the log ends at {end}: they are of another log"
        )
    every = partitions(position)
    compared: dict[Partition, _Compared] = {}

    def take_result(partition: Partition, result: _Compared) -> None:
        compared[partition] = result
        progress(position * len(compared) // len(every), position)

    memory = run_on_partitions(engine, every, _Compare(view, offsets), processes, take_result)
    results = [compared[partition] for partition in every]
    counts = {table.name: sum(result.rows[table.name] for result in results) for table in TABLES}
    return Verification(
        position,
        sum(result.streams for result in results),
        sum(counts.values()),
        sum(result.differences for result in results),
        [difference for result in results for difference in result.shown][:_SHOWN],
        summaries(TABLES, counts, (result.digests for result in results)),
        list(offsets),
        memory,
    )


def _known_then(connection: Connection, table: Table, partition: Partition, since: range) -> set[Row]:
    """What stands in a table of a partition's streams, as it stood before the positions that were followed since.

    Whatever claims to be known from or until where the follower has not even come to stays as it is, to be found.
    """
    conditions = " AND ".join(condition for condition, _ in partition.within) or "true"
    values = dialect.to_driver(connection, tuple(value for _, some in partition.within for value in some))
    rows: Iterable[Row] = read_rows_where(connection, table, conditions, values)
    if since:
        rows = (row if row[3] not in since else (*row[:3], STILL, *row[4:]) for row in rows if row[1] not in since)
    return set(rows)


def _differences(table: Table, computed: set[Row], stored: set[Row]) -> list[Difference]:
    """Rows that are only computed and rows that only stand there, those of one key together, in order of their keys."""
    ours, theirs = {row[:3]: row for row in computed}, {row[:3]: row for row in stored}
    keys = sorted(ours.keys() | theirs.keys(), key=repr)
    return [Difference(table.name, ours.get(key), theirs.get(key)) for key in keys]


def describe(difference: Difference) -> Iterator[str]:
    """One line that says which row it is, and one for every column that differs; a row on one side only is shown whole.

    Nothing in them is personal: journeys have pseudonyms.
    """
    table, computed, stored = _TABLES[difference.table], difference.computed, difference.stored
    columns = [column for column in table.columns if column.name not in _KEY]
    row = computed or stored or ()
    known_from, number = row[1:3]
    until = _written(table, table.c.known_until, row)
    yield f"{table.name}, {_subject(difference)}, row {number} known from position {known_from} until {until}:"
    if computed is None or stored is None:
        yield "  the log says so, the table lacks it:" if computed else "  the table has it, the log does not say so:"
        yield "  " + ", ".join(f"{column.name} {_written(table, column, row)}" for column in columns)
        return
    for column in columns:
        said, there = _written(table, column, computed), _written(table, column, stored)
        if said != there:
            yield f"  {column.name}: the log says {said}, the table has {there}"


def _subject(difference: Difference) -> str:
    if difference.stream == streams.REFERENCE:
        return "the reference facts"
    if difference.table == "quota":
        return f"the half-year of stream {difference.stream}"
    return f"journey {difference.stream}"


def _written(table: Table, column: Column[Any], row: Row) -> str:
    """A value as people read it, alike on both engines."""
    value = row[list(table.columns).index(column)]
    if value is None:
        return "nothing"
    if column.name == "known_until" and value == STILL:
        return "now"
    if column.name == "valid_until" and str(value) == str(FOREVER):
        return "for ever"
    if isinstance(column.type, Boolean):
        return "true" if value else "false"
    return str(value)
