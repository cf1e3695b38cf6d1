"""What was had before, and what is new: requests of admitted events committed to the log, all in one transaction.

The outcome of a request never depends on another one in the same commit failing: everything is decided before the
first row is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine, insert

from domain.kinds import Fault
from service.admission import Admitted, Refused
from service.database import writing
from service.keys import JourneyKey, Keyring, bound_to, seal
from service.recorder import EventRow, Head, Receipt, append, head, receipts, take_append_lock, versions
from service.tables import journey_keys, rejections
from service.vault import Vault

Clock = Callable[[], datetime]
#: `sender`: recordedAt follows the events' own time, so that a simulated past can be asked as known then.
ClockMode = Literal["service", "sender"]

_MILLISECOND = timedelta(milliseconds=1)
_A_DAY = timedelta(days=1)
_JSON = msgspec.json.Encoder()

CONFLICT = Fault("/id", "conflict", "this source posted another event under this id")
UNKNOWN_JOURNEY = Fault("/subject", "unknown-journey", "is no journey of this service")


class Request(NamedTuple):
    """What one HTTP request brought, judged; `atomic`: all of it is recorded or none."""

    events: Sequence[Admitted | Refused]
    atomic: bool = False


class Receipted(NamedTuple):
    """An event that is in the log: what its sender is told, now or again."""

    id: str
    position: int
    journey: UUID | None
    version: int
    recorded_at: datetime
    repeated: bool


class NotRecorded(NamedTuple):
    """An event that is not in the log: because of its faults, or those of others in an atomic request."""

    id: str | None
    faults: tuple[Fault, ...]

    @property
    def conflict(self) -> bool:
        return CONFLICT in self.faults


Outcome = Receipted | NotRecorded

#: In an atomic request: nothing wrong with this one, but it was not recorded either.
HELD_BACK = Fault("", "held-back", "not recorded, because another event of the request was refused")


class Ledger:
    """The log of one database, written by one thread at a time."""

    def __init__(self, engine: Engine, keys: Keyring, clock: Clock, mode: ClockMode = "service") -> None:
        self._engine = engine
        self._keys = keys
        self._clock = clock
        self._mode = mode
        self._vault = Vault(keys)

    def commit(self, requests: Sequence[Request]) -> list[list[Outcome]]:
        """Record what is new in these requests, in one transaction; one list of outcomes a request, in its order."""
        admitted = [event for request in requests for event in request.events if isinstance(event, Admitted)]
        with writing(self._engine) as connection:
            take_append_lock(connection)
            transaction = _Transaction(connection, self._keys, self._vault, admitted)
            outcomes = [transaction.decide(request) for request in requests]
            transaction.write(self._stamp(transaction.head, transaction.accepted), self._clock())
        self._vault.remember(transaction.new_keys)
        return [[transaction.outcome(one) for one in some] for some in outcomes]

    def _stamp(self, before: Head, accepted: Sequence[Admitted]) -> list[datetime]:
        """When each is recorded: after the commit before, all at once unless the sender's clock is followed."""
        earliest = before.recorded_at + _MILLISECOND if before.recorded_at else datetime.min.replace(tzinfo=UTC)
        if self._mode == "service":
            return [max(_milliseconds(self._clock()), earliest)] * len(accepted)
        stamps = []
        # A simulated past lies before now; a slip far into the future would leave no room for what comes after it.
        latest_said = self._clock() + _A_DAY
        for event in accepted:
            earliest = max(earliest, _milliseconds(min(event.sent_at, latest_said)))
            stamps.append(earliest)
        return stamps


def _milliseconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


class _Pending(NamedTuple):
    """Recorded or repeated within this commit: which of the accepted events tells the receipt."""

    nth: int
    repeated: bool


