"""Retention: what is due, and proposing it for destruction."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from domain.retention import CLASSES
from service.audit.access_log import OPERATOR, noted
from service.cli.administration import TOKEN_FILE, administrator, now
from service.cli.destroying import tell
from service.cli.terminal import Failed, bar, console, migrated
from service.foundation.settings import load
from service.foundation.time import today
from service.log.kept_keys import keyring_of
from service.privacy import retention as due
from service.privacy.proposing import NotProposed, propose
from service.privacy.wiping import NotWiped
from service.storage.database import writing

_REASON = "the term of retention has passed"


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what is due; needs no token.")] = False,
    token_file: Annotated[Path | None, TOKEN_FILE] = None,
) -> None:
    """Propose the journeys whose term of retention has passed for destruction, and delete refused events past theirs.

    Writes the journeys that are due to standard output and how many of each class to standard error. Without --dry-run
    a proposal is made of them, which another administrator approves with `destroy approve`. The terms are in
    docs/privacy/retention.md.
    """
    settings = load()
    engine = migrated(settings)
    caller = None if dry_run else administrator(token_file, settings, keyring_of(settings, engine))
    try:
        with bar("journeys") as progress:
            found = due.listed(engine, now(), today(now), progress)
        with writing(engine) as connection:
            noted(connection, now(), OPERATOR if caller is None else caller.actor, "list what is due", "journeys")
        for one in CLASSES:
            if found.counts[one.name]:
                console.print(f"{found.counts[one.name]} of {one.name}: {one.years} years after {one.trigger}")
        console.print(f"{len(found.journeys)} journeys due, {len(found.held)} held, {found.refused} refused events due")
        sys.stdout.write(due.ids(found.journeys))
        if caller is not None:
            expired = due.expire_refused(engine, caller.actor, now())
            console.print(f"{expired} refused events deleted")
            if found.journeys:
                tell(propose(engine, caller.actor, now(), sorted(found.journeys), _REASON, found.journeys))
    except (NotProposed, NotWiped) as fault:
        raise Failed(str(fault)) from None
    finally:
        engine.dispose()
