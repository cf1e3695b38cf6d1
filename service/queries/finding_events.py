"""Which events a finding was seen at, or where it was seen at none, those between which it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from domain.doubts import doubted_event
from domain.effects import effects
from domain.facts import Recorded, VNumberReplaced
from domain.findings import PHASE_CODES
from domain.norm_sets import NORM_SETS
from domain.persons import PERSON_LINK_FINDINGS
from domain.phase_events import phase_events
from domain.places import Places
from projections.states.findings import findings, rows
from projections.stream_history import StreamHistory

_CODE, _POSITION = (list(findings.columns.keys()).index(name) - 4 for name in ("code", "position"))


def events_of_finding(
    history: Sequence[Recorded], in_effect: Sequence[Recorded], places: Places, on: date, key: tuple[Any, ...]
) -> list[Recorded]:
    """The events of a stream at which a finding was seen, of a doubt also the one doubted; `key` is its code, and the
    position of the one event that is asked about.
    """
    code, *position = key
    if code in PHASE_CODES:
        return [event for event in in_effect if event in _between(in_effect, places, code)]
    if code in PERSON_LINK_FINDINGS and not position:
        return [event for event in history if isinstance(event.fact, VNumberReplaced)]
    some = set(position) or {
        row[_POSITION] for row in rows(StreamHistory(history, places)) if row[_CODE] == code and row[0] <= on < row[1]
    }
    seen = [event for event in history if event.position in some]
    doubted = {doubted_event(event) for event in seen}
    return [event for event in history if event in seen or event.key in doubted]


def _between(in_effect: Sequence[Recorded], places: Places, code: str) -> list[Recorded]:
    """The events that bound the phases; without a permit none has a start, and it is what followed on that."""
    if code == "no-permit":
        told = ("link-began", "counted")
        return [event for event, some in effects(in_effect, places) if any(one.kind in told for one in some)]
    return [
        event
        for norm in NORM_SETS.values()
        for some in phase_events(in_effect, places, norm).values()
        for event in some
    ]
