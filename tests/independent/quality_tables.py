"""Tables of part 2, section 6, about the data: data-quality, and of findings those whose meaning the text gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tests.independent.lives import Life
from tests.independent.measures import median, p90
from tests.independent.record import Event
from tests.independent.rows import Asked, Row, grouped

_AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def _day(instant: datetime) -> date:
    return instant.astimezone(_AMSTERDAM).date()


def organisation(source: str) -> str:
    """The OIN that a source names."""
    return source.removeprefix("urn:nld:oin:")[:20]


def data_quality(asked: Asked) -> list[Row]:
    """(Q59) without its findings."""
    first, last = asked.window
    last = min(last, asked.on)
    recorded: dict[str, list[Event]] = defaultdict(list)
    for event in asked.world.everything:
        if event.position <= asked.world.position and first <= _day(event.recorded_at) <= last:
            recorded[organisation(event.source)].append(event)
    refused: dict[str, int] = defaultdict(int)
    for source, received in asked.world.refused:
        if first <= _day(received) <= last:
            refused[organisation(source)] += 1
    rows: list[Row] = []
    for oin in sorted(recorded.keys() | refused.keys()):
        events = recorded[oin]
        late = [(_day(one.recorded_at) - one.on).days for one in events]
        rows.append({
            "code": "NL",
            "organisation": oin,
            "events": len(events),
            "corrections": sum("corrects" in one.data for one in events),
            "withdrawals": sum(one.topic == "event-withdrawn" for one in events),
            "rejected": refused[oin],
            "late": sum(days > 30 for days in late),
            "medianLateness": median(max(0, days) for days in late),
            "p90Lateness": p90(max(0, days) for days in late),
        })  # fmt: skip
    return rows


#: What the text says to be a finding of a journey, by the code it is told by.
FINDINGS = ("linked-again", "linked-after-housing", "housed-twice", "municipality-not-there-that-day")


def _found(life: Life) -> Iterator[tuple[str, Event]]:
    for event in life.held:
        if event.topic == "linked" and life.took[event] == "housed":
            yield "linked-after-housing", event
        if event.topic == "linked" and life.took[event] == "standing":
            yield "linked-again", event
        if event.topic == "housed" and life.took[event] == "housed":
            yield "housed-twice", event
        if "municipality" in event.data and not life.land.exists(event.data["municipality"], event.on):
            yield "municipality-not-there-that-day", event


def findings(asked: Asked) -> list[Row]:
    """(Q59)."""
    counting = [
        (life.belongs_to(asked.on), (code,), (number, event))
        for number, life in enumerate(asked.world.lives(asked.on))
        for code, event in _found(life)
    ]
    rows: list[Row] = []
    for (code, finding), found in grouped(counting, asked.by, asked.land).items():
        journeys = {number for number, _ in found}
        rows.append({"code": code, "finding": finding, "journeys": len(journeys), "events": len(found)})
    return rows
