"""What the log already has of events that are about to be recorded, and what therefore becomes of each."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from domain.facts import VNumberReplaced
from domain.field_types import Fault
from projections import dialect
from service.log.events import read_instant
from service.log.recorder import EventRecorder, Head
from service.log.sealing import WRAPPED_KEYS, SealedEvent
from service.log.submission import (
    CONFLICT,
    HELD_BACK,
    Admitted,
    NotRecorded,
    Outcome,
    Receipted,
    Refused,
    Submission,
    Tags,
    is_met,
)

NEVER = datetime.min.replace(tzinfo=UTC)
DESTROYED = Fault("", "destroyed", "is about a journey that was destroyed; nothing is recorded of it any more")
ANOTHER_VERSION = Fault("", "another-version", "If-Match names another version than its stream has")
UNKNOWN_JOURNEY = Fault("/subject", "unknown-journey", "is no journey of this service")


class Receipt(NamedTuple):
    """What a sender was told when this event was recorded, and the means to recognise a repeat."""

    position: int
    stream: UUID
    version: int
    topic: str
    recorded_at: datetime | None
    content_mac: bytes | None


class Lookup(NamedTuple):
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
_KEYS = "SELECT destroyed, wrapping FROM serving"
_RECEIPTS = (
    "SELECT source, source_id, position, stream, version, topic, recorded_at, content_mac FROM events "
    "WHERE position IN ({})"
)


def look_up(
    connection: Connection, names: Iterable[tuple[str, str]], streams: Iterable[UUID], new: Iterable[UUID] = ()
) -> Lookup:
    """Take the append lock, then ask about sources and ids, about streams, and about journeys without a key as yet."""
    pairs, every, keyless = list(dict.fromkeys(names)), list(dict.fromkeys(streams)), list(dict.fromkeys(new))
    sources_and_ids = list(zip(*pairs, strict=True))
    of_names = _questions(connection, _POSITIONS, {"source": "text", "source_id": "text"}, sources_and_ids)
    of_streams = _questions(connection, _VERSIONS, {"stream": "uuid"}, [every])
    of_journeys = _questions(connection, WRAPPED_KEYS, {"stream": "uuid"}, [keyless])
    questions: list[dialect.Statement] = [(_KEYS, ()), *of_names, *of_streams, *of_journeys]
    head, (((destroyed, wrapping),), *answers) = EventRecorder(connection).lock_and_fetch(questions)
    rows = iter(answers)
    return Lookup(
        head,
        destroyed,
        wrapping,
        {pairs[nth]: position for _ in of_names for nth, position in next(rows)},
        {every[nth]: version for _ in of_streams for nth, version in next(rows) if version is not None},
        {keyless[nth]: key for _ in of_journeys for nth, key in next(rows) if key is not None},
    )


def read_receipts(connection: Connection, positions: Iterable[int]) -> dict[tuple[str, str], Receipt]:
    """What was told of the events at these positions, by source and id."""
    found: dict[tuple[str, str], Receipt] = {}
    for part in dialect.in_chunks(list(positions)):
        statement = _RECEIPTS.format(", ".join("?" * len(part)))
        for source, source_id, position, stream, version, topic, recorded_at, mac in dialect.fetch(
            connection, statement, part
        ):
            receipt = Receipt(position, dialect.stream_id(stream), version, topic, read_instant(recorded_at), mac)
            found[source, source_id] = receipt
    return found


def _questions(
    connection: Connection, statement: str, columns: dict[str, str], lists: Sequence[Sequence[object]]
) -> list[dialect.Statement]:
    if not lists or not lists[0]:
        return []
    return [
        (statement.format(table), parameters) for table, parameters in dialect.numbered_list(connection, columns, lists)
    ]


def replaces(event: Admitted) -> UUID | None:
    """The journey of the older V-number that an event says is of the same person; None where it is no such event."""
    return UUID(event.data["replaces"]) if event.topic == VNumberReplaced.TOPIC else None


class Pending(NamedTuple):
    """Recorded or repeated within this commit: which of the accepted events tells the receipt."""

    nth: int
    repeated: bool


class Decisions:
    """What becomes of each event of a commit, request by request, before anything is written.

    The outcome of a request never depends on another one in the same commit failing.
    """

    def __init__(
        self,
        sealed: Iterable[SealedEvent],
        receipts: Mapping[tuple[str, str], Receipt],
        versions: Mapping[UUID, int],
        destroyed: Container[UUID],
    ) -> None:
        self._sealed = iter(sealed)
        self._receipts = receipts
        self._versions = versions
        self._destroyed = destroyed
        self._nth: dict[tuple[str, str], int] = {}
        #: What will be recorded, in this order.
        self.accepted: list[SealedEvent] = []
        self.refused: list[Refused] = []

    def decide(self, request: Submission) -> list[Outcome | Pending]:
        """What becomes of each event of a request; those to be recorded are added to `accepted`."""
        before = len(self.accepted)
        decided = [
            self._refuse(one) if isinstance(one, Refused) else self._decide(next(self._sealed), request.if_match)
            for one in request.events
        ]
        if not request.atomic or not any(isinstance(one, NotRecorded) for one in decided):
            return decided
        for sealed in self.accepted[before:]:
            del self._nth[sealed.event.source, sealed.event.id]
        del self.accepted[before:]
        return [
            one if isinstance(one, (NotRecorded, Receipted)) else NotRecorded(None, (HELD_BACK,)) for one in decided
        ]

    def _refuse(self, refused: Refused) -> NotRecorded:
        self.refused.append(refused)
        return NotRecorded(refused.id, refused.faults)

    def _decide(self, sealed: SealedEvent, if_match: Tags | None) -> Outcome | Pending:
        event = sealed.event
        if event.stream in self._destroyed or replaces(event) in self._destroyed:
            # A repeat too: nobody can tell any more whether it says the same. And of what it says nothing is kept.
            return self._refuse(_refused(event, DESTROYED)._replace(event=None))
        if sealed.mac is None:
            return self._refuse(_refused(event, UNKNOWN_JOURNEY))
        name = (event.source, event.id)
        nth = self._nth.setdefault(name, len(self.accepted))
        if nth < len(self.accepted):
            first = self.accepted[nth]
            same = first.event.stream == event.stream and first.mac == sealed.mac
            return Pending(nth, True) if same else self._refuse(_refused(event, CONFLICT))
        receipt = self._receipts.get(name)
        if receipt is None:
            # Only what is new: a repeat is one whose answer was lost, and was in time.
            if if_match is not None and not is_met(if_match, version := self._version(event.stream)):
                del self._nth[name]
                return self._refuse(_refused(event, ANOTHER_VERSION))._replace(version=version or None)
            self.accepted.append(sealed)
            return Pending(nth, False)
        del self._nth[name]
        if receipt.stream == event.stream and receipt.content_mac == sealed.mac:
            journey = receipt.stream if event.of_a_person else None
            stamp = receipt.recorded_at or NEVER
            return Receipted(event.id, receipt.position, journey, receipt.version, stamp, True)
        return self._refuse(_refused(event, CONFLICT))

    def _version(self, stream: UUID) -> int:
        """The version of a stream once what was accepted before is recorded; 0 where it has no events."""
        return self._versions.get(stream, 0) + sum(sealed.event.stream == stream for sealed in self.accepted)


def _refused(event: Admitted, fault: Fault) -> Refused:
    """An admitted event that is refused after all."""
    return Refused((fault,), event.posted, event.id, event.source, event.topic, event.posted_by or event.recorded_by)
