"""Who applied for family, whose family came, and which minors are alone: literal lives, and the rows by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Table

from domain.facts import (
    EventWithdrawn,
    FamilyArrived,
    FamilyReunificationDecided,
    FamilyVisaIssued,
    GuestStayEnded,
    GuestStayStarted,
    MovedToPermanentHome,
    PermitGranted,
    Recorded,
)
from domain.field_types import PartialDate
from domain.places import Places
from projections.row_store import Row
from projections.states import arrivals, minors, referents, stays
from projections.stream_history import StreamHistory
from projections.tables import FOREVER
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    applied,
    died,
    granted,
    home_ready,
    housed,
    left,
    link_ended,
    linked,
    permit_ended,
    returned,
    said,
)
from tests.rules.histories import given as log


def rows(of: Any, *events: Recorded) -> list[dict[str, Any]]:
    """The rows of a module, in order of their days: days as text, without an end where there is none."""
    table: Table = of.PROJECTION.table
    compute: Callable[[StreamHistory], Iterable[Row]] = of.rows
    names = ["valid_from", "valid_until", *(column.name for column in list(table.columns)[6:])]
    found = sorted(compute(StreamHistory(log(*events), Places.shipped())), key=lambda row: (row[0], str(row)))
    return [
        {
            name: (None if value == FOREVER else str(value)) if isinstance(value, date) else value
            for name, value in zip(names, row, strict=True)
        }
        for row in found
    ]


def days(found: Iterable[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """Since and until when each row holds, and some columns of it."""
    return [tuple(row[name] for name in ("valid_from", "valid_until", *names)) for row in found]


def decided(on: str, some: int, refused: int = 0) -> Recorded:
    return said(on, FamilyReunificationDecided(some, refused))


def arrived(on: str, persons: int, *, direct: bool | None = None, **envelope: Any) -> Recorded:
    return said(on, FamilyArrived(persons, direct), **envelope)


def test_a_referent_is_one_from_the_first_application_on_with_all_that_was_said_of_the_family() -> None:
    nothing: dict[str, Any] = {
        "municipality": UTRECHT,
        **dict.fromkeys(("applied", "granted", "refused", "visas", "arrived", "direct", "through"), 0),
        "granted_on": None,
        "visa_on": None,
        "housed": False,
        "home_ready": False,
    }
    told = rows(
        referents,
        granted("2021-03-01"),
        linked("2021-03-10"),
        # Decided before it was applied for: it counts once there is an application.
        decided("2021-03-20", 1),
        applied("2021-04-01", 3),
        decided("2021-05-01", 1, 1),
        decided("2021-05-02", 0, 1),
        said("2021-06-01", FamilyVisaIssued(2)),
        arrived("2021-07-01", 1, direct=True),
        arrived("2021-07-02", 2, direct=False),
        arrived("2021-07-03", 4),
    )
    expected: list[dict[str, Any]] = []
    for since, until, more in (
        ("2021-04-01", "2021-05-01", {"applied": 3, "granted": 1, "granted_on": "2021-03-20"}),
        ("2021-05-01", "2021-05-02", {"granted": 2, "refused": 1, "granted_on": "2021-05-01"}),
        ("2021-05-02", "2021-06-01", {"refused": 2}),
        ("2021-06-01", "2021-07-01", {"visas": 2, "visa_on": "2021-06-01"}),
        ("2021-07-01", "2021-07-02", {"arrived": 1, "direct": 1}),
        ("2021-07-02", "2021-07-03", {"arrived": 3, "through": 2}),
        ("2021-07-03", None, {"arrived": 7}),
    ):
        expected.append({**(expected[-1] if expected else nothing), **more, "valid_from": since, "valid_until": until})
    assert told == expected


def test_a_home_is_ready_for_the_link_that_stands_and_not_beside_a_housing() -> None:
    told = rows(
        referents,
        applied("2021-03-01"),
        linked("2021-03-10"),
        home_ready("2021-03-20", AMERSFOORT),
        home_ready("2021-04-01"),
        link_ended("2021-05-01"),
        linked("2021-05-10"),
        home_ready("2021-06-01"),
        housed("2021-06-10"),
        returned("2021-07-01"),
    )
    assert days(told, "home_ready", "housed") == [
        ("2021-03-01", "2021-03-10", False, False),
        ("2021-03-10", "2021-04-01", False, False),
        ("2021-04-01", "2021-05-01", True, False),
        ("2021-05-01", "2021-06-01", False, False),
        ("2021-06-01", "2021-06-10", True, False),
        ("2021-06-10", "2021-07-01", False, True),
        # That home was before the return.
        ("2021-07-01", None, False, False),
    ]


@pytest.mark.parametrize("ending", [died, left, permit_ended])
def test_who_is_gone_is_no_referent_until_they_are_heard_of_again(ending: Any) -> None:
    told = rows(referents, applied("2021-03-01"), housed("2021-03-20"), ending("2021-04-01"), granted("2021-05-01"))
    assert days(told, "municipality", "housed") == [
        ("2021-03-01", "2021-03-20", None, False),
        ("2021-03-20", "2021-04-01", UTRECHT, True),
        ("2021-05-01", None, UTRECHT, True),
    ]


def test_numbers_beyond_what_a_column_holds_are_the_most_that_it_does() -> None:
    told = rows(referents, *(applied("2021-03-01", 100_000_000) for _ in range(22)))
    assert told[0]["applied"] == 2**31 - 1


def test_numbers_that_no_column_holds_leave_nobody_of_those_arrived_less_than_nothing() -> None:
    most = 2**31 - 1
    came = [arrived("2021-07-01", most, direct=True), arrived("2021-07-02", most, direct=False)]
    last = rows(referents, applied("2021-04-01", 3), *came)[-1]
    assert (last["arrived"], last["direct"], last["through"]) == (most, most, 0)


def test_arrivals_are_told_apart_from_where_the_referent_belongs_while_not_gone() -> None:
    told = rows(
        arrivals,
        arrived("2021-03-01", 2),
        linked("2021-04-01"),
        arrived("2021-04-10", 1, direct=True),
        linked("2021-05-01", AMERSFOORT),
        died("2021-06-01"),
        linked("2021-06-20", AMSTERDAM),
    )
    assert sorted(days(told, "municipality", "on_day", "persons", "turn"), key=repr) == [
        ("2021-03-01", "2021-04-01", None, None, None, None),
        ("2021-03-01", None, None, "2021-03-01", 2, 1),
        ("2021-04-01", "2021-05-01", UTRECHT, None, None, None),
        ("2021-04-10", None, None, "2021-04-10", 1, 2),
        ("2021-05-01", "2021-06-01", AMERSFOORT, None, None, None),
        ("2021-06-20", None, AMSTERDAM, None, None, None),
    ]
    assert rows(arrivals, linked("2021-03-01"), applied("2021-03-02")) == []


def test_each_arrival_and_each_move_of_the_referent_adds_one_row() -> None:
    days_of = [f"2021-{month:02d}-{day:02d}" for month in (3, 4) for day in range(1, 31)]
    moves = [linked(on, (UTRECHT, AMERSFOORT)[nth % 2]) for nth, on in enumerate(days_of)]
    assert len(rows(arrivals, *(arrived(on, 1) for on in days_of), *moves)) == 2 * len(days_of)


def test_what_was_withdrawn_never_arrived() -> None:
    taken_back = said("2021-05-01", EventWithdrawn("a", "of another"), source=arrived("2021-03-01", 2).source)
    assert rows(arrivals, arrived("2021-03-01", 2, id="a"), taken_back) == []


def test_a_stay_is_a_row_for_exactly_the_days_that_it_lasts() -> None:
    told = rows(
        stays,
        granted("2021-03-01"),
        said("2021-03-05", GuestStayStarted()),
        linked("2021-03-10"),
        said("2021-04-01", GuestStayEnded()),
        said("2021-04-10", GuestStayStarted(date(2021, 4, 30))),
        housed("2021-06-01", accommodation="hotel"),
        permit_ended("2021-06-10"),
        said("2021-07-01", MovedToPermanentHome(UTRECHT)),
    )
    assert days(told, "kind", "municipality", "since_on", "until_on") == [
        ("2021-03-05", "2021-03-10", "guest", None, "2021-03-05", "2021-06-05"),
        ("2021-03-10", "2021-04-01", "guest", UTRECHT, "2021-03-05", "2021-06-05"),
        ("2021-04-10", "2021-06-01", "guest", UTRECHT, "2021-04-10", "2021-04-30"),
        ("2021-06-01", "2021-07-01", "hotel", UTRECHT, "2021-06-01", "2021-12-01"),
    ]


def alone(on: str, born: PartialDate | None = None, *, minor: bool | None = True) -> Recorded:
    return said(on, PermitGranted("asylum", None, born, minor))


def test_a_minor_alone_is_in_reception_or_in_a_small_unit_until_they_move_on() -> None:
    told = rows(
        minors,
        alone("2021-03-01", PartialDate(2004, 5)),
        linked("2021-03-10"),
        housed("2021-04-01", AMERSFOORT, "minor-unit"),
        linked("2021-04-05", AMSTERDAM),  # after the housing: none
        said("2021-05-01", MovedToPermanentHome(UTRECHT)),
        returned("2021-06-01"),
        died("2021-07-01"),
    )
    assert days(told, "municipality", "born", "born_known") == [
        ("2021-03-01", "2021-03-10", None, "2004-05-01", True),
        ("2021-03-10", "2021-05-01", UTRECHT, "2004-05-01", True),
        ("2021-06-01", "2021-07-01", UTRECHT, "2004-05-01", True),
    ]
    assert days(rows(minors, alone("2021-03-01"), housed("2021-04-01"))) == [("2021-03-01", "2021-04-01")]


def test_who_is_alone_and_born_when_is_as_the_newest_permit_says_that_says_it() -> None:
    told = rows(
        minors,
        alone("2021-03-01", PartialDate(2004)),
        alone("2021-04-01", minor=None),
        alone("2021-05-01", PartialDate(2004, 2), minor=None),
        alone("2021-06-01", minor=False),
        alone("2021-07-01", minor=True),
    )
    assert days(told, "born", "born_known") == [
        ("2021-03-01", "2021-05-01", "2004-07-01", False),
        ("2021-05-01", "2021-06-01", "2004-02-01", True),
        ("2021-07-01", None, "2004-02-01", True),
    ]


def test_a_home_is_of_the_municipality_that_its_code_named_on_its_day() -> None:
    # Weesp went into Amsterdam on 24 March 2022.
    some = applied("2022-03-01"), linked("2022-03-02", AMSTERDAM)
    assert days(rows(referents, *some, home_ready("2022-03-23", WEESP)), "home_ready")[-1][-1] is False
    assert days(rows(referents, *some, home_ready("2022-03-24", WEESP)), "home_ready")[-1][-1] is True
