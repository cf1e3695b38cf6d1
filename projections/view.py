"""The engine of the projections: a stream's rows before and after, closed where they vanished, added where new.

Nothing is overwritten, so every table answers for any day and any position of the log. What a stream's rows are is
said by the projections themselves, as a pure function of the stream's history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, and_

from domain.effective import force, known
from domain.facts import EventWithdrawn, Recorded
from domain.journey import Journey, stages
from domain.places import Places
from projections import dialect
from projections.tables import FOREVER, STILL

_TAKES_BACK = EventWithdrawn.TOPIC

#: The last day that an open end covers.
LAST_DAY = FOREVER - timedelta(days=1)

#: A projection's row: valid_from, valid_until, then its table's own columns in their order.
Row = tuple[Any, ...]


class Asked(NamedTuple):
    """The two times of a question: the day it must have held, and the log position it must have been known at."""

    valid_on: date
    position: int


class Told:
    """What one stream says by a position of the log: what is in force, and for a journey its stages, folded once."""

    def __init__(self, history: Sequence[Recorded], places: Places) -> None:
        self.history = history
        self.places = places

    @cached_property
    def speaking(self) -> tuple[Recorded, ...]:
        return force(self.history).speaking

    @cached_property
    def stages(self) -> list[tuple[date, Journey]]:
        return list(stages(self.speaking, self.places))


class Projection(NamedTuple):
    """A table, the topics that its rows can depend on, and the pure function from a stream's history to its rows."""

    table: Table
    topics: frozenset[str]
    rows: Callable[[Told], Iterable[Row]]

    def hears(self, new: Sequence[Recorded], *, amended: bool) -> bool:
        """Whether events can change the rows of a stream.

        One of another topic can only where something in the stream is `amended`: it may be a version of a fact that
        another version told under a topic that counts.
        """
        return amended or any(event.fact.TOPIC in self.topics for event in new)


class Work(NamedTuple):
    """A stream to project: all of its history, and the positions at which commits may have changed its rows."""

    history: Sequence[Recorded]
    cuts: Sequence[int]

    @property
    def topics(self) -> frozenset[str]:
        """Of all that was said in the stream."""
        return frozenset(event.fact.TOPIC for event in self.history)


def spans(states: Iterable[tuple[date, Row]]) -> Iterator[Row]:
    """Rows from states that each hold from their day until the next one's; equal neighbours are one row."""
    merged: list[tuple[date, Row]] = []
    for day, state in states:
        if not merged or merged[-1][1] != state:
            merged.append((day, state))
    for (day, state), (until, _) in pairwise([*merged, (FOREVER, ())]):
        yield (day, until, *state)


def in_force(table: Table, asked: Asked) -> ColumnElement[bool]:
    """The rows that are the answer for both times."""
    day = min(asked.valid_on, LAST_DAY)
    return and_(
        table.c.known_from <= asked.position,
        table.c.known_until > asked.position,
        table.c.valid_from <= day,
        table.c.valid_until > day,
    )


def project(
    connection: Connection,
    projections: Sequence[Projection],
    work: Mapping[UUID, Work],
    places_at: Callable[[int], Places],
) -> None:
    """Bring the tables up to date with the streams of `work`, in the transaction of `connection`.

    `places_at` tells the municipalities as known at a position.
    """
    changes = {}
    for projection in projections:
        streams = [stream for stream, item in work.items() if not item.topics.isdisjoint(projection.topics)]
        changes[projection.table.name] = Changes(standing(connection, projection.table, streams))
    _follow(connection, projections, work, places_at, changes)
    for projection in projections:
        change = changes[projection.table.name]
        _close(connection, projection.table, change.closed)
        write(connection, projection.table, list(change.started()))


def from_scratch(
    connection: Connection,
    projections: Sequence[Projection],
    work: Mapping[UUID, Work],
    places_at: Callable[[int], Places],
) -> dict[str, list[Row]]:
    """All rows that these streams ever had, by table, as if no table were there; what `project` arrives at in steps."""
    changes = {projection.table.name: Changes({}) for projection in projections}
    _follow(connection, projections, work, places_at, changes)
    return {name: list(change.started()) for name, change in changes.items()}


