"""A server that stops so that nobody is left without an answer: readiness falls, it drains, finishes and answers."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress

import uvicorn

from service.foundation.settings import Settings
from service.http.server.connections import Connections
from service.operations.watch import Watch
from service.queries.feed import Feed

_TICK = 0.5
#: Time for connections that wait to be accepted: closing the listener would reset them.
_ACCEPTING = 0.05
_NOTHING_TAKEN_FOR = 2.0
_NOTHING_TAKEN_FOR_LONG = 60.0


class Server(uvicorn.Server):
    """Serves until told to stop; then `/readyz` says so, for `drain` seconds all is served as before, and then what is
    under way is finished, committed and answered. Streams are ended: they go on for ever."""

    def __init__(
        self,
        config: uvicorn.Config,
        feed: Feed,
        watch: Watch,
        settings: Settings,
        refused: Callable[[int], None],
        refuses: Callable[[], bool],
        standing: Sequence[tuple[bytes, bytes]],
        beat: int | None = None,
    ) -> None:
        """`refused` is told the status of what never came to the application; `refuses`: whether the application
        turned out not to be able to start; `standing`: headers of every answer;
        `beat`: the pipe by which the process that started this one sees that it goes on.
        """
        super().__init__(config)
        self.server_state = self._connections = Connections(settings.connections, refused, standing)
        self._feed = feed
        self._watch = watch
        self._drain = settings.drain
        self._beat = beat
        self.refuses = refuses

    async def on_tick(self, counter: int) -> bool:
        if self._beat is not None:
            try:
                # One that is full was not read for a while, which is as good.
                with suppress(BlockingIOError):
                    os.write(self._beat, b".")
            except BrokenPipeError:
                # Who would tell this one to stop is gone, and whoever takes its place wants the port.
                self._drain, self.should_exit = 0.0, True
        if self.refuses():
            self._drain, self.should_exit = 0.0, True
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._patience = asyncio.create_task(self._leave_who_takes_nothing(_NOTHING_TAKEN_FOR_LONG))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._watch.end()
        await self._go_on_for(self._drain)
        self._feed.stop()
        await asyncio.sleep(_ACCEPTING)
        self._connections.leaving = True
        self._patience.cancel()
        self._patience = asyncio.create_task(self._leave_who_takes_nothing(_NOTHING_TAKEN_FOR))
        await super().shutdown(sockets)
        self._patience.cancel()

    async def _go_on_for(self, seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        while not self.force_exit and (left := end - clock()) > 0:
            await self.on_tick(0)  # the date in the headers
            await asyncio.sleep(min(_TICK, left))

    async def _leave_who_takes_nothing(self, seconds: float) -> None:
        """A connection that can't be written to never closes by itself; one that is slowly read from is waited for."""
        while True:
            before = {each: each.transport.get_write_buffer_size() for each in self.server_state.connections}
            await asyncio.sleep(seconds)
            for each, size in before.items():
                if size and each.transport.get_write_buffer_size() == size:
                    each.transport.abort()
