"""Evidence that nobody changed history: signing the log, handing it out, and verifying what was handed out."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from service.audit.access_log import OPERATOR, log_command
from service.cli.terminal import Failed, bar, console, migrated
from service.evidence import Mismatch
from service.evidence.checkpoints import DirectoryUnusable
from service.evidence.exported_log import NotEmpty, verify_exported_log, write_exported_log
from service.evidence.signed_notes import NoteRefused, VerifierKey, parse_verifier_key
from service.evidence.signing import checkpoint_signer, sign_the_log
from service.foundation import utf8
from service.foundation.settings import load
from service.log.permanent_keys import load_keyring
from service.log.recorder import EventRecorder
from service.storage.database import writing


def checkpoint() -> None:
    """Sign the log as it is now and print the checkpoint; the newest one again when nothing was recorded since.

    Nothing is signed, and the exit code is 1, when the log does not continue the newest checkpoint of the database or
    of KETENSPOOR_CHECKPOINT_DIR: someone changed it, or set it back. Nor without that
    directory when there were copies in it.
    """
    settings = load()
    try:
        engine = migrated(settings)
        signed = sign_the_log(engine, checkpoint_signer(settings, keys=load_keyring(settings, engine)))
    except (Mismatch, DirectoryUnusable) as fault:
        raise Failed(f"nothing is signed: {fault}") from None
    sys.stdout.write(signed.checkpoint.note)


def export_log(
    directory: Annotated[Path, typer.Argument(help="A new or empty directory.")],
) -> None:
    """Write the whole log with its signed checkpoints into a directory, to be verified anywhere.

    What is personal in it stays sealed. The directory explains its own formats.
    """
    settings = load()
    engine = migrated(settings)
    try:
        with writing(engine) as connection:
            handed_out = (1, EventRecorder(connection).last_position())
            log_command(connection, datetime.now(UTC), OPERATOR, "export log", "log", positions=handed_out)
        with bar("events") as progress:
            signing = checkpoint_signer(settings, keys=load_keyring(settings, engine))
            exported = write_exported_log(engine, signing, directory, progress)
    except (Mismatch, DirectoryUnusable) as fault:
        raise Failed(f"the log cannot be exported: {fault}") from None
    except NotEmpty as fault:
        raise Failed(str(fault)) from None
    console.print(
        f"{exported.events} events and {exported.checkpoints} checkpoints in {directory}", markup=False, soft_wrap=True
    )


def verify_log(
    directory: Annotated[Path, typer.Argument(help="What `ketenspoor export-log` wrote.")],
    key: Annotated[str, typer.Option(help="The verifier key that GET /v1/log/key gave, or a file that holds it.")],
) -> None:
    """Verify an exported log, without server, database or settings: every event, every hash, every checkpoint.

    Exits with 1 and names the first position that does not fit, when there is one.
    """
    with bar("events") as progress:
        try:
            verified = verify_exported_log(directory, _key(key), progress)
        except Mismatch as fault:
            raise Failed(f"the log does not verify: {fault}") from None
    last = verified.last
    console.print(
        f"{verified.events} events under {verified.checkpoints} checkpoints, the last signed at "
        f"{last.signed_at:%Y-%m-%d %H:%M:%S} UTC; everything fits",
        soft_wrap=True,
    )


def _key(given: str) -> VerifierKey:
    try:
        # What is no key is taken for the name of a file.
        return parse_verifier_key(given.strip())
    except NoteRefused:
        pass
    try:
        return parse_verifier_key(utf8.read_text(Path(given)).strip())
    except OSError:
        raise Failed("--key is neither a verifier key nor a file that can be read") from None
    except NoteRefused as refusal:
        raise Failed(f"the file given as --key {refusal}") from None
