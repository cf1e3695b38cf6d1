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
from service.cli.terminal import Failed, console
from service.foundation.organisations import InvalidRegistry
from service.foundation.settings import SettingsError
from service.foundation.utf8 import NotUtf8
from service.log.keys import ForeignMasterKey
from service.storage.database import DatabaseUrlError
from service.storage.locks import AlreadyServed

#: The commands, in the order of the help: what each is for, the module of service/cli that has it, and its name
#: there.
COMMANDS = {
    "demo": ("To try it", "demo", "demo"),
    "inspect": ("To try it", "demo", "inspect"),
    "simulate": ("To try it", "demo", "simulate"),
    "token": ("To try it", "tokens", "token"),
    "migrate": ("To run it", "database", "migrate"),
    "serve": ("To run it", "serving", "serve"),
    "worker": ("To run it", "serving", "worker"),
    "project": ("To run it", "following", "project"),
    "status": ("To run it", "status", "status"),
    "backup": ("To run it", "database", "backup"),
    "map": ("To run it", "mapping", "map_"),
    "import": ("To load, and to compare", "demo", "import_"),
    "reconcile": ("To load, and to compare", "reconciling", "reconcile"),
    "export": ("To analyse", "exporting", "export"),
    "backtest": ("To analyse", "backtesting", "backtest"),
    "rebuild": ("To compute again", "replaying", "rebuild"),
    "verify": ("To compute again", "replaying", "verify"),
    "replay": ("To compute again", "replaying", "replay"),
    "checkpoint": ("To prove", "evidence", "checkpoint"),
    "export-log": ("To prove", "evidence", "export_log"),
    "verify-log": ("To prove", "evidence", "verify_log"),
    "destroy": ("Persons and keys", "privacy", "destroy"),
    "retention": ("Persons and keys", "privacy", "retention"),
    "rotate-key": ("Persons and keys", "privacy", "rotate_key"),
    "subject-access": ("Persons and keys", "privacy", "subject_access"),
    "openapi": ("To develop it", "describing", "openapi"),
    "rules": ("To develop it", "describing", "rules"),
    "figures": ("To develop it", "describing", "figures"),
}
#: What is started by another command, and by nobody else.
_STARTED_BY_US = {"worker"}


class _WhenAskedFor(TyperGroup):
    """Imports what the command at hand needs and nothing else: half of all that there is serves HTTP."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name in COMMANDS if name not in _STARTED_BY_US]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        # Where there is none of the name, those of like names are suggested.
        for name in (cmd_name,) if cmd_name in COMMANDS else COMMANDS:
            self.add_command(_imported(name), name)
        return self.commands.get(cmd_name)


def _imported(name: str) -> Any:
    purpose, module, function = COMMANDS[name]
    alone = typer.Typer(add_completion=False, rich_markup_mode="markdown")
    # Nothing of what is imported is garbage: to look for some takes a tenth of the time.
    gc.disable()
    try:
        alone.command(name, rich_help_panel=purpose)(getattr(import_module(f"service.cli.{module}"), function))
    finally:
        gc.enable()
    return typer.main.get_command(alone)


app = typer.Typer(
    cls=_WhenAskedFor,
    name="ketenspoor",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


@app.callback()
def ketenspoor() -> None:
    """Event-sourced tracking of the Dutch asylum-to-integration chain.

    `ketenspoor demo` shows it at work and needs nothing. To run it: `ketenspoor migrate`, then `ketenspoor serve`; with
    nothing configured that is on this machine only, in ketenspoor.db. Settings are KETENSPOOR_* in the environment:
    README.md has them all, `ketenspoor serve --help` as options.
    """


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
        NotUtf8,
        OSError,
    ) as fault:
        console.print(f"ketenspoor: {fault}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)
    except DBAPIError as fault:
        first_line, *_ = str(fault.orig).splitlines() or [""]  # what follows may repeat values
        console.print(f"ketenspoor: the database refuses: {first_line}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)
