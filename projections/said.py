"""What moved a figure that is not of a journey: what was said of half-years and of municipalities, event by event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection, select

from domain.effective import known
from domain.facts import Recorded
from domain.lines import divided
from domain.period import Period
from domain.places import Places
from domain.quota import PeriodFigures
from domain.strands import strands
from projections import quota, reference
from projections.changes import Amounts, State, difference, matters
from projections.quota import Number
from projections.stored import Row
from projections.tables import quota as numbers
from projections.view import Told

#: The half-year that a stream is about; None for the stream about municipalities.
About = Period | None


def periods(connection: Connection, given: State) -> list[Period]:
    """The half-years of which something was ever said that is part of the figure, in order."""
    found = {Period.parse(one) for one in connection.execute(select(numbers.c.period).distinct()).scalars()}
    return sorted(each for each in found if matters(each, given.figure, given.period))


def said(
    given: State, histories: Mapping[About, Sequence[Recorded]], after: int, until: int
) -> Iterator[tuple[Recorded, Amounts]]:
    """What each event moved behind a position and up to another, for the journeys of the state given."""
    heard = _begun(given, {about: known(history, after) for about, history in histories.items()})
    events = [
        (event.position, about, event, strand)
        for about, history in histories.items()
        for event, strand in strands(known(history, until))
        if event.position > after
    ]
    for position, about, event, strand in sorted(events, key=lambda one: one[0]):
        before = heard
        heard = _with_said(before, about, known(strand, position - 1), known(strand, position))
        if heard.state is not before.state:
            yield event, difference(before.state, heard.state)


class _Heard(NamedTuple):
    """What the streams say on the day, and the figure that follows from it."""

    rows: Mapping[About, Sequence[Row]]
    figures: Mapping[Period, PeriodFigures]
    places: Places
    state: State


def _begun(given: State, histories: Mapping[About, Sequence[Recorded]]) -> _Heard:
    rows = {about: _rows(given, about, history) for about, history in histories.items()}
    places = reference.assembled_apart(rows.get(None, ()))
    figures = {about: _figures(given, about, some) for about, some in rows.items() if about is not None and some}
    state = replace(given, figures=_divided(figures, places), places=places, worked_out=None)
    return _Heard(rows, figures, places, state)


def _with_said(before: _Heard, about: About, was: Sequence[Recorded], now: Sequence[Recorded]) -> _Heard:
    """With what a strand of a stream says now instead; the state is the very same where that moves nothing."""
    old, new = (Counter(_rows(before.state, about, strand)) for strand in (was, now))
    if old == new:
        return before
    rows = [*(row for row in before.rows.get(about, ()) if row not in old), *new.elements()]
    heard = before._replace(rows={**before.rows, about: rows})
    if about is None:
        return _with_additions(heard, [*(old - new), *(new - old)])
    figures = {each: one for each, one in before.figures.items() if each != about}
    said = {about: _figures(before.state, about, rows)} if rows else {}
    rest = {each: one for each, one in before.state.figures.items() if each != about}
    state = before.state.with_figures({**rest, **_divided(said, before.places)})
    return heard._replace(figures={**figures, **said}, state=state)


def _with_additions(heard: _Heard, differing: Sequence[Row]) -> _Heard:
    places = reference.assembled_apart(heard.rows[None])
    # Of what a municipality came from counts also tell which part was the largest.
    if _mergers(differing) or any(places.known(row[3]) and places.successors(row[3]) for row in differing):
        state = replace(heard.state, figures=_divided(heard.figures, places), places=places, worked_out=None)
    else:
        # Inhabitants move nothing but the quotas that a national number is divided into.
        some = {each: one for each, one in heard.figures.items() if _divides_anew(each, heard.places, places)}
        state = heard.state.with_figures({**heard.state.figures, **_divided(some, places)})
    return heard._replace(places=places, state=state)


def _divides_anew(period: Period, before: Places, after: Places) -> bool:
    """Whether the inhabitants by whom the national number of a half-year is divided are others than before."""
    was, now = (places.inhabitants(period.year - 1, period.first) for places in (before, after))
    return was != now


def _divided(figures: Mapping[Period, PeriodFigures], places: Places) -> dict[Period, PeriodFigures]:
    return {period: divided(period, one, places) for period, one in figures.items()}


def _rows(given: State, about: About, history: Sequence[Recorded]) -> list[Row]:
    """What is said on the day, as far as it can be part of the figure."""
    told = Told(history, given.places)
    rows = [row for row in (reference if about is None else quota).rows(told) if row[0] <= given.on < row[1]]
    return _mergers(rows) if about is None and given.figure in ("realised", "transferred") else rows


def _figures(given: State, period: Period, rows: Sequence[Row]) -> PeriodFigures:
    return quota.figures([Number(row[0], row[1], period, *row[3:6]) for row in rows], given.on)[period]


def _mergers(additions: Sequence[Row]) -> list[Row]:
    return [row for row in additions if row[2] == "merger"]
