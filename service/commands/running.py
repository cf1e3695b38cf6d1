"""Running the service: its server, with the follower as its child."""

from __future__ import annotations

from service import serving
from service.access.registry import who_is_who
from service.commands.terminal import migrated
from service.settings import load


def serve() -> None:
    """Serve the API over HTTP.

    Listens on KETENSPOOR_HOST and KETENSPOOR_PORT. The follower, which keeps the projections up to date, runs as a
    child process; with KETENSPOOR_FOLLOWER=none run `ketenspoor project` yourself.
    """
    settings = load()
    who_is_who(settings)
    migrated(settings).dispose()
    serving.serve(settings)
