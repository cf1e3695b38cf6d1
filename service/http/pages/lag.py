"""How far what pages show is behind what was recorded: said on every page while it is more than a moment."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import NamedTuple

from starlette.requests import Request

import migrations
from service.operations.health import Health, HealthMonitor, HealthUnknown, ProjectionLag

#: In seconds; so long the health that was read is good enough for pages.
_REMEMBERED = 2.0
#: What is behind no longer than this is not worth a word.
_A_MOMENT = timedelta(seconds=30)
#: The same in events, where the clock of what is recorded is the senders'.
_A_FEW = 1_000


class Behind(NamedTuple):
    """Up to which event of how many the numbers are worked out, and when the first that they lack was recorded;
    `stopped`: they go no further until somebody has mended something.
    """

    position: int
    of: int
    since: datetime | None
    stopped: bool


class Lag:
    """How far behind the numbers of one service are."""

    def __init__(self, monitor: HealthMonitor, simulated: bool) -> None:
        self._monitor = monitor
        self._simulated = simulated
        self._read_at = -_REMEMBERED
        self._health: Health | None = None

    async def behind(self, now: datetime) -> Behind | None:
        """How far they are behind; None where they are not, or nobody can tell."""
        if time.monotonic() >= self._read_at + _REMEMBERED:
            self._read_at = time.monotonic()
            try:
                self._health = await self._monitor.health()
            except (HealthUnknown, migrations.SchemaError):
                self._health = None
        health = self._health
        if health is None:
            return None
        late = [lag for lag in health.lags if lag.events and self._is_late(lag, now)]
        if not late:
            return None
        first = min(late, key=lambda lag: lag.position)
        return Behind(first.position, health.position, first.since, any(lag.stopped is not None for lag in late))

    def _is_late(self, lag: ProjectionLag, now: datetime) -> bool:
        return lag.stopped is not None or (lag.events > _A_FEW if self._simulated else lag.age(now) > _A_MOMENT)


async def behind_of(request: Request) -> Behind | None:
    """How far the numbers of the service are behind."""
    state = request.app.state
    if not hasattr(state, "lag"):
        state.lag = Lag(state.health_monitor, state.context.settings.clock == "sender")
    lag: Lag = state.lag
    return await lag.behind(state.context.clock())
