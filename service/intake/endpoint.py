"""`POST /v1/events`: CloudEvents in, receipts out. A plain ASGI endpoint, described in the OpenAPI document."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec
from sqlalchemy import Engine
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from service.access.caller import caller_of
from service.access.rules import extent
from service.foundation import tracing
from service.foundation.memory_budget import Overfull, Place, Room
from service.foundation.organisations import Registry
from service.foundation.problems import Problem, invalid_parameter
from service.foundation.time import Clock
from service.intake import bodies, cloudevents, validation
from service.intake.answer import Answer
from service.intake.bodies import MOST_SECONDS, Portions
from service.intake.cloudevents import BATCH, LINES, ONE, Decoded, Malformed
from service.intake.content_coding import gunzipped
from service.intake.head import Head, head_of
from service.intake.identity import Poster
from service.intake.outcomes import TITLES, Results, counts, problem, problem_of_all, receipt, told_in
from service.intake.validation import Judge, Judged, Posted
from service.log.keys import Keyring
from service.log.precondition import Tags, etag, tags_in
from service.log.submission import Admitted, NotRecorded, Outcome, Refused, Submission, latest
from service.log.writer import MOST_SECONDS_WAITING, Overloaded, Unavailable, Writer

_OPERATION = "post_events"
_LINES_LISTED = 10_000
#: So many portions of lines are in memory, being read, judged or committed; other streams wait for their turn.
_STREAMS_AT_ONCE = 6
#: So many wait for it, each with what has come of it; beyond them a sender is asked to come back.
_MOST_STREAMS = 32
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


class Intake:
    """The endpoint: reads bodies, has them judged, hands them to the writer, tells what became of them."""

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        registry: Registry,
        keys: Keyring,
        clock: Clock,
        room: Room | None = None,
        seconds: float = MOST_SECONDS,
    ) -> None:
        self._writer = writer
        self._judge = Judge(engine, registry, keys, clock)
        self._room = room or Room()
        self._seconds = seconds
        self._turns = asyncio.Semaphore(_STREAMS_AT_ONCE)
        self._streams = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp
        with self._room.place() as place:
            try:
                answer = await self._answer(scope, receive, place)
            except Problem as refusal:
                answer = refusal.response()
            except (Overloaded, Overfull):
                answer = _BUSY.response()
            except Unavailable:
                answer = _NOT_RECORDED.response()
            except ClientDisconnect:
                return  # nobody is left to answer; what was committed is there when it is sent again
            # Its room is kept until it is taken: a sender may be slow to.
            await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, place: Place) -> Answer:
        caller = caller_of(scope)
        extent(_OPERATION, caller)
        ids = tracing.current.get()
        poster = Poster(caller, None if ids is None else ids.trace_id)
        query: bytes = scope["query_string"]
        atomic = bool(query) and _atomic(query)
        head = head_of(scope["headers"])
        if not head.readable:
            raise _unsupported()
        if_match = None if head.if_match is None else _tags(head)
        if head.packed:
            receive = gunzipped(receive)
        if head.form == ONE:
            body = await self._body(receive, head, cloudevents.MOST_BYTES_OF_AN_EVENT, place)
            return await self._one(poster, body, if_match)
        if head.form == BATCH:
            body = await self._body(receive, head, cloudevents.MOST_BYTES, place)
            return await self._batch(poster, body, atomic, place)
        if head.form == LINES:
            if atomic:
                raise invalid_parameter("atomic", "not-one-of", "is not for NDJSON, which is committed in portions")
            return await self._stream(poster, Portions(receive, self._seconds), place)
        if head.form == "application/json" and head.binary_mode:
            body = await self._body(receive, head, cloudevents.MOST_BYTES_OF_AN_EVENT, place)
            return await self._one(poster, body, if_match, scope["headers"])
        raise _unsupported()

    async def _body(self, receive: Receive, head: Head, most: int, place: Place) -> bytes:
        return await bodies.whole(receive, head.length, most, place, self._seconds)

    async def _one(
        self, poster: Poster, body: bytes, if_match: Tags | None, headers: Sequence[tuple[bytes, bytes]] | None = None
    ) -> Answer:
        def posted() -> list[Decoded]:
            data = cloudevents.decode(body)
            return [data if headers is None else cloudevents.from_headers(headers, data)]

        try:
            (judged,) = await self._judge.judged(len(body), posted, poster)
        except Malformed as malformed:
            return await self._unreadable(poster, malformed, body)
        return await self._answer_to(judged, if_match)

    async def _unreadable(self, poster: Poster, malformed: Malformed, body: bytes) -> Answer:
        return await self._answer_to(validation.unreadable(malformed, body)._replace(oin=poster.oin))

    async def _answer_to(self, judged: Admitted | Refused, if_match: Tags | None = None) -> Answer:
        (outcome,) = await self._record(Submission([judged], if_match=if_match))
        if isinstance(outcome, NotRecorded):
            refusal = problem(outcome.faults)
            if outcome.version is not None:
                refusal.headers["ETag"] = etag(outcome.version).decode()
            raise refusal
        status = HTTPStatus.OK if outcome.repeated else HTTPStatus.CREATED
        headers = [(b"location", b"/v1/events/%d" % outcome.position), (b"etag", etag(outcome.version))]
        return Answer(status, receipt(outcome), headers)

    async def _batch(self, poster: Poster, body: bytes, atomic: bool, place: Place) -> Answer:
        with self._room.place() as held:
            try:
                posted = partial(validation.batch, body)
                judged = await self._in_turn(poster, len(body), posted, held, MOST_SECONDS_WAITING)
                del posted
            except Malformed as malformed:
                return await self._unreadable(poster, malformed, body)
            del body  # its events are in memory as they came
            # Once it is recorded there must be room to say so.
            place.tell(told_in(judged))
            outcomes = await self._record(Submission(judged, atomic))
        if atomic and any(isinstance(outcome, NotRecorded) for outcome in outcomes):
            raise problem_of_all(outcomes)
        results = Results()
        for index, outcome in enumerate(outcomes):
            results.add(index, outcome)
        told = {**counts(outcomes), "lastPosition": latest(outcomes), "results": results.listed}
        return Answer(HTTPStatus.OK, msgspec.json.encode(told))

    async def _in_turn(
        self, poster: Poster, size: int, posted: Callable[[], Iterable[Posted]], held: Place, seconds: float | None
    ) -> list[Judged]:
        """The events of a body; those of large ones one body after the other, and as there is room for them."""
        if size < validation.AT_ONCE:
            return await self._judge.judged(size, posted, poster)
        async with self._room.turn(seconds):
            judged = await self._judge.judged(size, posted, poster, patient=seconds is None)
            held.hold(len(judged))
        return judged

    async def _stream(self, poster: Poster, portions: Portions, place: Place) -> Answer:
        if self._streams == _MOST_STREAMS:
            raise Overfull
        self._streams += 1
        try:
            return await self._lines(poster, portions, place)
        finally:
            self._streams -= 1

    async def _lines(self, poster: Poster, portions: Portions, place: Place) -> Answer:
        told = _Told(place)
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        committed.set_result(None)
        try:
            while await portions.begin():
                committed = await self._next(poster, portions, told, committed)
            await committed
        finally:
            # Whatever happened, what was begun is finished: its turn is given back, and its fault is looked at.
            portions.leave()
            await asyncio.wait([committed])
        return Answer(HTTPStatus.OK, msgspec.json.encode(told.body()))

    async def _next(
        self, poster: Poster, portions: Portions, told: _Told, before: asyncio.Future[None]
    ) -> asyncio.Future[None]:
        """Read and judge a portion while the one before is committed; it is over when this one is being committed.

        Apart from the loop around it, so that a stream that waits for its turn holds no portion any more.
        """
        async with AsyncExitStack() as turn:
            await turn.enter_async_context(self._turns)
            portion = await portions.next()
            held = turn.enter_context(self._room.place())
            lines = [line for _, line in portion]
            judged = await self._in_turn(poster, _MANY, partial(validation.lines, lines), held, None)
            await before
            indexes = [index for index, _ in portion]
            committed = asyncio.ensure_future(self._portion(indexes, judged, told, turn.pop_all()))
            if any(isinstance(one, Admitted) and one.concerns_places for one in judged):
                # What follows is judged by it.
                await committed
        return committed

    async def _portion(
        self, indexes: Sequence[int], judged: Sequence[Judged], told: _Told, turn: AsyncExitStack
    ) -> None:
        async with turn:
            if indexes:
                told.take(indexes, await self._patiently(Submission(judged)))

    async def _record(self, submission: Submission) -> list[Outcome]:
        outcomes = await self._writer.record(submission)
        # Only now: before the commit they could be read without it, and kept.
        if any(isinstance(event, Admitted) and event.concerns_places for event in submission.events):
            self._judge.forget_places()
        return outcomes

    async def _patiently(self, submission: Submission) -> list[Outcome]:
        """A stream of lines waits its turn: as long as it waits it sends no more."""
        while True:
            try:
                return await self._record(submission)
            except Overloaded:
                await asyncio.sleep(0.1)


class _Told:
    """What the sender of lines is told in the end: all of the counts, and of lines as many as there is room for."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._full = False
        self._counts = {"recorded": 0, "repeated": 0, "rejected": 0}
        self._last: int | None = None
        self._results = Results()

    def take(self, indexes: Sequence[int], outcomes: Sequence[Outcome]) -> None:
        """What became of one portion."""
        for name, count in counts(outcomes).items():
            self._counts[name] += count
        self._last = max(self._last or 0, latest(outcomes) or 0) or None
        for index, outcome in zip(indexes, outcomes, strict=True):
            if self._full:
                return
            if isinstance(outcome, NotRecorded) or outcome.repeated:
                self._add(index, outcome)

    def _add(self, index: int, outcome: Outcome) -> None:
        if len(self._results.listed) == _LINES_LISTED:
            self._full = True
            return
        size = self._results.add(index, outcome)
        try:
            self._place.tell(size)
        except Overfull:
            # What is recorded can't be refused any more, and the rejections are kept for who asks for them.
            self._full = True

    def body(self) -> dict[str, Any]:
        """The answer: counts, and the lines that were not plainly recorded."""
        return {**self._counts, "lastPosition": self._last, "results": self._results.listed}


def _atomic(query: bytes) -> bool:
    wanted = "false"
    for count, (name, value) in enumerate(QueryParams(query).multi_items()):
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


def _tags(head: Head) -> Tags:
    """The versions that are asked for; of many events each would have to say its own."""
    if head.form in (BATCH, LINES):
        raise invalid_parameter("If-Match", "not-of-many", "is for a single event")
    tags = tags_in(head.if_match or b"")
    if tags is None:
        raise invalid_parameter("If-Match", "not-an-etag", 'must be the ETag of an answer, like "3", or a list of them')
    return tags


def _unsupported() -> Problem:
    detail = f"Send {ONE}, {BATCH} or {LINES} in UTF-8, or application/json with ce- headers."
    return Problem(415, TITLES[415], detail, headers={"Accept-Post": f"{ONE}, {BATCH}, {LINES}, application/json"})
