"""Whatever was recorded, and whatever table is asked: what is told of rounded numbers says of no one person anything.

Held over every table of the catalogue by what its columns declare, so that a new one is held to it as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from domain.facts import (
    EventWithdrawn,
    FamilyArrived,
    FamilyReunificationDecided,
    FineImposed,
    GuestStayStarted,
    IntegrationDutyStarted,
    IntegrationPlanEstablished,
    PermitGranted,
    Recorded,
    RegisteredAtAddress,
)
from domain.field_types import PartialDate
from domain.norm_sets import NORM_SETS
from domain.period import Period
from domain.totals import GroupBy
from projections.aggregates import Sum
from projections.column_store import ColumnStore, Snapshot
from projections.engine import Asked
from projections.figure import Column, Dimension, Figure, Query
from projections.figures import FIGURES
from projections.places import read_places
from service.queries.deliveries import Deliveries
from service.queries.disclosed_rows import write_row
from service.storage.database import reading
from tests.rules.histories import AMERSFOORT, UTRECHT, applied, completed, housed, link_ended, linked, refused, said
from tests.views.logs import VIEW, Log, examples
from tests.views.test_figures_add_up import HALVES, LAST, RECORDED_BY, _log_of, parameters, statements, told

#: Of persons, events that are theirs, or what they need.
_COUNTS = ("persons", "links", "offers", "events", "fines", "households", "bedrooms")
#: Told in steps.
_STEPS = {
    **dict.fromkeys((*_COUNTS, "days", "percent", "pace"), Decimal(5)),
    "share": Decimal("0.05"),
}
_ROUNDED = [name for name, figure in FIGURES.items() if figure.audience != "public"]
_SPRING = st.dates(date(2022, 1, 1), date(2022, 4, 10))
_ITEMS = ("bsn", "identity-document", "iban")


def _held(figure: Figure) -> Iterator[tuple[int, Column]]:
    """Columns that are neither public nor made of what is told of others."""
    return ((nth, one) for nth, one in enumerate(figure.columns) if not one.public and not one.from_rounded)


@pytest.mark.parametrize("name", FIGURES)
def test_a_column_is_public_or_of_a_unit_that_rounds_or_made_of_rounded_numbers(name: str) -> None:
    figure = FIGURES[name]
    if figure.audience == "public":
        # Exact for everybody, but for what it takes apart.
        assert not [one.name for one in figure.columns if one.from_rounded or one.public or one.of_country]
        return
    assert [one.name for _, one in _held(figure) if one.unit not in _STEPS and one.persons is None] == []


@st.composite
def waiting(draw: st.DrawFn) -> list[Recorded]:
    """Somebody with a permit, linked and perhaps housed: enough alike that small numbers come about."""
    town, day = draw(st.sampled_from([UTRECHT, UTRECHT, UTRECHT, AMERSFOORT])), draw(_SPRING)
    key = draw(st.sampled_from([None, None, "H-1", "H-2"]))
    born = draw(st.sampled_from([None, None, PartialDate(2004, 2), PartialDate(2004, 9)]))
    permit = said("2021-12-01", PermitGranted("asylum", key, born, born is not None or None), id="p")
    events = [permit, linked(day, town, id="l")]
    if draw(st.booleans()):
        events += completed("2021-12-02", *_ITEMS)
    if draw(st.booleans()):
        law = draw(st.sampled_from(["wi2013", "wi2021", "wi2021"]))
        events += [said("2022-03-01", IntegrationDutyStarted(law)), said("2022-03-02", RegisteredAtAddress(town))]  # type: ignore[arg-type]
        events += draw(st.sampled_from([[], [said("2022-06-10", IntegrationPlanEstablished(town, "b1"))]]))
        fines = draw(st.sampled_from([0, 0, 0, 1, 4]))
        events += [said("2022-06-12", FineImposed(100, "term"), id=f"fine{nth}") for nth in range(fines)]
    match draw(st.integers(0, 8)):
        case 0:
            events.append(housed("2022-06-21", town, id="h"))
        case 1:
            events.append(link_ended("2022-06-21", id="e"))
        case 2:
            events.append(refused("2022-06-21", town, "size", id="o"))
        case 3:
            events.append(housed("2022-03-21", town, "hotel", id="h"))
        case 4:
            events.append(said("2022-03-21", GuestStayStarted(), id="g"))
        case 5:
            family = draw(st.sampled_from([1, 3, 4, 5, 6]))
            events.append(applied("2022-03-21", family, id="a"))
            events.append(said("2022-04-21", FamilyReunificationDecided(family, 0), id="f"))
            if draw(st.booleans()):
                events.append(said("2022-05-21", FamilyArrived(family), id="arrived"))
        case _:
            pass
    return [event._replace(id=event.id or f"d{nth}") for nth, event in enumerate(events)]


class _Told:
    """What a reader of rounded numbers is told by every table, at a position of the log."""

    def __init__(self, tables: Snapshot, known: Deliveries, position: int, period: Period, day: date) -> None:
        self.rows: dict[tuple[Any, ...], list[Any]] = {}
        realisation = _query(tables, known, position, "realisation", "country", period, day)
        self.realised = FIGURES["realisation"].rows(realisation)
        for name in _ROUNDED:
            figure = FIGURES[name]
            for group_by in figure.group_by:
                for row in figure.rows(_query(tables, known, position, name, group_by, period, day)):
                    key = name, group_by, row.code, row.dimensions
                    self.rows[key] = write_row(figure, row, exact=False).values

    def of(self, key: tuple[Any, ...]) -> list[Any]:
        """A row; of one that is not there nothing but zeros."""
        return self.rows.get(key, [0] * len(FIGURES[key[0]].columns))


def _query(
    tables: Snapshot, known: Deliveries, position: int, name: str, group_by: GroupBy, period: Period, day: date
) -> Query:
    asked = Asked(RECORDED_BY if name == "data-quality" else day, position)
    given: Mapping[str, Any] = parameters(name, period, day, NORM_SETS["link-12"])
    return Query(tables, asked, read_places(tables, asked), group_by, given, known_on=LAST, log=known)


def _gone(log: Log, person: list[Recorded]) -> list[Recorded]:
    """All that was said of somebody, taken back."""
    return [
        said(
            "2022-06-25", EventWithdrawn(event.id, "another person"), id=f"{event.id}-gone", source=event.source
        )._replace(stream=event.stream)
        for event in person
    ]


# Not shrunk: a smaller example would meet the database that the larger one left.
@settings(examples(12), phases=(Phase.reuse, Phase.generate))
@given(
    persons=st.lists(waiting(), min_size=3, max_size=9),
    beside=st.lists(statements(), max_size=3),
    day=st.sampled_from([LAST, LAST, date(2022, 6, 21), date(2022, 3, 31)]),
)
def test_what_is_told_rounded_is_a_step_and_one_person_less_changes_it_by_a_step_or_nothing(
    engine: Engine, persons: list[list[Recorded]], beside: list[list[Recorded]], day: date
) -> None:
    log = _log_of(engine)
    told(log, persons[1:], beside, [0, 0, 0], [])
    without = log.reached()
    told(log, persons[:1], [], [0, 0, 0], [])
    with reading(engine, VIEW) as connection, closing(ColumnStore.of(connection)) as store, store.snapshot() as tables:
        known = Deliveries(connection, log.now)
        fewer, more = (_Told(tables, known, position, HALVES[-1], day) for position in (without, log.reached()))
    assert any(key[0] == "data-quality" and any(values[:3]) for key, values in more.rows.items())
    assert_in_steps(more)
    assert_one_person_apart(fewer, more)


def assert_in_steps(answers: _Told) -> None:
    """Every number of persons is a step, or nothing; of whom one may bring several, those who do are not too few."""
    for key, values in answers.rows.items():
        for nth, column in _held(FIGURES[key[0]]):
            assert not _of_several(column) or values[nth] is None or values[nth] >= 5, (key, column.name)
            if column.unit in _STEPS and values[nth] is not None:
                assert Decimal(str(values[nth])) % _STEPS[column.unit] == 0, (key, column.name, values[nth])


def assert_one_person_apart(fewer: _Told, more: _Told) -> None:
    """A number is the same or a step apart; what is made of others is the same where nothing else differs."""
    moved: set[str] = set()
    keys = fewer.rows.keys() | more.rows.keys()
    for key in keys:
        before, after = fewer.of(key), more.of(key)
        for nth, column in _held(FIGURES[key[0]]):
            one_by_one = column.name not in _OF_A_FAMILY and not _of_several(column)
            if column.unit in ("persons", "households") and one_by_one:
                assert abs((after[nth] or 0) - (before[nth] or 0)) in (0, 5), (key, column.name)
            if column.unit in _COUNTS and before[nth] != after[nth]:
                moved.add(key[2])
    # Who was housed is public, and nothing else of persons.
    same_public = fewer.realised == more.realised
    for key in keys:
        figure = FIGURES[key[0]]
        for nth, column in enumerate(figure.columns):
            alone = key[1] == "municipality" and key[2] not in moved and not any(map(_of_two, figure.dimensions))
            made = column.from_rounded and column.unit != "text" and not column.of_country
            if same_public and ((made and alone) or (column.public and key in fewer.rows and key in more.rows)):
                before, after = fewer.of(key)[nth], more.of(key)[nth]
                # A row of nothing but zeros and nulls is not told.
                came = (key in fewer.rows) != (key in more.rows)
                assert before == after or (came and not before and not after), (key, column.name)


def _of_several(column: Column) -> bool:
    return isinstance(column.aggregate, Sum) and column.aggregate.several != ""


def _with_many(nth: int) -> list[Recorded]:
    """One with a family of six that came, six fines, and six events that withdraw what nobody knows."""
    return [
        said("2021-12-01", PermitGranted("asylum"), id="p"),
        linked("2022-01-20", UTRECHT, id="l"),
        said("2022-03-01", IntegrationDutyStarted("wi2013"), id="d"),
        *(said("2022-06-12", FineImposed(100, "term"), id=f"fine{one}") for one in range(6)),
        applied("2022-03-21", 6, id="a"),
        said("2022-04-21", FamilyReunificationDecided(6, 0), id="f"),
        said("2022-05-21", FamilyArrived(6), id="arrived"),
        *(said("2022-06-12", EventWithdrawn(f"nothing{one}", "unknown"), id=f"{nth}w{one}") for one in range(6)),
    ]


def test_what_one_brings_several_of_is_not_told_of_one_or_two_however_many_it_is(engine: Engine, log: Log) -> None:
    def seen(persons: range) -> dict[str, Any]:
        for nth in persons:
            log.commit(log.journey(_with_many(nth)))
        log.follow()
        with reading(engine, VIEW) as connection, log.tables() as tables:
            answers = _Told(tables, Deliveries(connection, log.now), log.reached(), HALVES[-1], LAST)
        return {
            f"{name} {column.name}": answers.rows[name, "country", code, dimensions][nth]
            for name, group_by, code, dimensions in answers.rows
            if group_by == "country"
            for nth, column in enumerate(FIGURES[name].columns)
            if _of_several(column) and answers.rows[name, group_by, code, dimensions][nth]
        }

    assert seen(range(2)) == {}
    # Of three it is told as they are: eighteen.
    assert seen(range(2, 3)) == {
        "family applied": 20,
        "family granted": 20,
        "family arrived": 20,
        "family arrivedUnstated": 20,
        "family-arrivals arrived": 20,
        "integration fines": 20,
        "findings events": 20,
    }


def _of_two(dimension: Dimension) -> bool:
    return dimension.of_municipalities


#: More than one person by one: the family that is to come, and the persons of a household that one more makes larger.
_OF_A_FAMILY = {"persons", "afterReunification"}
