"""The Merkle tree of RFC 9162, section 2.1, as pure functions over hashes: roots, proofs, and their verification.

A proof is first found as ranges of leaves, then hashed: every range of a proof starts at a multiple of the least power
of two that is not below its length, so it falls apart into perfect subtrees, which whoever stores the tree can give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

#: The hash of a perfect subtree: of which height (2 ** height leaves), and the how-manieth of that height.
Node = Callable[[int, int], bytes]
Range = tuple[int, int]


def leaf_hash(line: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node with two children."""
    return sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[n], hashes[n + 1]) for n in range(0, len(hashes), 2)]
    return hashes[0]


def range_root(start: int, end: int, node: Node) -> bytes:
    """The root over the leaves from `start` up to `end`: from 0, or a range as proofs have them."""
    return _join([node(height, index) for height, index in _subtrees(start, end)])


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """The proof that the leaf with this index (from 0) is in the tree of this size, from the leaf upwards."""
    return [range_root(start, end, node) for start, end in _inclusion(index, size)]


def consistency(first: int, second: int, node: Node) -> list[bytes]:
    """The proof that the tree of the first size is the beginning of that of the second; 0 < first <= second."""
    return [range_root(start, end, node) for start, end in _consistency(first, second)]


def includes(index: int, size: int, leaf: bytes, proof: Iterable[bytes], root: bytes) -> bool:
    """Whether a proof shows that the leaf with this hash stands at this index of the tree with this root."""
    if not 0 <= index < size:
        return False
    here, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            found = node_hash(sibling, found)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and found == root


def consistent(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that the tree with the first root is the beginning of that with the second."""
    if first == second:
        return first > 0 and not proof and first_root == second_root
    if not 0 < first < second or not proof:
        return False
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    here, last = first - 1, second - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    was = now = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            was, now = node_hash(sibling, was), node_hash(sibling, now)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            now = node_hash(now, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and (was, now) == (first_root, second_root)


class Frontier:
    """A tree of which only the right edge is kept: leaves are added one by one, and the root is known at any moment."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """One more leaf, by its hash."""
        full = self.size
        while full & 1:
            leaf = node_hash(self._edge.pop(), leaf)
            full >>= 1
        self._edge.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root over what was added so far."""
        return _join(self._edge)


def _join(subtrees: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees, each smaller than the one before it."""
    if not subtrees:
        return EMPTY_ROOT
    *others, root = subtrees
    for left in reversed(others):
        root = node_hash(left, root)
    return root


def _subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        height = (end - start).bit_length() - 1
        yield height, start >> height
        start += 1 << height


def _inclusion(index: int, size: int) -> list[Range]:
    start, end = 0, size
    siblings: list[Range] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return siblings[::-1]


def _consistency(first: int, second: int) -> list[Range]:
    start, end = 0, second
    siblings: list[Range] = []
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    # Who has the first tree knows its root; the proof holds it only when it is not the whole left edge of the second.
    return ([(start, end)] if start else []) + siblings[::-1]


def _split(count: int) -> int:
    """The greatest power of two below a count."""
    return 1 << (count - 1).bit_length() - 1
