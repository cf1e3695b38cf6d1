"""The pace line: how many are housed in a half-year against the straight line to its task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import chain

from service.http.pages.charts.chart import Chart, ChartWords, Specification
from service.http.pages.charts.specifications.frame import (
    NARROW,
    WIDE,
    Layer,
    Plot,
    Row,
    Size,
    apart,
    axis,
    labels,
    layer,
    months,
    numbers,
    scaled,
    specification,
)
from service.http.pages.palette import ACCENT, EARLIER, MUTED
from service.http.pages.words import Language


def chart(
    words: ChartWords,
    language: Language,
    *,
    begins: date,
    ends: date,
    task: int,
    housed: Sequence[tuple[date, int]],
    earlier: Sequence[tuple[date, int]] = (),
) -> Chart:
    """Return the chart of a half-year that `begins` and `ends` on these days and has so many persons as its task.

    `housed` is the running total by day, `earlier` that of the half-year before; both in order and not empty of the
    days on which it grew. Heads: day, housed, schedule, half-year before.
    """
    length = (ends - begins).days
    before = begins.replace(year=begins.year - (begins.month == 1), month=7 if begins.month == 1 else 1, day=1)
    now = [((day - begins).days, total) for day, total in housed]
    # Half-years differ by a few days; the one before is laid over the whole of this one.
    stretch = length / ((begins - before).days - 1)
    then = [(round((day - before).days * stretch, 1), total) for day, total in earlier]

    def draw(size: Size) -> Specification:
        return _draw(size, words, language, begins, length, task, now, then)

    return Chart(words, tuple(_rows(language, begins, length, task, now, then)), draw(WIDE), draw(NARROW))


def _draw(
    size: Size,
    words: ChartWords,
    language: Language,
    begins: date,
    length: int,
    task: int,
    now: Sequence[tuple[int, int]],
    then: Sequence[tuple[float, int]],
) -> Specification:
    _, housed, schedule, before = words.heads
    totals = [total for _, total in chain(now, then)]
    highest = max([task, 10, *totals]) * 1.06
    marks = numbers(highest, language.number)
    endings = [_label(size, schedule, task, MUTED, language)]
    if then:
        # The grey of a line is too light for letters.
        endings.append(_label(size, before, then[-1][1], MUTED, language))
    ended = bool(now) and now[-1][0] >= length
    if ended:
        endings.append(_label(size, housed, now[-1][1], ACCENT, language))
    plot = Plot.within(
        size,
        300 if size is WIDE else 240,
        left=size.width_of(marks[-1][1]) + 8,
        right=max(size.width_of(word) for ending in endings for word in ending["text"]) + 10,
        bottom=24,
        top=2 * size.line,
    )
    x = scaled("day", 0, length, _axis_of_months(begins, length, language, plot.width / (3.4 * size.letters)))
    y = scaled("persons", 0, highest, axis(marks))
    per_pixel = highest / plot.height
    block = (max(len(ending["text"]) for ending in endings) + 0.3) * size.line * per_pixel
    shown = apart([ending["persons"] for ending in endings], block, block / 2, highest)
    for ending, place in zip(endings, shown, strict=True):
        ending.update(day=length, persons=place)
    layers: list[Layer | None] = [
        _line([(0, 0), (length, task)], x, y, color=MUTED, strokeWidth=1.5, strokeDash=[2, 3]),
        _line(_thinned(then), x, y, color=EARLIER, strokeWidth=2),
        _line(_thinned([(0, 0), *now]), x, y, color=ACCENT, strokeWidth=3),
        *labels(endings, x, y, dx=8, lineHeight=size.line - 1),
    ]
    if now and not ended:
        day, total = now[-1]
        label = {**_label(size, housed, total, ACCENT, language), "day": day, "persons": total}
        room = (day * plot.width / length, total / per_pixel)
        layers += _today(size, label, room, total < task * day / length, x, y)
    return specification(size, plot, layers)


def _today(
    size: Size, place: Row, room: tuple[float, float], behind: bool, x: Layer, y: Layer
) -> Iterator[Layer | None]:
    """Yield the end of a line that goes on, with its label on the side where no other line is.

    `room` are the pixels to the left of it and below.
    """
    lines = len(place["text"])
    above = {"align": "right", "baseline": "alphabetic", "dx": -8, "dy": -8 - (lines - 1) * (size.line - 1)}
    if behind and room[1] > (lines + 0.5) * size.line:
        beside: Row = {"align": "left", "baseline": "top", "dx": 6, "dy": 6}
    elif room[0] > max(size.width_of(line, bold=True) for line in place["text"]):
        beside = above
    else:
        beside = {**above, "align": "left", "dx": -4}
    yield layer({"type": "point", "filled": True, "size": 60, "color": ACCENT, "opacity": 1}, [place], x=x, y=y)
    yield from labels([place], x, y, fontWeight="bold", lineHeight=size.line - 1, **beside)


def _label(size: Size, name: str, persons: int, colour: str, language: Language) -> Row:
    """A name with its number; on a telephone a word a line."""
    lines = [*name.split(), language.number(persons)] if size is NARROW else [name, language.number(persons)]
    return {"text": lines, "persons": persons, "colour": colour}


def _axis_of_months(begins: date, length: int, language: Language, room: float) -> Row:
    marks = months(begins, begins + timedelta(days=length), language, room)
    return axis(
        marks, grid=False, domain=True, ticks=True, tickSize=5, labelAlign="left", labelPadding=4, labelOffset=2
    )


def _line(points: Sequence[tuple[float, int]], x: Layer, y: Layer, **mark: object) -> Layer | None:
    rows = [{"day": day, "persons": total} for day, total in points]
    return layer({"type": "line", "strokeCap": "round", "strokeJoin": "round", **mark}, rows, x=x, y=y)


def _thinned(points: Sequence[tuple[float, int]]) -> Sequence[tuple[float, int]]:
    """Some sixty points of a line and its last: more can't be seen, and would only weigh."""
    every = -(-len(points) // 60)
    return [point for at, point in enumerate(points) if at % every == 0 or at == len(points) - 1]


def _rows(
    language: Language,
    begins: date,
    length: int,
    task: int,
    now: Sequence[tuple[int, int]],
    then: Sequence[tuple[float, int]],
) -> list[tuple[str, ...]]:
    """One row at the end of each month, and of the days that are told."""
    last = now[-1][0] if now else 0
    ends = sorted(
        {day - 1 for day, _ in months(begins, begins + timedelta(days=length), language, 99) if day} | {last, length}
    )
    return [
        (
            language.day(begins + timedelta(days=int(day))),
            _until(now, day, language) if day <= last else "–",
            language.number(round(task * day / length)),
            _until(then, day, language),
        )
        for day in ends
    ]


def _until(points: Sequence[tuple[float, int]], day: float, language: Language) -> str:
    told = [total for at, total in points if at <= day]
    return language.number(told[-1]) if told else "–"
