"""Replacing the master key while the service goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from service.cli.administration import TOKEN_FILE, administrator, now
from service.cli.terminal import Failed, bar, console, migrated
from service.foundation.settings import load
from service.log.kept_keys import keep, keyring_of
from service.privacy.rotation import rotate
from service.privacy.wiping import NotWiped


def rotate_key(token_file: Annotated[Path | None, TOKEN_FILE] = None) -> None:
    """Wrap everything under the master key of KETENSPOOR_NEXT_MASTER_KEY_FILE, while the service goes on.

    Before, every process must have been started with that file beside the master key in use; after it, each with the
    new key alone. After an interruption it is simply run again. docs/privacy/rotation.md has the steps.
    """
    settings = load()
    if settings.next_master_key_file is None:
        raise Failed("KETENSPOOR_NEXT_MASTER_KEY_FILE names no file: docs/privacy/rotation.md has the steps")
    engine = migrated(settings)
    keys = keyring_of(settings, engine)
    caller = administrator(token_file, settings, keys)
    try:
        keep(engine, keys, now())
        with bar("journeys") as progress:
            done = rotate(engine, keys, caller.actor, now(), progress)
    except NotWiped as fault:
        raise Failed(str(fault)) from None
    finally:
        engine.dispose()
    console.print(f"{done.journeys} keys of journeys and {done.rejections} refused events are under the next key")
    if done.unreadable:
        raise Failed(f"{done.unreadable} open with neither key: somebody changed them; they stay as they are")
