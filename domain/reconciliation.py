"""Reconciliation: another register's list of who was housed when, person by person against ours (question Q14).

Their list is one of housings: a person stands on it once, with a day. Ours counts as the realisation of a half-year
does: +1 on the day of a housing, -1 on the day of the return that undoes one. The effect of a person is what adopting
their list would do to our figure, so that ours and all effects together are theirs, exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Literal, NamedTuple, get_args
from uuid import UUID

from domain.facts import Recorded
from domain.journey import Journey, evolve
from domain.milestones import Posting
from domain.period import Period
from domain.places import Places

Category = Literal["same", "only-there", "only-here", "other-date", "other-period", "returned"]
"""How the two agree about a person.

`same`, `other-date`, `other-period`: housed in both, on one day, in one half-year, or in two. `only-there`,
`only-here`: in only one of them. `returned`: our half-year takes back a housing of an earlier one, which a list of
housings can't tell.
"""
CATEGORIES: tuple[Category, ...] = get_args(Category)

Reason = Literal["unknown", "not-housed", "returned", "elsewhere"]
"""Why somebody is only on their list: no such journey, not housed, no longer, or for another municipality."""


class Stay(NamedTuple):
    """A housing and, where there is one, the return that undid it; `nth` (from 0) of the journey."""

    housed: Posting
    returned: Posting | None
    nth: int


class ListedHousing(NamedTuple):
    """A line of their list: its number, and the day they have."""

    number: int
    on: date


class ComparedPerson(NamedTuple):
    """One person. `stay` is what our side rests on; None where we know of no housing."""

    category: Category
    reason: Reason | None
    effect: int
    line: ListedHousing | None
    journey: UUID | None
    stay: Stay | None


@dataclass(frozen=True, slots=True)
class Scope:
    """What is compared: a half-year up to a day (`valid_on`), for a municipality or, without one, for the country."""

    period: Period
    valid_on: date
    municipality: str | None
    places: Places

    @property
    def end(self) -> date:
        """The last day of the half-year that is looked at; before its first day nothing of it is."""
        return min(self.valid_on, self.period.last)

    @property
    def day(self) -> date:
        """The day of the half-year whose municipalities are compared."""
        return self.period.nearest(self.valid_on)

    @property
    def row(self) -> str | None:
        """The municipality of the realisation that is compared: the one asked, or who succeeded it by the day."""
        return None if self.municipality is None else self.places.code_on(self.municipality, self.day)

    def counts(self, on: date) -> bool:
        """Whether what happened on a day counts in the half-year."""
        return self.period.first <= on <= self.end

    def covers(self, municipality: str) -> bool:
        """Whether what happened in a municipality (as posted) counts, through its successors, for the one compared."""
        there = self.places.code_on(municipality, self.day)
        return self.places.exists(there, self.day) and self.row in (None, there)


class Comparison(NamedTuple):
    """The outcome, in persons: theirs = ours + the sum of all effects."""

    persons: tuple[ComparedPerson, ...]
    theirs: int
    ours: int

    @property
    def counts(self) -> dict[Category, int]:
        """Persons of each category."""
        counted: dict[Category, int] = dict.fromkeys(CATEGORIES, 0)
        for person in self.persons:
            counted[person.category] += 1
        return counted


def compare(
    scope: Scope,
    listed: Mapping[UUID, ListedHousing],
    known: Collection[UUID],
    postings: Mapping[UUID, Sequence[Posting]],
) -> Comparison:
    """Their list against ours: every line in order, then who is only ours, in order of journeys.

    `known` are the journeys of `listed` that we know; `postings` those of every journey listed or counted here, up to
    `scope.valid_on` and in order.
    """
    found = []
    ours = 0
    for journey, line in sorted(listed.items(), key=lambda item: item[1].number):
        stays = _stays(postings.get(journey, ()))
        ours += (count := _counted(stays, scope))
        category, reason, stay = _of_a_line(line, stays, scope, known=journey in known)
        effect = scope.counts(line.on) - count
        found.append(ComparedPerson(category, reason, effect, line, journey if journey in known else None, stay))
    for journey in sorted(postings.keys() - listed.keys()):
        stays = _stays(postings[journey])
        ours += (count := _counted(stays, scope))
        taken_back, housed = _taken_back(stays, scope), _housed_at_end(stays, scope)
        if taken_back is not None:
            found.append(ComparedPerson("returned", None, -count, None, journey, taken_back))
        elif count:
            found.append(ComparedPerson("only-here", None, -count, None, journey, housed))
    return Comparison(tuple(found), sum(scope.counts(line.on) for line in listed.values()), ours)


def _of_a_line(
    line: ListedHousing, stays: Sequence[Stay], scope: Scope, *, known: bool
) -> tuple[Category, Reason | None, Stay | None]:
    if (taken_back := _taken_back(stays, scope)) is not None:
        return "returned", None, taken_back
    # Who is housed at the end of the half-year was housed then, whatever came later; else what we know now.
    now = stays[-1] if stays and stays[-1].returned is None else None
    candidates = [stay for stay in (_housed_at_end(stays, scope), now) if stay is not None]
    ours = next((stay for stay in candidates if scope.covers(stay.housed.municipality)), None)
    if ours is not None:
        if ours.housed.on == line.on:
            return "same", None, ours
        both = Period.of(ours.housed.on) == Period.of(line.on)
        return "other-date" if both else "other-period", None, ours
    if candidates:
        return "only-there", "elsewhere", candidates[0]
    here = [stay for stay in stays if scope.covers(stay.housed.municipality)]
    if here:
        return "only-there", "returned", here[-1]
    return "only-there", "not-housed" if known else "unknown", None


def _stays(postings: Sequence[Posting]) -> list[Stay]:
    """Housings and the returns that undo them take turns."""
    return [
        Stay(housed, returned, nth)
        for nth, (housed, returned) in enumerate(zip_longest(postings[::2], postings[1::2]))
        if housed is not None
    ]


def _housed_at_end(stays: Sequence[Stay], scope: Scope) -> Stay | None:
    """The housing in effect at the end of the scope, wherever it is."""
    for stay in stays:
        if stay.housed.on <= scope.end and (stay.returned is None or stay.returned.on > scope.end):
            return stay
    return None


def _taken_back(stays: Sequence[Stay], scope: Scope) -> Stay | None:
    """The housing of an earlier half-year that this one takes back: there can be one only."""
    for stay in stays:
        if stay.returned is not None and stay.housed.on < scope.period.first and scope.counts(stay.returned.on):
            return stay if scope.covers(stay.housed.municipality) else None
    return None


def _counted(stays: Iterable[Stay], scope: Scope) -> int:
    """What a person adds to our realised: housings less returns of the half-year, -1, 0 or 1."""
    postings = (posting for housed, returned, _ in stays for posting in (housed, returned) if posting is not None)
    return sum(
        posting.persons for posting in postings if scope.counts(posting.on) and scope.covers(posting.municipality)
    )


def posting_events(history: Iterable[Recorded], places: Places) -> list[Recorded]:
    """The events behind a journey's postings, in their order, from its effective history."""
    journey, found = Journey(), []
    for event in history:
        after: Journey = evolve(journey, event, places)
        if len(after.postings) > len(journey.postings):
            found.append(event)
        journey = after
    return found
