"""Which municipalities need the supervisor, and is it their doing? The page of a province."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from domain.period import Period
from service.foundation.problems import nothing_there
from service.foundation.time import end_of, format_instant
from service.http.pages.charts.chart import Chart, ChartWords
from service.http.pages.charts.specifications import pace
from service.http.pages.figures import FigureTable, Row, figure_question, read_figures
from service.http.pages.half_years import choices, name_of, reached
from service.http.pages.municipal_areas import places_of
from service.http.pages.rendering import Page
from service.http.pages.standing import Since, since_when, told_ahead, told_since
from service.http.pages.states import state_of
from service.http.pages.value_words import word_of
from service.http.pages.view import View


class Month(NamedTuple):
    """The end of a month, or the last day told: its row, and where to read what changed it, for who may, and where."""

    name: str
    row: Row
    changed: str | None
    opened: str
    shown: bool


class Moved(NamedTuple):
    """A municipality at the ends of two months; before the first of a half-year there is none (None)."""

    before: Row | None
    after: Row
    differs: bool


async def show(view: View) -> Page:
    """A province in a half-year, and one month of it by municipality."""
    code, period, until = view.request.path_params["code"], view.period, reached(view)
    questions = [
        figure_question(view, "realisation", {"period": period, "groupBy": "province"}),
        figure_question(view, "supervision", {"period": period, "groupBy": "municipality"}),
        figure_question(view, "supervision", {"period": period, "groupBy": "province"}),
        figure_question(view, "supply", {"period": period, "groupBy": "province"}),
    ]
    if until is not None:
        month = _asked_month(view, period, until)
        window = {"from": period.first, "to": until, "step": "month"}
        ends = {"from": max(_before(month), period.first), "to": month, "step": "month"}
        questions += [
            figure_question(view, "backlog", {**window, "groupBy": "province"}),
            figure_question(view, "backlog", {**ends, "groupBy": "municipality"}),
        ]
    tables = await read_figures(view, *questions)
    realisation, supervision, of_province, supply = tables[:4]
    row = realisation.row(code)
    if realisation.ok and row is None:
        raise nothing_there()
    places = await places_of(view, [one["code"] for one in supervision.rows])
    within = {one for one in places.codes if places.province(one) == code}
    since = since_when(period, realisation.value(row, "ahead"), [])
    shown: dict[str, Any] = {
        "code": code,
        "row": row,
        "half_year": name_of(view, period),
        "choices": choices(view),
        "deadline": _deadline(view),
        "realisation": realisation,
        "supervision": supervision,
        "closed": None if supervision.ok else state_of(view, supervision.answer, supervision.operation),
        "judged": _own_first([one for one in supervision.rows if one["code"] in within]),
        "of_province": of_province,
        "whole": of_province.row(code),
        "supply": supply,
        "supplied": supply.row(code),
        "light_words": lambda value: view.gettext("geen licht") if value is None else word_of(view, value),
        "beyond": lambda one: (one["attributable"] or 0) > (one["margin"] or 0),
        "since_day": lambda one: view.language.short_day(date.fromisoformat(one["rungSince"])),
        "told_ahead": told_ahead(view, realisation.value(row, "ahead")),
        "months": (),
        "moved": (),
        "chart": None,
    }
    if until is not None:
        backlog, moved = tables[4:]
        rows = list(backlog.rows_of(code))
        since = since_when(period, realisation.value(row, "ahead"), rows)
        chart = _pace(view, row, rows, since)
        shown |= {
            "backlog": backlog,
            "months": [_month(view, backlog, one, month) for one in rows],
            "month": view.language.month(f"{month:%Y-%m}"),
            "month_before": _before(month),
            "month_end": month,
            "moved_table": moved,
            "moved": _moved([one for one in moved.rows if one["code"] in within], month),
            "chart": chart,
            "drawn": None if chart is None else (await view.draw(chart))[0],
        }
    shown |= {"standing": since.standing, "title": told_since(view, since)}
    return Page("province.html.jinja", row["name"] if row else code, shown, [one.address for one in tables])


def _deadline(view: View) -> str:
    """By when the task must be done, and what follows then."""
    last, left = view.period.last, (view.period.last - view.times.valid_on).days
    words = {"day": view.language.day(last), "num": view.language.number(max(left, 0))}
    if left <= 0:
        say = view.gettext
        return (
            say("Het halfjaar liep tot en met %(day)s; wat nu nog resteert, weegt mee voor de volgende trede.") % words
        )
    return (
        view.language.ngettext(
            "Uiterlijk %(day)s moet de opgave af zijn: nog %(num)s dag. Daarna volgt een voorstel voor de trede.",
            "Uiterlijk %(day)s moet de opgave af zijn: nog %(num)s dagen. Daarna volgt een voorstel voor de trede.",
            left,
        )
        % words
    )


def _own_first(rows: Sequence[Row]) -> list[Row]:
    """Municipalities of which most is their own first; among equals who has most left."""
    return sorted(rows, key=lambda row: (-(row["attributable"] or 0), -(row["gross"] or 0), row["name"]))


def _asked_month(view: View, period: Period, until: date) -> date:
    """The last day of the month that is shown by municipality: the one asked for, else the last."""
    ends = {f"{day:%Y-%m}": day for day in _ends(period, until)}
    return ends[view.one_of("month", ends, f"{until:%Y-%m}")]


def _ends(period: Period, until: date) -> list[date]:
    firsts = [date(period.year, period.first.month + month, 1) for month in range(6)]
    return [min(_last_of(first), until) for first in firsts if first <= until]


def _last_of(first: date) -> date:
    return (first + timedelta(32)).replace(day=1) - timedelta(1)


def _before(day: date) -> date:
    """The last day of the month before."""
    return day.replace(day=1) - timedelta(1)


def _month(view: View, backlog: FigureTable, row: Row, shown: date) -> Month:
    day = date.fromisoformat(row["on"])
    # What was recorded since the month before ended, and holds by the end of this one.
    began = format_instant(end_of(_before(day)))
    return Month(
        view.language.month(f"{day:%Y-%m}"),
        row,
        backlog.changed(row, "remaining", knownFrom=began) if view.may("compare_figure_backlog") else None,
        view.same(month=f"{day:%Y-%m}") + "#month",
        day == shown,
    )


def _moved(rows: Collection[Row], end: date) -> list[Moved]:
    """Each municipality at both ends, those that changed first."""
    before = {row["code"]: row for row in rows if row["on"] < end.isoformat()}
    pairs = [
        Moved(was := before.get(row["code"]), row, was is None or was["remaining"] != row["remaining"])
        for row in rows
        if row["on"] == end.isoformat()
    ]
    return sorted(pairs, key=lambda one: (-_growth(one), one.after["name"]))


def _growth(one: Moved) -> int:
    was = 0 if one.before is None else one.before["remaining"] or 0
    growth: int = (one.after["remaining"] or 0) - was
    return growth


def _pace(view: View, row: Row | None, rows: Sequence[Row], since: Since) -> Chart | None:
    """Who was housed by the end of each month against the schedule."""
    say, period = view.gettext, view.period
    if row is None or not row["task"] or not rows:
        return None
    sentence = say(
        "%(housed)s van de %(task)s mensen zijn gehuisvest; volgens het schema moesten het er %(pace)s zijn."
    )
    number = view.language.number
    told = {"housed": number(row["realised"]), "task": number(row["task"]), "pace": number(row["pace"])}
    heads = (say("Dag"), say("Gehuisvest"), say("Schema"), str(period.previous))
    return pace.chart(
        ChartWords(told_since(view, since), sentence % told, heads),
        view.language,
        begins=period.first,
        ends=period.last,
        task=row["task"],
        housed=[(date.fromisoformat(one["on"]), one["realised"]) for one in rows],
    )
