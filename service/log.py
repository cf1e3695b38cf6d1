"""The log read back: rows of the events table as recorded facts, in order of position or a stream at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from domain.facts import FACTS, Recorded
from domain.shape import revive
from service.recorder import LogRow, stream_rows

_DECODE = msgspec.json.Decoder(dict[str, Any]).decode


def recorded(row: LogRow) -> Recorded:
    """An event of the log as a fact; its personal fields stay sealed and are None."""
    data = _DECODE(row.data)
    # Only the library leaves the envelope empty; the ledger fills all of it.
    envelope: Any = row
    return Recorded(
        revive(FACTS[row.topic], data),
        row.stream,
        row.position,
        row.version,
        envelope.source,
        envelope.source_id,
        envelope.sent_at,
        envelope.recorded_at,
        envelope.recorded_by,
        envelope.effective_on,
        data.get("corrects"),
        data.get("correctsSource"),
    )


def histories(connection: Connection, streams: Iterable[UUID]) -> dict[UUID, list[Recorded]]:
    """All that is recorded of some streams, each in order of position."""
    found: dict[UUID, list[Recorded]] = {}
    for row in stream_rows(connection, streams):
        found.setdefault(row.stream, []).append(recorded(row))
    return found
