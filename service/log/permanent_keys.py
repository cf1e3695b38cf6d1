"""The permanent keys, as the database keeps them: wrapped under the master key in use, whichever was the first."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import DBAPIError

from service.foundation.settings import Settings
from service.log.keys import DEVELOPMENT_KEY, ForeignMasterKey, Keyring
from service.log.recorder import EventRecorder
from service.storage.database import missing_sqlite_file, reading, writing
from service.storage.service_tables import master_keys, serving

_FOREIGN = (
    "the database works under another master key than the one that is configured: "
    "give the one it was made with, or the one that `ketenspoor rotate-key` put in its place"
)


def keyring_of_settings(settings: Settings) -> Keyring:
    """The keys of the settings alone; the permanent ones are those of a database that has had no other."""
    return Keyring(settings.master_key_bytes() or DEVELOPMENT_KEY, settings.next_master_key_bytes())


def load_keyring(settings: Settings, engine: Engine) -> Keyring:
    """The keys of a database, where it is there; else as the settings have them. ForeignMasterKey."""
    keys = keyring_of_settings(settings)
    if missing_sqlite_file(settings.database_url) is None:
        try:
            with reading(engine) as connection:
                load_permanent_keys(connection, keys)
        except DBAPIError:
            # Out of reach, or not migrated: who needs it finds out, and before anything was recorded under a key.
            return keys
    return keys


def load_permanent_keys(connection: Connection, keys: Keyring) -> bool:
    """Use what the database keeps; False when it keeps nothing yet. ForeignMasterKey when none of our keys opens it."""
    rows = {bytes(row.name): bytes(row.wrapped) for row in connection.execute(select(master_keys))}
    if not rows:
        return False
    known = [name for name in keys.names if name in rows]
    if not known:
        raise ForeignMasterKey(_FOREIGN)
    keys.adopt(keys.unwrap_permanent(rows[known[0]]))
    wrapping = connection.execute(select(serving.c.wrapping)).scalar_one()
    if wrapping is not None:
        if bytes(wrapping) not in keys.names:
            raise ForeignMasterKey(_FOREIGN)
        keys.wrap_with(bytes(wrapping))
    return True


def require_all_master_keys(connection: Connection, keys: Keyring) -> None:
    """ForeignMasterKey while a rotation is under way and these are not both keys: some of what is kept opens not."""
    if {bytes(name) for name in connection.execute(select(master_keys.c.name)).scalars()} - set(keys.names):
        raise ForeignMasterKey("a rotation of the master key is not done: run it to its end first, or give both keys")


def ensure_permanent_keys(engine: Engine, keys: Keyring, now: datetime) -> None:
    """Before the first event: let the database remember its keys, or see that these are the ones it remembers."""
    signing = keys.signing.private_bytes_raw()
    with reading(engine) as connection:
        there = load_permanent_keys(connection, keys)
    if not there:
        with writing(engine) as connection:
            EventRecorder(connection).lock()
            if not load_permanent_keys(connection, keys):
                store_permanent_keys(connection, keys, now)
                connection.execute(update(serving).values(wrapping=keys.wrapping))
    if keys.signing.private_bytes_raw() != signing:
        # What was made before now was made with other keys.
        raise ForeignMasterKey("the keys of the database were not to be had when this process began; start it again")


def store_permanent_keys(connection: Connection, keys: Keyring, now: datetime) -> None:
    """Keep the permanent keys under the master key that wraps what is new."""
    row = {"name": keys.wrapping, "wrapped": keys.wrap_permanent(), "since": now}
    connection.execute(insert(master_keys).values(**row))
