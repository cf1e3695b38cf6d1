"""The hexagons as they are kept, and how they are computed."""

from __future__ import annotations

import itertools
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from domain.places import Places
from service.http.pages.map.assignment import cheapest_assignment
from service.http.pages.map.grid import centre, nearest, pieces, steps_between, touching
from service.http.pages.map.hexagons import cells_on, hexagons_on, kept_stays
from service.http.pages.map.neighbours import neighbour_pairs
from service.http.pages.map.placement import days_of_change, located, measure, place, place_before
from service.http.pages.map.shape import land
from service.http.pages.map.spreading import spread

ROOT = Path(__file__).parents[2]
PLACES = Places.shipped()
GROUPS = {code: PLACES.province(code) for code in PLACES.codes}
DAYS = sorted({*days_of_change(PLACES), *(date(year, 1, 1) for year in PLACES.years)})
# The shares of neighbours that touch which the placement printed: of today, and of the years before the mergers.
KEPT = {day: 0.83 if day >= date(2022, 1, 1) else 0.815 for day in DAYS}


# --- what is kept


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_municipality_of_a_day_has_a_tile_of_its_own_and_provinces_are_whole(day: date) -> None:
    cells = cells_on(PLACES, day)
    assert tuple(cells) == PLACES.codes_on(day)
    found = measure(cells, located(PLACES, day), GROUPS)
    assert (found.tiles, found.overlaps, found.torn) == (len(PLACES.codes_on(day)), 0, 0)
    assert found.kept >= KEPT[day]
    assert found.displacement <= 1.15
    # The country too is one piece.
    assert pieces(cells.values()) == 1


def test_who_is_there_before_and_after_a_merger_most_often_keeps_the_tile() -> None:
    for earlier, later in itertools.pairwise(sorted(days_of_change(PLACES))):
        before, after = cells_on(PLACES, earlier), cells_on(PLACES, later)
        stayed = before.keys() & after.keys()
        assert sum(before[code] != after[code] for code in stayed) <= 10
        assert sum(before[code] == after[code] for code in stayed) >= 0.97 * len(stayed)


def test_the_stays_of_a_municipality_follow_one_another() -> None:
    for _, stays in itertools.groupby(kept_stays(), key=lambda stay: stay.code):
        for one, other in itertools.pairwise(stays):
            assert one.until == other.since and one.cell != other.cell


def test_the_map_is_the_right_way_up() -> None:
    points = {code: centre(cell) for code, cell in cells_on(PLACES, date(2026, 1, 1)).items()}
    west = min(points, key=lambda code: points[code])
    north = min(points, key=lambda code: points[code][::-1])
    south = max(points, key=lambda code: points[code][::-1])
    assert GROUPS[west] == "PV29" and GROUPS[south] == "PV31" and GROUPS[north] in {"PV20", "PV21"}
    # Texel lies north of Amsterdam, Maastricht south and east of Eindhoven.
    assert points["GM0448"][1] < points["GM0363"][1] - 3
    assert points["GM0935"][1] > points["GM0772"][1] + 3 and points["GM0935"][0] > points["GM0772"][0]


def test_islands_lie_at_sea_and_the_ijsselmeer_is_water() -> None:
    cells = cells_on(PLACES, date(2026, 1, 1))
    land = set(cells.values())
    # Texel, Vlieland, Terschelling, Ameland and Schiermonnikoog: each has sea beside it, and all are in the north.
    for island in ("GM0448", "GM0096", "GM0093", "GM0060", "GM0088"):
        assert set(touching(cells[island])) - land
    assert all(centre(cells[island])[1] < centre(cells["GM0400"])[1] for island in ("GM0096", "GM0093", "GM0060"))
    # Between Hoorn and Lelystad there is more than a step.
    assert steps_between(cells["GM0405"], cells["GM0995"]) >= 4


