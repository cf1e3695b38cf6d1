"""The command `ketenspoor`: every job an operator, a developer or an auditor has, each with help that teaches."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from typing import Any

import typer
from sqlalchemy.exc import DBAPIError
from typer.core import TyperGroup

import migrations
from service.commands.terminal import Failed, console
from service.database import DatabaseUrlError
from service.master import ForeignMasterKey
from service.operations.sole import AlreadyServed
from service.organisations import InvalidRegistry
from service.settings import SettingsError

#: The commands, in the order of the help: the module of service/commands that has each, and its name there.
COMMANDS = {
    "serve": ("running", "serve"),
    "token": ("tokens", "token"),
    "migrate": ("schema", "migrate"),
    "project": ("following", "project"),
    "status": ("looking", "status"),
    "backup": ("saving", "backup"),
    "simulate": ("trying", "simulate"),
    "import": ("trying", "import_"),
    "rebuild": ("replaying", "rebuild"),
    "verify": ("replaying", "verify"),
    "replay": ("replaying", "replay"),
    "reconcile": ("reconciling", "reconcile"),
    "destroy": ("destroying", "destroy"),
    "retention": ("retaining", "retention"),
    "rotate-key": ("rotating", "rotate_key"),
    "subject-access": ("persons", "subject_access"),
    "checkpoint": ("evidence", "checkpoint"),
    "export-log": ("evidence", "export_log"),
    "verify-log": ("evidence", "verify_log"),
    "openapi": ("describing", "openapi"),
    "rules": ("describing", "rules"),
    "demo": ("trying", "demo"),
    "inspect": ("trying", "inspect"),
}


class _WhenAskedFor(TyperGroup):
    """Imports what the command at hand needs and nothing else: half of all that there is serves HTTP."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        # Where there is none of the name, those of like names are suggested.
        for name in (cmd_name,) if cmd_name in COMMANDS else COMMANDS:
            self.add_command(_imported(name), name)
        return self.commands.get(cmd_name)


def _imported(name: str) -> Any:
    module, function = COMMANDS[name]
    alone = typer.Typer(add_completion=False)
    # Nothing of what is imported is garbage: to look for some takes a tenth of the time.
    gc.disable()
    try:
        alone.command(name)(getattr(import_module(f"service.commands.{module}"), function))
    finally:
        gc.enable()
    return typer.main.get_command(alone)


app = typer.Typer(
    cls=_WhenAskedFor,
    name="ketenspoor",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def ketenspoor() -> None:
    """Event-sourced tracking of the Dutch asylum-to-integration chain."""


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
        AlreadyServed,
        ForeignMasterKey,
        OSError,
    ) as fault:
        console.print(f"ketenspoor: {fault}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)
    except DBAPIError as fault:
        first_line, *_ = str(fault.orig).splitlines() or [""]  # what follows may repeat values
        console.print(f"ketenspoor: the database refuses: {first_line}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)
