"""The municipalities and their inhabitants: those that the service ships, with what CBS posted applied to them.

Read from the state table for both times of a question, or computed from the history of the reference stream for any
position of the log.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from domain.facts import MunicipalityMerged, Recorded
from domain.places import Places
from projections import streams
from projections.column_schema import text_of
from projections.column_store import Snapshot
from projections.engine import Asked, Projection
from projections.row_store import Row
from projections.states.reference import reference, rows
from projections.stream_history import StreamHistory

_COLUMNS = ", ".join(text_of(column) for column in list(reference.c)[4:])


def read_places(tables: Snapshot, asked: Asked) -> Places:
    """The municipalities and inhabitants for both times asked."""

    def read() -> Places:
        at = {"day": asked.valid_on, "position": asked.position}
        return assemble(tables.rows(f"SELECT {_COLUMNS} FROM reference_at($day, $position)", at))

    return tables.cached(reference, asked.valid_on, asked.position, "places", read)


def assemble(additions: Iterable[Row]) -> Places:
    """The shipped places with rows of the state table applied, in whatever order they come."""
    return _assemble(tuple(sorted((row[2:] for row in additions), key=_order)))


def _order(addition: Row) -> tuple[Any, ...]:
    kind, municipality, into, on, *_ = addition
    return on, municipality, kind, into or ""


@lru_cache(maxsize=64)
def _assemble(additions: tuple[Row, ...]) -> Places:
    merged = _with_mergers(tuple(addition for addition in additions if addition[0] == "merger"))
    return merged.with_counts(
        {(municipality, on): persons for kind, municipality, _, on, persons, _, _ in additions if kind == "inhabitants"}
    )


@lru_cache(maxsize=16)
def _with_mergers(mergers: tuple[Row, ...]) -> Places:
    found = Places.shipped()
    for _, municipality, into, on, persons, name, province in mergers:
        found = found.with_merger(municipality, into, on, persons_moved=persons, name=name, province=province)
    return found


class PlacesHistory:
    """The municipalities as known at any position, from the events of the reference stream (in order of position)."""

    def __init__(self, events: Sequence[Recorded]) -> None:
        self.events = events
        self._positions = [event.position for event in events]
        self._found: dict[int, Places] = {}

    def __call__(self, position: int) -> Places:
        count = bisect_right(self._positions, position)
        if count not in self._found:
            self._found[count] = assemble(rows(StreamHistory(self.events[:count], Places.shipped())))
        return self._found[count]

    def newest(self, _position: int) -> Places:
        """As known at the end of the history, whatever the position."""
        return self(self._positions[-1] if self._positions else 0)

    def affects(self, events: Iterable[Recorded]) -> bool:
        """Whether a stream reads otherwise by a posted merger, so that it matters which were known."""
        merged = self.merged
        return bool(merged) and any(
            getattr(one, name, None) in merged
            for event in events
            for one in (event.fact, *getattr(event.fact, "transfers", ()))
            for name in ("municipality", "area")
        )

    @cached_property
    def merged(self) -> set[str]:
        """Every municipality that a posted merger has to do with: journeys through them may read otherwise by it."""
        facts = [event.fact for event in self.events if isinstance(event.fact, MunicipalityMerged)]
        pairs = [(fact.municipality, fact.into) for fact in facts]
        return Places.shipped().succession_line([code for pair in pairs for code in pair], pairs)


def journeys_through_merged(
    connection: Connection,
    projections: Iterable[Projection],
    found: Mapping[UUID, Sequence[Recorded]],
    places: PlacesHistory,
) -> set[UUID]:
    """The journeys to compute again when municipalities changed: those through merged ones, here or in the tables."""
    merged = sorted(places.merged)
    journeys = {stream for stream, events in found.items() if places.affects(events)}
    for projection in projections:
        if projection.municipality_column is not None and merged:
            table = projection.table
            known = select(table.c.stream).distinct().where(table.c[projection.municipality_column].in_(merged))
            journeys.update(connection.execute(known).scalars())
    return journeys - {streams.REFERENCE}
