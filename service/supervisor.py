"""Processes that this one keeps running: started again when they end or hang, and stopped together with it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NamedTuple

_log = logging.getLogger("ketenspoor")

_LOOKED_AT_EVERY = 0.2


class Program(NamedTuple):
    """What is to run: as the log calls it, its command, and what it finds in its environment besides."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    #: Whether it shows that it goes on, by writing to the descriptor that `--beat` names.
    beats: bool = False


class Patience(NamedTuple):
    """In seconds: how soon what ended is started again, each time later while it ends soon; and when it is given up."""

    first: float = 1.0
    most: float = 60.0
    #: What ran for so long was well.
    steady: float = 60.0
    #: What beats, and did not for so long, hangs.
    silent: float = 60.0
    #: What does not stop within so long is killed.
    stopping: float = 60.0


_PATIENCE = Patience()


@contextmanager
def supervised(
    programs: Sequence[Program], patience: Patience = _PATIENCE, ended: Callable[[int], None] = lambda _: None
) -> Iterator[None]:
    """Keep programs running meanwhile, looked after by a thread; `ended` is told the id of every process that did."""
    children = [_Child(program, patience, ended) for program in programs]
    stopping = threading.Event()

    def look_after() -> None:
        while not stopping.is_set():
            for child in children:
                child.look()
            stopping.wait(_LOOKED_AT_EVERY)

    keeper = threading.Thread(target=look_after, name="supervisor", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()
        for child in children:
            child.tell_to_stop()
        deadline = time.monotonic() + patience.stopping
        for child in children:
            child.wait(deadline)


def exit_when_told() -> None:
    """On SIGTERM and SIGINT leave what is under way, stopping what was begun; whoever says it again changes nothing."""

    def leave(_signal: int, _frame: FrameType | None) -> None:
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, signal.SIG_IGN)
        sys.exit(0)

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, leave)


class _Child:
    """One of the programs, and its process while it has one."""

    def __init__(self, program: Program, patience: Patience, ended: Callable[[int], None]) -> None:
        self._program = program
        self._patience = patience
        self._ended = ended
        self._process: subprocess.Popen[bytes] | None = None
        self._pulse: int | None = None
        self._started = self._heard = 0.0
        self._due = 0.0
        self._pause = 0.0

    def look(self) -> None:
        """Start it where it is due, note that it ended, kill it where it hangs."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._due:
                self._start(now)
        elif self._process.poll() is not None:
            self._note_end(now, f"ended with code {self._process.returncode}")
        elif self._hangs(now):
            _log.error("the %s hangs and is killed", self._program.name)
            self._process.kill()
            self._heard = now

    def tell_to_stop(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def wait(self, deadline: float) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _log.error("the %s does not stop and is killed", self._program.name)
            self._process.kill()
            self._process.wait()
        self._forget()

    def _start(self, now: float) -> None:
        command, told = self._program.command, None
        if self._program.beats:
            self._pulse, told = os.pipe()
            os.set_blocking(self._pulse, False)
            os.set_blocking(told, False)
            command = [*command, "--beat", str(told)]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                env={**os.environ, **self._program.environment},
                pass_fds=() if told is None else (told,),
                # A terminal tells all of a group to stop: it is this process that tells its children, in its order.
                process_group=0,
            )
            self._started = self._heard = now
        except OSError as fault:
            self._note_end(now, f"could not be started ({fault.strerror})")
        finally:
            if told is not None:
                os.close(told)

    def _note_end(self, now: float, how: str) -> None:
        steady = self._process is not None and now - self._started >= self._patience.steady
        twice = self._pause * 2
        self._pause = self._patience.first if steady or not twice else min(twice, self._patience.most)
        self._due = now + self._pause
        _log.error("the %s %s and is started again in %g s", self._program.name, how, self._pause)
        self._forget()

    def _forget(self) -> None:
        if self._process is not None:
            self._ended(self._process.pid)
            self._process = None
        if self._pulse is not None:
            os.close(self._pulse)
            self._pulse = None

    def _hangs(self, now: float) -> bool:
        if self._pulse is None:
            return False
        with suppress(BlockingIOError):
            if os.read(self._pulse, 4_096):
                self._heard = now
        return now - self._heard >= self._patience.silent
