"""Handing out the figures as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.audit.access_log import OPERATOR, noted
from service.cli.administration import now
from service.cli.terminal import Failed, bar, console, migrated
from service.cli.times import account, day, instant
from service.foundation.problems import Problem
from service.foundation.settings import load
from service.queries.export import folder
from service.queries.question import Times, asking
from service.storage.database import writing


def export(
    directory: Annotated[Path, typer.Argument(help="A new or empty directory.")],
    exact: Annotated[
        bool, typer.Option("--exact", help="Round nothing, and write the state tables of single persons too.")
    ] = False,
    valid_on: Annotated[str | None, typer.Option(help="The day it must have held (default: today).")] = None,
    known_at: Annotated[str | None, typer.Option(help="The instant it must have been recorded by.")] = None,
    at_position: Annotated[int | None, typer.Option(min=0, help="A position of the log instead of --known-at.")] = None,
) -> None:
    """Write all tables of figures as Parquet, by half-year, with a manifest; docs/analysts.md shows how to read them.

    Small numbers are rounded as analysts see them, and state tables whose rows are of single persons are left out,
    unless --exact is given: hand that to nobody who may not read of single persons. No row says whose it is. The
    directory is there whole or not at all, for its owner alone; of one position and day it is always the same bytes.
    """
    if known_at is not None and at_position is not None:
        raise Failed("give --known-at or --at-position, not both")
    times = Times(day(valid_on), instant(known_at, now()), "service", at_position)
    engine = migrated(load())
    try:
        with asking(engine, times, now) as question, bar("files") as progress:
            with writing(engine) as connection:
                noted(connection, now(), OPERATOR, "export", "exact figures" if exact else "rounded figures")
            manifest = folder.export(question, directory, lambda done: progress(done, done), exact=exact)
    except folder.NotEmpty as fault:
        raise Failed(str(fault)) from None
    except Problem as problem:
        raise Failed(account(problem)) from None
    finally:
        engine.dispose()
    told = f"{len(manifest['files'])} files of position {manifest['position']} in {directory}"
    console.print(told, markup=False, soft_wrap=True)
