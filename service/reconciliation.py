"""Their list against ours, on the database: what is known of the persons of a list, and the answer about each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Engine, select

from domain.effective import force
from domain.facts import Recorded
from domain.milestones import Posting
from domain.period import Period
from domain.places import Places
from domain.reconciliation import Compared, Comparison, Line, Scope, compare, posted_by
from domain.totals import COUNTRY
from projections import dialect, postings
from projections.catalogue import OF_REALISATION
from service.ledger import Clock
from service.log import histories
from service.question import LogQuestion, Question, Times, asking, asking_log
from service.tables import events, journey_keys

_HISTORIES_AT_ONCE = 2_000


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
) -> Reconciled:
    """Compare a list of persons and days with the realisation of a half-year. Nothing of the list is kept."""
    with asking(engine, times, clock, municipality=municipality, reads=OF_REALISATION) as question:
        scope = Scope(period, question.asked.valid_on, municipality, question.places)
        found = _postings(question, scope, listed)
        told = question.told()
    # After the question, so that nobody holds one connection while waiting for a second.
    with asking_log(engine, times, clock) as newest:
        log = newest._replace(position=told["position"])
        comparison = compare(scope, listed, _known(log, listed), found)
        resting = {person.journey for person in comparison.persons if person.journey is not None and person.stay}
        return Reconciled(told, scope, comparison, _behind(log, resting, scope.places))


def _postings(question: Question, scope: Scope, listed: Mapping[UUID, Line]) -> dict[UUID, list[Posting]]:
    """Of everybody on the list, and of everybody who counts."""
    codes = None
    if scope.municipality is not None:
        codes = [code for code in question.places.codes if scope.covers(code)]
    ours = postings.counted(question.connection, question.asked, scope.period, codes)
    return postings.of_journeys(question.connection, question.asked, ours | listed.keys())


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
        for journey, history in histories(log.connection, some).items():
            found[journey] = posted_by(force(log.known(history)).speaking, places)
    return found


def _named(event: Recorded) -> dict[str, Any]:
    return {"position": event.position, "source": event.source, "id": event.id}
