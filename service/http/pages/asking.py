"""A page asks the API, within the process and as the one who looks: what it shows is what the API answers to them,
behind the same doors, by the same rules of rounding, and with the same line in the audit log.
"""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec
from starlette.requests import Request
from starlette.types import ASGIApp, Message

from service.access.caller import Caller, set_caller
from service.http.pages.address import ApiAddress

_OK = 200


class Answer(NamedTuple):
    """What the API answers to a page: a body, or a refusal as problem details.

    `cursor` leads to what stands behind this part of a list; None where nothing does.
    """

    address: ApiAddress
    status: int
    body: Any
    cursor: str | None = None

    @property
    def ok(self) -> bool:
        """Whether it is an answer and no refusal."""
        return self.status == _OK


class Api:
    """The API as one caller sees it."""

    def __init__(self, app: ASGIApp, request: Request, caller: Caller) -> None:
        """`app`: what requests pass once it is known who asks."""
        self._app = app
        self._request = request
        self._caller = caller

    async def ask(self, *addresses: ApiAddress) -> list[Answer]:
        """The answers to some questions, asked at once, all as known at one position of the log.

        What was recorded between them would make numbers beside each other disagree: who answered from a later
        position is asked again at the earliest.
        """
        answers = list(await asyncio.gather(*map(self._get, addresses)))
        positions = {
            of: position
            for of, one in enumerate(answers)
            if not _is_set(addresses[of]) and (position := _position(one)) is not None
        }
        earliest = min(positions.values(), default=0)
        for of, position in positions.items():
            if position != earliest:
                again = await self._get(addresses[of].with_parameters(atPosition=earliest))
                answers[of] = again._replace(address=addresses[of])
        return answers

    async def post(self, path: str, body: Any) -> Answer:
        """The answer to what is asked in a body, because it must not stand in an address."""
        return await self._send(ApiAddress(path), "POST", msgspec.json.encode(body))

    async def _get(self, address: ApiAddress) -> Answer:
        return await self._send(address, "GET", b"")

    async def _send(self, address: ApiAddress, method: str, body: bytes) -> Answer:
        outer = self._request.scope
        headers = [(b"accept", b"application/json, text/plain;q=0.5")]
        if body:
            headers += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        scope = {
            **{name: outer[name] for name in ("type", "asgi", "http_version", "scheme", "server", "client", "app")},
            "method": method,
            "path": address.path,
            "raw_path": address.path.encode(),
            "query_string": address.query.encode(),
            "root_path": "",
            "headers": headers,
        }
        set_caller(scope, self._caller)
        status, received, head = 0, bytearray(), dict[bytes, bytes]()

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                head.update(message["headers"])
            else:
                received.extend(message.get("body", b""))

        await self._app(scope, receive, send)
        told: Any = None
        if head.get(b"content-type", b"").startswith(b"text/plain"):
            told = received.decode()
        elif received:
            told = msgspec.json.decode(received)
        return Answer(address, status, told, _cursor(head.get(b"link", b"").decode()))


def _cursor(link: str) -> str | None:
    """The cursor in the address of a header that leads to the next part of a list."""
    query = urlsplit(link.partition(">")[0]).query
    return next((value for name, value in parse_qsl(query) if name == "cursor"), None)


def _position(answer: Answer) -> int | None:
    position = answer.body.get("position") if answer.ok and isinstance(answer.body, dict) else None
    return position if isinstance(position, int) else None


def _is_set(address: ApiAddress) -> bool:
    """Whether an address itself says as of when it is asked."""
    return any(name in {"knownAt", "atPosition"} for name, _ in address.parameters)
