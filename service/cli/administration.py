"""What is for administrators alone: who shows by a token that they are one, and the time at which they act."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import typer

from service.access.caller import Caller
from service.access.key_sets import KeysUnavailable
from service.access.tokens import TokenRefused, caller_of_token
from service.cli.terminal import Failed
from service.foundation import utf8
from service.foundation.settings import Settings
from service.log.keys import Keyring

TOKEN_FILE = typer.Option(
    help="A file with the access token of who does it, an administrator.", envvar="KETENSPOOR_TOKEN_FILE"
)


def administrator(token_file: Path | None, settings: Settings, keys: Keyring) -> Caller:
    """Who shows a token, if that is an administrator's."""
    if token_file is None:
        raise Failed("show who you are: --token-file names a file with an administrator's access token")
    try:
        caller = caller_of_token(utf8.read(token_file), settings, keys, now)
    except (TokenRefused, KeysUnavailable) as fault:
        raise Failed(str(fault)) from None
    if "administrator" not in caller.roles:
        raise Failed("the token is not an administrator's")
    return caller


def now() -> datetime:
    """The clock of who runs a command."""
    return datetime.now(UTC)
