"""`GET /metrics`: what a process counts of its own work, and the health of the database.

One registry an application, never the global one.

Several servers behind one port count in files beside one another, as their library does, and any of them tells the sum:
whoever asks can't choose which one answers. What they counted stays when they end.

Called once a request, a batch or a commit. Labels come from closed sets: whatever a sender may write freely becomes
`other`, so that nobody can make time series without end, and nothing personal can stand in one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from domain.facts import FACTS
from service.foundation.organisations import Registry
from service.foundation.version import TYPE_PREFIX, VERSION
from service.log.submission import OutcomeWord
from service.operations.health import Health, ProjectionLag, age

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


#: Name and meaning of all of them, for who wants to read about one.
MEANINGS: Mapping[str, str] = {
    "ketenspoor_database_up": "Whether the database answers",
    "ketenspoor_log_position": "The position of the last event of the log",
    "ketenspoor_log_last_event_timestamp_seconds": "When the last event was recorded",
    "ketenspoor_projection_position": "The position up to which a projection has the log",
    "ketenspoor_projection_lag_events": "Events that a projection does not have yet",
    "ketenspoor_projection_lag_seconds": "How long the first event that a projection does not have has been there",
    "ketenspoor_projection_stopped": "Whether a projection is stopped by what it cannot read",
    "ketenspoor_serving_view": "The set of projection tables that answers reads",
    "ketenspoor_rebuild_portions_left": "Portions of a rebuild that are still to be filled, 0 when there is none",
    "ketenspoor_tree_lag_events": "Events that are not in the Merkle tree yet",
    "ketenspoor_checkpoint_size": "How many events the last checkpoint covers",
    "ketenspoor_checkpoint_age_seconds": "How long ago the last checkpoint was signed",
    "ketenspoor_checkpoint_uncovered_events": "Events that no checkpoint covers",
    "ketenspoor_checkpoint_uncovered_seconds": "How long the first event that no checkpoint covers has been there",
    "ketenspoor_rejections_kept": "Refused events that are kept",
}


def health_metrics(health: Health | None, now: datetime, *, simulated: bool) -> Iterator[Metric]:
    """The metrics of the database; where its health can't be had only that.

    `simulated`: the log has another clock than the machine, and no age can be told from it.
    """
    yield _one("ketenspoor_database_up", health is not None)
    if health is None:
        return
    yield _one("ketenspoor_log_position", health.position)
    if health.recorded_at is not None:
        yield _one("ketenspoor_log_last_event_timestamp_seconds", health.recorded_at.timestamp())
    yield from _of_projections(health.lags, now, simulated=simulated)
    yield _labelled("ketenspoor_serving_view", "view", {health.view: 1})
    left = 0 if health.rebuilding is None else health.rebuilding.of - health.rebuilding.portions
    yield _one("ketenspoor_rebuild_portions_left", left)
    yield _one("ketenspoor_tree_lag_events", max(0, health.position - health.in_tree))
    yield _one("ketenspoor_checkpoint_size", health.signed)
    if health.signed_at is not None:
        yield _one("ketenspoor_checkpoint_age_seconds", max(0.0, (now - health.signed_at).total_seconds()))
    yield _one("ketenspoor_checkpoint_uncovered_events", health.unsigned)
    if not simulated:
        yield _one("ketenspoor_checkpoint_uncovered_seconds", age(health.unsigned_since, now).total_seconds())
    yield _one("ketenspoor_rejections_kept", health.rejections)


def _of_projections(lags: tuple[ProjectionLag, ...], now: datetime, *, simulated: bool) -> Iterator[Metric]:
    name = "projection"
    yield _labelled("ketenspoor_projection_position", name, {lag.projection: lag.position for lag in lags})
    yield _labelled("ketenspoor_projection_lag_events", name, {lag.projection: lag.events for lag in lags})
    if not simulated:
        ages = {lag.projection: lag.age(now).total_seconds() for lag in lags}
        yield _labelled("ketenspoor_projection_lag_seconds", name, ages)
    stopped = {lag.projection: float(lag.stopped is not None) for lag in lags}
    yield _labelled("ketenspoor_projection_stopped", name, stopped)


def _one(name: str, value: float) -> Metric:
    return GaugeMetricFamily(name, MEANINGS[name], value=float(value))


def _labelled(name: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, MEANINGS[name], labels=[label])
    for of, value in values.items():
        family.add_metric([of], value)
    return family
