"""What a follower remembers of the streams it looked at last: it saves reading and folding them again.

It is what the tables and the log say, as long as nobody else moves the projections on, and it is forgotten then and
after every fault. Without any of it the same rows are written.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection

from domain.persons import Claim, kin
from projections.engine import Seen
from projections.places_then import PlacesThen
from service.log.person_links import claims

#: Events and rows that are remembered at most: some sixty megabytes.
LIMIT = 80_000


class Memory:
    """The streams that were looked at last, as they were at one position of some projections."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._position: int | None = None
        self._weight = 0
        self._seen: OrderedDict[UUID, tuple[Seen, int]] = OrderedDict()
        self._places: PlacesThen | None = None
        self._claims: list[Claim] = []
        self._kin: dict[UUID, frozenset[UUID]] = {}

    def at(self, position: int) -> None:
        """Forget all, unless it is what was there at this position."""
        if position != self._position:
            self.forget()

    def forget(self) -> None:
        """Remember nothing."""
        self._position, self._weight, self._places = None, 0, None
        self._claims, self._kin = [], {}
        self._seen.clear()

    def kin(self, connection: Connection, until: int) -> dict[UUID, frozenset[UUID]]:
        """The journeys that were, up to a position, ever claimed to be of one person; only new claims are read."""
        new = claims(connection, self._claims[-1].position if self._claims else 0, until)
        if new:
            self._claims += new
            self._kin = kin(self._claims)
        return self._kin

    @property
    def places(self) -> PlacesThen | None:
        """The municipalities as known up to then."""
        return self._places

    def seen(self, stream: UUID, version: int | None = None) -> Seen | None:
        """What a stream came to before its event of this version."""
        found, _ = self._seen.get(stream, (None, 0))
        if found is None or found.told is None or not found.told.history:
            return None
        return found if version in (None, found.told.history[-1].version + 1) else None

    def keep(self, position: int, seen: Mapping[UUID, Seen], places: PlacesThen) -> None:
        """What streams have come to at a position; those that were not looked at for longest are forgotten for them."""
        self._position, self._places = position, places
        for stream, one in seen.items():
            self._drop(stream)
            weight = _weight(one)
            self._seen[stream] = one, weight
            self._weight += weight
        while self._weight > self._limit and self._seen:
            self._drop(next(iter(self._seen)))

    def _drop(self, stream: UUID) -> None:
        _, weight = self._seen.pop(stream, (None, 0))
        self._weight -= weight


def _weight(one: Seen) -> int:
    history = 0 if one.told is None else len(one.told.history)
    return 1 + history + sum(map(len, one.standing.values()))
