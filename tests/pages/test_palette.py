"""Colours that can be read and told apart, on light paper and on dark."""

import itertools
import re
from pathlib import Path

import pytest

from service.http.pages import palette
from service.http.pages.static_files import static_files

COLOURS = {name: value for name, value in vars(palette).items() if isinstance(value, str) and value.startswith("#")}


def test_black_on_white_is_the_widest_contrast_and_a_colour_has_none_with_itself():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#154273", "#154273") == pytest.approx(1)
    # The lightest grey that WCAG's own examples take for readable on white.
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_every_colour_has_one_counterpart_in_dark_and_no_two_are_shown_alike():
    assert set(palette.DARK) == set(COLOURS.values())
    assert len(set(palette.DARK.values())) == len(palette.DARK) == len(COLOURS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("paper", palette.PAPERS)
@pytest.mark.parametrize("colour", palette.LETTERS)
def test_words_stand_out_from_the_paper(colour, paper, scheme):
    assert contrast(shown(colour, scheme), shown(paper, scheme)) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("paper", palette.PAPERS)
@pytest.mark.parametrize("colour", palette.GRAPHICS)
def test_lines_and_shapes_stand_out_from_the_paper(colour, paper, scheme):
    assert contrast(shown(colour, scheme), shown(paper, scheme)) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("fill", "letters"), palette.WRITTEN_ON.items())
def test_words_on_a_filled_shape_can_be_read(fill, letters, scheme):
    assert contrast(shown(letters, scheme), shown(fill, scheme)) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_three_states_differ_in_lightness_or_in_hue_that_everyone_sees(scheme):
    states = [shown(colour, scheme) for colour in (palette.AHEAD, palette.PACE, palette.BEHIND)]
    for one, other in itertools.combinations(states, 2):
        # Blue against the rest is what is left to eyes that see no red or no green.
        apart = abs(int(one[5:7], 16) - int(other[5:7], 16))
        assert apart >= 80 or contrast(one, other) >= 2.2


def test_no_sheet_has_a_colour_of_its_own():
    folder = Path(palette.__file__).parent / "static" / "css"
    assert [
        path.name
        for path in folder.glob("*.css")
        if re.search(r"#[0-9a-f]{3,8}\b(?=[;\s,)])|rgb\(|hsl\(", path.read_text())
    ] == []


def test_the_style_sheet_shows_every_colour_of_a_drawing_as_the_scheme_has_it():
    sheet = static_files()["style.css"].content.decode()
    assert set(palette.NAMES.values()) == set(COLOURS.values())
    for name, colour in palette.NAMES.items():
        assert f"--{name}:{colour};" in sheet and f"--{name}:{palette.DARK[colour]};" in sheet
        assert f'svg [fill="{colour}"]{{fill:var(--{name})}}' in sheet


def shown(colour: str, scheme: str) -> str:
    return palette.DARK[colour] if scheme == "dark" else colour


def contrast(one: str, other: str) -> float:
    """Return how far two colours (`#rrggbb`) stand apart, from 1 to 21, as WCAG 2.2 reckons it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
