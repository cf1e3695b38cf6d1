"""Portions of the streams: ranges of their ids, which are spread evenly, and all rows of the streams in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine

from domain.facts import Recorded
from domain.persons import Claim, Kin, kin, older_number
from projections import streams
from projections.engine import Projection, Work, from_scratch
from projections.places_then import PlacesThen
from projections.row_store import Row
from service.log.mapper import histories, recorded
from service.log.person_links import claims
from service.log.recorder import Condition, Unreadable, rows_of_streams
from service.projector.commit_boundaries import cuts
from service.projector.persons import of_one_person
from service.storage.database import reading

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
    said = _claims(connection.engine, position)
    _compare(said, portion, past)
    persons = _persons(connection, kin(said), past, position)
    work = {
        stream: Work(history, cuts(history, reference), places_at)
        if places_at.touch(history)
        # What reads the same by all of them is not to be folded anew at each.
        else Work(history, cuts(history), places_at.newest)
        for stream, history in past.items()
        if stream not in persons
    }
    for person in set(persons.values()):
        every = of_one_person(person, places_at, reference)
        work |= {stream: every[stream] for stream in every.keys() & past.keys()}
    found = from_scratch(projections, work)
    for rows in found.values():
        rows.sort(key=_place)
    return Retold(len(work), found)


def _place(row: Row) -> tuple[int, int, int]:
    stream, known_from, number, *_ = row
    return stream.int, known_from, number


def _persons(
    connection: Connection,
    together: Mapping[UUID, frozenset[UUID]],
    past: Mapping[UUID, list[Recorded]],
    position: int,
) -> dict[UUID, Kin]:
    """The journeys of a portion that were ever claimed to be of one person with others, and those others."""
    concerned = {some for stream, some in together.items() if stream in past}
    elsewhere = histories(connection, {stream for some in concerned for stream in some} - past.keys(), position)
    there = {**elsewhere, **{stream: past[stream] for some in concerned for stream in some & past.keys()}}
    people = [(some, Kin({stream: there[stream] for stream in sorted(some) if stream in there})) for some in concerned]
    return {stream: person for some, person in people for stream in some}


def _compare(said: Sequence[Claim], portion: Portion, past: Mapping[UUID, list[Recorded]]) -> None:
    """Unreadable where what is kept of claims is not what the events of a portion say."""
    there = {claim for claim in said if claim.newer.bytes[0] in portion.parts}
    events = (event for history in past.values() for event in history)
    told = {Claim(event.position, event.stream, older) for event in events if (older := older_number(event))}
    if told != there:
        raise Unreadable.at(min(told ^ there).position)


# What was said up to a position never changes, and every portion needs it.
@lru_cache(maxsize=1)
def _claims(engine: Engine, position: int) -> list[Claim]:
    """The claims, up to then, that two journeys are of one person."""
    with reading(engine) as connection:
        return claims(connection, until=position)


@lru_cache(maxsize=1)
def _municipalities(engine: Engine, position: int) -> tuple[PlacesThen, list[Recorded]]:
    """The municipalities as known up to then, and the history that tells them."""
    with reading(engine) as connection:
        history = histories(connection, [streams.REFERENCE]).get(streams.REFERENCE, [])
    past = [event for event in history if event.position <= position]
    return PlacesThen(past), past
