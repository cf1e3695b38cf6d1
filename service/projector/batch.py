"""The next batch of the log: whole commits, and every stream whose rows they may change, with what was known before.

A commit boundary is a position at which a commit ends. Knowledge of a stream is cut between commits and never within
one, so its rows are computed at boundaries only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from domain.facts import FACTS, InhabitantsCounted, Recorded
from domain.persons import PersonHistory
from projections import streams
from projections.engine import Projection, StreamState, StreamUpdate
from projections.errors import ProjectionError
from projections.places import PlacesHistory, journeys_through_merged
from service.log.events import RecordedEvent, Unreadable
from service.log.mapper import to_fact
from service.log.recorder import EventRecorder
from service.projector.history_cache import HistoryCache


class Batch(NamedTuple):
    """Whole commits: how many events, the last one's position and instant, and the streams to project."""

    events: int
    end: int
    recorded_at: datetime
    updates: dict[UUID, StreamUpdate]
    places_at: PlacesHistory


def read_batch(
    connection: Connection,
    projections: Sequence[Projection],
    cache: HistoryCache,
    after: int,
    limit: int,
    before: int | None,
) -> Batch | None:
    """The next commits behind a position, up to that of position `before`; None where there are none.

    Raises ProjectionError when an event cannot be read by projections that may depend on it.
    """
    try:
        rows = whole_commits(connection, after, limit, before)
    except Unreadable as error:
        raise ProjectionError.of(error, tuple(projection.name for projection in projections)) from error
    if not rows:
        return None
    reader = _Reader(connection, projections, cache, rows)
    return Batch(len(rows), rows[-1].position, rows[-1].recorded_at, reader.updates(), reader.places_at)


def whole_commits(connection: Connection, after: int, limit: int, before: int | None = None) -> list[RecordedEvent]:
    """The next events, at least one commit and never a part of one; none of the commit of position `before`, and none
    behind that.
    """
    while True:
        rows = EventRecorder(connection).select_notifications(after, limit + 1, before, inclusive_of_start=False)
        reached = bool(rows) and rows[-1].position == before
        if len(rows) <= limit and not reached:
            return rows
        unfinished = rows[-1].recorded_at
        whole = [row for row in rows if row.recorded_at != unfinished]
        if whole or reached:
            return whole
        limit *= 2


def boundaries(
    commits: Mapping[datetime, int], reference: Sequence[RecordedEvent | Recorded] = (), after: int = 0
) -> list[int]:
    """The positions behind `after` at which commits may have changed the rows of a stream.

    From the last position that each commit gave the stream, and the last that it gave `reference` if that comes behind.
    """
    found = set(commits.values())
    if reference:
        others = last_positions(reference)
        found |= {position for at, position in others.items() if position > commits.get(at, 0)}
    return sorted(position for position in found if position > after)


def last_positions(events: Sequence[RecordedEvent | Recorded]) -> dict[datetime, int]:
    """The last position of each commit among events in order of position."""
    return {event.recorded_at: event.position for event in events}


def updates_of_person(
    person: PersonHistory, places_at: PlacesHistory, reference: Sequence[RecordedEvent | Recorded], after: int = 0
) -> dict[UUID, StreamUpdate]:
    """How to project the journeys ever linked as of one person, from commits behind a position.

    At each boundary they are who they were known to be then: all of a person's rows are those of the newest journey;
    the others have none while it goes on in that.
    """
    if reference and not places_at.affects(person.events):
        reference = ()
    found = {}
    for journey, own in person.commit_positions.items():
        at = boundaries(own, reference, after)
        if at:
            of = partial(person.known_of, journey), partial(person.findings_of, journey)
            found[journey] = StreamUpdate(person.events, at, places_at, None, *of)
    return found


