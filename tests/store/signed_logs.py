"""Logs with evidence for the tests: events recorded plainly, a signer, and the hands of someone who tampers."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, make_url, text

from service.evidence.signed_notes import Signer
from service.evidence.signing import CheckpointSigner
from service.log.events import NewEvent
from service.log.keys import DEVELOPMENT_KEY, Keyring
from service.log.recorder import EventRecorder
from service.storage.database import BESIDE, connect, file_beside, reading, writing
from tests.api.service_under_test import StandingClock

NAME = "ketenspoor.example/log"
NOON = datetime(2022, 7, 15, 12, 0, tzinfo=UTC)
STREAM = UUID("0f4d1c1e-7a0b-8c3e-9a44-0c7e5f1a2b3d")
_DAY_ONE = date(2021, 3, 10)


def a_signer(directory: Path | None = None, now: datetime = NOON, **changes: Any) -> CheckpointSigner:
    """Who signs, with the key of development mode and a clock that stands still."""
    return CheckpointSigner(
        Signer(NAME, Keyring(DEVELOPMENT_KEY).signing), directory, clock=StandingClock(now), **changes
    )


def row(number: int) -> NewEvent:
    """The event that is recorded at this position."""
    return NewEvent(
        stream=STREAM,
        version=number,
        topic="linked.v1",
        data=f'{{"effectiveOn":"2021-03-10","municipality":"GM0153","sealed":"A256GCM.\N{BULLET}{number}"}}',
        effective_on=_DAY_ONE,
        sent_at=datetime(2021, 3, 10, 13, 5, tzinfo=UTC) + timedelta(microseconds=number),
        recorded_at=datetime(2021, 3, 10, 14, 0, tzinfo=UTC) + timedelta(milliseconds=number),
        source="urn:nld:oin:00000099000000002000:systeem:plaatsing",
        source_id=f"e-{number}",
        recorded_by="00000099000000002000",
        content_mac=bytes([number % 256]) * 32,
    )


def record(engine: Engine, count: int) -> int:
    """Record so many more events; returns the position of the last."""
    with writing(engine) as connection:
        EventRecorder(connection).lock()
        last = EventRecorder(connection).head().position
        EventRecorder(connection).insert_events([row(last + number) for number in range(1, count + 1)])
    return last + count


def tamper(engine: Engine, *statements: str) -> None:
    """Change the database as someone with all rights to it can."""
    with engine.begin() as connection:
        for statement in (*_unprotect(engine), *statements):
            connection.execute(text(statement))


def fetched(engine: Engine, statement: str) -> Any:
    """The one value that a statement gives."""
    with reading(engine) as connection:
        return connection.execute(text(statement)).scalar_one()


def kept_copy(engine: Engine, directory: Path) -> Path:
    """A copy of the files of a SQLite database, for later; PostgreSQL is set back by hand."""
    copy = directory / "before"
    copy.mkdir()
    if engine.dialect.name == "sqlite":
        # The last connection brings the write-ahead logs home.
        engine.dispose()
        for file in _files(engine):
            shutil.copyfile(file, copy / file.name)
    return copy


def set_back(database_url: str, before: Path, to: int) -> None:
    """As from a backup: events, tree (less than a tile) and checkpoints of an earlier time."""
    engine = connect(database_url)
    if engine.dialect.name == "sqlite":
        for file in _files(engine):
            for left in file.parent.glob(f"{file.name}-*"):
                left.unlink()
            shutil.copyfile(before / file.name, file)
        return
    number, inside = divmod(to, 256)
    tamper(
        engine,
        f"DELETE FROM events WHERE position > {to}",
        f"DELETE FROM proof.checkpoints WHERE size > {to}",
        f"UPDATE proof.tiles SET hashes = substr(hashes, 1, {inside * 32}) WHERE level = 0 AND number = {number}",
    )
    engine.dispose()


def _files(engine: Engine) -> list[Path]:
    path = Path(make_url(str(engine.url)).database or "")
    return [path, *(file_beside(path, schema) for schema in BESIDE)]


def _unprotect(engine: Engine) -> list[str]:
    if engine.dialect.name == "sqlite":
        names = ("events_refuse_update", "events_refuse_delete", "events_refuse_replacing")
        return [f"DROP TRIGGER IF EXISTS {name}" for name in names]
    return ["ALTER TABLE events DISABLE TRIGGER ALL"]
