"""The log as a folder that can be checked anywhere: its leaves, their hashes, the signed checkpoints and the key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from service.evidence import Mismatch, Progress, checkpoints, leaf, silent
from service.evidence.directory import file_name
from service.evidence.note import VerifierKey
from service.evidence.signer import Notary
from service.evidence.tiles import AT_ONCE, WIDTH, kept
from service.storage.database import reading

PARTS = LINES, HASHES, CHECKPOINTS, KEY = "log.ndjson", "hashes", "checkpoints", "key"
README = "README.txt"


class NotEmpty(Exception):
    """The log is only written into a folder of its own."""


class Exported(NamedTuple):
    """How many events and checkpoints a folder holds."""

    events: int
    checkpoints: int


def export(engine: Engine, notary: Notary, folder: Path, progress: Progress = silent) -> Exported:
    """Write the log up to a fresh checkpoint into a new or empty folder.

    Mismatch or Unusable when it can't be signed; the folder is then left as it was, or incomplete, and does not verify.
    """
    if folder.exists() and any(folder.iterdir()):
        raise NotEmpty(f"{folder} is not empty")
    checkpoints.sign_the_log(engine, notary)
    (folder / CHECKPOINTS).mkdir(parents=True)
    with reading(engine) as connection:
        signed = checkpoints.every(connection)
        events = signed[-1].size
        with (folder / LINES).open("wb") as lines, (folder / HASHES).open("w", encoding="ascii") as hashes:
            for start, some in _kept(connection, events):
                # The hashes are those that were kept, not made of these lines: an event that was changed shows.
                hashes.writelines(f"{hashed.hex()}\n" for hashed in some)
                lines.writelines(line + b"\n" for line in leaf.lines(connection, start, len(some)))
                progress(start + len(some), events)
    for checkpoint in signed:
        (folder / CHECKPOINTS / file_name(checkpoint.size)).write_bytes(checkpoint.note.encode())
    (folder / KEY).write_text(f"{notary.key}\n", "utf-8")
    (folder / README).write_text(_readme(notary.key, events), "utf-8")
    return Exported(events, len(signed))


def _kept(connection: Connection, events: int) -> Iterator[tuple[int, list[bytes]]]:
    """The hashes kept of the first so many events, and how many stand before them."""
    for start in range(0, events, AT_ONCE * WIDTH):
        until = min(start + AT_ONCE * WIDTH, events)
        some = kept(connection, start, until - start)
        if some is None:
            raise Mismatch(f"the tree is damaged over the positions {start + 1} to {until}")
        yield start, some


def _readme(key: VerifierKey, events: int) -> str:
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
