"""What a person may ask of their own data."""

from __future__ import annotations

import os
import re
import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
import typer

from domain.identifiers import is_v_number
from service.access.registry import who_is_who
from service.cli.administration import TOKEN_FILE, administrator, now
from service.cli.terminal import Failed, console, lines_given, migrated
from service.foundation.settings import load
from service.log.kept_keys import keyring_of
from service.privacy.readable import page
from service.privacy.subject_access import Kept, NoSuchPerson, account_for, gathered

_MOST_OF_A_REASON = 200
_A_NUMBER = re.compile(r"[0-9]{6}")


def subject_access(
    directory: Annotated[Path, typer.Argument(help="A new directory for the two files; only its owner may read them.")],
    reason: Annotated[str, typer.Option(help="Why, as the number of the request; it names nobody.")],
    journey: Annotated[UUID | None, typer.Option(help="The journey of the person, instead of their V-number.")] = None,
    token_file: Annotated[Path | None, TOKEN_FILE] = None,
) -> None:
    """Write all that is kept of one person, and who consulted it (AVG art. 15), as JSON and as a page to read.

    The V-number is read from standard input, so that it stands in no list of commands. What the files hold is in the
    open: hand them over safely, and delete them. That they were made is in the log of processing and the audit log.
    """
    settings = load()
    if not reason.strip() or len(reason) > _MOST_OF_A_REASON or _A_NUMBER.search(reason):
        raise Failed(f"--reason says why in at most {_MOST_OF_A_REASON} characters, without anybody's number")
    engine = migrated(settings)
    try:
        keys = keyring_of(settings, engine)
        caller = administrator(token_file, settings, keys)
        asked = journey or keys.journey(_v_number())
        kept = Kept(engine, keys, who_is_who(settings).organisations, now)
        told = gathered(kept, asked)
        _make(directory)
        account_for(kept, told["journey"], caller, reason)
        _write(directory / "inzage.json", msgspec.json.format(msgspec.json.encode(told), indent=2))
        _write(directory / "inzage.html", page(told).encode())
    except NoSuchPerson:
        raise Failed("nothing is kept of this person") from None
    finally:
        engine.dispose()
    events, consultations = len(told["events"]), len(told["consultations"])
    console.print(f"{events} events and {consultations} consultations in {directory}", markup=False, soft_wrap=True)


def _v_number() -> str:
    given = getpass("V-number: ") if sys.stdin.isatty() else lines_given()[0]
    if not is_v_number(given.strip()):
        raise Failed("a V-number has ten digits; it is read from standard input")
    return given.strip()


def _make(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        raise Failed(f"{directory} is there already") from None


def _write(path: Path, content: bytes) -> None:
    """A file for its owner alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
