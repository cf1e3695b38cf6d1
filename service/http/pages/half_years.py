"""The half-year that a page speaks of: how far it is by the day of the page, what it is called, and its neighbours."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from domain.period import Period
from service.http.pages.view import View


class Choice(NamedTuple):
    """A half-year that can be chosen: its name, the address of the same page in it, and whether it is the one shown."""

    name: str
    address: str
    shown: bool


def reached(view: View) -> date | None:
    """The last day of the half-year that lies before the end of the page's day; None before it begins."""
    until = min(view.period.last, view.times.valid_on)
    return until if until >= view.period.first else None


def name_of(view: View, period: Period) -> str:
    """A half-year in words: `de eerste helft van 2022`."""
    first, second = view.gettext("de eerste helft van %(year)s"), view.gettext("de tweede helft van %(year)s")
    return (first if period.half == 1 else second) % {"year": period.year}


def choices(view: View) -> list[Choice]:
    """The half-year of the page between the one before and the one after."""
    shown = view.period
    return [Choice(str(one), view.same(period=one), one == shown) for one in (shown.previous, shown, shown.next)]
