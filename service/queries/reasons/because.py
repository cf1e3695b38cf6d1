"""The events behind a figure: each with all versions of what it says, as an auditor reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from domain.bounds import bounds, closing
from domain.effective import Key, force
from domain.effects import effects
from domain.facts import EventWithdrawn, InhabitantsCounted, Recorded
from domain.norms import NORM_SETS, PHASE_NAMES
from domain.period import Period
from domain.places import Places
from projections import quota, streams
from projections.engine import Told
from projections.figure import Part, Source
from service.foundation.event_types import TYPE_PREFIX
from service.foundation.time import written
from service.log.persons import known_of
from service.queries.question import LogQuestion


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


class Behind:
    """The events that produced the rows of state tables which parts of a figure were made from."""

    def __init__(
        self, question: LogQuestion, parts: Iterable[Part], valid_on: date, places: Places, period: Period | None
    ) -> None:
        some = [part for part in parts if part.source is not None]
        journeys = {part.journey for part in some if part.journey is not None}
        besides = set() if period is None else {streams.of_period(period), streams.REFERENCE}
        self._said = said(question, journeys | besides, valid_on)
        self._places = places
        self._numbers = None if period is None else Numbers(self._said, period, valid_on)

    def of(self, part: Part) -> list[dict[str, Any]]:
        """Those of a part, in order of position; none where nobody said it, as of a count shipped with the service."""
        source = part.source
        if source is None:
            return []
        if part.journey is None:
            return [] if self._numbers is None else self._numbers.of(source)
        found = self._said[part.journey]
        return found.events(_OF_JOURNEYS[source.table](found.speaking, self._places, source.key))


def _counted(speaking: Sequence[Recorded], places: Places, key: tuple[Any, ...]) -> Sequence[Recorded]:
    """Behind the first, second, ... posting of a journey: the housing, and the return that undid it."""
    (turn,) = key
    postings = [
        (event, effect.persons)
        for event, some in effects(speaking, places)
        for effect in some
        if effect.kind == "counted"
    ]
    if turn > len(postings):
        return []
    event, persons = postings[turn - 1]
    # Housings and returns that count take turns.
    return [postings[turn - 2][0], event] if persons == -1 else [event]


def _bounding(speaking: Sequence[Recorded], places: Places, key: tuple[Any, ...]) -> Sequence[Recorded]:
    """Those that bound a phase as it stands; those that closed the journey for no phase."""
    phase, total_starts = key
    if phase not in PHASE_NAMES:
        return closing(speaking, places)
    norm = next(norm for norm in NORM_SETS.values() if norm.total_starts == total_starts)
    return bounds(speaking, places, norm)[phase]


_OF_JOURNEYS: Mapping[str, Callable[[Sequence[Recorded], Places, tuple[Any, ...]], Sequence[Recorded]]] = {
    "housings": _counted,
    "phases": _bounding,
}


class Numbers:
    """The events behind the numbers of one half-year, and behind counts of inhabitants."""

    def __init__(self, every: Mapping[UUID, Said], period: Period, valid_on: date) -> None:
        self._said, self._reference = every[streams.of_period(period)], every[streams.REFERENCE]
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

    def of(self, source: Source) -> list[dict[str, Any]]:
        """Those that say a number, a line of a transfer, or a count of inhabitants."""
        if source.table == "reference":
            found = [
                event
                for event in self._reference.speaking
                if isinstance(event.fact, InhabitantsCounted) and (event.fact.municipality, event.fact.on) == source.key
            ]
            return self._reference.events(found[-1:])
        what, which = source.key
        if what == "transfer":
            return self._said.events(self._transfers[which : which + 1])
        number = self._numbers.get((what, which))
        return [] if number is None else self._said.events([number])