class _Reader:
    """Reads the histories that the events of a batch belong to, as far as they are not in the cache."""

    def __init__(
        self,
        connection: Connection,
        projections: Sequence[Projection],
        cache: HistoryCache,
        rows: Sequence[RecordedEvent],
    ) -> None:
        self._connection = connection
        self._projections = projections
        self._cache = cache
        self._begin, self._end = rows[0].position, rows[-1].position
        self._persons = cache.persons(connection, self._end)
        self._new: dict[UUID, list[RecordedEvent]] = {}
        for row in rows:
            self._new.setdefault(row.stream, []).append(row)
        self._states: dict[UUID, StreamState] = {}
        self._found: dict[UUID, list[Recorded]] = {}
        self.places_at = self._municipalities()

    def updates(self) -> dict[UUID, StreamUpdate]:
        """Every stream that has events in the batch, or whose rows change by what the batch says of municipalities."""
        unread = []
        for stream, rows in self._new.items():
            if stream in self._persons:
                continue
            version = rows[0].version
            state = self._cache.state(stream, version)
            if state is None and version > 1:
                unread.append(stream)
                continue
            # A stream that begins here can have no rows yet.
            self._states[stream] = state or StreamState(None, {})
            before = state.history.events if state is not None and state.history is not None else ()
            if said := self._facts(stream, rows):
                self._found[stream] = [*before, *said]
        if unread:
            self._read(unread)
        changed = self._touched_by_mergers() if streams.REFERENCE in self._new else set()
        found = {
            stream: StreamUpdate(
                self._found[stream],
                boundaries(
                    last_positions(self._new.get(stream, ())), self._new[streams.REFERENCE] if stream in changed else ()
                ),
                self.places_at,
                self._states.get(stream),
            )
            for stream in {**self._new, **dict.fromkeys(sorted(changed))}
            if stream in self._found
        }
        return {**found, **self._updates_of_persons()} if self._persons else found

    def _updates_of_persons(self) -> dict[UUID, StreamUpdate]:
        """Those of journeys that were ever linked as of one person, with all that is recorded of it."""
        reference = self._new.get(streams.REFERENCE, ())
        persons = set(self._persons.values())
        if not reference:
            persons = {journeys for journeys in persons if not journeys.isdisjoint(self._new)}
        if not persons:
            return {}
        self._read({stream for journeys in persons for stream in journeys})
        found: dict[UUID, StreamUpdate] = {}
        for journeys in persons:
            person = PersonHistory(
                {stream: self._found[stream] for stream in sorted(journeys) if stream in self._found}
            )
            found |= updates_of_person(person, self.places_at, reference, self._begin - 1)
        return found

    def _municipalities(self) -> PlacesHistory:
        """As known at the end of the batch and before."""
        rows = self._new.get(streams.REFERENCE, [])
        known = self._cache.places
        if known is None:
            self._read([streams.REFERENCE])
            return PlacesHistory(self._found.pop(streams.REFERENCE, []))
        return PlacesHistory([*known.events, *self._facts(streams.REFERENCE, rows)]) if rows else known

    def _touched_by_mergers(self) -> set[UUID]:
        try:
            # Worked out here: an error of the database below is not due to what was posted.
            _ = self.places_at.merged
        except Exception as error:
            first = self._new[streams.REFERENCE][0].position
            names = tuple(projection.name for projection in self._projections)
            raise ProjectionError.of(error, names, streams.REFERENCE, first) from error
        changed = journeys_through_merged(self._connection, self._projections, self._found, self.places_at)
        if any(row.topic != InhabitantsCounted.TOPIC for row in self._new[streams.REFERENCE]):
            # Of what is named without a row in any table, as where somebody is registered, only the log can tell.
            codes = sorted(self.places_at.merged)
            changed |= EventRecorder(self._connection).select_streams_naming(codes, self._end) if codes else set()
        changed -= {streams.REFERENCE, *self._persons}
        unread = []
        for stream in changed - self._found.keys():
            state = self._cache.state(stream)
            if state is None or state.history is None:
                unread.append(stream)
            else:
                self._states[stream], self._found[stream] = state, list(state.history.events)
        self._read(unread)
        return changed

    def _read(self, unread: Iterable[UUID]) -> None:
        """Read all that was recorded of streams up to the end of the batch."""
        there: dict[UUID, list[RecordedEvent]] = {}
        try:
            for row in EventRecorder(self._connection).select_streams(unread, self._end):
                there.setdefault(row.stream, []).append(row)
        except Unreadable as error:
            raise ProjectionError.of(error, tuple(projection.name for projection in self._projections)) from error
        for stream, rows in there.items():
            if said := self._facts(stream, rows):
                self._found[stream] = said

    def _facts(self, stream: UUID, rows: Sequence[RecordedEvent]) -> list[Recorded]:
        """The events as facts; none where one cannot be read and none of these projections depends on any of them."""
        try:
            return [to_fact(row) for row in rows]
        except Unreadable as error:
            topics = FACTS.keys() & {row.topic for row in rows}
            depending = [one.name for one in self._projections if not topics.isdisjoint(one.topics)]
            if stream == streams.REFERENCE or not topics:
                # All need to know the municipalities; and an event of no known topic may be of any of them.
                depending = [one.name for one in self._projections]
            elif not depending:
                return []
            first = self._new[stream][0].position if stream in self._new else None
            raise ProjectionError.of(error, tuple(depending), stream, first) from error
