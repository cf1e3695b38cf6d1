"""Evidence that nobody changed history: a Merkle tree over the log, and signed checkpoints that outsiders keep."""

from __future__ import annotations

from collections.abc import Callable

#: Told how many events have been looked at, of how many.
Progress = Callable[[int, int], None]


class Mismatch(Exception):
    """The log, its tree and what was signed do not agree; the message says where, in positions and sizes only."""


def silent(done: int, of: int) -> None:
    """No progress to show."""
