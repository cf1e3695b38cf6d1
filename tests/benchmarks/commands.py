"""The real commands, with the time and the memory that they take."""

from __future__ import annotations

import subprocess
import time
from typing import NamedTuple

from tests.benchmarks.memory import peak
from tests.pids import children
from tests.processes import COMMAND, environment


class Measured(NamedTuple):
    """One run of a command: seconds, and the peaks of memory of all its processes added up, in bytes."""

    seconds: float
    memory: int


def measured(command: str, url: str) -> Measured:
    """Run a command of ours on a database to its end; SystemExit when it fails."""
    began = time.perf_counter()
    with subprocess.Popen([COMMAND, command], env=environment(url), stderr=subprocess.PIPE) as process:
        peaks: dict[int, int] = {}
        while True:
            for pid in (process.pid, *children(process.pid)):
                peaks[pid] = max(peaks.get(pid, 0), peak(pid))
            try:
                _, told = process.communicate(timeout=0.2)
                break
            except subprocess.TimeoutExpired:
                continue
    seconds = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"ketenspoor {command} ended with {process.returncode}:\n{told.decode()}")
    return Measured(seconds, sum(peaks.values()))