def _follow(
    connection: Connection,
    projections: Sequence[Projection],
    work: Mapping[UUID, Work],
    places_at: Callable[[int], Places],
    changes: Mapping[str, Changes],
) -> None:
    for stream, item in work.items():
        key = dialect.plain(connection, (stream,))
        concerned = [projection for projection in projections if not item.topics.isdisjoint(projection.topics)]
        before = 0
        for cut in item.cuts:
            new = [event for event in item.history if before < event.position <= cut]
            told = Told(known(item.history, cut), places_at(cut))
            # A cut without new events is there because the municipalities changed.
            amended = not new or any(
                event.corrects is not None or event.fact.TOPIC == _TAKES_BACK for event in told.history
            )
            for projection in concerned:
                if projection.hears(new, amended=amended):
                    rows = [dialect.plain(connection, row) for row in projection.rows(told)]
                    changes[projection.table.name].follow(stream, key, cut, rows)
            before = cut


class Changes:
    """What a batch changes in one table: rows to close that stood in it, and rows to add."""

    def __init__(self, standing: dict[UUID, dict[Row, tuple[int, int]]]) -> None:
        self.standing = standing
        self.closed: list[tuple[Any, ...]] = []
        self._passing: list[tuple[Any, ...]] = []  # appeared and vanished within the batch
        self._new: dict[tuple[UUID, Row], tuple[Any, ...]] = {}

    def follow(self, stream: UUID, key: tuple[Any, ...], cut: int, rows: Iterable[Row]) -> None:
        """From the rows that stood before to those known from `cut` on."""
        after = dict.fromkeys(rows)
        before = self.standing.setdefault(stream, {})
        for row in [row for row in before if row not in after]:
            known_from, number = before.pop(row)
            if self._new.pop((stream, row), None) is None:
                self.closed.append((cut, *key, known_from, number))
            else:
                self._passing.append((*key, known_from, number, cut, *row))
        for number, row in enumerate(after):
            if row not in before:
                before[row] = (cut, number)
                self._new[stream, row] = (*key, cut, number, STILL, *row)

    def started(self) -> Iterator[tuple[Any, ...]]:
        yield from self._passing
        yield from self._new.values()


def write(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows in the driver's own values, in the order of the table's columns."""
    if rows:
        types = {column.name: dialect.postgresql_type(column) for column in table.columns}
        dialect.write_rows(connection, _name(connection, table), types, rows)


def _close(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    statement = (
        f"UPDATE {_name(connection, table)} SET known_until = ? WHERE stream = ? AND known_from = ? AND number = ?"
    )
    if rows:
        dialect.run_many(connection, statement, rows)


def standing(connection: Connection, table: Table, streams: Iterable[UUID]) -> dict[UUID, dict[Row, tuple[int, int]]]:
    """The rows now in force of some streams, each with its known_from and number."""
    found: dict[UUID, dict[Row, tuple[int, int]]] = {}
    for stream, known_from, number, _, *row in every(connection, table, streams, closed=False):
        found.setdefault(dialect.stream(stream), {})[tuple(row)] = (known_from, number)
    return found


def every(connection: Connection, table: Table, streams: Iterable[UUID], *, closed: bool = True) -> Iterator[Row]:
    """All rows of some streams, those that are closed too unless told otherwise, in the driver's own values."""
    # The plus keeps SQLite from the index on known_until, by which it would read every row that stands.
    only = "" if closed else f" AND +known_until = {STILL}"
    names = ", ".join(column.name for column in table.columns)
    keys = [dialect.plain(connection, (stream,)) for stream in streams]
    for some, parameters in dialect.asked(connection, ["uuid"], keys):
        statement = f"SELECT {names} FROM {_name(connection, table)} WHERE stream IN ({some}){only}"
        yield from dialect.fetch(connection, statement, parameters)


def _name(connection: Connection, table: Table) -> str:
    schema = connection.get_execution_options()["schema_translate_map"]["view"]
    return f"{schema}.{table.name}"
