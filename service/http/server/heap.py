"""How the C library keeps the memory of this process: by itself it has a heap a thread, and gives little back."""

from __future__ import annotations

import ctypes
from contextlib import suppress

_ARENAS = -8  # M_ARENA_MAX of glibc
_MOST_ARENAS = 2


def share_between_threads() -> None:
    """Let all threads share two heaps, where the C library knows of such: one of them runs at a time anyway."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_ARENAS, _MOST_ARENAS)
