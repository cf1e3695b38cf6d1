"""An exported log verified without the service: every line, hash and checkpoint, against a key of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from service.evidence import Mismatch, Progress, leaf, silent, tree
from service.evidence.comparison import compare
from service.evidence.directory import NAME, file_name
from service.evidence.folder import CHECKPOINTS, HASHES, KEY, LINES
from service.evidence.note import NoteRefused, VerifierKey
from service.evidence.statement import Checkpoint, checkpoint

# Longer than any event that is accepted, escaped once more.
_LONGEST_LINE = 4 * 1024 * 1024
_HASH_LINE = 2 * tree.HASH_BYTES + 1
_TOLD_EVERY = 1_000


class Verified(NamedTuple):
    """What was verified: so many events, under so many checkpoints, of which this is the last."""

    events: int
    checkpoints: int
    last: Checkpoint


def verify(folder: Path, key: VerifierKey, progress: Progress = silent) -> Verified:
    """All of an exported log; Mismatch, naming the file or the first position that does not fit."""
    try:
        return _verified(folder, key, progress)
    except OSError as fault:
        name = Path(fault.filename or folder).name
        raise Mismatch(f"{name} cannot be read: {fault.strerror}") from None


def _verified(folder: Path, key: VerifierKey, progress: Progress) -> Verified:
    # What is called otherwise was put there by others, and speaks of nothing.
    there = [path for path in (folder / CHECKPOINTS).iterdir() if NAME.fullmatch(path.name)]
    signed = [_checkpoint(path, key) for path in sorted(there)]
    if not signed:
        raise Mismatch("there is no checkpoint, so nothing says what the log must be")
    if (folder / KEY).read_bytes() != f"{key}\n".encode():
        raise Mismatch(f"the file {KEY} does not hold the key that was given")
    last = max(signed)
    with (folder / LINES).open("rb") as lines, (folder / HASHES).open("rb") as hashes:
        events = compare(
            _pairs(lines, hashes, last.size, progress), {checkpoint.size: checkpoint.root for checkpoint in signed}
        )
    return Verified(events, len(signed), last)


def _checkpoint(path: Path, key: VerifierKey) -> Checkpoint:
    try:
        found = checkpoint(path.read_bytes(), key)
    except NoteRefused as refusal:
        raise Mismatch(f"{CHECKPOINTS}/{path.name} {refusal}") from None
    if path.name != file_name(found.size):
        raise Mismatch(f"{CHECKPOINTS}/{path.name} holds the checkpoint of size {found.size}")
    return found


def _pairs(lines: IO[bytes], hashes: IO[bytes], of: int, progress: Progress) -> Iterator[tuple[bytes, bytes]]:
    """The hash of each line, and the one beside it."""
    position = 0
    while True:
        line, beside = lines.readline(_LONGEST_LINE), hashes.readline(_HASH_LINE + 1)
        if not line and not beside:
            break
        position += 1
        if position > of:
            raise Mismatch(f"position {position} does not fit: no checkpoint covers it")
        yield tree.leaf_hash(_leaf(line, position)), _kept(beside, position)
        if position % _TOLD_EVERY == 0:
            progress(position, of)
    progress(position, of)


def _leaf(line: bytes, position: int) -> bytes:
    if not line:
        raise Mismatch(f"position {position} is missing: {LINES} ends before it")
    try:
        found = leaf.parsed(line[:-1]) if line.endswith(b"\n") else None
    except ValueError:
        found = None
    if found is None:
        raise Mismatch(f"position {position} does not fit: its line is no event in canonical JSON")
    if found.position != position:
        raise Mismatch(f"position {position} does not fit: its line holds position {found.position}")
    return line[:-1]


def _kept(beside: bytes, position: int) -> bytes:
    if not beside:
        raise Mismatch(f"position {position} is missing: {HASHES} ends before it")
    try:
        kept = bytes.fromhex(beside.decode("ascii"))
    except ValueError:
        kept = b""
    if len(kept) != tree.HASH_BYTES or beside != f"{kept.hex()}\n".encode():
        raise Mismatch(f"position {position} does not fit: its line in {HASHES} is no hash")
    return kept
