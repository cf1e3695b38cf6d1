"""Keeping the evidence up to date: the tree at the end of the log, and a checkpoint of it every few minutes."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import Engine

from service.evidence import Mismatch, checkpoints, leaf
from service.evidence.directory import Unusable
from service.evidence.signer import Notary
from service.evidence.tiles import grow, size
from service.foundation.errors import log_fault
from service.storage.database import reading

_log = logging.getLogger("ketenspoor")

#: The contract says every ten minutes; half of that leaves room for a follower that has a long batch to finish.
EVERY = timedelta(minutes=5)
#: A fault that stays is told again after this time.
TOLD_AGAIN = timedelta(minutes=10)
#: After a fault nothing is tried for this time.
REST = timedelta(seconds=10)


class Keeper:
    """Called again and again by the follower; does a little each time, and never stops it."""

    def __init__(self, engine: Engine, notary: Notary) -> None:
        self._engine = engine
        self._notary = notary
        self._looked: datetime | None = None
        self._rests_since: datetime | None = None
        self._told: tuple[str, datetime] | None = None

    def __call__(self) -> bool:
        """Take a batch of events into the tree and sign when it is time; tells whether the tree grew."""
        if not self._passed(self._rests_since, REST):
            return False
        try:
            grown = bool(self._behind() and grow(self._engine))
            if self._due():
                checkpoints.sign(self._engine, self._notary)
            if not grown and self._passed(self._looked, EVERY):
                # A log that was set back as a whole tells nothing until it grows; what is kept outside does.
                self._looked = self._notary.clock()
                checkpoints.look(self._engine, self._notary)
        except (Mismatch, Unusable) as fault:
            self._tell(str(fault))
        except Exception as fault:  # noqa: BLE001 - whatever is wrong with the evidence, the projections go on
            log_fault(_log, "the log is not signed", fault)
        else:
            self._told = self._rests_since = None
            return grown
        self._rests_since = self._notary.clock()
        # What was wrong may be mended: then it is looked at again.
        self._looked = None
        return False

    def _passed(self, since: datetime | None, time: timedelta) -> bool:
        # Also when the clock was put back: nothing must wait until it is late again.
        return since is None or abs(self._notary.clock() - since) >= time

    def _behind(self) -> bool:
        with reading(self._engine) as connection:
            covered = size(connection)
            return covered != leaf.end(connection)

    def _due(self) -> bool:
        """When there are events that no checkpoint covers, and the last was made long enough ago."""
        with reading(self._engine) as connection:
            covered, last = size(connection), checkpoints.newest(connection)
        if last is None:
            return covered > 0
        return covered != last.size and self._passed(last.signed_at, EVERY)

    def _tell(self, what: str) -> None:
        now = self._notary.clock()
        if self._told is None or self._told[0] != what or abs(now - self._told[1]) >= TOLD_AGAIN:
            _log.error("the log is not signed: %s", what)
            self._told = what, now
