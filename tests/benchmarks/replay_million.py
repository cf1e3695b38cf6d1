"""How long do a million events take to be replayed, rebuilt and verified, and how much memory? Prints a table.

    python -m tests.benchmarks.replay_million [--events N] [--postgresql]

The log is made once, under build/, by telling the scenario several times over; then the real commands run on it.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import create_engine, text

import migrations
from service.log.recorder import EventRecorder
from service.storage.database import connect, reading
from tests.benchmarks.commands import measured
from tests.benchmarks.many_lives import fill
from tests.postgres import Server

DIRECTORY = Path("build/replay-million")
#: Rebuild first: it fills what verify compares.
COMMANDS = ("rebuild", "replay", "verify")
_console = Console()


def main() -> None:
    """Make the log if it is not there, run the commands, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000, help="how large the log is to be")
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL server of its own, not on SQLite")
    given = parser.parse_args()
    with _postgresql(given.events) if given.postgresql else _sqlite(given.events) as url:
        recorded = _events(url)
        shown = Table("command", "events", "seconds", "events/s", "MB at most", box=box.SIMPLE)
        for column in shown.columns[1:]:
            column.justify = "right"
        for command in COMMANDS:
            _console.print(f"ketenspoor {command}", style="bold")
            run = measured(command, url)
            rate = f"{recorded / run.seconds:,.0f}"
            shown.add_row(command, f"{recorded:,}", f"{run.seconds:.1f}", rate, f"{run.memory / 2**20:.0f}")
        _console.print(f"{'PostgreSQL' if given.postgresql else 'SQLite'}, {os.cpu_count()} cores")
        _console.print(shown)


@contextmanager
def _sqlite(events: int) -> Iterator[str]:
    """A database that stays for the next time, with its log; one that was not finished is made again."""
    made = DIRECTORY / f"{events}.made"
    if not made.exists():
        shutil.rmtree(DIRECTORY, ignore_errors=True)
        DIRECTORY.mkdir(parents=True)
    url = f"sqlite:///{(DIRECTORY / 'ketenspoor.db').absolute()}"
    if not made.exists():
        _record(url, events)
        made.touch()
    yield url


@contextmanager
def _postgresql(events: int) -> Iterator[str]:
    """A server that is gone afterwards, with the log."""
    server = Server()
    try:
        administration = create_engine(
            server.url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
        )
        with administration.connect() as connection:
            connection.execute(text("CREATE DATABASE million"))
        administration.dispose()
        url = server.url.rsplit("/", 1)[0] + "/million"
        _record(url, events)
        yield url
    finally:
        server.stop()


def _record(url: str, wanted: int) -> None:
    engine = connect(url)
    migrations.upgrade(engine)
    with Progress(console=_console) as progress:
        task = progress.add_task("recording events", total=wanted)
        fill(engine, wanted, lambda done, of: progress.update(task, completed=done, total=of))
    engine.dispose()


def _events(url: str) -> int:
    engine = connect(url)
    with reading(engine) as connection:
        last = EventRecorder(connection).head().position
    engine.dispose()
    return last


if __name__ == "__main__":
    main()
