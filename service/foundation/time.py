"""Instants and days: the one clock, which is passed in, the day in Amsterdam, and instants as they are written."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

#: The present instant, with its zone.
Clock = Callable[[], datetime]

AMSTERDAM = ZoneInfo("Europe/Amsterdam")

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
