"""What a sender is told of what it posted: receipts, results of a batch, and refusals with all their faults."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from domain.field_types import Fault
from service.foundation import answers
from service.foundation.problems import Problem, faults
from service.foundation.time import format_instant
from service.intake.references import ABOUT_SENDER
from service.log.submission import Admitted, EventResult, NotRecorded, Outcome, Receipted, Refused

TITLES = {
    400: "Event refused",
    403: "Not yours to say",
    409: "Conflict",
    410: "Destroyed",
    412: "Precondition failed",
    413: "Too large",
    415: "Unsupported media type",
}


_JSON = msgspec.json.Encoder().encode

#: So many faults stand in one answer; beyond them every event still has its first.
MOST_FAULTS_TOLD = 10_000
_BYTES_OF_A_RESULT, _BYTES_OF_A_FAULT = 200, 120


def problem(found: Sequence[Fault], most: int | None = None) -> Problem:
    """Why one event was not recorded; the first `most` of its faults."""
    codes = {fault.code for fault in found}
    status = 400
    if codes == {"conflict"}:
        status = 409
    elif codes == {"destroyed"}:
        status = 410
    elif codes == {"another-version"}:
        status = 412
    elif codes <= ABOUT_SENDER:
        status = 403
    elif codes == {"too-large"}:
        status = 413
    return Problem(status, TITLES[status], "The event was not recorded.", faults(found[:most]))


def problem_of_all(outcomes: Sequence[Outcome]) -> Problem:
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
    return Problem(status, TITLES[status], "Nothing of the request was recorded.", faults(found[:MOST_FAULTS_TOLD]))


_FromZero = Annotated[int, Meta(ge=0)]
_FromOne = Annotated[int, Meta(ge=1)]


class Receipt(msgspec.Struct, rename="camel"):
    """An event is in the log; the same again for every repeat"""

    id: str
    position: _FromOne
    journey: UUID | None
    version: _FromOne
    recorded_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    status: Literal["recorded"]


class BatchReceipt(msgspec.Struct, rename="camel"):
    """What became of many events; of NDJSON only the lines that were not plainly recorded"""

    recorded: _FromZero
    repeated: _FromZero
    rejected: _FromZero
    last_position: int | None
    #: Each a `Result`.
    results: list[msgspec.Raw]


class Result(msgspec.Struct, omit_defaults=True):
    """What became of one event of many, by its place among them."""

    index: _FromZero
    id: str | None
    status: EventResult
    position: _FromOne | UnsetType = UNSET
    journey: UUID | UnsetType = UNSET
    problem: answers.Problem | UnsetType = UNSET


def receipt(outcome: Receipted) -> bytes:
    """What the sender of one event is told, now or again, as JSON."""
    stamp = _written(outcome.recorded_at)
    return _JSON(Receipt(outcome.id, outcome.position, outcome.journey, outcome.version, stamp, "recorded"))


# What is committed together is recorded at the same instant.
_written = lru_cache(maxsize=256)(format_instant)


class Results:
    """What became of many events, one by one, as JSON: as objects a long list would take several times the memory."""

    def __init__(self) -> None:
        self.listed: list[msgspec.Raw] = []
        self._faults = 0

    def add(self, index: int, outcome: Outcome) -> int:
        """The next one; how many bytes it is."""
        if isinstance(outcome, NotRecorded):
            most = max(1, MOST_FAULTS_TOLD - self._faults)
            self._faults += len(outcome.faults[:most])
            told = _JSON(_rejected(index, outcome, most))
        else:
            told = _JSON(_receipted(index, outcome))
        self.listed.append(msgspec.Raw(told))
        return len(told)


def size_of_results(validated: Sequence[Admitted | Refused]) -> int:
    """About how many bytes it takes to tell what became of these."""
    found = sum(len(one.faults) for one in validated if isinstance(one, Refused))
    return _BYTES_OF_A_RESULT * len(validated) + _BYTES_OF_A_FAULT * min(found, MOST_FAULTS_TOLD)


def _rejected(index: int, outcome: NotRecorded, most: int) -> Result:
    return Result(index, outcome.id, "rejected", problem=problem(outcome.faults, most).body())


def _receipted(index: int, outcome: Receipted) -> Result:
    journey = UNSET if outcome.journey is None else outcome.journey
    return Result(index, outcome.id, "repeated" if outcome.repeated else "recorded", outcome.position, journey)


def counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many of a request were recorded, repeated and rejected."""
    repeated = sum(isinstance(outcome, Receipted) and outcome.repeated for outcome in outcomes)
    rejected = sum(isinstance(outcome, NotRecorded) for outcome in outcomes)
    return {"recorded": len(outcomes) - repeated - rejected, "repeated": repeated, "rejected": rejected}
