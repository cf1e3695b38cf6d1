"""Who is one person: journeys of which IND posted that the V-number of one replaced that of another.

A person link is an event that says so. Whether it is in effect follows from the stream that it stands in, and from that
alone: no other stream of the person can withdraw it, for without it that stream would be another person's. Of several
links to one older journey the newest counts; links in a cycle are void. The day of a link plays no part, and neither
does its position, so that no order of arrival can change who is who.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from domain.effective import Finding, cycles, effective_events
from domain.facts import Recorded, VNumberReplaced

#: Findings about person links, shown whatever the day.
PERSON_LINK_FINDINGS = {"v-number-replaced-twice", "v-numbers-in-a-ring"}


class PersonLink(NamedTuple):
    """What the log has at a position: that two journeys are of one person, in effect or not."""

    position: int
    newer: UUID
    older: UUID


class Persons(NamedTuple):
    """Who is who at one moment: of journeys that go on in another the newest one, and what is void.

    `findings` are by the journey in which the link stands.
    """

    newest: Mapping[UUID, UUID]
    findings: Mapping[UUID, Sequence[Finding]]

    def newest_of(self, journey: UUID) -> UUID:
        """The journey of the newest V-number of a person."""
        return self.newest.get(journey, journey)


def group_journeys(links: Iterable[PersonLink]) -> dict[UUID, frozenset[UUID]]:
    """By each journey that a link names, all that were ever linked as one person's with it, in effect or not."""
    found: dict[UUID, frozenset[UUID]] = {}
    for link in links:
        group = found.get(link.newer, frozenset({link.newer})) | found.get(link.older, frozenset({link.older}))
        found.update(dict.fromkeys(group, group))
    return found


def replaced_journey(event: Recorded) -> UUID | None:
    """The journey of the V-number that an event says was replaced; None where it says nothing of the kind."""
    if not isinstance(event.fact, VNumberReplaced):
        return None
    try:
        return UUID(event.fact.replaces)
    except (ValueError, TypeError, AttributeError):
        return None


def resolve_persons(histories: Mapping[UUID, Sequence[Recorded]]) -> Persons:
    """Who is who by the events of some streams, among which must be all that their person links name."""
    links = [
        (event, older)
        for history in histories.values()
        if any(isinstance(event.fact, VNumberReplaced) for event in history)
        for event in effective_events(history).events
        if (older := replaced_journey(event)) is not None
    ]
    links.sort(key=lambda link: (link[0].sent_at, link[0].source, link[0].id))
    newer_of = {older: event.stream for event, older in links}
    in_cycle = set(cycles(newer_of))
    findings: dict[UUID, list[Finding]] = {}
    for event, older in links:
        void = "v-number-replaced-twice" if newer_of[older] != event.stream else ""
        void = void or ("v-numbers-in-a-ring" if older in in_cycle else "")
        if void:
            finding = Finding(void, event.source, event.id, event.effective_on)
            findings.setdefault(event.stream, []).append(finding)
    valid = {older: newer for older, newer in newer_of.items() if older not in in_cycle}
    return Persons({older: _newest(older, valid) for older in valid}, findings)


def _newest(journey: UUID, newer_of: Mapping[UUID, UUID]) -> UUID:
    while journey in newer_of:
        journey = newer_of[journey]
    return journey


class PersonHistory:
    """Journeys that were ever linked as one person's, with all that was recorded of each in order of position."""

    def __init__(self, histories: Mapping[UUID, Sequence[Recorded]]) -> None:
        self._histories = histories
        #: All of it, in order of position.
        self.events = sorted((event for history in histories.values() for event in history), key=attrgetter("position"))
        self._merged: dict[int, tuple[Persons, dict[UUID, list[Recorded]]]] = {}

    def known_of(self, journey: UUID, position: int) -> list[Recorded]:
        """What is known at a position of the person whose newest journey this is then; nothing of an older one."""
        if len(self._histories) == 1:
            return self._known(position)
        return self._at(position)[1].get(journey, [])

    def findings_of(self, journey: UUID, position: int) -> list[Finding]:
        """The person links known at a position to be void that stand in a journey of the person whose newest it is."""
        persons, _ = self._at(position)
        return sorted(
            one for stream, some in persons.findings.items() if persons.newest_of(stream) == journey for one in some
        )

    def _at(self, position: int) -> tuple[Persons, dict[UUID, list[Recorded]]]:
        if position not in self._merged:
            self._merged[position] = merge_histories(self._known(position))
        return self._merged[position]

    def _known(self, position: int) -> list[Recorded]:
        return [event for event in self.events if event.position <= position]

    @cached_property
    def commit_positions(self) -> dict[UUID, dict[datetime, int]]:
        """By journey, for each commit with an event of it or of one that was linked to it by then: the position of the
        last such event.
        """
        found: dict[UUID, dict[datetime, int]] = {journey: {} for journey in self._histories}
        links: list[PersonLink] = []
        for recorded_at, commit in groupby(self.events, key=attrgetter("recorded_at")):
            events = list(commit)
            links += [
                PersonLink(event.position, event.stream, older)
                for event in events
                if (older := replaced_journey(event)) is not None
            ]
            groups = group_journeys(links)
            for event in events:
                for journey in groups.get(event.stream, (event.stream,)):
                    if journey in found:
                        found[journey][recorded_at] = event.position
        return found


def merge_histories(known: Sequence[Recorded]) -> tuple[Persons, dict[UUID, list[Recorded]]]:
    """Who is who by what is known of some journeys, and what is known of each person by its newest journey."""
    histories: dict[UUID, list[Recorded]] = {}
    for event in known:
        histories.setdefault(event.stream, []).append(event)
    persons = resolve_persons(histories)
    found: dict[UUID, list[Recorded]] = {}
    for event in known:
        found.setdefault(persons.newest_of(event.stream), []).append(event)
    return persons, found
