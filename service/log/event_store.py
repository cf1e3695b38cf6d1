"""The event store: requests of admitted events committed to the log, all in one transaction.

What was had before and what is new is decided before the first row is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine, insert

from service.foundation.settings import ClockMode
from service.foundation.time import Clock
from service.log.deduplication import NEVER, Decisions, Lookup, Pending, look_up, read_receipts, replaces
from service.log.events import NewEvent
from service.log.keys import Keyring
from service.log.recorder import EventRecorder, Head
from service.log.sealing import JourneyKeys, SealedEvent, Sealer, select_destroyed, write_keys
from service.log.submission import Admitted, Outcome, Receipted, Refused, Submission
from service.storage.database import wait_until_durable, writing
from service.storage.service_tables import rejections

_MILLISECOND = timedelta(milliseconds=1)
_A_DAY = timedelta(days=1)
_REFUSED_AT_ONCE = 100
_JSON = msgspec.json.Encoder()


class EventStore:
    """The log of one database, written by one thread at a time."""

    def __init__(self, engine: Engine, keys: Keyring, clock: Clock, mode: ClockMode = "service") -> None:
        self._engine = engine
        self._keys = keys
        self._clock = clock
        self._mode = mode
        self._journey_keys = JourneyKeys(keys)
        #: How many times journeys had been destroyed when the open keys were last looked over.
        self._destroyed: int | None = None

    def forget_keys(self) -> None:
        """Keep no key of a journey open in memory; called by the thread that writes, when there is nothing to do."""
        self._journey_keys.forget()

    def commit(self, requests: Sequence[Submission]) -> list[list[Outcome]]:
        """Record what is new in these requests, in one transaction; one list of outcomes a request, in its order."""
        admitted = [event for request in requests for event in request.events if isinstance(event, Admitted)]
        with writing(self._engine) as connection:
            # What takes time comes before the lock: while one process holds it, others prepare theirs.
            keys = self._journey_keys.open(connection, {event.stream for event in admitted if event.of_a_person})
            sealer = Sealer(self._keys, keys)
            sealed = list(map(sealer.seal, admitted))
            names = ((event.source, event.id) for event in admitted)
            streams = (event.stream for event in admitted)
            there = look_up(connection, names, streams, sealer.without_key(admitted))
            destroyed = self._destroyed_of(connection, there, admitted)
            if there.wrapped_keys.keys() - destroyed:
                found = {stream: self._keys.unwrap(stream, key) for stream, key in there.wrapped_keys.items() if key}
                sealed = sealer.seal_again(sealed, found)
            if there.wrapping is not None and there.wrapping != self._keys.wrapping:
                self._keys.wrap_with(there.wrapping)
            receipts = read_receipts(connection, there.positions.values())
            decisions = Decisions(sealed, receipts, there.versions, destroyed)
            decided = [decisions.decide(request) for request in requests]
            new = self._new_events(decisions.accepted, there)
            issued = {one.stream: sealer.issued[one.stream] for one in new if one.stream in sealer.issued}
            now = self._clock()
            if issued:
                # They were made before the lock, and another master key may have taken over.
                write_keys(
                    connection,
                    [
                        (stream, self._keys.rewrap(stream, one.wrapped), one.sealed_v_number, now)
                        for stream, one in issued.items()
                    ],
                )
            if new:
                EventRecorder(connection).insert_events(new, after=there.head.position)
            # Some at a time: with all its faults a refusal can be many times as large as what was posted.
            for start in range(0, len(decisions.refused), _REFUSED_AT_ONCE):
                some = decisions.refused[start : start + _REFUSED_AT_ONCE]
                connection.execute(insert(rejections), [_rejection(one, self._keys, now) for one in some])
            if receipts and not new and not decisions.refused:
                wait_until_durable(connection)
        self._journey_keys.remember({stream: one.key for stream, one in issued.items()})
        first = there.head.position + 1
        return [[_outcome(one, first, decisions.accepted, new) for one in some] for some in decided]

    def _destroyed_of(self, connection: Connection, there: Lookup, admitted: Sequence[Admitted]) -> set[UUID]:
        """Those posted about that are destroyed; asked for only when some were since the last time."""
        destroyed = {stream for stream, key in there.wrapped_keys.items() if not key}
        if older := {stream for event in admitted if (stream := replaces(event)) is not None}:
            # Who was destroyed is not named anew by being said to be the same person as somebody.
            destroyed |= select_destroyed(connection, older)
        if there.destroyed != self._destroyed:
            destroyed |= select_destroyed(connection, {event.stream for event in admitted})
            self._journey_keys.forget()
            self._destroyed = there.destroyed
        return destroyed

    def _new_events(self, accepted: Sequence[SealedEvent], there: Lookup) -> list[NewEvent]:
        """What will be written of the accepted events, each with its instant and the next version of its stream."""
        versions = dict(there.versions)
        new = []
        for (event, mac, data), stamp in zip(accepted, self._stamps(there.head, accepted), strict=True):
            stream = event.stream
            version = versions[stream] = versions.get(stream, 0) + 1
            new.append(
                NewEvent(
                    stream,
                    version,
                    event.topic,
                    data,
                    event.effective_on,
                    event.sent_at,
                    stamp,
                    event.source,
                    event.id,
                    event.recorded_by,
                    mac,
                    event.trace_id,
                    event.posted_by,
                )
            )
        return new

    def _stamps(self, head: Head, accepted: Sequence[SealedEvent]) -> list[datetime]:
        """When each is recorded: after the commit before, all at once unless the sender's clock is followed."""
        earliest = head.recorded_at + _MILLISECOND if head.recorded_at else NEVER
        if self._mode == "service":
            return [max(_milliseconds(self._clock()), earliest)] * len(accepted)
        stamps = []
        # A simulated past lies before now; a slip far into the future would leave no room for what comes after it.
        latest = self._clock() + _A_DAY
        for sealed in accepted:
            earliest = max(earliest, _milliseconds(min(sealed.event.sent_at, latest)))
            stamps.append(earliest)
        return stamps


def _milliseconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def _outcome(
    decided: Outcome | Pending, first: int, accepted: Sequence[SealedEvent], new: Sequence[NewEvent]
) -> Outcome:
    """What the sender is told, once everything is written; `first` is the position of the first that was."""
    if not isinstance(decided, Pending):
        return decided
    nth, repeated = decided
    event, row = accepted[nth].event, new[nth]
    journey = event.stream if event.of_a_person else None
    return Receipted(event.id, first + nth, journey, row.version, row.recorded_at or NEVER, repeated)


def _rejection(refused: Refused, keys: Keyring, now: datetime) -> dict[str, object]:
    event = refused.event
    return {
        "received_at": now,
        "oin": refused.oin,
        "source": refused.source,
        "source_id": refused.id,
        "topic": refused.topic,
        "faults": _JSON.encode([fault._asdict() for fault in refused.faults]).decode(),
        "sealed": keys.seal_rejected(event if isinstance(event, bytes) else _JSON.encode(event)),
    }
