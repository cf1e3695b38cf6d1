"""A date as far as it is known: a day, or only its month or year, as ISO 8601 writes it."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

#: All that `parse` takes, and nothing else: `1988-05-17`, `1988-05` and `1988`, with the days that a month has.
PATTERN = (
    "^(?!0000)("
    "[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|1[0-9]|2[0-8]))?)?"
    "|[0-9]{4}-(0[13-9]|1[0-2])-(29|30)"
    "|[0-9]{4}-(0[13578]|1[02])-31"
    "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29"
    ")$"
)
_WRITTEN = re.compile(PATTERN, re.ASCII)
_LENGTH_OF_A_DAY = 10


class PartialDate(NamedTuple):
    """A date of which the day is not known, nor perhaps the month."""

    year: int
    month: int | None = None

    def __str__(self) -> str:
        return f"{self.year:04}" if self.month is None else f"{self.year:04}-{self.month:02}"


def parse(text: str) -> date | PartialDate:
    """The date that is written so; ValueError on anything else."""
    if not _WRITTEN.fullmatch(text):
        raise ValueError("no day, month or year")
    if len(text) == _LENGTH_OF_A_DAY:
        return date.fromisoformat(text)
    return PartialDate(*map(int, text.split("-")))
