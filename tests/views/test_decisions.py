"""For which municipality counts what a province decided, through mergers and splits."""

from __future__ import annotations

from datetime import date
from itertools import count

import pytest

from domain.period import Period
from domain.places import Places
from projections.decisions import Decision, Suspension, newest_decisions, suspended_by
from tests.rules.histories import AMERSFOORT, AMSTERDAM, UTRECHT, WEESP

PLACES = Places.shipped()
# Weesp went into Amsterdam on 24 March 2022; Land van Cuijk began on 1 January 2022, of Boxmeer (29,000 inhabitants),
# Cuijk (25,000) and others. Haaren was split on 1 January 2021, and Oisterwijk got most of it.
BOXMEER, LAND_VAN_CUIJK, HAAREN, OISTERWIJK = "GM0756", "GM1982", "GM0788", "GM0824"
P2021_II, P2022_I = Period(2021, 2), Period(2022, 1)
_positions = count(1)


def day(written: str) -> date:
    return date.fromisoformat(written)


def step(area: str, on: str, rung: int) -> Decision:
    position = next(_positions)
    return Decision(day(on), area, P2021_II, rung, position, position)


def rungs(decisions: list[Decision], on: str, places: Places = PLACES) -> dict[str, int]:
    """The newest by a day, by the municipalities of that."""
    return {code: one.rung for code, one in newest_decisions(decisions, places, day(on), day(on)).items()}


def suspended(suspension: Suspension, on: str, codes: set[str], places: Places = PLACES) -> set[str]:
    """Those of some municipalities of a day whose half-year is not judged."""
    holds = suspended_by([suspension], suspension.period, date.max, places, day(on))
    return {code for code in codes if holds(code) == suspension}


def test_a_step_passes_on_to_the_successor_and_the_newest_counts() -> None:
    steps = [step(AMSTERDAM, "2022-01-10", 1), step(WEESP, "2022-02-10", 2), step(WEESP, "2022-02-10", 3)]

    assert rungs(steps, "2022-03-01") == {AMSTERDAM: 1, WEESP: 3}
    assert rungs(steps, "2022-07-01") == {AMSTERDAM: 3}
    assert rungs(steps, "2022-01-31") == {AMSTERDAM: 1}


def test_a_step_of_a_split_municipality_passes_to_the_successor_that_took_most() -> None:
    assert rungs([step(HAAREN, "2020-10-01", 2)], "2021-01-01") == {OISTERWIJK: 2}


def test_what_names_a_municipality_before_it_exists_counts_for_the_predecessor_with_most_inhabitants() -> None:
    early = [step(LAND_VAN_CUIJK, "2021-11-01", 2)]

    assert rungs(early, "2021-12-01") == {BOXMEER: 2}
    assert rungs(early, "2022-01-01") == {LAND_VAN_CUIJK: 2}
    # Most of Amersfoort goes to Utrecht, and a new municipality begins with the rest: what named that before is
    # Amersfoort's, and passes on with most of it.
    places = PLACES.with_merger(AMERSFOORT, UTRECHT, day("2021-09-01"), persons_moved=100_000)
    places = places.with_merger(AMERSFOORT, "GM9990", day("2021-09-01"), persons_moved=50_000, name="Nieuw")
    named = [step("GM9990", "2021-08-01", 2)]
    assert rungs(named, "2021-08-31", places) == {AMERSFOORT: 2}
    assert rungs(named, "2021-09-01", places) == {UTRECHT: 2}
    named = [step("GM9990", "2021-09-01", 2)]
    assert rungs(named, "2021-09-01", places) == {"GM9990": 2}
    before = Suspension(day("2021-08-01"), "GM9990", P2021_II, 1)
    assert suspended(before, "2021-12-31", {UTRECHT, "GM9990"}, places) == {UTRECHT}


@pytest.mark.parametrize(
    ("area", "those"),
    [(WEESP, {WEESP}), ("PV27", {WEESP, AMSTERDAM}), ("NL", {WEESP, AMSTERDAM, UTRECHT})],
)
def test_a_suspension_is_of_a_municipality_a_province_or_the_country_and_of_one_half_year(
    area: str, those: set[str]
) -> None:
    said = Suspension(day("2022-02-01"), area, P2022_I, 1)

    assert suspended(said, "2022-03-01", {WEESP, AMSTERDAM, UTRECHT}) == those
    assert suspended_by([said], P2021_II, date.max, PLACES, day("2022-03-01"))(WEESP) is None
    assert suspended_by([said], P2022_I, day("2022-01-31"), PLACES, day("2022-03-01"))(WEESP) is None


def test_what_names_a_merged_municipality_after_its_end_is_its_successors_also_of_a_half_year_before() -> None:
    late = Suspension(day("2022-04-01"), WEESP, P2021_II, 1)

    assert suspended(late, "2021-12-31", {WEESP, AMSTERDAM}) == {AMSTERDAM}
