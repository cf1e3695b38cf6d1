"""Small multiples: the same line for every province, on the same scales, against the same schedule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from service.http.pages.charts.chart import Chart, ChartWords, Specification
from service.http.pages.charts.specifications.frame import (
    COLOUR,
    NARROW,
    TEXT,
    WIDE,
    Plot,
    Row,
    Size,
    Tone,
    key,
    key_height,
    layer,
    pixels,
    specification,
    words_at,
)
from service.http.pages.palette import ACCENT, AHEAD, BEHIND, INK, MUTED, PaceState
from service.http.pages.words import Language

_COLOURS = {"ahead": AHEAD, "pace": ACCENT, "behind": BEHIND}
_GAP = 24


class Panel(NamedTuple):
    """One province: which share of its task was done after which share of the half-year, and how that stands."""

    name: str
    done: Sequence[tuple[float, float]]
    """Pairs of shares, both of 1, in order; the last is that of today."""
    state: PaceState
    told: str
    """The last share as text: "43 %"."""


def chart(words: ChartWords, language: Language, *, panels: Sequence[Panel]) -> Chart:
    """Return the chart of provinces in their order. Heads: province, done, schedule."""
    rows = tuple((one.name, one.told, f"{language.number(100 * _today(one))}\u00a0%") for one in panels)
    return Chart(words, rows, _draw(WIDE, words, panels), _draw(NARROW, words, panels))


def _today(panel: Panel) -> float:
    return panel.done[-1][0] if panel.done else 0


def _draw(size: Size, words: ChartWords, panels: Sequence[Panel]) -> Specification:
    columns = 3 if size is WIDE else 2
    width = (size.width - _GAP * (columns - 1) - 2) / columns
    height = 76 if size is WIDE else 60
    whole = height + size.line * 2 + 14
    highest = max([1.0, *(share for one in panels for _, share in one.done)])
    lines: list[Row] = []
    ends: list[Row] = []
    schedules: list[Row] = []
    grounds: list[Row] = []
    names: list[tuple[float, float, str]] = []
    told: list[Row] = []
    for at, one in enumerate(panels):
        left, floor = (at % columns) * (width + _GAP), (at // columns) * whole + size.line + 10 + height
        colour = _COLOURS[one.state]
        schedules.append({"x": left, "y": floor, "x2": left + width, "y2": floor - height / highest})
        grounds.append({"x": left, "y": floor, "x2": left + width, "y2": floor})
        places = [(left + time * width, floor - share * height / highest) for time, share in [(0.0, 0.0), *one.done]]
        lines += [{"x": round(x, 1), "y": round(y, 1), "one": at, "colour": colour} for x, y in _thinned(places)]
        ends.append({"x": places[-1][0], "y": places[-1][1], "colour": colour})
        names.append((left, floor - height - size.line / 2 - 4, one.name))
        told.append({"x": left + width, "y": floor - height - size.line / 2 - 4, "text": one.told, "colour": colour})
    rows = -(-len(panels) // columns)
    tones: list[Tone] = [(words.heads[2], MUTED, "···")]
    above = key_height(size, tones)
    plot = Plot.within(size, rows * whole + above, left=1, right=1, top=above, bottom=0)
    x, y = pixels("x"), pixels("y")
    straight: Row = {"x": x, "y": y, "x2": {"field": "x2"}, "y2": {"field": "y2"}}
    number = {"type": "text", "align": "right", "baseline": "middle", "fontWeight": "bold"}
    return specification(
        size,
        plot,
        [
            layer({"type": "rule", "color": INK}, grounds, **straight),
            layer({"type": "rule", "color": MUTED, "strokeWidth": 1, "strokeDash": [2, 3]}, schedules, **straight),
            layer(
                {"type": "line", "strokeWidth": 2.5, "strokeJoin": "round"},
                lines,
                x=x,
                y=y,
                color=COLOUR,
                detail={"field": "one", "type": "nominal"},
            ),
            layer({"type": "point", "filled": True, "size": 40, "opacity": 1}, ends, x=x, y=y, color=COLOUR),
            words_at(names, fontSize=12),
            *key(size, 1, tones),
            layer(number, told, x=x, y=y, color=COLOUR, text=TEXT),
        ],
    )


def _thinned(places: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """At most some twenty points a line: more can't be seen in a panel."""
    every = -(-len(places) // 20)
    return [place for at, place in enumerate(places) if at % every == 0 or at == len(places) - 1]
