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

from domain.authority import AUTHORITY
from domain.concern import concerned_municipalities
from domain.disclosure import EXACT, ROUNDED, RoundingRule
from domain.facts import (
    EventKey,
    EventWithdrawn,
    Housed,
    IntegrationPlanEstablished,
    Linked,
    LinksAnnounced,
    Recorded,
)
from domain.places import PROVINCES, Places
from projections import dialect, streams
from projections.places import PlacesHistory
from service.access.caller import caller_of
from service.access.rules import EXACT_TO, extent_of, forbidden, reads_every_journey
from service.foundation.organisations import Registry
from service.foundation.parameter_types import OneOf
from service.foundation.time import today
from service.log.events import RecordedEvent
from service.log.mapper import decode_data, read_histories
from service.log.person_links import read_known
from service.log.recorder import Condition

# What can make a journey concern a municipality.
_NAMING = (Linked.TOPIC, Housed.TOPIC, IntegrationPlanEstablished.TOPIC)
# What tells, or may tell, of links that were announced.
_ANNOUNCING = (LinksAnnounced.TOPIC, EventWithdrawn.TOPIC)
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
    numbers, areas and municipalities, is a public fact and everybody's. One is not: how many persons are to be linked
    to a municipality is told to those only who read such numbers of it exactly, because all are theirs to read
    (`exact`), or because it is their own or lies in their `province`; so is what corrects or withdraws that.
    """

    code: str | None
    oin: str | None
    today: Callable[[], date]
    registry: Registry
    province: str | None = None
    exact: bool = False

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
        codes = self._own_codes(_places(reference))
        # As the JSON in the log has it: no code holds what is written in another way.
        holds = " OR ".join([dialect.contains_text(connection, "naming.data")] * len(codes))
        named = _NAMED.format(", ".join("?" * len(_NAMING)), holds)
        values = (*_NAMING, *(f'"{code}"' for code in sorted(codes)))
        return [(f"({theirs} OR {named} OR {_OF_SEVERAL})", (*said, *values))]

    def rows(self, connection: Connection, some: Sequence[RecordedEvent]) -> list[RecordedEvent]:
        """Those of some rows of the log that are their own, of all that the conditions leave."""
        of_journeys = _journeys(connection, {row.stream for row in some})
        own = self.journeys(connection, of_journeys)
        of_none = [row for row in some if row.stream not in of_journeys]
        public = {row.position for row in of_none}
        if not self.exact:
            public -= self._hidden(connection, of_none)
        return [row for row in some if row.stream in own or row.position in public or self._posted_by_caller(row)]

    def _hidden(self, connection: Connection, some: Iterable[RecordedEvent]) -> set[int]:
        """The positions of what there is not for the caller in the streams of areas that any of some rows are of."""
        amending = (row for row in some if row.topic in _ANNOUNCING or '"corrects"' in row.data)
        areas = {row.stream for row in amending if "area" in decode_data(row)}
        if areas:
            areas -= self._areas(connection)
        histories = read_histories(connection, areas) if areas else {}
        return {position for history in histories.values() for position in _about_links(history, self._announces)}

    def _announces(self, oin: str) -> bool:
        organisation = self.registry(oin)
        return organisation is not None and organisation.kind in AUTHORITY[LinksAnnounced.TOPIC]

    def _areas(self, connection: Connection) -> set[UUID]:
        """The streams of the municipalities that are the caller's own."""
        places = _places(read_histories(connection, [streams.REFERENCE]).get(streams.REFERENCE, ()))
        of_province = {code for code in places.codes if places.province(code) == self.province}
        # One that is yet to begin by a merger is shared with the others that go into it.
        own = {code for code in self._own_codes(places) if not places.known(code) or places.begun(code, self.today())}
        return {streams.of_area(code) for code in own | of_province}

    def _own_codes(self, places: Places) -> set[str]:
        """The municipality, and every other that it is today."""
        return set() if self.code is None else {self.code, *places.codes_counted_as(self.code, self.today())}

    def _posted_by_caller(self, row: RecordedEvent) -> bool:
        return self.oin is not None and self.oin in (row.recorded_by, row.posted_by)


def _about_links(history: Sequence[Recorded], announces: Callable[[str], bool]) -> set[int]:
    """The positions of the announced links of an area, and of all that corrects or withdraws one.

    A withdrawal of what is not known, by one who announces links, may be of an announcement that is yet to come.
    """
    known, amended_by = {event.key for event in history}, dict[EventKey, list[Recorded]]()
    found = []
    for event in history:
        withdrawn = _withdrawn_key(event)
        for key in (withdrawn, event.corrected_key):
            if key is not None:
                amended_by.setdefault(key, []).append(event)
        of_nothing = withdrawn is not None and withdrawn not in known
        if isinstance(event.fact, LinksAnnounced) or (of_nothing and announces(event.recorded_by)):
            found.append(event)
    positions = set[int]()
    while found:
        event = found.pop()
        if event.position not in positions:
            positions.add(event.position)
            found += amended_by.get(event.key, ())
    return positions


def _withdrawn_key(event: Recorded) -> EventKey | None:
    return (event.source, event.fact.withdraws) if isinstance(event.fact, EventWithdrawn) else None


def own_scope(request: Request) -> OwnScope | None:
    """What the caller is let see of the log, where that is their own; None where it is everything."""
    if extent_of(request) != "own":
        return None
    caller, context = caller_of(request.scope), request.app.state.context
    clock = context.clock
    oin = code = province = None
    if caller.organisation is not None:
        oin, kind, _, of_it = caller.organisation
        code, province = of_it if kind == "municipality" else None, of_it if kind == "province" else None
    return OwnScope(
        code, oin, lambda: today(clock), context.registry, province, exact=not EXACT_TO.isdisjoint(caller.roles)
    )


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


def told_journeys(request: Request, connection: Connection, some: Collection[UUID]) -> set[UUID]:
    """Those of some journeys that may be named beside what the caller said of them: their own, and of who may read
    every journey all.
    """
    return set(some) if reads_every_journey(request) else visible_journeys(request, connection, some)


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
    Of numbers that side by side would say more of each other some are null, a step lower or higher, or made of rounded
    ones.
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