def test_a_municipality_of_a_merger_that_was_posted_takes_the_tile_of_who_gave_most() -> None:
    day = date(2027, 1, 1)
    merged = PLACES.with_merger("GM0344", "GM9001", day, 350_000, "Groot-Utrecht")
    merged = merged.with_merger("GM0310", "GM9001", day, 43_000)
    before, after = cells_on(merged, day - timedelta(days=1)), cells_on(merged, day)
    assert after["GM9001"] == before["GM0344"]
    assert before["GM0310"] not in after.values()
    assert len(after) == len(before) - 1
    assert set(hexagons_on(merged, day).middles) == set(after)


# --- how it is computed


def test_the_same_municipalities_get_the_same_cells_whatever_order_python_keeps_sets_in() -> None:
    program = (
        "from tests.pages.test_map_placement import placed_small\n"
        "after, before = placed_small()\n"
        "print(sorted(after.items()), sorted(before.items()))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    after, before = placed_small()
    assert told == {f"{sorted(after.items())} {sorted(before.items())}\n"}
    assert len(set(after.values())) == len(after) and len(set(before.values())) == len(before)


def placed_small():
    """Drenthe and Groningen, today and before the mergers."""
    small = {"PV20", "PV22"}
    today, earlier = (
        {code: point for code, point in located(PLACES, day).items() if GROUPS[code] in small}
        for day in (date(2026, 1, 1), date(2019, 1, 1))
    )
    after = place(today, GROUPS, moves=3_000)
    return after, place_before(earlier, GROUPS, after, moves=1_000)


def test_what_ended_is_put_in_between_and_few_make_way() -> None:
    after, before = placed_small()
    assert set(before) - set(after) == {"GM0003", "GM0010", "GM0024", "GM0788"} & set(before)
    assert sum(before[code] == after[code] for code in after if code in before) >= 15
    for province in ("PV20", "PV22"):
        assert pieces([cell for code, cell in before.items() if GROUPS[code] == province]) == 1


@pytest.mark.parametrize("seed", range(20))
def test_places_are_given_out_as_cheaply_as_can_be(seed: int) -> None:
    chance = Random(seed)
    rows, columns = chance.randint(1, 5), chance.randint(5, 6)
    costs = [[chance.randint(0, 9) for _ in range(columns)] for _ in range(rows)]
    found = cheapest_assignment(costs)
    assert len(set(found)) == rows
    least = min(
        sum(line[column] for line, column in zip(costs, chosen, strict=True))
        for chosen in itertools.permutations(range(columns), rows)
    )
    assert sum(line[column] for line, column in zip(costs, found, strict=True)) == least


def test_two_are_neighbours_unless_a_third_lies_between_them() -> None:
    in_a_row = {"a": (0.0, 0.0), "b": (1.0, 0.1), "c": (2.0, 0.0)}
    assert neighbour_pairs(in_a_row) == [("a", "b"), ("b", "c")]
    assert neighbour_pairs({**in_a_row, "b": (1.0, 1.5)}) == [("a", "b"), ("a", "c"), ("b", "c")]


def test_crowded_points_move_apart_and_water_stays_free() -> None:
    crowded = {str(number): (number % 4 / 5, number // 4 / 5) for number in range(16)}
    spread_out = spread(crowded, neighbour_pairs(crowded), [(0.3, 0.3)])
    for one, other in itertools.combinations(spread_out.values(), 2):
        assert (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 > 0.7
    for at in spread_out.values():
        assert (at[0] - 0.3) ** 2 + (at[1] - 0.3) ** 2 > 0.6


def test_land_has_no_hole_that_is_not_water() -> None:
    ring = [centre(cell) for cell in touching((0, 0))]
    assert (0, 0) in land(ring) and len(land(ring)) == 6
    assert sorted(land(ring, frozenset({(0, 0)}))) == sorted(touching((0, 0)))


def test_cells_are_as_far_apart_as_there_are_steps_between_them() -> None:
    for cell in touching((3, -2)):
        assert steps_between((3, -2), cell) == 1
        assert nearest(centre(cell)) == cell
    assert steps_between((0, 0), (2, -1)) == 2
    assert pieces([(0, 0), (1, 0), (3, 0)]) == 2