class _Transaction:
    """One commit: what the database already has of these events, and what is decided about each."""

    def __init__(self, connection: Connection, keys: Keyring, vault: Vault, admitted: Sequence[Admitted]) -> None:
        self._connection = connection
        self._keyring = keys
        self.head = head(connection)
        self._receipts = receipts(connection, ((event.source, event.id) for event in admitted))
        self._journeys = vault.open(connection, {event.stream for event in admitted if event.of_a_person})
        self.new_keys: dict[UUID, JourneyKey] = {}
        self._new_rows: list[dict[str, object]] = []
        self.accepted: list[Admitted] = []
        self._macs: list[bytes] = []
        self._had: dict[tuple[str, str], int] = {}
        self._refused: list[Refused] = []
        self._first = 0
        self._versions: list[int] = []
        self._stamps: Sequence[datetime] = ()

    def decide(self, request: Request) -> list[Outcome | _Pending]:
        """What becomes of each event; those to be recorded are added to `accepted`."""
        accepted = len(self.accepted)
        decided = [self._refuse(one) if isinstance(one, Refused) else self._admit(one) for one in request.events]
        if not request.atomic or not any(isinstance(one, NotRecorded) for one in decided):
            return decided
        for event in self.accepted[accepted:]:
            del self._had[event.source, event.id]
        del self.accepted[accepted:], self._macs[accepted:]
        return [
            one if isinstance(one, (NotRecorded, Receipted)) else NotRecorded(None, (HELD_BACK,)) for one in decided
        ]

    def _refuse(self, refused: Refused) -> NotRecorded:
        self._refused.append(refused)
        return NotRecorded(refused.id, refused.faults)

    def _admit(self, event: Admitted) -> Outcome | _Pending:
        key = self._key(event)
        if event.of_a_person and key is None:
            return self._refuse(_again(event, UNKNOWN_JOURNEY))
        mac = self._keyring.mac(key, event.content)
        name = (event.source, event.id)
        before = self._had.get(name)
        if before is not None:
            same = self.accepted[before].stream == event.stream and self._macs[before] == mac
            return _Pending(before, True) if same else self._refuse(_again(event, CONFLICT))
        receipt = self._receipts.get(name)
        if receipt is not None:
            if receipt.stream == event.stream and receipt.content_mac == mac:
                return _receipted(event, receipt)
            return self._refuse(_again(event, CONFLICT))
        self._had[name] = len(self.accepted)
        self.accepted.append(event)
        self._macs.append(mac)
        return _Pending(len(self.accepted) - 1, False)

    def _key(self, event: Admitted) -> JourneyKey | None:
        """The journey's key, made when its V-number is new; None for a journey id that was never issued."""
        if not event.of_a_person:
            return None
        key = self._journeys.get(event.stream) or self.new_keys.get(event.stream)
        if key is None and event.v_number is not None:
            wrapped = self._keyring.new_key(event.stream)
            key = self.new_keys[event.stream] = self._keyring.unwrap(event.stream, wrapped)
            sealed = seal(key, {"vNumber": event.v_number}, str(event.stream)).encode()
            self._new_rows.append({"stream": event.stream, "wrapped_key": wrapped, "sealed_v_number": sealed})
        return key

    def write(self, stamps: Sequence[datetime], now: datetime) -> None:
        """Write what was decided; the transaction is the caller's to commit."""
        known = versions(self._connection, {event.stream for event in self.accepted})
        rows = []
        for event, mac, stamp in zip(self.accepted, self._macs, stamps, strict=True):
            version = known[event.stream] = known.get(event.stream, 0) + 1
            self._versions.append(version)
            rows.append(self._row(event, version, mac, stamp))
        self._stamps = stamps
        used = {event.stream for event in self.accepted}
        self.new_keys = {stream: key for stream, key in self.new_keys.items() if stream in used}
        if self.new_keys:
            new = [{**row, "created_at": now} for row in self._new_rows if row["stream"] in used]
            self._connection.execute(insert(journey_keys), new)
        if rows:
            self._first = append(self._connection, rows, after=self.head.position)
        if self._refused:
            kept = [_rejection(refused, self._keyring, now) for refused in self._refused]
            self._connection.execute(insert(rejections), kept)

    def _row(self, event: Admitted, version: int, mac: bytes, stamp: datetime) -> EventRow:
        data = event.data
        if event.personal:
            key = self._journeys.get(event.stream) or self.new_keys[event.stream]
            data = {**data, "sealed": seal(key, event.personal, bound_to(event.source, event.id))}
        return EventRow(
            event.stream,
            version,
            event.topic,
            _JSON.encode(data).decode(),
            event.effective_on,
            event.sent_at,
            stamp,
            event.source,
            event.id,
            event.recorded_by,
            mac,
        )

    def outcome(self, decided: Outcome | _Pending) -> Outcome:
        """What the sender is told, once everything is written."""
        if not isinstance(decided, _Pending):
            return decided
        event = self.accepted[decided.nth]
        return Receipted(
            event.id,
            self._first + decided.nth,
            event.stream if event.of_a_person else None,
            self._versions[decided.nth],
            self._stamps[decided.nth],
            decided.repeated,
        )


def _again(event: Admitted, fault: Fault) -> Refused:
    """An admitted event that is refused after all."""
    return Refused((fault,), event.posted, event.id, event.source, event.topic, event.recorded_by)


def _receipted(event: Admitted, receipt: Receipt) -> Receipted:
    recorded_at = receipt.recorded_at or datetime.min.replace(tzinfo=UTC)
    journey = receipt.stream if event.of_a_person else None
    return Receipted(event.id, receipt.position, journey, receipt.version, recorded_at, True)


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


def latest(outcomes: Iterable[Outcome]) -> int | None:
    """The highest position among what is in the log."""
    return max((one.position for one in outcomes if isinstance(one, Receipted)), default=None)
