"""What a process counts of its own work, for `GET /metrics`: one registry an application, never the global one.

Several servers behind one port count in files beside one another, as their library does, and any of them tells the sum:
whoever asks can't choose which one answers. What they counted stays when they end.

Called once a request, a batch or a commit. Labels come from closed sets: whatever a sender may write freely becomes
`other`, so that nobody can make time series without end, and nothing personal can stand in one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.metrics_core import InfoMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from domain.facts import FACTS
from service.foundation.event_types import TYPE_PREFIX
from service.foundation.organisations import Registry
from service.foundation.version import VERSION
from service.log.submission import OutcomeWord

#: The variable by which the library learns where processes that count together have their files.
DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
OTHER = "other"
#: From a type, or the topic in it, to the type.
_TYPES = {name: f"{TYPE_PREFIX}{topic}" for topic in FACTS for name in (topic, f"{TYPE_PREFIX}{topic}")}
#: Development mode knows an organisation for every code a municipality may have; a chain has some four hundred.
_MOST_SOURCES = 1_000

_REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_COMMIT_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_COMMIT_EVENTS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000)

# A second series beside each that says when it began: twice as many for what a restart shows anyway.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The counters of one process."""

    def __init__(self, organisations: Registry) -> None:
        self.registry = CollectorRegistry()
        self._organisations = organisations
        self._sources: set[str] = set()
        self._answered: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._events = Counter(
            "ketenspoor_events",
            "Events posted, by type, source organisation (OIN) and outcome",
            ("type", "source", "outcome"),
            registry=self.registry,
        )
        self._requests = Counter(
            "ketenspoor_http_requests",
            "Requests answered, by route (its template), method and status",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "ketenspoor_http_request_seconds",
            "How long requests waited for the beginning of their answer",
            ("route", "method"),
            buckets=_REQUEST_SECONDS,
            registry=self.registry,
        )
        self._servers = Gauge(
            "ketenspoor_servers",
            "Servers that answer at this address",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._waiting = Gauge(
            "ketenspoor_writer_waiting_events",
            "Events that wait to be committed",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._commit_events = Histogram(
            "ketenspoor_commit_events", "Events in one commit", buckets=_COMMIT_EVENTS, registry=self.registry
        )
        self._commit_requests = Counter(
            "ketenspoor_commit_requests", "Requests answered by commits", registry=self.registry
        )
        self._commit_seconds = Histogram(
            "ketenspoor_commit_seconds", "How long a commit took", buckets=_COMMIT_SECONDS, registry=self.registry
        )
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

    def collect(self) -> Iterator[Metric]:
        """All that was counted, by this process with what it takes of the machine, or by all of them together."""
        yield InfoMetricFamily("ketenspoor_build", "The version that runs", {"version": VERSION})
        if DIRECTORY in os.environ:
            yield from MultiProcessCollector(None).collect()  # type: ignore[no-untyped-call]
        else:
            yield from self.registry.collect()

    def serving(self) -> None:
        """From now on this process answers."""
        self._servers.set(1)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """One request, by the template of its route."""
        found = self._answered.get((route, method, status))
        if found is None:
            # Kept, because to find them by their labels costs as much as to count.
            found = self._requests.labels(route, method, status), self._request_seconds.labels(route, method)
            self._answered[route, method, status] = found
        counted, timed = found
        counted.inc()
        timed.observe(seconds)

    def posted(self, counts: Mapping[tuple[str | None, str | None, OutcomeWord], int]) -> None:
        """So many events of a type (or the topic in it), from an OIN, with an outcome; None: not known."""
        for (kind, oin, outcome), count in counts.items():
            self._events.labels(_TYPES.get(kind or "", OTHER), self._source(oin), outcome).inc(count)

    def committed(self, events: int, requests: int, seconds: float) -> None:
        """One commit: its events, the requests they came in, and how long it took."""
        self._commit_events.observe(events)
        self._commit_requests.inc(requests)
        self._commit_seconds.observe(seconds)

    def waiting(self, events: int) -> None:
        """So many events wait to be committed, those being committed included."""
        self._waiting.set(events)

    def _source(self, oin: str | None) -> str:
        if oin is None:
            return OTHER
        if oin in self._sources:
            return oin
        if len(self._sources) >= _MOST_SOURCES or self._organisations(oin) is None:
            return OTHER
        self._sources.add(oin)
        return oin
