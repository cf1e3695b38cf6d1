"""`POST /v1/events`: CloudEvents in, receipts out. A plain ASGI endpoint, described in the OpenAPI document."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from sqlalchemy import Engine
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from domain.kinds import Fault
from domain.places import Places
from service import cloudevents, streams
from service.admission import Admitted, Circumstances, Refused, admit
from service.answers import written
from service.cloudevents import BATCH, LINES, ONE, Decoded, Malformed
from service.database import reading
from service.follower import PlacesThen
from service.identity import ABOUT_WHO
from service.keys import Keyring
from service.ledger import Clock, NotRecorded, Outcome, Receipted, latest
from service.ledger import Request as Submission
from service.log import histories
from service.organisations import Registry
from service.problems import Problem, faults, invalid_parameter
from service.question import today
from service.writer import Overloaded, Unavailable, Writer

#: NDJSON is committed in portions of so many lines; a portion is also what a broken connection can leave unanswered.
LINES_A_COMMIT = 2_000
_LINES_LISTED = 10_000
_JUDGED_AT_ONCE = 32_768  # bytes of a batch; more than this and reading and judging move off the event loop
_COME_BACK = {"Retry-After": "1"}
_OF_PLACES = frozenset({"unknown-municipality", "not-your-municipality", "not-yours-to-correct"})
_TOO_LARGE = Fault("", "too-large", "an event is at most 256 KB")

_TITLES = {
    400: "Event refused",
    403: "Not yours to say",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
}


class Intake:
    """The endpoint: reads bodies, judges events, hands them to the writer, tells what became of them."""

    def __init__(self, engine: Engine, writer: Writer, registry: Registry, keys: Keyring, clock: Clock) -> None:
        self._engine = engine
        self._writer = writer
        self._registry = registry
        self._keys = keys
        self._clock = clock
        self._places: Places | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except Overloaded:
            raise Problem(503, "Busy", "Too much is waiting to be recorded; try again.", headers=_COME_BACK) from None
        except Unavailable:
            detail = "The database did not take the events; nothing of this request was acknowledged. Try again."
            raise Problem(503, "Not recorded", detail, headers=_COME_BACK) from None
        except ClientDisconnect:
            return  # nobody is left to answer; what was committed is there when it is sent again
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        atomic = _atomic(request)
        form, *parameters = [part.strip().lower() for part in request.headers.get("content-type", "").split(";")]
        charsets = {part.partition("=")[2].strip('"') for part in parameters if part.startswith("charset=")}
        if charsets - {"utf-8"} or request.headers.get("content-encoding", "identity") != "identity":
            raise _unsupported()
        if form == LINES:
            if atomic:
                raise invalid_parameter("atomic", "not-one-of", "is not for NDJSON, which is committed in portions")
            return await self._lines(request)
        if form == BATCH:
            body = await _body(request, cloudevents.MOST_BYTES)
            return await self._read(body, lambda: self._batch(body, atomic))
        if form == ONE:
            body = await _body(request, cloudevents.MOST_BYTES_OF_AN_EVENT)
            return await self._read(body, lambda: self._one(cloudevents.decode(body)))
        if form == "application/json" and "ce-specversion" in request.headers:
            body = await _body(request, cloudevents.MOST_BYTES_OF_AN_EVENT)
            headers = request.scope["headers"]
            return await self._read(
                body, lambda: self._one(cloudevents.from_headers(headers, cloudevents.decode(body)))
            )
        raise _unsupported()

    async def _read(self, body: bytes, answer: Callable[[], Awaitable[Response]]) -> Response:
        """The answer, or when the body can't be read a refusal like any other: it is kept, with the reason."""
        try:
            return await answer()
        except Malformed as malformed:
            return await self._one(Refused((Fault("", malformed.code, malformed.detail),), body))

    async def _one(self, event: Decoded | Refused) -> Response:
        (judged,) = self._judge([event])
        (outcome,) = await self._record(Submission([judged]))
        if isinstance(outcome, NotRecorded):
            raise _problem(outcome.faults)
        status = HTTPStatus.OK if outcome.repeated else HTTPStatus.CREATED
        headers = {"Location": f"/v1/events/{outcome.position}", "ETag": f'"{outcome.version}"'}
        return _json(status, _receipt(outcome), headers)

    async def _batch(self, body: bytes, atomic: bool) -> Response:
        # While a large body is read and judged the event loop answers others.
        if len(body) < _JUDGED_AT_ONCE:
            judged = self._judge_batch(body)
        else:
            judged = await asyncio.to_thread(self._judge_batch, body)
        outcomes = await self._record(Submission(judged, atomic))
        if atomic and any(isinstance(outcome, NotRecorded) for outcome in outcomes):
            raise _problem_of_all(outcomes)
        results = [_result(index, outcome) for index, outcome in enumerate(outcomes)]
        return _json(HTTPStatus.OK, {**_counts(outcomes), "lastPosition": latest(outcomes), "results": results})

    def _judge_batch(self, body: bytes) -> list[Admitted | Refused]:
        decoded = cloudevents.decode(body)
        posted = decoded.value
        if not isinstance(posted, list):
            raise Malformed("not-an-array", "a batch is a JSON array of events")
        if len(posted) > cloudevents.MOST_EVENTS:
            detail = f"A batch holds at most {cloudevents.MOST_EVENTS} events; send more of them, or NDJSON."
            raise Problem(413, _TITLES[413], detail)
        return self._judge(cloudevents.items(body, decoded))

    async def _lines(self, request: Request) -> Response:
        counts = {"recorded": 0, "repeated": 0, "rejected": 0}
        last: int | None = None
        listed: list[dict[str, Any]] = []
        async for portion in _portions(request):
            judged = await asyncio.to_thread(self._judge_lines, [line for _, line in portion])
            outcomes = await self._patiently(Submission(judged))
            for name, count in _counts(outcomes).items():
                counts[name] += count
            last = max(last or 0, latest(outcomes) or 0) or None
            for (index, _), outcome in zip(portion, outcomes, strict=True):
                if len(listed) < _LINES_LISTED and (isinstance(outcome, NotRecorded) or outcome.repeated):
                    listed.append(_result(index, outcome))
        return _json(HTTPStatus.OK, {**counts, "lastPosition": last, "results": listed})

    async def _record(self, submission: Submission) -> list[Outcome]:
        outcomes = await self._writer.record(submission)
        # Only now: before the commit they could be read without it, and kept.
        if any(isinstance(event, Admitted) and event.concerns_places for event in submission.events):
            self._places = None
        return outcomes

    async def _patiently(self, submission: Submission) -> list[Outcome]:
        """A stream of lines waits its turn: as long as it waits it sends no more."""
        while True:
            try:
                return await self._record(submission)
            except Overloaded:
                await asyncio.sleep(0.1)

    def _judge_lines(self, lines: Sequence[bytes]) -> list[Admitted | Refused]:
        posted: list[Decoded | Refused] = []
        for line in lines:
            if len(line) > cloudevents.MOST_BYTES_OF_AN_EVENT:
                posted.append(Refused((_TOO_LARGE,), line))
                continue
            try:
                posted.append(cloudevents.decode(line))
            except Malformed as malformed:
                posted.append(Refused((Fault("", malformed.code, malformed.detail),), line))
        return self._judge(posted)

    def _judge(self, posted: Sequence[Decoded | Refused]) -> list[Admitted | Refused]:
        judged = self._judged(posted)
        if any(isinstance(one, Refused) and _for_its_places(one) for one in judged):
            # Another process may have recorded a merger that this one has not read yet.
            self._places = None
            judged = self._judged(posted)
        return judged

    def _judged(self, posted: Sequence[Decoded | Refused]) -> list[Admitted | Refused]:
        given = Circumstances(today(self._clock), self._known_places(), self._registry, self._keys)
        return [one if isinstance(one, Refused) else self._judged_alone(one, given) for one in posted]

    @staticmethod
    def _judged_alone(one: Decoded, given: Circumstances) -> Admitted | Refused:
        if one.raw is not None and len(one.raw) > cloudevents.MOST_BYTES_OF_AN_EVENT:
            return Refused((_TOO_LARGE,), one.raw)
        return admit(one.value, given, odd=one.odd, raw=one.raw if one.odd else None)

    def _known_places(self) -> Places:
        places = self._places
        if places is None:
            with reading(self._engine) as connection:
                history = histories(connection, [streams.REFERENCE]).get(streams.REFERENCE, [])
            places = self._places = PlacesThen(history)(history[-1].position if history else 0)
        return places


