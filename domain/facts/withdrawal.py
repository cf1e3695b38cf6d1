"""Taking back what was said: from then on as if it had never been. Storage format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.field_types import FreeText, HalfYear, Key


@dataclass(frozen=True, slots=True)
class EventWithdrawn:
    """The sender withdraws an earlier event of its own, by its id (intrekking)."""

    TOPIC: ClassVar[str] = "event-withdrawn.v1"

    withdraws: Key
    reason: FreeText
    period: HalfYear | None = None
