"""The map as SVG: what it says, to eyes, to a keyboard and to those who listen, and how little it weighs."""

from __future__ import annotations

import itertools
import re
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from domain.places import PROVINCES, Places
from service.http.pages import palette
from service.http.pages.map.drawing import FILLS, SIGNS, MapWords, State, Tile, draw_map
from service.http.pages.map.hexagons import hexagons_on
from service.http.pages.map.names import LETTER_WIDTH, LETTERS, place_names
from service.http.pages.map.shapes import Shapes, borders, hexagon_shapes, path_data

SVG = "{http://www.w3.org/2000/svg}"
PLACES = Places.shipped()
DAY = date(2024, 1, 1)
WORDS = MapWords("Wie loopt achter", "Een zeshoek per gemeente.", PROVINCES)
STATES: list[State] = ["behind", "pace", "ahead", "none"]


def tiles(day: date = DAY, states: list[State] = STATES) -> list[Tile]:
    return [
        Tile(
            code,
            PLACES.name(code),
            PLACES.province(code),
            "12 achter",
            states[number % len(states)],
            f"gemeenten/{code}?validOn=2024-07-01&knownAt=2024-07-01T10:00:00Z",
        )
        for number, code in enumerate(PLACES.codes_on(day))
    ]


def drawn(given: list[Tile], shapes: Shapes | None = None) -> ET.Element:
    return ET.fromstring(draw_map(given, shapes or hexagons_on(PLACES, DAY), WORDS))  # noqa: S314  our own


def test_every_municipality_is_a_link_that_says_its_name_and_number() -> None:
    links = drawn(tiles()).findall(f".//{SVG}a")
    assert len(links) == 342
    said = {link.get("href", "").split("?")[0]: link.findtext(f"{SVG}title") for link in links}
    assert said["gemeenten/GM0344"] == "Utrecht: 12 achter"
    assert said["gemeenten/GM0820"] == "Nuenen, Gerwen en Nederwetten: 12 achter"


def test_links_come_from_north_to_south_and_from_west_to_east() -> None:
    places = [(int(use.get("y", "")), int(use.get("x", ""))) for use in drawn(tiles()).findall(f".//{SVG}a/{SVG}use")]
    assert len(places) == 342 and places == sorted(places)


def test_the_map_itself_has_a_name_and_is_no_image_whose_links_are_hidden() -> None:
    svg = drawn(tiles())
    assert svg.get("role") == "group"
    assert svg.get("aria-label") == "Wie loopt achter. Een zeshoek per gemeente."


@pytest.mark.parametrize("states", [[state] for state in STATES] + [STATES], ids="+".join)
def test_the_state_of_a_tile_is_its_colour_and_its_sign(states: list[State]) -> None:
    svg = drawn(tiles(states=states))
    symbols = {symbol.get("id", ""): symbol for symbol in svg.findall(f"{SVG}defs/{SVG}g")}
    (group,) = (each for each in svg.findall(f"{SVG}g") if each.find(f"{SVG}a") is not None)
    expected = {tile.code: tile.state for tile in tiles(states=states)}
    for link in group.findall(f"{SVG}a"):
        use = link.find(f"{SVG}use")
        assert use is not None
        state = expected[link.get("href", "")[10:16]]
        assert use.get("fill", group.get("fill")) == FILLS[state]
        signs = [path.get("d") for path in symbols[use.get("href", "")[1:]].findall(f"{SVG}path")][1:]
        assert signs == ([SIGNS[state]] if SIGNS[state] else [])
    assert len({*SIGNS.values()}) == 4 and len({*FILLS.values()}) == 4


def test_it_takes_at_most_60_kb_and_has_no_colour_and_no_style_of_its_own() -> None:
    for states in ([state] for state in STATES[:3]):
        assert len(draw_map(tiles(states=states), hexagons_on(PLACES, DAY), WORDS).encode()) < 60_000
    mixed = draw_map(tiles(states=["behind", "pace", "ahead"]), hexagons_on(PLACES, DAY), WORDS)
    assert len(mixed.encode()) <= 60_000
    assert set(re.findall(r"#[0-9a-f]{6}\b", mixed)) <= set(palette.DARK)
    assert not re.search(r"style|class=\"(?!map\")|<script|url\(|\son\w+=", mixed)


def test_names_and_numbers_are_escaped() -> None:
    given = Tile("GM0344", '<b>"A" & B', "PV26", "<i>", "ahead", 'x"><script>')
    (link,) = drawn([given]).findall(f".//{SVG}a")
    assert (link.get("href"), link.findtext(f"{SVG}title")) == ('x"><script>', '<b>"A" & B: <i>')


def test_a_tile_without_a_page_is_no_link_and_one_without_a_place_is_left_out() -> None:
    given = [Tile("GM0344", "Utrecht", "PV26", "1 voor", "ahead"), Tile("GM9999", "Nergens", "PV26", "", "none")]
    svg = drawn(given)
    assert svg.findall(f".//{SVG}a") == []
    assert [title.text for title in svg.iter(f"{SVG}title")] == ["Utrecht: 1 voor"]


def test_nothing_to_draw_is_an_empty_map() -> None:
    assert drawn([]).findall(f".//{SVG}use") == []


def test_provinces_are_named_each_once_and_no_name_stands_on_another_or_on_tiles_of_another() -> None:
    shapes = hexagons_on(PLACES, DAY)
    groups = {code: PLACES.province(code) for code in shapes.middles}
    named = [text.text for text in drawn(tiles()).iter(f"{SVG}text")]
    assert sorted(map(str, named)) == sorted(PROVINCES.values())
    boxes = {}
    for province, at in place_names(shapes, groups, PROVINCES).items():
        half = len(PROVINCES[province]) * LETTERS * LETTER_WIDTH / 2
        boxes[province] = at.x - half, at.y - LETTERS, at.x + half, at.y
    covered = {
        province: [
            code
            for code, (x, y) in shapes.middles.items()
            if west < x < east and north < y < south and groups[code] != province
        ]
        for province, (west, north, east, south) in boxes.items()
    }
    assert covered == {province: [] for province in PROVINCES}
    for one, other in itertools.combinations(boxes.values(), 2):
        beside = one[2] <= other[0] or other[2] <= one[0]
        assert beside or one[3] <= other[1] or other[3] <= one[1]


def test_lines_between_provinces_are_the_sides_that_tiles_of_two_share() -> None:
    shapes = hexagon_shapes({"a": (0, 0), "b": (1, 0), "c": (2, 0)})
    between, outer = borders(shapes, {"a": "one", "b": "one", "c": "other"})
    assert [sorted(line) for line in between] == [[(28, 4), (28, 12)]]
    # Eighteen sides, of which two pairs are shared.
    assert sum(len(line) - 1 for line in outer) == 14
    # Nothing is drawn between two of one province.
    assert not any({(14, 4), (14, 12)} <= set(line) and len(line) == 2 for line in [*between, *outer])


def test_lines_are_written_in_steps_that_svg_reads() -> None:
    assert path_data([[(0, 0), (5, 0), (5, -3), (7, 1), (4, 9), (3, -2)]], "z") == "M0 0h5v-3l2 4-3 8-1-11z"
