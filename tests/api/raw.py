"""What goes over a connection byte by byte, and a server of an application on the loop of a test."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import uvicorn

from service.http.server import connections
from tests.processes import DEADLINE, Served, free_port

REQUEST = b"GET %b HTTP/1.1\r\nHost: ketenspoor.test\r\n\r\n"


@contextmanager
def connected(service: Served) -> Iterator[socket.socket]:
    url = httpx.URL(service.address)
    with socket.create_connection((url.host, url.port), timeout=DEADLINE) as connection:
        yield connection


def answer(connection: socket.socket) -> tuple[int, dict[str, str], Any]:
    """The next answer: its status, its headers, and its body as JSON or text."""
    received = b""
    # No further than its end: the next answer may follow at once.
    while not received.endswith(b"\r\n\r\n"):
        part = connection.recv(1)
        assert part, "closed without an answer"
        received += part
    first, *lines = received.decode().strip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = b""
    while left := int(headers["content-length"]) - len(body):
        body += connection.recv(left)
    told = json.loads(body) if "json" in headers["content-type"] else body.decode()
    return int(first.split()[1]), headers, told


@asynccontextmanager
async def in_process(app: Any) -> AsyncIterator[tuple[connections.Connections, int]]:
    """A server of an application on the loop of the test: its connections and its port."""
    port = free_port()
    config = uvicorn.Config(app, port=port, http=connections.Connection, lifespan="off", ws="none", log_config=None)
    server = uvicorn.Server(config)
    server.server_state = state = connections.Connections(10, lambda _: None)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(DEADLINE):
        while not server.started:  # noqa: ASYNC110 - it has no event for it
            await asyncio.sleep(0.01)
    yield state, port
    server.should_exit = True
    await serving