def _for_its_places(refused: Refused) -> bool:
    """Whether it was refused for what a merger could change: which municipalities there are, and who succeeded whom."""
    return not _OF_PLACES.isdisjoint(fault.code for fault in refused.faults)


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
    return Problem(415, _TITLES[415], detail, headers={"Accept-Post": f"{ONE}, {BATCH}, {LINES}, application/json"})


async def _body(request: Request, most: int) -> bytes:
    """The whole body; refused as soon as it is known to be too large."""
    too_large = Problem(413, _TITLES[413], f"This request takes a body of at most {most} bytes.")
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > most:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise too_large
    return bytes(body)


async def _portions(request: Request) -> AsyncIterator[list[tuple[int, bytes]]]:
    """The lines of a body with their indexes, in portions; one longer than an event may be is cut just past that."""
    portion: list[tuple[int, bytes]] = []
    rest, index, most = b"", 0, cloudevents.MOST_BYTES_OF_AN_EVENT
    size = 0
    async for chunk in request.stream():
        *lines, rest = (rest + chunk).split(b"\n")
        # Two bytes more than an event may have: one that tells it is too long, and perhaps a carriage return.
        rest = rest[: most + 2]
        for line in lines:
            if line.strip():
                portion.append((index, line.rstrip(b"\r")[: most + 1]))
                size += len(line)
            index += 1
            if len(portion) == LINES_A_COMMIT or size > cloudevents.MOST_BYTES:
                yield portion
                portion, size = [], 0
    if rest.strip():
        portion.append((index, rest.rstrip(b"\r")[: most + 1]))
    if portion:
        yield portion


