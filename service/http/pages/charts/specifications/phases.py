"""The phases: how long half of the journeys and nine in ten took, against the norm, with and without family."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from service.http.pages.charts.chart import Chart, ChartWords, Specification
from service.http.pages.charts.specifications.frame import (
    NARROW,
    TEXT,
    WIDE,
    Layer,
    Plot,
    Row,
    Size,
    Tone,
    axis,
    key,
    key_height,
    layer,
    numbers,
    pixels,
    scaled,
    specification,
    with_unit,
    words_at,
)
from service.http.pages.palette import ACCENT, EARLIER, INK, MUTED, PAPER
from service.http.pages.words import NONE, Language

_BAR = 14


class Phase(NamedTuple):
    """How long a phase took for one group, in days; none where there are none."""

    phase: str
    group: str
    median: float | None
    ninety: float | None
    norm: float | None


def chart(words: ChartWords, language: Language, *, phases: Sequence[Phase], unit: str) -> Chart:
    """Return the chart of phases in their order, the groups of one phase one after the other; `unit`: "dagen".

    Heads: phase, group, half within, nine in ten within, norm.
    """

    def days(value: float | None) -> str:
        return NONE if value is None else language.number(value)

    rows = tuple((one.phase, one.group, days(one.median), days(one.ninety), days(one.norm)) for one in phases)
    return Chart(words, rows, _draw(WIDE, words, language, phases, unit), _draw(NARROW, words, language, phases, unit))


def _draw(size: Size, words: ChartWords, language: Language, phases: Sequence[Phase], unit: str) -> Specification:
    highest = max([10.0, *(days or 0 for one in phases for days in (one.median, one.ninety, one.norm))])
    left = max((size.width_of(one.group) for one in phases), default=0) + 8
    names: list[tuple[float, float, str]] = []
    groups: list[tuple[float, float, str]] = []
    bars: list[Row] = []
    inside: list[Row] = []
    beside: list[Row] = []
    down = 0.0
    for phase, members in groupby(phases, key=lambda one: one.phase):
        names.append((-left, down + size.line / 2, phase))
        down += size.line + 2
        for one in members:
            middle = down + _BAR / 2 + 1
            groups.append((-left, middle, one.group))
            bars.append({"y": middle, "upper": middle - _BAR / 2, "lower": middle + _BAR / 2, **_lengths(one)})
            if one.ninety is not None:
                beside.append({"days": one.ninety, "y": middle, "text": language.number(one.ninety)})
            if one.median is not None:
                inside.append({"days": one.median, "norm": one.norm, "y": middle, "text": language.number(one.median)})
            down += _BAR + 6
        down += 12
    tones: list[Tone] = [(words.heads[2], ACCENT, 10), (words.heads[3], EARLIER, 5), (words.heads[4], INK, 0)]
    above = key_height(size, tones)
    plot = Plot.within(size, round(down) + above + 16, left=left, right=size.width_of("0000") + 8, bottom=24, top=above)
    x = scaled("days", 0, highest, axis(with_unit(numbers(highest, language.number), unit)))
    room = highest / plot.width
    fits = [row for row in inside if _fits(row, (size.width_of(row["text"]) + 6) * room)]
    thin = [{**row, "upper": row["y"] - 2.5, "lower": row["y"] + 2.5, "from": 0} for row in bars if row["ninety"]]
    layers: list[Layer | None] = [
        _bars(EARLIER, thin, x, "ninety"),
        _bars(ACCENT, [{**row, "from": 0} for row in bars if row["median"]], x, "median"),
        *_ticks([row for row in bars if row["norm"] is not None], x),
        words_at(names, fontWeight="bold"),
        words_at(groups, color=MUTED),
        layer(_words(PAPER, "right", -4, size), fits, x=x, y=pixels("y"), text=TEXT),
        layer(_words(MUTED, "left", 5, size), beside, x=x, y=pixels("y"), text=TEXT),
        *key(size, left, tones),
    ]
    return specification(size, plot, layers)


def _lengths(one: Phase) -> dict[str, float | None]:
    return {"median": one.median, "ninety": one.ninety, "norm": one.norm}


def _bars(colour: str, rows: Sequence[Row], x: Layer, field: str) -> Layer | None:
    mark = {"type": "rect", "color": colour}
    return layer(mark, rows, x={**x, "field": "from"}, x2={"field": field}, y=pixels("upper"), y2={"field": "lower"})


def _ticks(rows: Sequence[Row], x: Layer) -> Iterator[Layer | None]:
    """Yield the norm of each bar, with a rim of paper: it must be seen on a dark bar too."""
    values = [{**row, "upper": row["upper"] - 3, "lower": row["lower"] + 3} for row in rows]
    for colour, width in ((PAPER, 5), (INK, 2)):
        mark = {"type": "rule", "color": colour, "strokeWidth": width}
        yield layer(mark, values, x={**x, "field": "norm"}, y=pixels("upper"), y2={"field": "lower"})


def _fits(row: Row, room: float) -> bool:
    """Whether a number fits in its bar and is not struck through by the norm."""
    end, norm = row["days"], row["norm"]
    return bool(end > room and (norm is None or not end - room * 1.1 < norm < end + room * 0.1))


def _words(colour: str, align: str, across: int, size: Size) -> Row:
    return {
        "type": "text",
        "color": colour,
        "align": align,
        "baseline": "middle",
        "dx": across,
        "fontSize": size.letters - 1,
    }
