"""Their list against ours, on the database: what is known of the persons of a list, and the answer about each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import compress
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, select

from domain.effective import force
from domain.facts import Recorded
from domain.milestones import Posting
from domain.period import Period
from domain.places import Places
from domain.reconciliation import Compared, Comparison, Line, Scope, compare, posted_by
from domain.totals import COUNTRY
from projections import dialect, postings
from projections.catalogue import OF_REALISATION
from service.foundation.time import Clock
from service.log.persons import known_of, newest
from service.queries.question import LogQuestion, Question, Times, asking, asking_log
from service.storage.service_tables import events, journey_keys

_HISTORIES_AT_ONCE = 2_000


#: Those of some journeys of which something may be said.
Visible = Callable[[Connection, Collection[UUID]], set[UUID]]


def everybody(_: Connection, some: Collection[UUID]) -> set[UUID]:
    """Something may be said of all."""
    return set(some)


class Reconciled(NamedTuple):
    """The outcome, with what an answer repeats: both times, the position, and what was compared."""

    told: dict[str, Any]
    scope: Scope
    comparison: Comparison
    events: Mapping[UUID, list[Recorded]]
    """Behind the postings of each journey that our side rests on, in their order."""

    def body(self) -> dict[str, Any]:
        """The answer."""
        scope, comparison = self.scope, self.comparison
        return {
            **self.told,
            "period": str(scope.period),
            "municipality": scope.municipality,
            "code": COUNTRY if scope.row is None else scope.row,
            "theirs": comparison.theirs,
            "ours": comparison.ours,
            "effect": comparison.theirs - comparison.ours,
            "counts": comparison.counts,
            "items": list(self.items()),
        }

    def items(self) -> Iterator[dict[str, Any]]:
        """Every person: by a line of theirs, by a journey of ours, never by a V-number."""
        for person in self.comparison.persons:
            yield {
                "category": person.category,
                "reason": person.reason,
                "effect": person.effect,
                "theirs": None if person.line is None else {"line": person.line.number, "on": person.line.on},
                "ours": None if person.journey is None else self._ours(person, person.journey),
            }

    def _ours(self, person: Compared, journey: UUID) -> dict[str, Any]:
        if person.stay is None:
            return {"journey": journey, "housing": None, "return": None}
        (housed, returned, nth), behind = person.stay, self.events[journey]
        return {
            "journey": journey,
            "housing": {
                "on": housed.on,
                "municipality": housed.municipality,
                "accommodation": housed.accommodation,
                **_named(behind[2 * nth]),
            },
            "return": None if returned is None else {"on": returned.on, **_named(behind[2 * nth + 1])},
        }


def reconcile(
    engine: Engine,
    clock: Clock,
    listed: Mapping[UUID, Line],
    period: Period,
    municipality: str | None,
    times: Times,
    visible: Visible = everybody,
) -> Reconciled:
    """Compare a list of persons and days with the realisation of a half-year. Nothing of the list is kept.

    Of who is not `visible` nothing is known but what counts here, and that only where it does in the half-year.
    """
    with asking(engine, times, clock, municipality=municipality, reads=OF_REALISATION) as question:
        scope = Scope(period, question.asked.valid_on, municipality, question.places)
        listed = _by_person(question.log, listed)
        every = _postings(question, scope, listed)
        told = question.told()
    # After the question, so that nobody holds one connection while waiting for a second.
    with asking_log(engine, times, clock) as at_present:
        log = at_present._replace(position=told["position"])
        seen = visible(log.connection, every.keys() | listed.keys())
        shown = _shown(scope, every, seen)
        found = {one: list(compress(every[one], some)) for one, some in shown.items()}
        comparison = compare(scope, listed, _known(log, (seen | shown.keys()) & listed.keys()), found)
        resting = {person.journey for person in comparison.persons if person.journey is not None and person.stay}
        behind = _behind(log, resting, scope.places)
        events = {one: list(compress(some, shown[one])) for one, some in behind.items() if one in shown}
        return Reconciled(told, scope, comparison, events)


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


def _by_person(log: LogQuestion, listed: Mapping[UUID, Line]) -> dict[UUID, Line]:
    """The list by the journeys of the newest V-numbers; who stands there under an older one too stays there twice."""
    of = newest(log.connection, listed, log.known)
    found: dict[UUID, Line] = {}
    for journey, line in sorted(listed.items(), key=lambda one: (of[one[0]] != one[0], one[1].number)):
        found[journey if of[journey] in found else of[journey]] = line
    return found


def _postings(question: Question, scope: Scope, listed: Mapping[UUID, Line]) -> dict[UUID, list[Posting]]:
    """Of everybody on the list, and of everybody who counts."""
    codes = None
    if scope.municipality is not None:
        codes = [code for code in question.places.codes if scope.covers(code)]
    ours = postings.counted(question.tables, question.asked, scope.period, codes)
    return postings.of_journeys(question.tables, question.asked, ours | listed.keys())


def _known(log: LogQuestion, listed: Collection[UUID]) -> set[UUID]:
    """Those of whom anything was known by then."""
    found: set[UUID] = set()
    for some in dialect.in_parts(sorted(listed)):
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
    for some in dialect.in_parts(sorted(journeys), _HISTORIES_AT_ONCE):
        for journey, known in known_of(log.connection, some, log.known).items():
            found[journey] = posted_by(force(known).speaking, places)
    return found


def _named(event: Recorded) -> dict[str, Any]:
    return {"position": event.position, "source": event.source, "id": event.id}
