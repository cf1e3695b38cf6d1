"""One journey as a Gantt chart: its phases from day to day, each against its norm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from service.http.pages.charts.chart import Chart, ChartWords, Specification
from service.http.pages.charts.specifications.frame import (
    NARROW,
    WIDE,
    Layer,
    Plot,
    Row,
    Size,
    Tone,
    axis,
    key,
    key_height,
    labels,
    layer,
    months,
    pixels,
    room_below,
    scaled,
    specification,
    words_at,
)
from service.http.pages.palette import ACCENT, BEHIND, INK, MUTED, PAPER
from service.http.pages.words import NONE, Language

_BAR = 16


class Span(NamedTuple):
    """A phase of a journey: its days, and how long it may take."""

    name: str
    begins: date
    ends: date | None
    """None while it goes on."""
    norm: int | None
    """In days; none where there is no norm."""
    told: str
    """How long it took, as people say it: "4 weken en 2 dagen"."""
    earlier: int = 0
    """Days of earlier stretches, which count for the norm and are not drawn."""


def chart(words: ChartWords, language: Language, *, spans: Sequence[Span], today: date) -> Chart:
    """Return the chart of phases in their order up to `today`. Heads: phase, from, to, took, norm in days."""
    rows = tuple(
        (
            one.name,
            language.day(one.begins),
            NONE if one.ends is None else language.day(one.ends),
            one.told,
            NONE if one.norm is None else language.number(one.norm),
        )
        for one in spans
    )
    return Chart(words, rows, _draw(WIDE, words, language, spans, today), _draw(NARROW, words, language, spans, today))


def _draw(size: Size, words: ChartWords, language: Language, spans: Sequence[Span], today: date) -> Specification:
    first = min((one.begins for one in spans), default=today)
    last = max(
        [first + timedelta(days=14), *(_due(one) or today for one in spans), *(one.ends or today for one in spans)]
    )
    length = (last - first).days
    above = size.line if size is NARROW else 0
    left = 0 if above else max((size.width_of(one.name) for one in spans), default=0) + 12
    height = _BAR + above + 14
    ends = [((max(one.ends or today, _due(one) or one.begins) - first).days / length, one.told) for one in spans]
    right = 12 if above else _room_at_the_right(size, size.width - left, ends)
    marks = months(first, last, language, (size.width - left - right) / 48)
    tones: list[Tone] = [(words.heads[4], INK, 0)]
    top, bottom = key_height(size, tones), room_below(size, marks)
    plot = Plot.within(size, len(spans) * height + top + bottom, left=left, right=right, bottom=bottom, top=top)
    x = scaled("from", 0, length, axis(marks, **_MONTHS))
    within: list[Row] = []
    over: list[Row] = []
    norms: list[Row] = []
    names: list[tuple[float, float, str]] = []
    told: list[Row] = []
    for at, one in enumerate(spans):
        upper = at * height + above
        begin, end = (one.begins - first).days, ((one.ends or today) - first).days
        last_day = _due(one)
        due = None if last_day is None else (last_day - first).days
        row = {"upper": upper, "lower": upper + _BAR, "middle": upper + _BAR / 2}
        # A phase of a day is seen too.
        least = max(end, begin + length * 3 / plot.width)
        within.append({**row, "from": begin, "to": least if due is None else min(least, max(due, begin))})
        if due is not None:
            norms.append({**row, "from": due, "upper": upper - 3, "lower": upper + _BAR + 3})
            if end > due:
                over.append({**row, "from": max(due, begin), "to": end})
        names.append((-left, upper - size.line / 2 if above else upper + _BAR / 2, one.name))
        colour = BEHIND if due is not None and end > due else MUTED
        told.append({**row, "from": max(end, due or 0), "text": one.told, "colour": colour})
    return specification(
        size,
        plot,
        [
            _bars(ACCENT, within, x),
            _bars(BEHIND, over, x),
            *(_rules(colour, wide, norms, x) for colour, wide in ((PAPER, 5), (INK, 2))),
            words_at(names, color=PAPER, stroke=PAPER, strokeWidth=4, strokeJoin="round") if above else None,
            words_at(names),
            *(_told_above(size, plot, told) if above else labels(told, x, pixels("middle"), dx=8)),
            *key(size, left, tones),
        ],
    )


_MONTHS = {"grid": True, "labelAlign": "left", "labelOffset": 0, "ticks": True, "tickSize": 4, "labelPadding": 4}


def _room_at_the_right(size: Size, width: int, ends: Sequence[tuple[float, str]]) -> int:
    """Return the margin with which every text fits behind its bar, which ends at a share of what the margin leaves."""
    needed = (width - (width - size.width_of(text) - 12) / end for end, text in ends if end > 0)
    return max(12, *(round(room) for room in needed), 0)


def _told_above(size: Size, plot: Plot, told: Sequence[Row]) -> Iterator[Layer | None]:
    """Yield the texts in the line of the names, at the right."""
    rows = [{**row, "from": plot.width, "middle": row["upper"] - size.line / 2} for row in told]
    return labels(rows, pixels("from"), pixels("middle"), align="right")


def _due(one: Span) -> date | None:
    return None if one.norm is None else one.begins + timedelta(days=max(0, one.norm - one.earlier))


def _bars(colour: str, rows: Sequence[Row], x: Layer) -> Layer | None:
    mark = {"type": "rect", "color": colour}
    return layer(mark, rows, x=x, x2={"field": "to"}, y=pixels("upper"), y2={"field": "lower"})


def _rules(colour: str, width: int, rows: Sequence[Row], x: Layer) -> Layer | None:
    mark = {"type": "rule", "color": colour, "strokeWidth": width}
    return layer(mark, rows, x=x, y=pixels("upper"), y2={"field": "lower"})
