"""The service that a demonstration leaves running: on a port that was free, found again by a note, and stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from service.http.server.listening import CannotListen, bind

_HOST = "127.0.0.1"
#: Where the documentation shows it, and where the search for a free one begins.
FIRST_PORT = 8000
_LAST_PORT = 65_535
_STARTS_WITHIN = 20.0
_PID, _ADDRESS = "server.pid", "server.address"


class DemonstrationFailed(Exception):
    """The demonstration could not be given; says why."""


def free_port(given: int | None) -> int:
    """The port that was given, which must be free; without one the first that is. Raises CannotListen."""
    for port in range(FIRST_PORT, _LAST_PORT) if given is None else ():
        with contextlib.suppress(CannotListen):
            return _bindable(port)
    return _bindable(_LAST_PORT if given is None else given)


def _bindable(port: int) -> int:
    for bound in bind(_HOST, port):
        bound.close()
    return port


def start(directory: Path, port: int, url: str) -> str:
    """Start it apart from this process, with the sender's clock; returns its address."""
    # Taken since it was chosen, somebody else would answer in its place.
    address = f"http://{_HOST}:{free_port(port)}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KETENSPOOR_")}
    settings = {
        "KETENSPOOR_DATABASE_URL": url,
        "KETENSPOOR_CLOCK": "sender",
        "KETENSPOOR_PORT": str(port),
        "KETENSPOOR_LOG_LEVEL": "warning",
        "KETENSPOOR_CHECKPOINT_DIR": str((directory / "checkpoints").absolute()),
    }
    with (directory / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "service", "serve"],
            env={**inherited, **settings},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (directory / _PID).write_text(str(server.pid), "ascii")
    (directory / _ADDRESS).write_text(address, "ascii")
    deadline = time.monotonic() + _STARTS_WITHIN
    while not answers(address):
        if server.poll() is not None or time.monotonic() > deadline:
            raise DemonstrationFailed(f"the service did not start; see {directory / 'server.log'}")
        time.sleep(0.1)
    return address


def running(directory: Path) -> str:
    """The address of the service that a demonstration left running; DemonstrationFailed where there is none."""
    note = directory / _ADDRESS
    if note.is_file() and answers(address := note.read_text("ascii")):
        return address
    raise DemonstrationFailed(f"no demonstration of {directory} is running: give one first, with `ketenspoor demo`")


def answers(address: str) -> bool:
    """Whether a service answers there."""
    try:
        httpx.get(f"{address}/livez", timeout=5.0)
    except httpx.TransportError:
        return False
    return True


def stop(directory: Path) -> None:
    """Stop the service that a demonstration left running, when there is one."""
    note = directory / _PID
    if not note.is_file():
        return
    pid = int(note.read_text("ascii"))
    if _is_ours(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        while _is_ours(pid):
            time.sleep(0.05)
    note.unlink()
    (directory / _ADDRESS).unlink(missing_ok=True)


def _is_ours(pid: int) -> bool:
    """Whether this process still is the service: numbers of processes are used again."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        # Where there is no /proc.
        listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, check=False)  # noqa: S603, S607
        words = listed.stdout.split()
    return b"service" in words and b"serve" in words
