"""Checkpoints: what one says, and where they are kept, in the database and as files outside it.

A checkpoint is a signed note in the form that C2SP specifies (tlog-checkpoint). Outside the database each size has a
file, written whole or not at all.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, select
from sqlalchemy.exc import DBAPIError

from projections import dialect
from service.evidence import Mismatch, tree
from service.evidence.signed_notes import NoteRefused, VerifierKey, decode_base64, open_note
from service.foundation.time import format_instant
from service.storage.service_tables import checkpoints

_SIZE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_TIME = "time "
_SIMULATED = "clock simulated"
_SELECT = select(checkpoints.c.size, checkpoints.c.root, checkpoints.c.signed_at, checkpoints.c.note)
_UNREADABLE = "a checkpoint in the database cannot be read"
#: What the file of a checkpoint is called.
FILE_NAME = re.compile(r"[0-9]{12,18}", re.ASCII)


class Checkpoint(NamedTuple):
    """A signed statement: at this time the log was of this size, with this root."""

    size: int
    root: bytes
    signed_at: datetime
    note: str

    @property
    def simulated(self) -> bool:
        """Whether it says that the instants of recording follow the senders' clocks."""
        return _SIMULATED in self.note.partition("\n\n")[0].split("\n")


def statement(origin: str, size: int, root: bytes, at: datetime, *, simulated: bool) -> str:
    """The text to be signed; `at` in whole milliseconds."""
    lines = [origin, str(size), base64.b64encode(root).decode(), _TIME + format_instant(at)]
    return "".join(f"{line}\n" for line in [*lines, *([_SIMULATED] if simulated else [])])


def parse_checkpoint(note: bytes, key: VerifierKey) -> Checkpoint:
    """A checkpoint that this key signed; NoteRefused when it is none."""
    origin, *lines = open_note(note, key).removesuffix("\n").split("\n")
    if origin != key.name:
        raise NoteRefused("is a checkpoint of another log")
    root = decode_base64(lines[1]) if len(lines) >= 3 else None
    if root is None or len(root) != tree.HASH_BYTES or not _SIZE.fullmatch(lines[0]):
        raise NoteRefused("is no checkpoint")
    return Checkpoint(int(lines[0]), root, _signed_at(lines[2:]), note.decode())


def _signed_at(extensions: list[str]) -> datetime:
    for line in extensions:
        if line.startswith(_TIME):
            try:
                return datetime.fromisoformat(line.removeprefix(_TIME)).astimezone(UTC)
            except ValueError:
                break
    raise NoteRefused("is a checkpoint without a time")


def newest_checkpoint(connection: Connection) -> Checkpoint | None:
    """The checkpoint of the greatest size; None when none was made yet."""
    return _first(_select_checkpoints(connection, _SELECT.order_by(checkpoints.c.size.desc()).limit(1)))


def checkpoint_covering(connection: Connection, position: int) -> Checkpoint | None:
    """The first checkpoint that covers a position; None when none does yet."""
    covers = _SELECT.where(checkpoints.c.size >= position).order_by(checkpoints.c.size).limit(1)
    return _first(_select_checkpoints(connection, covers))


def checkpoint_of_size(connection: Connection, size: int) -> Checkpoint | None:
    """The checkpoint of exactly this size, if one was made."""
    return _first(_select_checkpoints(connection, _SELECT.where(checkpoints.c.size == size)))


def all_checkpoints(connection: Connection) -> list[Checkpoint]:
    """All checkpoints of the database, by size."""
    return _select_checkpoints(connection, _SELECT.order_by(checkpoints.c.size))


def checkpoints_behind(connection: Connection, size: int) -> list[Checkpoint]:
    """All checkpoints of the database that are greater than a size, by size."""
    return _select_checkpoints(connection, _SELECT.where(checkpoints.c.size > size).order_by(checkpoints.c.size))


def sizes_kept_outside(connection: Connection) -> list[int]:
    """The sizes of the checkpoints of which a copy was written to the directory."""
    found = list(connection.execute(select(checkpoints.c.size).where(checkpoints.c.outside)).scalars())
    if any(type(size) is not int for size in found):
        raise Mismatch(_UNREADABLE)
    return found


def check_row(kept: Checkpoint, key: VerifierKey) -> None:
    """Mismatch when a row of the table is not what its note says, or the note is not signed with this key."""
    try:
        said = parse_checkpoint(kept.note.encode(), key)
    except NoteRefused as refusal:
        raise Mismatch(f"the checkpoint of size {kept.size} in the database {refusal}") from None
    if said != kept:
        raise Mismatch(f"the checkpoint of size {kept.size} in the database is not what its note says")


def _select_checkpoints(connection: Connection, statement: Select[Any]) -> list[Checkpoint]:
    try:
        found = [Checkpoint._make(row) for row in connection.execute(statement)]
    except (ValueError, TypeError, AttributeError, ArithmeticError, DBAPIError) as fault:
        if isinstance(fault, DBAPIError) and not dialect.undecodable(connection, fault):
            raise
        raise Mismatch(_UNREADABLE) from None
    # SQLite lets bytes stand in a column of text, and text in one of numbers.
    if any((type(each.size), type(each.note)) != (int, str) for each in found):
        raise Mismatch(_UNREADABLE)
    return found


def _first(found: list[Checkpoint]) -> Checkpoint | None:
    return found[0] if found else None


class DirectoryUnusable(Exception):
    """Checkpoints cannot be kept or looked at outside the database; the message says why, and names no path."""


def file_name(size: int) -> str:
    """The size, in digits enough that the order of names is the order of sizes."""
    return f"{size:012}"


def checkpoint_files(directory: Path | None) -> list[Path]:
    """The checkpoints of a directory, by size; what is called otherwise, or is no file, is none."""
    if directory is None:
        return []
    with _directory_errors(), os.scandir(directory) as entries:
        there = [directory / entry.name for entry in entries if FILE_NAME.fullmatch(entry.name) and entry.is_file()]
    return sorted(there, key=lambda path: int(path.name))


def read_file(path: Path, key: VerifierKey) -> Checkpoint:
    """The checkpoint in a file; Mismatch, naming the file, when it is not what the name and the key say."""
    try:
        with _directory_errors():
            content = path.read_bytes()
        found = parse_checkpoint(content, key)
    except NoteRefused as refusal:
        raise Mismatch(f"the file {path.name} of the checkpoint directory {refusal}") from None
    if path.name != file_name(found.size):
        raise Mismatch(f"the file {path.name} of the checkpoint directory holds the checkpoint of size {found.size}")
    return found


def newest_file(directory: Path | None, key: VerifierKey) -> Checkpoint | None:
    """The checkpoint of the greatest size; None when there is no directory, or nothing in it."""
    there = checkpoint_files(directory)
    return read_file(there[-1], key) if there else None


def write_file(directory: Path, made: Checkpoint) -> None:
    """Write a checkpoint so that it survives a power cut; who reads the directory never sees a part of it."""
    path = directory / file_name(made.size)
    new = directory / f".{path.name}.new"
    with _directory_errors():
        with new.open("wb") as file:
            file.write(made.note.encode())
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        # The new name too is only safe once the directory is.
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _directory_errors() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise DirectoryUnusable(f"the checkpoint directory cannot be used: {fault.strerror}") from None
