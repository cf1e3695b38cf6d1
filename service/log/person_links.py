"""Journeys read as what is known of one person: of whom older V-numbers were replaced, all of the journeys together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from domain.effective import Finding
from domain.facts import Recorded
from domain.persons import PersonHistory, group_journeys, merge_histories
from service.log.mapper import read_histories
from service.log.recorder import EventRecorder

#: What of a history is known to who asks.
Known = Callable[[Sequence[Recorded]], list[Recorded]]


class Person(NamedTuple):
    """What is known of one person, or of a stream that is about none.

    `journey` is that of the newest V-number and `others` those that are read as part of it; `known` is in order of
    position; `findings` tell of links that are void.
    """

    journey: UUID
    others: tuple[UUID, ...]
    known: list[Recorded]
    findings: tuple[Finding, ...] = ()

    @property
    def streams(self) -> tuple[UUID, ...]:
        """All journeys of the person."""
        return self.journey, *self.others


def read_persons(connection: Connection, journeys: Iterable[UUID], known: Known) -> dict[UUID, Person]:
    """Of each of these journeys the person whose it is, by what is known; by an older journey's id too."""
    asked = list(dict.fromkeys(journeys))
    together = group_journeys(EventRecorder(connection).select_person_links())
    wanted = {stream for journey in asked for stream in together.get(journey, (journey,))}
    found = read_histories(connection, wanted)
    every: dict[UUID, Person] = {}
    for journey in asked:
        if journey in every:
            continue
        if journey not in together:
            every[journey] = Person(journey, (), known(found.get(journey, [])))
            continue
        some = known([event for stream in together[journey] for event in found.get(stream, [])])
        who, of_each = merge_histories(sorted(some, key=attrgetter("position")))
        for stream in together[journey]:
            newest = who.newest_of(stream)
            streams = [one for one in sorted(together[journey]) if who.newest_of(one) == newest]
            findings = tuple(sorted(finding for one in streams for finding in who.findings.get(one, ())))
            others = tuple(one for one in streams if one != newest)
            every[stream] = Person(newest, others, of_each.get(newest, []), findings)
    return every


def read_known(connection: Connection, streams: Iterable[UUID], known: Known) -> dict[UUID, list[Recorded]]:
    """What is known of each of these journeys, as of the person whose it is, or of streams that are about none."""
    return {stream: person.known for stream, person in read_persons(connection, streams, known).items()}


def read_linked(connection: Connection, journeys: Iterable[UUID]) -> dict[UUID, PersonHistory]:
    """Each of these journeys with all that were ever linked as of one person with it."""
    asked = list(dict.fromkeys(journeys))
    together = group_journeys(EventRecorder(connection).select_person_links())
    found = read_histories(connection, {stream for journey in asked for stream in together.get(journey, (journey,))})
    people = {
        some: PersonHistory({stream: found[stream] for stream in sorted(some) if stream in found})
        for some in {together.get(journey, frozenset({journey})) for journey in asked}
    }
    return {journey: people[together.get(journey, frozenset({journey}))] for journey in asked}


def read_streams(connection: Connection, journey: UUID, known: Known = list) -> tuple[UUID, ...]:
    """All journeys of the person whose this is, the one of the newest V-number first."""
    return read_persons(connection, [journey], known)[journey].streams


def newest_journeys(connection: Connection, journeys: Iterable[UUID], known: Known = list) -> dict[UUID, UUID]:
    """By each of these journeys that of the newest V-number of the same person."""
    asked = list(dict.fromkeys(journeys))
    together = group_journeys(EventRecorder(connection).select_person_links())
    merged = [journey for journey in asked if journey in together]
    people = read_persons(connection, merged, known) if merged else {}
    return {journey: people[journey].journey if journey in people else journey for journey in asked}
