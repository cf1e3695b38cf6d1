"""Signing: checkpoints of the log are made, signed and kept here, and never two that contradict.

The follower does so every few minutes, as it grows the tree; a command or a request can ask for one now.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine, insert, update

from service.evidence import Mismatch
from service.evidence.checkpoints import (
    Checkpoint,
    DirectoryUnusable,
    check_row,
    checkpoints_behind,
    file_name,
    newest_checkpoint,
    newest_file,
    sizes_kept_outside,
    statement,
    write_file,
)
from service.evidence.leaves import check_begins_at_one, log_end
from service.evidence.signed_notes import Signer, VerifierKey
from service.evidence.tiles import Tiles, grow, grow_to_the_end, tree_size
from service.foundation.errors import log_error
from service.foundation.settings import PREFIX, Settings
from service.log.keys import Keyring
from service.log.permanent_keys import keyring_of_settings
from service.storage.database import proving, reading
from service.storage.service_tables import checkpoints

_log = logging.getLogger("ketenspoor")

#: The contract says every ten minutes; half of that leaves room for a follower that has a long batch to finish.
EVERY = timedelta(minutes=5)
#: A fault that stays is logged again after this time.
LOGGED_AGAIN = timedelta(minutes=10)
#: After a fault nothing is tried for this time.
REST = timedelta(seconds=10)


def _now() -> datetime:
    return datetime.now(UTC)


class CheckpointSigner(NamedTuple):
    """Who signs; `directory` is outside the database, or a database that was set back could not be noticed.

    `simulated`: recordedAt follows the senders' clocks, and checkpoints say so.
    """

    note_signer: Signer
    directory: Path | None = None
    simulated: bool = False
    clock: Callable[[], datetime] = _now

    @property
    def key(self) -> VerifierKey:
        """The key that verifies the checkpoints."""
        return self.note_signer.key


def checkpoint_signer(
    settings: Settings, clock: Callable[[], datetime] = _now, keys: Keyring | None = None
) -> CheckpointSigner:
    """Who signs by these settings, with a database's own keys where these are given."""
    signing = (keys or keyring_of_settings(settings)).signing
    return CheckpointSigner(
        Signer(settings.log_name, signing), settings.checkpoint_dir, settings.clock == "sender", clock
    )


class Signed(NamedTuple):
    """The checkpoint of the tree as it is, and whether it was made just now."""

    checkpoint: Checkpoint
    new: bool


def sign_the_log(engine: Engine, signer: CheckpointSigner) -> Signed:
    """A checkpoint of all that is recorded by now; the newest one when it covers that. Raises as `sign` does."""
    grow_to_the_end(engine)
    return sign(engine, signer)


def sign(engine: Engine, signer: CheckpointSigner) -> Signed:
    """A checkpoint of the tree as it is; the newest one when the tree has not grown since.

    Mismatch, and nothing is signed, when the tree does not continue the newest checkpoint of the database or of the
    directory: two signed statements that contradict each other could never be taken back. DirectoryUnusable when that
    can't be seen, because the directory that once held copies is not configured, or is empty.
    """
    with proving(engine) as connection:
        tree = Tiles(connection)
        last, outside = _check_newest(connection, tree, signer)
        if outside is not None and (last is None or outside.size > last.size):
            # It was written, and the process ended before it was recorded here.
            _insert(connection, outside, signer)
            last = outside
        if signer.directory is not None:
            _catch_up(connection, tree, signer, signer.directory, behind=-1 if outside is None else outside.size)
        if last is not None and last.size == tree.size:
            return Signed(last, new=False)
        made = _make(tree, signer, simulated=signer.simulated or (last is not None and last.simulated))
        if signer.directory is not None:
            write_file(signer.directory, made)
        _insert(connection, made, signer)
        return Signed(made, new=True)


def check_continued(engine: Engine, signer: CheckpointSigner) -> None:
    """Mismatch or DirectoryUnusable as `sign` would tell it, and nothing is signed."""
    with proving(engine) as connection:
        _check_newest(connection, Tiles(connection), signer)


def check_tree_begins_as_signed(connection: Connection, tree: Tiles, signed: Checkpoint) -> None:
    """Mismatch when the tree does not begin as was signed."""
    at = f"{signed.signed_at:%Y-%m-%d %H:%M:%S} UTC"
    end = log_end(connection)
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


