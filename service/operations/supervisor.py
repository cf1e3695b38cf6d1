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

_CHECK_SECONDS = 0.2


class Program(NamedTuple):
    """What is to run: as the log calls it, its command, and what it finds in its environment besides."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    #: Whether it shows that it goes on, by writing to the descriptor that `--beat` names.
    beats: bool = False


class RestartPolicy(NamedTuple):
    """In seconds: how soon a process that ended is started again, later each time it ends soon; when it is killed."""

    first_delay: float = 1.0
    longest_delay: float = 60.0
    #: A process that ran for so long had started well.
    steady: float = 60.0
    #: A process that shows that it goes on, and did not for so long, hangs.
    silent: float = 60.0
    #: A process that does not stop within so long is killed.
    stopping: float = 60.0


_POLICY = RestartPolicy()


@contextmanager
def supervised(
    programs: Sequence[Program], policy: RestartPolicy = _POLICY, ended: Callable[[int], None] = lambda _: None
) -> Iterator[None]:
    """Keep programs running meanwhile, looked after by a thread; `ended` is called with the id of each that ended."""
    children = [_Child(program, policy, ended) for program in programs]
    stopping = threading.Event()

    def supervise() -> None:
        while not stopping.is_set():
            for child in children:
                child.check()
            stopping.wait(_CHECK_SECONDS)

    supervisor = threading.Thread(target=supervise, name="supervisor", daemon=True)
    supervisor.start()
    try:
        yield
    finally:
        stopping.set()
        supervisor.join()
        for child in children:
            child.terminate()
        deadline = time.monotonic() + policy.stopping
        for child in children:
            child.wait(deadline)


def exit_on_signal() -> None:
    """On SIGTERM and SIGINT leave what is under way, stopping what was begun; whoever says it again changes nothing."""

    def leave(_signal: int, _frame: FrameType | None) -> None:
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, signal.SIG_IGN)
        sys.exit(0)

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, leave)


class _Child:
    """One of the programs, and its process while it has one."""

    def __init__(self, program: Program, policy: RestartPolicy, ended: Callable[[int], None]) -> None:
        self._program = program
        self._policy = policy
        self._ended = ended
        self._process: subprocess.Popen[bytes] | None = None
        self._heartbeat: int | None = None
        self._started = self._heard = 0.0
        self._due = 0.0
        self._delay = 0.0

    def check(self) -> None:
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

    def terminate(self) -> None:
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
        command, descriptor = self._program.command, None
        if self._program.beats:
            self._heartbeat, descriptor = os.pipe()
            os.set_blocking(self._heartbeat, False)
            os.set_blocking(descriptor, False)
            command = [*command, "--beat", str(descriptor)]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                env={**os.environ, **self._program.environment},
                pass_fds=() if descriptor is None else (descriptor,),
                # A terminal tells all of a group to stop: it is this process that tells its children, in its order.
                process_group=0,
            )
            self._started = self._heard = now
        except OSError as error:
            self._note_end(now, f"could not be started ({error.strerror})")
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _note_end(self, now: float, how: str) -> None:
        steady = self._process is not None and now - self._started >= self._policy.steady
        twice = self._delay * 2
        self._delay = self._policy.first_delay if steady or not twice else min(twice, self._policy.longest_delay)
        self._due = now + self._delay
        _log.error("the %s %s and is started again in %g s", self._program.name, how, self._delay)
        self._forget()

    def _forget(self) -> None:
        if self._process is not None:
            self._ended(self._process.pid)
            self._process = None
        if self._heartbeat is not None:
            os.close(self._heartbeat)
            self._heartbeat = None

    def _hangs(self, now: float) -> bool:
        if self._heartbeat is None:
            return False
        with suppress(BlockingIOError):
            if os.read(self._heartbeat, 4_096):
                self._heard = now
        return now - self._heard >= self._policy.silent
