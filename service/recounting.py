"""Events of the log as they are read back: the CloudEvent as it was sent, and what became of it since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from domain.effective import Force, force
from domain.facts import FACTS, JOURNEY_FACTS
from service import streams
from service.answers import written
from service.envelope import TYPE_PREFIX
from service.log import decoded, histories
from service.question import LogQuestion
from service.recorder import LogRow, event_rows

_ROWS_AT_ONCE = 1_000


def listed(question: LogQuestion, row: LogRow) -> bool:
    """Whether an event is on a list: known by then, and held on the day if one was asked."""
    held = question.valid_on is None or row.effective_on <= question.valid_on
    return held and question.knows(row.position, row.sent_at)


def rows_after(question: LogQuestion, after: int, limit: int) -> list[LogRow]:
    """The next events of the log that are on the list."""
    found: list[LogRow] = []
    while len(found) < limit:
        rows = event_rows(question.connection, after, _ROWS_AT_ONCE)
        found += [row for row in rows if listed(question, row)]
        if len(rows) < _ROWS_AT_ONCE or rows[-1].position >= question.position:
            break
        after = rows[-1].position
    return found[:limit]


def recounted(question: LogQuestion, rows: Sequence[LogRow]) -> list[dict[str, Any]]:
    """Events as an answer shows them; whole histories are read once for all streams of the page."""
    found = forces(question.connection, question, {row.stream for row in rows})
    return [_event(row, found[row.stream]) for row in rows]


def forces(connection: Connection, question: LogQuestion, of: set[UUID]) -> dict[UUID, Force]:
    """What was in force of some streams, as known then."""
    return {stream: force(question.known(history)) for stream, history in histories(connection, of).items()}


def _event(row: LogRow, of_the_stream: Force) -> dict[str, Any]:
    data = decoded(row)
    sealed = data.pop("sealed", None) is not None
    kind, period = _stream(row, data)
    name = (row.source, row.source_id)
    corrected, withdrawn = of_the_stream.replaced_by.get(name), of_the_stream.withdrawn_by.get(name)
    return {
        "specversion": "1.0",
        "id": row.source_id,
        "source": row.source,
        "type": f"{TYPE_PREFIX}{row.topic}",
        "time": written(row.sent_at),
        "subject": row.stream if kind == "journey" else None,
        "datacontenttype": "application/json",
        "data": data,
        "position": row.position,
        "version": row.version,
        "recordedAt": written(row.recorded_at),
        "recordedBy": row.recorded_by,
        "stream": {"kind": kind, "period": period},
        "sealed": sealed,
        "inForce": corrected is None and withdrawn is None,
        "correctedBy": _named(corrected),
        "withdrawnBy": _named(withdrawn),
    }


def _stream(row: LogRow, data: dict[str, Any]) -> tuple[str, str | None]:
    """What an event is about; where a withdrawal belongs is told by its stream."""
    if row.stream == streams.REFERENCE:
        return "reference", None
    period: str | None = data.get("period")
    if FACTS[row.topic] in JOURNEY_FACTS or period is None:
        return "journey", None
    return "period", period


def _named(name: tuple[str, str] | None) -> dict[str, str] | None:
    return None if name is None else {"source": name[0], "id": name[1]}