def _check_newest(
    connection: Connection, tree: Tiles, signer: CheckpointSigner
) -> tuple[Checkpoint | None, Checkpoint | None]:
    """The newest checkpoint of the database and that of the directory, both continued by the tree."""
    check_begins_at_one(connection)
    last = newest_checkpoint(connection)
    if last is not None:
        check_row(last, signer.key)
        check_tree_begins_as_signed(connection, tree, last)
    outside = newest_file(signer.directory, signer.key)
    copied = max(sizes_kept_outside(connection), default=None)
    if outside is not None:
        check_tree_begins_as_signed(connection, tree, outside)
    elif copied is not None and signer.directory is None:
        raise DirectoryUnusable(f"its checkpoints are kept outside the database too: set {PREFIX}CHECKPOINT_DIR")
    elif copied is not None:
        raise DirectoryUnusable(
            f"the checkpoint directory is empty, and the checkpoint of {copied} events was kept there: put it back, "
            f"as GET /v1/log/checkpoint gives it, in a file {file_name(copied)}"
        )
    return last, outside


def _catch_up(connection: Connection, tree: Tiles, signer: CheckpointSigner, outside: Path, behind: int) -> None:
    """Write what the database has and the directory does not, behind the newest that is there."""
    missing = checkpoints_behind(connection, behind)
    for each in missing:
        check_row(each, signer.key)
        check_tree_begins_as_signed(connection, tree, each)
        write_file(outside, each)
    if missing:
        connection.execute(update(checkpoints).where(checkpoints.c.size > behind).values(outside=True))


def _make(tree: Tiles, signer: CheckpointSigner, *, simulated: bool) -> Checkpoint:
    now = signer.clock().astimezone(UTC)
    at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    root = tree.root(tree.size)
    # Once by the senders' clocks, a log has instants of theirs for ever.
    text = statement(signer.key.name, tree.size, root, at, simulated=simulated)
    return Checkpoint(tree.size, root, at, signer.note_signer.sign(text))


def _insert(connection: Connection, made: Checkpoint, signer: CheckpointSigner) -> None:
    connection.execute(insert(checkpoints).values(**made._asdict(), outside=signer.directory is not None))


class PeriodicSigning:
    """Called again and again by the follower; does a little each time, and never stops it."""

    def __init__(self, engine: Engine, signer: CheckpointSigner) -> None:
        self._engine = engine
        self._signer = signer
        self._checked_at: datetime | None = None
        self._failed_at: datetime | None = None
        self._logged: tuple[str, datetime] | None = None

    def __call__(self) -> bool:
        """Take a batch of events into the tree and sign when it is time; tells whether the tree grew."""
        if not self._passed(self._failed_at, REST):
            return False
        try:
            grown = bool(self._tree_is_behind() and grow(self._engine))
            if self._checkpoint_is_due():
                sign(self._engine, self._signer)
            if not grown and self._passed(self._checked_at, EVERY):
                # A log that was set back as a whole shows it only once it grows; what is kept outside shows it at once.
                self._checked_at = self._signer.clock()
                check_continued(self._engine, self._signer)
        except (Mismatch, DirectoryUnusable) as fault:
            self._log_fault(str(fault))
        except Exception as fault:  # noqa: BLE001 - whatever is wrong with the evidence, the projections go on
            log_error(_log, "the log is not signed", fault)
        else:
            self._logged = self._failed_at = None
            return grown
        self._failed_at = self._signer.clock()
        # What was wrong may be mended: then it is looked at again.
        self._checked_at = None
        return False

    def _passed(self, since: datetime | None, time: timedelta) -> bool:
        # Also when the clock was put back: nothing must wait until it is late again.
        return since is None or abs(self._signer.clock() - since) >= time

    def _tree_is_behind(self) -> bool:
        with reading(self._engine) as connection:
            covered = tree_size(connection)
            return covered != log_end(connection)

    def _checkpoint_is_due(self) -> bool:
        """When there are events that no checkpoint covers, and the last was made long enough ago."""
        with reading(self._engine) as connection:
            covered, last = tree_size(connection), newest_checkpoint(connection)
        if last is None:
            return covered > 0
        return covered != last.size and self._passed(last.signed_at, EVERY)

    def _log_fault(self, what: str) -> None:
        now = self._signer.clock()
        if self._logged is None or self._logged[0] != what or abs(now - self._logged[1]) >= LOGGED_AGAIN:
            _log.error("the log is not signed: %s", what)
            self._logged = what, now
