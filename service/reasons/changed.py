"""The recorded events that moved a figure: found in the log, each with what it moved, in order of position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, select

from domain.facts import Recorded
from projections import changes
from projections.changes import Amounts, Counts, Journeys, Moved, State
from projections.said import About, periods, said
from service import streams
from service.log import histories
from service.persons import claimed_of, through_time
from service.tables import events

# SQLite before 3.32 takes no more than 999 parameters.
_ASKED_AT_ONCE = 450
_JOURNEYS_AT_ONCE = 100


class Change(NamedTuple):
    """An event and what it moved in one row, in persons."""

    position: int
    code: str
    amount: int
    event: Recorded


class _Moment(NamedTuple):
    """An event of a journey in a commit that changed what the journey counts for; `alone` when there is no other."""

    position: int
    of: Moved
    alone: bool


def moving(
    connection: Connection, then: State, now: State, span: tuple[int, int], since: tuple[int, str] = (0, "")
) -> Iterator[Change]:
    """What moved a figure between two positions, behind a position and code that were told already."""
    after, until = span
    every = changes.moved(connection, after, until, then)
    journeys = Journeys(then, every)
    whole = [one for one in every if journeys.whole(one.counts)]
    divided = [one for one in every if not journeys.whole(one.counts)]
    told = [
        _of_journeys(connection, _moments(connection, whole, since[0]), journeys),
        _of_divided(connection, then, divided, since[0]),
        # What was told already is not walked through again.
        _of_streams(connection, now, max(after, since[0] - 1), until),
    ]
    for position, some in groupby(merge(*told, key=_position), key=_position):
        # One event moves two journeys where it says that they are of one person.
        (event, *_), moved = zip(*some, strict=True)
        for code, amount in _together_moved(moved).items():
            if (position, code) > since:
                yield Change(position, code, amount, event)


_Told = Iterator[tuple[Recorded, Amounts]]


def _position(one: tuple[Recorded, Amounts]) -> int:
    return one[0].position


def _together_moved(moved: Sequence[Amounts]) -> Amounts:
    """What several amounts come to, in code order, without what comes to nothing."""
    if len(moved) == 1:
        return moved[0]
    found: Counter[str] = Counter()
    for amounts in moved:
        found.update(amounts)
    return {code: amount for code, amount in sorted(found.items()) if amount}


def _moments(connection: Connection, every: Sequence[Moved], since: int) -> list[_Moment]:
    """The events of the commits that changed something, from a position on."""
    together = _together(connection, [one.cut for one in every])
    people = claimed_of(connection, {one.journey for one in every})
    found = []
    for one in every:
        positions = people[one.journey].commit(one.cut) if one.journey in people else together[one.cut]
        found += [_Moment(each, one, len(positions) == 1) for each in positions if each >= since]
    return sorted(found, key=lambda moment: moment.position)


def _together(connection: Connection, positions: Sequence[int]) -> dict[int, list[int]]:
    """The positions that the commit of an event gave the stream of that event, in order."""
    one, other = events.alias(), events.alias()
    found: dict[int, list[int]] = {}
    for start in range(0, len(positions), _ASKED_AT_ONCE):
        some = positions[start : start + _ASKED_AT_ONCE]
        statement = (
            select(one.c.position, other.c.position)
            .where(one.c.position.in_(some), other.c.stream == one.c.stream, other.c.recorded_at == one.c.recorded_at)
            .order_by(one.c.position, other.c.position)
        )
        for asked, position in connection.execute(statement):
            found.setdefault(asked, []).append(position)
    return found


def _of_journeys(connection: Connection, moments: Sequence[_Moment], journeys: Journeys) -> _Told:
    # What moves nothing need not be read: persons housed do not count where there is no number yet.
    some = [one for one in moments if not one.alone or journeys.amounts(one.of.counts)]
    for event, counts in _counts(connection, some, journeys.then):
        yield event, journeys.amounts(counts)


def _of_divided(connection: Connection, then: State, divided: Sequence[Moved], since: int) -> _Told:
    told: Counts = Counter()
    for one in divided:
        if one.cut < since:
            told.update(one.counts)
    moments = _moments(connection, [one for one in divided if one.cut >= since], 0)
    events: dict[int, Recorded] = {}
    counts: dict[int, Counts] = {}
    for event, some in _counts(connection, moments, then):
        events[event.position] = event
        counts.setdefault(event.position, Counter()).update(some)
    amounts = changes.one_by_one(then.with_persons(told), counts.items())
    for position, event in events.items():
        yield event, amounts[position]


def _counts(connection: Connection, moments: Sequence[_Moment], given: State) -> Iterator[tuple[Recorded, Counts]]:
    """What each event changed in the counts of its journey; so many journeys are read at once."""
    for start in range(0, len(moments), _JOURNEYS_AT_ONCE):
        some = moments[start : start + _JOURNEYS_AT_ONCE]
        found = through_time(connection, {one.of.journey for one in some})
        for one in some:
            journey, person = one.of.journey, found[one.of.journey]
            event = person.event(one.position)
            if one.alone:
                yield event, one.of.counts
                continue
            some_counts = changes.counts(person.known(journey, one.position), given)
            some_counts.subtract(changes.counts(person.known(journey, one.position - 1), given))
            yield event, some_counts


def _of_streams(connection: Connection, given: State, after: int, until: int) -> _Told:
    """What was said of the half-years and of municipalities."""
    of: dict[UUID, About] = {streams.of_period(each): each for each in periods(connection, given)}
    of[streams.REFERENCE] = None
    found: Mapping[UUID, Sequence[Recorded]] = histories(connection, of)
    return said(given, {of[stream]: history for stream, history in found.items()}, after, until)
