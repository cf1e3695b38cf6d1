"""Running the follower as a process of its own, which needs nothing of what serves HTTP."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
from types import FrameType

from service.evidence.signing import PeriodicSigning, checkpoint_signer
from service.foundation import log_lines
from service.foundation.errors import log_error
from service.foundation.settings import Settings
from service.log.permanent_keys import load_keyring
from service.projector import follower
from service.storage.database import connect

_log = logging.getLogger("ketenspoor")


def project(settings: Settings, with_parent: int | None) -> None:
    """Follow the log until told to stop, or until the process `with_parent`, which started this one, is gone."""
    log_lines.configure(settings.log_level)
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, stop)
    # Beside what it remembers itself it needs fewer pages of SQLite's.
    engine = connect(settings.database_url, cache_kib=16_000)
    try:
        # What it keeps of streams lasts and holds no cycles: looking for some took a quarter of its time.
        gc.set_threshold(100_000, 50, 1_000)
        follower.run(
            engine,
            lambda: stopped.is_set() or (with_parent is not None and os.getppid() != with_parent),
            PeriodicSigning(engine, checkpoint_signer(settings, keys=load_keyring(settings, engine))),
        )
    except Exception as fault:  # noqa: BLE001 - told without its message, and the process ends to be started again
        log_error(_log, "the follower failed", fault)
        sys.exit(1)
    finally:
        engine.dispose()
