"""The log exported as a folder that can be verified anywhere: its leaves, their hashes, the checkpoints and the key.

It is verified without the service, every line, hash and checkpoint, against a key of one's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from sqlalchemy import Connection, Engine

from service.evidence import Mismatch, Progress, silent, tree
from service.evidence.checkpoints import FILE_NAME, Checkpoint, all_checkpoints, file_name, parse_checkpoint
from service.evidence.leaves import parse_leaf, read_leaves
from service.evidence.signed_notes import NoteRefused, VerifierKey
from service.evidence.signing import CheckpointSigner, sign_the_log
from service.evidence.tiles import AT_ONCE, WIDTH, read_hashes
from service.evidence.verification import compare
from service.storage.database import reading

PARTS = LINES, HASHES, CHECKPOINTS, KEY = "log.ndjson", "hashes", "checkpoints", "key"
README = "README.txt"
# Longer than any event that is accepted, escaped once more.
_LONGEST_LINE = 4 * 1024 * 1024
_HASH_LINE = 2 * tree.HASH_BYTES + 1
_PROGRESS_EVERY = 1_000


class NotEmpty(Exception):
    """The log is only written into a folder of its own."""


class Exported(NamedTuple):
    """How many events and checkpoints a folder holds."""

    events: int
    checkpoints: int


def write_exported_log(engine: Engine, signer: CheckpointSigner, folder: Path, progress: Progress = silent) -> Exported:
    """Write the log up to a fresh checkpoint into a new or empty folder.

    Mismatch or DirectoryUnusable when it can't be signed; the folder is then left as it was, or incomplete, and does
    not verify.
    """
    if folder.exists() and any(folder.iterdir()):
        raise NotEmpty(f"{folder} is not empty")
    sign_the_log(engine, signer)
    (folder / CHECKPOINTS).mkdir(parents=True)
    with reading(engine) as connection:
        signed = all_checkpoints(connection)
        events = signed[-1].size
        with (folder / LINES).open("wb") as lines, (folder / HASHES).open("w", encoding="ascii") as hashes:
            for start, some in _hashes(connection, events):
                # The hashes are those that were kept, not made of these lines: an event that was changed shows.
                hashes.writelines(f"{hashed.hex()}\n" for hashed in some)
                lines.writelines(line + b"\n" for line in read_leaves(connection, start, len(some)))
                progress(start + len(some), events)
    for checkpoint in signed:
        (folder / CHECKPOINTS / file_name(checkpoint.size)).write_bytes(checkpoint.note.encode())
    (folder / KEY).write_text(f"{signer.key}\n", "utf-8")
    (folder / README).write_text(_write_readme(signer.key, events), "utf-8")
    return Exported(events, len(signed))


def _hashes(connection: Connection, events: int) -> Iterator[tuple[int, list[bytes]]]:
    """The hashes kept of the first so many events, and how many stand before them."""
    for start in range(0, events, AT_ONCE * WIDTH):
        until = min(start + AT_ONCE * WIDTH, events)
        some = read_hashes(connection, start, until - start)
        if some is None:
            raise Mismatch(f"the tree is damaged over the positions {start + 1} to {until}")
        yield start, some


def _write_readme(key: VerifierKey, events: int) -> str:
    return f"""\
The log of {key.name}, positions 1 to {events}, as it was exported.

{LINES}
    One event a line, in order of position: every column of its row as canonical JSON (RFC 8785), UTF-8, each line
    ended by a newline. `data` is the stored text; what is personal in it is sealed and can't be read here.

{HASHES}
    The hash that the log kept of each event, in the same order, as 64 hexadecimal digits: SHA-256 of a byte 0x00 and
    the line without its newline.

