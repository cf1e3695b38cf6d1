"""Official boundaries: a file is kept whole or not at all, and the map is drawn by it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import mapping, shape
from sqlalchemy import Engine, select

from domain.places import PROVINCES, Places
from service.http.pages.map.boundaries import boundary_shapes, clear_boundaries, keep_boundaries, kept_years, shapes_on
from service.http.pages.map.boundary_file import WEIGHT, InvalidBoundaries, read_boundaries
from service.http.pages.map.drawing import MapWords, Tile, draw_map
from service.http.pages.map.shapes import borders, path_data
from service.storage.database import connect, reading, writing
from service.storage.service_tables import audit_log, boundaries
from tests.api.at_once import Command, command
from tests.pages.areas import feature_collection
from tests.processes import environment

PLACES = Places.shipped()
NEWEST = date(2026, 1, 1)
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
Feature = dict[str, Any]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return command(monkeypatch, capsys)


@cache
def published(on: date = NEWEST) -> str:
    return json.dumps(feature_collection(on))


def municipalities(on: date = NEWEST) -> dict[str, str]:
    return {code: PLACES.name(code) for code in PLACES.codes_on(on)}


def faults_of(change: Callable[[list[Feature]], object], **members: object) -> list[str]:
    """What is said of a file that was changed."""
    file = json.loads(published())
    change(file["features"])
    with pytest.raises(InvalidBoundaries) as refused:
        read_boundaries(json.dumps({**file, **members}).encode(), municipalities())
    return refused.value.faults


# --- reading


def test_areas_come_in_code_order_simplified_and_those_that_touch_still_do() -> None:
    file = json.loads(published())
    # Corners every 50 m, of no use to anybody who looks at a page.
    found = read_boundaries(published().encode(), municipalities())
    assert [each.code for each in found] == list(PLACES.codes_on(NEWEST))
    corners = sum(len(ring) for each in found for ring in each.rings)
    assert corners < sum(len(ring) for each in file["features"] for ring in each["geometry"]["coordinates"]) / 2
    assert sum(len(path_data(each.rings, "z")) for each in found) <= WEIGHT
    shapes = {each.code: each.rings for each in found}
    sides: dict[frozenset[Any], int] = {}
    for rings in shapes.values():
        for ring in rings:
            for side in zip(ring, (*ring[1:], ring[0]), strict=True):
                sides[frozenset(side)] = sides.get(frozenset(side), 0) + 1
    assert set(sides.values()) <= {1, 2}
    # Utrecht lies inland: there is a neighbour on every side of it.
    (utrecht,) = shapes["GM0344"]
    assert {sides[frozenset(side)] for side in zip(utrecht, (*utrecht[1:], utrecht[0]), strict=True)} == {2}


@pytest.mark.parametrize("crs", ["urn:ogc:def:crs:OGC:1.3:CRS84", None])
def test_degrees_are_laid_on_the_national_grid(crs: str | None) -> None:
    # The tower of Amersfoort, the middle of the grid, and a square of 0.01 degrees on it: 684 by 1,113 m.
    corners = [[5.38720621 + x, 52.1551744 + y] for x, y in ((0, 0), (0.01, 0), (0.01, 0.01), (0, 0.01), (0, 0))]
    file: dict[str, Any] = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"statcode": "GM0307", "statnaam": "Amersfoort"},
                "geometry": {"type": "Polygon", "coordinates": [corners]},
            }
        ],
    }
    if crs:
        file["crs"] = {"type": "name", "properties": {"name": crs}}
    (found,) = read_boundaries(json.dumps(file).encode(), {"GM0307": "Amersfoort"})
    # 155,000 and 463,000 m on the grid, in units of 250 m from 650,000 down.
    (ring,) = found.rings
    assert set(ring) == {(620, 748), (623, 748), (623, 744), (620, 744)}


def test_a_grid_is_known_by_its_range_when_the_file_names_none() -> None:
    file = json.loads(published())
    named = read_boundaries(json.dumps(file).encode(), municipalities())
    del file["crs"]
    assert read_boundaries(json.dumps(file).encode(), municipalities()) == named


def test_all_faults_of_a_file_are_told_at_once() -> None:
    def change(features: list[Feature]) -> None:
        of = {each["properties"]["statcode"]: each for each in features}
        of["GM0014"]["properties"]["statcode"] = "GM0005"
        of["GM0037"]["properties"] = {}
        of["GM0047"]["geometry"] = None
        of["GM0050"]["geometry"] = {"type": "Point", "coordinates": [155000, 463000]}
        of["GM0059"]["geometry"]["coordinates"] = [[["x", "y"]]]
        bow = [[0, 400000], [9000, 409000], [9000, 400000], [0, 409000], [0, 400000]]
        of["GM0060"]["geometry"] = {"type": "Polygon", "coordinates": [bow]}
        features.append(of["GM0344"])
        away = [[0, 0], [1000, 0], [1000, 1000], [0, 0]]
        of["GM0363"]["geometry"] = {"type": "Polygon", "coordinates": [away]}

    faults = faults_of(change)
    for pattern in (
        r"feature 1 \(GM0005 Groningen\): is no municipality of that year",
        r"GM0014 Groningen is missing",
        r"feature \d+: has no statcode",
        r"GM0037 Stadskanaal is missing",
        r"feature \d+ \(GM0047 Veendam\): its geometry must be a Polygon or MultiPolygon",
        r"feature \d+ \(GM0050 Zeewolde\): its geometry must be a Polygon or MultiPolygon",
        r"feature \d+ \(GM0059 Achtkarspelen\): its coordinates are no rings of pairs of numbers",
        r"feature \d+ \(GM0060 Ameland\): its geometry is invalid: Self-intersection.*",
        r"feature 343 \(GM0344 Utrecht\): is there twice",
        r"feature \d+ \(GM0363 Amsterdam\): it lies outside the country.*",
    ):
        assert [fault for fault in faults if re.fullmatch(pattern, fault)], pattern
    assert len(faults) == 10


def test_areas_that_lie_across_each_other_are_told() -> None:
    def change(features: list[Feature]) -> None:
        of = {each["properties"]["statcode"]: each for each in features}
        of["GM0344"]["geometry"] = mapping(shape(of["GM0344"]["geometry"]).buffer(500))

    faults = faults_of(change)
    assert "GM0344: overlaps a neighbour, or does not have its corners" in faults
    # And its neighbours: De Bilt is one.
    assert "GM0310: overlaps a neighbour, or does not have its corners" in faults and len(faults) < 10


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"<gml/>", "it is not JSON"),
        (b"\xff\xfe{", "it is not JSON"),
        (b"[]", "it is not a FeatureCollection with features"),
        (b'{"type": "FeatureCollection", "features": []}', "it is not a FeatureCollection with features"),
        (b'{"type": "FeatureCollection", "features": [7]}', "feature 1: has no statcode"),
    ],
)
def test_what_is_no_file_of_boundaries_is_told_as_such(data: bytes, fault: str) -> None:
    with pytest.raises(InvalidBoundaries) as refused:
        read_boundaries(data, municipalities())
    assert refused.value.faults[0].startswith(fault)


def test_another_grid_is_refused() -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    assert faults_of(lambda _: None, crs=crs)[0].startswith("crs must be EPSG:28992 (RD) or WGS84")


# --- keeping


def test_boundaries_are_kept_by_year_and_replaced_and_forgotten(engine: Engine) -> None:
    found = read_boundaries(published().encode(), municipalities())
    with writing(engine) as connection:
        keep_boundaries(connection, 2026, found, NOW)
        keep_boundaries(connection, 2026, found, NOW)
        keep_boundaries(connection, 2025, found, NOW)
    with reading(engine) as connection:
        assert kept_years(connection) == [(2025, 342, NOW), (2026, 342, NOW)]
        shapes = boundary_shapes(connection, PLACES, date(2026, 6, 30))
        assert boundary_shapes(connection, PLACES, date(2024, 6, 30)) is None
        assert shapes_on(connection, PLACES, date(2026, 6, 30)) is shapes
        assert shapes_on(connection, PLACES, date(2024, 6, 30)).hexagonal
    assert not shapes.hexagonal
    assert shapes.rings == {each.code: each.rings for each in found}
    with writing(engine) as connection:
        assert clear_boundaries(connection, 2025) == 342
        assert kept_years(connection) == [(2026, 342, NOW)]
        assert clear_boundaries(connection, None) == 342
        assert kept_years(connection) == []


def test_who_ended_in_the_year_is_part_of_who_took_it_over(engine: Engine) -> None:
    of_year = date(2022, 1, 1)
    found = read_boundaries(published(of_year).encode(), municipalities(of_year))
    with writing(engine) as connection:
        keep_boundaries(connection, 2022, found, NOW)
    with reading(engine) as connection:
        before = boundary_shapes(connection, PLACES, date(2022, 3, 23))
        after = boundary_shapes(connection, PLACES, date(2022, 3, 24))
    assert before is not None and after is not None
    # Weesp went to Amsterdam that day.
    assert after.rings["GM0363"] == before.rings["GM0363"] + before.rings["GM0457"]
    assert set(before.rings) - set(after.rings) == {"GM0457"}
    assert after.middles["GM0363"] == before.middles["GM0363"]


def test_the_map_drawn_by_boundaries_weighs_at_most_150_kb_and_says_the_same(engine: Engine) -> None:
    # Coasts and rivers as ragged as can be: every side has a corner each 60 m.
    found = read_boundaries(json.dumps(feature_collection(NEWEST, every=60)).encode(), municipalities())
    with writing(engine) as connection:
        keep_boundaries(connection, 2026, found, NOW)
        shapes = boundary_shapes(connection, PLACES, NEWEST)
    assert shapes is not None
    given = [
        Tile(code, name, PLACES.province(code), "3 voor", "ahead", f"gemeenten/{code}?validOn=2026-01-01")
        for code, name in municipalities().items()
    ]
    drawn = draw_map(given, shapes, MapWords("Wie loopt voor", "Een vlak per gemeente.", PROVINCES))
    assert len(drawn.encode()) <= 150_000
    assert drawn.count("<a href=") == 342 and "<title>Utrecht: 3 voor</title>" in drawn
    between, outer = borders(shapes, {code: PLACES.province(code) for code in shapes.middles})
    assert between and outer


# --- the command


def test_a_file_is_imported_listed_and_cleared_again(sqlite_url: str, at_once: Command, tmp_path: Path) -> None:
    file, env = tmp_path / "gemeenten.geojson", environment(sqlite_url)
    file.write_text(published())
    assert "the map is drawn with hexagons" in at_once("map", "list", env=env).stderr
    done = at_once("map", "import", str(file), env=env)
    assert (done.returncode, done.stderr) == (0, "the map of 2026 is drawn by the boundaries of 342 municipalities\n")
    assert at_once("map", "list", env=env).stderr.startswith("2026: 342 municipalities, imported 20")
    assert at_once("map", "clear", "--year", "2025", env=env).stderr == "the boundaries of 0 municipalities are gone\n"
    assert at_once("map", "clear", env=env).stderr == "the boundaries of 342 municipalities are gone\n"
    engine = connect(sqlite_url)
    with reading(engine) as connection:
        said = connection.execute(select(audit_log.c.actor, audit_log.c.action, audit_log.c.object)).all()
    engine.dispose()
    assert said == [
        ("operator", "import boundaries", "map of 2026"),
        ("operator", "clear boundaries", "map of 2025"),
        ("operator", "clear boundaries", "map"),
    ]


def test_of_a_file_with_faults_nothing_is_kept_and_every_fault_is_a_line(
    sqlite_url: str, at_once: Command, tmp_path: Path
) -> None:
    file, env = tmp_path / "gemeenten.geojson", environment(sqlite_url)
    file.write_text(published())
    # Those of 2026 are not those of 2022.
    done = at_once("map", "import", str(file), "--year", "2022", env=env)
    assert done.returncode == 1
    assert "GM0457 Weesp is missing" in done.stderr
    assert re.search(r"feature \d+ \(GM1992 Voorne aan Zee\): is no municipality of that year", done.stderr)
    engine = connect(sqlite_url)
    with reading(engine) as connection:
        assert connection.execute(select(boundaries)).all() == []
    engine.dispose()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["import"], "import needs a file"),
        (["import", "none.geojson", "--year", "2031"], "the reference data have the years 2019 to 2026"),
        (["import", "none.geojson"], "No such file"),
    ],
)
def test_what_cannot_be_imported_is_told_in_a_line(
    sqlite_url: str, at_once: Command, arguments: list[str], said: str
) -> None:
    done = at_once("map", *arguments, env=environment(sqlite_url))
    assert done.returncode == 1 and said in done.stderr
