"""Handing out the figures as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.audit.access_log import OPERATOR, log_command
from service.cli.options import known_at_instant, refusal_lines, valid_on_day
from service.cli.terminal import Failed, bar, console, migrated, now
from service.foundation.problems import Problem
from service.foundation.settings import load
from service.queries.export import NotEmpty, write_export
from service.queries.question import open_question
from service.queries.times import Times
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
    times = Times(valid_on_day(valid_on), known_at_instant(known_at, now()), "service", at_position)
    engine = migrated(load())
    try:
        with open_question(engine, times, now) as question, bar("files") as progress:
            with writing(engine) as connection:
                log_command(connection, now(), OPERATOR, "export", "exact figures" if exact else "rounded figures")
            manifest = write_export(question, directory, lambda done: progress(done, done), exact=exact)
    except NotEmpty as fault:
        raise Failed(str(fault)) from None
    except Problem as problem:
        raise Failed(refusal_lines(problem)) from None
    finally:
        engine.dispose()
    summary = f"{len(manifest['files'])} files of position {manifest['position']} in {directory}"
    console.print(summary, markup=False, soft_wrap=True)