{CHECKPOINTS}/
    What was signed: one file for each size at which it was. Each is a signed note (C2SP signed-note) that holds a
    checkpoint (C2SP tlog-checkpoint): the name of the log, the number of events, the root of the Merkle tree over
    the first so many of them in base64, the time of signing (and `clock simulated` where the instants of recording
    follow the senders' clocks); an empty line; and lines of signatures, `name base64(key hash, Ed25519 signature)`
    behind a dash, over everything before the empty line.

{KEY}
    The key to verify them with (C2SP verifier key): the name, the first four bytes of SHA-256(name, newline, 0x01,
    public key) in hexadecimal digits, and base64 of 0x01 and the 32 bytes of the public key, joined by plus signs.
    Do not take it from here: who changes the log would change it too. Compare it with one you got another way.

To verify everything, without server or database:

    ketenspoor verify-log FOLDER --key KEY

To verify by hand:
 1. Each line: its `position` is its number in the file, and SHA-256 of 0x00 and the line is the hash beside it.
 2. For each checkpoint of size n: the Merkle tree hash (RFC 9162, section 2.1.1) over the first n hashes is its root.
    The hash of a node is SHA-256 of a byte 0x01 and the hashes of its children; the left child spans the greatest
    power of two below the number of hashes.
 3. Each signature, with the key: any tool for signed notes does.
 4. The greatest checkpoint is as large as the file has lines. Compare it with checkpoints that were handed out or
    kept elsewhere: all must have, at their size, the root that step 2 gives.
"""


class Verified(NamedTuple):
    """What was verified: so many events, under so many checkpoints, of which this is the last."""

    events: int
    checkpoints: int
    last: Checkpoint


def verify_exported_log(folder: Path, key: VerifierKey, progress: Progress = silent) -> Verified:
    """All of an exported log; Mismatch, naming the file or the first position that does not fit."""
    try:
        return _verify(folder, key, progress)
    except OSError as fault:
        name = Path(fault.filename or folder).name
        raise Mismatch(f"{name} cannot be read: {fault.strerror}") from None


def _verify(folder: Path, key: VerifierKey, progress: Progress) -> Verified:
    # What is called otherwise was put there by others and proves nothing.
    there = [path for path in (folder / CHECKPOINTS).iterdir() if FILE_NAME.fullmatch(path.name)]
    signed = [_read_checkpoint(path, key) for path in sorted(there)]
    if not signed:
        raise Mismatch("there is no checkpoint, so nothing says what the log must be")
    if (folder / KEY).read_bytes() != f"{key}\n".encode():
        raise Mismatch(f"the file {KEY} does not hold the key that was given")
    last = max(signed)
    with (folder / LINES).open("rb") as lines, (folder / HASHES).open("rb") as hashes:
        events = compare(
            _hash_pairs(lines, hashes, last.size, progress), {checkpoint.size: checkpoint.root for checkpoint in signed}
        )
    return Verified(events, len(signed), last)


def _read_checkpoint(path: Path, key: VerifierKey) -> Checkpoint:
    try:
        found = parse_checkpoint(path.read_bytes(), key)
    except NoteRefused as refusal:
        raise Mismatch(f"{CHECKPOINTS}/{path.name} {refusal}") from None
    if path.name != file_name(found.size):
        raise Mismatch(f"{CHECKPOINTS}/{path.name} holds the checkpoint of size {found.size}")
    return found


def _hash_pairs(lines: IO[bytes], hashes: IO[bytes], of: int, progress: Progress) -> Iterator[tuple[bytes, bytes]]:
    """The hash of each line, and the one beside it."""
    position = 0
    while True:
        line, beside = lines.readline(_LONGEST_LINE), hashes.readline(_HASH_LINE + 1)
        if not line and not beside:
            break
        position += 1
        if position > of:
            raise Mismatch(f"position {position} does not fit: no checkpoint covers it")
        yield tree.leaf_hash(_read_leaf(line, position)), _read_hash(beside, position)
        if position % _PROGRESS_EVERY == 0:
            progress(position, of)
    progress(position, of)


def _read_leaf(line: bytes, position: int) -> bytes:
    if not line:
        raise Mismatch(f"position {position} is missing: {LINES} ends before it")
    try:
        found = parse_leaf(line[:-1]) if line.endswith(b"\n") else None
    except ValueError:
        found = None
    if found is None:
        raise Mismatch(f"position {position} does not fit: its line is no event in canonical JSON")
    if found.position != position:
        raise Mismatch(f"position {position} does not fit: its line holds position {found.position}")
    return line[:-1]


def _read_hash(beside: bytes, position: int) -> bytes:
    if not beside:
        raise Mismatch(f"position {position} is missing: {HASHES} ends before it")
    try:
        kept = bytes.fromhex(beside.decode("ascii"))
    except ValueError:
        kept = b""
    if len(kept) != tree.HASH_BYTES or beside != f"{kept.hex()}\n".encode():
        raise Mismatch(f"position {position} does not fit: its line in {HASHES} is no hash")
    return kept
