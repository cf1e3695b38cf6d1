"""Who is one person: journeys of which IND said that the V-number of one replaced that of another.

A claim is an event that says so. Whether it is in force is told by the stream that it stands in, and by that alone:
what other streams of the person say cannot take it out, for without it they would be another's. Of several claims on
one older journey the newest counts; claims in a ring are void. The day of a claim plays no part, and neither does its
position, so that no order of arrival can change who is who.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from domain.effective import Finding, force
from domain.facts import Recorded, VNumberReplaced

#: Findings about claims, of which the day plays no part.
FINDINGS = {"v-number-replaced-twice", "v-numbers-in-a-ring"}


class Claim(NamedTuple):
    """That somebody said, at a position of the log, that two journeys are of one person; in force or not."""

    position: int
    newer: UUID
    older: UUID


class Persons(NamedTuple):
    """Who is who at one moment: of journeys that go on in another the one of the newest V-number, and what is void."""

    newest: Mapping[UUID, UUID]
    findings: Mapping[UUID, Sequence[Finding]]
    """By the journey in which the claim stands."""

    def of(self, journey: UUID) -> UUID:
        """The journey of the newest V-number of a person."""
        return self.newest.get(journey, journey)


def kin(claims: Iterable[Claim]) -> dict[UUID, frozenset[UUID]]:
    """By each journey that a claim names, all that were ever claimed to be of one person with it."""
    found: dict[UUID, frozenset[UUID]] = {}
    for claim in claims:
        together = found.get(claim.newer, frozenset({claim.newer})) | found.get(claim.older, frozenset({claim.older}))
        found.update(dict.fromkeys(together, together))
    return found


def older_number(event: Recorded) -> UUID | None:
    """The journey of the V-number that an event says was replaced; None where it says nothing of the kind."""
    if not isinstance(event.fact, VNumberReplaced):
        return None
    try:
        return UUID(event.fact.replaces)
    except (ValueError, TypeError, AttributeError):
        return None


def persons(histories: Mapping[UUID, Sequence[Recorded]]) -> Persons:
    """Who is who by what some streams say; all that claims in them name should be there."""
    claims = [
        (event, older)
        for history in histories.values()
        if any(isinstance(event.fact, VNumberReplaced) for event in history)
        for event in force(history).speaking
        if (older := older_number(event)) is not None
    ]
    claims.sort(key=lambda claim: (claim[0].sent_at, claim[0].source, claim[0].id))
    newer_of = {older: event.stream for event, older in claims}
    rings = _rings(newer_of)
    findings: dict[UUID, list[Finding]] = {}
    for event, older in claims:
        void = "v-number-replaced-twice" if newer_of[older] != event.stream else ""
        void = void or ("v-numbers-in-a-ring" if older in rings else "")
        if void:
            finding = Finding(void, event.source, event.id, event.effective_on)
            findings.setdefault(event.stream, []).append(finding)
    stands = {older: newer for older, newer in newer_of.items() if older not in rings}
    return Persons({older: _end(older, stands) for older in stands}, findings)


def _rings(newer_of: Mapping[UUID, UUID]) -> set[UUID]:
    """The journeys that, by way of newer ones, come back to themselves."""
    found: set[UUID] = set()
    seen: set[UUID] = set()
    for start in newer_of:
        walk: list[UUID] = []
        journey: UUID | None = start
        while journey is not None and journey not in seen:
            seen.add(journey)
            walk.append(journey)
            journey = newer_of.get(journey)
        if journey in walk:
            found.update(walk[walk.index(journey) :])
    return found


def _end(journey: UUID, stands: Mapping[UUID, UUID]) -> UUID:
    while journey in stands:
        journey = stands[journey]
    return journey


class Kin:
    """Journeys that were ever claimed to be of one person, with all that was recorded of each in order of position."""

    def __init__(self, histories: Mapping[UUID, Sequence[Recorded]]) -> None:
        self._histories = histories
        #: All of it, in order of position.
        self.history = sorted((one for some in histories.values() for one in some), key=attrgetter("position"))
        self._told: dict[int, dict[UUID, list[Recorded]]] = {}

    def known(self, journey: UUID, position: int) -> list[Recorded]:
        """What is known at a position of the person of whom this is the newest journey; of an older one nothing."""
        if len(self._histories) == 1:
            return [event for event in self.history if event.position <= position]
        if position not in self._told:
            self._told[position] = told([event for event in self.history if event.position <= position])[1]
        return self._told[position].get(journey, [])

    def event(self, position: int) -> Recorded:
        """What was recorded of them at a position."""
        return next(event for event in reversed(self.history) if event.position == position)

    def commit(self, position: int) -> list[int]:
        """All positions that the commit of a position gave them, in order."""
        recorded_at = self.event(position).recorded_at
        return [event.position for event in self.history if event.recorded_at == recorded_at]

    @cached_property
    def commits(self) -> dict[UUID, dict[datetime, int]]:
        """By journey, for each commit that told something of it or of one that was claimed to be one with it by then:
        the last position at which it did.
        """
        found: dict[UUID, dict[datetime, int]] = {journey: {} for journey in self._histories}
        claims: list[Claim] = []
        for recorded_at, some in groupby(self.history, key=attrgetter("recorded_at")):
            events = list(some)
            claims += [Claim(event.position, event.stream, older) for event in events if (older := older_number(event))]
            together = kin(claims)
            for event in events:
                for journey in together.get(event.stream, (event.stream,)):
                    if journey in found:
                        found[journey][recorded_at] = event.position
        return found


def told(known: Sequence[Recorded]) -> tuple[Persons, dict[UUID, list[Recorded]]]:
    """Who is who by what is known of some journeys, and what is known of each person by the newest one's id."""
    apart: dict[UUID, list[Recorded]] = {}
    for event in known:
        apart.setdefault(event.stream, []).append(event)
    who = persons(apart)
    found: dict[UUID, list[Recorded]] = {}
    for event in known:
        found.setdefault(who.of(event.stream), []).append(event)
    return who, found
