"""The bytes of every file below a directory, searched for what must not stand there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path


def found_in(directory: Path, wanted: Mapping[str, bytes], leaving_out: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Which of the wanted stand in which file, by its name below the directory."""
    out = tuple(leaving_out)
    found = []
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        if path.is_file() and not name.startswith(out or ("\0",)):
            kept = path.read_bytes()
            found += [(name, what) for what, needle in wanted.items() if needle in kept]
    return found
