"""The waterfall: from the opening balance by what came and went to what is left to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from service.http.pages.charts.chart import Chart, ChartWords, Specification
from service.http.pages.charts.specifications.frame import (
    COLOUR,
    NARROW,
    TEXT,
    WIDE,
    Plot,
    Row,
    Size,
    layer,
    pixels,
    scaled,
    specification,
    words_at,
)
from service.http.pages.palette import ACCENT, AHEAD, EARLIER, INK, PAPER
from service.http.pages.words import Language

_BAR = 22


class Step(NamedTuple):
    """One step: by how many persons the task grows or shrinks, or how large it is then (`total`)."""

    name: str
    persons: int
    kind: Literal["change", "total"] = "change"


def chart(words: ChartWords, language: Language, *, steps: Sequence[Step]) -> Chart:
    """Return the chart of steps in their order; what is done is a change below nought. Heads: step, persons."""
    rows = tuple((step.name, language.number(step.persons, signed=step.kind == "change")) for step in steps)
    return Chart(words, rows, _draw(WIDE, language, steps), _draw(NARROW, language, steps))


def _draw(size: Size, language: Language, steps: Sequence[Step]) -> Specification:
    above = size.line + 2 if size is NARROW else 0
    height = _BAR + above + (8 if above else 10)
    left = 0 if size is NARROW else max((size.width_of(step.name) for step in steps), default=0) + 12
    bars: list[Row] = []
    names: list[tuple[float, float, str]] = []
    before = 0
    for at, step in enumerate(steps):
        after = step.persons if step.kind == "total" else before + step.persons
        begin = 0 if step.kind == "total" else before
        upper = at * height + above
        bars.append(
            {
                "from": min(begin, after),
                "to": max(begin, after),
                "after": after,
                "upper": upper,
                "lower": upper + _BAR,
                "next": upper + height,
                "middle": upper + _BAR / 2,
                "colour": ACCENT if step.kind == "total" else AHEAD if step.persons < 0 else EARLIER,
                "text": language.number(step.persons, signed=step.kind == "change"),
            }
        )
        names.append((-left, upper - size.line / 2 - 1 if above else upper + _BAR / 2, step.name))
        before = after
    lowest = min([0, *(bar["from"] for bar in bars)])
    highest = max([1, *(bar["to"] for bar in bars)])
    numbers = max((size.width_of(bar["text"], bold=True) for bar in bars), default=0) + 10
    plot = Plot.within(size, len(steps) * height + 8, left=left, right=numbers, top=4, bottom=4)
    x = scaled("from", lowest, highest)
    beside = {"type": "text", "align": "left", "baseline": "middle", "dx": 6, "fontWeight": "bold"}
    return specification(
        size,
        plot,
        [
            layer(
                {"type": "rule", "color": EARLIER},
                bars[:-1],
                x={**x, "field": "after"},
                y=pixels("lower"),
                y2={"field": "next"},
            ),
            layer("rect", bars, x=x, x2={"field": "to"}, y=pixels("upper"), y2={"field": "lower"}, color=COLOUR),
            layer(
                {"type": "rule", "color": INK},
                # On a telephone names stand above their bars, and bars that begin at the edge need no line there.
                [] if above and not lowest else [_zero(bars)],
                x={**x, "field": "from"},
                y=pixels("upper"),
                y2={"field": "lower"},
            ),
            layer(beside, bars, x={**x, "field": "to"}, y=pixels("middle"), text=TEXT),
            words_at(names, color=PAPER, stroke=PAPER, strokeWidth=4, strokeJoin="round") if above else None,
            words_at(names),
        ],
    )


def _zero(bars: Sequence[Row]) -> Row:
    return {"from": 0, "upper": -2, "lower": (bars[-1]["lower"] if bars else 0) + 2}
