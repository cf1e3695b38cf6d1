"""The lines of the two logs: the audit log, and the log of processing with one for each person; written and found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, or_, select

from projections import dialect
from projections.columns import instant_text
from service.storage import service_tables
from service.storage.service_tables import audit_log, processing_log

#: What became of what was asked: done, not allowed, not there, destroyed, not to be understood, or our own failing.
Result = Literal["succeeded", "refused", "not-found", "gone", "invalid", "failed"]
#: As Logboek Dataverwerkingen has it: a refusal that is handled well is no error.
Status = Literal["Unset", "Ok", "Error"]

#: The processing activity of who has none: in development mode nobody has, elsewhere the registry gives it.
NO_ACTIVITY = "urn:ketenspoor:processing-activity:unstated"
#: What the log of processing calls this service.
SYSTEM = "ketenspoor"
#: The last position of a stream of events that had not ended when the line was written.
NO_END = 2**63 - 1


class Audited(NamedTuple):
    """A line of the audit log: the six fields of BIO2 8.15.01, and by what it is found again.

    `object` is an address by its template or the name of a thing, never what somebody sent.
    """

    recorded_at: datetime
    actor: str
    organisation: str | None
    action: str
    object: str
    journey: UUID | None
    first_position: int | None
    last_position: int | None
    result: Result
    origin: str
    purpose: str | None
    reason: str | None
    trace_id: bytes
    request_id: bytes
    transaction_id: str | None


class Processing(NamedTuple):
    """A line of the log of processing, of no or one person; times in milliseconds since 1970."""

    trace_id: bytes
    span_id: bytes
    parent_span_id: bytes | None
    request_id: bytes
    status: Status
    name: str
    start_time: int
    end_time: int
    system: str
    version: str
    processing_activity: str
    data_subject: UUID | None
    foreign_processor: str | None


class Lines(NamedTuple):
    """What belongs to one answer and is written before it."""

    audited: Sequence[Audited] = ()
    processings: Sequence[Processing] = ()


def write(connection: Connection, every: Sequence[Lines]) -> None:
    """Add lines to both logs, however many there are in a statement for each log."""
    processings = [line for lines in every for line in lines.processings]
    audited = [line for lines in every for line in lines.audited]
    if dialect.is_sqlite(connection):
        processings, audited = _on_sqlite(processings), _on_sqlite(audited)
    dialect.insert_together(connection, ((*_PROCESSINGS, processings), (*_AUDITED, audited)))


def _columns(table: Table, names: Sequence[str]) -> tuple[str, dict[str, str]]:
    return table.name, {name: dialect.postgresql_type(table.c[name]) for name in names}


_PROCESSINGS = _columns(service_tables.processing_log, Processing._fields)
_AUDITED = _columns(service_tables.audit_log, Audited._fields)


def _on_sqlite(rows: Sequence[Any]) -> list[Any]:
    return [tuple(map(_plain, row)) for row in rows]


def _plain(value: Any) -> Any:
    return value.bytes if value.__class__ is UUID else instant_text(value) if isinstance(value, datetime) else value


def milliseconds(instant: datetime) -> int:
    """An instant as the log of processing has it."""
    return round(instant.timestamp() * 1000)


class Window(NamedTuple):
    """From when to when a log is looked through, both included, and up to which line: to read it adds some."""

    since: datetime | None
    until: datetime
    newest: int


class ProcessingFilter(NamedTuple):
    """What lines of the log of processing are looked for by; at least one of them is given."""

    trace_id: bytes | None
    processing_activity: str | None
    data_subject: UUID | None


def last_line(connection: Connection, log: Table) -> int:
    """The number of a log's last line; 0 where there is none."""
    found: int = connection.execute(select(func.coalesce(func.max(log.c.id), 0))).scalar_one()
    return found


def select_processings(
    connection: Connection, sought: ProcessingFilter, window: Window, after: tuple[int, int] | None, limit: int
) -> Sequence[Row[Any]]:
    """Lines of the log of processing, behind the end time and number that `after` names."""
    columns = processing_log.c
    conditions = [columns[name] == value for name, value in sought._asdict().items() if value is not None]
    if window.since is not None:
        conditions.append(columns.end_time >= milliseconds(window.since))
    conditions += [columns.end_time <= milliseconds(window.until), columns.id <= window.newest]
    if after is not None:
        conditions.append(_behind(columns.end_time, columns.id, after))
    statement = select(processing_log).where(*conditions).order_by(columns.end_time, columns.id).limit(limit)
    return connection.execute(statement).all()


def select_audit_lines(
    connection: Connection,
    equal: Mapping[str, Any],
    position: int | None,
    window: Window,
    after: tuple[datetime, int] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Lines of the audit log with these values, behind the instant and number that `after` names.

    With `position` only those that handed out the event at this position, or may have.
    """
    columns = audit_log.c
    conditions = [columns[name] == value for name, value in equal.items() if value is not None]
    if position is not None:
        conditions += [columns.last_position >= position, columns.first_position <= position]
    if window.since is not None:
        conditions.append(columns.recorded_at >= window.since)
    conditions += [columns.recorded_at <= window.until, columns.id <= window.newest]
    if after is not None:
        conditions.append(_behind(columns.recorded_at, columns.id, after))
    statement = select(audit_log).where(*conditions).order_by(columns.recorded_at, columns.id).limit(limit)
    return connection.execute(statement).all()


def _behind(at: ColumnElement[Any], number: ColumnElement[int], place: tuple[Any, int]) -> ColumnElement[bool]:
    # The first condition is what an index is entered by.
    return and_(at >= place[0], or_(at > place[0], number > place[1]))
