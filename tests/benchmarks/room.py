"""What every measurement works with: databases, events made beforehand, servers, and how much of the work is done."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path

import httpx
import msgspec

from service.demo import simulation
from service.intake.cloudevents import BATCH, LINES, ONE
from tests.benchmarks import memory
from tests.benchmarks.driver import post
from tests.benchmarks.history import History
from tests.benchmarks.stores import Stores
from tests.processes import Served, environment, free_port, served, until

_SCENARIO = 354_000
_NONE: Mapping[str, str] = {}


class Room:
    """One run of the benchmark."""

    def __init__(
        self, stores: Stores, share: float = 1.0, runs: int = 3, telling: Callable[[str], None] = lambda _: None
    ) -> None:
        """`share`: which part of the whole work is done; `telling` is called with what takes a while."""
        self.stores = stores
        self.runs = runs
        self.telling = telling
        self._share = share
        self._lines: list[bytes] = []
        #: The most that a server held, in bytes, by what it was doing.
        self.peaks: dict[str, int] = {}

    @property
    def whole(self) -> bool:
        """Whether all of the work is done, and what takes long too."""
        return self._share >= 1.0

    def of(self, count: int, least: int = 1) -> int:
        """This run's share of so many."""
        return max(least, int(count * self._share))

    def lines(self, count: int) -> list[bytes]:
        """So many events as JSON, none like another: the scenario in its real mixture, with fewer persons for few."""
        if len(self._lines) < count or len(self._lines) > 2 * count:
            one_in = max(1, _SCENARIO // count)
            # With few persons there are fewer events than that: openings and quotas stay.
            while True:
                told = simulation.lines(one_in=one_in)
                events = (event for event, answer in told if answer == "recorded")
                self._lines = [msgspec.json.encode(event) for event in islice(events, count)]
                if len(self._lines) == count or one_in == 1:
                    break
                one_in -= 1
        if len(self._lines) < count:
            raise ValueError(f"the scenario has fewer than {count} events")
        return self._lines[:count]

    @cached_property
    def history(self) -> History:
        """The log over many years, which grows as rows ask for more of it."""
        return History(self.stores, max(1, round(1 / self._share)), self.telling)

    @contextmanager
    def serving(
        self, url: str, doing: str, follower: str = "none", settings: Mapping[str, str] = _NONE
    ) -> Iterator[Served]:
        """The service on a database, and what a server of it held at most."""
        env = environment(url, follower=follower, log_level="warning", **settings)
        with served(env, self.stores.directory / "service.log") as service:
            yield service
            held = [memory.peak(pid) for pid in (service.process.pid, *service.workers())]
            self.peaks[doing] = max(self.peaks.get(doing, 0), *held)
            service.stop()

    @contextmanager
    def reference(self, which: str, *arguments: str) -> Iterator[int]:
        """The port of a reference server."""
        port = free_port()
        command = [sys.executable, "-m", "tests.benchmarks.reference_server", which, str(port), *arguments]
        with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as process:
            try:
                until(lambda: _listens(port), "the reference answers")
                yield port
            finally:
                process.terminate()


def port_of(service: Served) -> int:
    """Where it listens."""
    return int(service.address.rpartition(":")[2])


def batches(lines: Sequence[bytes], size: int, more: str = "") -> list[bytes]:
    """Requests of so many events; `more`: header lines of each."""
    return [
        post("/v1/events", BATCH, b"[" + b",".join(lines[start : start + size]) + b"]", more)
        for start in range(0, len(lines), size)
    ]


def singles(lines: Sequence[bytes], more: str = "") -> list[bytes]:
    """A request an event."""
    return [post("/v1/events", ONE, line, more) for line in lines]


def files(lines: Sequence[bytes], size: int, more: str = "") -> list[bytes]:
    """Requests of so many lines of NDJSON."""
    return [
        post("/v1/events", LINES, b"".join(line + b"\n" for line in lines[start : start + size]), more)
        for start in range(0, len(lines), size)
    ]


def _listens(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", timeout=5.0)
    except httpx.TransportError:
        return False
    return True
