"""What an area's stream says that cannot be so, and a half-year's of decisions on a transfer."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.area_findings import area_findings
from domain.facts import (
    AssessmentSuspended,
    Fact,
    HomesStated,
    LadderStepDecided,
    QuotaTransferred,
    ReceptionPlacesStated,
    Transfer,
    TransferDecision,
)
from domain.period import Period
from domain.places import Places
from domain.quota import decisions_without_part
from tests.rules.histories import AMERSFOORT, AMSTERDAM, TOWN, UTRECHT, WEESP, given, said, withdrawn

PLACES = Places.shipped()
MADE = "GM1982"  # Land van Cuijk, made on 1 January 2022
P2021_II = Period(2021, 2)


def told(*events: Any, places: Places = PLACES) -> list[tuple[str, str]]:
    return [(one.code, one.id) for one in area_findings(given(*events), places)]


@pytest.mark.parametrize(
    ("on", "area", "found"),
    [
        ("2022-03-23", WEESP, False),
        ("2022-03-24", WEESP, True),
        ("2021-12-31", MADE, True),
        ("2022-01-01", MADE, False),
        # Before the table of municipalities begins it is that of its first day.
        ("2015-06-01", UTRECHT, False),
        ("2015-06-01", MADE, True),
        ("2022-01-01", "GM9999", True),
    ],
)
def test_a_municipality_that_is_not_there_that_day_is_a_finding(on: str, area: str, found: bool) -> None:
    facts: list[Fact] = [HomesStated(area, ()), LadderStepDecided(area, P2021_II, 1, "x")]
    for fact in facts:
        assert told(said(on, fact, id="s")) == [("area-not-there-that-day", "s")] * found


def test_the_country_and_its_provinces_are_always_there() -> None:
    assert told(said("1990-01-01", AssessmentSuspended("NL", P2021_II))) == []
    assert told(said("1990-01-01", ReceptionPlacesStated("PV24", 9))) == []


def test_what_was_withdrawn_or_corrected_is_found_fault_with_no_more() -> None:
    late = said("2022-04-01", HomesStated(WEESP, ()), id="late", source=TOWN)
    undone = withdrawn("late", source=TOWN, id="undone")
    better = said("2022-03-01", HomesStated(WEESP, ()), id="better", corrects="late", source=TOWN)
    assert told(late, undone) == told(late, better) == []


def test_what_amends_nothing_of_this_area_is_a_finding_too() -> None:
    stray = said("2022-03-01", HomesStated(WEESP, ()), id="stray", corrects="elsewhere", source=TOWN)
    assert told(stray, withdrawn("elsewhere", source=TOWN, id="void")) == [
        ("corrects-unknown-event", "stray"),
        ("withdraws-unknown-event", "void"),
    ]


def test_a_posted_merger_decides_as_a_shipped_one_does() -> None:
    merged = PLACES.with_merger(AMERSFOORT, UTRECHT, date(2021, 6, 1))
    stated = said("2021-06-01", HomesStated(AMERSFOORT, ()), id="s")
    assert told(stated) == []
    assert told(stated, places=merged) == [("area-not-there-that-day", "s")]


def test_who_decides_on_a_transfer_takes_part_in_it_by_the_code_of_that_day() -> None:
    def without_part(on: date, *deciding: str) -> list[str]:
        parts = Transfer(WEESP, 4), Transfer(UTRECHT, -4)
        decisions = tuple(TransferDecision(code, date(2021, 9, 1)) for code in deciding)
        return decisions_without_part(QuotaTransferred(P2021_II, parts, decisions), on, PLACES)

    assert without_part(date(2021, 10, 1)) == []
    assert without_part(date(2021, 10, 1), WEESP, UTRECHT) == []
    assert without_part(date(2021, 10, 1), AMSTERDAM, AMERSFOORT) == [AMSTERDAM, AMERSFOORT]
    # Weesp went into Amsterdam on 24 March 2022.
    assert without_part(date(2022, 3, 24), AMSTERDAM, AMERSFOORT) == [AMERSFOORT]
