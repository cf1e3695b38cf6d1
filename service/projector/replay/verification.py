"""Verifying: every row of every projection computed again from the log and compared with the tables that serve."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, Table, select

from projections import dialect
from projections.catalogue import PROJECTIONS, TABLES
from projections.row_store import Row, rows_where
from projections.tables import STILL
from service.log.recorder import last_position
from service.projector.offsets import Standing, standing
from service.projector.replay import digests
from service.projector.replay.backfill import Superseded
from service.projector.replay.digests import Summary
from service.projector.replay.partitions import Portion, portions, retold
from service.projector.replay.rebuild import serving_view
from service.projector.replay.worker_pool import Progress, each, silent
from service.storage.database import reading
from service.storage.service_tables import serving

_SHOWN = 20


class Ahead(Exception):
    """The tables claim what the log has not: it was set back, or they were restored from a later moment."""


class Difference(NamedTuple):
    """A row of a stream that the log tells otherwise than the table, in the engine's own values; None where it is not.

    Both have the same key: `stream`, `known_from` and `number`.
    """

    table: str
    log: Row | None
    stands: Row | None

    @property
    def key(self) -> Row:
        """Stream, known_from and number."""
        row = self.log or self.stands or ()
        return row[:3]

    @property
    def stream(self) -> UUID:
        """Whose row it is."""
        return dialect.stream(self.key[0])


class Verification(NamedTuple):
    """What verifying found: how far, how much, the first differences of how many, and what the log says of each table.

    `position` is that of the projection that has come furthest, `stands` that of each one, up to which it was compared;
    `memory` is the peak of all processes, in bytes.
    """

    position: int
    streams: int
    rows: int
    differences: int
    shown: list[Difference]
    tables: dict[str, Summary]
    stands: list[Standing]
    memory: int


class _Compared(NamedTuple):
    """What came out of one portion."""

    streams: int
    rows: dict[str, int]
    differences: int
    shown: list[Difference]
    digests: bytes


@dataclass(frozen=True, slots=True)
class _Compare:
    """Compute a portion and compare it with what stands in the tables, each as it was known at its own position."""

    view: str
    stands: tuple[Standing, ...]

    def __call__(self, engine: Engine, portion: Portion) -> _Compared:
        with reading(engine, self.view) as connection:
            # What is read of the tables from here on is of one moment; they are whole if they still serve after it.
            now = standing(connection)
            back = any(after.position < before.position for before, after in zip(self.stands, now, strict=True))
            if back or connection.execute(select(serving.c.view)).scalar_one() != self.view:
                raise Superseded("other tables serve since the verification began; run it again")
            streams, rows = self._said(connection, portion)
            found: list[Difference] = []
            for table, before, after in zip(TABLES, self.stands, now, strict=True):
                there = _known_then(connection, table, portion, range(before.position + 1, after.position + 1))
                said = {dialect.plain(connection, row) for row in rows[table.name]}
                found += _differences(table, said - there, there - said)
        counts = {name: len(some) for name, some in rows.items()}
        told = digests.of_portion(TABLES, portion, rows)
        return _Compared(streams, counts, len(found), found[:_SHOWN], told)

    def _said(self, connection: Connection, portion: Portion) -> tuple[int, dict[str, list[Row]]]:
        """What the log says: how many streams there are, and the rows of each table up to where that stands."""
        streams = 0
        rows: dict[str, list[Row]] = {}
        for position in {stand.position for stand in self.stands}:
            # Not what is behind its place: a projection that is stopped there cannot read that.
            some = [one for one, stand in zip(PROJECTIONS, self.stands, strict=True) if stand.position == position]
            known = retold(connection, portion, position, some)
            streams, rows = max(streams, known.streams), rows | known.rows
        return streams, rows


def verify(engine: Engine, processes: int = 1, progress: Progress = silent) -> Verification:
    """Compute every row of every projection again and compare it with the live tables, as far as those have come.

    The follower may go on meanwhile: nothing in the tables is overwritten, so they still tell what they told then.
    """
    view = serving_view(engine)
    with reading(engine, view) as connection:
        stands = tuple(standing(connection))
        # Asked after the places: on SQLite the log is another file, and may only show a later moment.
        end = last_position(connection)
    position = max(stand.position for stand in stands)
    if position > end:
        raise Ahead(f"the tables have come to position {position}, but the log ends at {end}: they are of another log")
    every = portions(position)
    compared: dict[Portion, _Compared] = {}

    def took(portion: Portion, result: _Compared) -> None:
        compared[portion] = result
        progress(position * len(compared) // len(every), position)

    memory = each(engine, every, _Compare(view, stands), processes, took)
    results = [compared[portion] for portion in every]
    counts = {table.name: sum(result.rows[table.name] for result in results) for table in TABLES}
    return Verification(
        position,
        sum(result.streams for result in results),
        sum(counts.values()),
        sum(result.differences for result in results),
        [difference for result in results for difference in result.shown][:_SHOWN],
        digests.summaries(TABLES, counts, (result.digests for result in results)),
        list(stands),
        memory,
    )


def _known_then(connection: Connection, table: Table, portion: Portion, since: range) -> set[Row]:
    """What stands in a table of a portion's streams, as it stood before the positions that were followed since.

    Whatever claims to be known from or until where the follower has not even come to stays as it is, to be found.
    """
    conditions = " AND ".join(condition for condition, _ in portion.within) or "true"
    values = dialect.plain(connection, tuple(value for _, some in portion.within for value in some))
    rows: Iterable[Row] = rows_where(connection, table, conditions, values)
    if since:
        rows = (row if row[3] not in since else (*row[:3], STILL, *row[4:]) for row in rows if row[1] not in since)
    return set(rows)


def _differences(table: Table, said: set[Row], there: set[Row]) -> list[Difference]:
    """What only the log says and what only stands there, rows of one key together, in order of their keys."""
    log, stands = {row[:3]: row for row in said}, {row[:3]: row for row in there}
    keys = sorted(log.keys() | stands.keys(), key=repr)
    return [Difference(table.name, log.get(key), stands.get(key)) for key in keys]
