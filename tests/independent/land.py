"""Municipalities from day to day: which exist, what goes to whom, and how many live there (part 1, section 4).

The shipped facts are read from the tables in `domain/reference/`; events of the reference stream add to them.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path

from tests.independent.record import Event

_SHIPPED = Path(__file__).parents[2] / "domain" / "reference"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Municipality:
    """From its first day to the day on which it is no more; None is ever."""

    code: str
    province: str
    first: date | None
    until: date | None


@dataclass(frozen=True)
class Succession:
    """On this day so many inhabitants of one municipality went to another."""

    on: date
    ended: str
    into: str
    persons: int


@cache
def _shipped(name: str) -> tuple[dict[str, str], ...]:
    with (_SHIPPED / name).open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


class Land:
    """The country as the shipped tables and these reference events have it."""

    def __init__(self, events: Sequence[Event] = ()) -> None:
        self.municipalities = {
            row["code"]: Municipality(row["code"], row["province"], _day(row["from"]), _day(row["until"]))
            for row in _shipped("municipalities.csv")
        }
        self.provinces = sorted(row["code"] for row in _shipped("provinces.csv") if row["code"] != "NL")
        self.successions = [
            Succession(date.fromisoformat(row["on"]), row["municipality"], row["successor"], int(row["persons"]))
            for row in _shipped("successions.csv")
        ]
        self.counted: dict[date, dict[str, int]] = defaultdict(dict)
        for row in _shipped("inhabitants.csv"):
            self.counted[date.fromisoformat(row["on"])][row["code"]] = int(row["persons"])
        self._codes_on: dict[tuple[str, date], str] = {}
        for event in events:
            self._hear(event)

    def _hear(self, event: Event) -> None:
        if event.topic not in ("inhabitants-counted", "municipality-merged"):
            return
        said, on = event.data, date.fromisoformat(event.data["on"])
        if event.topic == "inhabitants-counted":
            self.counted[on][said["municipality"]] = said["persons"]
        if event.topic == "municipality-merged":
            ended, into = said["municipality"], said["into"]
            self.municipalities[ended] = replace(self.municipalities[ended], until=on)
            self.successions.append(Succession(on, ended, into, said.get("personsMoved", 0)))
            if into not in self.municipalities:
                self.municipalities[into] = Municipality(into, said["province"], on, None)

    def exists(self, code: str, on: date) -> bool:
        """Whether there is such a municipality that day."""
        one = self.municipalities.get(code)
        return one is not None and (one.first is None or one.first <= on) and (one.until is None or on < one.until)

    def codes(self, on: date) -> list[str]:
        """The municipalities of a day."""
        return sorted(code for code in self.municipalities if self.exists(code, on))

    def province(self, code: str) -> str:
        """The province a municipality lies in."""
        return self.municipalities[code].province

    def code_on(self, code: str, on: date) -> str:
        """Which municipality this one is that day: the successor that took most, the predecessor with most."""
        if (code, on) not in self._codes_on:
            self._codes_on[code, on] = self._code_on(code, on)
        return self._codes_on[code, on]

    def _code_on(self, code: str, on: date) -> str:
        while not self.exists(code, on):
            one = self.municipalities[code]
            if one.until is not None and on >= one.until:
                took = [(-s.persons, s.into) for s in self.successions if s.ended == code and s.on == one.until]
            else:
                took = [(-s.persons, s.ended) for s in self.successions if s.into == code and s.on == one.first]
            code = min(took)[1]
        return code

    def same(self, one: str, said_on: date, other: str, on: date) -> bool:
        """Whether what was one municipality that day and another on a later one are the same, seen on the later."""
        return self.code_on(self.code_on(one, said_on), on) == self.code_on(other, on)

    def named_on(self, code: str, said_on: date, on: date) -> str:
        """Whom what names a municipality on its day counts for on another."""
        return self.code_on(self.code_on(code, said_on), on)

    def handed_on(self, amounts: Mapping[str, int], after: date, until: date) -> dict[str, int]:
        """Amounts by municipality of one day as they are on a later one; of a split one pro rata."""
        held = dict(amounts)
        for on in sorted({s.on for s in self.successions if after < s.on <= until}):
            for ended in sorted({s.ended for s in self.successions if s.on == on} & set(held)):
                amount, weights = held.pop(ended), {}
                for s in self.successions:
                    if s.on == on and s.ended == ended:
                        weights[s.into] = s.persons
                for code, share in largest_remainder(abs(amount), weights).items():
                    held[code] = held.get(code, 0) + (share if amount >= 0 else -share)
        return held

    def inhabitants(self, first_day: date) -> dict[str, int]:
        """Those on 1 January of the year before, of the municipalities that exist on the first day of a period."""
        wanted, known = date(first_day.year - 1, 1, 1), sorted(self.counted)
        reference = min(max(wanted, known[0]), known[-1])
        amounts = {}
        for code in self.codes(reference):
            # The nearest year that counts it, the later of two as near.
            years = [year for year in known if code in self.counted[year]]
            if years:
                nearest = min(years, key=lambda year: (abs(year.year - reference.year), -year.year))
                amounts[code] = self.counted[nearest][code]
        return self.handed_on(amounts, reference, first_day)


def largest_remainder(amount: int, weights: Mapping[str, int]) -> dict[str, int]:
    """An amount by weight, in whole numbers; a tie goes to the larger, then to the lower code."""
    if len(weights) == 1:
        return dict.fromkeys(weights, amount)
    every = sum(weights.values())
    exact = {code: Fraction(amount * weight, every) for code, weight in weights.items()}
    given = {code: share.numerator // share.denominator for code, share in exact.items()}
    order = sorted(weights, key=lambda code: (given[code] - exact[code], -weights[code], code))
    for code in order[: amount - sum(given.values())]:
        given[code] += 1
    return given
