"""A pool of worker processes that take one partition after another, each with an engine of its own."""

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

from service.projector.partitions import Partition
from service.storage.database import connect

Result = TypeVar("Result")
#: What is done with a partition. It goes to other processes, so it is a value whose class stands in a module.
Task = Callable[[Engine, Partition], Result]
#: Called with how many events are done, of how many.
Progress = Callable[[int, int], None]

_ENDED = "a process that worked on a portion was ended from outside; what was done is kept"

_CACHE_KIB = 4_000

_engine: Engine


class WorkerLost(Exception):
    """A worker process ended before its work was done."""


def silent(done: int, of: int) -> None:
    """No progress to show."""


def run_on_partitions(
    engine: Engine,
    partitions: Sequence[Partition],
    task: Task[Result],
    processes: int,
    take_result: Callable[[Partition, Result], None],
) -> int:
    """Run a task on every partition and pass its results on, in whatever order; here, if there is but one process.

    Returns the peak of memory in bytes, that of all processes added up. Raises what a task raises, and WorkerLost when
    a process is killed; the others then end too.
    """
    workers = min(processes, len(partitions))
    if workers <= 1:
        for partition in partitions:
            take_result(partition, task(engine, partition))
        return _peak_memory()
    peaks: dict[int, int] = {}
    url = engine.url.render_as_string(hide_password=False)
    # Spawned, not forked: a connection must not find itself in two processes.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start_worker, (url,)) as pool:
        under_way = {pool.submit(_run, task, partition): partition for partition in partitions}
        try:
            for future in as_completed(under_way):
                done: Future[tuple[int, int, Result]] = future
                process, peak, result = done.result()
                peaks[process] = peak
                take_result(under_way.pop(future), result)
        except BrokenProcessPool:
            raise WorkerLost(_ENDED) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return _peak_memory() + sum(peaks.values())


def _start_worker(url: str) -> None:
    """What a worker process does first."""
    global _engine  # noqa: PLW0603 - a pool has no other way to give its processes something for good
    # Every page of the log is read for one partition and not again, so there is little sense in keeping them.
    _engine = connect(url, cache_kib=_CACHE_KIB)
    # An interrupt from the keyboard reaches the whole group; the first process ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Histories and rows hold no cycles, and looking for some takes a tenth of the time: once a partition is enough.
    gc.freeze()
    gc.disable()


def _end_with_parent() -> None:
    """A worker that waits for a task doesn't notice that the process which hands them out was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run(task: Task[Result], partition: Partition) -> tuple[int, int, Result]:
    result = task(_engine, partition)
    gc.collect()
    return os.getpid(), _peak_memory(), result


def _peak_memory() -> int:
    """The most memory that this process ever held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not from getrusage: it still knows of the process that this one was started by.
        return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
