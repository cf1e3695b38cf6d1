"""Instants and days: the one clock, which is passed in, the day in Amsterdam, and instants as they are written."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: The present instant, with its zone.
Clock = Callable[[], datetime]

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
#: No instant is before it.
EARLIEST = datetime.min.replace(tzinfo=UTC)

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|(?!-00:00)[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)


def today(clock: Clock) -> date:
    """The calendar day in Amsterdam."""
    return day_in_amsterdam(clock())


def day_in_amsterdam(instant: datetime) -> date:
    """The calendar day that an instant falls on in Amsterdam."""
    return instant.astimezone(AMSTERDAM).date()


def beginning_of(day: date) -> datetime:
    """The first instant of a calendar day in Amsterdam, in UTC; of the first day that there is what UTC has of it."""
    try:
        return datetime.combine(day, time(), AMSTERDAM).astimezone(UTC)
    except OverflowError:
        return EARLIEST


def end_of(day: date) -> datetime:
    """The first instant after a calendar day in Amsterdam, in UTC; of the last day that there is the last there is."""
    return beginning_of(day + timedelta(days=1)) if day < date.max else datetime.max.replace(tzinfo=UTC)


def parse_instant(text: str) -> datetime | None:
    """An RFC 3339 instant in UTC, to the microsecond; None when it is not one, in capitals and with an offset."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def format_instant(instant: datetime) -> str:
    """An instant as every answer writes it: milliseconds, or as many digits as it needs, and Z."""
    text = instant.isoformat(timespec="milliseconds" if instant.microsecond % 1000 == 0 else "microseconds")
    return text.replace("+00:00", "Z")
