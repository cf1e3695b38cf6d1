"""The events behind a figure: each with all versions of what it says, as an auditor reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from domain.bounds import bounds, closing
from domain.effective import Key, force
from domain.effects import effects
from domain.facts import EventWithdrawn, InhabitantsCounted, Recorded
from domain.norms import NormSet, PhaseName
from domain.period import Period
from domain.places import Places
from projections import quota
from projections.view import Told
from service import streams
from service.answers import written
from service.intake.envelope import TYPE_PREFIX
from service.persons import known_of
from service.question import LogQuestion


def event_told(event: Recorded, *, in_force: bool) -> dict[str, Any]:
    """An event as the answers name it: where it stands in the log, and what it corrects or withdraws."""
    corrects = withdraws = None
    if event.corrects is not None:
        corrects = {"source": event.corrects_source or event.source, "id": event.corrects}
    if isinstance(event.fact, EventWithdrawn):
        withdraws = {"source": event.source, "id": event.fact.withdraws}
    return {
        "position": event.position,
        "recordedAt": written(event.recorded_at),
        "source": event.source,
        "id": event.id,
        "type": f"{TYPE_PREFIX}{event.fact.TOPIC}",
        "effectiveOn": event.effective_on,
        "corrects": corrects,
        "withdraws": withdraws,
        "inForce": in_force,
    }


class Said:
    """What one stream said, as known by a question: what is in force on a day, and the versions of each fact."""

    def __init__(self, known: Sequence[Recorded], valid_on: date) -> None:
        self.history = known
        told = force(known)
        self.speaking = tuple(event for event in told.speaking if event.effective_on <= valid_on)
        self._out = {*told.replaced_by, *told.withdrawn_by}
        self._versions: dict[Key, list[Recorded]] = {}
        for event in known:
            speaker = told.replaced_by.get((event.source, event.id), (event.source, event.id))
            self._versions.setdefault(speaker, []).append(event)

    def stands(self, event: Recorded) -> bool:
        """Whether an event is in force: neither replaced nor withdrawn."""
        return (event.source, event.id) not in self._out

    def events(self, some: Iterable[Recorded]) -> list[dict[str, Any]]:
        """Events in force with the versions that they replace, in order of position."""
        speaking = {(event.source, event.id) for event in some}
        every = sorted((event.position, key, event) for key in speaking for event in self._versions[key])
        return [event_told(event, in_force=(event.source, event.id) == key) for _, key, event in every]


def said(question: LogQuestion, of: Iterable[UUID], valid_on: date) -> dict[UUID, Said]:
    """What some streams said by then, read at once; empty for a stream that has said nothing."""
    found = known_of(question.connection, of, question.known)
    return {stream: Said(known, valid_on) for stream, known in found.items()}


class Journeys:
    """Journeys with what each of their events changed."""

    def __init__(self, question: LogQuestion, of: Iterable[UUID], valid_on: date, places: Places) -> None:
        self._said = said(question, of, valid_on)
        self._places = places

    def counted(self, journey: UUID, turn: int) -> list[dict[str, Any]]:
        """The events behind the first, second, ... posting of a journey: the housing, and the return that undid it."""
        postings = [
            (event, effect.persons)
            for event, some in effects(self._said[journey].speaking, self._places)
            for effect in some
            if effect.kind == "counted"
        ]
        if turn > len(postings):
            return []
        event, persons = postings[turn - 1]
        # Housings and returns that count take turns.
        undone = [postings[turn - 2][0]] if persons == -1 else []
        return self._said[journey].events([*undone, event])

    def bounding(self, journey: UUID, phase: PhaseName | None, norm: NormSet) -> list[dict[str, Any]]:
        """The events that bound a phase as it stands; those that closed the journey for no phase."""
        found = self._said[journey]
        if phase is None:
            return found.events(closing(found.speaking, self._places))
        return found.events(bounds(found.speaking, self._places, norm)[phase])


class Numbers:
    """The events behind the numbers of one half-year, and behind counts of inhabitants."""

    def __init__(self, question: LogQuestion, period: Period, valid_on: date) -> None:
        found = said(question, [streams.of_period(period), streams.REFERENCE], valid_on)
        self._said, self._reference = found[streams.of_period(period)], found[streams.REFERENCE]
        self._numbers: dict[tuple[str, str | None], Recorded] = {}
        transfers = []
        for (since, until, _, kind, municipality, _, turn), event in quota.sources(
            Told(self._said.history, Places.shipped())
        ):
            if not since <= valid_on < until:
                continue
            if kind == "transfer":
                transfers.append(((municipality, since, turn), event))
            else:
                self._numbers[kind, municipality] = event
        # In the order of `quota.numbers`.
        self._transfers = [event for _, event in sorted(transfers, key=lambda one: one[0])]

    def number(self, kind: str, municipality: str | None = None) -> list[dict[str, Any]]:
        """The event that says a number of a kind; none where nobody said it."""
        event = self._numbers.get((kind, municipality))
        return [] if event is None else self._said.events([event])

    def transfer(self, line: int) -> list[dict[str, Any]]:
        """The event that a line of a transfer is of."""
        return self._said.events(self._transfers[line : line + 1])

    def counted(self, municipality: str, on: date | None) -> list[dict[str, Any]]:
        """The event that counted inhabitants; none where the count was shipped with the service."""
        found = [
            event
            for event in self._reference.speaking
            if isinstance(event.fact, InhabitantsCounted)
            and (event.fact.municipality, event.fact.on) == (municipality, on)
        ]
        return self._reference.events(found[-1:])
