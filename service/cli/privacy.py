"""Persons and keys: destroying, retention, replacing the master key, and what is kept of one person.

Who runs these is an administrator and shows it by a token; numbers of persons are read from standard input.
"""

from __future__ import annotations

import os
import re
import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

import msgspec
import typer
from sqlalchemy import Engine

from domain.identifiers import is_v_number
from domain.retention import CLASSES
from service.access.caller import Caller
from service.access.key_sets import KeysUnavailable
from service.access.registry import who_is_who
from service.access.tokens import TokenRefused, caller_of_token
from service.audit.access_log import OPERATOR, log_command
from service.cli.terminal import Failed, bar, console, lines_given, migrated, now
from service.evidence.signed_notes import Signer
from service.foundation import utf8
from service.foundation.settings import Settings, load
from service.foundation.time import today
from service.log.keys import ForeignMasterKey, Keyring
from service.log.permanent_keys import ensure_permanent_keys, load_keyring
from service.privacy import proposals
from service.privacy import retention as due
from service.privacy.destruction import approve
from service.privacy.destruction import destroy as carry_out
from service.privacy.proposals import Proposal, ProposalRefused, parse_list, propose
from service.privacy.refused_events import delete_expired
from service.privacy.rotation import rotate
from service.privacy.subject_access import NoSuchPerson, Sources, collect, log_access
from service.privacy.subject_access_page import render_page
from service.privacy.wiping import NotWiped
from service.storage.database import writing

_TOKEN_FILE = typer.Option(
    help="A file with the access token of who does it, an administrator.", envvar="KETENSPOOR_TOKEN_FILE"
)
_Step = Literal["propose", "approve", "show", "list", "hold", "release"]
_NEEDS_NUMBER = ("approve", "show", "list")
_RETENTION_REASON = "the term of retention has passed"
_MAX_REASON = 200
_A_NUMBER = re.compile(r"[0-9]{6}")


class _Work(NamedTuple):
    """What a command works with, and who does it."""

    settings: Settings
    engine: Engine
    keys: Keyring
    caller: Caller


def destroy(
    step: Annotated[_Step, typer.Argument(help="What to do.")],
    number: Annotated[int | None, typer.Argument(help="Which destruction, for approve, show and list.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why, for propose, hold and release; it names nobody.")] = None,
    digest: Annotated[str | None, typer.Option(help="For approve: that of the list that was looked at.")] = None,
    token_file: Annotated[Path | None, _TOKEN_FILE] = None,
) -> None:
    """Destroy what is personal of journeys, by two persons.

    `propose` reads the list from standard input: one journey or V-number a line. `show` tells a proposal or, when it
    was done, its declaration; `list` writes its journeys. `approve`, by another administrator, with the digest that
    `show` told, carries it out; after an interruption it is simply run again. `hold` and `release` read a list too:
    journeys that are held are not destroyed. docs/privacy/destruction.md tells what is left to do by hand.
    """
    work = _begin(token_file)
    try:
        if step in _NEEDS_NUMBER:
            _on_proposal(step, number, digest, work)
        else:
            _on_list(step, reason, work)
    except (ProposalRefused, NotWiped) as fault:
        raise Failed(str(fault)) from None
    finally:
        work.engine.dispose()


def _begin(token_file: Path | None) -> _Work:
    settings = load()
    engine = migrated(settings)
    keys = load_keyring(settings, engine)
    caller = _administrator(token_file, settings, keys)
    try:
        ensure_permanent_keys(engine, keys, now())
    except ForeignMasterKey as fault:
        raise Failed(str(fault)) from None
    return _Work(settings, engine, keys, caller)


def _on_list(step: _Step, reason: str | None, work: _Work) -> None:
    if reason is None:
        raise Failed(f"{step} needs --reason")
    journeys = parse_list(lines_given(), work.keys)
    if step == "propose":
        _show(proposals.propose(work.engine, work.caller.actor, now(), journeys, reason))
        return
    change = proposals.hold if step == "hold" else proposals.release
    count = change(work.engine, work.caller.actor, now(), journeys, reason)
    console.print(f"{count} journeys {'held' if step == 'hold' else 'released'}")


def _on_proposal(step: _Step, number: int | None, digest: str | None, work: _Work) -> None:
    if number is None:
        raise Failed(f"{step} needs the number of a destruction")
    if step == "show":
        found = proposals.read_proposal(work.engine, number)
        if found.declaration is None:
            _show(found)
        else:
            sys.stdout.write(found.declaration)
    elif step == "list":
        with writing(work.engine) as connection:
            log_command(connection, now(), work.caller.actor, "list destruction", f"destruction {number}")
        sys.stdout.writelines(f"{journey}\n" for journey in proposals.read_list(work.engine, number))
    else:
        _approve(number, digest, work)


def _approve(number: int, digest: str | None, work: _Work) -> None:
    try:
        given = bytes.fromhex(digest or "")
    except ValueError:
        raise Failed("--digest is the one that `show` tells") from None
    approve(work.engine, work.caller.actor, now(), number, given)
    signer = Signer(work.settings.log_name, work.keys.signing)
    with bar("journeys") as progress:
        done = carry_out(work.engine, work.keys, now, signer, number, progress, work.caller.actor)
    console.print(f"{done.destroyed} destroyed, {done.held} held, {done.rejections} refused events deleted")
    sys.stdout.write(done.declaration)


