"""Running the service: its servers, with the follower beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from service.access.registry import who_is_who
from service.cli.options import with_settings
from service.cli.terminal import migrated
from service.foundation.settings import environment, load
from service.http.server import serving


@with_settings
def serve(options: Mapping[str, Any]) -> None:
    """Serve the API over HTTP, by one server or by several behind one port.

    Every setting can be given as an option or in the environment: --port 8100 is KETENSPOOR_PORT=8100, and the option
    goes first. What may hold a secret is for the environment alone: KETENSPOOR_DATABASE_URL, KETENSPOOR_READ_URL,
    KETENSPOOR_MASTER_KEY, KETENSPOOR_OIDC_CLIENT_SECRET.

    The follower, which keeps the projections up to date, runs as a child process; with --follower none run
    `ketenspoor project` yourself.
    """
    settings = load(options)
    who_is_who(settings)
    migrated(settings).dispose()
    serving.serve(settings, environment(options))


def worker(
    beat: Annotated[int, typer.Option(help="The descriptor of a pipe, by which the parent sees that it goes on.")],
) -> None:
    """Be one of the servers that `serve --workers` starts."""
    serving.work(load(), beat)
