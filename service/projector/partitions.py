"""Partitions of the streams: ranges of their ids, which are spread evenly; all rows of the streams in one, computed
again from the log, and digests of these.

A digest is the same for the same rows, on both engines, however the work was divided. A row is a line of JSON: an
object of all its columns, their names in alphabetical order, no blanks between; streams are UUIDs in their usual form,
days ISO text, open ends the last day of the calendar and 2^63 - 1. The lines of a table, each with a line feed, stand
in order of stream, known_from and number, and fall into 256 parts by the first byte of the stream. The digest of the
table is the SHA-256 over the 256 SHA-256 of its parts, 32 bytes each, in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine, Table

from domain.facts import Recorded
from domain.persons import PersonHistory, PersonLink, group_journeys, replaced_journey
from projections import streams
from projections.engine import Projection, StreamUpdate, compute_rows
from projections.places import PlacesHistory
from projections.row_store import Row
from service.log.events import Unreadable
from service.log.mapper import read_histories, to_fact
from service.log.recorder import Condition, EventRecorder
from service.projector.batch import boundaries, last_positions, updates_of_person
from service.storage.database import reading

#: The streams fall into so many parts by the first byte of their id; a partition is one part or several.
PARTS = 256
_EVENTS_A_PARTITION = 10_000
_ENCODE = msgspec.json.Encoder().encode


class Partition(NamedTuple):
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
        """What the stream of a row must fulfil. The outermost have no outer bound: nothing escapes them."""
        first, last = self.parts.start, self.parts.stop
        conditions: list[Condition] = []
        if first > 0:
            conditions.append(("stream >= ?", (_least_id(first),)))
        if last < PARTS:
            conditions.append(("stream < ?", (_least_id(last),)))
        return conditions


def _least_id(first_byte: int) -> UUID:
    return UUID(bytes=bytes([first_byte]) + bytes(15))


def partitions(events: int) -> list[Partition]:
    """As many partitions as leave each some ten thousand of so many events, or fewer."""
    of = 1
    while of < PARTS and events > of * _EVENTS_A_PARTITION:
        of *= 2
    return [Partition(number, of) for number in range(of)]


class Recomputed(NamedTuple):
    """What follows from the log for a partition at a position: how many streams there are, and their rows by table.

    The rows hold days and UUIDs, and stand in order of stream, known_from and number.
    """

    streams: int
    rows: dict[str, list[Row]]


def recompute(
    connection: Connection, partition: Partition, position: int, projections: Sequence[Projection]
) -> Recomputed:
    """All rows that the streams of a partition had up to a position, computed from their histories.

    Raises ProjectionError when a projection fails.
    """
    places_at, reference = _municipalities(connection.engine, position)
    events: dict[UUID, list[Recorded]] = {}
    for row in EventRecorder(connection).select_by_stream(partition.within, position):
        events.setdefault(row.stream, []).append(to_fact(row))
    links = _person_links(connection.engine, position)
    _check_person_links(links, partition, events)
    persons = _persons(connection, group_journeys(links), events, position)
    updates = {
        stream: StreamUpdate(history, boundaries(last_positions(history), reference), places_at)
        if places_at.affects(history)
        # What reads the same by all of them is not to be folded anew at each.
        else StreamUpdate(history, boundaries(last_positions(history)), places_at.newest)
        for stream, history in events.items()
        if stream not in persons
    }
    for person in set(persons.values()):
        every = updates_of_person(person, places_at, reference)
        updates |= {stream: every[stream] for stream in every.keys() & events.keys()}
    found = compute_rows(projections, updates)
    for rows in found.values():
        rows.sort(key=_key)
    return Recomputed(len(updates), found)


def _key(row: Row) -> tuple[int, int, int]:
    stream, known_from, number, *_ = row
    return stream.int, known_from, number


def _persons(
    connection: Connection,
    together: Mapping[UUID, frozenset[UUID]],
    events: Mapping[UUID, list[Recorded]],
    position: int,
) -> dict[UUID, PersonHistory]:
    """The journeys of a partition that were ever linked as of one person with others, and those others."""
    concerned = {journeys for stream, journeys in together.items() if stream in events}
    elsewhere = read_histories(connection, {stream for some in concerned for stream in some} - events.keys(), position)
    there = {**elsewhere, **{stream: events[stream] for some in concerned for stream in some & events.keys()}}
    people = [
        (some, PersonHistory({stream: there[stream] for stream in sorted(some) if stream in there}))
        for some in concerned
    ]
    return {stream: person for some, person in people for stream in some}


def _check_person_links(
    links: Sequence[PersonLink], partition: Partition, events: Mapping[UUID, list[Recorded]]
) -> None:
    """Unreadable where the table of person links is not what the events of a partition say."""
    there = {link for link in links if link.newer.bytes[0] in partition.parts}
    every = (event for history in events.values() for event in history)
    said = {PersonLink(event.position, event.stream, older) for event in every if (older := replaced_journey(event))}
    if said != there:
        raise Unreadable.at(min(said ^ there).position)


# What was recorded up to a position never changes, and every partition needs it.
@lru_cache(maxsize=1)
def _person_links(engine: Engine, position: int) -> list[PersonLink]:
    """The links, up to then, of two journeys as of one person."""
    with reading(engine) as connection:
        return EventRecorder(connection).select_person_links(until=position)


@lru_cache(maxsize=1)
def _municipalities(engine: Engine, position: int) -> tuple[PlacesHistory, list[Recorded]]:
    """The municipalities as known up to then, and the history that says so."""
    with reading(engine) as connection:
        history = read_histories(connection, [streams.REFERENCE]).get(streams.REFERENCE, [])
    past = [event for event in history if event.position <= position]
    return PlacesHistory(past), past


class Summary(NamedTuple):
    """What stands in a table as known at a position: how many rows, and their digest in hexadecimal digits."""

    rows: int
    digest: str


def partition_digests(tables: Sequence[Table], partition: Partition, rows: Mapping[str, Sequence[Row]]) -> bytes:
    """The digests of the parts of a partition, one after another, table after table; its rows come in order."""
    return b"".join(digest for table in tables for digest in _part_digests(table, partition, rows[table.name]))


def _part_digests(table: Table, partition: Partition, rows: Iterable[Row]) -> list[bytes]:
    columns = [column.name for column in table.columns]
    names = sorted(columns)
    arranged = itemgetter(*map(columns.index, names))
    hashes = {part: sha256() for part in partition.parts}
    for row in rows:
        stream: UUID = row[0]
        line = _ENCODE(dict(zip(names, arranged(row), strict=True)))
        hashes[stream.int >> 120].update(line + b"\n")
    return [each.digest() for each in hashes.values()]


def summaries(tables: Sequence[Table], counts: Mapping[str, int], digests: Iterable[bytes]) -> dict[str, Summary]:
    """Of every table, from its number of rows and the digests of all partitions in their order."""
    hashes = [sha256() for _ in tables]
    for of_partition in digests:
        length = len(of_partition) // len(tables)
        for number, one in enumerate(hashes):
            one.update(of_partition[number * length : (number + 1) * length])
    return {table.name: Summary(counts[table.name], one.hexdigest()) for table, one in zip(tables, hashes, strict=True)}
