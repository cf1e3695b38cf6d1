"""How many persons are expected to get a permit in some days, by the forecasts that were published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from domain.months import DaysOfMonth, months_touched


class PermitForecast(NamedTuple):
    """So many persons from one day to another, both included; `position` is that of the event that says so."""

    first: date
    last: date
    persons: int
    position: int = 0


class Forecast(NamedTuple):
    """What is expected of the days of a month: by which forecast, and how many of its days lie in them."""

    by: PermitForecast
    days: int

    @property
    def persons(self) -> Fraction:
        """The forecast's persons pro rata to its days."""
        return Fraction(self.by.persons * self.days, (self.by.last - self.by.first).days + 1)


def forecast_of_month(days: DaysOfMonth, forecasts: Sequence[PermitForecast]) -> Forecast | None:
    """By the newest forecast that holds the last of the days; None without. `forecasts` are in effective order."""
    for one in reversed(forecasts):
        if one.first <= days.last <= one.last:
            return Forecast(one, (days.last - max(days.first, one.first)).days + 1)
    return None


def forecasts_of_days(first: date, last: date, forecasts: Sequence[PermitForecast]) -> list[Forecast]:
    """Month by month, of the months that have one."""
    found = (forecast_of_month(days, forecasts) for days in months_touched(first, last))
    return [one for one in found if one is not None]
