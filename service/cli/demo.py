"""Trying it out and filling it: the scenario, loading a file, the demonstration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from service.cli.terminal import Failed, bar, console
from service.demo import demonstration, inspection, server, simulation
from service.foundation.settings import load
from service.intake import loading


def simulate(
    out: Annotated[Path, typer.Option(help="Where to write the events, one a line (NDJSON).")] = Path(
        "scenario.ndjson"
    ),
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = simulation.SEED,
    one_in: Annotated[int, typer.Option(min=1, help="Tell only one in so many lives, for a small file.")] = 1,
) -> None:
    """Write the national scenario of 2021-I to 2022-I as CloudEvents. It is synthetic: nobody in it exists."""
    with out.open("wb") as file, bar("households") as progress:
        summary = simulation.write(file, seed, one_in=one_in, progress=progress)
    console.print(
        f"{summary.lines} lines in {out}: {summary.recorded} events, {summary.repeated} repeats, "
        f"{summary.rejected} to be refused and {summary.conflicts} in conflict"
    )


def import_(
    source: Annotated[str, typer.Argument(help="A file of NDJSON CloudEvents, or the address of one.")],
    to: Annotated[
        str | None,
        typer.Option(help="The address of the service (default: this machine, at the port of the settings)."),
    ] = None,
    from_line: Annotated[int, typer.Option(min=1, help="Where to go on after an interruption.")] = 1,
    token_file: Annotated[
        Path | None, typer.Option(help="A file with an access token, read anew for each portion.")
    ] = None,
    patience: Annotated[
        float, typer.Option(min=0, help="For how many seconds to try again while the service is away or busy.")
    ] = loading.PATIENCE,
    allow_refused: Annotated[bool, typer.Option(help="Exit with 0 even when lines were refused.")] = False,
) -> None:
    """Load events over HTTP. What is there already is skipped, so an interrupted import can simply be run again."""
    address = load().address if to is None else to
    with _report_failures(), loading.lines_of(source) as lines, bar("events") as progress:
        of = 0 if source.startswith("http") else loading.count(Path(source))
        loaded = loading.load(
            lines, address, from_line, lambda done: progress(done, max(of, done)), token_file, patience
        )
    _print_outcome(loaded)
    if loaded.rejected and not allow_refused:
        raise Failed(f"{loaded.rejected} lines were refused")


def _print_outcome(loaded: loading.Loaded) -> None:
    console.print(f"{loaded.recorded} recorded, {loaded.repeated} repeated, {loaded.rejected} refused")
    for line, event, what in loaded.refused[:20]:
        console.print(f"  line {line}, {event or 'no id'}: {what}", markup=False)
    if len(loaded.refused) > 20:
        console.print(f"  and {len(loaded.refused) - 20} more; GET /v1/rejections lists them all")


def demo(
    directory: Annotated[Path, typer.Option(help="Where the demonstration keeps its files.")] = Path("build/demo"),
    port: Annotated[
        int | None,
        typer.Option(
            envvar="KETENSPOOR_PORT",
            min=1,
            max=65_535,
            help="Where its service listens; without it the first port that is free, from 8000 on.",
            show_default=False,
        ),
    ] = None,
    stop: Annotated[
        bool, typer.Option("--stop", help="Only stop the service that a demonstration left running.")
    ] = False,
) -> None:
    """From nothing to the national figures: migrate, simulate, serve, load over HTTP, compare with what was published.

    The service keeps running when the command ends.
    """
    if stop:
        server.stop(directory)
        return
    with _report_failures():
        demonstration.run(directory, port, console, bar)


def inspect(
    directory: Annotated[Path, typer.Option(help="Where the demonstration keeps its files.")] = Path("build/demo"),
) -> None:
    """Do with the demonstration what an auditor does: ask the past again, account for each change, hold proofs to it.

    Needs the service that `ketenspoor demo` left running; writes the key that signs its log to log.key in DIRECTORY.
    """
    with _report_failures():
        inspection.inspect(server.running(directory), directory, console)


@contextmanager
def _report_failures() -> Iterator[None]:
    """What a person can mend is told in a line."""
    try:
        yield
    except (loading.LoadingFailed, server.DemonstrationFailed, inspection.InspectionFailed) as fault:
        raise Failed(str(fault)) from None
