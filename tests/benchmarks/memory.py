"""How much memory processes hold, as Linux tells it."""

from __future__ import annotations

from pathlib import Path


def peak(pid: int) -> int:
    """The most memory that a process has held so far, in bytes; 0 when it is gone."""
    return _told(pid, "VmHWM")


def held(pid: int) -> int:
    """The memory that a process holds now, in bytes; 0 when it is gone."""
    return _told(pid, "VmRSS")


def megabytes(size: float) -> float:
    """Bytes as people say them."""
    return size / 1_000_000


def _told(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), 0)
