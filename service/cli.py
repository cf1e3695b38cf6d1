"""The command `ketenspoor`: every job an operator, a developer or an auditor has, each with help that teaches."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

import migrations
from service import demonstration, document, loading, organisations, replay, serving, simulation
from service.database import DatabaseUrlError, absent, connect
from service.organisations import InvalidRegistry
from service.settings import Settings, SettingsError, load

app = typer.Typer(
    name="ketenspoor",
    help="Event-sourced tracking of the Dutch asylum-to-integration chain.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_console = Console(stderr=True, highlight=False)


class Failed(Exception):
    """A command did its work and the outcome is bad; the message says what."""


def run() -> None:
    """Run the command; what a person can mend is told in a line, without a traceback, and exits with 1."""
    try:
        app()
    except (
        Failed,
        SettingsError,
        DatabaseUrlError,
        InvalidRegistry,
        migrations.SchemaError,
        loading.LoadingFailed,
        demonstration.DemonstrationFailed,
        OSError,
    ) as fault:
        _console.print(f"ketenspoor: {fault}", style="red", markup=False)
        sys.exit(1)
    except DBAPIError as fault:
        first_line, *_ = str(fault.orig).splitlines() or [""]  # what follows may repeat values
        _console.print(f"ketenspoor: the database refuses: {first_line}", style="red", markup=False)
        sys.exit(1)


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error; told how much is done, of how much."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_console) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def _migrated(settings: Settings) -> Engine:
    missing = absent(settings.database_url)
    if missing is not None:
        # Opening it would make it.
        raise migrations.SchemaError(f"there is no database at {missing}: run `ketenspoor migrate`")
    engine = connect(settings.database_url)
    migrations.check(engine)
    return engine


@app.command()
def serve() -> None:
    """Serve the API over HTTP.

    Listens on KETENSPOOR_HOST and KETENSPOOR_PORT. The follower, which keeps the projections up to date, runs as a
    child process; with KETENSPOOR_FOLLOWER=none run `ketenspoor project` yourself.
    """
    settings = load()
    organisations.registry(settings)
    _migrated(settings).dispose()
    serving.serve(settings)


@app.command()
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
        _console.print("the migrations make the tables that the code expects")
        return
    engine = connect(load().database_url)
    migrations.upgrade(engine)
    _console.print("the database has the schema of this version")


@app.command()
def project(
    with_parent: Annotated[
        int | None, typer.Option(help="Stop when the process with this id, which started this one, is gone.")
    ] = None,
) -> None:
    """Follow the log and keep the projections up to date, in a process of its own."""
    settings = load()
    _migrated(settings).dispose()
    serving.project(settings, with_parent)


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Where to write the events, one a line (NDJSON).")] = Path(
        "scenario.ndjson"
    ),
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = simulation.SEED,
    one_in: Annotated[int, typer.Option(min=1, help="Tell only one in so many lives, for a small file.")] = 1,
) -> None:
    """Write the national scenario of 2021-I to 2022-I as CloudEvents. It is synthetic: nobody in it exists."""
    with out.open("wb") as file, _bar("households") as progress:
        summary = simulation.write(file, seed, one_in=one_in, progress=progress)
    _console.print(
        f"{summary.lines} lines in {out}: {summary.recorded} events, {summary.repeated} repeats, "
        f"{summary.rejected} to be refused and {summary.conflicts} in conflict"
    )


@app.command("import")
def import_(
    source: Annotated[str, typer.Argument(help="A file of NDJSON CloudEvents, or the address of one.")],
    to: Annotated[str, typer.Option(help="The address of the service.")] = "http://127.0.0.1:8000",
    from_line: Annotated[int, typer.Option(min=1, help="Where to go on after an interruption.")] = 1,
    allow_refused: Annotated[bool, typer.Option(help="Exit with 0 even when lines were refused.")] = False,
) -> None:
    """Load events over HTTP. What is there already is skipped, so an interrupted import can simply be run again."""
    of = 0 if source.startswith("http") else _lines_in(Path(source))
    with loading.lines_of(source) as lines, _bar("events") as progress:
        loaded = loading.load(lines, to, from_line, lambda done: progress(done, max(of, done)))
    _told(loaded)
    if loaded.rejected and not allow_refused:
        raise Failed(f"{loaded.rejected} lines were refused")


def _told(loaded: loading.Loaded) -> None:
    _console.print(f"{loaded.recorded} recorded, {loaded.repeated} repeated, {loaded.rejected} refused")
    for line, event, what in loaded.refused[:20]:
        _console.print(f"  line {line}, {event or 'no id'}: {what}", markup=False)
    if len(loaded.refused) > 20:
        _console.print(f"  and {len(loaded.refused) - 20} more; GET /v1/rejections lists them all")


def _lines_in(path: Path) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


@app.command()
def rebuild() -> None:
    """Compute all projections again from the log, beside those that serve, and let the new ones serve when complete."""
    engine = _migrated(load())
    with _bar("events") as progress:
        view = replay.rebuild(engine, progress)
    _console.print(f"rebuilt; {view} serves now")


@app.command()
def verify() -> None:
    """Compute all projections again from the log and compare them, row by row, with the tables that serve.

    Exits with 1, and shows the first differences, when there are any.
    """
    engine = _migrated(load())
    with _bar("events") as progress:
        found = replay.verify(engine, progress)
    _console.print(f"{found.rows} rows of {found.streams} streams compared, up to position {found.position}")
    for difference in found.shown:
        where = (
            "the log says, the table lacks" if difference.only_in == "log" else "the table has, the log does not say"
        )
        _console.print(f"  {difference.table}, {difference.stream}: {where}: {difference.row}", markup=False)
    if found.differences:
        raise Failed(f"{found.differences} rows differ")
    _console.print("no differences")


@app.command()
def openapi() -> None:
    """Print the OpenAPI document of this version."""
    sys.stdout.write(document.text())


@app.command()
def demo(
    directory: Annotated[Path, typer.Option(help="Where the demonstration keeps its files.")] = Path("build/demo"),
    port: Annotated[int, typer.Option(help="Where its service listens.")] = 8000,
    stop: Annotated[
        bool, typer.Option("--stop", help="Only stop the service that a demonstration left running.")
    ] = False,
) -> None:
    """From nothing to the national figures: migrate, simulate, serve, load over HTTP, compare with what was published.

    The service keeps running when the command ends.
    """
    if stop:
        demonstration.stop(directory)
        return
    demonstration.run(directory, port, _console, _bar)
