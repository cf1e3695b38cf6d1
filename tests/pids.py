"""What runs on this machine: who started whom, and whether it still runs."""

from __future__ import annotations

import subprocess


def children(pid: int, doing: str = "") -> list[int]:
    """The processes that a process started; those with a word in their command, where one is given."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,command="],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.split() for line in listed.stdout.splitlines()]
    return [int(child) for child, parent, *words in lines if int(parent) == pid and (not doing or doing in words)]


def runs(pid: int) -> bool:
    """Whether a process still runs; one that has ended and was not yet fetched does not."""
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return bool(listed.stdout.strip()) and not listed.stdout.strip().startswith("Z")
