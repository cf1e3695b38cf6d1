"""What all charts have in common: two sizes, quiet axes, labels in the drawing, and colours of the palette alone.

Every chart lays itself out in pixels and lets nothing be fitted: so its size is known before it is drawn, nothing moves
in the page, and labels can be kept apart. Numbers and days come as text in the language of the page.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final, NamedTuple

from babel.dates import format_date

from service.http.pages.charts.chart import Specification
from service.http.pages.palette import EARLIER, GRID, INK, MUTED, PAPER
from service.http.pages.words import Language

Layer = dict[str, Any]
Row = dict[str, Any]
Mark = tuple[float, str | list[str]]
"""A place on an axis and what stands there; of a list each on a line of its own."""

#: A colour of the palette that stands in the row.
COLOUR: Final[Layer] = {"field": "colour", "type": "nominal", "scale": None}
TEXT: Final[Layer] = {"field": "text", "type": "nominal"}

#: What letters are measured as; the page shows them in the reader's own family, which may be wider.
MEASURED: Final = "Liberation Sans, Arial, sans-serif"
_WIDTH_OF_A_LETTER: Final = 0.6
_WIDTH_OF_A_BOLD_LETTER: Final = 0.72


class Size(NamedTuple):
    """One of the two drawings: its width and the size of its letters, in pixels."""

    width: int
    letters: int

    def width_of(self, text: str, *, bold: bool = False) -> int:
        """Return the room a text needs, in pixels, in any usual family."""
        return math.ceil(len(text) * self.letters * (_WIDTH_OF_A_BOLD_LETTER if bold else _WIDTH_OF_A_LETTER))

    @property
    def line(self) -> int:
        """The height of a line of text, in pixels."""
        return self.letters + 5


WIDE: Final = Size(640, 13)
NARROW: Final = Size(320, 12)


class Plot(NamedTuple):
    """The part of a drawing within its margins, in pixels."""

    width: int
    height: int
    top: int
    right: int
    bottom: int
    left: int

    @classmethod
    def within(cls, size: Size, height: int, *, top: int = 8, right: int = 8, bottom: int = 8, left: int = 0) -> Plot:
        """Return what margins leave of a drawing that is so high in all."""
        return cls(size.width - left - right, height - top - bottom, top, right, bottom, left)


def specification(size: Size, plot: Plot, layers: Iterable[Layer | None]) -> Specification:
    """Return the whole of a drawing from its layers, the lowest first."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "autosize": "none",
        "background": None,
        "width": plot.width,
        "height": plot.height,
        "padding": {"top": plot.top, "right": plot.right, "bottom": plot.bottom, "left": plot.left},
        "layer": [layer for layer in layers if layer is not None],
        "config": {
            "font": MEASURED,
            "view": {"stroke": None},
            "text": {"fontSize": size.letters, "color": INK},
            "axis": {
                "domain": False,
                "ticks": False,
                "gridColor": GRID,
                "tickColor": EARLIER,
                "domainColor": INK,
                "labelColor": MUTED,
                "labelFontSize": size.letters,
                "labelPadding": 6,
                "labelLimit": 0,
                "labelOverlap": False,
                "labelFlush": False,
                "title": None,
            },
        },
    }


def layer(mark: str | dict[str, Any], values: Sequence[Row], **encoding: Any) -> Layer | None:
    """Return a layer with its own rows; without rows there is none."""
    return {"data": {"values": list(values)}, "mark": mark, "encoding": encoding} if values else None


def pixels(field: str) -> dict[str, Any]:
    """Encode a place that is in pixels already."""
    return {"field": field, "type": "quantitative", "scale": None, "axis": None}


def words_at(rows: Sequence[tuple[float, float, str]], **mark: Any) -> Layer | None:
    """Return texts at places in pixels."""
    values = [{"x": x, "y": y, "text": text} for x, y, text in rows]
    text = {"type": "text", "align": "left", "baseline": "middle", **mark}
    return layer(text, values, x=pixels("x"), y=pixels("y"), text=TEXT)


def scaled(field: str, lowest: float, highest: float, axis: dict[str, Any] | None = None) -> dict[str, Any]:
    """Encode a quantity on a scale that begins and ends exactly so."""
    scale = {"domain": [lowest, highest], "nice": False, "zero": False}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": axis}


def axis(marks: Sequence[Mark], **more: Any) -> dict[str, Any]:
    """Return an axis with these words at these places."""
    words = json.dumps({f"{at:g}" if at % 1 else str(int(at)): word for at, word in marks}, ensure_ascii=False)
    return {"values": [at for at, _ in marks], "labelExpr": f"{words}[datum.value]", **more}


def round_numbers(highest: float, lowest: float = 0, whole: bool = True) -> list[float]:
    """Return some four numbers that are easy to read off, none below the lowest or above the highest."""
    rough = max((highest - lowest) / 4, 1 if whole else 0.001)
    power = 10.0 ** math.floor(math.log10(rough))
    parts = (1, 2, 2.5, 5, 10) if power > 1 else (1, 2, 5, 10)
    step = next(part * power for part in parts if part * power >= rough * 0.999)
    places = range(math.ceil(lowest / step - 0.001), math.floor(highest / step + 0.001) + 1)
    return [round(place * step, 4) for place in places]


