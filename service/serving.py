"""Running the service: the HTTP server with, unless told otherwise, the follower as its child process."""

from __future__ import annotations

import gc
import logging
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from service.app import create_app
from service.operations import heap, log_lines, sole
from service.operations.connections import KEEP_ALIVE_SECONDS, Connection
from service.operations.stopping import Server
from service.settings import Settings

_log = logging.getLogger("ketenspoor")
_AGAIN_AFTER = 1.0
#: Connections that the kernel keeps until they are accepted.
_BACKLOG = 2_048
#: Files that are open beside the connections; on SQLite each of some twenty connections has ten.
_FILES_BESIDE = 500
#: How long a stopping server waits for what is under way.
UNDER_WAY_SECONDS = 30


def serve(settings: Settings) -> None:
    """Serve HTTP until told to stop."""
    log_lines.configure(settings.log_level)
    heap.share_between_threads()
    with sole.of_its_kind(settings.database_url):
        _tell_mode(settings)
        _allow_files(settings.connections)
        # The server ends gracefully on SIGTERM and then raises it again: here it must still end the follower.
        signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))
        with _follower() if settings.follower == "child" else _nothing():
            server = _server(settings)
            with suppress(KeyboardInterrupt):
                server.run()
            if not server.started:
                sys.exit(STARTUP_FAILURE)


def _tell_mode(settings: Settings) -> None:
    if settings.development:
        _log.warning("development mode: no master key, loopback only, the sender of an event is believed")
    if settings.checkpoint_dir is not None and not settings.checkpoint_dir.is_dir():
        # It may be mounted later, and events and figures do not need it; nothing is signed until it is there.
        _log.error("the checkpoint directory is not there: nothing is signed")


def _allow_files(connections: int) -> None:
    """As many open files as the connections may need, beside those of the database, where the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _FILES_BESIDE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        if most < wanted:
            _log.warning("fewer files may be open than there may be connections")


def _server(settings: Settings) -> Server:
    app = create_app(settings, tell=log_lines.access())
    # A load makes many objects that live for one request: looking through them time and again took a tenth of it.
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
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
        backlog=_BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=UNDER_WAY_SECONDS,
    )
    gate = app.posting
    return Server(config, app.state.feed, app.state.watch, settings, gate.refused, gate.standing)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _follower() -> Iterator[None]:
    """The follower in a process of its own, started again when it dies; a thread of the server would slow it down."""
    stopping = threading.Event()

    def keep() -> None:
        while not stopping.is_set():
            child = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "service", "project", "--with-parent", str(os.getpid())]
            )
            while child.poll() is None and not stopping.wait(0.2):
                pass
            if stopping.is_set():
                child.terminate()
                child.wait()
                return
            _log.error("the follower ended with code %s and is started again", child.returncode)
            stopping.wait(_AGAIN_AFTER)

    keeper = threading.Thread(target=keep, name="follower", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()
