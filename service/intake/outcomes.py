"""What a sender is told of what it posted: receipts, results of a batch, and refusals with all their faults."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

import msgspec

from domain.field_types import Fault
from service.foundation.problems import Problem, faults
from service.foundation.time import written
from service.intake.identity import ABOUT_WHO
from service.log.submission import Admitted, NotRecorded, Outcome, Receipted, Refused

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

#: So many faults stand in one answer; beyond them every event still tells its first.
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
    elif codes <= ABOUT_WHO:
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


class _Receipt(msgspec.Struct, rename="camel"):
    id: str
    position: int
    journey: UUID | None
    version: int
    recorded_at: str
    status: Literal["recorded"] = "recorded"


def receipt(outcome: Receipted) -> bytes:
    """What the sender of one event is told, now or again, as JSON."""
    stamp = _written(outcome.recorded_at)
    return _JSON(_Receipt(outcome.id, outcome.position, outcome.journey, outcome.version, stamp))


# What is committed together is recorded at the same instant.
_written = lru_cache(maxsize=256)(written)


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


def told_in(judged: Sequence[Admitted | Refused]) -> int:
    """About how many bytes it takes to tell what became of these."""
    found = sum(len(one.faults) for one in judged if isinstance(one, Refused))
    return _BYTES_OF_A_RESULT * len(judged) + _BYTES_OF_A_FAULT * min(found, MOST_FAULTS_TOLD)


def _rejected(index: int, outcome: NotRecorded, most: int) -> dict[str, Any]:
    return {"index": index, "id": outcome.id, "status": "rejected", "problem": problem(outcome.faults, most).body()}


class _Had(msgspec.Struct, omit_defaults=True):
    index: int
    id: str
    status: str
    position: int
    journey: UUID | None = None


def _receipted(index: int, outcome: Receipted) -> _Had:
    status = "repeated" if outcome.repeated else "recorded"
    return _Had(index, outcome.id, status, outcome.position, outcome.journey)


def counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many of a request were recorded, repeated and rejected."""
    repeated = sum(isinstance(outcome, Receipted) and outcome.repeated for outcome in outcomes)
    rejected = sum(isinstance(outcome, NotRecorded) for outcome in outcomes)
    return {"recorded": len(outcomes) - repeated - rejected, "repeated": repeated, "rejected": rejected}
