"""The schema of the database."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

import migrations
from service.cli.terminal import Failed, console
from service.foundation.settings import load
from service.storage.database import connect


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
