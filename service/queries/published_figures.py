"""Published figures beside ours, as we know them and as we knew them on the day of publication."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Engine
from typing_extensions import TypedDict

from domain.facts.quota import PublishedFigure
from domain.period import Period
from domain.totals import region_name
from projections import streams
from projections.engine import Asked
from projections.published import OwnFigures, Published, published_by
from projections.states import OF_REALISATION
from service.foundation.answers import InstantText
from service.foundation.time import Clock, end_of, format_instant
from service.log.mapper import read_histories
from service.log.recorder import EventRecorder
from service.queries.question import LogQuestion, open_question
from service.queries.times import AsOf, Times


class _Then(NamedTuple):
    """What could be known at the end of a day: the instant, and the position of the log."""

    known_at: datetime
    position: int


class Difference(TypedDict):
    """Our figure (persons; null where the table has none), and published less ours."""

    persons: int | None
    difference: int | None


class ThenDifference(Difference):
    """The same as it was known at the end of the day of publication, at that position of the log."""

    knownAt: InstantText
    position: int


class PublishedFigureItem(TypedDict):
    """A figure as somebody published it, beside ours at the end of `comparedOn`.

    `on` is the day whose beginning it states; `comparedOn` the day before, within the half-year.
    `oursAtPublication` is null with knownBy=sender.
    """

    figure: PublishedFigure
    of: str
    name: str
    on: date
    persons: int
    publishedOn: date
    reference: str | None
    position: int
    source: str
    id: str
    recordedAt: InstantText
    comparedOn: date
    ours: Difference
    oursAtPublication: ThenDifference | None


class PublishedFigures(AsOf):
    """Figures of a half-year as published, by day, figure, code and day of publication; never merged with ours."""

    period: str
    items: list[PublishedFigureItem]


def published_figures(engine: Engine, clock: Clock, period: Period, times: Times) -> PublishedFigures:
    """The answer: every published figure of a half-year in force, with ours for its day."""
    stream = streams.of_period(period)
    with open_question(engine, times, clock, reads=OF_REALISATION) as question:
        # What was published is taken from the log as far as the tables have come.
        log, position = question.log, question.asked.position
        known = log.known(read_histories(log.connection, [stream]).get(stream, []))
        stated = published_by(known, question.asked.valid_on)
        days = {one.event.effective_on for one in stated}
        then = {day: _end_of(day, log) for day in days}
        ours = OwnFigures(question.tables, period)
        items: list[PublishedFigureItem] = []
        for one in stated:
            fact, event = one
            now = ours.figure(fact, Asked(one.compared_on, position))
            at_publication = None
            # By the senders' clocks the tables were made for one instant only.
            if times.known_by == "service":
                at_publication = _at_publication(one, ours, then[event.effective_on])
            items.append(
                {
                    "figure": fact.figure,
                    "of": fact.of,
                    "name": region_name(fact.of, question.places),
                    "on": fact.on,
                    "persons": fact.persons,
                    "publishedOn": event.effective_on,
                    "reference": fact.reference,
                    "position": event.position,
                    "source": event.source,
                    "id": event.id,
                    "recordedAt": format_instant(event.recorded_at),
                    "comparedOn": one.compared_on,
                    "ours": _difference(one, now),
                    "oursAtPublication": at_publication,
                }
            )
        return {**question.as_of(), "period": str(period), "items": items}


def _at_publication(one: Published, ours: OwnFigures, then: _Then) -> ThenDifference:
    # A log that had not begun knew nothing: that is no nought.
    persons = ours.figure(one.fact, Asked(one.compared_on, then.position)) if then.position else None
    return {"knownAt": format_instant(then.known_at), "position": then.position, **_difference(one, persons)}


def _difference(one: Published, ours: int | None) -> Difference:
    return {"persons": ours, "difference": None if ours is None else one.fact.persons - ours}


def _end_of(day: date, log: LogQuestion) -> _Then:
    """The last instant of a day in Amsterdam, not after what is asked about, and what of the log there was by then."""
    known_at = end_of(day) - timedelta(milliseconds=1)
    if log.known_at is not None and known_at > log.known_at:
        return _Then(log.known_at, log.position)
    return _Then(known_at, min(EventRecorder(log.connection).position_at(known_at), log.position))
