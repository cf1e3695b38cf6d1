"""What was had before, and what is new: requests of admitted events committed to the log, all in one transaction.

The outcome of a request never depends on another one in the same commit failing: everything is decided before the
first row is written.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine, insert

from domain.field_types import Fault
from service.foundation.settings import ClockMode
from service.foundation.time import Clock
from service.log.deduplication import Receipt, Standing, receipts, standing
from service.log.drafts import Draft, Drafting, Issued
from service.log.keys import Keyring
from service.log.person_links import REPLACED
from service.log.precondition import Tags, is_met
from service.log.recorder import EventRow, Head, append
from service.log.submission import CONFLICT, HELD_BACK, Admitted, NotRecorded, Outcome, Receipted, Refused, Submission
from service.log.vault import Vault, destroyed_among, write_keys
from service.storage.database import as_durable_as_read, writing
from service.storage.service_tables import rejections

_MILLISECOND = timedelta(milliseconds=1)
_NEVER = datetime.min.replace(tzinfo=UTC)
_A_DAY = timedelta(days=1)
_REFUSED_AT_ONCE = 100
_JSON = msgspec.json.Encoder()

DESTROYED = Fault("", "destroyed", "is about a journey that was destroyed; nothing is recorded of it any more")
ANOTHER_VERSION = Fault("", "another-version", "If-Match names another version than its stream has")
UNKNOWN_JOURNEY = Fault("/subject", "unknown-journey", "is no journey of this service")


class Ledger:
    """The log of one database, written by one thread at a time."""

    def __init__(self, engine: Engine, keys: Keyring, clock: Clock, mode: ClockMode = "service") -> None:
        self._engine = engine
        self._keys = keys
        self._clock = clock
        self._mode = mode
        self._vault = Vault(keys)
        #: How many times journeys had been destroyed when the vault was last looked over.
        self._destroyed: int | None = None

    def forget_keys(self) -> None:
        """Keep no key of a journey open in memory; called by the thread that writes, when there is nothing to do."""
        self._vault.forget()

    def commit(self, requests: Sequence[Submission]) -> list[list[Outcome]]:
        """Record what is new in these requests, in one transaction; one list of outcomes a request, in its order."""
        admitted = [event for request in requests for event in request.events if isinstance(event, Admitted)]
        with writing(self._engine) as connection:
            # What takes time comes before the lock: while one process holds it, others prepare theirs.
            keys = self._vault.open(connection, {event.stream for event in admitted if event.of_a_person})
            drafting = Drafting(self._keys, keys)
            drafts = drafting.drafts(admitted)
            names = ((event.source, event.id) for event in admitted)
            there = standing(connection, names, (event.stream for event in admitted), drafting.keyless(drafts))
            destroyed = self._destroyed_of(connection, there, admitted)
            if there.wrapped_keys.keys() - destroyed:
                found = {stream: self._keys.unwrap(stream, key) for stream, key in there.wrapped_keys.items() if key}
                drafts = drafting.again(drafts, found)
            if there.wrapping is not None and there.wrapping != self._keys.wrapping:
                self._keys.wrap_with(there.wrapping)
            had = receipts(connection, there.positions.values())
            decisions = _Decisions(drafts, had, there.versions, destroyed)
            decided = [decisions.about(request) for request in requests]
            stamps = self._stamp(there.head, decisions.accepted)
            recorded = _recorded(decisions.accepted, stamps, there.versions)
            new_keys = {one.stream: drafting.issued[one.stream] for one in recorded if one.stream in drafting.issued}
            self._write(connection, there.head, recorded, new_keys, decisions.refused)
            if had and not recorded and not decisions.refused:
                as_durable_as_read(connection)
        self._vault.remember({stream: issued.key for stream, issued in new_keys.items()})
        first = there.head.position + 1
        return [[_outcome(one, first, decisions.accepted, recorded) for one in some] for some in decided]

    def _destroyed_of(self, connection: Connection, there: Standing, admitted: Sequence[Admitted]) -> set[UUID]:
        """Those posted about that are destroyed; asked for only when some were since the last time."""
        destroyed = {stream for stream, key in there.wrapped_keys.items() if not key}
        if replaced := {UUID(event.data["replaces"]) for event in admitted if event.topic == REPLACED}:
            # Who was destroyed is not named anew by being said to be the same person as somebody.
            destroyed |= destroyed_among(connection, replaced)
        if there.destroyed != self._destroyed:
            destroyed |= destroyed_among(connection, {event.stream for event in admitted})
            self._vault.forget()
            self._destroyed = there.destroyed
        return destroyed

    def _write(
        self,
        connection: Connection,
        head: Head,
        recorded: Sequence[EventRow],
        new_keys: Mapping[UUID, Issued],
        refused: Sequence[Refused],
    ) -> None:
        now = self._clock()
        if new_keys:
            # They were made before the lock, and another master key may have taken over.
            keys = [
                (stream, self._keys.rewrap(stream, one.wrapped), one.sealed_v_number, now)
                for stream, one in new_keys.items()
            ]
            write_keys(connection, keys)
        if recorded:
            append(connection, recorded, after=head.position)
        # Some at a time: with all its faults a refusal can be many times as large as what was posted.
        for start in range(0, len(refused), _REFUSED_AT_ONCE):
            some = refused[start : start + _REFUSED_AT_ONCE]
            connection.execute(insert(rejections), [_rejection(one, self._keys, now) for one in some])

    def _stamp(self, before: Head, accepted: Sequence[Draft]) -> list[datetime]:
        """When each is recorded: after the commit before, all at once unless the sender's clock is followed."""
        earliest = before.recorded_at + _MILLISECOND if before.recorded_at else _NEVER
        if self._mode == "service":
            return [max(_milliseconds(self._clock()), earliest)] * len(accepted)
        stamps = []
        # A simulated past lies before now; a slip far into the future would leave no room for what comes after it.
        latest_said = self._clock() + _A_DAY
        for draft in accepted:
            earliest = max(earliest, _milliseconds(min(draft.event.sent_at, latest_said)))
            stamps.append(earliest)
        return stamps


