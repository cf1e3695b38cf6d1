"""Events held, in order, against the hashes kept of them and the checkpoints signed over them, wherever they are read.

Where an event and its hash differ, the next checkpoint tells which of the two was changed. Where they agree and the
checkpoint does not, both were changed, somewhere behind the last checkpoint that fits.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping

from service.evidence import Mismatch
from service.evidence.tree import Frontier


def compare(pairs: Iterable[tuple[bytes, bytes]], signed: Mapping[int, bytes]) -> int:
    """How many events there are; Mismatch, naming the first position that does not fit.

    `pairs` are the hash of an event as it is and the hash that was kept of it; what comes out of them as a Mismatch is
    passed on, unless something before it does not fit. `signed` is the root by size.
    """
    comparison = _Comparison(signed)
    for computed, kept in _unless(comparison.suspect, pairs):
        comparison.add(computed, kept)
    comparison.end()
    return comparison.size


def _unless(before: Callable[[], None], pairs: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """What comes out of these; where they fail, what raises something about what came before them goes first."""
    try:
        yield from pairs
    except Mismatch:
        before()
        raise


class _Comparison:
    def __init__(self, signed: Mapping[int, bytes]) -> None:
        self._signed = signed
        self._events = Frontier()
        # A second tree, over the kept hashes, from the first difference on.
        self._kept: Frontier | None = None
        self._first = 0
        self._fitting = 0

    @property
    def size(self) -> int:
        return self._events.size

    def add(self, computed: bytes, kept: bytes) -> None:
        if self._kept is None and computed != kept:
            self._kept = copy.deepcopy(self._events)
            self._first = self.size + 1
        self._events.add(computed)
        if self._kept is not None:
            self._kept.add(kept)
        if self.size in self._signed:
            self._judge(self._signed[self.size])

    def suspect(self) -> None:
        """Mismatch when there is a difference that no checkpoint has judged."""
        if self._kept is not None:
            raise Mismatch(
                f"position {self._first} does not fit: the event is not the one its hash was made of, and no "
                f"checkpoint tells which of the two was changed"
            )

    def end(self) -> None:
        self.suspect()
        missing = [size for size in self._signed if size > self.size]
        if missing:
            raise Mismatch(f"position {self.size + 1} is missing: a checkpoint of {min(missing)} events was signed")

    def _judge(self, root: bytes) -> None:
        if self._events.root() != root:
            if self._kept is not None and self._kept.root() == root:
                raise Mismatch(f"position {self._first} does not fit: the event is not the one that was recorded")
            first = f"position {self._first} does not fit, and " if self._kept is not None else ""
            raise Mismatch(
                f"{first}the events at positions {self._fitting + 1} to {self.size} are not those that were signed "
                f"in the checkpoint of size {self.size}"
            )
        if self._kept is not None:
            raise Mismatch(
                f"position {self._first} does not fit: the hash kept of it was changed, the event is the one that "
                f"was signed"
            )
        self._fitting = self.size
