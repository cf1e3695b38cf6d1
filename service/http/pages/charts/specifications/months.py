"""Months as columns: who arrived, and who is expected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from service.http.pages.charts.chart import Chart, ChartWords, Specification
from service.http.pages.charts.specifications.frame import (
    NARROW,
    WIDE,
    Mark,
    Plot,
    Row,
    Size,
    axis,
    labels,
    layer,
    numbers,
    scaled,
    short_month,
    specification,
)
from service.http.pages.palette import ACCENT, EARLIER, MUTED
from service.http.pages.words import NONE, Language


class Month(NamedTuple):
    """A month by its first day: who arrived in it and who is expected still; none where that is not told."""

    begins: date
    arrived: int | None
    expected: int | None


def chart(words: ChartWords, language: Language, *, months: Sequence[Month]) -> Chart:
    """Return the chart of months in their order, the expected upon the arrived. Heads: month, arrived, expected."""

    def told(persons: int | None) -> str:
        return NONE if persons is None else language.number(persons)

    rows = tuple((language.month(f"{one.begins:%Y-%m}"), told(one.arrived), told(one.expected)) for one in months)
    return Chart(words, rows, _draw(WIDE, words, language, months), _draw(NARROW, words, language, months))


def _draw(size: Size, words: ChartWords, language: Language, months: Sequence[Month]) -> Specification:
    columns: list[Row] = [
        {
            "from": at + 0.12,
            "to": at + 0.88,
            "middle": at + 0.5,
            "arrived": one.arrived or 0,
            "persons": (one.arrived or 0) + (one.expected or 0),
            "zero": 0,
            "text": language.number((one.arrived or 0) + (one.expected or 0)),
            "colour": MUTED if one.expected else ACCENT,
        }
        for at, one in enumerate(months)
    ]
    most = max([4, *(column["persons"] for column in columns)])
    # Where every column can bear its number there is no need of an axis.
    every = all(size.width_of(column["text"]) < size.width / len(columns) - 6 for column in columns)
    marks = numbers(most, language.number)
    plot = Plot.within(
        size,
        260 if size is WIDE else 220,
        left=0 if every else size.width_of(marks[-1][1]) + 8,
        bottom=24 + size.line,
        top=2 * size.line + 10,
    )
    x = scaled(
        "from",
        0,
        len(months),
        axis(_names(size, months, language), grid=False, domain=True, labelPadding=5, ticks=False),
    )
    y = scaled("persons", 0, most, None if every else axis(marks))
    heads = [
        {"from": first + 0.12, "persons": most, "text": name, "colour": colour}
        for name, colour, first in (
            (words.heads[1], ACCENT, _first(one.arrived for one in months)),
            (words.heads[2], MUTED, _first(one.expected for one in months)),
        )
        if first is not None
    ]
    middle, centred = {**x, "field": "middle"}, {"align": "center", "baseline": "alphabetic", "dy": -5}
    return specification(
        size,
        plot,
        [
            layer(
                {"type": "rect", "color": ACCENT},
                columns,
                x=x,
                x2={"field": "to"},
                y={**y, "field": "arrived"},
                y2={"field": "zero"},
            ),
            layer({"type": "rect", "color": EARLIER}, columns, x=x, x2={"field": "to"}, y=y, y2={"field": "arrived"}),
            *(labels(columns, middle, y, **centred) if every else ()),
            *labels(heads, x, y, baseline="alphabetic", dy=-size.line - 10, fontWeight="bold"),
        ],
    )


def _first(told: Iterable[int | None]) -> int | None:
    """Return the first column that has what is told."""
    return next((at for at, persons in enumerate(told) if persons), None)


def _names(size: Size, months: Sequence[Month], language: Language) -> list[Mark]:
    """Return the names under the columns, as many as fit, with the year under the first of each."""
    room = size.width / max(len(months), 1)
    every = next((step for step in (1, 2, 3, 6, 12) if room * step > size.width_of("mmmm")), 12)
    names: list[Mark] = []
    year = 0
    for at, one in enumerate(months):
        if (one.begins.month - 1) % every == 0:
            name = short_month(one.begins, language)
            names.append((at + 0.5, name if one.begins.year == year else [name, str(one.begins.year)]))
            year = one.begins.year
    return names
