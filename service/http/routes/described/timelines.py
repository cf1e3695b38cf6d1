"""The answer that tells the history of a journey."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from domain.effects import Kind
from domain.facts.housing import Accommodation
from domain.norms import PhaseName
from service.http.routes.described import Described, Told
from service.http.routes.described.events import Named
from service.http.routes.described.figures import Norm


class RecordedBy(Described):
    """The organisation that posted an event; `name` null when the registry no longer has it."""

    oin: str
    name: str | None


class NamedAt(Named):
    """Another event of the journey and its position, null when it is not known."""

    position: int | None


class HistoryChange(Described):
    """One thing that an event changed; what does not fit its kind is null.

    `on` is the day it changed. `days`, `norm` and `daysOver` are of the phase that ended. `persons` (+1 or -1) count
    in `period` for `municipality`, the code as posted; `countsFor` is the municipality that had it that day.
    """

    kind: Kind
    on: date
    phase: PhaseName | None
    days: int | None
    norm: int | None
    days_over: int | None
    municipality: str | None
    counts_for: str | None
    period: str | None
    persons: int | None
    accommodation: Accommodation | None


class Sentence(Described):
    """What happened, what it changed, what became of it, who said so and when it was recorded."""

    nl: str
    en: str


class HistoryEntry(Described):
    """An event of the history; `corrects` and `withdraws` as posted, the rest as known at the answer's position."""

    position: int
    id: str
    source: str
    type: str
    effective_on: date
    recorded_at: datetime
    recorded_by: RecordedBy
    corrects: NamedAt | None
    withdraws: NamedAt | None
    in_force: bool
    corrected_by: NamedAt | None
    withdrawn_by: NamedAt | None
    changes: list[HistoryChange]
    sentence: Sentence


class History(Told):
    """The events of a journey by the day they held; `validOn` null: whatever day that was.

    `alsoKnownAs` are journeys of older V-numbers that are read as part of it.
    """

    journey: UUID
    also_known_as: list[UUID]
    norm: Norm
    items: list[HistoryEntry]
