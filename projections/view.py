"""The engine of the projections: a stream's rows before and after, closed where they vanished, added where new.

Nothing is overwritten, so every table answers for any day and any position of the log. What a stream's rows are is
said by the projections themselves, as a pure function of the stream's history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise, zip_longest
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, and_

from domain.effective import effective_order, force
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


class Stage:
    """A journey at the end of a day on which something held, and what was made of it, made once."""

    __slots__ = ("_seen", "journey", "on", "places")

    def __init__(self, on: date, journey: Journey, places: Places) -> None:
        self.on = on
        self.journey = journey
        self.places = places
        self._seen: dict[Callable[[Journey, Places], Row], Row] = {}

    def through(self, eyes: Callable[[Journey, Places], Row]) -> Row:
        """The columns that a function makes of the journey."""
        if eyes not in self._seen:
            self._seen[eyes] = eyes(self.journey, self.places)
        return self._seen[eyes]


class Told:
    """What one stream says by a position of the log: what is in force, and for a journey its stages, folded once.

    `history` is in order of position. `before` is what the beginning of this history told: most of it still holds when
    little was added, and only the days from the first change on are folded again.
    """

    def __init__(self, history: Sequence[Recorded], places: Places, before: Told | None = None) -> None:
        self.history = history
        self.places = places
        # Never a chain: who was not asked for its stages only passes on who was.
        self.before: Told | None = before if before is None or "stages" in before.__dict__ else before.before

    @cached_property
    def amended(self) -> bool:
        """Whether something in the stream corrects or withdraws."""
        before = self.before
        if before is not None and before.amended:
            return True
        new = self.history if before is None else self.history[len(before.history) :]
        return any(event.corrects is not None or event.fact.TOPIC == _TAKES_BACK for event in new)

    @cached_property
    def speaking(self) -> tuple[Recorded, ...]:
        """What is in force, in effective order."""
        before = self.before
        if before is not None and before.speaking and not self.amended:
            new = sorted(self.history[len(before.history) :], key=effective_order)
            if not new or effective_order(before.speaking[-1]) < effective_order(new[0]):
                return (*before.speaking, *new)
        return force(self.history).speaking

    @cached_property
    def stages(self) -> list[Stage]:
        """The journey at the end of every day on which something held, oldest first."""
        kept: list[Stage] = []
        if self.before is not None and self.before.places is self.places:
            change = _first_change(self.before.speaking, self.speaking)
            kept = [stage for stage in self.before.stages if change is None or stage.on < change]
        self.before = None
        if not kept:
            return [Stage(on, journey, self.places) for on, journey in stages(self.speaking, self.places)]
        last = kept[-1]
        later = (event for event in self.speaking if event.effective_on > last.on)
        more = stages(later, self.places, last.journey)
        return [*kept, *(Stage(on, journey, self.places) for on, journey in more)]


def _first_change(before: Sequence[Recorded], after: Sequence[Recorded]) -> date | None:
    """The first day on which two effective histories tell something else."""
    for one, other in zip_longest(before, after):
        if one is not other:
            return min(event.effective_on for event in (one, other) if event is not None)
    return None


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
    """A stream to project: all of its history by position, and the positions at which commits may have changed rows.

    `places_at` tells the municipalities as known at a position.
    """

    history: Sequence[Recorded]
    cuts: Sequence[int]
    places_at: Callable[[int], Places]

    def concerned(self, projections: Sequence[Projection]) -> list[Projection]:
        """The projections that listen to anything that was said in the stream."""
        topics = {event.fact.TOPIC for event in self.history}
        return [projection for projection in projections if not topics.isdisjoint(projection.topics)]


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


def project(connection: Connection, projections: Sequence[Projection], work: Mapping[UUID, Work]) -> None:
    """Bring the tables up to date with the streams of `work`, in the transaction of `connection`."""
    concerned = {stream: item.concerned(projections) for stream, item in work.items()}
    changes = {}
    for projection in projections:
        streams = [stream for stream, some in concerned.items() if projection in some]
        changes[projection.table.name] = Changes(standing(connection, projection.table, streams))
    for stream, item in work.items():
        key = dialect.plain(connection, (stream,))
        for projection, cut, rows in _told(concerned[stream], item):
            plain = (dialect.plain(connection, row) for row in rows)
            changes[projection.table.name].follow(stream, key, cut, plain)
    for projection in projections:
        change = changes[projection.table.name]
        _close(connection, projection.table, change.closed)
        write(connection, projection.table, list(change.started()))


def from_scratch(projections: Sequence[Projection], work: Mapping[UUID, Work]) -> dict[str, list[Row]]:
    """All rows that these streams ever had, by table, as if no table were there; what `project` arrives at in steps.

    The values are days and UUIDs on every engine; `dialect.plain` makes them its own. In no order.
    """
    changes = {projection.table.name: Changes({}) for projection in projections}
    for stream, item in work.items():
        for projection, cut, rows in _told(item.concerned(projections), item):
            changes[projection.table.name].follow(stream, (stream,), cut, rows)
    return {name: list(change.started()) for name, change in changes.items()}


def _told(concerned: Sequence[Projection], item: Work) -> Iterator[tuple[Projection, int, Iterable[Row]]]:
    """The rows of one stream at every cut that can have changed them."""
    told: Told | None = None
    known = 0
    for cut in item.cuts:
        before = known
        while known < len(item.history) and item.history[known].position <= cut:
            known += 1
        told = Told(item.history[:known], item.places_at(cut), told)
        new = item.history[before:known]
        # A cut without new events is there because the municipalities changed.
        amended = not new or told.amended
        for projection in concerned:
            if projection.hears(new, amended=amended):
                yield projection, cut, projection.rows(told)


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
        dialect.write_rows(connection, qualified(connection, table), types, rows)


def _close(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    statement = (
        f"UPDATE {qualified(connection, table)} SET known_until = ? WHERE stream = ? AND known_from = ? AND number = ?"
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
    keys = [dialect.plain(connection, (stream,)) for stream in streams]
    for some, parameters in dialect.asked(connection, ["uuid"], keys):
        yield from rows_where(connection, table, f"stream IN ({some}){only}", parameters)


def rows_where(connection: Connection, table: Table, condition: str, parameters: Sequence[Any]) -> list[Row]:
    """The rows that fulfil a condition of our own making, in the driver's own values."""
    names = ", ".join(column.name for column in table.columns)
    return dialect.fetch(
        connection, f"SELECT {names} FROM {qualified(connection, table)} WHERE {condition}", parameters
    )


def qualified(connection: Connection, table: Table) -> str:
    """The name of a table in the set that the connection works on."""
    schema = connection.get_execution_options()["schema_translate_map"]["view"]
    return f"{schema}.{table.name}"
