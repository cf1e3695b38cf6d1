"""Journeys read as what is known of one person: of whom older V-numbers were replaced, all of the journeys together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from domain.effective import Finding
from domain.facts import Recorded
from domain.persons import Kin, kin, told
from service.log.mapper import histories
from service.log.person_links import claims

#: What of a history is known to who asks.
Known = Callable[[Sequence[Recorded]], list[Recorded]]


class Person(NamedTuple):
    """What is known of one person, or of a stream that is about none.

    `journey` is that of the newest V-number and `others` those that are read as part of it; `known` is in order of
    position; `findings` tell of claims that are void.
    """

    journey: UUID
    others: tuple[UUID, ...]
    known: list[Recorded]
    findings: tuple[Finding, ...] = ()

    @property
    def streams(self) -> tuple[UUID, ...]:
        """All journeys of the person."""
        return self.journey, *self.others


def persons(connection: Connection, journeys: Iterable[UUID], known: Known) -> dict[UUID, Person]:
    """Of each of these journeys the person whose it is, by what is known; by an older journey's id too."""
    asked = list(dict.fromkeys(journeys))
    together = kin(claims(connection))
    wanted = {stream for journey in asked for stream in together.get(journey, (journey,))}
    found = histories(connection, wanted)
    every: dict[UUID, Person] = {}
    for journey in asked:
        if journey in every:
            continue
        if journey not in together:
            every[journey] = Person(journey, (), known(found.get(journey, [])))
            continue
        some = known([event for stream in together[journey] for event in found.get(stream, [])])
        who, of_each = told(sorted(some, key=attrgetter("position")))
        for stream in together[journey]:
            newest = who.of(stream)
            streams = [one for one in sorted(together[journey]) if who.of(one) == newest]
            findings = tuple(sorted(finding for one in streams for finding in who.findings.get(one, ())))
            others = tuple(one for one in streams if one != newest)
            every[stream] = Person(newest, others, of_each.get(newest, []), findings)
    return every


def known_of(connection: Connection, streams: Iterable[UUID], known: Known) -> dict[UUID, list[Recorded]]:
    """What is known of each of these journeys, as of the person whose it is, or of streams that are about none."""
    return {stream: person.known for stream, person in persons(connection, streams, known).items()}


def through_time(connection: Connection, journeys: Iterable[UUID]) -> dict[UUID, Kin]:
    """Each of these journeys with all that were ever claimed to be of one person with it."""
    asked = list(dict.fromkeys(journeys))
    together = kin(claims(connection))
    found = histories(connection, {stream for journey in asked for stream in together.get(journey, (journey,))})
    people = {
        some: Kin({stream: found[stream] for stream in sorted(some) if stream in found})
        for some in {together.get(journey, frozenset({journey})) for journey in asked}
    }
    return {journey: people[together.get(journey, frozenset({journey}))] for journey in asked}


def claimed_of(connection: Connection, journeys: Iterable[UUID]) -> dict[UUID, Kin]:
    """The same of those among them that were ever claimed to be of one person with others."""
    together = kin(claims(connection))
    return through_time(connection, [journey for journey in journeys if journey in together])


def streams_of(connection: Connection, journey: UUID, known: Known = list) -> tuple[UUID, ...]:
    """All journeys of the person whose this is, the one of the newest V-number first."""
    return persons(connection, [journey], known)[journey].streams


def newest(connection: Connection, journeys: Iterable[UUID], known: Known = list) -> dict[UUID, UUID]:
    """By each of these journeys that of the newest V-number of the same person."""
    asked = list(dict.fromkeys(journeys))
    together = kin(claims(connection))
    merged = [journey for journey in asked if journey in together]
    people = persons(connection, merged, known) if merged else {}
    return {journey: people[journey].journey if journey in people else journey for journey in asked}
