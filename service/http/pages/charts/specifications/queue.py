"""The queue: how many persons wait, by the weeks they have waited, with the norm."""

from __future__ import annotations

from collections.abc import Sequence

from service.http.pages.charts.chart import Chart, ChartWords, Specification
from service.http.pages.charts.specifications.frame import (
    COLOUR,
    NARROW,
    WIDE,
    Plot,
    Row,
    Size,
    axis,
    labels,
    layer,
    numbers,
    scaled,
    specification,
    with_unit,
)
from service.http.pages.palette import ACCENT, BEHIND, INK, MUTED
from service.http.pages.words import Language


def chart(
    words: ChartWords, language: Language, *, weeks: Sequence[int], norm: int, within: str, over: str, unit: str
) -> Chart:
    """Return the chart of persons by whole weeks waited: `weeks[n]` of them at least n and less than n + 1.

    The last entry holds all who wait as long or longer. Who waits `norm` weeks or more is `over` it ("Langer dan de
    norm"), the others are `within`. `unit`: "weken". Heads: weeks waited, persons.
    """
    rows = tuple((_week(at, len(weeks)), language.number(persons)) for at, persons in enumerate(weeks))

    def draw(size: Size) -> Specification:
        return _draw(size, language, weeks, norm, within, over, unit)

    return Chart(words, rows, draw(WIDE), draw(NARROW))


def _draw(
    size: Size, language: Language, weeks: Sequence[int], norm: int, within: str, over: str, unit: str
) -> Specification:
    most = max([4, *weeks])
    marks = numbers(most, language.number)
    plot = Plot.within(
        size, 280 if size is WIDE else 240, left=size.width_of(marks[-1][1]) + 8, bottom=24, top=2 * size.line + 14
    )
    ends = with_unit([(at, str(at)) for at in range(0, max(len(weeks) - 2, 1), 4 if size is WIDE else 8)], unit)
    x = scaled("from", 0, len(weeks), axis(ends, grid=False, domain=True, ticks=True, tickSize=4, labelPadding=4))
    y = scaled("persons", 0, most, axis(marks))
    bars: list[Row] = [
        {"from": at + 0.08, "to": at + 0.92, "persons": persons, "colour": BEHIND if at >= norm else ACCENT}
        for at, persons in enumerate(weeks)
        if persons
    ]
    sums = [
        {"from": norm, "persons": most, "text": [within, language.number(sum(weeks[:norm]))], "colour": ACCENT},
        {"from": norm, "persons": most, "text": [over, language.number(sum(weeks[norm:]))], "colour": BEHIND},
    ]
    up = -size.line - 2
    looks = {"baseline": "alphabetic", "dy": up - 6, "lineHeight": size.line, "fontWeight": "bold"}
    return specification(
        size,
        plot,
        [
            layer("rect", bars, x=x, x2={"field": "to"}, y={**y}, y2={"datum": 0}, color=COLOUR),
            layer(
                {"type": "rule", "color": INK, "strokeWidth": 1.5, "yOffset": -2 * size.line - 8},
                [{"from": norm, "persons": most, "zero": 0}],
                x=x,
                y=y,
                y2={"field": "zero"},
            ),
            *labels(_last(bars, len(weeks)), x, y, align="center", baseline="alphabetic", dy=-5),
            *labels(sums[:1], x, y, **{**looks, "align": "right", "dx": -8}),
            *labels(sums[1:], x, y, **{**looks, "align": "left", "dx": 8}),
        ],
    )


def _last(bars: Sequence[Row], length: int) -> list[Row]:
    """Return what the last bar must say: that it is of all who wait longer."""
    return [
        {**bar, "from": length - 0.5, "text": _week(length - 1, length), "colour": MUTED}
        for bar in bars[-1:]
        if bar["to"] > length - 1
    ]


def _week(at: int, length: int) -> str:
    return f"{at}+" if at == length - 1 else f"{at}–{at + 1}"
