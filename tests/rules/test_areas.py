"""For whom what was said of an area counts, through mergers and splits: the contract's words on statements."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.areas import Statement, statements_by_area
from domain.places import Places

PLACES = Places.shipped()
# Weesp went into Amsterdam on 24 March 2022; Land van Cuijk (GM1982) began on 1 January 2022, of Boxmeer (GM0756),
# Cuijk (GM1684), Grave (GM0786), Mill en Sint Hubert (GM0815) and Sint Anthonis (GM1702). Haaren was split on 1 January
# 2021, and Oisterwijk (GM0824) got most of it.
WEESP, AMSTERDAM, UTRECHT = "GM0457", "GM0363", "GM0344"
BOXMEER, CUIJK, GRAVE, LAND_VAN_CUIJK = "GM0756", "GM1684", "GM0786", "GM1982"
HAAREN, OISTERWIJK = "GM0788", "GM0824"


def day(written: str) -> date:
    return date.fromisoformat(written)


def homes(area: str, on: str, amount: int, order: str = "1", **more: Any) -> Statement:
    return Statement(area, "homes", day(on), order, 1, bedrooms=2, adapted=False, amount=amount)._replace(**more)


def hotel(area: str, on: str, amount: int) -> Statement:
    return Statement(area, "temporary-places", day(on), "1", 1, accommodation="hotel", amount=amount)


def amounts(stated: list[Statement], on: str, places: Places = PLACES) -> dict[str, list[int | None]]:
    return {code: [one.amount for one in some] for code, some in statements_by_area(stated, day(on), places).items()}


def test_a_statement_of_a_merged_municipality_stands_beside_that_of_its_successor() -> None:
    stated = [homes(WEESP, "2022-02-01", 5), homes(AMSTERDAM, "2022-01-01", 100)]

    assert amounts(stated, "2022-03-23") == {WEESP: [5], AMSTERDAM: [100]}
    assert amounts(stated, "2022-03-24") == {AMSTERDAM: [100, 5]}


@pytest.mark.parametrize(("on", "left"), [("2022-03-23", [5, 90]), ("2022-03-24", [90]), ("2022-06-01", [90])])
def test_until_the_successor_states_on_the_day_of_the_merger_or_later(on: str, left: list[int]) -> None:
    assert amounts([homes(WEESP, "2022-02-01", 5), homes(AMSTERDAM, on, 90)], "2022-07-01") == {AMSTERDAM: left}


def test_one_that_names_the_merged_municipality_from_that_day_on_is_the_successors_own() -> None:
    # Weesp's newest statement is of after the merger: it takes the place of Amsterdam's, and a newer one that of it.
    late = homes(WEESP, "2022-04-01", 7)
    assert amounts([homes(AMSTERDAM, "2022-01-01", 100), late], "2022-07-01") == {AMSTERDAM: [7]}
    assert amounts([homes(AMSTERDAM, "2022-05-01", 100), late], "2022-07-01") == {AMSTERDAM: [100]}


def test_of_two_that_are_the_successors_own_on_one_day_the_last_counts_in_effective_order() -> None:
    one, other = homes(WEESP, "2022-04-01", 7, order="2"), homes(AMSTERDAM, "2022-04-01", 100, order="1")

    assert amounts([one, other], "2022-07-01") == {AMSTERDAM: [7]}
    assert amounts([one._replace(order="0"), other], "2022-07-01") == {AMSTERDAM: [100]}


def test_another_key_is_left_alone() -> None:
    stated = [homes(WEESP, "2022-02-01", 5), hotel(AMSTERDAM, "2022-05-01", 40), hotel(WEESP, "2022-01-01", 3)]

    assert amounts(stated, "2022-07-01") == {AMSTERDAM: [5, 40]}


def test_all_lines_of_a_statement_go_together() -> None:
    stated = [
        homes(AMSTERDAM, "2022-04-01", 4, bedrooms=1),
        homes(AMSTERDAM, "2022-04-01", 6, bedrooms=3),
        homes(WEESP, "2022-02-01", 5),
    ]
    assert amounts(stated, "2022-07-01") == {AMSTERDAM: [4, 6]}


def test_a_statement_that_names_a_municipality_before_it_exists_counts_from_its_first_day() -> None:
    stated = [homes(LAND_VAN_CUIJK, "2021-11-01", 30), homes(BOXMEER, "2021-12-01", 8)]

    assert amounts(stated, "2021-12-31") == {BOXMEER: [8]}
    # As if stated that day, which is the day of the merger: those of before no longer stand beside it.
    assert amounts(stated, "2022-01-01") == {LAND_VAN_CUIJK: [30]}


def test_several_that_went_into_one_stand_beside_each_other() -> None:
    stated = [homes(BOXMEER, "2021-12-01", 8), homes(CUIJK, "2021-10-01", 9), homes(GRAVE, "2021-11-01", 1)]

    assert amounts(stated, "2022-01-01") == {LAND_VAN_CUIJK: [9, 1, 8]}


def test_through_two_mergers_a_statement_ends_with_the_first_successor_that_states_anew() -> None:
    # Amsterdam goes into a new municipality in 2024.
    places = PLACES.with_merger(AMSTERDAM, "GM9990", date(2024, 1, 1), name="Nieuw", province="PV27")
    stated = [homes(WEESP, "2022-02-01", 5), homes(AMSTERDAM, "2022-01-01", 100), homes("GM9990", "2024-02-01", 60)]

    assert amounts(stated[:2], "2024-01-01", places) == {"GM9990": [100, 5]}
    assert amounts([stated[0], homes(AMSTERDAM, "2023-01-01", 50)], "2024-01-01", places) == {"GM9990": [50]}
    assert amounts(stated, "2024-02-01", places) == {"GM9990": [60]}


def test_what_a_split_municipality_stated_counts_for_the_successor_that_took_most() -> None:
    assert amounts([homes(HAAREN, "2020-10-01", 6)], "2021-01-01") == {OISTERWIJK: [6]}


def test_provinces_and_the_country_state_for_themselves() -> None:
    places = [Statement("PV27", "reception-places", day("2021-03-01"), "1", 1, amount=417)]

    assert amounts(places, "2026-01-01") == {"PV27": [417]}


_LINE = (WEESP, AMSTERDAM, BOXMEER, CUIJK, LAND_VAN_CUIJK, HAAREN, OISTERWIJK)


@given(
    st.lists(st.tuples(st.sampled_from(_LINE), st.integers(0, 900), st.integers(0, 9)), max_size=9),
    st.integers(0, 900),
)
def test_told_day_by_day_the_rule_gives_what_it_gives_at_once(said: list[tuple[str, int, int]], until: int) -> None:
    """The rule as the contract tells it, carried out as time goes by: what each area has at the end of each day."""
    first, stated = date(2020, 7, 1), []
    for nth, (area, after, amount) in enumerate(said):
        stated.append(homes(area, "2020-07-01", amount, order=f"{nth}")._replace(on=first + timedelta(days=after)))
    day_asked = first + timedelta(days=until)
    newest = [
        max((one for one in some), key=lambda one: one.newness)
        for _, some in groupby(
            sorted((one for one in stated if one.on <= day_asked), key=lambda one: one.area), key=lambda one: one.area
        )
    ]
    has: dict[str, list[Statement]] = {}
    for after in range(until + 1):
        today = first + timedelta(days=after)
        for code in [code for code in has if not PLACES.exists(code, today)]:
            has.setdefault(PLACES.code_on(code, today), []).extend(has.pop(code))
        spoken = [one for one in stated if one.on == today and PLACES.begun(one.area, today)]
        if PLACES.municipality(LAND_VAN_CUIJK).begins == today:
            spoken += [one for one in stated if one.area == LAND_VAN_CUIJK and one.on < today]
            spoken = [one for one in spoken if one.area != LAND_VAN_CUIJK] + sorted(
                (one for one in spoken if one.area == LAND_VAN_CUIJK), key=lambda one: one.newness
            )[-1:]
        for one in sorted(spoken, key=lambda one: one.order):
            has[PLACES.code_on(one.area, today)] = [one]

    found = statements_by_area(newest, day_asked, PLACES)

    assert {code: sorted(some) for code, some in found.items()} == {code: sorted(some) for code, some in has.items()}
