"""Ahead of the schedule or behind it, and since when: in words, from what tables say.

The schedule asks an equal part of the task for each whole month of a half-year, as `ahead` of the realisation does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from babel.dates import format_date

from domain.period import Period
from service.http.pages.figures import Row
from service.http.pages.palette import PaceState
from service.http.pages.view import View

Standing = PaceState | Literal["none"]
#: Less than one person is no difference: a part of the task that is no whole number can't be housed.
_A_PERSON = 1
#: A half-year has so many.
_MONTHS = 6


class Since(NamedTuple):
    """How it stands, and the first day of the month since whose end it stands so; None: since the beginning."""

    standing: Standing
    month: date | None = None


def standing_of(ahead: float | None) -> Standing:
    """How persons ahead of the schedule (behind it: negative) are called; `none` where there is no number."""
    if ahead is None:
        return "none"
    return "ahead" if ahead >= _A_PERSON else "behind" if ahead <= -_A_PERSON else "pace"


def furthest_behind_first(rows: Sequence[Row]) -> list[Row]:
    """Rows of the realisation, furthest behind the schedule first; without a number last."""
    return sorted(rows, key=lambda row: (row["ahead"] is None, row["ahead"] or 0, row["code"]))


def since_when(period: Period, ahead: float | None, days: Sequence[Row]) -> Since:
    """How it stands on the last of some days of a half-year, and since when: `days` are rows of the backlog."""
    now = standing_of(ahead)
    months = list(_months(period, days))
    since: date | None = (months[-1][0] + timedelta(32)).replace(day=1) if months else None
    for month, standing in reversed(months):
        if standing != now:
            return Since(now, since)
        since = month
    return Since(now, None)


def _months(period: Period, days: Sequence[Row]) -> Iterator[tuple[date, Standing]]:
    """Of each month that is over: its first day, and how it stood at its end."""
    for row in days:
        day = date.fromisoformat(row["on"])
        if Period.of(day) == period and (day + timedelta(1)).day == 1:
            schedule = None if row["task"] is None else row["task"] * period.months_completed(day) / 6
            yield day.replace(day=1), standing_of(None if schedule is None else row["realised"] - schedule)


def told_since(view: View, since: Since) -> str:
    """The same as a title: `Sinds april achter op het schema`."""
    say = view.gettext
    if since.standing == "none":
        return say("Nog geen aantal gepubliceerd")
    if since.month is None:
        if view.times.valid_on < view.period.first:
            return say("Het halfjaar is nog niet begonnen")
        months = view.period.months_completed(view.times.valid_on)
        if months == 0:
            return say("De eerste maand van het halfjaar loopt nog")
        return {
            ("ahead", False): say("Vanaf het begin voor op het schema"),
            ("pace", False): say("Vanaf het begin op schema"),
            ("behind", False): say("Vanaf het begin achter op het schema"),
            ("ahead", True): say("Het hele halfjaar voor op het schema"),
            ("pace", True): say("Het hele halfjaar op schema"),
            ("behind", True): say("Het hele halfjaar achter op het schema"),
        }[since.standing, months == _MONTHS]
    month = format_date(since.month, "LLLL", view.language.locale)
    return {
        "ahead": say("Sinds %(month)s voor op het schema"),
        "pace": say("Sinds %(month)s op schema"),
        "behind": say("Sinds %(month)s achter op het schema"),
    }[since.standing] % {"month": month}


def told_ahead(view: View, ahead: Any) -> str:
    """How far from the schedule, in words: `12 achter`, `op schema`."""
    say, standing = view.gettext, standing_of(ahead)
    number = "" if ahead is None else view.language.number(abs(round(ahead)))
    return {
        "ahead": say("%(number)s voor") % {"number": number},
        "behind": say("%(number)s achter") % {"number": number},
        "pace": say("op schema"),
        "none": say("geen aantal"),
    }[standing]
