"""Every chart as it is drawn: fit to stand in a page, in the colours of the palette, small, and in its language."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

import pytest

from service.http.pages import palette
from service.http.pages.charts.chart import DrawnChart
from service.http.pages.charts.drawing import ChartDrawer
from service.http.pages.charts.inline import fit
from tests.pages.charts import CHARTS, months_chart, pace_chart, then_and_now_chart, waterfall_chart

SPACE = "{http://www.w3.org/2000/svg}"
SIZES = ("wide", "narrow")
DRAWINGS = [(name, size) for name in CHARTS for size in SIZES]


@pytest.fixture(scope="module")
def drawn() -> Mapping[str, DrawnChart]:
    """All of them."""

    async def draw() -> dict[str, DrawnChart]:
        drawer = ChartDrawer(seconds=60)
        try:
            found = {name: await drawer.draw(make()) for name, make in CHARTS.items()}
        finally:
            await drawer.close()
        return {name: one for name, one in found.items() if one is not None}

    return asyncio.run(draw())


@pytest.mark.parametrize(("name", "size"), DRAWINGS)
def test_a_drawing_has_colours_of_the_palette_and_no_other(drawn, name, size):
    for element in of(drawn, name, size).iter():
        for part in ("fill", "stroke"):
            assert element.get(part, "none") in {*palette.DARK, "none"}
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", getattr(drawn[name], size))) <= set(palette.DARK)


@pytest.mark.parametrize(("name", "size"), DRAWINGS)
def test_words_are_written_in_a_colour_that_can_be_read(drawn, name, size):
    for text in of(drawn, name, size).iter(f"{SPACE}text"):
        rim = text.get("stroke") == palette.PAPER
        assert text.get("fill") in palette.LETTERS or rim or text.get("fill") == palette.PAPER


@pytest.mark.parametrize(("name", "size"), DRAWINGS)
def test_a_drawing_has_no_style_no_roles_and_no_words_but_its_own_for_who_listens(drawn, name, size):
    root = of(drawn, name, size)
    assert root.get("role") == "img" and root.get("font-family") == "system-ui, sans-serif"
    title, description, shapes = root
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    words = CHARTS[name]().words
    assert (title.text, description.text) == (words.title, words.sentence)
    assert shapes.get("aria-hidden") == "true"
    for element in shapes.iter():
        assert not {"style", "class", "role", "font-family", "id"} & set(element.attrib)
        assert element is shapes or not any(key.startswith("aria-") for key in element.attrib)
        assert element.tag.removeprefix(SPACE) in {"g", "path", "line", "text", "tspan", "rect"}


@pytest.mark.parametrize(("name", "size"), DRAWINGS)
def test_a_drawing_is_as_wide_as_its_size_says_and_keeps_its_ratio(drawn, name, size):
    root = of(drawn, name, size)
    assert root.get("width") == {"wide": "640", "narrow": "320"}[size]
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"


@pytest.mark.parametrize(("name", "size"), DRAWINGS)
def test_a_drawing_weighs_little(drawn, name, size):
    assert len(getattr(drawn[name], size).encode()) <= 12_000
    for element in of(drawn, name, size).iter():
        assert not [value for value in element.attrib.values() if re.search(r"\d\.\d{2,}", value)]


def test_no_two_drawings_of_a_page_have_an_id_in_common(drawn):
    every = [found for one in drawn.values() for svg in one for found in re.findall(r'\bid="([^"]+)"', svg)]
    assert len(every) == len(set(every)) == 4 * len(CHARTS)


@pytest.mark.parametrize(("code", "thousands", "month"), [("nl", "12.858", "mrt"), ("en", "12,858", "Mar")])
def test_numbers_and_months_are_written_in_the_language_of_the_page(code, thousands, month):
    async def draw() -> DrawnChart | None:
        drawer = ChartDrawer(seconds=60)
        try:
            return await drawer.draw(pace_chart(code))
        finally:
            await drawer.close()

    drawn = asyncio.run(draw())
    assert drawn is not None
    said = [text.strip() for text in ET.fromstring(drawn.wide).itertext()]  # noqa: S314
    assert {thousands, month} <= set(said)


@pytest.mark.parametrize(("name", "size"), DRAWINGS)
def test_no_words_run_out_of_a_drawing(drawn, name, size):
    # Most families are narrower than six tenths of their height a letter.
    root = of(drawn, name, size)
    width = float(root.get("width", "0"))
    for text, across in placed(root):
        letters = float(text.get("font-size", root.get("font-size", "12")))
        lines = [line.text or "" for line in text.iter(f"{SPACE}tspan")] or [text.text or ""]
        room = max(map(len, lines)) * letters * 0.55
        begins = {"end": across - room, "middle": across - room / 2}.get(text.get("text-anchor", "start"), across)
        assert begins >= -6 and begins + room <= width + 6, lines


def test_a_drawing_that_is_no_svg_is_refused():
    with pytest.raises(ValueError, match="no SVG"):
        fit("<svg", "a", "b", "c")


@pytest.mark.parametrize(
    "make",
    [
        lambda: pace_chart(task=0, days=0),
        lambda: pace_chart(days=180),
        lambda: waterfall_chart(opening=-180),
        lambda: months_chart(1),
        lambda: months_chart(40),
        lambda: then_and_now_chart()._replace(rows=()),
    ],
)
def test_little_much_and_none_are_drawn_too(make):
    async def draw() -> DrawnChart | None:
        drawer = ChartDrawer(seconds=60)
        try:
            return await drawer.draw(make())
        finally:
            await drawer.close()

    drawn = asyncio.run(draw())
    assert drawn is not None and "NaN" not in drawn.wide + drawn.narrow


def of(drawn: Mapping[str, DrawnChart], name: str, size: str) -> ET.Element:
    return ET.fromstring(getattr(drawn[name], size))  # noqa: S314


def placed(element: ET.Element, across: float = 0.0) -> list[tuple[ET.Element, float]]:
    """Every text with its place from the left."""
    moves = re.findall(r"translate\((-?[\d.]+)", element.get("transform", ""))
    across += sum(map(float, moves)) + (float(element.get("x", "0")) if element.tag == f"{SPACE}text" else 0)
    here = [(element, across)] if element.tag == f"{SPACE}text" else []
    return [*here, *(found for inner in element for found in placed(inner, across))]
