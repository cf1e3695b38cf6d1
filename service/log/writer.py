"""The one thread that writes the log in a process: requests that wait are committed together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy.exc import DBAPIError

from service.log.event_store import EventStore
from service.log.keys import ForeignMasterKey
from service.log.submission import Outcome, OutcomeWord, Submission, count_outcomes
from service.storage.group_commit import Bounds, GroupCommit, Unavailable
from service.storage.outages import unavailable

#: A commit is at most this many events; a larger request is a commit of its own.
MOST_EVENTS_A_GROUP = 5_000
#: Beyond this many waiting events a sender is asked to come back.
MOST_EVENTS_WAITING = 25_000
#: Who has waited this long when the writer comes to it is asked to come back.
MOST_SECONDS_WAITING = 15.0
_MOST_EVENTS_SMALL = 10


class WriterMetrics(Protocol):
    """Who counts what is committed; called once a commit."""

    def posted(self, counts: Mapping[tuple[str | None, str | None, OutcomeWord], int]) -> None:
        """So many events of a topic, from an OIN, with an outcome; None: not known."""

    def committed(self, events: int, requests: int, seconds: float) -> None:
        """One commit: its events, the requests they came in, and how long it took."""

    def waiting(self, events: int) -> None:
        """So many events wait to be committed, those being committed included."""


class Writer(GroupCommit[Submission, list[Outcome]]):
    """Commits submissions to the event store; `record` raises Overloaded or Unavailable."""

    def __init__(
        self, events: EventStore, metrics: WriterMetrics | None = None, most_waiting: int = MOST_EVENTS_WAITING
    ) -> None:
        super().__init__("writer", Bounds(MOST_EVENTS_A_GROUP, most_waiting, MOST_SECONDS_WAITING, _MOST_EVENTS_SMALL))
        self._events = events
        self._metrics = metrics

    def size(self, request: Submission) -> int:
        return len(request.events)

    def commit(self, requests: Sequence[Submission]) -> Sequence[list[Outcome]]:
        return self._events.commit(requests)

    def error(self, fault: Exception) -> Exception:
        if isinstance(fault, (DBAPIError, ForeignMasterKey, OSError)) or unavailable(fault):
            return Unavailable()
        return fault

    def rest(self) -> None:
        """No key of a journey is kept open: some may be destroyed meanwhile."""
        self._events.forget_keys()

    def report(self, requests: Sequence[Submission], results: Sequence[list[Outcome] | Exception]) -> None:
        if self._metrics is not None:
            answered = (
                pair
                for request, result in zip(requests, results, strict=True)
                if not isinstance(result, Exception)
                for pair in zip(request.events, result, strict=True)
            )
            self._metrics.posted(count_outcomes(answered))

    def report_seconds(self, requests: Sequence[Submission], seconds: float, waiting: int) -> None:
        if self._metrics is not None:
            self._metrics.waiting(waiting)
            self._metrics.committed(sum(map(self.size, requests)), len(requests), seconds)
