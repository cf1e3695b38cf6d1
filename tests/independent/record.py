"""What is in force of what was posted, and in which order (contract part 1, section 4, *Effective history*)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

#: Within a day these come first, and these last; what lies between goes by time, source and id.
_FIRST, _LAST = ("link-ended", "permit-ended"), ("died", "left-unknown-destination")


@dataclass(frozen=True, eq=False)
class Event:
    """One event as posted, with where and when it was recorded."""

    topic: str
    data: dict[str, Any]
    source: str
    id: str
    time: datetime
    recorded_at: datetime
    position: int

    @property
    def on(self) -> date:
        """The day it held."""
        return date.fromisoformat(self.data["effectiveOn"])

    @property
    def stream(self) -> str:
        """Whose history it is part of."""
        for field, kind in (("vNumber", "journey"), ("area", "area"), ("period", "period")):
            # A step of the ladder names the half-year that it judges, and is of its area all the same.
            if field in self.data:
                return f"{kind} {self.data[field]}"
        return "reference"


#: The version that speaks for a fact, and all versions.
Fact = tuple[Event, tuple[Event, ...]]


def read(posted: dict[str, Any], recorded_at: str, position: int) -> Event:
    """An event as it was posted."""
    topic = posted["type"].removeprefix("nl.ketenspoor.").removesuffix(".v1")
    when = [datetime.fromisoformat(one) for one in (posted["time"], recorded_at)]
    return Event(topic, posted["data"], posted["source"], posted["id"], when[0], when[1], position)


def effective_order(event: Event) -> tuple[date, int, datetime, str, str]:
    """What an event is ordered by; its position plays no part."""
    within = 0 if event.topic in _FIRST else 2 if event.topic in _LAST else 1
    return event.on, within, event.time, event.source, event.id


def in_force(stream: Iterable[Event]) -> list[Event]:
    """Of one stream what is in force, in effective order. Nothing is cut off by day: withdrawals have none."""
    return [speaker for speaker, _ in facts_in_force(stream)]


def facts_in_force(stream: Iterable[Event]) -> list[Fact]:
    """The same, each with all its versions."""
    spoken = _spoken(list(stream))
    withdrawing = [fact for fact in spoken if fact[0].topic == "event-withdrawn"]
    # Each withdrawal names one fact. Those that come back to themselves are void.
    names = {
        fact[0]: target
        for fact in withdrawing
        for target in spoken
        if any((one.source, one.id) == (fact[0].source, fact[0].data["withdraws"]) for one in target[1])
    }
    void = {speaker for speaker in names if _comes_back(speaker, names)}

    def stands(speaker: Event) -> bool:
        return not any(
            target[0] is speaker and withdrawal not in void and stands(withdrawal)
            for withdrawal, target in names.items()
        )

    standing = [fact for fact in spoken if fact[0].topic != "event-withdrawn" and stands(fact[0])]
    return sorted(standing, key=lambda fact: effective_order(fact[0]))


def _comes_back(start: Event, names: dict[Event, Fact]) -> bool:
    at = names[start][0]
    for _ in names:
        if at is start:
            return True
        if at not in names:
            return False
        at = names[at][0]
    return False


def _spoken(stream: Sequence[Event]) -> list[Fact]:
    """The facts of a stream: the version that speaks, and all versions."""
    known = {(one.source, one.id): one for one in stream}
    group = {one: one for one in stream}

    def root(one: Event) -> Event:
        while group[one] is not one:
            one = group[one]
        return one

    corrected = set()
    for one in stream:
        target = known.get((one.source, one.data.get("corrects", "")))
        if target is not None:
            corrected.add(target)
            group[root(one)] = root(target)
    facts: dict[Event, list[Event]] = defaultdict(list)
    for one in stream:
        facts[root(one)].append(one)
    told = []
    for versions in facts.values():
        latest = [one for one in versions if one not in corrected] or versions
        told.append((max(latest, key=lambda one: (one.time, one.id)), tuple(versions)))
    return told
