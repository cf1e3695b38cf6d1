"""Portions of the streams: ranges of their ids, which are spread evenly, and all rows of the streams in one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine

from domain.facts import Recorded
from projections.stored import Row
from projections.view import Projection, Work, from_scratch
from service import streams
from service.database import reading
from service.follower.commits import cuts
from service.follower.municipalities import PlacesThen
from service.log import histories, recorded
from service.recorder import Condition, rows_of_streams

#: The streams fall into so many parts by the first byte of their id; a portion is one part or several.
PARTS = 256
_EVENTS_A_PORTION = 10_000


class Portion(NamedTuple):
    """One of `of` equal ranges of stream ids, numbered from 0 in their order; `of` is a power of two, at most PARTS."""

    number: int
    of: int

    @property
    def parts(self) -> range:
        """The first bytes of the ids in it."""
        width = PARTS // self.of
        return range(self.number * width, (self.number + 1) * width)

    @property
    def within(self) -> list[Condition]:
        """What the stream of a row must fulfil. The outermost portions have no outer bound: nothing escapes them."""
        first, last = self.parts.start, self.parts.stop
        conditions: list[Condition] = []
        if first > 0:
            conditions.append(("stream >= ?", (_least(first),)))
        if last < PARTS:
            conditions.append(("stream < ?", (_least(last),)))
        return conditions


def _least(first_byte: int) -> UUID:
    return UUID(bytes=bytes([first_byte]) + bytes(15))


def portions(events: int) -> list[Portion]:
    """As many portions as leave each some ten thousand of so many events, or fewer."""
    of = 1
    while of < PARTS and events > of * _EVENTS_A_PORTION:
        of *= 2
    return [Portion(number, of) for number in range(of)]


class Retold(NamedTuple):
    """What the log says of the streams of a portion by a position: how many they are, and their rows by table.

    The rows hold days and UUIDs, and stand in order of stream, known_from and number.
    """

    streams: int
    rows: dict[str, list[Row]]


def retold(connection: Connection, portion: Portion, position: int, projections: Sequence[Projection]) -> Retold:
    """All rows that the streams of a portion had up to a position, computed from their histories.

    Raises Raised when a projection does.
    """
    places_at, reference = _municipalities(connection.engine, position)
    past: dict[UUID, list[Recorded]] = {}
    for row in rows_of_streams(connection, position, portion.within):
        past.setdefault(row.stream, []).append(recorded(row))
    work = {
        stream: Work(history, cuts(history, reference), places_at)
        if places_at.touch(history)
        # What reads the same by all of them is not to be folded anew at each.
        else Work(history, cuts(history), places_at.newest)
        for stream, history in past.items()
    }
    found = from_scratch(projections, work)
    for rows in found.values():
        rows.sort(key=_place)
    return Retold(len(work), found)


def _place(row: Row) -> tuple[int, int, int]:
    stream, known_from, number, *_ = row
    return stream.int, known_from, number


# What was said up to a position never changes, and every portion needs it.
@lru_cache(maxsize=1)
def _municipalities(engine: Engine, position: int) -> tuple[PlacesThen, list[Recorded]]:
    """The municipalities as known up to then, and the history that tells them."""
    with reading(engine) as connection:
        history = histories(connection, [streams.REFERENCE]).get(streams.REFERENCE, [])
    past = [event for event in history if event.position <= position]
    return PlacesThen(past), past
