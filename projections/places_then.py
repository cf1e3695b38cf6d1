"""The municipalities as they were known at any position of the log, and the journeys that mergers of them touch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from uuid import UUID

from sqlalchemy import Connection, select

from domain.facts import MunicipalityMerged, Recorded
from domain.places import Places
from projections import reference, streams
from projections.engine import Projection, Told


class PlacesThen:
    """The municipalities as known at any position, from the history of the reference stream (in order of position)."""

    def __init__(self, history: Sequence[Recorded]) -> None:
        self.history = history
        self._positions = [event.position for event in history]
        self._found: dict[int, Places] = {}

    def __call__(self, position: int) -> Places:
        count = bisect_right(self._positions, position)
        if count not in self._found:
            told = Told(self.history[:count], Places.shipped())
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
        facts = [event.fact for event in self.history if isinstance(event.fact, MunicipalityMerged)]
        pairs = [(fact.municipality, fact.into) for fact in facts]
        return Places.shipped().kin([code for pair in pairs for code in pair], pairs)


def touched(
    connection: Connection,
    projections: Iterable[Projection],
    found: Mapping[UUID, Sequence[Recorded]],
    places_at: PlacesThen,
) -> set[UUID]:
    """The journeys to look at again when municipalities changed: those through merged ones, here or in the tables."""
    merged = sorted(places_at.merged)
    streams_touched = {stream for stream, history in found.items() if places_at.touch(history)}
    for projection in projections:
        if projection.through is not None and merged:
            table = projection.table
            known = select(table.c.stream).distinct().where(table.c[projection.through].in_(merged))
            streams_touched.update(connection.execute(known).scalars())
    return streams_touched - {streams.REFERENCE}
