"""Replay: the projections computed again from the log, a portion of streams at a time, to compare or to fill with.

It is the follower's function on whole histories instead of batches, so both arrive at the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, Table, delete, func, select, update

from domain.facts import Recorded
from projections import dialect
from projections.tables import place
from projections.view import Row, Work, every, from_scratch, write
from service import streams
from service.database import VIEWS, projecting, reading, writing
from service.follower import PROJECTIONS, PlacesThen, cuts, step
from service.log import histories
from service.tables import events, serving

_STREAMS_AT_ONCE = 2_000
_SHOWN = 20

#: Told how many events have been read, of how many.
Progress = Callable[[int, int], None]


def silent(done: int, of: int) -> None:
    """No progress to show."""


class Difference(NamedTuple):
    """A row that the log says and the table lacks, or the other way round."""

    table: str
    stream: UUID
    only_in: str
    row: Row


class Verification(NamedTuple):
    """What verifying found: how far, how much, and the first differences of how many."""

    position: int
    streams: int
    rows: int
    differences: int
    shown: list[Difference]


def serving_view(engine: Engine) -> str:
    """The set of projection tables that answers reads."""
    with reading(engine) as connection:
        view: str = connection.execute(select(serving.c.view)).scalar_one()
        return view


def verify(engine: Engine, progress: Progress = silent) -> Verification:
    """Compute every row of every projection again and compare it with the live tables, as far as those have come."""
    shown: list[Difference] = []
    count = differences = compared = 0
    with reading(engine, serving_view(engine)) as connection:
        position = connection.execute(select(place.c.position)).scalar_one()
        seen = dict.fromkeys((projection.table.name for projection in PROJECTIONS), 0)
        for portion, found in _portions(connection, position, progress):
            count += len(portion)
            for projection in PROJECTIONS:
                table = projection.table
                expected, actual = set(found[table.name]), set(every(connection, table, portion))
                seen[table.name] += len(actual)
                compared += len(expected)
                for only_in, rows in (("log", expected - actual), ("table", actual - expected)):
                    differences += len(rows)
                    some = sorted(rows, key=repr)[: _SHOWN - len(shown)]
                    shown += [Difference(table.name, dialect.stream(row[0]), only_in, row[1:]) for row in some]
        for projection in PROJECTIONS:
            there = connection.execute(select(func.count()).select_from(projection.table)).scalar_one()
            # What is there beyond what was compared is of streams that the log does not know at all.
            orphans = there - seen[projection.table.name]
            differences += orphans
            if orphans:
                shown += _orphans(connection, projection.table, _SHOWN - len(shown))
    return Verification(position, count, compared, differences, shown)


def _orphans(connection: Connection, table: Table, most: int) -> list[Difference]:
    statement = select(table).where(table.c.stream.not_in(select(events.c.stream))).limit(most)
    return [Difference(table.name, row.stream, "table", tuple(row)[1:]) for row in connection.execute(statement)]


def rebuild(engine: Engine, progress: Progress = silent) -> str:
    """Fill the set of tables that does not serve from the log, catch up, and let it serve; returns its name."""
    old = serving_view(engine)
    new = next(view for view in VIEWS if view != old)
    with projecting(engine, new) as connection:
        connection.execute(update(place).values(position=0))
        for projection in PROJECTIONS:
            connection.execute(delete(projection.table))
        position = connection.execute(select(func.coalesce(func.max(events.c.position), 0))).scalar_one()
        for _, found in _portions(connection, position, progress):
            for projection in PROJECTIONS:
                write(connection, projection.table, found[projection.table.name])
        connection.execute(update(place).values(position=position))
    while step(engine, new):
        pass
    with writing(engine) as connection:
        connection.execute(update(serving).values(view=new))
    return new


def _portions(
    connection: Connection, position: int, progress: Progress
) -> Iterator[tuple[list[UUID], dict[str, list[Row]]]]:
    """Streams in order of their ids, a portion at a time, with all rows they had up to a position."""
    reference = [event for event in _history(connection, streams.REFERENCE) if event.position <= position]
    places_at = PlacesThen(reference)
    mergers = cuts(reference) if places_at.merged else []
    of = connection.execute(select(func.count()).where(events.c.position <= position)).scalar_one()
    done, after = 0, UUID(int=0)
    while True:
        query = select(events.c.stream).distinct().where(events.c.stream > after, events.c.position <= position)
        portion = list(connection.execute(query.order_by(events.c.stream).limit(_STREAMS_AT_ONCE)).scalars())
        if not portion:
            return
        work = {}
        for stream, history in histories(connection, portion).items():
            past = [event for event in history if event.position <= position]
            work[stream] = Work(past, sorted({*cuts(past), *mergers}))
            done += len(past)
        yield portion, from_scratch(connection, PROJECTIONS, work, places_at)
        progress(done, of)
        after = portion[-1]


def _history(connection: Connection, stream: UUID) -> list[Recorded]:
    return histories(connection, [stream]).get(stream, [])
