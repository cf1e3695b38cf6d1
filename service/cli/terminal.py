"""What every command shares: where it prints, how it shows progress, how it fails, and the database it works on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine

import migrations
from service.foundation import utf8
from service.foundation.settings import Settings
from service.storage.database import connect, missing_sqlite_file

console = Console(stderr=True, highlight=False)


class Failed(Exception):
    """A command did its work and the outcome is bad; the message says what."""


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error; told how much is done, of how much."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def lines_given() -> list[str]:
    """The lines of standard input."""
    try:
        return sys.stdin.read().removeprefix(utf8.BYTE_ORDER_MARK.decode()).split("\n")
    except UnicodeDecodeError as fault:
        raise Failed(
            f"standard input is {utf8.detect_encoding(fault.object) or 'something else'}, and must be UTF-8"
        ) from None


def migrated(settings: Settings) -> Engine:
    """The database of the settings, which must be there with the schema of this version."""
    missing = missing_sqlite_file(settings.database_url)
    if missing is not None:
        # Opening it would make it.
        raise migrations.SchemaError(f"there is no database at {missing}: run `ketenspoor migrate`")
    engine = connect(settings.database_url)
    migrations.check(engine)
    return engine


def now() -> datetime:
    """The clock of who runs a command."""
    return datetime.now(UTC)
