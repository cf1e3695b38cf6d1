"""The charts of the country: what stands in each, and its title, worked out from the rows of the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from domain.norm_sets import PHASE_NAMES
from service.http.pages.charts.chart import Chart, ChartWords
from service.http.pages.charts.specifications import months, pace, phases, provinces
from service.http.pages.figures import FigureTable, Row
from service.http.pages.standing import Since, furthest_behind_first, standing_of, told_since
from service.http.pages.view import View
from service.http.pages.words import NONE


def pace_chart(view: View, country: FigureTable, backlog: FigureTable, since: Since) -> Chart | None:
    """Who was housed by each day of the half-year against the schedule, the half-year before in grey."""
    say, number, period = view.gettext, view.language.number, view.period
    row = country.rows[0] if country.rows else None
    days = [(date.fromisoformat(one["on"]), one["realised"]) for one in backlog.rows]
    housed = [one for one in days if one[0] >= period.first]
    if row is None or not row["task"] or not housed:
        return None
    day = view.language.day(housed[-1][0])
    sentence = say(
        "Van %(first)s tot en met %(day)s zijn %(housed)s mensen gehuisvest van de %(task)s; "
        "volgens het schema, een gelijk deel per hele maand, moesten het er %(pace)s zijn."
    ) % {
        "first": view.language.day(period.first),
        "day": day,
        "housed": number(row["realised"]),
        "task": number(row["task"]),
        "pace": number(row["pace"]),
    }
    heads = (say("Dag"), say("Gehuisvest"), say("Schema"), str(period.previous))
    return pace.chart(
        ChartWords(_compared(view, days, housed) or told_since(view, since), sentence, heads),
        view.language,
        begins=period.first,
        ends=period.last,
        task=row["task"],
        housed=housed,
        earlier=[one for one in days if one[0] < period.first],
    )


def _compared(view: View, days: Sequence[tuple[date, int]], housed: Sequence[tuple[date, int]]) -> str:
    """How many were housed as far into the half-year before, as a title; empty where nobody was."""
    period, before = view.period, view.period.previous
    until = housed[-1][0]
    far = before.last if until == period.last else min(before.first + (until - period.first), before.last)
    then = max((total for day, total in days if day <= far), default=0)
    if not then:
        return ""
    say = view.gettext
    title = (
        say("Meer gehuisvest dan op dit punt in %(half_year)s: toen %(then)s")
        if housed[-1][1] > then
        else say("Minder gehuisvest dan op dit punt in %(half_year)s: toen %(then)s")
        if housed[-1][1] < then
        else say("Evenveel gehuisvest als op dit punt in %(half_year)s: %(then)s")
    )
    return title % {"half_year": before, "then": view.language.number(then)}


def phases_chart(view: View, with_family: FigureTable, without: FigureTable) -> Chart | None:
    """How long each phase took of whom it ended in the half-year, with and without family, against the norm."""
    say, number = view.gettext, view.language.number
    if not (with_family.rows and without.rows):
        return None
    norm, names = without.answer.body["norm"], phase_names(view)
    groups = ((say("zonder nareis"), without.rows[0]), (say("met nareis"), with_family.rows[0]))
    rows = [
        phases.Phase(
            names[phase], group, row[f"{phase}CompletedMedian"], row[f"{phase}CompletedP90"], norm[phase] or None
        )
        for phase in PHASE_NAMES
        for group, row in groups
    ]
    over = [one for one in rows if one.median and one.norm and one.median > one.norm]
    if over:
        worst = max(over, key=lambda one: (one.median or 0) / (one.norm or 1))
        title = say("%(phase)s duurt voor de helft langer dan %(days)s dagen; de norm is %(norm)s") % {
            "phase": worst.phase,
            "days": number(worst.median or 0),
            "norm": number(worst.norm or 0),
        }
    else:
        title = say("In elke fase blijft de helft binnen de norm")
    whole = rows[-2]
    sentence = say(
        "Van vergunning tot huisvesting duurde het zonder nareis voor de helft hooguit %(median)s dagen en voor "
        "negen op de tien hooguit %(ninety)s."
    ) % {"median": _days(view, whole.median), "ninety": _days(view, whole.ninety)}
    heads = (say("Fase"), say("Groep"), say("Helft binnen"), say("Negen op de tien binnen"), say("Norm"))
    return phases.chart(ChartWords(title, sentence, heads), view.language, phases=rows, unit=say("dagen"))


def provinces_chart(view: View, by_province: FigureTable, backlog: FigureTable) -> Chart | None:
    """Which share of its task each province has done by the end of each month."""
    say, period = view.gettext, view.period
    length = (period.last - period.first).days + 1
    panels = []
    for row in furthest_behind_first(by_province.rows):
        done = [
            (((date.fromisoformat(one["on"]) - period.first).days + 1) / length, one["realised"] / one["task"])
            for one in backlog.rows_of(row["code"])
            if one["task"]
        ]
        standing = standing_of(row["ahead"])
        if done and standing != "none" and row["percentage"] is not None:
            told = view.language.number(row["percentage"]) + "\u00a0%"
            panels.append(provinces.Panel(row["name"], done, standing, told))
    if not panels:
        return None
    behind = sum(one.state == "behind" for one in panels)
    title = view.language.ngettext(
        "%(num)s provincie loopt achter op het schema", "%(num)s provincies lopen achter op het schema", behind
    ) % {"num": behind or say("Geen van de")}
    sentence = say("Van elke provincie het deel van de opgave dat is gehuisvest, tegenover het schema. %(rows)s") % {
        "rows": ", ".join(f"{one.name} {one.told}" for one in panels)
    }
    heads = (say("Provincie"), say("Gehuisvest"), say("Schema"))
    return provinces.chart(ChartWords(title, sentence, heads), view.language, panels=panels)


def permits_chart(view: View, permits: FigureTable) -> Chart | None:
    """The permits of each month, and what is forecast for months that are not over."""
    say, number = view.gettext, view.language.number
    rows = list(_months(view, permits.rows))
    granted = [one for one in rows if one.arrived]
    if not granted:
        return None
    last, most = granted[-1], max(granted, key=lambda one: one.arrived or 0)
    title = say("In %(month)s zijn %(granted)s vergunningen verleend; de meeste waren het er %(most)s in %(then)s") % {
        "month": view.language.month(f"{last.begins:%Y-%m}"),
        "granted": number(last.arrived or 0),
        "most": number(most.arrived or 0),
        "then": view.language.month(f"{most.begins:%Y-%m}"),
    }
    sentence = say("Per maand de verleende vergunningen, en voor maanden die nog komen wat is voorzien.")
    heads = (say("Maand"), say("Verleend"), say("Voorzien"))
    return months.chart(ChartWords(title, sentence, heads), view.language, months=rows)


def _months(view: View, rows: Sequence[Row]) -> Iterator[months.Month]:
    for row in rows:
        begins = date.fromisoformat(f"{row['month']}-01")
        over = begins <= view.times.valid_on
        forecast = None if over or row["forecast"] is None else round(row["forecast"])
        yield months.Month(begins, row["granted"] if over else None, forecast)


def phase_names(view: View) -> dict[str, str]:
    """What the phases are called."""
    say = view.gettext
    return {
        "linking": say("Koppelen"),
        "housing": say("Huisvesten"),
        "departure": say("Vertrek"),
        "total": say("Het hele traject"),
    }


def _days(view: View, days: Any) -> str:
    return NONE if days is None else view.language.number(days)
