"""The engine of the projections: a stream's rows before and after, closed where they vanished, added where new.

Nothing is overwritten, so every table answers for any day and any position of the log. What a stream's rows are is
said by the projections themselves, as a pure function of the stream's history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from domain.effective import Finding
from domain.facts import Recorded
from domain.places import Places
from projections.errors import ProjectionError
from projections.row_store import OpenRows, Row, add_rows, close_rows, read_open_rows
from projections.stream_history import StreamHistory
from projections.tables import FOREVER, STILL

#: The last day that an open end covers.
LAST_DAY = FOREVER - timedelta(days=1)

# What the database says of the rows themselves; any other error of it cannot be due to who computed them.
_OF_THE_ROWS = (IntegrityError, DataError, ProgrammingError)


class Asked(NamedTuple):
    """The two times of a question: the day it must have held, and the log position it must have been known at."""

    valid_on: date
    position: int


class Projection(NamedTuple):
    """A table, the topics that its rows can depend on, and the pure function from a stream's history to its rows.

    `municipality_column` names the column of municipalities, as posted, in a table whose rows may change when some
    merge.
    """

    table: Table
    topics: frozenset[str]
    rows: Callable[[StreamHistory], Iterable[Row]]
    municipality_column: str | None = None

    @property
    def name(self) -> str:
        """That of its table."""
        return self.table.name

    def depends_on(self, topics: AbstractSet[str], *, amended: bool) -> bool:
        """Whether new events of these topics can change the rows of a stream.

        One of another topic can only where something in the stream is `amended`: it may be a version of a fact of which
        another version has a topic that counts.
        """
        return amended or not self.topics.isdisjoint(topics)


class StreamState(NamedTuple):
    """What a stream has come to: its history, and by table the rows that are now known of it.

    Every projection that ever depended on one of its events is there, also without rows.
    """

    history: StreamHistory | None
    open_rows: dict[str, OpenRows]


class StreamUpdate(NamedTuple):
    """A stream to project: its events up to the last boundary, and the positions at which commits may change its rows.

    `places_at` gives the municipalities as known at a position. `state` is what the first of the events came to;
    without it the tables are asked which rows are open. `events_at` gives what is known of the stream at a boundary
    where that is not simply the first of the events: of a journey that is, or ever was, read as one with others; and
    `findings_at` what is then found of who is who.
    """

    events: Sequence[Recorded]
    boundaries: Sequence[int]
    places_at: Callable[[int], Places]
    state: StreamState | None = None
    events_at: Callable[[int], Sequence[Recorded]] | None = None
    findings_at: Callable[[int], Sequence[Finding]] | None = None

    def depending(self, projections: Sequence[Projection]) -> list[Projection]:
        """The projections that depend on any event of the stream."""
        history, open_rows = (None, {}) if self.state is None else self.state
        topics = {event.fact.TOPIC for event in self.events[0 if history is None else len(history.events) :]}
        return [one for one in projections if one.table.name in open_rows or not topics.isdisjoint(one.topics)]


def spans(states: Iterable[tuple[date, Row | None]]) -> Iterator[Row]:
    """Rows from states that each hold from their day until the next one's; equal neighbours are one row, and where
    there is no state there is none.
    """
    since, current = FOREVER, None
    for on, row in states:
        if row != current:
            if current is not None:
                yield (since, on, *current)
            since, current = on, row
    if current is not None:
        yield (since, FOREVER, *current)


def project(
    connection: Connection, projections: Sequence[Projection], updates: Mapping[UUID, StreamUpdate]
) -> dict[UUID, StreamState]:
    """Bring the tables up to date with these streams, in the transaction of `connection`.

    Returns what they came to, for whoever goes on from there once that is committed: the states given are changed.
    Raises ProjectionError when a projection fails, or when its rows can't be written.
    """
    depending = {stream: update.depending(projections) for stream, update in updates.items()}
    unread = [stream for stream, update in updates.items() if update.state is None]
    there: dict[str, dict[UUID, OpenRows]] = {}
    for projection in projections if unread else ():
        some = [stream for stream in unread if projection in depending[stream]]
        there[projection.name] = read_open_rows(connection, projection.table, some)
    changes = {projection.name: Changes([], []) for projection in projections}
    states = {}
    for stream, update in updates.items():
        if update.state is not None:
            open_rows = update.state.open_rows
        else:
            open_rows = {one.name: there[one.name].get(stream, {}) for one in depending[stream]}
        history = _update(depending[stream], stream, update, open_rows, changes)
        states[stream] = StreamState(history, open_rows)
    for projection in projections:
        change = changes[projection.name]
        try:
            close_rows(connection, projection.table, change.closed)
            add_rows(connection, projection.table, change.added)
        except Exception as error:
            if isinstance(error, DBAPIError) and not isinstance(error, _OF_THE_ROWS):
                raise
            raise ProjectionError.of(error, (projection.name,)) from error
    return states


def compute_rows(projections: Sequence[Projection], updates: Mapping[UUID, StreamUpdate]) -> dict[str, list[Row]]:
    """All rows that these streams ever had, by table, as if no table were there; what `project` arrives at in steps.

    The values are days and UUIDs on every engine; `add_rows` makes them its own. In no order. Raises ProjectionError
    when a projection fails.
    """
    changes = {projection.name: Changes([], []) for projection in projections}
    for stream, update in updates.items():
        _update(update.depending(projections), stream, update, {}, changes)
    return {name: change.added for name, change in changes.items()}


def _update(
    projections: Sequence[Projection],
    stream: UUID,
    update: StreamUpdate,
    open_rows: dict[str, OpenRows],
    changes: Mapping[str, Changes],
) -> StreamHistory | None:
    """Take one stream through every boundary at which its rows can change; its history in the end."""
    history = None if update.state is None else update.state.history
    known = 0 if history is None else len(history.events)
    new: dict[str, dict[Row, Row]] = {projection.name: {} for projection in projections}
    for boundary in update.boundaries:
        before = known
        while known < len(update.events) and update.events[known].position <= boundary:
            known += 1
        try:
            places = update.places_at(boundary)
        except Exception as error:
            # Without the municipalities none of them can go on.
            raise ProjectionError.of(error, tuple(changes), stream, boundary) from error
        if update.events_at is None:
            history = StreamHistory(update.events[:known], places, history)
            added = update.events[before:known]
            # A boundary without new events is there because the municipalities changed.
            amended = not added or history.amended
        else:
            besides = () if update.findings_at is None else update.findings_at(boundary)
            history = StreamHistory(update.events_at(boundary), places, besides=besides)
            added, amended = (), True
        topics = {event.fact.TOPIC for event in added}
        for projection in projections:
            if not projection.depends_on(topics, amended=amended):
                continue
            name = projection.table.name
            try:
                after = dict.fromkeys(projection.rows(history))
            except Exception as error:
                # Whatever it is: this projection stops, and no other.
                raise ProjectionError.of(error, (name,), stream, boundary) from error
            changes[name].record(stream, boundary, open_rows.setdefault(name, {}), new[name], after)
    for name, rows in new.items():
        changes[name].added.extend(rows.values())
    return history


class Changes(NamedTuple):
    """What a batch changes in one table: rows to close that were in it, and rows to add."""

    closed: list[tuple[int, UUID, int, int]]
    added: list[Row]

    def record(
        self, stream: UUID, boundary: int, open_rows: OpenRows, new: dict[Row, Row], after: Mapping[Row, None]
    ) -> None:
        """From the rows open so far to those known from `boundary` on; `new` are those that no table has yet."""
        for row in [row for row in open_rows if row not in after]:
            known_from, number = open_rows.pop(row)
            if new.pop(row, None) is None:
                self.closed.append((boundary, stream, known_from, number))
            else:
                # It appeared and vanished within the batch.
                self.added.append((stream, known_from, number, boundary, *row))
        for number, row in enumerate(after):
            if row not in open_rows:
                open_rows[row] = (boundary, number)
                new[row] = (stream, boundary, number, STILL, *row)