Write = Callable[[float], str]
"""How the numbers of a chart are written."""


def numbers(highest: float, write: Write, lowest: float = 0, whole: bool = True) -> list[tuple[float, str]]:
    """Return round numbers with their text."""
    return [(number, write(number)) for number in round_numbers(highest, lowest, whole)]


def with_unit(marks: Sequence[tuple[float, str]], unit: str) -> list[tuple[float, str]]:
    """Return marks of which the last names their unit."""
    return [*marks[:-1], *((at, f"{text} {unit}") for at, text in marks[-1:])]


def firsts_of_months(begins: date, ends: date) -> Iterator[date]:
    """Yield the first day of every month that begins from one day to another, both included."""
    day = begins.replace(day=1)
    while day <= ends:
        if day >= begins:
            yield day
        day = (day + timedelta(days=32)).replace(day=1)


def months(begins: date, ends: date, language: Language, room: float) -> list[Mark]:
    """Return the months as days since the first, with their short names, or as many as there is `room` for.

    A January of a row of several years has its year under it.
    """
    days = list(firsts_of_months(begins, ends))
    every = next((step for step in (1, 2, 3, 6, 12) if len(days) / step <= max(room, 1)), 24)
    several = begins.year != ends.year
    return [
        (
            (day - begins).days,
            [short_month(day, language), str(day.year)] if several and day.month == 1 else short_month(day, language),
        )
        for day in days
        if (day.month - 1) % every == 0
    ]


def room_below(size: Size, marks: Sequence[Mark]) -> int:
    """Return the margin under a drawing for the words of its axis."""
    return 24 + (size.line if any(isinstance(words, list) for _, words in marks) else 0)


def short_month(day: date, language: Language) -> str:
    """Return the short name of a month: `mrt`."""
    return format_date(day, "LLL", language.locale).rstrip(".")


def labels(rows: Sequence[Row], x: dict[str, Any], y: dict[str, Any], **mark: Any) -> Iterator[Layer | None]:
    """Yield words (`text`, in `colour`) beside what they name, kept clear of lines by a rim of paper."""
    place = {"x": x, "y": y, "text": TEXT}
    text = {"type": "text", "align": "left", "baseline": "middle", **mark}
    yield layer({**text, "color": PAPER, "stroke": PAPER, "strokeWidth": 4, "strokeJoin": "round"}, rows, **place)
    yield layer(text, rows, **place, color=COLOUR)


def apart(places: Sequence[float], distance: float, lowest: float, highest: float) -> list[float]:
    """Return places moved as little as needed to lie so far apart, in their order, within bounds."""
    order = sorted(range(len(places)), key=lambda one: places[one])
    moved = [max(place, lowest) for place in places]
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + distance)
    over = max((moved[order[-1]] - highest) if order else 0, 0)
    if over:
        moved[order[-1]] -= over
        for before, after in ((earlier, later) for later, earlier in pairwise(reversed(order))):
            moved[before] = min(moved[before], moved[after] - distance)
    return [max(place, lowest) for place in moved]


Tone = tuple[str, str, int | str]
"""What a tone means: its name, its colour, and the height of its bar, 0 for an upright line, or a letter like it."""


def key(size: Size, left: float, tones: Sequence[Tone]) -> Iterator[Layer | None]:
    """Yield what each tone means, above a plot that begins so far from the `left`; `key_height` has its margin."""
    samples, letters, texts = [], [], []
    lines = _lines(size, tones)
    for at, line in enumerate(lines):
        y = (at - len(lines) + 0.5) * size.line - 6
        for begin, (name, colour, looks) in line:
            x = begin - left
            if isinstance(looks, int):
                half = (looks or 14) / 2
                samples.append(
                    {"x": x, "x2": x + (14 if looks else 2), "y": y - half, "y2": y + half, "colour": colour}
                )
            else:
                letters.append({"x": x, "y": y, "text": looks, "colour": colour})
            texts.append((x + _sample(looks), y, name))
    place = {"x": pixels("x"), "y": pixels("y"), "color": COLOUR}
    yield layer("rect", samples, **place, x2={"field": "x2"}, y2={"field": "y2"})
    yield layer({"type": "text", "align": "left", "baseline": "middle"}, letters, **place, text=TEXT)
    yield words_at(texts, color=MUTED)


def key_height(size: Size, tones: Sequence[Tone]) -> int:
    """Return the margin above a plot that has room for its key."""
    return len(_lines(size, tones)) * size.line + 8


def _lines(size: Size, tones: Sequence[Tone]) -> list[list[tuple[int, Tone]]]:
    """Every tone with its place from the left, line by line."""
    lines: list[list[tuple[int, Tone]]] = [[]]
    x = 0
    for tone in tones:
        room = _sample(tone[2]) + size.width_of(tone[0])
        if lines[-1] and x + room > size.width:
            lines.append([])
            x = 0
        lines[-1].append((x, tone))
        x += room + 10
    return lines


def _sample(looks: int | str) -> int:
    """Return the room of a sample and of what parts it from its name."""
    return 15 if isinstance(looks, str) else 19 if looks else 7