def _problem(found: Sequence[Fault]) -> Problem:
    codes = {fault.code for fault in found}
    status = 400
    if codes == {"conflict"}:
        status = 409
    elif codes <= ABOUT_WHO:
        status = 403
    elif codes == {"too-large"}:
        status = 413
    return Problem(status, _TITLES[status], "The event was not recorded.", faults(found))


def _problem_of_all(outcomes: Sequence[Outcome]) -> Problem:
    """Why an atomic request was not recorded: the faults of every event, each with its index in the pointer."""
    found: list[Fault] = []
    for index, outcome in enumerate(outcomes):
        if isinstance(outcome, NotRecorded):
            found += [
                Fault(f"/{index}{pointer}", code, detail)
                for pointer, code, detail in outcome.faults
                if code != "held-back"
            ]
    status = 409 if {fault.code for fault in found} == {"conflict"} else 400
    return Problem(status, _TITLES[status], "Nothing of the request was recorded.", faults(found))


def _receipt(outcome: Receipted) -> dict[str, Any]:
    return {
        "id": outcome.id,
        "position": outcome.position,
        "journey": None if outcome.journey is None else str(outcome.journey),
        "version": outcome.version,
        "recordedAt": written(outcome.recorded_at),
        "status": "recorded",
    }


def _result(index: int, outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, NotRecorded):
        return {"index": index, "id": outcome.id, "status": "rejected", "problem": _problem(outcome.faults).body()}
    result = {
        "index": index,
        "id": outcome.id,
        "status": "repeated" if outcome.repeated else "recorded",
        "position": outcome.position,
    }
    if outcome.journey is not None:
        result["journey"] = str(outcome.journey)
    return result


def _counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    repeated = sum(isinstance(outcome, Receipted) and outcome.repeated for outcome in outcomes)
    rejected = sum(isinstance(outcome, NotRecorded) for outcome in outcomes)
    return {"recorded": len(outcomes) - repeated - rejected, "repeated": repeated, "rejected": rejected}


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, "application/json")
