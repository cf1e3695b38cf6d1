"""What `/metrics` tells of the database: the log, the lag of each projection, the evidence, what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from service.operations.condition import Condition, Lag, age

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


def told(found: Condition | None, now: datetime, *, simulated: bool) -> Iterator[Metric]:
    """The metrics of a condition; of one that can't be had only that it can't. `simulated`: the log has another clock
    than the machine, and no age can be told from it."""
    yield _one("ketenspoor_database_up", found is not None)
    if found is None:
        return
    yield _one("ketenspoor_log_position", found.position)
    if found.recorded_at is not None:
        yield _one("ketenspoor_log_last_event_timestamp_seconds", found.recorded_at.timestamp())
    yield from _of_projections(found.lags, now, simulated=simulated)
    yield _labelled("ketenspoor_serving_view", "view", {found.view: 1})
    left = 0 if found.rebuilding is None else found.rebuilding.of - found.rebuilding.portions
    yield _one("ketenspoor_rebuild_portions_left", left)
    yield _one("ketenspoor_tree_lag_events", max(0, found.position - found.in_tree))
    yield _one("ketenspoor_checkpoint_size", found.signed)
    if found.signed_at is not None:
        yield _one("ketenspoor_checkpoint_age_seconds", max(0.0, (now - found.signed_at).total_seconds()))
    yield _one("ketenspoor_checkpoint_uncovered_events", found.unsigned)
    if not simulated:
        yield _one("ketenspoor_checkpoint_uncovered_seconds", age(found.unsigned_since, now).total_seconds())
    yield _one("ketenspoor_rejections_kept", found.rejections)


def _of_projections(lags: tuple[Lag, ...], now: datetime, *, simulated: bool) -> Iterator[Metric]:
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
