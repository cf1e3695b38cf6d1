"""Checkpoints as files outside the database, one a size, each written whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.evidence import Mismatch
from service.evidence.note import NoteRefused, VerifierKey
from service.evidence.statement import Checkpoint, checkpoint

#: What the file of a checkpoint is called.
NAME = re.compile(r"[0-9]{12,18}", re.ASCII)


class Unusable(Exception):
    """Checkpoints cannot be kept or looked at outside the database; the message says why, and names no path."""


def file_name(size: int) -> str:
    """The size, in digits enough that the order of names is the order of sizes."""
    return f"{size:012}"


def files(directory: Path | None) -> list[Path]:
    """The checkpoints of a directory, by size; what is called otherwise, or is no file, is none."""
    if directory is None:
        return []
    with _telling(), os.scandir(directory) as entries:
        there = [directory / entry.name for entry in entries if NAME.fullmatch(entry.name) and entry.is_file()]
    return sorted(there, key=lambda path: int(path.name))


def read(path: Path, key: VerifierKey) -> Checkpoint:
    """The checkpoint in a file; Mismatch, naming the file, when it is not what the name and the key say."""
    try:
        with _telling():
            content = path.read_bytes()
        found = checkpoint(content, key)
    except NoteRefused as refusal:
        raise Mismatch(f"the file {path.name} of the checkpoint directory {refusal}") from None
    if path.name != file_name(found.size):
        raise Mismatch(f"the file {path.name} of the checkpoint directory holds the checkpoint of size {found.size}")
    return found


def newest(directory: Path | None, key: VerifierKey) -> Checkpoint | None:
    """The checkpoint of the greatest size; None when there is no directory, or nothing in it."""
    there = files(directory)
    return read(there[-1], key) if there else None


def keep(directory: Path, made: Checkpoint) -> None:
    """Write a checkpoint so that it survives a power cut; who reads the directory never sees a part of it."""
    path = directory / file_name(made.size)
    new = directory / f".{path.name}.new"
    with _telling():
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
def _telling() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise Unusable(f"the checkpoint directory cannot be used: {fault.strerror}") from None