def _show(found: Proposal) -> None:
    """A proposal, for who is to approve of it."""
    console.print(f"destruction {found.number}: {found.journeys} journeys, on grounds of {found.grounds}")
    console.print(f"reason: {found.reason}", markup=False, soft_wrap=True)
    console.print(f"proposed by {found.proposed_by}, approved by {found.approved_by or 'nobody yet'}", markup=False)
    sys.stdout.write(f"{found.digest.hex()}\n")


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what is due; needs no token.")] = False,
    token_file: Annotated[Path | None, _TOKEN_FILE] = None,
) -> None:
    """Propose the journeys whose term of retention has passed for destruction, and delete refused events past theirs.

    Writes the journeys that are due to standard output and how many of each class to standard error. Without --dry-run
    a proposal is made of them, which another administrator approves with `destroy approve`. The terms are in
    docs/privacy/retention.md.
    """
    settings = load()
    engine = migrated(settings)
    caller = None if dry_run else _administrator(token_file, settings, load_keyring(settings, engine))
    try:
        with bar("journeys") as progress:
            found = due.find_due(engine, now(), today(now), progress)
        with writing(engine) as connection:
            log_command(connection, now(), OPERATOR if caller is None else caller.actor, "list what is due", "journeys")
        for one in CLASSES:
            if found.counts[one.name]:
                console.print(f"{found.counts[one.name]} of {one.name}: {one.years} years after {one.trigger}")
        console.print(f"{len(found.journeys)} journeys due, {len(found.held)} held, {found.refused} refused events due")
        sys.stdout.write(due.format_list(found.journeys))
        if caller is not None:
            expired = delete_expired(engine, caller.actor, now())
            console.print(f"{expired} refused events deleted")
            if found.journeys:
                _show(propose(engine, caller.actor, now(), sorted(found.journeys), _RETENTION_REASON, found.journeys))
    except (ProposalRefused, NotWiped) as fault:
        raise Failed(str(fault)) from None
    finally:
        engine.dispose()


def rotate_key(token_file: Annotated[Path | None, _TOKEN_FILE] = None) -> None:
    """Wrap everything under the master key of KETENSPOOR_NEXT_MASTER_KEY_FILE, while the service goes on.

    Before, every process must have been started with that file beside the master key in use; after it, each with the
    new key alone. After an interruption it is simply run again. docs/privacy/rotation.md has the steps.
    """
    settings = load()
    if settings.next_master_key_file is None:
        raise Failed("KETENSPOOR_NEXT_MASTER_KEY_FILE names no file: docs/privacy/rotation.md has the steps")
    engine = migrated(settings)
    keys = load_keyring(settings, engine)
    caller = _administrator(token_file, settings, keys)
    try:
        ensure_permanent_keys(engine, keys, now())
        with bar("journeys") as progress:
            done = rotate(engine, keys, caller.actor, now(), progress)
    except NotWiped as fault:
        raise Failed(str(fault)) from None
    finally:
        engine.dispose()
    console.print(f"{done.journeys} keys of journeys and {done.rejections} refused events are under the next key")
    if done.unreadable:
        raise Failed(f"{done.unreadable} open with neither key: somebody changed them; they stay as they are")


def subject_access(
    directory: Annotated[Path, typer.Argument(help="A new directory for the two files; only its owner may read them.")],
    reason: Annotated[str, typer.Option(help="Why, as the number of the request; it names nobody.")],
    journey: Annotated[UUID | None, typer.Option(help="The journey of the person, instead of their V-number.")] = None,
    token_file: Annotated[Path | None, _TOKEN_FILE] = None,
) -> None:
    """Write all that is kept of one person, and who consulted it (AVG art. 15), as JSON and as a page to read.

    The V-number is read from standard input, so that it stands in no list of commands. What the files hold is in the
    open: hand them over safely, and delete them. That they were made is in the log of processing and the audit log.
    """
    settings = load()
    if not reason.strip() or len(reason) > _MAX_REASON or _A_NUMBER.search(reason):
        raise Failed(f"--reason says why in at most {_MAX_REASON} characters, without anybody's number")
    engine = migrated(settings)
    try:
        keys = load_keyring(settings, engine)
        caller = _administrator(token_file, settings, keys)
        asked = journey or keys.journey(_v_number())
        kept = Sources(engine, keys, who_is_who(settings).organisations, now)
        collected = collect(kept, asked)
        _make_directory(directory)
        log_access(kept, collected["journey"], caller, reason)
        _write_private(directory / "inzage.json", msgspec.json.format(msgspec.json.encode(collected), indent=2))
        _write_private(directory / "inzage.html", render_page(collected).encode())
    except NoSuchPerson:
        raise Failed("nothing is kept of this person") from None
    finally:
        engine.dispose()
    events, consultations = len(collected["events"]), len(collected["consultations"])
    console.print(f"{events} events and {consultations} consultations in {directory}", markup=False, soft_wrap=True)


def _v_number() -> str:
    given = getpass("V-number: ") if sys.stdin.isatty() else lines_given()[0]
    if not is_v_number(given.strip()):
        raise Failed("a V-number has ten digits; it is read from standard input")
    return given.strip()


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        raise Failed(f"{directory} is there already") from None


def _write_private(path: Path, content: bytes) -> None:
    """A file for its owner alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _administrator(token_file: Path | None, settings: Settings, keys: Keyring) -> Caller:
    """Who shows a token, if that is an administrator's."""
    if token_file is None:
        raise Failed("show who you are: --token-file names a file with an administrator's access token")
    try:
        caller = caller_of_token(utf8.read_text(token_file), settings, keys, now)
    except (TokenRefused, KeysUnavailable) as fault:
        raise Failed(str(fault)) from None
    if "administrator" not in caller.roles:
        raise Failed("the token is not an administrator's")
    return caller
