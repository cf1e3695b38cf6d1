"""What is handed to the log and what comes of it: judged events in, an outcome for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from domain.field_types import Fault
from service.log.precondition import Tags

CONFLICT = Fault("/id", "conflict", "this source posted another event under this id")
#: In an atomic request: nothing wrong with this one, but it was not recorded either.
HELD_BACK = Fault("", "held-back", "not recorded, because another event of the request was refused")


class Admitted(NamedTuple):
    """An event that may be recorded. `content` is what makes a repeat the same; `personal` is still to be sealed;
    `posted` is kept should it be refused after all. `posted_by` is None where `recorded_by` posted it itself.

    `v_number` is None when the journey was named by its id alone, and for streams without a person.
    """

    source: str
    id: str
    topic: str
    stream: UUID
    of_a_person: bool
    v_number: str | None
    effective_on: date
    sent_at: datetime
    recorded_by: str
    data: dict[str, Any]
    personal: dict[str, Any]
    content: bytes
    concerns_places: bool
    posted: Any = None
    trace_id: bytes | None = None
    posted_by: str | None = None


class Refused(NamedTuple):
    """An event that is not recorded, with every fault; what names it is None unless it may be repeated."""

    faults: tuple[Fault, ...]
    event: Any
    id: str | None = None
    source: str | None = None
    topic: str | None = None
    oin: str | None = None


class Submission(NamedTuple):
    """What one HTTP request brought, judged; `atomic`: all of it is recorded or none; `if_match`: what is new in it is
    recorded only where its stream has one of these versions."""

    events: Sequence[Admitted | Refused]
    atomic: bool = False
    if_match: Tags | None = None


class Receipted(NamedTuple):
    """An event that is in the log: what its sender is told, now or again."""

    id: str
    position: int
    journey: UUID | None
    version: int
    recorded_at: datetime
    repeated: bool


class NotRecorded(NamedTuple):
    """An event that is not in the log: because of its faults, or those of others in an atomic request.

    `version` is that of its stream where it is another than the sender asked for; None where that has no events.
    """

    id: str | None
    faults: tuple[Fault, ...]
    version: int | None = None

    @property
    def conflict(self) -> bool:
        return CONFLICT in self.faults


Outcome = Receipted | NotRecorded
#: What became of an event that was posted: recorded, the same again, refused, or the id of another one.
OutcomeWord = Literal["recorded", "repeated", "rejected", "conflict"]


def latest(outcomes: Iterable[Outcome]) -> int | None:
    """The highest position among what is in the log."""
    return max((one.position for one in outcomes if isinstance(one, Receipted)), default=None)


def by_sender(
    answered: Iterable[tuple[Admitted | Refused, Outcome]],
) -> Counter[tuple[str | None, str | None, OutcomeWord]]:
    """How many events became what, by topic and by the organisation that sent them."""
    return Counter(
        (event.topic, event.recorded_by if isinstance(event, Admitted) else event.oin, _word(outcome))
        for event, outcome in answered
    )


def _word(outcome: Outcome) -> OutcomeWord:
    if isinstance(outcome, NotRecorded):
        return "conflict" if outcome.conflict else "rejected"
    return "repeated" if outcome.repeated else "recorded"
