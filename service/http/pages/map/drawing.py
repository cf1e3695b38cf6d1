"""Drawing the map as SVG that stands in a page: a tile a municipality, its state by colour and by a sign.

Colours are attributes, and all of palette.py, so the style sheet can show them in dark. There are no styles and no
scripts in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from markupsafe import Markup

from service.http.pages.map.names import LETTER_WIDTH, LETTERS, Name, place_names
from service.http.pages.map.shapes import HEXAGON, Shapes, borders, path_data
from service.http.pages.palette import AHEAD, BEHIND, EARLIER, INK, PACE, PAPER, PaceState

#: How the number of a municipality stands; `none` where it has none.
State = PaceState | Literal["none"]

#: How each state is filled, and its sign: a plus, the sign of what is equal, a minus; what has no number is hollow.
FILLS: Final[Mapping[State, str]] = {"ahead": AHEAD, "pace": PACE, "behind": BEHIND, "none": PAPER}
SIGNS: Final[Mapping[State, str]] = {
    "ahead": "M-3 0h6M0-3v6",
    "pace": "M-3-1.6h6M-3 1.6h6",
    "behind": "M-3 0h6",
    "none": "",
}
# Paper does not show on grey: there the sign has the colour of the letters around the map, which comes in by itself.
_OF_SIGNS: Final[Mapping[State, Markup]] = {"pace": Markup(' stroke="currentColor"')}

# Widths of lines and what is left free around the land, in units of hexagons.
_GAP, _COAST, _BORDER, _SIGN, _MARGIN = 1.0, 0.8, 1.8, 1.6, 3


class Tile(NamedTuple):
    """One municipality: the code of its province, its number in words ("12 achter"), and the page it leads to."""

    code: str
    name: str
    province: str
    text: str
    state: State
    href: str | None = None


class MapWords(NamedTuple):
    """What the map says: what is to be seen in it, that in a sentence for who can't, and what provinces are called."""

    title: str
    sentence: str
    provinces: Mapping[str, str]


def draw_map(tiles: Sequence[Tile], shapes: Shapes, words: MapWords) -> Markup:
    """Draw tiles by their shapes; a tile without a shape is left out, and so is a shape without a tile.

    Tiles are links in reading order, from north to south and west to east, each with its name and number as title.
    """
    given = {tile.code: tile for tile in tiles if tile.code in shapes.middles}
    order = [code for code in shapes.in_reading_order() if code in given]
    sheet = _sheet(
        shapes, tuple((code, given[code].province) for code in order), tuple(sorted(words.provinces.items()))
    )
    # What most tiles are filled with need not be said of each.
    counted = Counter(given[code].state for code in order)
    common = max(FILLS, key=lambda state: counted[state] if state != "none" else -1)
    drawn = Markup("").join(_tile(given[code], shapes, common) for code in order)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="map" viewBox="{}" role="group" aria-label="{}">'
        '<defs>{}</defs><g fill="{}"{}>{}</g>{}</svg>'
    ).format(
        sheet.box,
        f"{words.title}. {words.sentence}",
        _symbols(shapes),
        FILLS[common],
        _line(PAPER, _GAP, shapes),
        drawn,
        sheet.lines,
    )


class _Sheet(NamedTuple):
    """What is the same whatever the numbers are."""

    box: str
    lines: Markup


@lru_cache(maxsize=16)
def _sheet(shapes: Shapes, codes: tuple[tuple[str, str], ...], names: tuple[tuple[str, str], ...]) -> _Sheet:
    groups, called = dict(codes), dict(names)
    if not groups:
        return _Sheet("0 0 1 1", Markup(""))
    seen = shapes.among(groups)
    between, outer = borders(seen, groups)
    placed = place_names(seen, groups, called)
    lines = Markup(
        '<g aria-hidden="true" fill="none" stroke-linejoin="round" stroke-linecap="round">'
        '<path{} d="{}"/><path{} d="{}"/>'
        '<g font-family="system-ui,sans-serif" font-size="{:g}" font-weight="600" text-anchor="middle" fill="{}"'
        ' stroke="{}" stroke-width="{:g}" paint-order="stroke">{}</g></g>'
    ).format(
        *(_line(EARLIER, _COAST, shapes), path_data(outer), _line(INK, _BORDER, shapes), path_data(between)),
        *(LETTERS * shapes.scale, INK, PAPER, 3 * shapes.scale),
        Markup("").join(
            Markup('<text x="{}" y="{}">{}</text>').format(at.x, at.y, called[group]) for group, at in placed.items()
        ),
    )
    return _Sheet(_box(seen, {called[group]: at for group, at in placed.items()}), lines)


def _box(shapes: Shapes, names: Mapping[str, Name]) -> str:
    """What is to be seen: the land, and the names beside it."""
    west, north, east, south = shapes.box()
    size, margin = LETTERS * shapes.scale, _MARGIN * shapes.scale
    halves = {name: len(name) * size * LETTER_WIDTH / 2 for name in names}
    left = min(west, *(at.x - halves[name] for name, at in names.items())) - margin
    right = max(east, *(at.x + halves[name] for name, at in names.items())) + margin
    top = min(north, *(at.y - size for at in names.values())) - margin
    bottom = max(south, *(at.y for at in names.values())) + margin
    return f"{left:.0f} {top:.0f} {right - left:.0f} {bottom - top:.0f}"


def _tile(tile: Tile, shapes: Shapes, common: State) -> Markup:
    # On the tile itself and not in the symbol that it uses: rules of a style sheet don't reach into that.
    filled = Markup("") if tile.state == common else Markup(' fill="{}"').format(FILLS[tile.state])
    if tile.state == "none":
        filled += _line(EARLIER, _COAST, shapes)
    x, y = shapes.middles[tile.code]
    if shapes.hexagonal:
        drawn = Markup('<use href="#{}" x="{}" y="{}"{}/>').format(_id(tile.state), x, y, filled)
    else:
        drawn = Markup('<path{} d="{}"/>').format(filled, path_data(shapes.rings[tile.code], "z"))
        if SIGNS[tile.state]:
            drawn += Markup('<use href="#{}" x="{}" y="{}"/>').format(_id(tile.state), x, y)
    title = Markup("<title>{}: {}</title>").format(tile.name, tile.text)
    if tile.href is None:
        return Markup("<g>{}{}</g>").format(title, drawn)
    return Markup('<a href="{}">{}{}</a>').format(tile.href, title, drawn)


def _symbols(shapes: Shapes) -> Markup:
    """What tiles of each state use: the hexagon, and the sign in the colour of the line around it."""
    found = Markup("")
    for state, sign in SIGNS.items():
        parts = Markup('<path d="{}"/>').format(path_data([HEXAGON], "z")) if shapes.hexagonal else Markup("")
        if sign:
            scaled = Markup("") if shapes.scale == 1 else Markup(' transform="scale({:g})"').format(shapes.scale)
            stroke = _OF_SIGNS.get(state, Markup(""))
            parts += Markup('<path stroke-width="{:g}"{}{} d="{}"/>').format(_SIGN, stroke, scaled, sign)
        if parts:
            found += Markup('<g id="{}">{}</g>').format(_id(state), parts)
    return found


def _id(state: State) -> str:
    return f"map-{state[0]}"


def _line(colour: str, width: float, shapes: Shapes) -> Markup:
    return Markup(' stroke="{}" stroke-width="{:g}"').format(colour, width * shapes.scale)
