"""The Merkle tree against the definitions of RFC 9162, section 2.1, written down plainly, and as it is stored."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from service.evidence import Mismatch, tree
from service.evidence.tiles import Tiles, grow, grow_to_the_end, tree_size
from service.storage.database import reading
from service.storage.service_tables import tiles
from tests.store.signed_logs import record, tamper
from tests.views.logs import examples

# As RFC 9162 defines them, over lists of leaves.


def root(leaves: list[bytes]) -> bytes:
    """Section 2.1.1."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = power_below(len(leaves))
    return sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """Section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = power_below(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), root(leaves[k:])]
    return [*path(m - k, leaves[k:]), root(leaves[:k])]


def proof(m: int, leaves: list[bytes]) -> list[bytes]:
    """Section 2.1.4.1."""
    return subproof(m, leaves, whole=True)


def subproof(m: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [root(leaves)]
    k = power_below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole=whole), root(leaves[k:])]
    return [*subproof(m - k, leaves[k:], whole=False), root(leaves[:k])]


def power_below(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def numbered(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


class Kept:
    """A tree of which every leaf is at hand."""

    def __init__(self, leaves: list[bytes]) -> None:
        self._hashes = [tree.leaf_hash(leaf) for leaf in leaves]

    def node(self, height: int, index: int) -> bytes:
        return tree.perfect_root(self._hashes[index << height : (index + 1) << height])


SIZES = st.integers(1, 300)


@st.composite
def two_sizes(draw: st.DrawFn) -> tuple[int, int]:
    second = draw(SIZES)
    return draw(st.integers(1, second)), second


# Roots

# Certificate Transparency's own leaves and roots, in hexadecimal digits.
CT_LEAVES = [
    *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
    "606162636465666768696a6b6c6d6e6f",
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("count", range(1, 9))
def test_the_roots_of_certificate_transparency_come_out(count: int) -> None:
    frontier = tree.Frontier()
    for leaf in CT_LEAVES[:count]:
        frontier.add(tree.leaf_hash(bytes.fromhex(leaf)))
    assert frontier.root().hex() == CT_ROOTS[count - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert tree.Frontier().root() == tree.EMPTY_ROOT == tree.range_root(0, 0, Kept([]).node) == root([])


def test_the_root_is_that_of_the_definition_at_every_size() -> None:
    leaves, frontier = numbered(130), tree.Frontier()
    for count, leaf in enumerate(leaves, 1):
        frontier.add(tree.leaf_hash(leaf))
        assert frontier.root() == root(leaves[:count]) == tree.range_root(0, count, Kept(leaves).node), count


# Proofs


@given(st.data())
def test_a_proof_of_inclusion_is_that_of_the_definition(data: st.DataObject) -> None:
    leaves = numbered(data.draw(SIZES))
    index = data.draw(st.integers(0, len(leaves) - 1))
    assert tree.inclusion(index, len(leaves), Kept(leaves).node) == path(index, leaves)


@given(two_sizes())
def test_a_proof_of_consistency_is_that_of_the_definition(sizes: tuple[int, int]) -> None:
    first, second = sizes
    leaves = numbered(second)
    assert tree.consistency(first, second, Kept(leaves).node) == proof(first, leaves)


def test_every_small_proof_of_inclusion_verifies_for_its_leaf_and_place_alone() -> None:
    for count in range(1, 34):
        leaves = numbered(count)
        whole, hashes, node = root(leaves), list(map(tree.leaf_hash, leaves)), Kept(leaves).node
        for index in range(count):
            told = tree.inclusion(index, count, node)
            fitting = [
                (leaf, place)
                for leaf in range(count)
                for place in range(count)
                if tree.includes(place, count, hashes[leaf], told, whole)
            ]
            assert fitting == [(index, index)], (count, index)


def test_every_small_proof_of_consistency_verifies_for_its_sizes_alone() -> None:
    for second in range(1, 34):
        leaves = numbered(second)
        for first in range(1, second + 1):
            told = tree.consistency(first, second, Kept(leaves).node)
            roots = root(leaves[:first]), root(leaves)
            assert tree.consistent(first, second, *roots, told)
            assert not tree.consistent(first, second, roots[1], root([*leaves, b"more"]), told)
            if first < second:
                assert not tree.consistent(first, second, roots[1], roots[0], told)


@given(st.data())
def test_a_proof_in_which_anything_was_changed_does_not_verify(data: st.DataObject) -> None:
    first, second = data.draw(two_sizes())
    leaves = numbered(second)
    index = data.draw(st.integers(0, second - 1))
    included = tree.inclusion(index, second, Kept(leaves).node)
    continued = tree.consistency(first, second, Kept(leaves).node)
    roots = root(leaves[:first]), root(leaves)

    def holds(included: list[bytes], continued: list[bytes]) -> tuple[bool, bool]:
        return (
            tree.includes(index, second, tree.leaf_hash(leaves[index]), included, roots[1]),
            tree.consistent(first, second, *roots, continued),
        )

    assert holds(included, continued) == (True, True)
    assert holds([*included, roots[0]], [*continued, roots[0]]) == (False, False)
    if included:
        at = data.draw(st.integers(0, len(included) - 1))
        assert not holds([*included[:at], bytes(32), *included[at + 1 :]], continued)[0]
        assert not holds(included[:at] + included[at + 1 :], continued)[0]
    if continued:
        at = data.draw(st.integers(0, len(continued) - 1))
        assert not holds(included, [*continued[:at], bytes(32), *continued[at + 1 :]])[1]
        assert not holds(included, continued[:at] + continued[at + 1 :])[1]


@pytest.mark.parametrize(("index", "count"), [(-1, 4), (4, 4), (0, 0)])
def test_nothing_is_included_where_there_is_no_leaf(index: int, count: int) -> None:
    assert not tree.includes(index, count, b"", [], root([]))


@pytest.mark.parametrize(("first", "second"), [(0, 4), (0, 0), (5, 4)])
def test_sizes_that_cannot_follow_one_another_are_not_consistent(first: int, second: int) -> None:
    assert not tree.consistent(first, second, root([]), root([]), [])


# As it is stored


def hashes_of(engine: Engine) -> list[bytes]:
    """Level 0, as one list."""
    with reading(engine) as connection:
        level = select(tiles.c.hashes).where(tiles.c.level == 0).order_by(tiles.c.number)
        joined = b"".join(connection.execute(level).scalars())
    return [joined[start : start + 32] for start in range(0, len(joined), 32)]


def shape(engine: Engine) -> list[tuple[int, int, int]]:
    """Level, number and count of hashes of every tile."""
    with reading(engine) as connection:
        rows = connection.execute(select(tiles).order_by(tiles.c.level, tiles.c.number)).all()
    return [(level, number, len(hashes) // 32) for level, number, hashes in rows]


def test_growing_in_any_batches_gives_the_tiles_of_one(engine: Engine) -> None:
    record(engine, 1000)
    assert [grow(engine, limit) for limit in (1, 254, 1, 1, 300, 5000)] == [1, 254, 1, 1, 300, 443]
    assert shape(engine) == [(0, 0, 256), (0, 1, 256), (0, 2, 256), (0, 3, 232), (1, 0, 3)]
    hashes, frontier = hashes_of(engine), tree.Frontier()
    with reading(engine) as connection:
        stored = Tiles(connection)
        for count, each in enumerate(hashes, 1):
            frontier.add(each)
            if count % 97 == 0 or count in {255, 256, 257, 512, 1000}:
                assert stored.root(count) == frontier.root(), count


def test_a_tree_of_three_levels_proves_what_one_in_memory_does(engine: Engine) -> None:
    count = 256 * 256 + 300
    record(engine, count)
    grow_to_the_end(engine)
    assert shape(engine)[-3:] == [(1, 0, 256), (1, 1, 1), (2, 0, 1)]
    hashes = hashes_of(engine)

    def node(height: int, index: int) -> bytes:
        return tree.perfect_root(hashes[index << height : (index + 1) << height])

    with reading(engine) as connection:
        stored = Tiles(connection)
        assert stored.root(count) == tree.range_root(0, count, node)
        for index in (0, 255, 256, 65_535, 65_536, count - 1):
            assert tree.inclusion(index, count, stored.node) == tree.inclusion(index, count, node)
        for first in (1, 255, 256, 257, 65_536, 65_537, count):
            assert tree.consistency(first, count, stored.node) == tree.consistency(first, count, node)


def test_nothing_grows_where_nothing_was_recorded(engine: Engine) -> None:
    assert grow(engine) == 0
    record(engine, 3)
    assert [grow(engine), grow(engine)] == [3, 0]


def test_a_log_that_was_set_back_is_not_grown_over(engine: Engine) -> None:
    record(engine, 10)
    grow(engine)
    tamper(engine, "DELETE FROM events WHERE position > 7")
    with pytest.raises(Mismatch, match="the log ends at position 7, but the tree covers 10 events"):
        grow(engine)


def test_a_log_that_was_set_back_and_went_on_otherwise_is_not_grown_over(engine: Engine) -> None:
    record(engine, 10)
    grow(engine)
    tamper(engine, "UPDATE events SET source_id = 'another' WHERE position = 10")
    record(engine, 1)
    with pytest.raises(Mismatch, match="the event at position 10 is not the one that the tree has there"):
        grow(engine)
    with reading(engine) as connection:
        assert tree_size(connection) == 10


def test_a_gap_is_not_grown_over(engine: Engine) -> None:
    record(engine, 10)
    tamper(engine, "DELETE FROM events WHERE position = 4")
    with pytest.raises(Mismatch, match="position 4 is missing from the log"):
        grow(engine)


def test_a_tree_without_a_tile_it_needs_is_told_as_damaged(engine: Engine) -> None:
    record(engine, 600)
    grow(engine)
    tamper(engine, "DELETE FROM proof.tiles WHERE level = 1")
    with reading(engine) as connection, pytest.raises(Mismatch, match="tile 0 of level 1 is not complete"):
        Tiles(connection).root(600)
    record(engine, 300)
    with pytest.raises(Mismatch, match="tile 0 of level 1 is not complete"):
        grow(engine)


@examples(10)
@given(batches=st.lists(st.integers(1, 400), min_size=1, max_size=4))
def test_whatever_the_batches_the_root_is_that_of_the_leaves(engine: Engine, batches: list[int]) -> None:
    for batch in batches:
        record(engine, batch)
        grow(engine, batch // 2 or 1)
    grow_to_the_end(engine)
    frontier = tree.Frontier()
    for each in hashes_of(engine):
        frontier.add(each)
    with reading(engine) as connection:
        stored = Tiles(connection)
        assert stored.root(stored.size) == frontier.root()
