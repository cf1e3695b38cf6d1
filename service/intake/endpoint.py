"""`POST /v1/events`: CloudEvents in, receipts out. A plain ASGI endpoint, described in the OpenAPI document."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Any

import msgspec
from sqlalchemy import Engine
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.intake import bodies, cloudevents, judging
from service.intake.admission import Admitted, Refused
from service.intake.bodies import MOST_SECONDS, Overfull, Place, Portions, Room, TooSlow
from service.intake.cloudevents import BATCH, LINES, ONE, Decoded, Malformed
from service.intake.judging import Judge
from service.intake.outcomes import TITLES, Results, by_sender, counts, problem, problem_of_all, receipt
from service.keys import Keyring
from service.ledger import Clock, NotRecorded, Outcome, latest
from service.ledger import Request as Submission
from service.operations.metrics import Metrics
from service.organisations import Registry
from service.problems import Problem, invalid_parameter
from service.writer import Overloaded, Unavailable, Writer

_LINES_LISTED = 10_000
#: So many portions of lines are in memory, being read, judged or committed; other streams wait for their turn.
_STREAMS_AT_ONCE = 8
#: So many wait for it, each with what has come of it; beyond them a sender is asked to come back.
_MOST_STREAMS = 64
#: However few lines there are: where they come from more may follow.
_MANY = cloudevents.MOST_BYTES
_COME_BACK = {"Retry-After": "1"}
_BUSY = Problem(503, "Busy", "Too much is waiting to be recorded; try again.", headers=_COME_BACK)
_NOT_RECORDED = Problem(
    503,
    "Not recorded",
    "The database did not take the events; nothing of this request was acknowledged. Try again.",
    headers=_COME_BACK,
)
_TOO_SLOW = Problem(
    408,
    "Too slow",
    "The body did not come in time; nothing of it was acknowledged. Send it again.",
    headers={"Connection": "close"},
)


class Intake:
    """The endpoint: reads bodies, has them judged, hands them to the writer, tells what became of them."""

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        registry: Registry,
        keys: Keyring,
        clock: Clock,
        metrics: Metrics | None = None,
        room: Room | None = None,
        seconds: float = MOST_SECONDS,
    ) -> None:
        self._writer = writer
        self._judge = Judge(engine, registry, keys, clock)
        self._metrics = metrics or Metrics(registry)
        self._room = room or Room()
        self._seconds = seconds
        self._turns = asyncio.Semaphore(_STREAMS_AT_ONCE)
        self._streams = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with self._room.place() as place:
                response = await self._answer(Request(scope, receive), place)
        except Problem as refusal:
            response = refusal.response()
        except (Overloaded, Overfull):
            response = _BUSY.response()
        except Unavailable:
            response = _NOT_RECORDED.response()
        except TooSlow:
            response = _TOO_SLOW.response()
        except ClientDisconnect:
            return  # nobody is left to answer; what was committed is there when it is sent again
        await response(scope, receive, send)

    async def _answer(self, request: Request, place: Place) -> Response:
        atomic = bool(request.scope["query_string"]) and _atomic(request)
        form, charset = _form(request.headers.get("content-type", ""))
        if charset != "utf-8" or request.headers.get("content-encoding", "identity") != "identity":
            raise _unsupported()
        if form == LINES:
            if atomic:
                raise invalid_parameter("atomic", "not-one-of", "is not for NDJSON, which is committed in portions")
            return await self._stream(Portions(request.receive, self._seconds))
        if form == BATCH:
            return await self._batch(await self._body(request, cloudevents.MOST_BYTES, place), atomic)
        if form == ONE:
            body = await self._body(request, cloudevents.MOST_BYTES_OF_AN_EVENT, place)
            return await self._one(body)
        if form == "application/json" and "ce-specversion" in request.headers:
            body = await self._body(request, cloudevents.MOST_BYTES_OF_AN_EVENT, place)
            return await self._one(body, request.scope["headers"])
        raise _unsupported()

    async def _body(self, request: Request, most: int, place: Place) -> bytes:
        length = request.headers.get("content-length")
        return await bodies.whole(request.receive, length, most, place, self._seconds)

    async def _one(self, body: bytes, headers: Sequence[tuple[bytes, bytes]] | None = None) -> Response:
        def posted() -> list[Decoded]:
            data = cloudevents.decode(body)
            return [data if headers is None else cloudevents.from_headers(headers, data)]

        try:
            (judged,) = await self._judge.judged(len(body), posted)
        except Malformed as malformed:
            return await self._unreadable(malformed, body)
        return await self._answer_to(judged)

    async def _unreadable(self, malformed: Malformed, body: bytes) -> Response:
        return await self._answer_to(judging.unreadable(malformed, body))

    async def _answer_to(self, judged: Admitted | Refused) -> Response:
        (outcome,) = await self._record(Submission([judged]))
        if isinstance(outcome, NotRecorded):
            raise problem(outcome.faults)
        status = HTTPStatus.OK if outcome.repeated else HTTPStatus.CREATED
        headers = {"Location": f"/v1/events/{outcome.position}", "ETag": f'"{outcome.version}"'}
        return _json(status, receipt(outcome), headers)

    async def _batch(self, body: bytes, atomic: bool) -> Response:
        try:
            judged = await self._judge.judged(len(body), partial(judging.batch, body))
        except Malformed as malformed:
            return await self._unreadable(malformed, body)
        outcomes = await self._record(Submission(judged, atomic))
        if atomic and any(isinstance(outcome, NotRecorded) for outcome in outcomes):
            raise problem_of_all(outcomes)
        results = Results()
        for index, outcome in enumerate(outcomes):
            results.add(index, outcome)
        told = {**counts(outcomes), "lastPosition": latest(outcomes), "results": results.listed}
        return _json(HTTPStatus.OK, told)

    async def _stream(self, portions: Portions) -> Response:
        if self._streams == _MOST_STREAMS:
            raise Overfull
        self._streams += 1
        try:
            return await self._lines(portions)
        finally:
            self._streams -= 1

    async def _lines(self, portions: Portions) -> Response:
        told = _Told()
        committed = asyncio.get_running_loop().create_future()
        committed.set_result(None)
        try:
            while await portions.begin():
                async with AsyncExitStack() as turn:
                    await turn.enter_async_context(self._turns)
                    portion = await portions.next()
                    lines = [line for _, line in portion]
                    judged = await self._judge.judged(_MANY, partial(judging.lines, lines), patient=True)
                    # While one portion is committed the next is read and judged.
                    await committed
                    committed = asyncio.ensure_future(self._portion(portion, judged, told, turn.pop_all()))
                    if any(isinstance(one, Admitted) and one.concerns_places for one in judged):
                        # What follows is judged by it.
                        await committed
            await committed
        finally:
            # Whatever happened, what was begun is finished: its turn is given back, and its fault is looked at.
            portions.leave()
            await asyncio.wait([committed])
        return _json(HTTPStatus.OK, told.body())

    async def _portion(
        self, portion: list[tuple[int, bytes]], judged: Sequence[Admitted | Refused], told: _Told, turn: AsyncExitStack
    ) -> None:
        async with turn:
            if portion:
                told.take([index for index, _ in portion], await self._patiently(Submission(judged)))

    async def _record(self, submission: Submission) -> list[Outcome]:
        outcomes = await self._writer.record(submission)
        # Only now: before the commit they could be read without it, and kept.
        if any(isinstance(event, Admitted) and event.concerns_places for event in submission.events):
            self._judge.forget_places()
        self._metrics.posted(by_sender(submission.events, outcomes))
        return outcomes

    async def _patiently(self, submission: Submission) -> list[Outcome]:
        """A stream of lines waits its turn: as long as it waits it sends no more."""
        while True:
            try:
                return await self._record(submission)
            except Overloaded:
                await asyncio.sleep(0.1)


class _Told:
    """What the sender of lines is told in the end."""

    def __init__(self) -> None:
        self._counts = {"recorded": 0, "repeated": 0, "rejected": 0}
        self._last: int | None = None
        self._results = Results()

    def take(self, indexes: Sequence[int], outcomes: Sequence[Outcome]) -> None:
        """What became of one portion."""
        for name, count in counts(outcomes).items():
            self._counts[name] += count
        self._last = max(self._last or 0, latest(outcomes) or 0) or None
        for index, outcome in zip(indexes, outcomes, strict=True):
            if isinstance(outcome, NotRecorded) or outcome.repeated:
                if len(self._results.listed) == _LINES_LISTED:
                    return
                self._results.add(index, outcome)

    def body(self) -> dict[str, Any]:
        """The answer: counts, and the lines that were not plainly recorded."""
        return {**self._counts, "lastPosition": self._last, "results": self._results.listed}


@lru_cache(maxsize=64)
def _form(content_type: str) -> tuple[str, str]:
    """The form that a body has, and the one charset that its parameters name; none means UTF-8, as JSON has it."""
    form, *parameters = [part.strip().lower() for part in content_type.split(";")]
    charsets = {part.partition("=")[2].strip('"') for part in parameters if part.startswith("charset=")}
    return form, " ".join(sorted(charsets | {"utf-8"}))


def _atomic(request: Request) -> bool:
    wanted = "false"
    for count, (name, value) in enumerate(request.query_params.multi_items()):
        if name != "atomic":
            raise invalid_parameter(
                "\N{HORIZONTAL ELLIPSIS}", "unknown-parameter", "this request knows no parameter but atomic"
            )
        if count:
            raise invalid_parameter(name, "doubled", "stands there twice")
        if value not in ("true", "false"):
            raise invalid_parameter(name, "not-one-of", "must be true or false")
        wanted = value
    return wanted == "true"


def _unsupported() -> Problem:
    detail = f"Send {ONE}, {BATCH} or {LINES} in UTF-8, or application/json with ce- headers."
    return Problem(415, TITLES[415], detail, headers={"Accept-Post": f"{ONE}, {BATCH}, {LINES}, application/json"})


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, "application/json")
