"""The next batch of the log as work for projections: every stream it speaks of, with what was said before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from domain.facts import FACTS, Recorded
from domain.persons import Kin
from projections import streams
from projections.engine import Projection, Seen, Work
from projections.errors import Raised
from projections.places_then import PlacesThen, touched
from service.log.mapper import recorded
from service.log.recorder import LogRow, Unreadable, stream_rows
from service.projector.commit_boundaries import cuts, whole_commits
from service.projector.histories import Memory
from service.projector.persons import of_one_person


class Batch(NamedTuple):
    """Whole commits: how many events, the last one's position and instant, and what there is to do with each stream."""

    events: int
    end: int
    recorded_at: datetime
    work: dict[UUID, Work]
    places_at: PlacesThen


def read_batch(
    connection: Connection,
    projections: Sequence[Projection],
    memory: Memory,
    after: int,
    limit: int,
    before: int | None,
) -> Batch | None:
    """The next commits behind a position, up to that of position `before`; None where there are none.

    Raises Raised when an event cannot be read by projections that it may concern.
    """
    names = tuple(projection.name for projection in projections)
    try:
        rows = whole_commits(connection, after, limit, before)
    except Unreadable as fault:
        raise Raised.by(fault, names) from fault
    if not rows:
        return None
    reading = _Reading(connection, projections, memory, rows)
    return Batch(len(rows), rows[-1].position, rows[-1].recorded_at, reading.work(), reading.places_at)


class _Reading:
    """The histories that the events of a batch belong to."""

    def __init__(
        self, connection: Connection, projections: Sequence[Projection], memory: Memory, rows: Sequence[LogRow]
    ) -> None:
        self._connection = connection
        self._projections = projections
        self._names = tuple(projection.name for projection in projections)
        self._memory = memory
        self._begin, self._end = rows[0].position, rows[-1].position
        self._kin = memory.kin(connection, self._end)
        self._new: dict[UUID, list[LogRow]] = {}
        for row in rows:
            self._new.setdefault(row.stream, []).append(row)
        self._seen: dict[UUID, Seen] = {}
        self._found: dict[UUID, list[Recorded]] = {}
        self.places_at = self._municipalities()

    def work(self) -> dict[UUID, Work]:
        """What there is to do with every stream that the batch speaks of, or that it lets read otherwise."""
        unread = []
        for stream, rows in self._new.items():
            if stream in self._kin:
                continue
            version = rows[0].version
            seen = self._memory.seen(stream, version)
            if seen is None and version > 1:
                unread.append(stream)
                continue
            # No rows can stand for a stream that begins here.
            self._seen[stream] = seen or Seen(None, {})
            before = seen.told.history if seen is not None and seen.told is not None else ()
            if said := self._facts(stream, rows):
                self._found[stream] = [*before, *said]
        self._read(unread)
        changed = self._touched() if streams.REFERENCE in self._new else set()
        alone = {
            stream: Work(
                self._found[stream],
                cuts(self._new.get(stream, ()), self._new[streams.REFERENCE] if stream in changed else ()),
                self.places_at,
                self._seen.get(stream),
            )
            for stream in {**self._new, **dict.fromkeys(sorted(changed))}
            if stream in self._found
        }
        return {**alone, **self._persons()} if self._kin else alone

    def _persons(self) -> dict[UUID, Work]:
        """What there is to do with journeys that were ever claimed to be of one person: with all that they say."""
        reference = self._new.get(streams.REFERENCE, ())
        together = set(self._kin.values())
        if not reference:
            together = {some for some in together if not some.isdisjoint(self._new)}
        self._read({stream for some in together for stream in some})
        work: dict[UUID, Work] = {}
        for some in together:
            person = Kin({stream: self._found[stream] for stream in sorted(some) if stream in self._found})
            work |= of_one_person(person, self.places_at, reference, self._begin - 1)
        return work

    def _municipalities(self) -> PlacesThen:
        """As known at the end of the batch and before."""
        rows = self._new.get(streams.REFERENCE, [])
        known = self._memory.places
        if known is None:
            self._read([streams.REFERENCE])
            return PlacesThen(self._found.pop(streams.REFERENCE, []))
        return PlacesThen([*known.history, *self._facts(streams.REFERENCE, rows)]) if rows else known

    def _touched(self) -> set[UUID]:
        try:
            # Worked out here: what the database says below is no fault of what was posted.
            _ = self.places_at.merged
        except Exception as fault:
            first = self._new[streams.REFERENCE][0].position
            raise Raised.by(fault, self._names, streams.REFERENCE, first) from fault
        changed = touched(self._connection, self._projections, self._found, self.places_at) - self._kin.keys()
        unread = []
        for stream in changed - self._found.keys():
            seen = self._memory.seen(stream)
            if seen is None or seen.told is None:
                unread.append(stream)
            else:
                self._seen[stream], self._found[stream] = seen, list(seen.told.history)
        self._read(unread)
        return changed

    def _read(self, unread: Iterable[UUID]) -> None:
        """All that was recorded of streams up to the end of the batch."""
        there: dict[UUID, list[LogRow]] = {}
        try:
            for row in stream_rows(self._connection, unread, self._end):
                there.setdefault(row.stream, []).append(row)
        except Unreadable as fault:
            raise Raised.by(fault, self._names) from fault
        for stream, rows in there.items():
            if said := self._facts(stream, rows):
                self._found[stream] = said

    def _facts(self, stream: UUID, rows: Sequence[LogRow]) -> list[Recorded]:
        """What was said; nothing where it cannot be read and none of these projections would listen."""
        try:
            return [recorded(row) for row in rows]
        except Unreadable as fault:
            topics = FACTS.keys() & {row.topic for row in rows}
            concerned = [one.name for one in self._projections if not topics.isdisjoint(one.topics)]
            if stream == streams.REFERENCE or not topics:
                # Everybody needs to know the municipalities; and of what has no known topic nobody knows whose it is.
                concerned = [one.name for one in self._projections]
            elif not concerned:
                return []
            first = self._new[stream][0].position if stream in self._new else None
            raise Raised.by(fault, tuple(concerned), stream, first) from fault
