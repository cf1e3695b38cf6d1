"""Journey keys as the database keeps them, wrapped, and those recently used, open in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import Connection

from projections import dialect
from service.keys import JourneyKey, Keyring

_MOST = 100_000  # some tens of megabytes


class Vault:
    """Opens journey keys; used by one thread."""

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


def _wrapped(connection: Connection, streams: Iterable[UUID]) -> dict[UUID, bytes]:
    found: dict[UUID, bytes] = {}
    keys = [dialect.plain(connection, (stream,)) for stream in streams]
    for some, parameters in dialect.asked(connection, ["uuid"], keys):
        statement = f"SELECT stream, wrapped_key FROM journey_keys WHERE stream IN ({some})"  # noqa: S608
        for stream, wrapped in dialect.fetch(connection, statement, parameters):
            found[dialect.stream(stream)] = wrapped
    return found
