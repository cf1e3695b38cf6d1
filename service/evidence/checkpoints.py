"""Checkpoints of the log: made, signed and kept, in the database and outside it, and never two that contradict."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Select, insert, select, update
from sqlalchemy.exc import DBAPIError

from projections import dialect
from service.evidence import Mismatch, directory, leaf
from service.evidence.directory import Unusable
from service.evidence.note import NoteRefused, VerifierKey
from service.evidence.signer import Notary
from service.evidence.statement import Checkpoint, checkpoint, statement
from service.evidence.tiles import Tiles, grow_to_the_end
from service.foundation.settings import PREFIX
from service.storage.database import proving
from service.storage.service_tables import checkpoints

_SELECT = select(checkpoints.c.size, checkpoints.c.root, checkpoints.c.signed_at, checkpoints.c.note)
_UNREADABLE = "a checkpoint in the database cannot be read"


class Signed(NamedTuple):
    """The checkpoint of the tree as it is, and whether it was made just now."""

    checkpoint: Checkpoint
    new: bool


def newest(connection: Connection) -> Checkpoint | None:
    """The checkpoint of the greatest size; None when none was made yet."""
    return _one(_found(connection, _SELECT.order_by(checkpoints.c.size.desc()).limit(1)))


def covering(connection: Connection, position: int) -> Checkpoint | None:
    """The first checkpoint that covers a position; None when none does yet."""
    covers = _SELECT.where(checkpoints.c.size >= position).order_by(checkpoints.c.size).limit(1)
    return _one(_found(connection, covers))


def of_size(connection: Connection, size: int) -> Checkpoint | None:
    """The checkpoint of exactly this size, if one was made."""
    return _one(_found(connection, _SELECT.where(checkpoints.c.size == size)))


def every(connection: Connection) -> list[Checkpoint]:
    """All checkpoints of the database, by size."""
    return _found(connection, _SELECT.order_by(checkpoints.c.size))


def sign_the_log(engine: Engine, notary: Notary) -> Signed:
    """A checkpoint of all that is recorded by now; the newest one when it covers that. Raises as `sign` does."""
    grow_to_the_end(engine)
    return sign(engine, notary)


def sign(engine: Engine, notary: Notary) -> Signed:
    """A checkpoint of the tree as it is; the newest one when the tree has not grown since.

    Mismatch, and nothing is signed, when the tree does not continue the newest checkpoint of the database or of the
    directory: two signed statements that contradict each other could never be taken back. Unusable when that can't be
    seen, because the directory that once held copies is not configured, or is empty.
    """
    with proving(engine) as connection:
        tree = Tiles(connection)
        last, outside = _continued(connection, tree, notary)
        if outside is not None and (last is None or outside.size > last.size):
            # It was written, and before it was told here the process ended.
            _remember(connection, outside, notary)
            last = outside
        if notary.directory is not None:
            _catch_up(connection, tree, notary, notary.directory, behind=-1 if outside is None else outside.size)
        if last is not None and last.size == tree.size:
            return Signed(last, new=False)
        made = _made(tree, notary, simulated=notary.simulated or (last is not None and last.simulated))
        if notary.directory is not None:
            directory.keep(notary.directory, made)
        _remember(connection, made, notary)
        return Signed(made, new=True)


def look(engine: Engine, notary: Notary) -> None:
    """Mismatch or Unusable as `sign` would tell it, and nothing is signed."""
    with proving(engine) as connection:
        _continued(connection, Tiles(connection), notary)


def kept_outside(connection: Connection) -> list[int]:
    """The sizes of the checkpoints of which a copy was written to the directory."""
    found = list(connection.execute(select(checkpoints.c.size).where(checkpoints.c.outside)).scalars())
    if any(type(size) is not int for size in found):
        raise Mismatch(_UNREADABLE)
    return found


def fits(connection: Connection, tree: Tiles, signed: Checkpoint) -> None:
    """Mismatch when the tree does not begin as was signed."""
    at = f"{signed.signed_at:%Y-%m-%d %H:%M:%S} UTC"
    end = leaf.end(connection)
    if signed.size > end:
        raise Mismatch(
            f"the log was set back: {signed.size} events were signed at {at}, it has {end}; it differs at or before "
            f"position {end + 1}"
        )
    if signed.size > tree.size:
        raise Mismatch(f"the tree covers {tree.size} of {end} events, and {signed.size} were signed at {at}")
    if tree.root(signed.size) != signed.root:
        raise Mismatch(
            f"the first {signed.size} events are not those of the checkpoint that was signed at {at}: the log was "
            f"changed, or set back and went on otherwise; it differs at or before position {signed.size}"
        )


def fits_its_row(kept: Checkpoint, key: VerifierKey) -> None:
    """Mismatch when a row of the table is not what its note says, or the note is not signed with this key."""
    try:
        said = checkpoint(kept.note.encode(), key)
    except NoteRefused as refusal:
        raise Mismatch(f"the checkpoint of size {kept.size} in the database {refusal}") from None
    if said != kept:
        raise Mismatch(f"the checkpoint of size {kept.size} in the database is not what its note says")


def _continued(connection: Connection, tree: Tiles, notary: Notary) -> tuple[Checkpoint | None, Checkpoint | None]:
    """The newest checkpoint of the database and that of the directory, both continued by the tree."""
    leaf.begins_at_one(connection)
    last = newest(connection)
    if last is not None:
        fits_its_row(last, notary.key)
        fits(connection, tree, last)
    outside = directory.newest(notary.directory, notary.key)
    copied = max(kept_outside(connection), default=None)
    if outside is not None:
        fits(connection, tree, outside)
    elif copied is not None and notary.directory is None:
        raise Unusable(f"its checkpoints are kept outside the database too: set {PREFIX}CHECKPOINT_DIR")
    elif copied is not None:
        raise Unusable(
            f"the checkpoint directory is empty, and the checkpoint of {copied} events was kept there: put it back, "
            f"as GET /v1/log/checkpoint gives it, in a file {directory.file_name(copied)}"
        )
    return last, outside


def _catch_up(connection: Connection, tree: Tiles, notary: Notary, outside: Path, behind: int) -> None:
    """Write what the database has and the directory does not, behind the newest that is there."""
    missing = _found(connection, _SELECT.where(checkpoints.c.size > behind).order_by(checkpoints.c.size))
    for each in missing:
        fits_its_row(each, notary.key)
        fits(connection, tree, each)
        directory.keep(outside, each)
    if missing:
        connection.execute(update(checkpoints).where(checkpoints.c.size > behind).values(outside=True))


def _made(tree: Tiles, notary: Notary, *, simulated: bool) -> Checkpoint:
    now = notary.clock().astimezone(UTC)
    at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    root = tree.root(tree.size)
    # Once by the senders' clocks, a log has instants of theirs for ever.
    text = statement(notary.key.name, tree.size, root, at, simulated=simulated)
    return Checkpoint(tree.size, root, at, notary.signer.sign(text))


def _remember(connection: Connection, made: Checkpoint, notary: Notary) -> None:
    connection.execute(insert(checkpoints).values(**made._asdict(), outside=notary.directory is not None))


def _found(connection: Connection, statement: Select[Any]) -> list[Checkpoint]:
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


def _one(found: list[Checkpoint]) -> Checkpoint | None:
    return found[0] if found else None
