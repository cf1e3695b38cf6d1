"""Published figures beside ours, as we know them and as we knew them on the day of publication."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Engine

from domain.period import Period
from domain.places import Places
from domain.totals import name_of
from projections import streams
from projections.catalogue import OF_REALISATION
from projections.engine import Asked
from projections.published import Ours, Published, published
from service.foundation.time import AMSTERDAM, Clock, written
from service.log.mapper import histories
from service.log.recorder import position_at
from service.queries.question import LogQuestion, Times, asking


class _Then(NamedTuple):
    """What could be known at the end of a day: the instant, and the position of the log."""

    known_at: datetime
    position: int


def published_figures(engine: Engine, clock: Clock, period: Period, times: Times) -> dict[str, Any]:
    """The answer: every published figure of a half-year in force, with ours for its day."""
    stream = streams.of_period(period)
    with asking(engine, times, clock, reads=OF_REALISATION) as question:
        # What was published is taken from the log as far as the tables have come.
        log, position = question.log, question.asked.position
        known = log.known(histories(log.connection, [stream]).get(stream, []))
        stated = published(known, question.asked.valid_on)
        days = {one.event.effective_on for one in stated}
        then = {day: _end_of(day, log) for day in days}
        ours = Ours(question.tables, period)
        items = []
        for one in stated:
            now = ours.figure(one.fact, Asked(one.compared_on, position))
            at_publication = None
            # By the senders' clocks the tables were made for one instant only.
            if times.known_by == "service":
                at_publication = _at_publication(one, ours, then[one.event.effective_on])
            told = _told(one, question.places)
            items.append({**told, "ours": _beside(one, now), "oursAtPublication": at_publication})
        return {**question.told(), "period": str(period), "items": items}


def _at_publication(one: Published, ours: Ours, then: _Then) -> dict[str, Any]:
    # A log that had not begun knew nothing: that is no nought.
    persons = ours.figure(one.fact, Asked(one.compared_on, then.position)) if then.position else None
    return {"knownAt": written(then.known_at), "position": then.position, **_beside(one, persons)}


def _beside(one: Published, ours: int | None) -> dict[str, Any]:
    return {"persons": ours, "difference": None if ours is None else one.fact.persons - ours}


def _told(one: Published, places: Places) -> dict[str, Any]:
    fact, event = one
    return {
        "figure": fact.figure,
        "of": fact.of,
        "name": name_of(fact.of, places),
        "on": fact.on,
        "persons": fact.persons,
        "publishedOn": event.effective_on,
        "reference": fact.reference,
        "position": event.position,
        "source": event.source,
        "id": event.id,
        "recordedAt": written(event.recorded_at),
        "comparedOn": one.compared_on,
    }


def _end_of(day: date, log: LogQuestion) -> _Then:
    """The last instant of a day in Amsterdam, not after what is asked about, and what of the log there was by then."""
    midnight = datetime.combine(day + timedelta(days=1), time(), AMSTERDAM)
    known_at = midnight.astimezone(UTC) - timedelta(milliseconds=1)
    if log.known_at is not None and known_at > log.known_at:
        return _Then(log.known_at, log.position)
    return _Then(known_at, min(position_at(log.connection, known_at), log.position))
