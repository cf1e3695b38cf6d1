"""Checkpoints of the log: made, signed and kept, in the database and outside it, and never two that contradict."""

from __future__ import annotations

from datetime import UTC
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Select, insert, select
from sqlalchemy.exc import DBAPIError

from projections import dialect
from service.database import proving
from service.evidence import Mismatch, directory
from service.evidence.notary import Notary
from service.evidence.note import NoteRefused, VerifierKey
from service.evidence.statement import Checkpoint, checkpoint, statement
from service.evidence.tiles import Tiles, grow_to_the_end
from service.tables import checkpoints


class Signed(NamedTuple):
    """The checkpoint of the tree as it is, and whether it was made just now."""

    checkpoint: Checkpoint
    new: bool


def newest(connection: Connection) -> Checkpoint | None:
    """The checkpoint of the greatest size; None when none was made yet."""
    return _one(_found(connection, select(checkpoints).order_by(checkpoints.c.size.desc()).limit(1)))


def covering(connection: Connection, position: int) -> Checkpoint | None:
    """The first checkpoint that covers a position; None when none does yet."""
    covers = select(checkpoints).where(checkpoints.c.size >= position).order_by(checkpoints.c.size).limit(1)
    return _one(_found(connection, covers))


def of_size(connection: Connection, size: int) -> Checkpoint | None:
    """The checkpoint of exactly this size, if one was made."""
    return _one(_found(connection, select(checkpoints).where(checkpoints.c.size == size)))


def every(connection: Connection) -> list[Checkpoint]:
    """All checkpoints of the database, by size."""
    return _found(connection, select(checkpoints).order_by(checkpoints.c.size))


def sign_the_log(engine: Engine, notary: Notary) -> Signed:
    """A checkpoint of all that is recorded by now; the newest one when it covers that. Mismatch as `sign`."""
    grow_to_the_end(engine)
    return sign(engine, notary)


def sign(engine: Engine, notary: Notary) -> Signed:
    """A checkpoint of the tree as it is; the newest one when the tree has not grown since.

    Mismatch, and nothing is signed, when the tree does not continue the newest checkpoint of the database or of the
    directory: two signed statements that contradict each other could never be taken back.
    """
    with proving(engine) as connection:
        tree = Tiles(connection)
        last = newest(connection)
        if last is not None:
            fits_its_row(last, notary.key)
            fits(tree, last)
        outside = directory.newest(notary.directory, notary.key)
        if outside is not None:
            fits(tree, outside)
            if last is None or outside.size > last.size:
                # It was written, and before it was told here the process ended.
                _remember(connection, outside)
                last = outside
        if last is not None and notary.directory is not None and (outside is None or outside.size < last.size):
            directory.keep(notary.directory, last)
        if last is not None and last.size == tree.size:
            return Signed(last, new=False)
        made = _made(tree, notary)
        if notary.directory is not None:
            directory.keep(notary.directory, made)
        _remember(connection, made)
        return Signed(made, new=True)


def fits(tree: Tiles, signed: Checkpoint) -> None:
    """Mismatch when the tree does not begin as was signed."""
    if signed.size > tree.size:
        raise Mismatch(
            f"a checkpoint of {signed.size} events was signed at {signed.signed_at:%Y-%m-%d %H:%M:%S} UTC, but the "
            f"tree covers {tree.size}: position {tree.size + 1} is the first that is missing, the database was set back"
        )
    if tree.root(signed.size) != signed.root:
        raise Mismatch(
            f"the first {signed.size} events are not those of the checkpoint that was signed at "
            f"{signed.signed_at:%Y-%m-%d %H:%M:%S} UTC"
        )


def fits_its_row(kept: Checkpoint, key: VerifierKey) -> None:
    """Mismatch when a row of the table is not what its note says, or the note is not signed with this key."""
    try:
        said = checkpoint(kept.note.encode(), key)
    except NoteRefused as refusal:
        raise Mismatch(f"the checkpoint of size {kept.size} in the database {refusal}") from None
    if said != kept:
        raise Mismatch(f"the checkpoint of size {kept.size} in the database is not what its note says")


def _made(tree: Tiles, notary: Notary) -> Checkpoint:
    now = notary.clock().astimezone(UTC)
    at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    root = tree.root(tree.size)
    text = statement(notary.key.name, tree.size, root, at, simulated=notary.simulated)
    return Checkpoint(tree.size, root, at, notary.signer.sign(text))


def _remember(connection: Connection, made: Checkpoint) -> None:
    connection.execute(insert(checkpoints).values(made._asdict()))


def _found(connection: Connection, statement: Select[Any]) -> list[Checkpoint]:
    try:
        return [Checkpoint._make(row) for row in connection.execute(statement)]
    except (ValueError, DBAPIError) as fault:
        if isinstance(fault, DBAPIError) and not dialect.undecodable(connection, fault):
            raise
        raise Mismatch("a checkpoint in the database cannot be read") from None


def _one(found: list[Checkpoint]) -> Checkpoint | None:
    return found[0] if found else None
