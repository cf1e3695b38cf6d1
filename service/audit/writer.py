"""Both logs are written by one group commit a process, for all answers that wait for it together.

It has a connection of its own to the primary: neither readers nor those who post can keep it from one.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine

from service.audit.records import Lines, write
from service.storage.database import PoolSettings, writing
from service.storage.group_commit import Bounds, GroupCommit

#: One commit takes at most so many lines, but always those of one answer.
_MOST_LINES_A_COMMIT = 20_000
#: Beyond this many waiting lines an answer is not given.
_MOST_LINES_WAITING = 200_000


class NotRecorded(Exception):
    """What somebody is to be told could not be written down, so nobody is told."""


def audit_connections(patience: float) -> PoolSettings:
    """One connection: there is one thread."""
    return PoolSettings(connections=1, connections_sqlite=1, cache_kib=2_000, patience=patience, lock=patience / 2)


class AuditWriter(GroupCommit[Lines, None]):
    """Writes the lines of answers before they are given; `record` raises NotRecorded."""

    def __init__(self, primary: Engine) -> None:
        super().__init__("audit", Bounds(_MOST_LINES_A_COMMIT, _MOST_LINES_WAITING))
        self._primary = primary

    def size(self, request: Lines) -> int:
        return len(request.audited) + len(request.processings)

    def commit(self, requests: Sequence[Lines]) -> Sequence[None]:
        with writing(self._primary) as connection:
            write(connection, requests)
        return [None] * len(requests)

    def error(self, fault: Exception) -> Exception:
        return NotRecorded()
