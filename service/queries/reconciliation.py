"""Their list against ours, on the database: what is known of the persons of a list, and the answer about each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from itertools import compress
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, select
from typing_extensions import TypedDict

from domain.accommodation import Accommodation
from domain.effective import effective_events
from domain.facts import Recorded
from domain.milestones import Posting
from domain.period import Period
from domain.places import Places
from domain.reconciliation import (
    Category,
    ComparedPerson,
    Comparison,
    ListedHousing,
    Reason,
    Scope,
    compare,
    posting_events,
)
from domain.totals import COUNTRY
from projections import dialect
from projections.realisation import journeys_counted, read_postings
from projections.states import OF_REALISATION
from service.foundation.time import Clock
from service.log.person_links import newest_journeys, read_known
from service.log.sealing import select_destroyed
from service.queries.question import LogQuestion, Question, open_log_question, open_question
from service.queries.times import AsOf, Times
from service.storage.service_tables import events, journey_keys

_HISTORIES_AT_ONCE = 2_000


#: Those of some journeys of which something may be said.
Visible = Callable[[Connection, Collection[UUID]], set[UUID]]


def everybody(_: Connection, some: Collection[UUID]) -> set[UUID]:
    """Something may be said of all."""
    return set(some)


class TheirLine(TypedDict):
    """A line of their list: its number (the header is line 1), and the day it has."""

    line: int
    on: date


class OurReturn(TypedDict):
    """The return that undid it, and the event that says so."""

    on: date
    position: int
    source: str
    id: str


class OurHousing(TypedDict):
    """A housing as posted, and the event that says so."""

    on: date
    municipality: str
    accommodation: Accommodation
    position: int
    source: str
    id: str


OurSide = TypedDict("OurSide", {"journey": UUID, "housing": OurHousing | None, "return": OurReturn | None})
OurSide.__doc__ = "What we know of the person: the housing that the comparison rests on, and what undid it."


class ReconciledPerson(TypedDict):
    """One person, under one category; `effect` is what adopting their list does to our realised.

    `same`, `other-date`, `other-period`: housed in both, on one day, in one half-year, in two. `only-there`,
    `only-here`: housed in only one of them; `reason` says why not in ours. `returned`: our half-year takes back a
    housing of an earlier one, which a list of housings can't tell. `ours` is null for whom we don't know,
    and for who was destroyed.
    """

    category: Category
    reason: Reason | None
    effect: int
    theirs: TheirLine | None
    ours: OurSide | None


ReconciledCounts = TypedDict(
    "ReconciledCounts",
    {"same": int, "only-there": int, "only-here": int, "other-date": int, "other-period": int, "returned": int},
)
ReconciledCounts.__doc__ = "Persons of each category."


class Reconciliation(AsOf):
    """Their list beside ours: `ours` is the realised of row `code` of the realisation, ours + `effect` = theirs.

    In the order of their lines, then who is only ours in the order of journeys. `theirs` are the persons whose day lies
    in the half-year, not after `validOn`.
    """

    period: str
    municipality: str | None
    code: str
    theirs: int
    ours: int
    effect: int
    counts: ReconciledCounts
    items: list[ReconciledPerson]


class Reconciled(NamedTuple):
    """The outcome, with what an answer repeats: both times, the position, and what was compared."""

    as_of: AsOf
    scope: Scope
    comparison: Comparison
    events: Mapping[UUID, list[Recorded]]
    """Behind the postings of each journey that our side rests on, in their order."""
    destroyed: frozenset[UUID] = frozenset()
    """Who of them was destroyed: they count as before, and are not told of."""

    def body(self) -> Reconciliation:
        """The answer."""
        scope, comparison = self.scope, self.comparison
        counts = comparison.counts
        return {
            **self.as_of,
            "period": str(scope.period),
            "municipality": scope.municipality,
            "code": COUNTRY if scope.row is None else scope.row,
            "theirs": comparison.theirs,
            "ours": comparison.ours,
            "effect": comparison.theirs - comparison.ours,
            "counts": {
                "same": counts["same"],
                "only-there": counts["only-there"],
                "only-here": counts["only-here"],
                "other-date": counts["other-date"],
                "other-period": counts["other-period"],
                "returned": counts["returned"],
            },
            "items": list(self.items()),
        }

    def items(self) -> Iterator[ReconciledPerson]:
        """Every person: by a line of theirs, by a journey of ours, never by a V-number."""
        for person in self.comparison.persons:
            yield {
                "category": person.category,
                "reason": person.reason,
                "effect": person.effect,
                "theirs": None if person.line is None else {"line": person.line.number, "on": person.line.on},
                "ours": (
                    None
                    if person.journey is None or person.journey in self.destroyed
                    else self._ours(person, person.journey)
                ),
            }

    def _ours(self, person: ComparedPerson, journey: UUID) -> OurSide:
        if person.stay is None:
            return {"journey": journey, "housing": None, "return": None}
        (housed, returned, nth), behind = person.stay, self.events[journey]
        housing, undone_by = behind[2 * nth], None if returned is None else behind[2 * nth + 1]
        return {
            "journey": journey,
            "housing": {
                "on": housed.on,
                "municipality": housed.municipality,
                "accommodation": housed.accommodation,
                "position": housing.position,
                "source": housing.source,
                "id": housing.id,
            },
            "return": returned
            and undone_by
            and {
                "on": returned.on,
                "position": undone_by.position,
                "source": undone_by.source,
                "id": undone_by.id,
            },
        }


def reconcile(
    engine: Engine,
    clock: Clock,
    listed: Mapping[UUID, ListedHousing],
    period: Period,
    municipality: str | None,
    times: Times,
    visible: Visible = everybody,
) -> Reconciled:
    """Compare a list of persons and days with the realisation of a half-year. Nothing of the list is kept.

    Of who is not `visible` nothing is known but what counts here, and that only where it does in the half-year.
    """
    with open_question(engine, times, clock, municipality=municipality, reads=OF_REALISATION) as question:
        scope = Scope(period, question.asked.valid_on, municipality, question.places)
        listed = _by_person(question.log, listed)
        every = _postings(question, scope, listed)
        as_of = question.as_of()
    # After the question, so that nobody holds one connection while waiting for a second.
    with open_log_question(engine, times, clock) as at_present:
        log = at_present._replace(position=as_of["position"])
        seen = visible(log.connection, every.keys() | listed.keys())
        shown = _shown(scope, every, seen)
        found = {one: list(compress(every[one], some)) for one, some in shown.items()}
        comparison = compare(scope, listed, _known(log, (seen | shown.keys()) & listed.keys()), found)
        resting = {person.journey for person in comparison.persons if person.journey is not None and person.stay}
        behind = _behind(log, resting, scope.places)
        events = {one: list(compress(some, shown[one])) for one, some in behind.items() if one in shown}
        named = {person.journey for person in comparison.persons if person.journey is not None}
        destroyed = frozenset(select_destroyed(log.connection, named))
        return Reconciled(as_of, scope, comparison, events, destroyed)


def _shown(scope: Scope, every: Mapping[UUID, list[Posting]], seen: set[UUID]) -> dict[UUID, list[bool]]:
    """Which postings of whom something may be said of: all of who is seen, and those that count here."""
    shown = {}
    for one, some in every.items():
        here = [scope.covers(each.municipality) for each in some]
        if one in seen:
            shown[one] = [True] * len(some)
        elif any(scope.counts(each.on) for each in compress(some, here)):
            shown[one] = here
    return shown


def _by_person(log: LogQuestion, listed: Mapping[UUID, ListedHousing]) -> dict[UUID, ListedHousing]:
    """The list by the journeys of the newest V-numbers; who stands there under an older one too stays there twice."""
    of = newest_journeys(log.connection, listed, log.known)
    found: dict[UUID, ListedHousing] = {}
    for journey, line in sorted(listed.items(), key=lambda one: (of[one[0]] != one[0], one[1].number)):
        found[journey if of[journey] in found else of[journey]] = line
    return found


def _postings(question: Question, scope: Scope, listed: Mapping[UUID, ListedHousing]) -> dict[UUID, list[Posting]]:
    """Of everybody on the list, and of everybody who counts."""
    codes = None
    if scope.municipality is not None:
        codes = [code for code in question.places.codes if scope.covers(code)]
    ours = journeys_counted(question.tables, question.asked, scope.period, codes)
    return read_postings(question.tables, question.asked, ours | listed.keys())


def _known(log: LogQuestion, listed: Collection[UUID]) -> set[UUID]:
    """Those of whom anything was known by then."""
    found: set[UUID] = set()
    for some in dialect.in_chunks(sorted(listed)):
        statement = (
            select(events.c.stream)
            .distinct()
            .join(journey_keys, journey_keys.c.stream == events.c.stream)
            .where(events.c.stream.in_(some), events.c.position <= log.position)
        )
        if log.known_by == "sender":
            statement = statement.where(events.c.sent_at <= log.known_at)
        found.update(log.connection.execute(statement).scalars())
    return found


def _behind(log: LogQuestion, journeys: Collection[UUID], places: Places) -> dict[UUID, list[Recorded]]:
    found = {}
    for some in dialect.in_chunks(sorted(journeys), _HISTORIES_AT_ONCE):
        for journey, known in read_known(log.connection, some, log.known).items():
            found[journey] = posting_events(effective_events(known).events, places)
    return found
