"""Which tables of the catalogue have a chart on their page, and how it is made of their rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from projections.figure import Column
from service.http.pages.charts.chart import Chart, ChartWords
from service.http.pages.charts.specifications import bars, months
from service.http.pages.charts.specifications.bars import Bar
from service.http.pages.charts.specifications.months import Month
from service.http.pages.figures import FigureTable
from service.http.pages.view import View

_MOST_MONTHS = 24
#: More would be no picture but a table.
_MOST_BARS = 14
#: What the chart of a table without dimensions is of, where nobody sorted it by something else.
_MAIN = MappingProxyType(
    {
        "realisation": "remaining",
        "quota-methods": "difference",
        "supply": "shortage",
        "links": "made",
        "refusals": "refused",
        "expected": "expected",
        "norm-phases": "totalOpenOverNorm",
        "lateness": "days",
        "bonus": "share",
        "dossiers": "completeNow",
        "family": "awaited",
        "moves": "moved",
        "minors": "persons",
        "elip": "ending",
        "handovers": "warm",
        "supervision": "attributable",
    }
)


def chart_of(view: View, table: FigureTable, sort: str) -> Chart | None:
    """The chart of a table as it is asked and sorted; None where it has none, or nothing to draw."""
    if not table.rows:
        return None
    if (draw := _BY_MONTH.get(table.figure.name)) is not None:
        return draw(view, table)
    names = {one.name for one in table.columns if one.unit not in {"date", "text"}}
    name = sort.lstrip("-") if sort.lstrip("-") in names else main_column(table)
    return None if name is None or name not in names else _bars(view, table, table.figure.column(name))


def main_column(table: FigureTable) -> str | None:
    """The name of the column that a table is looked up for; None where it has no such one."""
    return _MAIN.get(table.figure.name)


def _bars(view: View, table: FigureTable, column: Column) -> Chart | None:
    told = sorted((row for row in table.rows if row[column.name] is not None), key=lambda row: -row[column.name])
    if not 1 < len(told) <= _MOST_BARS or table.figure.dimensions or not told[0][column.name]:
        return None
    some = [Bar(row["name"], row[column.name], view.language.measure(row[column.name], column.unit)) for row in told]
    words = {"label": view.language.of(column.label), "name": some[0].name, "number": some[0].told}
    title = view.gettext("%(label)s: het meest in %(name)s, %(number)s") % words
    sentence = view.gettext("Een balk per rij, van het meest naar het minst.")
    heads = (view.gettext("Naam"), view.language.of(column.label))
    return bars.chart(ChartWords(title, f"{title}. {sentence}", heads), bars=some)


def _granted(view: View, table: FigureTable) -> Chart | None:
    some = [Month(_first(row["month"]), row["granted"], None) for row in table.rows]
    return _months(view, table, some, ("granted", "forecast"))


def _arrivals(view: View, table: FigureTable) -> Chart | None:
    code = table.rows[0]["code"]
    some = [Month(_first(row["month"]), row["arrived"], row["expected"]) for row in table.rows_of(code)]
    return _months(view, table, some, ("arrived", "expected"))


def _months(view: View, table: FigureTable, some: list[Month], columns: tuple[str, str]) -> Chart | None:
    told = [one for one in some if (one.arrived or 0) + (one.expected or 0)]
    if not told or len(some) > _MOST_MONTHS:
        return None
    first, second = (view.language.of(table.figure.column(name).label) for name in columns)
    most = max(told, key=lambda one: (one.arrived or 0) + (one.expected or 0))
    title = view.gettext("%(name)s: de meeste in %(month)s, %(persons)s") % {
        "name": table.rows[0]["name"],
        "month": view.language.month(f"{most.begins:%Y-%m}"),
        "persons": view.language.number((most.arrived or 0) + (most.expected or 0)),
    }
    sentence = view.gettext("Een kolom per maand, van %(first)s tot en met %(last)s.") % {
        "first": view.language.month(f"{some[0].begins:%Y-%m}"),
        "last": view.language.month(f"{some[-1].begins:%Y-%m}"),
    }
    words = ChartWords(title, f"{title}. {sentence}", (view.gettext("Maand"), first, second))
    return months.chart(words, view.language, months=some)


def _first(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


_BY_MONTH: Mapping[str, Callable[[View, FigureTable], Chart | None]] = MappingProxyType(
    {"permits": _granted, "family-arrivals": _arrivals}
)
