"""A number as it is beside what it would be: from two tables, in words, and as a chart of the provinces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from projections.figure import Column
from service.http.pages.address import ApiAddress
from service.http.pages.changes import told_difference
from service.http.pages.charts.chart import Chart, ChartWords
from service.http.pages.charts.specifications import what_if as drawing
from service.http.pages.figures import FigureTable, Row, figure_question
from service.http.pages.view import View


class Side(NamedTuple):
    """A number as one table has it: in which row, if there is one, and which column."""

    table: FigureTable
    row: Row | None
    column: Column

    @property
    def value(self) -> Any:
        """The number; None where the table has none."""
        return self.table.value(self.row, self.column.name)

    @property
    def shown(self) -> Markup:
        """The same as people read it, with the way to its reasons."""
        return self.table.number(self.row, self.column.name)


class Measure(NamedTuple):
    """One number as it is and as it would be."""

    label: str
    before: Side
    after: Side

    @property
    def column(self) -> Column:
        """What it measures."""
        return self.after.column

    def difference_told(self, view: View) -> str:
        """What it would be more as people read it."""
        return told_difference(view, self.column, self.difference)

    @property
    def difference(self) -> float | None:
        """What it would be more; None where one of both is no number."""
        before, after = self.before.value, self.after.value
        if not isinstance(before, int | float) or not isinstance(after, int | float):
            return None
        return round(after - before, 4)


def twice(view: View, name: str, given: Mapping[str, Any], supposed: Mapping[str, Any]) -> tuple[ApiAddress, ...]:
    """The same question to a table as it is, and with what is supposed."""
    return figure_question(view, name, given), figure_question(view, name, {**given, **supposed})


def group_by_of(place: str) -> str:
    """The rows among which a place is, by its code."""
    return "country" if place == "NL" else "province" if place.startswith("PV") else "municipality"


def measure(
    view: View, tables: Sequence[FigureTable], name: str, code: str, label: str = "", **dimensions: str
) -> Measure:
    """A number of a place in two tables; its label is that of the column, unless another is given."""
    column = tables[0].figure.column(name)
    before, after = (Side(table, table.row(code, **dimensions), column) for table in tables)
    return Measure(label or view.language.of(column.label), before, after)


def task(tables: Sequence[FigureTable], code: str, label: str) -> Measure:
    """The task of a place as it is in one table, and as it would be in another."""
    before, after = tables
    return Measure(
        label,
        Side(before, before.row(code), before.figure.column("quota")),
        Side(after, after.row(code), after.figure.column("computed")),
    )


def sentence(view: View, one: Measure, what: str) -> str:
    """A difference in words."""
    before, after = one.before.value, one.after.value
    if one.difference is None:
        return view.gettext("Hier is geen getal om te vergelijken.")
    number = view.language.number
    told = {"before": number(before), "after": number(after), "what": what, "by": number(abs(one.difference))}
    if not one.difference:
        return view.gettext("Geen verschil: %(before)s personen %(what)s.") % told
    return (
        view.gettext("%(after)s personen %(what)s in plaats van %(before)s: %(by)s meer.")
        if one.difference > 0
        else view.gettext("%(after)s personen %(what)s in plaats van %(before)s: %(by)s minder.")
    ) % told


def chart_of(
    view: View,
    tables: Sequence[FigureTable],
    name: str,
    total: Measure | None,
    what: str,
    other: str | None = None,
    **dimensions: str,
) -> Chart | None:
    """The provinces as they are and as they would be, those that differ most above."""
    before, after = tables
    places = []
    for row in before.rows:
        if any(row[one] != value for one, value in dimensions.items()):
            continue
        then, now = row[name], after.value(after.row(str(row["code"]), **dimensions), other or name)
        if then is not None and now is not None:
            places.append(drawing.Place(str(row["name"]), then, now))
    if not places:
        return None
    places.sort(key=lambda one: one.before - one.after)
    most = max(places, key=lambda one: abs(one.after - one.before))
    say, number = view.gettext, view.language.number
    by = round(most.after - most.before, 2)
    title = (
        say("Geen provincie verandert")
        if not by
        else (say("%(name)s verandert het meest: %(by)s") % {"name": most.name, "by": number(by, signed=True)})
    )
    sentence = say("Per provincie het aantal zoals het is en zoals het zou zijn (%(what)s). %(title)s.") % {
        "what": what,
        "title": title,
    }
    heads = (say("Provincie"), say("Zoals het is"), say("Zoals het zou zijn"), say("Verschil"))
    return drawing.chart(ChartWords(title, sentence, heads), view.language, places=places)
