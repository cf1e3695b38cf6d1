"""What if: a number of each municipality or province, as it is and as it would be."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from service.http.pages.charts.chart import Chart, ChartWords, Specification
from service.http.pages.charts.specifications.frame import (
    NARROW,
    WIDE,
    Plot,
    Row,
    Size,
    Tone,
    Write,
    axis,
    key,
    key_height,
    labels,
    layer,
    numbers,
    pixels,
    scaled,
    specification,
    words_at,
)
from service.http.pages.palette import ACCENT, EARLIER, MUTED, PAPER
from service.http.pages.words import Language


class Place(NamedTuple):
    """A municipality or province: its number as it is, and as it would be."""

    name: str
    before: float
    after: float


def chart(words: ChartWords, language: Language, *, places: Sequence[Place]) -> Chart:
    """Return the chart of places in their order. Heads: place, as it is, as it would be, difference."""
    write = partial(language.number, decimals=1)
    told = [write(round(one.after - one.before, 4), signed=True) for one in places]
    rows = tuple((one.name, write(one.before), write(one.after), text) for one, text in zip(places, told, strict=True))
    return Chart(words, rows, _draw(WIDE, words, write, places, told), _draw(NARROW, words, write, places, told))


def _draw(size: Size, words: ChartWords, write: Write, places: Sequence[Place], told: Sequence[str]) -> Specification:
    height = size.line + 8
    lowest = min([0.0, *(value for one in places for value in one[1:])])
    highest = max([4.0, *(value for one in places for value in one[1:])])
    left = max((size.width_of(one.name) for one in places), default=0) + 8
    tones: list[Tone] = [(words.heads[1], MUTED, "○"), (words.heads[2], ACCENT, "●")]
    above = key_height(size, tones)
    plot = Plot.within(
        size,
        len(places) * height + above + 24,
        left=left,
        right=max((size.width_of(text, bold=True) for text in told), default=0) + 14,
        top=above,
        bottom=24,
    )
    x = scaled("before", lowest, highest, axis(numbers(highest, write, lowest)))
    rows: list[Row] = [
        {
            "before": one.before,
            "after": one.after,
            "most": max(one.before, one.after),
            "y": at * height + height / 2,
            "text": text,
            "colour": ACCENT if one.after != one.before else MUTED,
        }
        for at, (one, text) in enumerate(zip(places, told, strict=True))
    ]
    y = pixels("y")
    circle = {"type": "point", "filled": True, "size": 90, "opacity": 1, "strokeWidth": 2}
    return specification(
        size,
        plot,
        [
            layer({"type": "rule", "color": EARLIER, "strokeWidth": 2}, rows, x=x, x2={"field": "after"}, y=y),
            layer({**circle, "color": PAPER, "stroke": EARLIER}, rows, x=x, y=y),
            layer({**circle, "color": ACCENT, "stroke": ACCENT}, rows, x={**x, "field": "after"}, y=y),
            *labels(rows, {**x, "field": "most"}, y, dx=12, fontWeight="bold"),
            words_at([(-left, row["y"], one.name) for row, one in zip(rows, places, strict=True)]),
            *key(size, left, tones),
        ],
    )
