"""Replay: the projections computed again from the log, a portion of the streams at a time, by several processes.

It is the follower's function on whole histories instead of batches, so both arrive at the same rows: `verify` compares
them with the tables that serve, `rebuild` fills the other set with them, `replay` a third one with those of the past.
"""

from __future__ import annotations

from service.projector.replay.backfill import Filled, Superseded
from service.projector.replay.digests import Summary
from service.projector.replay.past import National, national, replay
from service.projector.replay.rebuild import Incomplete, Rebuilt, rebuild, serving_view
from service.projector.replay.verification import Ahead, Difference, Verification, verify
from service.projector.replay.worker_pool import Lost

__all__ = [
    "Ahead",
    "Difference",
    "Filled",
    "Incomplete",
    "Lost",
    "National",
    "Rebuilt",
    "Summary",
    "Superseded",
    "Verification",
    "national",
    "rebuild",
    "replay",
    "serving_view",
    "verify",
]
