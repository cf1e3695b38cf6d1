"""Listening to the feed: Server-Sent Events read as the standard says, from a server or in process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple

import httpx
from fastapi import FastAPI

STREAM = {"Accept": "text/event-stream"}


class Block(NamedTuple):
    """What stands between two empty lines: an event, a sign of life, or how soon to come back."""

    id: str | None = None
    event: str | None = None
    data: str | None = None
    retry: str | None = None
    comment: str | None = None


def blocks(lines: Iterable[str]) -> Iterator[Block]:
    """The blocks that are whole; what a broken connection left half is none."""
    fields: dict[str, str] = {}
    for line in lines:
        if line == "":
            if fields:
                yield Block(**fields)
            fields = {}
            continue
        name, _, value = line.partition(":")
        fields[name or "comment"] = value.removeprefix(" ")


def heard(text: str) -> list[Block]:
    """The blocks of a text."""
    return list(blocks(text.split("\n")))


def told(text: str) -> list[Block]:
    """The events of a text."""
    return [block for block in heard(text) if block.data is not None]


def some(address: str, after: str | None, count: int) -> list[Block]:
    """The next events from a server, so many of them; then the connection is dropped, with more on their way."""
    headers = STREAM if after is None else {**STREAM, "Last-Event-ID": after}
    found: list[Block] = []
    with httpx.stream("GET", address, headers=headers, timeout=60.0) as answer:
        for block in blocks(answer.iter_lines()):
            if block.data is not None:
                found.append(block)
            if len(found) == count:
                break
    return found


class Listener:
    """One who listens to an application in process, until told to leave or the stream has ended; who `takes` only so
    many parts of an answer leaves all others waiting; `shown` are headers with a token."""

    def __init__(
        self,
        app: FastAPI,
        address: str,
        *,
        accept: str = "text/event-stream",
        last_event_id: str = "",
        takes: int | None = None,
        shown: Mapping[str, str] | None = None,
    ) -> None:
        self._app = app
        self._takes = takes
        path, _, query = address.partition("?")
        headers = {"accept": accept, "last-event-id": last_event_id, **(shown or {})}
        self._scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items() if value],
            "client": ("127.0.0.1", 9),
            "server": ("ketenspoor.test", 80),
            "state": {},
        }
        self.status = 0
        self.headers: dict[str, str] = {}
        self.text = ""
        self.ended = False
        self._more = asyncio.Condition()
        self._left = asyncio.Event()
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        await self._app(self._scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.body" and self._takes is not None:
            if self._takes == 0:
                await self._left.wait()
            self._takes -= 1
        async with self._more:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                self.text += message.get("body", b"").decode()
                self.ended = not message.get("more_body", False)
            self._more.notify_all()

    async def until(self, reached: Callable[[Listener], object]) -> None:
        """Wait for what is to be heard."""
        async with asyncio.timeout(60), self._more:
            await self._more.wait_for(lambda: reached(self))

    async def left(self) -> None:
        """Wait until the application has ended it."""
        await self._task

    async def leave(self) -> None:
        """Be gone, as who closes the connection."""
        self._left.set()
        await self._task
