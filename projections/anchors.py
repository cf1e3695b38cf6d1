"""Tallies of all who were housed, held at some positions of the log, and moved from there to the position asked.

What lies between two positions are the rows that began to be known there (plus) or stopped (minus): a few for the
newest, and never more than the stretch to the nearest anchor. A tally of the whole table is made once.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple

from sqlalchemy import Connection

from domain.period import Period
from domain.tally import Change, Tally
from projections import dialect
from projections.stored import qualified
from projections.tables import STILL
from projections.tables import housings as table

# So many anchors over the whole log: the more, the less there is to move, and the more memory they take.
_STRETCHES = 64
_SHORTEST = 2_000
_MOST_LATELY = 8
_MOST_PARTS = 3


class Cut(NamedTuple):
    """The housings and returns of a half-year up to and on a day."""

    period: Period
    until: date

    @property
    def whole(self) -> bool:
        return self.until == self.period.last


Tallies = Mapping[Cut, Tally]


class Anchor(NamedTuple):
    """The tallies of every whole half-year, and of some parts, as known at a position."""

    position: int
    tallies: Tallies


class Anchors:
    """The anchors of one set of tables; several threads may ask at once, each on a connection of its own."""

    def __init__(self) -> None:
        self._spread: list[Anchor] = []  # by position
        self._lately: OrderedDict[int, Anchor] = OrderedDict()
        self._lock = Lock()
        self._far = Lock()

    def at(self, connection: Connection, position: int, reached: int, part: Cut | None = None) -> Tallies:
        """The tallies as known at a position of all whole half-years, and of the part asked.

        The connection sees the table as it was at `reached`, which is no earlier.
        """
        stretch = max(_SHORTEST, reached // _STRETCHES)
        anchor = self._nearest(position, reached)
        if anchor is None or abs(position - anchor.position) > stretch:
            # One at a time: who comes next finds what this one leaves on its way.
            with self._far:
                anchor = self._near(connection, position, reached, stretch)
        if part is not None and part not in anchor.tallies:
            anchor = _with_part(connection, anchor, part)
            self._keep(anchor, stretch)
        if anchor.position != position:
            anchor = moved(connection, anchor, position)
        self._keep(anchor, stretch)
        return anchor.tallies

    def _near(self, connection: Connection, position: int, reached: int, stretch: int) -> Anchor:
        """An anchor no more than a stretch away, and others on the way to it."""
        anchor = self._nearest(position, reached)
        if anchor is None:
            anchor = Anchor(position, dict(_whole(connection, position)))
            self._keep(anchor)
        while abs(position - anchor.position) > stretch:
            step = stretch if position > anchor.position else -stretch
            anchor = moved(connection, anchor, anchor.position + step)
            self._keep(anchor, stretch)
        return anchor

    def _nearest(self, position: int, reached: int) -> Anchor | None:
        with self._lock:
            # What lies behind what this connection sees could not be taken back; nor is it true any more, should the
            # table have been set back.
            while self._spread and self._spread[-1].position > reached:
                self._spread.pop()
            for behind in [known for known in self._lately if known > reached]:
                del self._lately[behind]
            there = [*self._spread, *self._lately.values()]
            found = min(there, key=lambda anchor: abs(anchor.position - position), default=None)
            if found is not None and found.position in self._lately:
                self._lately.move_to_end(found.position)
            return found

    def _keep(self, anchor: Anchor, stretch: int = 0) -> None:
        """Hold an anchor: among those asked lately, and for good where the next ones are `stretch` away."""
        with self._lock:
            self._lately[anchor.position] = anchor
            self._lately.move_to_end(anchor.position)
            while len(self._lately) > _MOST_LATELY:
                self._lately.popitem(last=False)
            place = bisect_left(self._spread, anchor.position, key=_position)
            if place < len(self._spread) and self._spread[place].position == anchor.position:
                self._spread[place] = anchor
            elif all(abs(near.position - anchor.position) >= stretch for near in self._spread[max(place - 1, 0) :][:2]):
                insort(self._spread, anchor, key=_position)
            if len(self._spread) > 3 * _STRETCHES:
                # The log has grown.
                self._spread = self._spread[::2]


def _position(anchor: Anchor) -> int:
    return anchor.position


def moved(connection: Connection, anchor: Anchor, position: int) -> Anchor:
    """The anchor at another position; half-years that nothing changed in keep the very same tally."""
    sign = 1 if position > anchor.position else -1
    changes: dict[str, list[tuple[Any, Change]]] = {}
    for written, day, *change in _between(connection, *sorted((anchor.position, position))):
        changes.setdefault(written, []).append((day, tuple(change)))
    tallies = dict(anchor.tallies)
    for written, some in changes.items():
        period = _period(written)
        whole = Cut(period, period.last)
        tallies[whole] = tallies.get(whole, Tally()).with_changes((change for _, change in some), sign)
        if not tallies[whole]:
            del tallies[whole]
        for part in [cut for cut in anchor.tallies if cut.period == period and not cut.whole]:
            (until,) = dialect.plain(connection, (part.until,))
            tallies[part] = tallies[part].with_changes((change for day, change in some if day <= until), sign)
    return Anchor(position, tallies)


def _between(connection: Connection, after: int, until: int) -> list[tuple[Any, ...]]:
    """The rows that began to be known behind one position and up to another, and those that stopped, as their lack."""
    of = qualified(connection, table)
    # The open end is written out, so that both engines see that the index over ended rows alone will do.
    statement = (
        f"SELECT period, valid_from, municipality, accommodation, persons, 1 FROM {of} "
        "WHERE known_from > ? AND known_from <= ? UNION ALL "
        f"SELECT period, valid_from, municipality, accommodation, -persons, -1 FROM {of} "
        f"WHERE known_until > ? AND known_until <= ? AND known_until < {STILL}"
    )
    return dialect.fetch(connection, statement, (after, until, after, until))


def _whole(connection: Connection, position: int) -> Iterable[tuple[Cut, Tally]]:
    """Every half-year in full."""
    found: dict[Period, list[Change]] = {}
    for written, *change in _tallied(connection, "period, municipality, accommodation", "", (), position):
        found.setdefault(_period(written), []).append(tuple(change))
    return ((Cut(period, period.last), Tally().with_changes(changes)) for period, changes in found.items())


def _with_part(connection: Connection, anchor: Anchor, part: Cut) -> Anchor:
    """The anchor with one part more; of other parts the oldest goes."""
    (until,) = dialect.plain(connection, (part.until,))
    bounds = str(part.period), until
    found = _tallied(
        connection, "municipality, accommodation", "period = ? AND valid_from <= ? AND ", bounds, anchor.position
    )
    others = [cut for cut in anchor.tallies if not cut.whole]
    gone = others[: max(len(others) + 1 - _MOST_PARTS, 0)]
    left = {cut: tally for cut, tally in anchor.tallies.items() if cut not in gone}
    return anchor._replace(tallies={**left, part: Tally().with_changes(found)})


def _tallied(
    connection: Connection, names: str, condition: str, bounds: tuple[Any, ...], position: int
) -> list[tuple[Any, ...]]:
    """Persons and rows known at a position, by some columns."""
    # With an addition, so that neither engine goes by the index on known_from: nearly all rows were known by then.
    statement = (
        f"SELECT {names}, sum(persons), count(*) FROM {qualified(connection, table)} "
        f"WHERE {condition}known_from + 0 <= ? AND known_until + 0 > ? GROUP BY {names}"
    )
    return dialect.fetch(connection, statement, (*bounds, position, position))


@lru_cache(maxsize=256)
def _period(written: str) -> Period:
    return Period.parse(written)
