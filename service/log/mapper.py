"""The log read back: rows of the events table as recorded facts, in order of position or a stream at a time."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from domain.codec import revive
from domain.facts import FACTS, Recorded
from service.log.recorder import LogRow, Unreadable, stream_rows

_DECODE = msgspec.json.Decoder(dict[str, Any]).decode


# A few senders say everything, and their names would fill half the memory of a history.
_same = lru_cache(maxsize=1_024)(lambda name: name)


def decoded(row: LogRow) -> dict[str, Any]:
    """The data of an event as they are stored, personal fields sealed."""
    return _DECODE(row.data)


def recorded(row: LogRow) -> Recorded:
    """An event of the log as a fact; its personal fields stay sealed and are None. Unreadable when it is none."""
    try:
        data = decoded(row)
        fact = revive(FACTS[row.topic], data)
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError):
        raise Unreadable.at(row.position) from None
    return Recorded(
        fact,
        row.stream,
        row.position,
        row.version,
        _same(row.source),
        row.source_id,
        row.sent_at,
        row.recorded_at,
        _same(row.recorded_by),
        row.effective_on,
        data.get("corrects"),
        data.get("correctsSource"),
    )


def histories(connection: Connection, streams: Iterable[UUID], until: int | None = None) -> dict[UUID, list[Recorded]]:
    """All that is recorded of some streams, or that up to a position, each in order of position."""
    found: dict[UUID, list[Recorded]] = {}
    for row in stream_rows(connection, streams, until):
        found.setdefault(row.stream, []).append(recorded(row))
    return found
