"""The map of the country: each municipality ahead of the schedule or behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple, get_args

from markupsafe import Markup, escape

from domain.places import Places
from service.http.pages.figures import FigureTable, Row
from service.http.pages.map.drawing import MapWords, Tile, draw_map
from service.http.pages.map.shapes import Shapes
from service.http.pages.municipal_areas import province_name
from service.http.pages.palette import PaceState
from service.http.pages.standing import Standing, furthest_behind_first, standing_of, told_ahead
from service.http.pages.view import View
from service.http.pages.words import NONE, Language


class CountryMap(NamedTuple):
    """The drawing with its title, how many municipalities stand how, the same as rows of a table, and whether all are
    drawn as large.
    """

    title: str
    counted: Mapping[Standing, int]
    drawn: Markup
    rows: Markup
    as_large: bool


def country_map(view: View, table: FigureTable, places: Places, shapes: Shapes) -> CountryMap:
    """The map of the rows of the realisation by municipality."""
    say = view.gettext
    counted = Counter(standing_of(row["ahead"]) for row in table.rows)
    behind = counted["behind"]
    title = (
        view.language.ngettext(
            "%(num)s gemeente loopt achter op het schema", "%(num)s gemeenten lopen achter op het schema", behind
        )
        % {"num": behind}
        if behind
        else say("Geen enkele gemeente loopt achter op het schema")
    )
    sentence = say(
        "Kaart met een tegel per gemeente: %(ahead)s voor op het schema, %(pace)s op schema, %(behind)s achter."
    ) % {name: counted[name] for name in get_args(PaceState)}
    address = view.link_with(f"gemeenten/{_HERE}", {} if "period" not in view.query else {"period": view.period})
    tiles = tuple(_tile(view, row, places.province(row["code"]), address) for row in table.rows)
    drawn, rows = _drawn(tiles, shapes, title, sentence), _rows(view, table, address)
    return CountryMap(title, counted, drawn, rows, shapes.hexagonal)


#: In place of which the code of a municipality comes.
_HERE = "GM0000"


def _tile(view: View, row: Row, province: str, address: str) -> Tile:
    standing = standing_of(row["ahead"])
    return Tile(row["code"], row["name"], province, _told(view, row), standing, address.replace(_HERE, row["code"]))


# Who looks at the same again need not wait until a thousand shapes and links are put together.
@lru_cache(maxsize=16)
def _drawn(tiles: tuple[Tile, ...], shapes: Shapes, title: str, sentence: str) -> Markup:
    names = {tile.province: province_name(tile.province) for tile in tiles}
    return draw_map(tiles, shapes, MapWords(title, sentence, names))


def _rows(view: View, table: FigureTable, address: str) -> Markup:
    some = furthest_behind_first(table.rows)
    why = {column: table.why({"code": _HERE}, column) for column in ("remaining", "ahead")}
    told = tuple((row["code"], row["name"], row["remaining"], row["ahead"]) for row in some)
    return _written(view.language, told, address, why["remaining"], why["ahead"])


@lru_cache(maxsize=16)
def _written(
    language: Language, rows: tuple[tuple[str, str, Any, Any], ...], address: str, remaining: str, ahead: str
) -> Markup:
    def number(code: str, value: Any, why: str, signed: bool) -> str:
        if value is None:
            return f'<td class="num"><span class="none">{NONE}</span></td>'
        text = language.number(value, 0, signed)
        href = escape(why.replace(_HERE, code))
        return f'<td class="num"><a class="number" data-value="{escape(value)}" href="{href}">{text}</a></td>'

    return Markup("").join(
        Markup(  # noqa: S704 - names and addresses are escaped
            f'<tr><th scope="row"><a href="{escape(address.replace(_HERE, code))}">{escape(name)}</a></th>'
            f"{number(code, left, remaining, False)}{number(code, far, ahead, True)}</tr>\n"
        )
        for code, name, left, far in rows
    )


def _told(view: View, row: Row) -> str:
    if row["task"] is None:
        return told_ahead(view, None)
    number = view.language.number
    told = {"ahead": told_ahead(view, row["ahead"]), "left": number(row["remaining"]), "task": number(row["task"])}
    return view.gettext("%(ahead)s; nog %(left)s van %(task)s te huisvesten") % told
