"""Destroying what is personal of journeys: proposed by one administrator, approved and done by another."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import typer
from sqlalchemy import Engine

from service.access.caller import Caller
from service.audit.access_log import noted
from service.cli.administration import TOKEN_FILE, administrator, now
from service.cli.terminal import Failed, bar, console, lines_given, migrated
from service.evidence.note import Signer
from service.foundation.settings import Settings, load
from service.log.kept_keys import keep, keyring_of
from service.log.keys import Keyring
from service.log.master_key import ForeignMasterKey
from service.privacy import proposing
from service.privacy.destruction import approve
from service.privacy.destruction import destroy as carry_out
from service.privacy.proposing import NotProposed, Proposal, journeys_in
from service.privacy.wiping import NotWiped
from service.storage.database import writing

Step = Literal["propose", "approve", "show", "list", "hold", "release"]
_NEEDS_NUMBER = ("approve", "show", "list")


class Work(NamedTuple):
    """What a command works with, and who does it."""

    settings: Settings
    engine: Engine
    keys: Keyring
    caller: Caller


def destroy(
    step: Annotated[Step, typer.Argument(help="What to do.")],
    number: Annotated[int | None, typer.Argument(help="Which destruction, for approve, show and list.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why, for propose, hold and release; it names nobody.")] = None,
    digest: Annotated[str | None, typer.Option(help="For approve: that of the list that was looked at.")] = None,
    token_file: Annotated[Path | None, TOKEN_FILE] = None,
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
    except (NotProposed, NotWiped) as fault:
        raise Failed(str(fault)) from None
    finally:
        work.engine.dispose()


def _begin(token_file: Path | None) -> Work:
    settings = load()
    engine = migrated(settings)
    keys = keyring_of(settings, engine)
    caller = administrator(token_file, settings, keys)
    try:
        keep(engine, keys, now())
    except ForeignMasterKey as fault:
        raise Failed(str(fault)) from None
    return Work(settings, engine, keys, caller)


def _on_list(step: Step, reason: str | None, work: Work) -> None:
    if reason is None:
        raise Failed(f"{step} needs --reason")
    journeys = journeys_in(lines_given(), work.keys)
    if step == "propose":
        tell(proposing.propose(work.engine, work.caller.actor, now(), journeys, reason))
        return
    change = proposing.hold if step == "hold" else proposing.release
    count = change(work.engine, work.caller.actor, now(), journeys, reason)
    console.print(f"{count} journeys {'held' if step == 'hold' else 'released'}")


def _on_proposal(step: Step, number: int | None, digest: str | None, work: Work) -> None:
    if number is None:
        raise Failed(f"{step} needs the number of a destruction")
    if step == "show":
        found = proposing.proposal(work.engine, number)
        if found.declaration is None:
            tell(found)
        else:
            sys.stdout.write(found.declaration)
    elif step == "list":
        with writing(work.engine) as connection:
            noted(connection, now(), work.caller.actor, "list destruction", f"destruction {number}")
        sys.stdout.writelines(f"{journey}\n" for journey in proposing.listed(work.engine, number))
    else:
        _approve(number, digest, work)


def _approve(number: int, digest: str | None, work: Work) -> None:
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


def tell(found: Proposal) -> None:
    """A proposal, for who is to approve of it."""
    console.print(f"destruction {found.number}: {found.journeys} journeys, on grounds of {found.grounds}")
    console.print(f"reason: {found.reason}", markup=False, soft_wrap=True)
    console.print(f"proposed by {found.proposed_by}, approved by {found.approved_by or 'nobody yet'}", markup=False)
    sys.stdout.write(f"{found.digest.hex()}\n")
