"""Following the log, apart from the server."""

from __future__ import annotations

from typing import Annotated

import typer

from service import following
from service.commands.terminal import migrated
from service.settings import load


def project(
    with_parent: Annotated[
        int | None, typer.Option(help="Stop when the process with this id, which started this one, is gone.")
    ] = None,
) -> None:
    """Follow the log and keep the projections up to date, in a process of its own."""
    settings = load()
    migrated(settings).dispose()
    following.project(settings, with_parent)
