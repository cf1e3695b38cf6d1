"""The real command in processes of its own, for the tests of the command line and of crashes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.pids import children

COMMAND = Path(sys.executable).with_name("ketenspoor")
#: Nothing here takes so long; a deadline only keeps a fault from hanging the tests.
DEADLINE = 60.0


def environment(database_url: str, **settings: str) -> dict[str, str]:
    """The environment of a process: nothing of ours but what is given."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("KETENSPOOR_")}
    given = {f"KETENSPOOR_{name.upper()}": value for name, value in settings.items()}
    return {**plain, "COLUMNS": "200", "NO_COLOR": "1", "KETENSPOOR_DATABASE_URL": database_url, **given}


def ketenspoor(
    *arguments: str, env: dict[str, str], cwd: Path | None = None, seconds: float = DEADLINE
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [COMMAND, *arguments], env=env, cwd=cwd, capture_output=True, text=True, timeout=seconds, check=False
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(reached: Callable[[], object], what: str, seconds: float = DEADLINE) -> None:
    """Wait for something that is to happen."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


class Served:
    """`ketenspoor serve` with its follower, on a port of its own or on one where another was."""

    def __init__(self, env: dict[str, str], log: Path, port: int | None = None, options: Sequence[str] = ()) -> None:
        port = port or free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.env, self.log = env, log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [COMMAND, "serve", *options],
                env={**env, "KETENSPOOR_PORT": str(port)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._followers: list[int] = []
        #: What it had started when it was killed.
        self.left: list[int] = []

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            httpx.get(f"{self.address}/v1/openapi.json", timeout=5.0)
        except httpx.TransportError:
            return False
        return True

    def followers(self) -> list[int]:
        self._followers = children(self.process.pid, "project") or self._followers
        return self._followers

    def workers(self) -> list[int]:
        """The servers behind its port, where there are several."""
        return children(self.process.pid, "worker")

    def serving(self) -> int:
        """How many servers answer at its address."""
        metrics = httpx.get(f"{self.address}/metrics", timeout=DEADLINE).text
        return int(float(metrics.partition("\nketenspoor_servers ")[2].partition("\n")[0]))

    def kill(self) -> None:
        """As by `kill -9`."""
        self.followers()
        self.left = children(self.process.pid)
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """As by `kill`; the exit code."""
        self.followers()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)

    def end(self) -> None:
        """Leave nothing behind, whatever the test did; a follower ends by itself, and is not waited for."""
        if self.process.poll() is None:
            self.kill()


@contextmanager
def served(env: dict[str, str], log: Path, port: int | None = None) -> Iterator[Served]:
    """A service that answers, and is gone afterwards."""
    service = Served(env, log, port)
    try:
        until(service.answers, "the service answers")
        until(lambda: service.serving() == int(env.get("KETENSPOOR_WORKERS", "1")), "all its servers answer")
        yield service
    finally:
        service.end()
