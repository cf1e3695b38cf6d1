"""What the log already has of events that are about to be appended: asked at once, when nobody else can append."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from projections import dialect
from service.log.recorder import LAST, Head, head_of, instant
from service.log.vault import WRAPPED_KEYS


class Receipt(NamedTuple):
    """What a sender was told when this event was recorded, and the means to recognise a repeat."""

    position: int
    stream: UUID
    version: int
    topic: str
    recorded_at: datetime | None
    content_mac: bytes | None


class Standing(NamedTuple):
    """Where the log ends; how many times journeys were destroyed, and which master key wraps; the positions of those
    events that are in it, by source and id; the newest version of each stream that has events; the wrapped keys of
    those journeys that have one, empty where it was destroyed."""

    head: Head
    destroyed: int
    wrapping: bytes | None
    positions: dict[tuple[str, str], int]
    versions: dict[UUID, int]
    wrapped_keys: dict[UUID, bytes]


# Scalar look-ups: each is a visit of an index, whatever is known or not of a table that grows.
_POSITIONS = (
    "WITH asked (nth, source, source_id) AS ({}), found (nth, position) AS (SELECT nth, (SELECT position FROM events "
    "WHERE events.source = asked.source AND events.source_id = asked.source_id) FROM asked) "
    "SELECT nth, position FROM found WHERE position IS NOT NULL"
)
_VERSIONS = (
    "WITH asked (nth, stream) AS ({}) "
    "SELECT nth, (SELECT max(version) FROM events WHERE events.stream = asked.stream) FROM asked"
)
_KEEPING = "SELECT destroyed, wrapping FROM serving"
_RECEIPTS = (
    "SELECT source, source_id, position, stream, version, topic, recorded_at, content_mac FROM events "
    "WHERE position IN ({})"
)


def standing(
    connection: Connection, names: Iterable[tuple[str, str]], streams: Iterable[UUID], new: Iterable[UUID] = ()
) -> Standing:
    """Take the append lock, then ask about sources and ids, about streams, and about journeys without a key as yet."""
    pairs, every, keyless = list(dict.fromkeys(names)), list(dict.fromkeys(streams)), list(dict.fromkeys(new))
    sources_and_ids = list(zip(*pairs, strict=True))
    of_names = _questions(connection, _POSITIONS, {"source": "text", "source_id": "text"}, sources_and_ids)
    of_streams = _questions(connection, _VERSIONS, {"stream": "uuid"}, [every])
    of_journeys = _questions(connection, WRAPPED_KEYS, {"stream": "uuid"}, [keyless])
    questions: list[dialect.Question] = [(LAST, ()), (_KEEPING, ()), *of_names, *of_streams, *of_journeys]
    last, ((destroyed, wrapping),), *answers = dialect.fetch_locked(connection, questions)
    told = iter(answers)
    return Standing(
        head_of(last),
        destroyed,
        wrapping,
        {pairs[nth]: position for _ in of_names for nth, position in next(told)},
        {every[nth]: version for _ in of_streams for nth, version in next(told) if version is not None},
        {keyless[nth]: key for _ in of_journeys for nth, key in next(told) if key is not None},
    )


def receipts(connection: Connection, positions: Iterable[int]) -> dict[tuple[str, str], Receipt]:
    """What was told of the events at these positions, by source and id."""
    found: dict[tuple[str, str], Receipt] = {}
    for part in dialect.in_parts(list(positions)):
        statement = _RECEIPTS.format(", ".join("?" * len(part)))
        for source, source_id, position, stream, version, topic, recorded_at, mac in dialect.fetch(
            connection, statement, part
        ):
            receipt = Receipt(position, dialect.stream(stream), version, topic, instant(recorded_at), mac)
            found[source, source_id] = receipt
    return found


def _questions(
    connection: Connection, statement: str, columns: dict[str, str], lists: Sequence[Sequence[Any]]
) -> list[dialect.Question]:
    if not lists or not lists[0]:
        return []
    return [(statement.format(table), parameters) for table, parameters in dialect.numbered(connection, columns, lists)]
