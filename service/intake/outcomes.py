"""What a sender is told of what it posted: receipts, results of a batch, and refusals with all their faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from domain.kinds import Fault
from service.answers import written
from service.identity import ABOUT_WHO
from service.intake.admission import Admitted, Refused
from service.ledger import NotRecorded, Outcome, Receipted
from service.operations.metrics import Outcome as Counted
from service.problems import Problem, faults

TITLES = {
    400: "Event refused",
    403: "Not yours to say",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
}


#: So many faults stand in one answer; beyond them every event still tells its first.
MOST_FAULTS_TOLD = 10_000


def problem(found: Sequence[Fault], most: int | None = None) -> Problem:
    """Why one event was not recorded; the first `most` of its faults."""
    codes = {fault.code for fault in found}
    status = 400
    if codes == {"conflict"}:
        status = 409
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


def receipt(outcome: Receipted) -> dict[str, Any]:
    """What the sender of one event is told, now or again."""
    return {
        "id": outcome.id,
        "position": outcome.position,
        "journey": None if outcome.journey is None else str(outcome.journey),
        "version": outcome.version,
        "recordedAt": written(outcome.recorded_at),
        "status": "recorded",
    }


class Results:
    """What became of many events, one by one, as JSON: as objects a long list would take several times the memory."""

    def __init__(self) -> None:
        self.listed: list[msgspec.Raw] = []
        self._faults = 0

    def add(self, index: int, outcome: Outcome) -> None:
        """The next one."""
        if isinstance(outcome, NotRecorded):
            most = max(1, MOST_FAULTS_TOLD - self._faults)
            self._faults += len(outcome.faults[:most])
            told = _rejected(index, outcome, most)
        else:
            told = _receipted(index, outcome)
        self.listed.append(msgspec.Raw(msgspec.json.encode(told)))


def _rejected(index: int, outcome: NotRecorded, most: int) -> dict[str, Any]:
    return {"index": index, "id": outcome.id, "status": "rejected", "problem": problem(outcome.faults, most).body()}


def _receipted(index: int, outcome: Receipted) -> dict[str, Any]:
    told: dict[str, Any] = {
        "index": index,
        "id": outcome.id,
        "status": "repeated" if outcome.repeated else "recorded",
        "position": outcome.position,
    }
    if outcome.journey is not None:
        told["journey"] = outcome.journey
    return told


def counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many of a request were recorded, repeated and rejected."""
    repeated = sum(isinstance(outcome, Receipted) and outcome.repeated for outcome in outcomes)
    rejected = sum(isinstance(outcome, NotRecorded) for outcome in outcomes)
    return {"recorded": len(outcomes) - repeated - rejected, "repeated": repeated, "rejected": rejected}


def by_sender(
    events: Sequence[Admitted | Refused], outcomes: Sequence[Outcome]
) -> Counter[tuple[str | None, str | None, Counted]]:
    """How many of a request became what, by topic and by the organisation that sent them."""
    return Counter(
        (event.topic, event.recorded_by if isinstance(event, Admitted) else event.oin, _word(outcome))
        for event, outcome in zip(events, outcomes, strict=True)
    )


def _word(outcome: Outcome) -> Counted:
    if isinstance(outcome, NotRecorded):
        return "conflict" if outcome.conflict else "rejected"
    return "repeated" if outcome.repeated else "recorded"
