"""What is handed to the log and what comes of it: validated events in, an outcome for each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from domain.field_types import Fault

#: The entity tags of an `If-Match` (RFC 9110, 13.1.1) that compare strongly, as they are written; or `*`, for any
#: version there is. The ETag of a stream is its version.
Tags = frozenset[bytes]
CONFLICT = Fault("/id", "conflict", "this source posted another event under this id")
#: In an atomic request: nothing wrong with this one, but it was not recorded either.
HELD_BACK = Fault("", "held-back", "not recorded, because another event of the request was refused")


_ANY = b"*"
_TAG = re.compile(rb'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_LIST = re.compile(rb'[\t ,]*(?:(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"[\t ]*(?:,[\t ,]*|\Z))+')


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
    """What one HTTP request brought, validated; `atomic`: all of it is recorded or none; `if_match`: what is new in it
    is recorded only where its stream has one of these versions."""

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
#: What became of an event that was posted: recorded, the same again, or refused.
EventResult = Literal["recorded", "repeated", "rejected"]
#: The same, with those apart that were refused because their id was that of another event.
OutcomeWord = Literal[EventResult, "conflict"]


def latest_position(outcomes: Iterable[Outcome]) -> int | None:
    """The highest position among what is in the log."""
    return max((one.position for one in outcomes if isinstance(one, Receipted)), default=None)


def count_outcomes(
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


def etag(version: int) -> bytes:
    """The entity tag of a version."""
    return b'"%d"' % version


def tags_in(value: bytes) -> Tags | None:
    """The tags that a header lists, of which weak ones match nothing; None where it is no list of tags."""
    if value == _ANY:
        return frozenset({_ANY})
    if not _LIST.fullmatch(value):
        return None
    return frozenset(tag for weak, tag in _TAG.findall(value) if not weak)


def is_met(tags: Tags, version: int) -> bool:
    """Whether a stream of this version, 0 where it has no events, is one that the sender knew."""
    return version > 0 and not tags.isdisjoint((_ANY, etag(version)))
