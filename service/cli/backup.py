"""Saving the database while it serves."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url

from service.audit.access_log import OPERATOR, noted
from service.cli.terminal import Failed, console, migrated
from service.foundation.settings import load
from service.storage.backup import NotEmpty, back_up
from service.storage.database import writing


def backup(
    directory: Annotated[Path, typer.Argument(help="A new or empty directory.")],
) -> None:
    """Copy a SQLite database, log, projections and tree, while it goes on serving.

    To restore, put the files back under their names, or point KETENSPOOR_DATABASE_URL at the copy; then run `verify`.
    PostgreSQL has means of its own: docs/operations.md.
    """
    settings = load()
    engine = migrated(settings)
    if engine.dialect.name != "sqlite":
        engine.dispose()
        raise Failed("PostgreSQL is backed up by its own means: pg_basebackup, or pg_dump of the whole database")
    with writing(engine) as connection:
        noted(connection, datetime.now(UTC), OPERATOR, "back up", "database")
    engine.dispose()
    try:
        position = back_up(Path(str(make_url(settings.database_url).database)), directory)
    except NotEmpty as fault:
        raise Failed(str(fault)) from None
    console.print(f"copied up to position {position} into {directory}", markup=False, soft_wrap=True)
