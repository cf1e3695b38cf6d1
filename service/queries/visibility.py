"""What a caller may know: the journeys and events that are their own, and the rows of a table that they read exactly.

Rights follow what holds today and is known now, whatever day or instant is asked. Where a caller sees everything
nothing is read for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Request
from sqlalchemy import Connection
from typing_extensions import TypedDict

from domain.concern import concerned_municipalities
from domain.disclosure import EXACT, ROUNDED, RoundingRule
from domain.facts import Housed, IntegrationPlanEstablished, Linked
from domain.places import PROVINCES, Places
from projections import dialect, streams
from projections.places import PlacesHistory
from service.access.caller import caller_of
from service.access.rules import extent_of, forbidden
from service.foundation.parameter_types import OneOf
from service.foundation.time import today
from service.log.events import RecordedEvent
from service.log.mapper import read_histories
from service.log.person_links import read_known
from service.log.recorder import Condition

# What can make a journey concern a municipality.
_NAMING = (Linked.TOPIC, Housed.TOPIC, IntegrationPlanEstablished.TOPIC)
_JOURNEYS = "SELECT stream FROM journey_keys WHERE {}"
# Counted and not looked for with EXISTS: that PostgreSQL might answer once for the whole log.
_OF_NO_JOURNEY = "(SELECT count(*) FROM journey_keys WHERE journey_keys.stream = events.stream) = 0"
_POSTED_BY = "recorded_by = ? OR posted_by = ?"
# Read as one person's with another journey, perhaps, and that one may name it.
_OF_SEVERAL = "stream IN (SELECT newer FROM replacements UNION ALL SELECT older FROM replacements)"
_NAMED = (
    "(SELECT count(*) FROM events AS naming WHERE naming.stream = events.stream AND naming.topic IN ({}) AND ({})) > 0"
)


class OwnScope(NamedTuple):
    """What is a caller's own: the journeys that concern the municipality with this code; none where there is no code.

    Of the log also what they said or posted themselves (`oin`), whomever it concerns now. What is of no journey,
    numbers and municipalities, is a public fact and everybody's.
    """

    code: str | None
    oin: str | None
    today: Callable[[], date]

    def journeys(self, connection: Connection, some: Collection[UUID]) -> set[UUID]:
        """Those of some journeys that concern the municipality today."""
        if self.code is None or not some:
            return set()
        found = read_known(connection, {*some, streams.REFERENCE}, list)
        places, on = _places(found.pop(streams.REFERENCE, ())), self.today()
        return {
            journey for journey, history in found.items() if self.code in concerned_municipalities(history, on, places)
        }

    def conditions(self, connection: Connection) -> list[Condition]:
        """What the database looks at in a row of the log; it finds all that is their own, and something more."""
        said = () if self.oin is None else (self.oin, self.oin)
        theirs = _OF_NO_JOURNEY if self.oin is None else f"{_OF_NO_JOURNEY} OR {_POSTED_BY}"
        if self.code is None:
            return [(f"({theirs})", said)]
        reference = read_histories(connection, [streams.REFERENCE]).get(streams.REFERENCE, ())
        codes = {self.code, *_places(reference).codes_counted_as(self.code, self.today())}
        # As the JSON in the log has it: no code holds what is written in another way.
        holds = " OR ".join([dialect.contains_text(connection, "naming.data")] * len(codes))
        named = _NAMED.format(", ".join("?" * len(_NAMING)), holds)
        values = (*_NAMING, *(f'"{code}"' for code in sorted(codes)))
        return [(f"({theirs} OR {named} OR {_OF_SEVERAL})", (*said, *values))]

    def rows(self, connection: Connection, some: Sequence[RecordedEvent]) -> list[RecordedEvent]:
        """Those of some rows of the log that are their own, of all that the conditions leave."""
        of_journeys = _journeys(connection, {row.stream for row in some})
        own = self.journeys(connection, of_journeys)
        return [
            row for row in some if row.stream in own or row.stream not in of_journeys or self._posted_by_caller(row)
        ]

    def _posted_by_caller(self, row: RecordedEvent) -> bool:
        return self.oin is not None and self.oin in (row.recorded_by, row.posted_by)


def own_scope(request: Request) -> OwnScope | None:
    """What the caller is let see of the log, where that is their own; None where it is everything."""
    if extent_of(request) != "own":
        return None
    organisation = caller_of(request.scope).organisation
    clock = request.app.state.context.clock
    code = organisation.code if organisation is not None and organisation.kind == "municipality" else None
    return OwnScope(code, None if organisation is None else organisation.oin, lambda: today(clock))


def own_rows(municipality: str, places: Places, day: date, today: date) -> frozenset[str]:
    """The rows of a day that are of nobody but a municipality as it is today: its own, and those of the municipalities
    that became it. One that it is yet to share by a merger would, less its own, tell of the others.
    """
    parts: dict[str, set[str]] = {}
    for code in places.codes:
        if places.begun(code, places.table_day(day)):
            parts.setdefault(places.code_on(code, day), set()).add(places.code_on(code, today))
    return frozenset(row for row, whose in parts.items() if whose == {municipality})


def refuse_shared_rows(request: Request, places: Places, day: date) -> None:
    """Refuse who asks for their own as of a day on which it is not theirs alone, as far as is known today."""
    of_the_caller = own_scope(request)
    if of_the_caller is None:
        return
    code = of_the_caller.code
    if code is None or places.code_on(code, day) not in own_rows(code, places, day, of_the_caller.today()):
        raise forbidden()


def visible_journeys(request: Request, connection: Connection, some: Collection[UUID]) -> set[UUID]:
    """Those of some journeys that the caller may know of; of the others nothing may be said, not that they exist."""
    of_the_caller = own_scope(request)
    return set(some) if of_the_caller is None else of_the_caller.journeys(connection, some)


def _journeys(connection: Connection, some: Iterable[UUID]) -> set[UUID]:
    """Those of some streams that are journeys."""
    found: set[UUID] = set()
    for condition, parameters in dialect.in_streams(connection, "stream", some):
        rows = dialect.fetch(connection, _JOURNEYS.format(condition), parameters)
        found.update(dialect.stream_id(stream) for (stream,) in rows)
    return found


def _places(reference: Sequence[Any]) -> Places:
    """The municipalities as known now."""
    return PlacesHistory(reference).newest(0)


class Disclosure(TypedDict):
    """How small numbers are told in this answer.

    `exact`: as they are. `rounded-to-5`: each number by itself, except in the rows of `exactFor`: persons to multiples
    of 5, days to multiples of 5, shares to multiples of 0.05, null where the persons round to none; a row of nothing
    but zeros is left out, and so are the parts of a total that is public where they would say more than their rounding.
    """

    rule: Annotated[str, OneOf((EXACT.rule, ROUNDED.rule))]
    exactFor: list[str]


class DisclosureRule(NamedTuple):
    """The rule of one answer: everything exactly, or what is the caller's own.

    A municipality reads its own row exactly, and those of the municipalities that became it; a province its own and
    those of its municipalities.
    """

    everything: bool
    own: frozenset[str]

    @classmethod
    def of(cls, request: Request, places: Places, day: date) -> DisclosureRule:
        """The rule for who asks for the rows of a day."""
        how_far = extent_of(request)
        organisation = caller_of(request.scope).organisation
        own: frozenset[str] = frozenset()
        if how_far == "own" and organisation is not None and organisation.code is not None:
            if organisation.code in PROVINCES:
                own = frozenset(code for code in places.codes if places.province(code) == organisation.code)
                own |= {organisation.code}
            else:
                own = own_rows(organisation.code, places, day, today(request.app.state.context.clock))
        return cls(how_far in ("all", "exact"), own)

    def exact(self, code: str) -> bool:
        """Whether the row of this code is written exactly."""
        return self.everything or code in self.own

    def writing(self, code: str) -> RoundingRule:
        """How the numbers of this row are written."""
        return EXACT if self.exact(code) else ROUNDED

    def stated(self, codes: Iterable[str]) -> Disclosure:
        """The rule as the answer states it, with those of its rows that are exact all the same."""
        if self.everything:
            return {"rule": EXACT.rule, "exactFor": []}
        return {"rule": ROUNDED.rule, "exactFor": [code for code in codes if self.exact(code)]}
