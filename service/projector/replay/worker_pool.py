"""The crew of a replay: processes that take one portion after another, each with an engine of its own."""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine

from service.projector.replay.partitions import Portion
from service.storage.database import connect

Result = TypeVar("Result")
#: What is done with a portion. It goes to other processes, so it is a value whose class stands in a module.
Task = Callable[[Engine, Portion], Result]
#: Told how many events are done, of how many.
Progress = Callable[[int, int], None]

_ENDED = "a process that worked on a portion was ended from outside; what was done is kept"

_CACHE_KIB = 4_000

_engine: Engine


class Lost(Exception):
    """A process of the crew ended before its work was done."""


def silent(done: int, of: int) -> None:
    """No progress to show."""


def each(
    engine: Engine,
    portions: Sequence[Portion],
    task: Task[Result],
    processes: int,
    take: Callable[[Portion, Result], None],
) -> int:
    """Do a task with every portion and take what comes out, in whatever order; here, if there is but one process.

    Returns the peak of memory in bytes, that of all processes added up. Raises what a task raises, and Lost when a
    process is killed; the others then end too.
    """
    crew = min(processes, len(portions))
    if crew <= 1:
        for portion in portions:
            take(portion, task(engine, portion))
        return _peak()
    peaks: dict[int, int] = {}
    url = engine.url.render_as_string(hide_password=False)
    # Spawned, not forked: a connection must not find itself in two processes.
    with ProcessPoolExecutor(crew, multiprocessing.get_context("spawn"), _begin, (url,)) as pool:
        under_way = {pool.submit(_work, task, portion): portion for portion in portions}
        try:
            for future in as_completed(under_way):
                took: Future[tuple[int, int, Result]] = future
                process, peak, result = took.result()
                peaks[process] = peak
                take(under_way.pop(future), result)
        except BrokenProcessPool:
            raise Lost(_ENDED) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return _peak() + sum(peaks.values())


def _begin(url: str) -> None:
    """What a process of the crew does first."""
    global _engine  # noqa: PLW0603 - a pool has no other way to give its processes something for good
    # Every page of the log is read for one portion and not again, so there is little sense in keeping them.
    _engine = connect(url, cache_kib=_CACHE_KIB)
    # An interrupt from the keyboard reaches the whole group; the first process ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Histories and rows hold no rings, and looking for some takes a tenth of the time: once a portion is enough.
    gc.freeze()
    gc.disable()


def _end_with_parent() -> None:
    """Who waits for work in a pool doesn't notice that whoever hands it out was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(task: Task[Result], portion: Portion) -> tuple[int, int, Result]:
    result = task(_engine, portion)
    gc.collect()
    return os.getpid(), _peak(), result


def _peak() -> int:
    """The most memory that this process ever held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not from getrusage: it still knows of the process that this one was started by.
        return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
