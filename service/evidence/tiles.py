"""The tree as it is stored: tiles of 256 hashes a level, so that growing and proving touch a handful of rows.

Level 0 holds the hashes of events, level n the roots of the full tiles of level n - 1. The last tile of a level is
written anew as it fills; what a tile has once held never changes, so the tree of any earlier size is still there.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Engine, LargeBinary, cast, func, select

from projections import dialect
from service.evidence import Mismatch, tree
from service.evidence.leaves import log_end, read_leaves
from service.storage.database import proving
from service.storage.service_tables import tiles

#: Hashes in a tile, and how many levels of the tree it spans.
WIDTH, HEIGHT = 256, 8
FULL = WIDTH * tree.HASH_BYTES

#: As bytes whatever is there: SQLite lets text stand in a column of bytes.
HASHES = cast(tiles.c.hashes, LargeBinary).label("hashes")

#: Tiles read at once.
AT_ONCE = 20

_BATCH = 5_000
_WRITE = (
    "INSERT INTO proof.tiles (level, number, hashes) VALUES (?, ?, ?) "
    "ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes"
)


class Tiles:
    """The stored tree as one transaction sees it, each tile read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._found: dict[tuple[int, int], bytes] = {}
        self.size = tree_size(connection)

    def node(self, height: int, index: int) -> bytes:
        """The hash of a perfect subtree; Mismatch when a tile that must be there is not."""
        level, inner = divmod(height, HEIGHT)
        number, place = divmod(index << inner, WIDTH)
        hashes = split(self.tile(level, number))[place : place + (1 << inner)]
        if len(hashes) != 1 << inner:
            raise Mismatch(f"the tree is damaged: tile {number} of level {level} is not complete")
        return tree.perfect_root(hashes)

    def root(self, of: int) -> bytes:
        """The root of the tree at this size."""
        return tree.range_root(0, of, self.node)

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a tile, one behind another; none when it is not there."""
        if (level, number) not in self._found:
            query = select(HASHES).where(tiles.c.level == level, tiles.c.number == number)
            self._found[level, number] = self._connection.execute(query).scalar_one_or_none() or b""
        return self._found[level, number]


def tree_size(connection: Connection) -> int:
    """How many events the stored tree covers."""
    last = select(tiles.c.number, func.length(HASHES)).where(tiles.c.level == 0)
    for number, length in connection.execute(last.order_by(tiles.c.number.desc()).limit(1)):
        if type(number) is not int or number < 0:
            # SQLite lets text stand in a column of numbers.
            raise Mismatch("the tree is damaged: it has a tile of level 0 without a number")
        covered: int = number * WIDTH + length // tree.HASH_BYTES
        return covered
    return 0


def read_tiles(
    connection: Connection, level: int, first: int = 0, limit: int | None = None
) -> Iterator[tuple[int, bytes]]:
    """Tiles of a level with their numbers, in order: at most so many, from the one with this number."""
    until = None if limit is None else first + limit
    query = select(tiles.c.number, HASHES).where(tiles.c.level == level).order_by(tiles.c.number)
    while until is None or first < until:
        rows = connection.execute(query.where(tiles.c.number >= first).limit(AT_ONCE)).all()
        for number, hashes in rows:
            if until is None or number < until:
                yield number, hashes
        if len(rows) < AT_ONCE:
            return
        first = rows[-1].number + 1


def read_hashes(connection: Connection, start: int, limit: int) -> list[bytes] | None:
    """The hashes kept of so many events behind the first `start`, a multiple of a tile; None when not all are there."""
    found = b"".join(hashes for _, hashes in read_tiles(connection, 0, start // WIDTH, -(-limit // WIDTH)))
    hashes = split(found)[:limit]
    return hashes if len(hashes) == limit and len(hashes[-1]) == tree.HASH_BYTES else None


def split(hashes: bytes) -> list[bytes]:
    """The hashes of a tile."""
    return [hashes[start : start + tree.HASH_BYTES] for start in range(0, len(hashes), tree.HASH_BYTES)]


def grow(engine: Engine, limit: int = _BATCH) -> int:
    """Take the next events into the tree, one grower at a time; returns how many. Writers of the log never wait for it.

    Mismatch when the log does not go on where the tree ends: with a gap, or behind another last event.
    """
    with proving(engine) as connection:
        stored = Tiles(connection)
        # The last event once more, or a log that was set back and went on otherwise would pass unseen.
        before = 1 if stored.size else 0
        lines = list(read_leaves(connection, stored.size - before, limit + before))
        if before and not lines:
            raise Mismatch(f"the log ends at position {log_end(connection)}, but the tree covers {stored.size} events")
        hashes = [tree.leaf_hash(line) for line in lines]
        if before and hashes[0] != stored.node(0, stored.size - 1):
            raise Mismatch(f"the event at position {stored.size} is not the one that the tree has there")
        dialect.execute_many(connection, _WRITE, list(_written(stored, hashes[before:])))
        return len(hashes) - before


def grow_to_the_end(engine: Engine) -> None:
    """Take every event into the tree that is recorded by now."""
    while grow(engine):
        pass


def _written(stored: Tiles, new: list[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """The tiles that change when these hashes of events come behind the tree."""
    level, filled = 0, stored.size
    while new:
        number, inside = divmod(filled, WIDTH)
        # What stands behind is left of a tree that lost its lower tiles, and is written anew.
        there = split(stored.tile(level, number))[:inside]
        if len(there) != inside:
            raise Mismatch(f"the tree is damaged: tile {number} of level {level} is not complete")
        there += new
        new = []
        for start in range(0, len(there), WIDTH):
            hashes = there[start : start + WIDTH]
            yield level, number + start // WIDTH, b"".join(hashes)
            if len(hashes) == WIDTH:
                new.append(tree.perfect_root(hashes))
        level, filled = level + 1, filled // WIDTH
