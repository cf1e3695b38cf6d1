"""The log read back: events as recorded facts, in order of position or a stream at a time."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.persistence import JSONTranscoder, Mapper, NotSupportedError, StoredEvent
from sqlalchemy import Connection

from domain.codec import load_fact
from domain.facts import FACTS, Recorded
from service.log.events import RecordedEvent, Unreadable
from service.log.recorder import EventRecorder

_DECODE = msgspec.json.Decoder(dict[str, Any]).decode

# A few senders say everything, and their names would fill half the memory of a history.
_same = lru_cache(maxsize=1_024)(lambda name: name)


def decode_data(event: RecordedEvent) -> dict[str, Any]:
    """The data of an event as they are stored, personal fields sealed."""
    return _DECODE(event.data)


def to_fact(event: RecordedEvent) -> Recorded:
    """An event of the log as a fact; its personal fields stay sealed and are None. Unreadable when it is none."""
    try:
        data = decode_data(event)
        fact = load_fact(FACTS[event.topic], data)
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError):
        raise Unreadable.at(event.position) from None
    return Recorded(
        fact,
        event.stream,
        event.position,
        event.version,
        _same(event.source),
        event.source_id,
        event.sent_at,
        event.recorded_at,
        _same(event.recorded_by),
        event.effective_on,
        data.get("corrects"),
        data.get("correctsSource"),
    )


def read_histories(
    connection: Connection, streams: Iterable[UUID], until: int | None = None
) -> dict[UUID, list[Recorded]]:
    """All that is recorded of some streams, or that up to a position, each in order of position."""
    found: dict[UUID, list[Recorded]] = {}
    for event in EventRecorder(connection).select_streams(streams, until):
        found.setdefault(event.stream, []).append(to_fact(event))
    return found


class FactMapper(Mapper[UUID]):
    """The library's contract for a mapper: its domain events are our facts, with what was recorded beside them."""

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    def to_domain_event(self, stored_event: StoredEvent) -> Recorded:  # type: ignore[override]
        """A fact, as `to_fact` has it; Unreadable."""
        if not isinstance(stored_event, RecordedEvent):
            raise NotSupportedError("only what is recorded has the envelope that makes it a fact")
        return to_fact(stored_event)

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        raise NotSupportedError("facts are admitted by the intake and recorded by the event store")
