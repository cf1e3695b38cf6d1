"""Doubt about what another authority said, and the answer to it. Nobody overwrites another's fact. Storage format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.field_types import FreeText, Key


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
