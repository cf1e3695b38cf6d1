"""The follower: reads the log by position and brings the projections up to date, one process at a time."""

from __future__ import annotations

from service.follower.steps import Following, run, step

__all__ = ["Following", "run", "step"]
