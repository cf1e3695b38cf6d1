"""What of a backlog is a municipality's own, from events: worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from domain.facts import Recorded
from domain.totals import COUNTRY
from projections.figures.supervision import EXCUSED
from tests.rules.histories import AMERSFOORT, AMSTERDAM, HAAREN, UTRECHT, WEESP, applied, link_ended, linked
from tests.views.books import P2021_I, P2021_II, P2022_I, house, municipal, national, told
from tests.views.logs import Log
from tests.views.supervised import (
    accepted,
    adapted,
    assessed,
    decided,
    refused,
    step,
    supervised,
    suspend,
    waits,
)

VOORSCHOTEN, DEN_BOSCH = "GM0626", "GM0796"
EVE = "2021-12-31"


def columns(row: dict[str, Any], *names: str) -> list[Any]:
    return [row[name] for name in names]


def test_voorschoten_is_one_short_inside_its_margin_and_takes_no_step(log: Log) -> None:
    told(log, national(P2021_II, 0), municipal(P2021_II, VOORSCHOTEN, 13))
    house(log, VOORSCHOTEN, *["2021-08-01"] * 12)
    waits(log, "2021-09-01", VOORSCHOTEN)
    step(log, "2021-02-01", VOORSCHOTEN, P2021_I, 2)
    row = supervised(log, P2021_II, "2022-02-01", VOORSCHOTEN)
    assert columns(row, "task", "realised", "gross", "margin", "attributable", "short") == [13, 12, 1, 1, 1, 1]
    assert columns(row, "inRow", "rung", "proposed", "light") == [0, 2, 2, "amber"]


def test_den_bosch_has_three_of_its_own_at_most_of_sixty_seven(log: Log) -> None:
    told(log, national(P2021_II, 0), municipal(P2021_II, DEN_BOSCH, 146))
    house(log, DEN_BOSCH, *["2021-08-01"] * 79)
    for _ in range(3):
        waits(log, "2021-09-01", DEN_BOSCH)
    row = supervised(log, P2021_II, EVE, DEN_BOSCH)
    assert columns(row, "gross", "open", "supplyGap", "attributable", "margin") == [67, 3, 64, 3, 7]
    assert columns(row, "stack", "stacked", "short", "proposed") == [3, 0, 1, 0]


def test_who_was_linked_on_the_first_of_november_is_not_open_on_new_years_eve(log: Log) -> None:
    told(log, national(P2021_II, 0), municipal(P2021_II, UTRECHT, 9))
    for day in ("2021-10-01", "2021-10-02", "2021-11-01"):
        waits(log, day)
    row = supervised(log, P2021_II, EVE)
    assert columns(row, "open", "supplyGap", "attributable", "dossierLight") == [1, 8, 1, "green"]
    assert supervised(log, P2021_II, EVE, days=100)["open"] == 0
    # Seventy days before the last day that is judged, where that comes before the reference date.
    assert supervised(log, P2021_II, "2021-12-10")["open"] == 1
    assert supervised(log, P2021_II, "2021-12-09")["open"] == 0


PREPARED: list[tuple[str, bool, list[Recorded]]] = [
    ("dossier", False, []),
    ("adapted", True, [adapted("2021-10-23")]),
    ("adapted", True, [adapted("2021-09-10", id="a1"), adapted("2021-11-01", id="a2")]),
    ("family", True, [applied("2021-09-10", 3), decided("2021-09-12", 1, 1)]),
    ("refusal", True, [refused("2021-09-10"), assessed("2021-09-12", justified=False)]),
    ("refusal", True, [accepted("2021-09-02"), refused("2021-09-10"), assessed("2021-09-12", justified=False)]),
    # The first that holds.
    ("dossier", False, [adapted("2021-11-01"), applied("2021-09-10"), refused("2021-09-10"), assessed(EVE, False)]),
    ("adapted", True, [adapted("2021-11-01"), applied("2021-09-10"), refused("2021-09-10"), assessed(EVE, False)]),
    ("family", True, [applied("2021-09-10"), refused("2021-09-10"), assessed(EVE, False)]),
]
UNEXCUSED: list[list[Recorded]] = [
    [],
    [adapted("2021-10-22")],
    [applied("2021-09-10", 2), decided("2021-09-12", 1, 1)],
    [refused("2021-09-10")],
    [refused("2021-09-10"), assessed("2021-09-12", justified=True)],
    [refused("2021-09-10"), assessed("2021-09-12", justified=False), accepted("2021-09-20")],
    [refused("2021-09-10", AMERSFOORT), assessed("2021-09-12", justified=False)],
    [refused("2021-08-31"), assessed("2021-08-31", justified=False)],
]


@pytest.mark.parametrize(("cause", "prepared", "more"), PREPARED)
def test_who_waits_for_what_is_not_the_municipalitys_is_excused_by_the_first_cause_that_holds(
    log: Log, cause: str, prepared: bool, more: list[Recorded]
) -> None:
    told(log, national(P2021_II, 0), municipal(P2021_II, UTRECHT, 1))
    waits(log, "2021-09-01", UTRECHT, *more, prepared=prepared)
    row = supervised(log, P2021_II, EVE)
    by_cause = {of: row[name] for name, of in EXCUSED.items() if row[name]}
    assert (by_cause, row["excused"], row["stack"], row["attributable"]) == ({cause: 1}, 1, 0, 0)


@pytest.mark.parametrize("more", UNEXCUSED)
def test_who_waits_for_nothing_else_is_the_municipalitys_own(log: Log, more: list[Recorded]) -> None:
    told(log, national(P2021_II, 0), municipal(P2021_II, UTRECHT, 1))
    waits(log, "2021-09-01", UTRECHT, *more)
    row = supervised(log, P2021_II, EVE)
    assert columns(row, "open", "excused", "stack", "attributable", "short") == [1, 0, 1, 1, 1]


def test_without_a_document_somebody_is_excused_and_whoever_is_linked_elsewhere_now_is_not_open(log: Log) -> None:
    told(log, national(P2021_II, 0), municipal(P2021_II, UTRECHT, 5))
    story = waits(log, "2021-09-01")
    assert supervised(log, P2021_II, EVE)["excusedDocument"] == 0
    (document,) = [event for event in story if event.id.endswith("d3")]
    withdrawn_document = document._replace(fact=_withdrawal(document), id=f"{document.id}-w")
    log.commit([withdrawn_document])
    log.follow()
    assert supervised(log, P2021_II, EVE)["excusedDocument"] == 1
    waits(log, "2021-09-01", UTRECHT, link_ended("2021-10-01"))
    waits(log, "2021-09-01", UTRECHT, linked("2021-10-02", AMERSFOORT))
    assert supervised(log, P2021_II, EVE)["open"] == 1
    assert supervised(log, P2021_II, EVE, AMERSFOORT)["open"] == 0


def _withdrawal(event: Recorded) -> Any:
    from domain.facts import EventWithdrawn

    return EventWithdrawn(event.id, "not so")


def test_more_waiting_than_the_margin_where_there_was_supply_enough_is_stacked(log: Log) -> None:
    told(log, national(P2021_II, 0), municipal(P2021_II, UTRECHT, 3), municipal(P2021_II, AMERSFOORT, 3))
    for _ in range(3):
        waits(log, "2021-09-01")
    house(log, UTRECHT, "2021-08-01")
    waits(log, "2021-09-01", AMERSFOORT)
    assert columns(supervised(log, P2021_II, EVE), "gross", "supplyGap", "stack", "stacked") == [2, 0, 3, 1]
    assert columns(supervised(log, P2021_II, EVE, AMERSFOORT), "supplyGap", "stack", "stacked") == [2, 1, 0]
    province = supervised(log, P2021_II, EVE, "PV26")
    assert columns(province, "gross", "open", "supplyGap", "attributable", "stacked", "short") == [5, 4, 2, 3, 1, 1]
    assert columns(province, "margin", "light", "rung", "inRow", "proposed", "rungSince") == [26, *[None] * 5]


def behind(log: Log, *years: int) -> None:
    """Utrecht is two behind of its own in both half-years of some years: somebody else waits in each of them."""
    for nth, year in enumerate(years):
        for _ in range(2 if nth == 0 else 0):
            waits(log, f"{year}-02-01")


def test_half_years_in_a_row_go_back_until_one_was_inside_the_margin(log: Log) -> None:
    told(log, *(national(period, 0) for period in (P2021_I, P2021_II, P2022_I)), municipal(P2021_I, UTRECHT, 2))
    behind(log, 2021)
    found = {str(period): supervised(log, period, "2022-12-31")["inRow"] for period in (P2021_I, P2021_II, P2022_I)}
    assert found == {"2021-I": 1, "2021-II": 2, "2022-I": 3}
    step(log, "2021-07-15", UTRECHT, P2021_I, 3)
    # The fourth takes two half-years in a row, the fifth four.
    assert columns(supervised(log, P2021_I, "2021-08-01"), "rung", "rungNow", "proposed") == [0, 3, 1]
    assert columns(supervised(log, P2021_II, EVE), "rung", "rungSince", "proposed") == [3, date(2021, 7, 15), 4]
    step(log, "2022-01-15", UTRECHT, P2021_II, 4)
    assert columns(supervised(log, P2022_I, "2022-06-30"), "rung", "inRow", "proposed") == [4, 3, 4]
    assert columns(supervised(log, P2022_I, "2022-06-29"), "rung", "proposed") == [4, None]
    # Housed in between, the row begins anew.
    told(log, municipal(P2021_II, UTRECHT, -2))
    assert supervised(log, P2022_I, "2022-06-30")["inRow"] == 0


def test_nothing_is_proposed_without_a_number_nor_a_step_where_the_half_year_is_not_judged(log: Log) -> None:
    waits(log, "2021-02-01")
    waits(log, "2021-02-01")
    step(log, "2021-03-01", UTRECHT, P2021_I, 2)
    bare = supervised(log, P2021_I, "2021-06-30")
    names = ("task", "gross", "supplyGap", "attributable", "margin", "stacked", "short", "proposed", "light")
    assert columns(bare, *names) == [None] * 9
    assert columns(bare, "open", "stack", "inRow", "rung", "suspended", "realised") == [2, 2, 0, 2, 0, 0]
    told(log, national(P2021_I, 0), municipal(P2021_I, UTRECHT, 2))
    assert columns(supervised(log, P2021_I, "2021-06-30"), "suspended", "proposed") == [0, 3]
    suspend(log, "2021-07-10", "PV26", P2021_I)
    assert columns(supervised(log, P2021_I, "2021-07-09"), "suspended", "proposed") == [0, 3]
    assert columns(supervised(log, P2021_I, "2021-07-10"), "suspended", "proposed") == [1, 2]
    assert supervised(log, P2021_I, "2021-07-10", "PV26")["suspended"] == 26
    assert supervised(log, P2021_I, "2021-07-10", AMSTERDAM)["suspended"] == 0
    suspend(log, "2021-07-11", COUNTRY, P2021_I)
    assert supervised(log, P2021_I, "2021-07-11", AMSTERDAM)["suspended"] == 1
    suspend(log, "2021-07-11", AMSTERDAM, P2021_II)
    assert supervised(log, P2021_II, "2021-07-11", AMSTERDAM)["suspended"] == 1
    assert supervised(log, P2021_II, "2021-07-11")["suspended"] == 0


def test_a_merged_municipality_brings_persons_rung_and_backlog_to_its_successor(log: Log) -> None:
    told(log, national(P2022_I, 0), municipal(P2022_I, WEESP, 2), municipal(P2022_I, AMSTERDAM, 1))
    waits(log, "2022-01-10", WEESP)
    waits(log, "2022-01-10", WEESP)
    step(log, "2022-02-01", WEESP, P2021_II, 3)
    before = supervised(log, P2022_I, "2022-03-23", WEESP)
    assert columns(before, "task", "open", "rung", "rungNow") == [2, 2, 3, 3]
    after = supervised(log, P2022_I, "2022-06-30", AMSTERDAM)
    assert columns(after, "task", "open", "supplyGap", "attributable", "rung", "inRow") == [3, 2, 1, 2, 3, 1]
    gone = supervised(log, P2021_II, "2022-06-30", WEESP)
    assert columns(gone, "rung", "rungNow") == [0, None]
    step(log, "2022-04-01", AMSTERDAM, P2022_I, 1)
    assert supervised(log, P2022_I, "2022-06-30", AMSTERDAM)["rung"] == 1


def test_of_a_split_municipality_who_took_most_has_its_persons_and_its_rung(log: Log) -> None:
    told(log, national(P2021_I, 0), municipal(P2021_I, "GM0757", 5))
    waits(log, "2020-12-01", HAAREN)
    step(log, "2020-12-10", HAAREN, P2021_I.previous, 2)
    heirs = ("GM0757", "GM0824", "GM0855", "GM0865")
    found = {code: columns(supervised(log, P2021_I, "2021-06-30", code), "open", "rung") for code in heirs}
    assert sorted(found.values()) == [[0, 0], [0, 0], [0, 0], [1, 2]]
    assert found["GM0824"] == [1, 2]


def test_a_half_year_ahead_is_of_its_first_day_and_nobody_is_judged_by_it(log: Log) -> None:
    told(log, national(P2022_I, 0, on="2021-10-01"), municipal(P2022_I, AMSTERDAM, 4, on="2021-10-01"))
    waits(log, "2021-07-01", AMSTERDAM)
    row = supervised(log, P2022_I, "2021-10-15", AMSTERDAM)
    assert columns(row, "task", "realised", "open", "supplyGap", "proposed", "light") == [4, 0, 1, 3, None, "green"]
    assert date(2021, 10, 15) - date(2021, 7, 1) > timedelta(days=70)


def test_quota_events_by_the_day_asked_count_for_a_half_year_that_is_over(log: Log) -> None:
    told(log, national(P2021_I, 0), municipal(P2021_I, UTRECHT, 1), municipal(P2021_I, UTRECHT, 40, on="2021-08-01"))
    waits(log, "2021-02-01")
    assert columns(supervised(log, P2021_I, "2021-07-31"), "task", "margin", "supplyGap") == [1, 1, 0]
    assert columns(supervised(log, P2021_I, "2021-08-01"), "task", "margin", "supplyGap") == [40, 2, 39]


def test_a_margin_is_tried_without_anything_being_kept(log: Log) -> None:
    told(log, national(P2021_I, 0), municipal(P2021_I, UTRECHT, 20))
    for _ in range(3):
        waits(log, "2021-02-01")
    found = [
        columns(supervised(log, P2021_I, "2021-06-30", marginPersons=margin), "margin", "short", "inRow", "proposed")
        for margin in (1, 3, 2)
    ]
    assert found == [[1, 0, 1, 1], [3, 1, 0, 0], [2, 0, 1, 1]]
