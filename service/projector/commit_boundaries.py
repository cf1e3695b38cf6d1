"""Commits of the log: knowledge is cut between them, and never within one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from domain.facts import Recorded
from service.log.recorder import LogRow, event_rows


def whole_commits(connection: Connection, after: int, limit: int, before: int | None = None) -> list[LogRow]:
    """The next events, at least one commit and never a part of one; none of the commit of position `before`, and none
    behind that.
    """
    while True:
        rows = event_rows(connection, after, limit + 1, before)
        reached = bool(rows) and rows[-1].position == before
        if len(rows) <= limit and not reached:
            return rows
        unfinished = rows[-1].recorded_at
        whole = [row for row in rows if row.recorded_at != unfinished]
        if whole or reached:
            return whole
        limit *= 2


def cuts(
    history: Sequence[LogRow] | Sequence[Recorded], reference: Sequence[LogRow] | Sequence[Recorded] = ()
) -> list[int]:
    """The positions at which commits may have changed the rows of a stream, from events in order of position.

    The last position that each commit gave the stream, and the last that it gave `reference` if that comes behind: a
    stream is never looked at in the middle of what one commit gave it.
    """
    return cuts_between({event.recorded_at: event.position for event in history}, reference)


def cuts_between(
    own: Mapping[datetime, int], reference: Sequence[LogRow] | Sequence[Recorded] = (), after: int = 0
) -> list[int]:
    """The same from the last position that each commit gave a stream; only those behind a position."""
    others = {event.recorded_at: event.position for event in reference}
    every = {*own.values(), *(position for at, position in others.items() if position > own.get(at, 0))}
    return sorted(position for position in every if position > after)
