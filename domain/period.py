"""Half-years, the periods for which the target is set: 1 January - 30 June (I) and 1 July - 31 December (II)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

_WRITTEN = re.compile(r"([0-9]{4})-(I|II)", re.ASCII)


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """One half-year, ordered in time; written "2021-I" or "2021-II"."""

    year: int
    half: int

    def __post_init__(self) -> None:
        if self.half not in (1, 2):
            raise ValueError(f"a year has half 1 and half 2, not {self.half}")
        if not 1 <= self.year <= 9999:
            raise ValueError(f"no calendar year: {self.year}")

    @classmethod
    def parse(cls, written: str) -> Period:
        """The period written as "2021-I" or "2021-II"; ValueError on anything else."""
        match = _WRITTEN.fullmatch(written)
        if match is None:
            raise ValueError(f"not a period such as 2021-I or 2021-II: {written!r}")
        return cls(int(match[1]), len(match[2]))

    @classmethod
    def of(cls, day: date) -> Period:
        """The period in which a day falls."""
        return cls(day.year, 1 if day.month <= 6 else 2)

    @property
    def first(self) -> date:
        """The first day, 1 January or 1 July."""
        return date(self.year, 1 if self.half == 1 else 7, 1)

    @property
    def last(self) -> date:
        """The last day, 30 June or 31 December."""
        return date(self.year, 6, 30) if self.half == 1 else date(self.year, 12, 31)

    @property
    def previous(self) -> Period:
        """The half-year before."""
        return Period(self.year, 1) if self.half == 2 else Period(self.year - 1, 2)

    @property
    def next(self) -> Period:
        """The half-year after."""
        return Period(self.year, 2) if self.half == 1 else Period(self.year + 1, 1)

    def nearest(self, day: date) -> date:
        """A day moved into the half-year: that of which its books and its rows are on that day."""
        return min(max(day, self.first), self.last)

    def months_completed(self, on: date) -> int:
        """Whole months (0-6) of this period that are completed at the end of the day."""
        if on < self.first:
            return 0
        if on >= self.last:
            return 6
        # A month is completed when the day after lies in a later month.
        day_after = on + timedelta(days=1)
        return day_after.month - self.first.month

    def __str__(self) -> str:
        return f"{self.year:04d}-{'I' * self.half}"
