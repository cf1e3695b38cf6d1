"""Our own faults in the log: what kind and where, without the message, which may hold what somebody posted."""

from __future__ import annotations

import logging
import traceback


def log_fault(log: logging.Logger, what: str, fault: BaseException) -> None:
    """One record with the kinds and the places of a fault and of those it came from."""
    chain: list[str] = []
    seen: BaseException | None = fault
    while seen is not None:
        places = "".join(traceback.format_tb(seen.__traceback__))
        chain.append(f"{type(seen).__module__}.{type(seen).__qualname__}\n{places}")
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    log.error("%s: %s", what, "from ".join(chain).rstrip())
