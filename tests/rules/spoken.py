"""What speaks in a history that a test tells, and what is found in it."""

from __future__ import annotations

from domain.effective import effective_events
from domain.facts import Recorded
from tests.rules.histories import (
    given,
)

EARLY, LATE, LATER, LATEST = (f"2021-05-0{day}T12:00:00+02:00" for day in (1, 2, 3, 4))


def speaking(*events: Recorded) -> list[str]:
    """The ids of what is in force, in effective order."""
    return [event.id for event in effective_events(given(*events)).events]


def finding_codes(*events: Recorded) -> list[str]:
    return [finding.code for finding in effective_events(given(*events)).findings]
