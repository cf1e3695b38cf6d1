"""The evidence checked where it stands: events against the tree, the tree in itself, and all that was signed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, Engine, exists, func, select

from service.database import reading
from service.evidence import Mismatch, Progress, checkpoints, directory, leaf, silent, tree
from service.evidence.comparison import compare
from service.evidence.notary import Notary
from service.evidence.statement import Checkpoint
from service.evidence.tiles import FULL, HASHES, WIDTH, Tiles, split
from service.recorder import head
from service.tables import events, tiles

_TILES_AT_ONCE = 20


class Checked(NamedTuple):
    """What was looked at, and all that is wrong: sentences in positions and sizes, nothing personal; empty is well.

    `position` is where the log ends, `size` how many events the tree covers; what is behind that is not vouched for.
    """

    position: int
    size: int
    checkpoints: int
    files: int
    faults: list[str]


def check_evidence(engine: Engine, notary: Notary, progress: Progress = silent) -> Checked:
    """Hash all events again and compare them with the tree; verify every checkpoint, in the database and outside it.

    Neither an empty log is a fault, nor a tree or checkpoints that are behind.
    """
    # Before the database is looked at: a checkpoint is only written once the tree that it speaks of is there.
    files = directory.files(notary.directory)
    faults: list[str] = []
    signed: dict[int, bytes] = {}
    with reading(engine) as connection:
        stored = Tiles(connection)
        position = head(connection).position
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
            compare(_pairs(connection, stored, progress), signed)
        with _noting(faults):
            _begins_at_one(connection)
        with _noting(faults):
            _whole(connection, stored.size)
    return Checked(position, stored.size, len(rows), len(files), faults)


class _noting:  # noqa: N801 - used as a context manager, like contextlib's suppress
    """Notes a mismatch and goes on behind the block."""

    def __init__(self, faults: list[str]) -> None:
        self._faults = faults

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, fault: BaseException | None, _traceback: object) -> bool:
        if isinstance(fault, Mismatch):
            self._faults.append(str(fault))
            return True
        return False


def _agree(signed: dict[int, bytes], checkpoint: Checkpoint) -> None:
    if signed.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
        raise Mismatch(f"two checkpoints of size {checkpoint.size} were signed that contradict each other")


def _pairs(connection: Connection, stored: Tiles, progress: Progress) -> Iterator[tuple[bytes, bytes]]:
    """Hashes of the events that the tree covers, as they are and as they were kept."""
    for start in range(0, stored.size, _TILES_AT_ONCE * WIDTH):
        limit = min(_TILES_AT_ONCE * WIDTH, stored.size - start)
        kept = b"".join(hashes for _, hashes in _tiles(connection, 0, start // WIDTH, _TILES_AT_ONCE))
        if len(kept) != limit * tree.HASH_BYTES:
            raise Mismatch(f"the tree is damaged over the positions {start + 1} to {start + limit}")
        done = start
        for line, hashed in zip(leaf.lines(connection, start, limit), split(kept), strict=False):
            yield tree.leaf_hash(line), hashed
            done += 1
        progress(done, stored.size)
        if done < start + limit:
            raise Mismatch(f"position {done + 1} is missing from the log, and the tree covers {stored.size} events")


def _begins_at_one(connection: Connection) -> None:
    lowest = connection.execute(select(func.min(events.c.position))).scalar_one()
    if lowest is not None and lowest < 1:
        raise Mismatch(f"position {lowest} does not fit: the log begins at 1")


def _whole(connection: Connection, size: int) -> None:
    """Mismatch when a tile is missing, too many, of another length, or not made of the tiles below it."""
    level, count, below = 0, size, b""
    while count:
        lengths = [FULL] * (count // WIDTH) + [count % WIDTH * tree.HASH_BYTES] * (count % WIDTH > 0)
        made, seen = [], 0
        for number, hashes in _tiles(connection, level):
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


def _tiles(connection: Connection, level: int, first: int = 0, limit: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Tiles of a level with their numbers, in order: at most so many, from the one with this number."""
    until = None if limit is None else first + limit
    query = select(tiles.c.number, HASHES).where(tiles.c.level == level).order_by(tiles.c.number)
    while until is None or first < until:
        rows = connection.execute(query.where(tiles.c.number >= first).limit(_TILES_AT_ONCE)).all()
        for number, hashes in rows:
            if until is None or number < until:
                yield number, hashes
        if len(rows) < _TILES_AT_ONCE:
            return
        first = rows[-1].number + 1


def _more(connection: Connection, level: int, number: int) -> bool:
    """Whether there is a tile of this level with this number or a higher one."""
    there = exists().where(tiles.c.level == level, tiles.c.number >= number)
    return bool(connection.execute(select(there)).scalar_one())
