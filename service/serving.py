"""Running the service: the HTTP server with, unless told otherwise, the follower as its child process."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from service import follower
from service.app import create_app
from service.database import connect
from service.evidence.keeping import Keeper
from service.evidence.notary import notary
from service.faults import log_fault
from service.feed import Feed
from service.settings import Settings

_log = logging.getLogger("ketenspoor")
_AGAIN_AFTER = 1.0
_NOTHING_TAKEN_FOR = 2.0


def configure_logging(settings: Settings) -> None:
    """Plain lines on standard error; addresses and bodies of requests are never logged."""
    form = "%(asctime)s %(levelname)s %(name)s %(message)s"
    logging.basicConfig(level=settings.log_level.upper(), format=form, stream=sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def serve(settings: Settings) -> None:
    """Serve HTTP until told to stop."""
    configure_logging(settings)
    if settings.development:
        _log.warning("development mode: no master key, loopback only, the sender of an event is believed")
    else:
        _log.warning("this version does not authenticate: whoever reaches %s can post and read", settings.host)
    if settings.checkpoint_dir is not None and not settings.checkpoint_dir.is_dir():
        # It may be mounted later, and events and figures do not need it; nothing is signed until it is there.
        _log.error("the checkpoint directory is not there: nothing is signed")
    # The server ends gracefully on SIGTERM and then raises it again: here it must still end the follower.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))
    with _follower() if settings.follower == "child" else _nothing():
        app = create_app(settings)
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http="httptools",
            ws="none",
            log_config=None,
            log_level=settings.log_level,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=30,
        )
        server = _Server(config, app.state.feed)
        with suppress(KeyboardInterrupt):
            server.run()
        if not server.started:
            sys.exit(STARTUP_FAILURE)


class _Server(uvicorn.Server):
    """Ends the streams first when it is told to stop: they go on for ever, and it waits for what is under way."""

    def __init__(self, config: uvicorn.Config, feed: Feed) -> None:
        super().__init__(config)
        self._feed = feed

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._feed.stop()
        leaving = asyncio.create_task(self._leave_who_takes_nothing())
        await super().shutdown(sockets)
        leaving.cancel()

    async def _leave_who_takes_nothing(self) -> None:
        """A connection that can't be written to never closes by itself; one that is slowly read from is waited for."""
        before = {each: each.transport.get_write_buffer_size() for each in self.server_state.connections}
        await asyncio.sleep(_NOTHING_TAKEN_FOR)
        for each, size in before.items():
            if size and each.transport.get_write_buffer_size() == size:
                each.transport.abort()


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


def project(settings: Settings, with_parent: int | None) -> None:
    """Follow the log until told to stop, or until the process `with_parent`, which started this one, is gone."""
    configure_logging(settings)
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, stop)
    engine = connect(settings.database_url)
    try:
        follower.run(
            engine,
            lambda: stopped.is_set() or (with_parent is not None and os.getppid() != with_parent),
            Keeper(engine, notary(settings)),
        )
    except Exception as fault:  # noqa: BLE001 - told without its message, and the process ends to be started again
        log_fault(_log, "the follower failed", fault)
        sys.exit(1)
    finally:
        engine.dispose()
