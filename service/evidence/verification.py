"""The evidence checked: events against the tree, the tree in itself, and all that was signed.

Where an event and the hash kept of it differ, the next checkpoint tells which of the two was changed. Where they agree
and the checkpoint does not, both were changed, somewhere behind the last checkpoint that fits.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine, exists, select

from service.evidence import Mismatch, Progress, silent, tree
from service.evidence.checkpoints import (
    Checkpoint,
    DirectoryUnusable,
    all_checkpoints,
    check_row,
    checkpoint_files,
    read_file,
    sizes_kept_outside,
)
from service.evidence.leaves import check_begins_at_one, log_end, read_leaves
from service.evidence.signing import CheckpointSigner
from service.evidence.tiles import AT_ONCE, FULL, WIDTH, read_hashes, read_tiles, split, tree_size
from service.evidence.tree import Frontier
from service.storage.database import reading
from service.storage.service_tables import tiles


class Checked(NamedTuple):
    """What was looked at, and all that is wrong: sentences in positions and sizes, nothing personal; empty is well.

    `position` is where the log ends, `size` how many events the tree covers; what is behind that is not vouched for.
    `unseen` is how many checkpoints have copies in a directory that is not configured here.
    """

    position: int
    size: int
    checkpoints: int
    files: int
    faults: list[str]
    unseen: int = 0


def check_evidence(engine: Engine, signer: CheckpointSigner, progress: Progress = silent) -> Checked:
    """Hash all events again and compare them with the tree; verify every checkpoint, in the database and outside it.

    Neither an empty log is a fault, nor a tree or checkpoints that are behind.
    """
    faults: list[str] = []
    # Before the database is looked at: a checkpoint is only written once the tree that it is of is there.
    files: list[Path] = []
    with _collecting_faults(faults):
        files = checkpoint_files(signer.directory)
    signed: dict[int, bytes] = {}
    with reading(engine) as connection:
        size, position = 0, log_end(connection)
        with _collecting_faults(faults):
            size = tree_size(connection)
        rows: list[Checkpoint] = []
        with _collecting_faults(faults):
            rows = all_checkpoints(connection)
        for row in rows:
            with _collecting_faults(faults):
                check_row(row, signer.key)
                _check_agreement(signed, row)
        for file in files:
            with _collecting_faults(faults):
                _check_agreement(signed, read_file(file, signer.key))
        with _collecting_faults(faults):
            compare(_hash_pairs(connection, size, position, faults, progress), signed)
        with _collecting_faults(faults):
            check_begins_at_one(connection)
        with _collecting_faults(faults):
            _check_tiles(connection, size)
        if size < max(signed, default=0) <= position:
            faults.append(f"the tree covers {size} of {position} events, and {max(signed)} were signed")
        copied: list[int] = []
        with _collecting_faults(faults):
            copied = sizes_kept_outside(connection)
    if signer.directory is not None:
        with _collecting_faults(faults):
            # Listed once more: one that was just made has its file, and then its row.
            now = checkpoint_files(signer.directory)
            faults += _files_without_a_row(files, [row.size for row in rows]) + _rows_without_a_file(copied, now)
        copied = []
    return Checked(position, size, len(rows), len(files), faults, len(copied))


def _files_without_a_row(files: list[Path], rows: list[int]) -> list[str]:
    """The newest file may be ahead of the database: it is written first."""
    sizes = [int(file.name) for file in files]
    ahead = [size for size in sizes[-1:] if size > max(rows, default=0)]
    lost = sorted({*sizes} - {*rows} - {*ahead})
    return [f"the checkpoint of size {size} is kept outside, and gone from the database" for size in lost]


def _rows_without_a_file(copied: list[int], files: list[Path]) -> list[str]:
    """Old files may be put away; behind the oldest that is left none may be missing."""
    if copied and not files:
        return [f"the checkpoint directory is empty, and {len(copied)} checkpoints were kept there"]
    sizes = [int(file.name) for file in files]
    lost = sorted(size for size in {*copied} - {*sizes} if size > sizes[0])
    return [f"the checkpoint of size {size} is gone from the checkpoint directory" for size in lost]


@contextmanager
def _collecting_faults(faults: list[str]) -> Iterator[None]:
    """Notes a mismatch or an unusable directory and goes on behind the block."""
    try:
        yield
    except (Mismatch, DirectoryUnusable) as fault:
        faults.append(str(fault))


def _check_agreement(signed: dict[int, bytes], checkpoint: Checkpoint) -> None:
    if signed.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
        raise Mismatch(f"two checkpoints of size {checkpoint.size} were signed that contradict each other")


def _hash_pairs(
    connection: Connection, size: int, end: int, faults: list[str], progress: Progress
) -> Iterator[tuple[bytes, bytes]]:
    """Hashes of all events, as they are and as they were kept; where no tile has one, it is that of the event."""
    for start in range(0, max(size, end), AT_ONCE * WIDTH):
        covered = min(AT_ONCE * WIDTH, size - start)
        hashes = read_hashes(connection, start, covered) if covered > 0 else []
        if hashes is None:
            faults.append(f"the tree is damaged over the positions {start + 1} to {start + covered}")
        limit = min(AT_ONCE * WIDTH, max(size, end) - start)
        done = start
        for line, hashed in zip_longest(read_leaves(connection, start, limit), hashes or []):
            if line is None:
                break
            computed = tree.leaf_hash(line)
            yield computed, hashed or computed
            done += 1
        progress(done, max(size, end))
        if done < start + covered:
            raise Mismatch(f"position {done + 1} is missing from the log, and the tree covers {size} events")


def _check_tiles(connection: Connection, size: int) -> None:
    """Mismatch when a tile is missing, too many, of another length, or not made of the tiles below it."""
    level, count, below = 0, size, b""
    while count:
        lengths = [FULL] * (count // WIDTH) + [count % WIDTH * tree.HASH_BYTES] * (count % WIDTH > 0)
        made, seen = [], 0
        for number, hashes in read_tiles(connection, level):
            expected = lengths[seen] if seen < len(lengths) else 0
            here = below[seen * FULL :][:expected] if level else hashes
            if (number, len(hashes), hashes) != (seen, expected, here):
                break
            if expected == FULL:
                made.append(tree.perfect_root(split(hashes)))
            seen += 1
        if seen != len(lengths) or _has_tile_from(connection, level, seen):
            raise Mismatch(f"the tree is damaged: tile {seen} of level {level} does not fit those below it")
        level, count, below = level + 1, count // WIDTH, b"".join(made)
    if _has_tile_from(connection, level, 0):
        raise Mismatch(f"the tree is damaged: it has tiles of level {level}, more than its size asks for")


def _has_tile_from(connection: Connection, level: int, number: int) -> bool:
    """Whether there is a tile of this level with this number or a higher one."""
    there = exists().where(tiles.c.level == level, tiles.c.number >= number)
    return bool(connection.execute(select(there)).scalar_one())


def compare(pairs: Iterable[tuple[bytes, bytes]], signed: Mapping[int, bytes]) -> int:
    """How many events there are; Mismatch, naming the first position that does not fit.

    `pairs` are the hash of an event as it is and the hash that was kept of it; what comes out of them as a Mismatch is
    passed on, unless something before it does not fit. `signed` is the root by size.
    """
    comparison = _Comparison(signed)
    for computed, kept in _decide_first(comparison.check_undecided, pairs):
        comparison.add(computed, kept)
    comparison.end()
    return comparison.size


def _decide_first(before: Callable[[], None], pairs: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
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
            self._compare_root(self._signed[self.size])

    def check_undecided(self) -> None:
        """Mismatch when there is a difference that no checkpoint has decided."""
        if self._kept is not None:
            raise Mismatch(
                f"position {self._first} does not fit: the event is not the one its hash was made of, and no "
                f"checkpoint tells which of the two was changed"
            )

    def end(self) -> None:
        self.check_undecided()
        missing = [size for size in self._signed if size > self.size]
        if missing:
            raise Mismatch(f"position {self.size + 1} is missing: a checkpoint of {min(missing)} events was signed")

    def _compare_root(self, root: bytes) -> None:
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
