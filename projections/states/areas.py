"""What is said of areas: one row a statement, announcement or decision, for the days on which it is in force.

Of which municipality it is said is as posted; for whom it counts after a merger is said when it is read
(`domain/areas.py`).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, get_args

from sqlalchemy import BigInteger, Boolean, Column, Integer, SmallInteger, Text

from domain.accommodation import Accommodation
from domain.areas import AREA_KINDS, AreaKind
from domain.facts import (
    AREA_FACTS,
    AreaFact,
    AssessmentSuspended,
    EventWithdrawn,
    HomesStated,
    LadderStepDecided,
    LinksAnnounced,
    PermitsForecastPublished,
    ReceptionPlacesStated,
    Recorded,
    TemporaryPlacesStated,
)
from domain.field_types import AGES_OF_CHILDREN
from projections.columns import Day, instant_text
from projections.engine import Projection
from projections.row_store import Row
from projections.stream_history import StreamHistory
from projections.tables import FOREVER, one_of, state_table

areas = state_table(
    "areas",
    Column("area", Text, nullable=False),
    Column("kind", Text, nullable=False, info=one_of("area_kind", AREA_KINDS)),
    # The days it is about, both included: a month, a half-year, those of a forecast.
    Column("from_on", Day),
    Column("to_on", Day),
    Column("accommodation", Text, info=one_of("accommodation", get_args(Accommodation))),
    Column("bedrooms", SmallInteger),
    Column("adapted", Boolean(create_constraint=False)),
    # Persons, homes or places; of a decision on the ladder its rung.
    Column("amount", Integer),
    Column("households", Integer),
    Column("aged_0_3", Integer),
    Column("aged_4_11", Integer),
    Column("aged_12_15", Integer),
    Column("aged_16_17", Integer),
    # Which event says so, and its place among those of one day, of whatever stream.
    Column("position", BigInteger, nullable=False),
    Column("order_of_day", Text, nullable=False),
)

#: Kinds of which a statement replaces the one before for the same key; of the others each stands by itself.
_STATED = (LinksAnnounced, HomesStated, TemporaryPlacesStated, ReceptionPlacesStated)
#: What a row has between its kind and the event that says so.
_Content = tuple[Any, ...]


def rows(history: StreamHistory) -> Iterable[Row]:
    """What a stream says, each for the days until it is stated anew; decisions and forecasts stand for ever."""
    stated: dict[Hashable, dict[date, tuple[AreaFact, Recorded]]] = {}
    for event in history.effective:
        fact: Any = event.fact
        if isinstance(fact, _STATED):
            key = type(fact), fact.area, getattr(fact, "month", None), getattr(fact, "accommodation", None)
            stated.setdefault(key, {})[event.effective_on] = fact, event
        elif isinstance(fact, AREA_FACTS):
            yield from _rows(event.effective_on, FOREVER, fact, event)
    for by_day in stated.values():
        for (day, (fact, event)), until in zip(by_day.items(), [*list(by_day)[1:], FOREVER], strict=True):
            yield from _rows(day, until, fact, event)


def _rows(since: date, until: date, fact: AreaFact, event: Recorded) -> Iterator[Row]:
    kind, contents = _contents(fact)
    order = f"{instant_text(event.sent_at)} {event.source} {event.id}"
    for content in contents:
        yield (since, until, fact.area, kind, *content, event.position, order)


def _contents(fact: AreaFact) -> tuple[AreaKind, list[_Content]]:
    """The kind of a fact, and what it says: one line, of homes as many as there are sorts."""
    match fact:
        case PermitsForecastPublished():
            return "permits-forecast", [_line(fact.from_, fact.to, amount=fact.persons)]
        case LinksAnnounced():
            children = {} if fact.children is None else fact.children
            ages = [children.get(age) for age in AGES_OF_CHILDREN]
            line = _line(*_month(fact.month), amount=fact.persons, households=fact.households, ages=ages)
            return "links-announced", [line]
        case HomesStated():
            numbers: dict[tuple[int, bool], int] = {}
            for homes in fact.homes:
                sort = homes.bedrooms, homes.adapted
                numbers[sort] = numbers.get(sort, 0) + homes.number
            lines = [_line(bedrooms=sort[0], adapted=sort[1], amount=number) for sort, number in numbers.items()]
            # That there are none is said too.
            return "homes", lines or [_line(amount=0)]
        case TemporaryPlacesStated():
            return "temporary-places", [_line(accommodation=fact.accommodation, amount=fact.places)]
        case ReceptionPlacesStated():
            return "reception-places", [_line(amount=fact.places)]
        case LadderStepDecided():
            return "ladder-step", [_line(fact.period.first, fact.period.last, amount=fact.rung)]
        case AssessmentSuspended():
            return "suspension", [_line(fact.period.first, fact.period.last)]


def _line(
    from_on: date | None = None,
    to_on: date | None = None,
    *,
    accommodation: str | None = None,
    bedrooms: int | None = None,
    adapted: bool | None = None,
    amount: int | None = None,
    households: int | None = None,
    ages: Sequence[int | None] = (None,) * len(AGES_OF_CHILDREN),
) -> _Content:
    return from_on, to_on, accommodation, bedrooms, adapted, amount, households, *ages


def _month(written: str) -> tuple[date, date]:
    """The first and the last day of a month."""
    year, month = int(written[:4]), int(written[5:])
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


PROJECTION = Projection(areas, frozenset(fact.TOPIC for fact in (*AREA_FACTS, EventWithdrawn)), rows)
