"""What is said of other events: withdrawn by their sender, doubted by others, doubts answered. Storage format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.facts.reference import NormName
from domain.field_types import FreeText, HalfYear, Key, Region


@dataclass(frozen=True, slots=True)
class FactDoubted:
    """An organisation doubts an event of the journey, named by its id and source (twijfel, terugmelding)."""

    TOPIC: ClassVar[str] = "fact-doubted.v1"

    doubts: Key
    doubts_source: Key
    reason: FreeText


@dataclass(frozen=True, slots=True)
class DoubtAnswered:
    """Who said what was doubted answers the doubt: upheld (it is not right) or not (it stands) (twijfel beantwoord)."""

    TOPIC: ClassVar[str] = "doubt-answered.v1"

    doubt: Key
    doubt_source: Key
    upheld: bool
    reason: FreeText | None = None


@dataclass(frozen=True, slots=True)
class EventWithdrawn:
    """The sender withdraws an earlier event of its own, by its id; `name` is of a norm set (intrekking)."""

    TOPIC: ClassVar[str] = "event-withdrawn.v1"

    withdraws: Key
    reason: FreeText
    period: HalfYear | None = None
    area: Region | None = None
    name: NormName | None = None
