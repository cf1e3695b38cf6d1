"""`POST /v1/events`: CloudEvents in, receipts out. A plain ASGI endpoint, described in the OpenAPI document."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from http import HTTPStatus
from typing import NamedTuple

import msgspec
from sqlalchemy import Engine
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from service.access.caller import caller_of
from service.access.rules import extent
from service.foundation import tracing
from service.foundation.headers import parse_media_type
from service.foundation.memory_budget import BudgetExceeded, MemoryBudget, Reservation
from service.foundation.organisations import Registry
from service.foundation.problems import Problem, invalid_parameter
from service.foundation.time import Clock
from service.intake import cloudevents, validator
from service.intake.bodies import MOST_SECONDS, Portions, read_whole
from service.intake.cloudevents import BATCH, LINES, ONE, Malformed
from service.intake.content_coding import CODING, gunzipped, is_packed
from service.intake.receipts import (
    TITLES,
    BatchReceipt,
    Results,
    counts,
    problem,
    problem_of_all,
    receipt,
    size_of_results,
)
from service.intake.references import Poster
from service.intake.validator import Posted, Validated, Validator
from service.log.keys import Keyring
from service.log.submission import Admitted, NotRecorded, Outcome, Submission, Tags, etag, latest_position, tags_in
from service.log.writer import MOST_SECONDS_WAITING, Writer
from service.storage.group_commit import Overloaded, Unavailable

_OPERATION = "post_events"
_LINES_LISTED = 10_000
#: So many portions of lines are in memory, being read, validated or committed; other streams wait for their turn.
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


#: An answer: status, headers with their names in small letters, and JSON.
_Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
_JSON = (b"content-type", b"application/json")


class Intake:
    """The endpoint: reads bodies, has them validated, hands them to the writer, tells what became of them."""

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        registry: Registry,
        keys: Keyring,
        clock: Clock,
        budget: MemoryBudget | None = None,
        seconds: float = MOST_SECONDS,
    ) -> None:
        self._writer = writer
        self._validator = Validator(engine, registry, keys, clock)
        self._budget = budget or MemoryBudget()
        self._seconds = seconds
        self._turns = asyncio.Semaphore(_STREAMS_AT_ONCE)
        self._streams = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reservation = Reservation(self._budget)
        try:
            status, headers, body = await self._answer(scope, receive, reservation)
        except Problem as refusal:
            await refusal.response()(scope, receive, send)
        except (Overloaded, BudgetExceeded):
            await _BUSY.response()(scope, receive, send)
        except Unavailable:
            await _NOT_RECORDED.response()(scope, receive, send)
        except ClientDisconnect:
            return  # nobody is left to answer; what was committed is there when it is sent again
        else:
            # A response of the framework would cost as much as the receipt in it.
            headers += (b"content-length", b"%d" % len(body)), _JSON
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        finally:
            # Not before the answer is taken: a sender may be slow to.
            reservation.release()

    async def _answer(self, scope: Scope, receive: Receive, reservation: Reservation) -> _Answer:
        caller = caller_of(scope)
        extent(_OPERATION, caller)
        ids = tracing.current.get()
        poster = Poster(caller, None if ids is None else ids.trace_id)
        query: bytes = scope["query_string"]
        atomic = bool(query) and _atomic(query)
        head = _read_head(scope["headers"])
        form = head.form
        if not head.readable:
            raise _unsupported()
        if_match = None if head.if_match is None else _tags(head)
        if head.packed:
            receive = gunzipped(receive)
        if form == LINES:
            if atomic:
                raise invalid_parameter("atomic", "not-one-of", "is not for NDJSON, which is committed in portions")
            return await self._stream(poster, Portions(receive, self._seconds), reservation)
        if form == BATCH:
            body = await read_whole(receive, head.length, cloudevents.MOST_BYTES, reservation, self._seconds)
            return await self._batch(poster, body, atomic, reservation)
        binary_mode = form == "application/json" and head.binary_mode
        if form != ONE and not binary_mode:
            raise _unsupported()
        most = cloudevents.MOST_BYTES_OF_AN_EVENT
        body = await read_whole(receive, head.length, most, reservation, self._seconds)
        read = partial(validator.read_one, body, scope["headers"] if binary_mode else None)
        (validated,) = await self._validator.validate(len(body), read, poster)
        return await self._one(validated, if_match)

    async def _one(self, event: Validated, if_match: Tags | None = None) -> _Answer:
        (outcome,) = await self._record(Submission([event], if_match=if_match))
        if isinstance(outcome, NotRecorded):
            refusal = problem(outcome.faults)
            if outcome.version is not None:
                refusal.headers["ETag"] = etag(outcome.version).decode()
            raise refusal
        status = HTTPStatus.OK if outcome.repeated else HTTPStatus.CREATED
        headers = [(b"location", b"/v1/events/%d" % outcome.position), (b"etag", etag(outcome.version))]
        return status, headers, receipt(outcome)

    async def _batch(self, poster: Poster, body: bytes, atomic: bool, reservation: Reservation) -> _Answer:
        with Reservation(self._budget) as held:
            try:
                read = partial(validator.read_batch, body)
                validated = await self._validate(poster, len(body), read, held, MOST_SECONDS_WAITING)
                del read
            except Malformed as malformed:
                return await self._one(validator.unreadable(malformed, body)._replace(oin=poster.oin))
            del body  # its events are in memory as they came
            # Once it is recorded there must be memory to say so.
            reservation.reserve_answer(size_of_results(validated))
            outcomes = await self._record(Submission(validated, atomic))
        if atomic and any(isinstance(outcome, NotRecorded) for outcome in outcomes):
            raise problem_of_all(outcomes)
        results = Results()
        for index, outcome in enumerate(outcomes):
            results.add(index, outcome)
        batch = BatchReceipt(**counts(outcomes), last_position=latest_position(outcomes), results=results.listed)
        return HTTPStatus.OK, [], msgspec.json.encode(batch)

    async def _validate(
        self, poster: Poster, size: int, read: Callable[[], Iterable[Posted]], held: Reservation, seconds: float | None
    ) -> list[Validated]:
        """The events of a body; those of large ones one body after the other, and as there is memory for them."""
        if size < validator.AT_ONCE:
            return await self._validator.validate(size, read, poster)
        async with self._budget.next_body(seconds):
            validated = await self._validator.validate(size, read, poster, patient=seconds is None)
            held.hold_events(len(validated))
        return validated

    async def _stream(self, poster: Poster, portions: Portions, reservation: Reservation) -> _Answer:
        if self._streams == _MOST_STREAMS:
            raise BudgetExceeded
        self._streams += 1
        summary = _Summary(reservation)
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        committed.set_result(None)
        try:
            while await portions.wait_for_more():
                committed = await self._next_portion(poster, portions, summary, committed)
            await committed
        finally:
            try:
                # Whatever happened, what was begun is finished: its turn is given back, and its error is looked at.
                portions.close()
                await asyncio.wait([committed])
            finally:
                self._streams -= 1
        return HTTPStatus.OK, [], msgspec.json.encode(summary.body())

    async def _next_portion(
        self, poster: Poster, portions: Portions, summary: _Summary, before: asyncio.Future[None]
    ) -> asyncio.Future[None]:
        """Read and validate a portion while the one before is committed; it is over when this one is being committed.

        Apart from the loop around it, so that a stream that waits for its turn holds no portion any more.
        """
        async with AsyncExitStack() as turn:
            await turn.enter_async_context(self._turns)
            portion = await portions.next()
            held = turn.enter_context(Reservation(self._budget))
            lines = [line for _, line in portion]
            validated = await self._validate(poster, _MANY, partial(validator.read_lines, lines), held, None)
            await before
            indexes = [index for index, _ in portion]
            committed = asyncio.ensure_future(self._commit_portion(indexes, validated, summary, turn.pop_all()))
            if any(isinstance(one, Admitted) and one.concerns_places for one in validated):
                # What follows is validated by it.
                await committed
        return committed

    async def _commit_portion(
        self, indexes: Sequence[int], validated: Sequence[Validated], summary: _Summary, turn: AsyncExitStack
    ) -> None:
        async with turn:
            while indexes:
                try:
                    summary.add(indexes, await self._record(Submission(validated)))
                    return
                except Overloaded:
                    # A stream of lines waits its turn: as long as it waits it sends no more.
                    await asyncio.sleep(0.1)

    async def _record(self, submission: Submission) -> list[Outcome]:
        outcomes = await self._writer.record(submission)
        # Only now: before the commit they could be read without it, and kept.
        for event in submission.events:
            if isinstance(event, Admitted) and event.concerns_places:
                self._validator.forget_places()
                break
        return outcomes


class _Summary:
    """What the sender of lines is told in the end: all of the counts, and of lines as many as there is memory for."""

    def __init__(self, reservation: Reservation) -> None:
        self._reservation = reservation
        self._full = False
        self._counts = {"recorded": 0, "repeated": 0, "rejected": 0}
        self._last: int | None = None
        self._results = Results()

    def add(self, indexes: Sequence[int], outcomes: Sequence[Outcome]) -> None:
        """What became of one portion."""
        for name, count in counts(outcomes).items():
            self._counts[name] += count
        self._last = max(self._last or 0, latest_position(outcomes) or 0) or None
        for index, outcome in zip(indexes, outcomes, strict=True):
            if self._full:
                return
            if isinstance(outcome, NotRecorded) or outcome.repeated:
                self._add_result(index, outcome)

    def _add_result(self, index: int, outcome: Outcome) -> None:
        if len(self._results.listed) == _LINES_LISTED:
            self._full = True
            return
        size = self._results.add(index, outcome)
        try:
            self._reservation.reserve_answer(size)
        except BudgetExceeded:
            # What is recorded can't be refused any more, and the rejections are kept for who asks for them.
            self._full = True

    def body(self) -> BatchReceipt:
        """The answer: counts, and the lines that were not plainly recorded."""
        return BatchReceipt(**self._counts, last_position=self._last, results=self._results.listed)


_READ = frozenset({b"content-type", CODING, b"content-length", b"ce-specversion"})
_IF_MATCH = b"if-match"


class _Head(NamedTuple):
    """`form` is a media type in small letters; `readable`: UTF-8; `packed`: gzip; `length` is as it was written, and so
    is `if_match`, of several in a row."""

    form: str
    readable: bool
    packed: bool
    length: str | None
    binary_mode: bool
    if_match: bytes | None


def _read_head(headers: Iterable[tuple[bytes, bytes]]) -> _Head:
    """The head of a request with these headers, whose names are in small letters; of two alike the first one counts,
    but codings are a list. Refused (415) where the body is coded in a way that is not undone.
    """
    read: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _READ:
            read.setdefault(name, value)
        elif name == _IF_MATCH:
            read[name] = b"%b, %b" % (read[name], value) if name in read else value
    form, readable = parse_media_type(read.get(b"content-type", b""))
    length = read.get(b"content-length")
    return _Head(
        form,
        readable,
        packed=CODING in read and is_packed(headers),
        length=None if length is None else length.decode("latin-1"),
        binary_mode=b"ce-specversion" in read,
        if_match=read.get(_IF_MATCH),
    )


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


def _tags(head: _Head) -> Tags:
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
