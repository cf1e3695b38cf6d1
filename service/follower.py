"""The follower: reads the log by position in batches and brings one set of projection tables up to date.

Its place is remembered in the same transaction as the rows, so a crash between two batches loses and doubles nothing.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from uuid import UUID

from sqlalchemy import Connection, Engine, select, update

from domain.facts import MunicipalityMerged, Recorded
from domain.places import Places
from projections import norm_phases, quota, realisation, reference
from projections.tables import norm_phases as norm_phases_table
from projections.tables import place, portions
from projections.view import Told, Work, project
from service import streams
from service.database import projecting, reading
from service.log import histories
from service.recorder import LogRow, event_rows
from service.tables import serving

PROJECTIONS = (norm_phases.PROJECTION, realisation.PROJECTION, quota.PROJECTION, reference.PROJECTION)
TABLES = tuple(projection.table for projection in PROJECTIONS)

_BATCH = 5_000
_PAUSE = 0.05


class PlacesThen:
    """The municipalities as known at any position, from the history of the reference stream (in order of position)."""

    def __init__(self, history: Sequence[Recorded]) -> None:
        self._history = history
        self._positions = [event.position for event in history]
        self._found: dict[int, Places] = {}

    def __call__(self, position: int) -> Places:
        count = bisect_right(self._positions, position)
        if count not in self._found:
            told = Told(self._history[:count], Places.shipped())
            self._found[count] = reference.assembled(reference.rows(told))
        return self._found[count]

    def newest(self, _position: int) -> Places:
        """As known at the end of the history, whatever the position."""
        return self(self._positions[-1] if self._positions else 0)

    def touch(self, history: Iterable[Recorded]) -> bool:
        """Whether a stream reads otherwise by a posted merger, so that it matters which were known."""
        merged = self.merged
        return bool(merged) and any(getattr(event.fact, "municipality", None) in merged for event in history)

    @cached_property
    def merged(self) -> set[str]:
        """Every municipality that a posted merger has to do with: journeys through them may read otherwise by it."""
        facts = [event.fact for event in self._history if isinstance(event.fact, MunicipalityMerged)]
        pairs = [(fact.municipality, fact.into) for fact in facts]
        return Places.shipped().kin([code for pair in pairs for code in pair], pairs)


def step(engine: Engine, view: str, limit: int = _BATCH) -> int:
    """Project the next batch of whole commits; returns how many events that were."""
    with projecting(engine, view) as connection:
        if _being_filled(connection):
            return 0
        position = connection.execute(select(place.c.position)).scalar_one()
        rows = whole_commits(connection, position, limit)
        if not rows:
            return 0
        new: dict[UUID, list[LogRow]] = {}
        for row in rows:
            new.setdefault(row.stream, []).append(row)
        found = histories(connection, {*new, streams.REFERENCE})
        places_at = PlacesThen(found.get(streams.REFERENCE, ()))
        touched: set[UUID] = set()
        if streams.REFERENCE in new and places_at.merged:
            touched = _touched(connection, found, places_at)
            found |= histories(connection, touched - found.keys())
        work = {
            stream: Work(
                found[stream],
                cuts(new.get(stream, ()), new[streams.REFERENCE] if stream in touched else ()),
                places_at,
            )
            for stream in {*new, *touched}
        }
        project(connection, PROJECTIONS, work)
        connection.execute(update(place).values(position=rows[-1].position))
        return len(rows)


def _being_filled(connection: Connection) -> bool:
    """Whether a rebuild is filling this set: then it stopped serving just after it was asked which one does."""
    missing = select(portions.c.number).where(portions.c.digests.is_(None)).limit(1)
    return connection.execute(missing).first() is not None


def whole_commits(connection: Connection, after: int, limit: int) -> list[LogRow]:
    """The next events, at least one commit and never a part of one: knowledge is cut between commits."""
    while True:
        rows = event_rows(connection, after, limit + 1)
        if len(rows) <= limit:
            return rows
        unfinished = rows[-1].recorded_at
        whole = [row for row in rows if row.recorded_at != unfinished]
        if whole:
            return whole
        limit *= 2


def cuts(
    history: Sequence[LogRow] | Sequence[Recorded], reference: Sequence[LogRow] | Sequence[Recorded] = ()
) -> list[int]:
    """The positions at which commits may have changed the rows of a stream, from events in order of position.

    The last position that each commit gave the stream, and the last that it gave `reference` if that comes behind: a
    stream is never looked at in the middle of what one commit gave it.
    """
    own = {event.recorded_at: event.position for event in history}
    others = {event.recorded_at: event.position for event in reference}
    return sorted({*own.values(), *(position for at, position in others.items() if position > own.get(at, 0))})


def _touched(connection: Connection, found: Mapping[UUID, Sequence[Recorded]], places_at: PlacesThen) -> set[UUID]:
    """The journeys to look at again when municipalities changed: those through merged ones, here or in the tables."""
    table = norm_phases_table
    merged = sorted(places_at.merged)
    known = connection.execute(select(table.c.stream).distinct().where(table.c.municipality.in_(merged))).scalars()
    return {*known, *(stream for stream, history in found.items() if places_at.touch(history))} - {streams.REFERENCE}


def _nothing() -> bool:
    return False


def run(engine: Engine, stop: Callable[[], bool], tend: Callable[[], bool] = _nothing) -> None:
    """Follow the log until told to stop, filling the set of tables that serves.

    `tend` is called after each batch, for what else is to follow the log; it tells whether it had something to do.
    """
    while not stop():
        with reading(engine) as connection:
            view = connection.execute(select(serving.c.view)).scalar_one()
        projected = step(engine, view)
        if not tend() and not projected:
            time.sleep(_PAUSE)
