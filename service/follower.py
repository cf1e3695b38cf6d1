"""The follower: reads the log by position in batches and brings one set of projection tables up to date.

Its place is remembered in the same transaction as the rows, so a crash between two batches loses and doubles nothing.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from sqlalchemy import Connection, Engine, select, update

from domain.facts import MunicipalityMerged, Recorded
from domain.places import Places
from projections import norm_phases, quota, realisation, reference
from projections.tables import norm_phases as norm_phases_table
from projections.tables import place
from projections.view import Told, Work, project
from service import streams
from service.database import projecting, reading
from service.log import histories
from service.recorder import LogRow, event_rows
from service.tables import serving

PROJECTIONS = (norm_phases.PROJECTION, realisation.PROJECTION, quota.PROJECTION, reference.PROJECTION)

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

    @property
    def merged(self) -> set[str]:
        """Every municipality that a posted merger has to do with: journeys through them may read otherwise by it."""
        facts = [event.fact for event in self._history if isinstance(event.fact, MunicipalityMerged)]
        pairs = [(fact.municipality, fact.into) for fact in facts]
        return Places.shipped().kin([code for pair in pairs for code in pair], pairs)


def step(engine: Engine, view: str, limit: int = _BATCH) -> int:
    """Project the next batch of whole commits; returns how many events that were."""
    with projecting(engine, view) as connection:
        position = connection.execute(select(place.c.position)).scalar_one()
        rows = whole_commits(connection, position, limit)
        if not rows:
            return 0
        changed = commits(rows)
        found = histories(connection, {*changed, streams.REFERENCE})
        places_at = PlacesThen(found.get(streams.REFERENCE, ()))
        for stream in _touched(connection, changed, places_at.merged):
            changed.setdefault(stream, set()).update(changed[streams.REFERENCE])
        missing = changed.keys() - found.keys()
        found |= histories(connection, missing) if missing else {}
        work = {stream: Work(found[stream], sorted(some)) for stream, some in changed.items()}
        project(connection, PROJECTIONS, work, places_at)
        connection.execute(update(place).values(position=rows[-1].position))
        return len(rows)


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


def commits(rows: Iterable[LogRow]) -> dict[UUID, set[int]]:
    """For every stream the positions at which commits may have changed its rows."""
    of_stream: dict[UUID, list[LogRow]] = {}
    for row in rows:
        of_stream.setdefault(row.stream, []).append(row)
    return {stream: set(cuts(some)) for stream, some in of_stream.items()}


def cuts(history: Sequence[LogRow] | Sequence[Recorded]) -> list[int]:
    """The last position that each commit gave a stream, of events in order of position."""
    return sorted({event.recorded_at: event.position for event in history}.values())


def _touched(connection: Connection, changed: dict[UUID, set[int]], merged: set[str]) -> set[UUID]:
    """The journeys to look at again when municipalities changed: those of this batch, and those through merged ones."""
    if streams.REFERENCE not in changed or not merged:
        return set()
    table = norm_phases_table
    known = connection.execute(select(table.c.stream).distinct().where(table.c.municipality.in_(sorted(merged))))
    return {*changed, *known.scalars()} - {streams.REFERENCE}


def run(engine: Engine, stop: Callable[[], bool]) -> None:
    """Follow the log until told to stop, filling the set of tables that serves."""
    while not stop():
        with reading(engine) as connection:
            view = connection.execute(select(serving.c.view)).scalar_one()
        if not step(engine, view):
            time.sleep(_PAUSE)
