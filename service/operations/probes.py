"""What orchestrators and Prometheus ask, outside the API: `/livez`, `/readyz`, `/metrics`.

Live: the loop that answers requests turns. Ready: requests should be sent here. A projection that is stopped does not
make the service unready: every process would be at once, and all that can still be posted and asked would be lost with
the one. It is told, counted, and for a person to mend.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import msgspec
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

import migrations
from service.foundation.problems import invalid_request, parameter
from service.foundation.settings import Settings
from service.foundation.time import Clock
from service.operations.health import HealthMonitor, HealthUnknown
from service.operations.metrics import Metrics, health_metrics
from service.queries.state_copy import StateCopy

#: Asked every few seconds by machines: not worth a line in the log each time.
QUIET = frozenset({"/livez", "/readyz", "/metrics"})
#: What readiness rests on; any of them can be left out of the answer with `exclude`.
CHECKS = ("stopping", "database", "migrations", "lag", "figures")


def routes(
    monitor: HealthMonitor, figures: StateCopy, metrics: Metrics, settings: Settings, clock: Clock
) -> list[Route]:
    """The three addresses."""
    simulated = settings.clock == "sender"
    most = None if simulated else timedelta(seconds=settings.ready_lag)

    async def live(_: Request) -> Response:
        return PlainTextResponse("live\n")

    async def ready(request: Request) -> Response:
        excluded = _excluded(request)
        faults, stopped = await _faults(monitor, clock, most)
        if (missing := figures.unavailable) is not None:
            faults.append(("figures", missing))
        reasons = [{"check": check, "detail": detail} for check, detail in faults if check not in excluded]
        body: dict[str, Any] = {"ready": not reasons, "reasons": reasons, "stoppedProjections": stopped}
        return Response(msgspec.json.encode(body), 503 if reasons else 200, media_type="application/json")

    async def show_metrics(request: Request) -> Response:
        try:
            health = await monitor.health()
        except (HealthUnknown, migrations.SchemaError):
            health = None
        encode, media_type = _encoder(request.headers.get("accept", ""))
        families = _All(metrics, list(health_metrics(health, clock(), simulated=simulated)))
        return Response(await asyncio.to_thread(encode, families), media_type=media_type)

    return [Route("/livez", live), Route("/readyz", ready), Route("/metrics", show_metrics, name="metrics")]


class _All:
    """What the process counted, and the health of the database."""

    def __init__(self, metrics: Metrics, health: list[Metric]) -> None:
        self._metrics, self._health = metrics, health

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics.collect()
        yield from self._health


def _excluded(request: Request) -> set[str]:
    asked = request.query_params.multi_items()
    faults = [
        parameter("exclude", "not-one-of", f"must be one of {', '.join(CHECKS)}")
        for name, value in asked
        if name == "exclude" and value not in CHECKS
    ]
    if any(name != "exclude" for name, _ in asked):
        faults.append(parameter("\N{HORIZONTAL ELLIPSIS}", "unknown-parameter", "this request knows only exclude"))
    if faults:
        raise invalid_request(faults)
    return {value for _, value in asked}


async def _faults(
    monitor: HealthMonitor, clock: Clock, most: timedelta | None
) -> tuple[list[tuple[str, str]], list[str]]:
    """Why requests should not be sent here, by name; and the projections that are stopped."""
    found: list[tuple[str, str]] = [("stopping", "the service is being stopped")] if monitor.stopping else []
    try:
        health = await monitor.health()
    except HealthUnknown as fault:
        return [*found, ("database", str(fault))], []
    except migrations.SchemaError as fault:
        return [*found, ("migrations", str(fault))], []
    if most is not None and (late := health.behind(clock(), most)):
        found.append(("lag", f"more than {most.total_seconds():g} s behind: {', '.join(late)}"))
    return found, health.stopped


def _encoder(accept: str) -> tuple[Callable[[Any], bytes], str]:
    """How metrics are written for who accepts this: the text form, or OpenMetrics."""
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):
        # A version that is no number.
        return choose_encoder("")