def _milliseconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


class _Pending(NamedTuple):
    """Recorded or repeated within this commit: which of the accepted events tells the receipt."""

    nth: int
    repeated: bool


class _Decisions:
    """What becomes of each event of a commit, request by request, before anything is written."""

    def __init__(
        self,
        drafts: Iterable[Draft],
        had: Mapping[tuple[str, str], Receipt],
        versions: Mapping[UUID, int],
        destroyed: Container[UUID],
    ) -> None:
        self._drafts = iter(drafts)
        self._receipts = had
        self._versions = versions
        self._destroyed = destroyed
        self._nth: dict[tuple[str, str], int] = {}
        #: What will be recorded, in this order.
        self.accepted: list[Draft] = []
        self.refused: list[Refused] = []

    def about(self, request: Submission) -> list[Outcome | _Pending]:
        """What becomes of each event; those to be recorded are added to `accepted`."""
        before = len(self.accepted)
        decided = [
            self._refuse(one) if isinstance(one, Refused) else self._about(next(self._drafts), request.if_match)
            for one in request.events
        ]
        if not request.atomic or not any(isinstance(one, NotRecorded) for one in decided):
            return decided
        for draft in self.accepted[before:]:
            del self._nth[draft.event.source, draft.event.id]
        del self.accepted[before:]
        return [
            one if isinstance(one, (NotRecorded, Receipted)) else NotRecorded(None, (HELD_BACK,)) for one in decided
        ]

    def _refuse(self, refused: Refused) -> NotRecorded:
        self.refused.append(refused)
        return NotRecorded(refused.id, refused.faults)

    def _about(self, draft: Draft, if_match: Tags | None) -> Outcome | _Pending:
        event = draft.event
        if event.stream in self._destroyed or (
            event.topic == REPLACED and UUID(event.data["replaces"]) in self._destroyed
        ):
            # A repeat too: nobody can tell any more whether it says the same. And of what it says nothing is kept.
            return self._refuse(_again(event, DESTROYED)._replace(event=None))
        if draft.mac is None:
            return self._refuse(_again(event, UNKNOWN_JOURNEY))
        name = (event.source, event.id)
        nth = self._nth.setdefault(name, len(self.accepted))
        if nth < len(self.accepted):
            first = self.accepted[nth]
            same = first.event.stream == event.stream and first.mac == draft.mac
            return _Pending(nth, True) if same else self._refuse(_again(event, CONFLICT))
        receipt = self._receipts.get(name)
        if receipt is None:
            # Only what is new: a repeat is one whose answer was lost, and was in time.
            if if_match is not None and not is_met(if_match, version := self._version(event.stream)):
                del self._nth[name]
                return self._refuse(_again(event, ANOTHER_VERSION))._replace(version=version or None)
            self.accepted.append(draft)
            return _Pending(nth, False)
        del self._nth[name]
        if receipt.stream == event.stream and receipt.content_mac == draft.mac:
            return _receipted(event, receipt)
        return self._refuse(_again(event, CONFLICT))

    def _version(self, stream: UUID) -> int:
        """The version of a stream once what was accepted before is recorded; 0 where it has no events."""
        return self._versions.get(stream, 0) + sum(draft.event.stream == stream for draft in self.accepted)


def _recorded(drafts: Sequence[Draft], stamps: Sequence[datetime], versions: Mapping[UUID, int]) -> list[EventRow]:
    """The rows that will be written, each with the next version of its stream."""
    newest = dict(versions)
    rows = []
    for (event, mac, data), stamp in zip(drafts, stamps, strict=True):
        stream = event.stream
        version = newest[stream] = newest.get(stream, 0) + 1
        rows.append(
            EventRow(
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
    return rows


def _outcome(
    decided: Outcome | _Pending, first: int, accepted: Sequence[Draft], recorded: Sequence[EventRow]
) -> Outcome:
    """What the sender is told, once everything is written; `first` is the position of the first that was."""
    if not isinstance(decided, _Pending):
        return decided
    nth, repeated = decided
    event, row = accepted[nth].event, recorded[nth]
    journey = event.stream if event.of_a_person else None
    return Receipted(event.id, first + nth, journey, row.version, row.recorded_at or _NEVER, repeated)


def _again(event: Admitted, fault: Fault) -> Refused:
    """An admitted event that is refused after all."""
    return Refused((fault,), event.posted, event.id, event.source, event.topic, event.posted_by or event.recorded_by)


def _receipted(event: Admitted, receipt: Receipt) -> Receipted:
    journey = receipt.stream if event.of_a_person else None
    return Receipted(event.id, receipt.position, journey, receipt.version, receipt.recorded_at or _NEVER, True)


def _rejection(refused: Refused, keys: Keyring, now: datetime) -> dict[str, object]:
    return {
        "received_at": now,
        "oin": refused.oin,
        "source": refused.source,
        "source_id": refused.id,
        "topic": refused.topic,
        "faults": _JSON.encode([fault._asdict() for fault in refused.faults]).decode(),
        "sealed": keys.seal_rejected(_sealable(refused.event)),
    }


def _sealable(event: object) -> bytes:
    return event if isinstance(event, bytes) else _JSON.encode(event)
