"""Following the log in a process of its own, which imports nothing of HTTP: it takes a third less memory."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.terminal import migrated
from service.foundation.settings import load
from service.operations import follower_process


def project(
    with_parent: Annotated[
        int | None, typer.Option(help="Stop when the process with this id, which started this one, is gone.")
    ] = None,
) -> None:
    """Follow the log and keep the projections up to date, in a process of its own."""
    settings = load()
    migrated(settings).dispose()
    follower_process.project(settings, with_parent)
