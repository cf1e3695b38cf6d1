"""Quota, opening balance, task and realisation (part 1, section 4, *Quota realisation*)."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.independent.half_years import first_day, last_day, preceding, whole_months
from tests.independent.land import Land
from tests.independent.record import Event
from tests.independent.world import World

NUMBERS = ("quota-published", "quota-revised")
GROUNDS = ("asylum", "family", "resettlement", "unknown")


def adams(persons: int, inhabitants: Mapping[str, int]) -> dict[str, int]:
    """The divisor at which the shares rounded up add to the number: the next person goes where inhabitants for each
    person already given are most, and the first to everybody. A tie goes to the larger, then to the lower code."""
    given = dict.fromkeys(inhabitants, 0)
    waiting = [(0, -amount, code) for code, amount in inhabitants.items()]
    first, later = sorted(waiting), []
    for _, amount, code in first[:persons]:
        given[code] = 1
        later.append((Fraction(amount), amount, code))
    heapq.heapify(later)
    for _ in range(persons - sum(given.values())):
        _, amount, code = heapq.heappop(later)
        given[code] += 1
        heapq.heappush(later, (Fraction(amount, given[code]), amount, code))
    return given


@dataclass
class Stand:
    """How a half-year stands on a day, by the municipalities of `rows_on`."""

    period: str
    rows_on: date
    land: Land
    codes: list[str]
    quota: dict[str, int]
    transferred: dict[str, int]
    opening: dict[str, int]
    realised: dict[str, int]
    months: int
    counted: set[str]

    def task(self, code: str) -> int | None:
        """None without a quota."""
        if code not in self.quota:
            return None
        return self.quota[code] + self.transferred.get(code, 0) + self.opening.get(code, 0)

    def remaining(self, code: str) -> int | None:
        """Signed."""
        task = self.task(code)
        return None if task is None else task - self.realised.get(code, 0)

    def pace(self, code: str) -> Fraction | None:
        """What should have been done by now."""
        task = self.task(code)
        return None if task is None else Fraction(task * self.months, 6)

    def passes_on(self, code: str) -> int:
        """What the next half-year opens with."""
        remaining = self.remaining(code)
        return self.opening.get(code, 0) - self.realised.get(code, 0) if remaining is None else remaining


class Balances:
    """Half-years with the quota events by `by`."""

    def __init__(self, world: World, by: date) -> None:
        self.world, self.by, self.land = world, by, world.land

    def national(self, period: str) -> int | None:
        """The newest of published and revised."""
        told = self.world.period(period, self.by, *NUMBERS)
        return int(told[-1].data["persons"]) if told else None

    def inhabitants(self, period: str) -> dict[str, int]:
        """As the computation takes them."""
        return self.land.inhabitants(first_day(period))

    def _named(self, period: str, topic: str) -> dict[str, int]:
        exist = set(self.land.codes(first_day(period)))
        told = self.world.period(period, self.by, topic)
        return {one.data["municipality"]: one.data["persons"] for one in told if one.data["municipality"] in exist}

    def municipal(self, period: str) -> dict[str, int]:
        """The municipal quotas published."""
        return self._named(period, "municipal-quota-published")

    def quotas(self, period: str) -> dict[str, int]:
        """Of the municipalities of the first day, those that have one."""
        national = self.national(period)
        key = ("adams", period, national)
        if key not in self.world.remembered:
            self.world.remembered[key] = {} if national is None else adams(national, self.inhabitants(period))
        computed = self.world.remembered[key]
        assert isinstance(computed, dict)
        return {**computed, **self.municipal(period)}

    def counted_since(self, period: str) -> set[str]:
        """Of the municipalities of the first day those that have a number or an opening in this half-year or one
        before it: the others pass nothing on."""
        if self.national(period) is not None:
            return set(self.land.codes(first_day(period)))
        own = {*self.municipal(period), *self._named(period, "opening-balance-recorded")}
        return own | self._counted_before(period)

    def _counted_before(self, period: str) -> set[str]:
        if not any(first_day(one) < first_day(period) for one in self.world.periods()):
            return set()
        before = preceding(period)
        earlier = self.counted_since(before)
        return set(self.land.handed_on(dict.fromkeys(earlier, 1_000_000), first_day(before), first_day(period)))

    def transfers(self, period: str, rows_on: date) -> dict[str, int]:
        """What was transferred, by the municipalities of a day."""
        total: dict[str, int] = {}
        at = first = first_day(period)
        told = self.world.period(period, self.by, "quota-transferred")
        for event in told:
            if event.on <= rows_on:
                # What was agreed beforehand is of the municipalities of the first day.
                on = max(first, event.on)
                total, at = self.land.handed_on(total, at, on), on
                _add(total, self.land, event, on)
        total = self.land.handed_on(total, at, rows_on)
        for event in told:
            # Said of a later day than the rows are of: whom it names then, as that one was.
            if event.on > rows_on:
                _add(total, self.land, event, rows_on)
        return total

    def realised(self, period: str, on: date, rows_on: date) -> dict[str, int]:
        """Persons housed in the half-year by a day."""
        done: dict[str, int] = defaultdict(int)
        for code, _, _, adds in self.housings(period, on, rows_on):
            done[code] += adds
        return done

    def housings(self, period: str, on: date, rows_on: date) -> list[tuple[str, str, str, int]]:
        """Each housing and each return that counts: municipality, accommodation, ground, +1 or -1."""
        first, last = first_day(period), min(on, last_day(period))
        told = []
        # Persons, and the ground of the permit, as on the day asked, also where the half-year was over by then.
        for life in self.world.lives(self.by) if last >= first else ():
            for housing in life.housings:
                code = self.land.named_on(housing.municipality, housing.on, rows_on)
                for day, adds in ((housing.on, 1), (housing.undone, -1)):
                    if day is not None and first <= day <= last:
                        told.append((code, housing.accommodation, life.ground, adds))
        return told

    def opening(self, period: str, on: date) -> dict[str, int]:
        """What each municipality of the first day carries into a half-year, as of a day."""
        recorded = self._named(period, "opening-balance-recorded")
        since = self._counted_before(period)
        if not since:
            return recorded
        before = self.stand(preceding(period), min(on, last_day(preceding(period))))
        carried = {code: before.passes_on(code) for code in before.codes if code in before.counted}
        return {**self.land.handed_on(carried, before.rows_on, first_day(period)), **recorded}

    def stand(self, period: str, on: date, rows_on: date | None = None) -> Stand:
        """How a half-year stands at the end of a day (its last one, if that is earlier), by the municipalities of that
        day, or of a later one."""
        first, day = first_day(period), min(on, last_day(period))
        rows_on = max(first, day) if rows_on is None else rows_on
        key = ("stand", self.by, period, day, rows_on)
        if key not in self.world.remembered:

            def on_rows(amounts: dict[str, int]) -> dict[str, int]:
                return self.land.handed_on(amounts, first, rows_on)

            # What one of those that became a municipality does not have, that one has not either.
            quotas = self.quotas(period)
            lacking = set(on_rows({code: 1_000_000 for code in self.land.codes(first) if code not in quotas}))
            quotas = {code: quota for code, quota in on_rows(quotas).items() if code not in lacking}

            self.world.remembered[key] = Stand(
                period,
                rows_on,
                self.land,
                self.land.codes(rows_on),
                quotas,
                self.transfers(period, rows_on),
                on_rows(self.opening(period, on)),
                self.realised(period, day, rows_on),
                whole_months(period, day),
                set(on_rows(dict.fromkeys(self.counted_since(period), 1_000_000))),
            )
        told = self.world.remembered[key]
        assert isinstance(told, Stand)
        return told


def _add(total: dict[str, int], land: Land, event: Event, on: date) -> None:
    for one in event.data["transfers"]:
        code = land.named_on(one["municipality"], event.on, on)
        total[code] = total.get(code, 0) + one["persons"]


def begins(on: date) -> str | None:
    """The half-year that begins on a day."""
    return next((one for half in ("I", "II") if first_day(one := f"{on.year}-{half}") == on), None)
