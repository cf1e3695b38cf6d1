"""One HTTP server in this process, on sockets that are there already."""

from __future__ import annotations

import gc
import logging
import resource
import socket
import sys

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from service.foundation import log_lines
from service.foundation.settings import Settings
from service.http.app import create_app
from service.http.server import heap
from service.http.server.connections import KEEP_ALIVE_SECONDS, Connection
from service.http.server.listening import BACKLOG
from service.http.server.stopping import Server

_log = logging.getLogger("ketenspoor")
#: Files that are open beside the connections; on SQLite each of some twenty connections has ten.
_FILES_BESIDE = 500
#: How long a stopping server waits for what is under way.
UNDER_WAY_SECONDS = 30


def run(settings: Settings, sockets: list[socket.socket], beat: int | None = None) -> None:
    """Serve until told to stop; `beat`: the pipe to the process that started this one, where another one did."""
    heap.share_between_threads()
    _allow_files(settings.connections)
    server = _server(settings, beat)
    server.run(sockets)
    if not server.started or server.refuses():
        sys.exit(STARTUP_FAILURE)


def _allow_files(connections: int) -> None:
    """As many open files as the connections may need, beside those of the database, where the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _FILES_BESIDE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        if most < wanted:
            _log.warning("fewer files may be open than there may be connections")


def _server(settings: Settings, beat: int | None) -> Server:
    app = create_app(settings, tell=log_lines.access())
    # A load makes many objects that live for one request: looking through them time and again took a tenth of it.
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=Connection,
        ws="none",
        log_config=None,
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
        # Where a request comes from stands in the logs, and is counted: only a proxy that is known may say it.
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=UNDER_WAY_SECONDS,
    )
    gate = app.posting
    figures = app.state.shell.figures
    return Server(
        config, app.state.feed, app.state.watch, settings, gate.refused, lambda: figures.refuses, gate.standing, beat
    )
