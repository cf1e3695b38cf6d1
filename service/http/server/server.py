"""One HTTP server in this process, on sockets that are there already.

It stops so that nobody is left without an answer: readiness falls, it drains, finishes and answers.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import os
import resource
import socket
import sys
from contextlib import suppress

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from service.foundation import log_lines
from service.foundation.settings import Settings
from service.http.app import Service, create_app
from service.http.server.connections import KEEP_ALIVE_SECONDS, Connection, Connections
from service.http.server.listening import BACKLOG
from service.operations.health import HealthMonitor
from service.queries.feed import Feed
from service.queries.state_copy import StateCopy

_log = logging.getLogger("ketenspoor")
#: Files that are open beside the connections; on SQLite each of some twenty connections has ten.
_FILES_BESIDE = 500
#: How long a stopping server waits for what is under way.
UNDER_WAY_SECONDS = 30
_TICK = 0.5
#: Time for connections that wait to be accepted: closing the listener would reset them.
_ACCEPTING = 0.05
_M_ARENA_MAX = -8
_HEAPS = 2
_NOTHING_TAKEN_FOR = 2.0
_NOTHING_TAKEN_FOR_LONG = 60.0


def run(settings: Settings, sockets: list[socket.socket], beat: int | None = None) -> None:
    """Serve until told to stop; `beat`: the pipe to the process that started this one, where another one did."""
    _share_heaps()
    _allow_files(settings.connections)
    app = create_app(settings, log_request=log_lines.access())
    # What is there now stays: to search all of it for garbage would hold up every request for 100 ms.
    gc.freeze()
    # A batch makes many objects that live for one request: searching them as often as Python does by itself took
    # 5 to 20 % of its time.
    gc.set_threshold(20_000, 20, 50)
    server = Server(app, settings, beat)
    server.run(sockets)
    if not server.started or server.cannot_start:
        sys.exit(STARTUP_FAILURE)


def _share_heaps() -> None:
    """Let all threads share two heaps, where the C library (glibc) has one for each, of which it gives little back: one
    thread runs at a time anyway. With ten clients reading long pages the process holds 16 MB less of 278.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _HEAPS)


def _allow_files(connections: int) -> None:
    """As many open files as the connections may need, beside those of the database, where the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _FILES_BESIDE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        if most < wanted:
            _log.warning("fewer files may be open than there may be connections")


class Server(uvicorn.Server):
    """Serves until told to stop; then `/readyz` says so, for `drain` seconds all is served as before, and then what is
    under way is finished, committed and answered. Streams are ended: they go on for ever."""

    def __init__(self, app: Service, settings: Settings, beat: int | None = None) -> None:
        """`beat`: the pipe by which the process that started this one sees that it goes on."""
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
        super().__init__(config)
        outermost = app.outermost
        self.server_state = self._connections = Connections(settings.connections, outermost.refused, outermost.headers)
        self._feed: Feed = app.state.feed
        self._monitor: HealthMonitor = app.state.health_monitor
        self._figures: StateCopy = app.state.context.figures
        self._drain = settings.drain
        self._beat = beat

    @property
    def cannot_start(self) -> bool:
        """Whether the application turned out not to be able to start."""
        return self._figures.refuses

    async def on_tick(self, counter: int) -> bool:
        if self._beat is not None:
            try:
                # One that is full was not read for a while, which is as good.
                with suppress(BlockingIOError):
                    os.write(self._beat, b".")
            except BrokenPipeError:
                # The process that would stop this one is gone, and the one that takes its place wants the port.
                self._drain, self.should_exit = 0.0, True
        if self.cannot_start:
            self._drain, self.should_exit = 0.0, True
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._patience = asyncio.create_task(self._abort_who_takes_nothing(_NOTHING_TAKEN_FOR_LONG))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._monitor.stopping = True
        await self._go_on_for(self._drain)
        self._feed.stop()
        await asyncio.sleep(_ACCEPTING)
        self._connections.leaving = True
        self._patience.cancel()
        self._patience = asyncio.create_task(self._abort_who_takes_nothing(_NOTHING_TAKEN_FOR))
        await super().shutdown(sockets)
        self._patience.cancel()

    async def _go_on_for(self, seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        while not self.force_exit and (left := end - clock()) > 0:
            await self.on_tick(0)  # the date in the headers
            await asyncio.sleep(min(_TICK, left))

    async def _abort_who_takes_nothing(self, seconds: float) -> None:
        """A connection that can't be written to never closes by itself; one that is slowly read from is waited for."""
        while True:
            before = {each: each.transport.get_write_buffer_size() for each in self.server_state.connections}
            await asyncio.sleep(seconds)
            for each, size in before.items():
                if size and each.transport.get_write_buffer_size() == size:
                    each.transport.abort()
