"""The keys of journeys, and events as they are sealed with them.

The database keeps the keys wrapped; those recently used are open in memory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from projections import dialect
from projections.columns import instant_text
from service.log.keys import JourneyKey, Keyring, bound_to, seal
from service.log.submission import Admitted

#: For a list of journeys the wrapped keys of those that have one: a scalar look-up is a visit of the index.
WRAPPED_KEYS = (
    "WITH asked (nth, stream) AS ({}) "
    "SELECT nth, (SELECT wrapped_key FROM journey_keys WHERE journey_keys.stream = asked.stream) FROM asked"
)
_DESTROYED = "SELECT stream FROM journey_keys WHERE {} AND destroyed_at IS NOT NULL"
_TYPES = {"stream": "uuid", "wrapped_key": "bytea", "sealed_v_number": "bytea", "created_at": "timestamptz"}
_MOST_OPEN = 40_000  # some twenty megabytes
_JSON = msgspec.json.Encoder()


class JourneyKeys:
    """Opens the keys of journeys; used by one thread. Of a journey that was destroyed there is no key."""

    def __init__(self, keys: Keyring) -> None:
        self._keyring = keys
        self._open: OrderedDict[UUID, JourneyKey] = OrderedDict()

    def open(self, connection: Connection, streams: Iterable[UUID]) -> dict[UUID, JourneyKey]:
        """The keys of those of these journeys that have one."""
        found: dict[UUID, JourneyKey] = {}
        missing = []
        for stream in streams:
            key = self._open.get(stream)
            if key is None:
                missing.append(stream)
            else:
                self._open.move_to_end(stream)
                found[stream] = key
        fetched = {
            stream: self._keyring.unwrap(stream, wrapped)
            for stream, wrapped in _select_wrapped(connection, missing).items()
        }
        self.remember(fetched)
        return found | fetched

    def remember(self, keys: Mapping[UUID, JourneyKey]) -> None:
        """Keep keys open; those not used for longest go."""
        self._open.update(keys)
        while len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)

    def forget(self) -> None:
        """Keep no key open: some may have been destroyed."""
        self._open.clear()


def select_destroyed(connection: Connection, streams: Iterable[UUID]) -> set[UUID]:
    """Those of these journeys whose keys were destroyed."""
    return {
        dialect.stream_id(stream)
        for condition, parameters in dialect.in_streams(connection, "stream", streams)
        for (stream,) in dialect.fetch(connection, _DESTROYED.format(condition), parameters)
    }


def write_keys(connection: Connection, keys: Iterable[tuple[UUID, bytes, bytes, datetime]]) -> None:
    """Keep new keys: journey, wrapped key, sealed V-number and when it was made, of each."""
    plain = dialect.is_sqlite(connection)
    rows = (
        (stream.bytes, wrapped, sealed, instant_text(made)) if plain else (stream, wrapped, sealed, made)
        for stream, wrapped, sealed, made in keys
    )
    dialect.insert_rows(connection, "journey_keys", _TYPES, rows)


def _select_wrapped(connection: Connection, streams: Sequence[UUID]) -> dict[UUID, bytes]:
    if not streams:
        return {}
    found: dict[UUID, bytes] = {}
    for table, parameters in dialect.numbered_list(connection, {"stream": "uuid"}, [streams]):
        for nth, wrapped in dialect.fetch(connection, WRAPPED_KEYS.format(table), parameters):
            if wrapped:
                found[streams[nth]] = wrapped
    return found


class SealedEvent(NamedTuple):
    """An event with its content MAC and its data as text, what is personal in it sealed.

    `mac` is None when the journey was named by an id that was never issued.
    """

    event: Admitted
    mac: bytes | None
    data: str


class IssuedKey(NamedTuple):
    """A key made for a new journey: open, wrapped, and the V-number sealed with it."""

    key: JourneyKey
    wrapped: bytes
    sealed_v_number: bytes


class Sealer:
    """Seals the events of one commit, in order, with the keys of their journeys.

    That takes time, and no other commit can change it: it is done before the log is locked.
    """

    def __init__(self, keyring: Keyring, known: Mapping[UUID, JourneyKey]) -> None:
        self._keyring = keyring
        self._known = dict(known)
        #: By journey, of those that had no key.
        self.issued: dict[UUID, IssuedKey] = {}

    def seal(self, event: Admitted) -> SealedEvent:
        """An event as it will be in the log; a permit holder whose V-number is new gets a journey with a key."""
        if not event.of_a_person:
            return SealedEvent(event, self._keyring.mac(None, event.content), _JSON.encode(event.data).decode())
        key = self._known.get(event.stream) or self._issue(event)
        if key is None:
            return SealedEvent(event, None, "")
        data = event.data
        if event.personal:
            data = {**data, "sealed": seal(key, event.personal, bound_to(event.source, event.id))}
        return SealedEvent(event, self._keyring.mac(key, event.content), _JSON.encode(data).decode())

    def without_key(self, events: Iterable[Admitted]) -> set[UUID]:
        """The journeys that had no key: another process may have given them one by now."""
        return {event.stream for event in events if event.of_a_person} - self._known.keys()

    def seal_again(self, sealed: Sequence[SealedEvent], found: Mapping[UUID, JourneyKey]) -> list[SealedEvent]:
        """The events anew where keys were found after all; those that were issued are not needed then."""
        self._known |= found
        for stream in found:
            self.issued.pop(stream, None)
        return [self.seal(one.event) if one.event.stream in found else one for one in sealed]

    def _issue(self, event: Admitted) -> JourneyKey | None:
        issued = self.issued.get(event.stream)
        if issued is None and event.v_number is not None:
            key, wrapped = self._keyring.issue(event.stream)
            sealed = seal(key, {"vNumber": event.v_number}, str(event.stream)).encode()
            issued = self.issued[event.stream] = IssuedKey(key, wrapped, sealed)
        return issued and issued.key
