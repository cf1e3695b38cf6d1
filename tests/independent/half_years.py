"""Half-years and months: `2021-I` is 1 January to 30 June, `2021-II` 1 July to 31 December (part 1, section 1)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from tests.independent.land import DAY


def first_day(period: str) -> date:
    """Its first day."""
    year, half = period.split("-")
    return date(int(year), 1 if half == "I" else 7, 1)


def last_day(period: str) -> date:
    """Its last day."""
    return first_day(following(period)) - DAY


def reference_day(period: str) -> date:
    """1 April or 1 October."""
    first = first_day(period)
    return date(first.year, first.month + 3, 1)


def following(period: str) -> str:
    """The half-year after it."""
    year, half = period.split("-")
    return f"{year}-II" if half == "I" else f"{int(year) + 1}-I"


def preceding(period: str) -> str:
    """The half-year before it."""
    year, half = period.split("-")
    return f"{year}-I" if half == "II" else f"{int(year) - 1}-II"


def period_of(on: date) -> str:
    """The half-year of a day."""
    return f"{on.year}-{'I' if on.month <= 6 else 'II'}"


def months_later(on: date, months: int) -> date:
    """The same day of a later month, or its last one."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return date(year, month + 1, min(on.day, monthrange(year, month + 1)[1]))


def whole_months(period: str, on: date) -> int:
    """Months of a half-year that are over at the end of a day."""
    first, done = first_day(period), 0
    while done < 6 and months_later(first, done + 1) - DAY <= on:
        done += 1
    return done


def months_touched(first: date, last: date) -> list[tuple[date, date]]:
    """The months of a window, each as its first and last day."""
    at, told = first.replace(day=1), []
    while at <= last:
        told.append((at, months_later(at, 1) - DAY))
        at = months_later(at, 1)
    return told
