"""The database: bringing it to the schema of this version, and copying it while it serves."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url

import migrations
from service.audit.access_log import OPERATOR, log_command
from service.cli.terminal import Failed, console, migrated, now
from service.foundation.settings import load
from service.storage.backup import NotEmpty, back_up
from service.storage.database import connect, writing


def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing: tell whether the migrations make what the code expects.")
    ] = False,
) -> None:
    """Bring the database at KETENSPOOR_DATABASE_URL to the schema of this version.

    Two at once are safe. With --check a temporary SQLite database is migrated and compared with the tables in the code.
    """
    if check:
        with tempfile.TemporaryDirectory() as directory:
            engine = connect(f"sqlite:///{Path(directory) / 'check.db'}")
            migrations.upgrade(engine)
            found = migrations.differences(engine)
            engine.dispose()
        if found:
            raise Failed("the migrations differ from the tables in the code:\n" + "\n".join(map(str, found)))
        console.print("the migrations make the tables that the code expects")
        return
    engine = connect(load().database_url)
    left = migrations.upgrade(engine)
    if left:
        console.print(left.strip(), style="yellow", markup=False, soft_wrap=True)
    console.print("the database has the schema of this version")


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
        log_command(connection, now(), OPERATOR, "back up", "database")
    engine.dispose()
    try:
        position = back_up(Path(str(make_url(settings.database_url).database)), directory)
    except NotEmpty as fault:
        raise Failed(str(fault)) from None
    console.print(f"copied up to position {position} into {directory}", markup=False, soft_wrap=True)
