"""The evidence checked where it stands: events against the tree, the tree in itself, and all that was signed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine, exists, select

from service.evidence import Mismatch, Progress, checkpoints, directory, leaf, silent, tree
from service.evidence.comparison import compare
from service.evidence.directory import Unusable
from service.evidence.signer import Notary
from service.evidence.statement import Checkpoint
from service.evidence.tiles import AT_ONCE, FULL, WIDTH, in_order, kept, split
from service.evidence.tiles import size as tiles_size
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


def check_evidence(engine: Engine, notary: Notary, progress: Progress = silent) -> Checked:
    """Hash all events again and compare them with the tree; verify every checkpoint, in the database and outside it.

    Neither an empty log is a fault, nor a tree or checkpoints that are behind.
    """
    faults: list[str] = []
    # Before the database is looked at: a checkpoint is only written once the tree that it speaks of is there.
    files: list[Path] = []
    with _noting(faults):
        files = directory.files(notary.directory)
    signed: dict[int, bytes] = {}
    with reading(engine) as connection:
        size, position = 0, leaf.end(connection)
        with _noting(faults):
            size = tiles_size(connection)
        rows: list[Checkpoint] = []
        with _noting(faults):
            rows = checkpoints.every(connection)
        for row in rows:
            with _noting(faults):
                checkpoints.fits_its_row(row, notary.key)
                _agree(signed, row)
        for file in files:
            with _noting(faults):
                _agree(signed, directory.read(file, notary.key))
        with _noting(faults):
            compare(_pairs(connection, size, position, faults, progress), signed)
        with _noting(faults):
            leaf.begins_at_one(connection)
        with _noting(faults):
            _whole(connection, size)
        if size < max(signed, default=0) <= position:
            faults.append(f"the tree covers {size} of {position} events, and {max(signed)} were signed")
        copied: list[int] = []
        with _noting(faults):
            copied = checkpoints.kept_outside(connection)
    if notary.directory is not None:
        with _noting(faults):
            # Listed once more: one that was just made has its file, and then its row.
            now = directory.files(notary.directory)
            faults += _without_a_row(files, [row.size for row in rows]) + _without_a_file(copied, now)
        copied = []
    return Checked(position, size, len(rows), len(files), faults, len(copied))


def _without_a_row(files: list[Path], rows: list[int]) -> list[str]:
    """The newest file may be ahead of the database: it is written first."""
    sizes = [int(file.name) for file in files]
    ahead = [size for size in sizes[-1:] if size > max(rows, default=0)]
    lost = sorted({*sizes} - {*rows} - {*ahead})
    return [f"the checkpoint of size {size} is kept outside, and gone from the database" for size in lost]


def _without_a_file(copied: list[int], files: list[Path]) -> list[str]:
    """Old files may be put away; behind the oldest that is left none may be missing."""
    if copied and not files:
        return [f"the checkpoint directory is empty, and {len(copied)} checkpoints were kept there"]
    sizes = [int(file.name) for file in files]
    lost = sorted(size for size in {*copied} - {*sizes} if size > sizes[0])
    return [f"the checkpoint of size {size} is gone from the checkpoint directory" for size in lost]


@contextmanager
def _noting(faults: list[str]) -> Iterator[None]:
    """Notes a mismatch or an unusable directory and goes on behind the block."""
    try:
        yield
    except (Mismatch, Unusable) as fault:
        faults.append(str(fault))


def _agree(signed: dict[int, bytes], checkpoint: Checkpoint) -> None:
    if signed.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
        raise Mismatch(f"two checkpoints of size {checkpoint.size} were signed that contradict each other")


def _pairs(
    connection: Connection, size: int, end: int, faults: list[str], progress: Progress
) -> Iterator[tuple[bytes, bytes]]:
    """Hashes of all events, as they are and as they were kept; where no tile has one, it is that of the event."""
    for start in range(0, max(size, end), AT_ONCE * WIDTH):
        covered = min(AT_ONCE * WIDTH, size - start)
        hashes = kept(connection, start, covered) if covered > 0 else []
        if hashes is None:
            faults.append(f"the tree is damaged over the positions {start + 1} to {start + covered}")
        limit = min(AT_ONCE * WIDTH, max(size, end) - start)
        done = start
        for line, hashed in zip_longest(leaf.lines(connection, start, limit), hashes or []):
            if line is None:
                break
            computed = tree.leaf_hash(line)
            yield computed, hashed or computed
            done += 1
        progress(done, max(size, end))
        if done < start + covered:
            raise Mismatch(f"position {done + 1} is missing from the log, and the tree covers {size} events")


def _whole(connection: Connection, size: int) -> None:
    """Mismatch when a tile is missing, too many, of another length, or not made of the tiles below it."""
    level, count, below = 0, size, b""
    while count:
        lengths = [FULL] * (count // WIDTH) + [count % WIDTH * tree.HASH_BYTES] * (count % WIDTH > 0)
        made, seen = [], 0
        for number, hashes in in_order(connection, level):
            expected = lengths[seen] if seen < len(lengths) else 0
            here = below[seen * FULL :][:expected] if level else hashes
            if (number, len(hashes), hashes) != (seen, expected, here):
                break
            if expected == FULL:
                made.append(tree.perfect_root(split(hashes)))
            seen += 1
        if seen != len(lengths) or _more(connection, level, seen):
            raise Mismatch(f"the tree is damaged: tile {seen} of level {level} does not fit those below it")
        level, count, below = level + 1, count // WIDTH, b"".join(made)
    if _more(connection, level, 0):
        raise Mismatch(f"the tree is damaged: it has tiles of level {level}, more than its size asks for")


def _more(connection: Connection, level: int, number: int) -> bool:
    """Whether there is a tile of this level with this number or a higher one."""
    there = exists().where(tiles.c.level == level, tiles.c.number >= number)
    return bool(connection.execute(select(there)).scalar_one())
