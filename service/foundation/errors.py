"""Our own errors in the log: what kind and where, without the message, which may hold what somebody posted."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

_ROOT = Path(__file__).parents[2]
#: So many of the innermost places of one fault: a line of the log then stays whole when two processes share the pipe.
_MOST_PLACES = 12
_MOST_FAULTS = 4


def log_error(log: logging.Logger, what: str, fault: BaseException) -> None:
    """One record with the kinds and the places of a fault and of those it came from."""
    log.error(what, extra={"fault": describe_error(fault)})


def describe_error(fault: BaseException) -> list[dict[str, str | list[str]]]:
    """The kinds and the places of a fault and of those it came from, the newest first; of places the innermost last."""
    chain: list[dict[str, str | list[str]]] = []
    seen: BaseException | None = fault
    while seen is not None and len(chain) < _MOST_FAULTS:
        frames = traceback.extract_tb(seen.__traceback__)[-_MOST_PLACES:]
        places = [f"{_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]
        chain.append({"kind": f"{type(seen).__module__}.{type(seen).__qualname__}", "at": places})
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return chain


def _short(filename: str) -> str:
    """Ours from the root of the project, those of libraries from where they are installed."""
    _, found, inside = filename.rpartition("/site-packages/")
    return inside if found else filename.removeprefix(f"{_ROOT}/")
