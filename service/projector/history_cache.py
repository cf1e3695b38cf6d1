"""What a follower keeps of the streams it projected last: it saves reading and folding them again.

It is what the tables and the log say, as long as nobody else moves the projections on, and it is emptied then and after
every error. Without any of it the same rows are written.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection

from domain.persons import PersonLink, group_journeys
from projections.engine import StreamState
from projections.places import PlacesHistory
from service.log.recorder import EventRecorder

#: Events and rows that are kept at most: some sixty megabytes.
LIMIT = 80_000


class HistoryCache:
    """The streams that were projected last, the municipalities and who is who, all at one position of the log."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._position: int | None = None
        self._weight = 0
        self._states: OrderedDict[UUID, tuple[StreamState, int]] = OrderedDict()
        #: The municipalities as known up to the position.
        self.places: PlacesHistory | None = None
        self._links: list[PersonLink] = []
        self._persons: dict[UUID, frozenset[UUID]] = {}

    def clear(self) -> None:
        """Keep nothing."""
        self._position, self._weight, self.places = None, 0, None
        self._links, self._persons = [], {}
        self._states.clear()

    def clear_unless_at(self, position: int) -> None:
        """Keep nothing, unless it is of this position."""
        if position != self._position:
            self.clear()

    def persons(self, connection: Connection, until: int) -> dict[UUID, frozenset[UUID]]:
        """By journey, those that were ever linked, up to a position, as of one person; only new links are read."""
        new = EventRecorder(connection).select_person_links(self._links[-1].position if self._links else 0, until)
        if new:
            self._links += new
            self._persons = group_journeys(self._links)
        return self._persons

    def state(self, stream: UUID, version: int | None = None) -> StreamState | None:
        """What a stream came to, right before its event of this version; None where that is not kept."""
        found, _ = self._states.get(stream, (None, 0))
        if found is None or found.history is None or not found.history.events:
            return None
        return found if version in (None, found.history.events[-1].version + 1) else None

    def keep(self, position: int, states: Mapping[UUID, StreamState], places: PlacesHistory) -> None:
        """Keep what streams have come to at a position; those projected longest ago make room for them."""
        self._position, self.places = position, places
        for stream, state in states.items():
            _, before = self._states.pop(stream, (None, 0))
            events = 0 if state.history is None else len(state.history.events)
            weight = 1 + events + sum(map(len, state.open_rows.values()))
            self._states[stream] = state, weight
            self._weight += weight - before
        while self._weight > self._limit and self._states:
            _, (_, weight) = self._states.popitem(last=False)
            self._weight -= weight
