"""Keeping the evidence up to date: the tree at the end of the log, and a checkpoint of it every few minutes."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import Engine

from service.database import reading
from service.evidence import Mismatch, checkpoints
from service.evidence.notary import Notary
from service.evidence.tiles import grow, size
from service.recorder import head

_log = logging.getLogger("ketenspoor")

#: The contract says every ten minutes; half of that leaves room for a follower that has a long batch to finish.
EVERY = timedelta(minutes=5)
#: A fault that stays is told again after this time.
TOLD_AGAIN = timedelta(minutes=10)


class Keeper:
    """Called again and again by the follower; does a little each time, and never stops it."""

    def __init__(self, engine: Engine, notary: Notary) -> None:
        self._engine = engine
        self._notary = notary
        self._told: tuple[str, datetime] | None = None

    def __call__(self) -> bool:
        """Take a batch of events into the tree and sign when it is time; tells whether the tree grew."""
        try:
            grown = bool(self._behind() and grow(self._engine))
            if self._due():
                checkpoints.sign(self._engine, self._notary)
        except Mismatch as fault:
            self._tell(str(fault))
            return False
        except OSError as fault:
            self._tell(f"the checkpoint directory cannot be used: {fault.strerror}")
            return False
        self._told = None
        return grown

    def _behind(self) -> bool:
        with reading(self._engine) as connection:
            covered = size(connection)
            return covered != head(connection).position

    def _due(self) -> bool:
        """When there are events that no checkpoint covers, and the last was made long enough ago."""
        with reading(self._engine) as connection:
            covered, last = size(connection), checkpoints.newest(connection)
        if last is None:
            return covered > 0
        # Also when the clock was put back: it must not keep the log unsigned until it is late again.
        return covered != last.size and abs(self._notary.clock() - last.signed_at) >= EVERY

    def _tell(self, what: str) -> None:
        now = self._notary.clock()
        if self._told is None or self._told[0] != what or abs(now - self._told[1]) >= TOLD_AGAIN:
            _log.error("the log is not signed: %s", what)
            self._told = what, now
