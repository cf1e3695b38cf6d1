"""Events of the log as they are read back: the CloudEvent as it was sent, and what became of it since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from domain.effective import Force, force
from projections import dialect
from projections.columns import instant_text
from service.foundation.event_types import TYPE_PREFIX
from service.foundation.time import written
from service.log.mapper import decoded
from service.log.persons import known_of
from service.log.recorder import Condition, LogRow, event_rows
from service.log.vault import destroyed_among
from service.queries.question import LogQuestion
from service.queries.selection import EVERYTHING, Selection, belongs_to
from service.queries.visibility import Own

# What is rare may stand far apart: so much of the log is looked through at once, and at most for one request.
_AT_ONCE = 50_000
_AT_MOST = 500_000
# Where every event is looked at for whom its journey concerns.
_AT_ONCE_OF_OWN = 10_000
_AT_MOST_OF_OWN = 100_000


class Part(NamedTuple):
    """Some of the log in order of position, and the position behind which it goes on; None at the end."""

    rows: list[LogRow]
    goes_on: int | None


def listed(question: LogQuestion, row: LogRow) -> bool:
    """Whether an event is on a list: known by then, and held on the day if one was asked."""
    held = question.valid_on is None or row.effective_on <= question.valid_on
    return held and question.knows(row.position, row.sent_at)


def part(
    question: LogQuestion,
    after: int,
    limit: int,
    selection: Selection = EVERYTHING,
    *,
    own: Own | None = None,
    at_most: int = _AT_MOST,
    at_once: int = _AT_ONCE,
) -> Part:
    """The next events of the log that are on the list; with `own` those of them that are the caller's own.

    Fewer than `limit`, and be it none, when `at_most` positions have been looked through; then it goes on behind those.
    """
    where = [*_on_the_list(question), *selection.conditions(question.connection)]
    if own is not None:
        where += own.conditions(question.connection)
        at_most, at_once = min(at_most, _AT_MOST_OF_OWN), min(at_once, _AT_ONCE_OF_OWN)
    found: list[LogRow] = []
    end = min(question.position, after + at_most)
    while after < end and len(found) <= limit:
        until, wanted = min(end, after + at_once), limit + 1 - len(found)
        rows = event_rows(question.connection, after, wanted, until, where)
        some = [row for row in rows if selection.has(row)]
        found += some if own is None else own.rows(question.connection, some)
        after = until if len(rows) < wanted else rows[-1].position
    if len(found) > limit:
        return Part(found[:limit], found[limit - 1].position)
    return Part(found, after if after < question.position else None)


def _on_the_list(question: LogQuestion) -> list[Condition]:
    """As `listed`, for the database; nothing behind the question's position is asked for."""
    found: list[Condition] = []
    if question.valid_on is not None:
        found.append(("effective_on <= ?", (question.valid_on,)))
    if question.known_by == "sender" and question.known_at is not None:
        by = question.known_at
        found.append(("sent_at <= ?", (instant_text(by) if dialect.is_sqlite(question.connection) else by,)))
    return found


def recounted(question: LogQuestion, rows: Sequence[LogRow]) -> list[dict[str, Any]]:
    """Events as an answer shows them; whole histories are read once for all streams of the page."""
    streams = {row.stream for row in rows}
    found = forces(question.connection, question, streams)
    destroyed = destroyed_among(question.connection, streams)
    return [_event(row, found[row.stream], destroyed=row.stream in destroyed) for row in rows]


def forces(connection: Connection, question: LogQuestion, of: set[UUID]) -> dict[UUID, Force]:
    """What was in force of some streams, as known then."""
    return {stream: force(known) for stream, known in known_of(connection, of, question.known).items()}


def _event(row: LogRow, of_the_stream: Force, *, destroyed: bool) -> dict[str, Any]:
    data = decoded(row)
    sealed = data.pop("sealed", None) is not None
    kind, period = belongs_to(row, data)
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
        "postedBy": row.posted_by,
        "traceId": None if row.trace_id is None else row.trace_id.hex(),
        "stream": {"kind": kind, "period": period},
        "sealed": sealed,
        "destroyed": destroyed,
        "inForce": corrected is None and withdrawn is None,
        "correctedBy": _named(corrected),
        "withdrawnBy": _named(withdrawn),
    }


def _named(name: tuple[str, str] | None) -> dict[str, str] | None:
    return None if name is None else {"source": name[0], "id": name[1]}
