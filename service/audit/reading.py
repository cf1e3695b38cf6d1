"""What stands in the two logs, found by what auditors ask: the oldest first, from where a page begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, or_, select

from service.audit.records import milliseconds
from service.storage.service_tables import audit_log, processing_log


class Window(NamedTuple):
    """From when to when a log is looked through, both included, and up to which line: to read it adds some."""

    since: datetime | None
    until: datetime
    newest: int


class Sought(NamedTuple):
    """What lines of the log of processing are looked for by; at least one of them is given."""

    trace_id: bytes | None
    processing_activity: str | None
    data_subject: UUID | None


def newest(connection: Connection, log: Table) -> int:
    """The number of a log's last line; 0 where there is none."""
    found: int = connection.execute(select(func.coalesce(func.max(log.c.id), 0))).scalar_one()
    return found


def processed(
    connection: Connection, sought: Sought, window: Window, after: tuple[int, int] | None, limit: int
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


def audited(
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
