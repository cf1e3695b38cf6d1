"""Rotation of the master key while the service goes on: all that one key wrapped is wrapped under the next.

First the database says which key wraps what is new, under the lock that every commit takes; from then on nothing new is
wrapped under the former, and what is there is wrapped anew in portions. Begun again it goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Engine, delete, func, select, update

from projections import dialect
from service.audit.access_log import log_command
from service.log.keys import Keyring, SealBroken
from service.log.permanent_keys import load_permanent_keys, store_permanent_keys
from service.log.recorder import EventRecorder
from service.privacy.wiping import wipe
from service.storage.database import reading, writing
from service.storage.service_tables import journey_keys, master_keys, rejections, serving

_AT_ONCE = 2_000
_REWRAPPED = "UPDATE journey_keys SET wrapped_key = ? WHERE stream = ? AND wrapped_key = ?"
_RESEALED = "UPDATE rejections SET sealed = ? WHERE id = ?"
Progress = Callable[[int, int], None]


class Rotated(NamedTuple):
    """How much was wrapped under the next key by this run, and how much opens with neither key and stays as it is."""

    journeys: int
    rejections: int
    unreadable: int = 0


def rotate(engine: Engine, keys: Keyring, actor: str, now: datetime, progress: Progress) -> Rotated:
    """Wrap everything under the next master key, which `keys` has beside the one in use."""
    _switch_to_next_key(engine, keys, actor, now)
    with reading(engine) as connection:
        of = connection.execute(select(func.count()).select_from(journey_keys)).scalar_one()
    journeys, closed_journeys = _rewrap_journeys(engine, keys, lambda done: progress(done, of))
    refused, closed_refused = _reseal_rejections(engine, keys)
    found = Rotated(journeys, refused, closed_journeys + closed_refused)
    with writing(engine) as connection:
        # Nothing is under the former any more: who has it alone can open nothing of this database.
        connection.execute(delete(master_keys).where(master_keys.c.name != keys.wrapping))
        log_command(connection, now, actor, "rotate master key", "master key", reason="all is wrapped under the next")
    wipe(engine)
    return found


def _switch_to_next_key(engine: Engine, keys: Keyring, actor: str, now: datetime) -> None:
    following = keys.names[-1]
    with writing(engine) as connection:
        EventRecorder(connection).lock()
        load_permanent_keys(connection, keys)
        if keys.wrapping == following:
            return
        keys.wrap_with(following)
        store_permanent_keys(connection, keys, now)
        connection.execute(update(serving).values(wrapping=following))
        log_command(connection, now, actor, "begin rotation of master key", "master key")


def _rewrap_journeys(engine: Engine, keys: Keyring, progress: Callable[[int], None]) -> tuple[int, int]:
    count, closed, after, done = 0, 0, UUID(int=0), 0
    columns = select(journey_keys.c.stream, journey_keys.c.wrapped_key).order_by(journey_keys.c.stream).limit(_AT_ONCE)
    while True:
        with writing(engine) as connection:
            rows = connection.execute(columns.where(journey_keys.c.stream > after)).all()
            if not rows:
                return count, closed
            changed = []
            for row in rows:
                wrapped = bytes(row.wrapped_key)
                if wrapped and not wrapped.startswith(keys.wrapping):
                    try:
                        changed.append((keys.rewrap(row.stream, wrapped), row.stream, wrapped))
                    except SealBroken:
                        # Somebody changed it. What nobody can open is no reason to keep a key that may be known.
                        closed += 1
            # Only where it still is what was read: a key that is destroyed meanwhile stays so.
            if changed:
                dialect.execute_many(connection, _REWRAPPED, [dialect.to_driver(connection, row) for row in changed])
        count, after, done = count + len(changed), rows[-1].stream, done + len(rows)
        progress(done)


def _reseal_rejections(engine: Engine, keys: Keyring) -> tuple[int, int]:
    count, closed, after = 0, 0, 0
    columns = select(rejections.c.id, rejections.c.sealed).order_by(rejections.c.id).limit(_AT_ONCE // 10)
    while True:
        with writing(engine) as connection:
            rows = connection.execute(columns.where(rejections.c.id > after)).all()
            if not rows:
                return count, closed
            changed = []
            for row in rows:
                sealed = bytes(row.sealed)
                if not sealed.startswith(keys.wrapping):
                    try:
                        changed.append((keys.seal_rejected(keys.open_rejected(sealed)), row.id))
                    except SealBroken:
                        closed += 1
            if changed:
                dialect.execute_many(connection, _RESEALED, changed)
        count, after = count + len(changed), rows[-1].id
