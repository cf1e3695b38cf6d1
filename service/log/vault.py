"""Journey keys as the database keeps them, wrapped, and those recently used, open in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from projections import dialect
from projections.columns import instant_text
from service.log.keys import JourneyKey, Keyring

#: For a list of journeys the wrapped keys of those that have one: a scalar look-up is a visit of the index.
WRAPPED_KEYS = (
    "WITH asked (nth, stream) AS ({}) "
    "SELECT nth, (SELECT wrapped_key FROM journey_keys WHERE journey_keys.stream = asked.stream) FROM asked"
)
_DESTROYED = "SELECT stream FROM journey_keys WHERE {} AND destroyed_at IS NOT NULL"
_TYPES = {"stream": "uuid", "wrapped_key": "bytea", "sealed_v_number": "bytea", "created_at": "timestamptz"}
_MOST = 40_000  # some twenty megabytes


class Vault:
    """Opens journey keys; used by one thread. Of a journey that was destroyed there is no key."""

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
            stream: self._keyring.unwrap(stream, wrapped) for stream, wrapped in _wrapped(connection, missing).items()
        }
        self.remember(fetched)
        return found | fetched

    def remember(self, keys: Mapping[UUID, JourneyKey]) -> None:
        """Keep keys open; those not used for longest go."""
        self._open.update(keys)
        while len(self._open) > _MOST:
            self._open.popitem(last=False)

    def forget(self) -> None:
        """Keep no key open: some may have been destroyed."""
        self._open.clear()


def destroyed_among(connection: Connection, streams: Iterable[UUID]) -> set[UUID]:
    """Those of these journeys whose keys were destroyed."""
    return {
        dialect.stream(stream)
        for condition, parameters in dialect.among(connection, "stream", streams)
        for (stream,) in dialect.fetch(connection, _DESTROYED.format(condition), parameters)
    }


def write_keys(connection: Connection, keys: Iterable[tuple[UUID, bytes, bytes, datetime]]) -> None:
    """Keep new keys: journey, wrapped key, sealed V-number and when it was made, of each."""
    plain = dialect.is_sqlite(connection)
    rows = (
        (stream.bytes, wrapped, sealed, instant_text(made)) if plain else (stream, wrapped, sealed, made)
        for stream, wrapped, sealed, made in keys
    )
    dialect.write_rows(connection, "journey_keys", _TYPES, rows)


def _wrapped(connection: Connection, streams: Sequence[UUID]) -> dict[UUID, bytes]:
    if not streams:
        return {}
    found: dict[UUID, bytes] = {}
    for table, parameters in dialect.numbered(connection, {"stream": "uuid"}, [streams]):
        for nth, wrapped in dialect.fetch(connection, WRAPPED_KEYS.format(table), parameters):
            if wrapped:
                found[streams[nth]] = wrapped
    return found
