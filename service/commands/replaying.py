"""Doing it again from the log: to compare, or to fill the projections anew."""

from __future__ import annotations

from service import replay
from service.commands.terminal import Failed, bar, console, migrated
from service.settings import load


def rebuild() -> None:
    """Compute all projections again from the log, beside those that serve, and let the new ones serve when complete."""
    engine = migrated(load())
    with bar("events") as progress:
        view = replay.rebuild(engine, progress)
    console.print(f"rebuilt; {view} serves now")


def verify() -> None:
    """Compute all projections again from the log and compare them, row by row, with the tables that serve.

    Exits with 1, and shows the first differences, when there are any.
    """
    engine = migrated(load())
    with bar("events") as progress:
        found = replay.verify(engine, progress)
    console.print(f"{found.rows} rows of {found.streams} streams compared, up to position {found.position}")
    for difference in found.shown:
        where = (
            "the log says, the table lacks" if difference.only_in == "log" else "the table has, the log does not say"
        )
        console.print(f"  {difference.table}, {difference.stream}: {where}: {difference.row}", markup=False)
    if found.differences:
        raise Failed(f"{found.differences} rows differ")
    console.print("no differences")
