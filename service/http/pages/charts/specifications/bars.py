"""One number of each row of a table as a bar, its number beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from service.http.pages.charts.chart import Chart, ChartWords, Specification
from service.http.pages.charts.specifications.frame import (
    COLOUR,
    NARROW,
    WIDE,
    Plot,
    Row,
    Size,
    layer,
    pixels,
    specification,
    words_at,
)
from service.http.pages.palette import ACCENT, EARLIER, MUTED

_GAP = 8
#: Room for a number of seven digits, in letters.
_LETTERS_OF_A_NUMBER = 10


class Bar(NamedTuple):
    """A row by its name: its number, and that as text."""

    name: str
    value: float
    told: str


def chart(words: ChartWords, *, bars: Sequence[Bar]) -> Chart:
    """Return the chart of bars in their order; what is below zero goes to the left. Heads: name, number."""
    return Chart(words, tuple((one.name, one.told) for one in bars), _draw(WIDE, bars), _draw(NARROW, bars))


def _draw(size: Size, bars: Sequence[Bar]) -> Specification:
    height = size.line + 8
    names = max((size.width_of(one.name) for one in bars), default=0) + _GAP
    number = size.width_of("0" * _LETTERS_OF_A_NUMBER)
    lowest, highest = min([0.0, *(one.value for one in bars)]), max([0.0, *(one.value for one in bars)])
    left = names + (number if lowest < 0 else 0)
    plot = Plot.within(size, len(bars) * height + 16, left=left, right=number)
    per_pixel = (highest - lowest or 1.0) / plot.width
    zero = -lowest / per_pixel
    rows: list[Row] = [
        {
            "from": zero,
            "to": zero + one.value / per_pixel,
            "y": at * height + 2,
            "y2": (at + 1) * height - 4,
            "colour": ACCENT if one.value >= 0 else MUTED,
        }
        for at, one in enumerate(bars)
    ]
    bar = layer(
        {"type": "rect"},
        rows,
        x=pixels("from"),
        x2={"field": "to"},
        y=pixels("y"),
        y2={"field": "y2"},
        color=COLOUR,
    )
    middles = [at * height + height / 2 - 1 for at in range(len(bars))]
    after = [(row["to"] + 6, y, one.told) for row, y, one in zip(rows, middles, bars, strict=True) if one.value >= 0]
    before = [(row["to"] - 6, y, one.told) for row, y, one in zip(rows, middles, bars, strict=True) if one.value < 0]
    base = [{"x": zero, "y": 0, "y2": len(bars) * height}]
    return specification(
        size,
        plot,
        [
            bar,
            layer({"type": "rule", "color": EARLIER}, base, x=pixels("x"), y=pixels("y"), y2={"field": "y2"}),
            words_at(after, fontWeight="bold"),
            words_at(before, fontWeight="bold", align="right"),
            words_at([(-left, y, one.name) for y, one in zip(middles, bars, strict=True)]),
        ],
    )
