"""What is missing or contradictory, one row a finding for the days on which it is told.

The same findings as those that a journey, or an area, tells of itself; those of amendments also of other streams, and
of a half-year those that its own stream shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Column, Text

from domain.area_findings import absent_areas
from domain.effective import Finding
from domain.facts import FACTS, JOURNEY_FACTS, EventKey, Recorded
from domain.findings import FINDING_CODES, answerable_event, claim_findings, claims, told_from
from domain.identifiers import is_municipality_code, oin_in
from domain.journey import Journey
from domain.norms import phase_findings
from domain.period import Period
from domain.places import Places
from projections import streams
from projections.columns import Day
from projections.engine import Projection
from projections.row_store import Row
from projections.states.quota import rows_and_events
from projections.stream_history import StreamHistory
from projections.tables import FOREVER, MUNICIPALITY, ORGANISATION, one_of, state_table

# `said_of` is null for a journey, else the name of the half-year or area, or `reference`. `municipality` is that of an
# area; where a journey belongs `phases` tells, or each of its findings would be told anew wherever it goes. `position`
# is that of the event that the finding was seen at, `organisation` the OIN that its source names, and `answerable` that
# of whoever is to set it right: of a doubt who said what is doubted. All three are null where it was seen at none.
# `on_day` is the day that it is about.
findings = state_table(
    "findings",
    Column("code", Text, nullable=False, info=one_of("finding", FINDING_CODES)),
    Column("said_of", Text),
    Column("municipality", Text, info=MUNICIPALITY),
    Column("organisation", Text, info=ORGANISATION),
    Column("answerable", Text, info=ORGANISATION),
    Column("position", BigInteger),
    Column("on_day", Day, nullable=False),
)


class _Told(NamedTuple):
    """A finding, and the days on which it is told: from one up to another."""

    since: date
    until: date
    finding: Finding


def rows(history: StreamHistory) -> Iterable[Row]:
    """The findings of a stream, each for the days on which it is told."""
    told = [_Told(told_from(one), FOREVER, one) for one in history.besides]
    if history.amended:
        told += [_Told(told_from(one), FOREVER, one) for one in history.resolved.findings]
    said_of = _said_of(history)
    if said_of is not None:
        told += [_Told(one.on, FOREVER, one) for one in absent_areas(history.effective, history.places)]
        told += dict.fromkeys(_of_half_year(history))
        return _rows(told, history, said_of)
    if claims(history.events):
        told += [_Told(told_from(one), FOREVER, one) for one in claim_findings(history.events, history.resolved)]
    if history.stages:
        # What was noted of a fact stays noted.
        told += [_Told(one.on, FOREVER, one) for one in dict.fromkeys(history.stages[-1].journey.findings)]
        told += _of_phases(history)
    return _rows(told, history)


_OF_JOURNEYS = frozenset(JOURNEY_FACTS)


def _said_of(history: StreamHistory) -> str | None:
    """The name of a stream that is about no permit holder."""
    first = history.events[0] if history.events else None
    if first is None or type(first.fact) in _OF_JOURNEYS:
        return None
    if first.stream == streams.REFERENCE:
        return "reference"
    named: Any = (getattr(first.fact, name, None) for name in ("area", "period"))
    return next((str(one) for one in named if one is not None), None)


_NUMBERS_OF: Mapping[str, str] = {
    "municipal": "municipal-quota-for-no-municipality",
    "opening": "opening-for-no-municipality",
    "transfer": "transfer-for-no-municipality",
}


def _of_half_year(history: StreamHistory) -> Iterator[_Told]:
    """Numbers for a municipality that there is not, for as long as they are in force; a transfer is of its own day."""
    for (since, until, period, kind, municipality, *_), event in rows_and_events(history):
        if kind in _NUMBERS_OF:
            half_year = Period.parse(period)
            on = half_year.nearest(since) if kind == "transfer" else half_year.first
            if not history.places.exists(municipality, on):
                yield _Told(since, until, Finding(_NUMBERS_OF[kind], *event.key, since))


def _of_phases(history: StreamHistory) -> Iterator[_Told]:
    """What is contradictory between the boundaries of the phases, for as long as it is."""
    since: dict[Finding, date] = {}
    ended = date.min
    for started, until, *now in history.spans(_phase_findings, _NONE, _OF):
        for gone in [one for one in since if started > ended or one not in now]:
            yield _Told(since.pop(gone), ended, gone)
        for one in now:
            since.setdefault(one, started)
        ended = until
    for one, started in since.items():
        yield _Told(started, ended, one)


_NONE = (None,)
_OF = attrgetter("permit", "links", "homes", "housing", "returned_on")


def _phase_findings(journey: Journey, places: Places) -> tuple[Row | None]:
    found = phase_findings(journey, places)
    return (tuple(dict.fromkeys(found)),) if found else _NONE


def _rows(told: Iterable[_Told], history: StreamHistory, said_of: str | None = None) -> Iterator[Row]:
    municipality = said_of if said_of is not None and is_municipality_code(said_of) else None
    by_key: dict[EventKey, Recorded] = {}
    for one in told:
        by_key = by_key or {event.key: event for event in history.events}
        event = by_key.get((one.finding.source, one.finding.id))
        answerable = answerable_event(one.finding, by_key)
        yield (
            *(one.since, one.until, one.finding.code, said_of, municipality),
            None if event is None else oin_in(event.source),
            None if answerable is None else oin_in(answerable.source),
            None if event is None else event.position,
            one.finding.on,
        )


PROJECTION = Projection(
    findings,
    # A correction of what is not known is a finding, whatever it says.
    frozenset(FACTS),
    rows,
    municipality_column="municipality",
)
