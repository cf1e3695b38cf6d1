"""The command `ketenspoor`: every job an operator, a developer or an auditor has, each with help that teaches."""

from __future__ import annotations

import sys

import typer
from sqlalchemy.exc import DBAPIError

import migrations
from service import demonstration, inspection, loading
from service.commands import evidence, looking, reconciling, replaying, running, saving, trying
from service.commands.terminal import Failed, console
from service.database import DatabaseUrlError
from service.operations import sole
from service.organisations import InvalidRegistry
from service.settings import SettingsError

app = typer.Typer(
    name="ketenspoor",
    help="Event-sourced tracking of the Dutch asylum-to-integration chain.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(running.serve)
app.command()(running.migrate)
app.command()(running.project)
app.command()(looking.status)
app.command()(saving.backup)
app.command()(trying.simulate)
app.command("import")(trying.import_)
app.command()(replaying.rebuild)
app.command()(replaying.verify)
app.command()(replaying.replay)
app.command()(reconciling.reconcile)
app.command()(evidence.checkpoint)
app.command()(evidence.export_log)
app.command()(evidence.verify_log)
app.command()(trying.openapi)
app.command()(trying.demo)
app.command()(trying.inspect)


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
        sole.AlreadyServed,
        demonstration.DemonstrationFailed,
        inspection.InspectionFailed,
        OSError,
    ) as fault:
        console.print(f"ketenspoor: {fault}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)
    except DBAPIError as fault:
        first_line, *_ = str(fault.orig).splitlines() or [""]  # what follows may repeat values
        console.print(f"ketenspoor: the database refuses: {first_line}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)
