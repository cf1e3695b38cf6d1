"""Then and now: one number as it was known from instant to instant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from service.foundation.time import AMSTERDAM
from service.http.pages.charts.chart import Chart, ChartWords, Specification
from service.http.pages.charts.specifications.frame import (
    NARROW,
    WIDE,
    Plot,
    Size,
    Write,
    axis,
    labels,
    layer,
    months,
    numbers,
    room_below,
    scaled,
    specification,
)
from service.http.pages.palette import ACCENT, INK
from service.http.pages.words import Language


def chart(
    words: ChartWords,
    language: Language,
    *,
    known: Sequence[tuple[datetime, float]],
    then: datetime,
    now: datetime,
    write: Write | None = None,
) -> Chart:
    """Return the chart of a number through recorded time: from each instant (in order) on it was known to be so much.

    `write` says how such a number is written, where that is not as a plain one. Heads: known from, the number.
    """
    write = write or partial(language.number, decimals=1)
    rows = tuple((language.instant(at), write(value)) for at, value in known)

    def draw(size: Size) -> Specification:
        return _draw(size, language, write, known, then, now)

    return Chart(words, rows, draw(WIDE), draw(NARROW))


def _draw(
    size: Size, language: Language, write: Write, known: Sequence[tuple[datetime, float]], then: datetime, now: datetime
) -> Specification:
    first = min([then, *(at for at, _ in known[:1])])
    begins = first.astimezone(AMSTERDAM).date()
    length = max(_days(begins, now), 1.0)
    whole = all(value == int(value) for _, value in known)
    lowest, top = _span([value for _, value in known], 4 if whole else 0.01)
    marks = numbers(top, write, lowest, whole)
    points = [{"day": round(_days(begins, at), 2), "value": value} for at, value in known]
    present = known[-1][1] if known else 0
    past = next((value for at, value in reversed(known) if at <= then), 0)
    room = max(size.width_of(text) for text in (write(present), language.short_day(now.date())))
    left = max(size.width_of(text) for _, text in marks) + 8
    days = months(begins, now.astimezone(AMSTERDAM).date(), language, (size.width - left - room) / 48)
    plot = Plot.within(
        size,
        250 if size is WIDE else 220,
        left=left,
        right=room + 12,
        bottom=room_below(size, days),
        top=2 * size.line + 8,
    )
    x = scaled("day", 0, length, axis(days, grid=False, domain=lowest == 0, ticks=True, tickSize=4, labelPadding=4))
    y = scaled("value", lowest, top, axis(marks))
    ends = [{"day": length, "value": present, "text": _told(now, write(present), language), "colour": ACCENT}]
    place = {"day": round(_days(begins, then), 2), "value": past, "top": top, "foot": lowest}
    right = place["day"] < length / 2
    mark = {**place, "value": top, "text": _told(then, write(past), language), "colour": INK}
    rule = {"type": "rule", "color": INK, "strokeWidth": 1.5}
    dot = {"type": "point", "filled": True, "size": 60, "color": INK, "opacity": 1}
    lifted = {"baseline": "alphabetic", "dy": -size.line - 4, "lineHeight": size.line, "fontWeight": "bold"}
    return specification(
        size,
        plot,
        [
            layer(rule, [place], x=x, y={**y, "field": "foot"}, y2={"field": "top"}),
            layer(
                {"type": "line", "interpolate": "step-after", "color": ACCENT, "strokeWidth": 2.5},
                [*points, {"day": length, "value": present}],
                x=x,
                y=y,
            ),
            layer(dot, [place], x=x, y=y),
            *labels([mark], x, y, align="left" if right else "right", dx=-2 if right else 2, **lifted),
            *labels(ends, x, y, dx=6, lineHeight=size.line),
        ],
    )


def _span(values: Sequence[float], least: float) -> tuple[float, float]:
    """Return the scale: from nought, or close about numbers that differ little: it is the steps that are looked at."""
    highest, lowest = max([least, *values]), min([math.inf, *values])
    if lowest < highest / 2:
        return min(lowest, 0), highest * 1.05
    room = max((highest - lowest) * 0.15, highest * 0.02)
    return lowest - room, highest + room


def _told(at: datetime, value: str, language: Language) -> list[str]:
    return [language.short_day(at.astimezone(AMSTERDAM).date()), value]


def _days(begins: date, at: datetime) -> float:
    start = datetime(begins.year, begins.month, begins.day, tzinfo=AMSTERDAM)
    return (at - start).total_seconds() / 86_400
