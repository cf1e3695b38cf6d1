"""Quota arithmetic: what every municipality must house in a half-year, what it housed, what is left.

Pure functions over what the streams say. Everything counts persons; balances are signed: + backlog (too few housed),
- lead. Percentages, pace and ahead are exact fractions; rounding is for whoever writes them down (`domain.rounding`).

The caller cuts to the two times asked (what held on the day, what was known then): `figures` hold the quota events in
force and effective by the day, `realised` the postings on or before it. Municipalities may be named by any code they
had; mergers are applied here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import NamedTuple

from domain.allocation import adams
from domain.facts import QuotaTransferred
from domain.period import Period
from domain.places import Places

ByAccommodation = Mapping[str, int]
Realised = Mapping[Period, Mapping[str, ByAccommodation]]
"""Persons housed (less those returned) by period, municipality as posted and kind of accommodation."""


class Transfer(NamedTuple):
    """One line of a transfer of quota: persons (signed) that a municipality takes on from the day on.

    `number` is that of the transfer within its half-year, in effective order.
    """

    municipality: str
    persons: int
    on: date
    number: int = 0


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """What the stream of one period says: persons, per municipality where so named."""

    national: int | None = None
    """The number published or revised last; None while there is only a forecast."""
    municipal: Mapping[str, int] = field(default_factory=dict)
    """Municipal quotas as published; each overrides the computed one without rescaling the others."""
    openings: Mapping[str, int] = field(default_factory=dict)
    """Opening balances as recorded (signed); each replaces what was carried over."""
    transfers: Sequence[Transfer] = ()
    decisions: Mapping[int, Sequence[str]] = field(default_factory=dict)
    """By number of the transfer, the municipalities that decided to take part in it, as they were named."""
    reduction: int | None = None
    """The interim goal: persons by which the backlog must fall."""


@dataclass(frozen=True)
class Balance:
    """The balance of one municipality in one period on one day; None where no number has been published."""

    code: str
    name: str
    province: str | None
    inhabitants: int
    """On the reference date: 1 January of the calendar year before."""
    quota: int | None
    transferred: int
    opening: int
    realised_by_accommodation: ByAccommodation
    months: int
    """Whole months of the period completed."""

    # None of these is kept: it would take longer than to work it out again.

    @property
    def realised(self) -> int:
        """Persons housed, less those whose housing was undone."""
        return sum(self.realised_by_accommodation.values())

    @property
    def task(self) -> int | None:
        """Quota with transfers and opening balance."""
        return None if self.quota is None else self.quota + self.transferred + self.opening

    @property
    def remaining(self) -> int | None:
        """Task less realised: + backlog, - lead."""
        return None if (task := self.task) is None else task - self.realised

    @property
    def advance(self) -> int | None:
        """Persons housed beyond the task."""
        return None if (remaining := self.remaining) is None else max(0, -remaining)

    @property
    def percentage(self) -> Fraction | None:
        """Realised in hundredths of the task; None where the task was fulfilled before it began."""
        task = self.task
        return None if task is None or task <= 0 else Fraction(100 * self.realised, task)

    @property
    def pace(self) -> Fraction | None:
        """What should have been realised by now: an equal part of the task for each completed month."""
        return None if (task := self.task) is None else Fraction(task * self.months, 6)

    @property
    def ahead(self) -> Fraction | None:
        """Realised less pace."""
        return None if (task := self.task) is None else Fraction(6 * self.realised - task * self.months, 6)


@dataclass(frozen=True)
class Ledger:
    """The ledger of one period on one day, by the municipalities that exist on it."""

    day: date
    quota: Mapping[str, int]
    without_number: frozenset[str]
    transferred: Mapping[str, int]
    opening: Mapping[str, int]
    housed: Mapping[str, ByAccommodation]
    """As posted, by whatever code."""
    places: Places

    @cached_property
    def realised(self) -> Mapping[str, ByAccommodation]:
        """Persons housed by the municipality that they count for, and kind of accommodation."""
        found: dict[str, dict[str, int]] = {}
        existing = self.places.all_codes_on(self.day)
        for municipality, kinds in self.housed.items():
            of_code = found.setdefault(existing.get(municipality, municipality), {})
            for kind, persons in kinds.items():
                of_code[kind] = of_code.get(kind, 0) + persons
        return found

    @cached_property
    def remaining(self) -> Mapping[str, int]:
        """What passes on to the next period: of every municipality that has, or ever had, a quota or an opening."""
        left = dict(self.opening)
        had, without = left.get, self.without_number
        for code, persons in self.quota.items():
            left[code] = had(code, 0) + (0 if code in without else persons)
        for code, persons in self.transferred.items():
            if code in left and code not in without:
                left[code] += persons
        existing = self.places.all_codes_on(self.day)
        for municipality, kinds in self.housed.items():
            code = existing.get(municipality, municipality)
            if code in left:
                left[code] -= sum(kinds.values())
        return left


@lru_cache(maxsize=256)
def _shares(national: int, inhabitants: tuple[tuple[str, int], ...]) -> Mapping[str, int]:
    return adams(national, dict(inhabitants))


def quotas(period: Period, figures: PeriodFigures, places: Places) -> dict[str, int]:
    """The quota of every municipality that exists on the period's first day, before transfers; only known ones.

    Published where it was, else Adams over the inhabitants on 1 January of the calendar year before.
    """
    known: dict[str, int] = {}
    if figures.national is not None:
        known.update(_shares(figures.national, tuple(places.inhabitants(period.year - 1, period.first).items())))
    known.update({code: count for code, count in figures.municipal.items() if places.exists(code, period.first)})
    return known


def receiving_municipality(transfer: Transfer, period: Period, day: date, places: Places) -> str:
    """The municipality that a line of a transfer counts for: the one there on its own day, moved into the period."""
    return places.code_on(transfer.municipality, min(max(transfer.on, period.first), day))


def _transferred(period: Period, day: date, figures: PeriodFigures, places: Places) -> dict[str, int]:
    moved: dict[str, int] = {}
    for transfer in figures.transfers:
        code = receiving_municipality(transfer, period, day, places)
        moved[code] = moved.get(code, 0) + transfer.persons
    return places.handed_over(moved, day)


def compute_ledger(
    period: Period,
    on: date,
    figures: PeriodFigures,
    realised: Mapping[str, ByAccommodation],
    carried: Mapping[str, int],
    places: Places,
) -> Ledger:
    """The ledger of a period on a day; `carried` is what the period before left, by municipality."""
    first, day = period.first, period.nearest(on)
    recorded = {code: persons for code, persons in figures.openings.items() if places.exists(code, first)}
    known = quotas(period, figures, places)
    return Ledger(
        day=day,
        quota=places.handed_over(known, day),
        without_number=frozenset(
            heir for code in places.codes_on(first) if code not in known for heir in places.final_successors(code, day)
        ),
        transferred=_transferred(period, day, figures, places),
        opening=places.handed_over({**places.handed_over(carried, first), **recorded}, day),
        housed=realised if on >= first else {},
        places=places,
    )


def carried_balances(
    period: Period, on: date, figures: Mapping[Period, PeriodFigures], realised: Realised, places: Places
) -> Mapping[str, int]:
    """What the periods before left, by the municipalities that existed at the end of the last one.

    The end is its last day, or the day asked if that is earlier. The chain begins, for each municipality, with the
    first period that has a quota or an opening for it; a period without number passes on opening less realised.
    """
    left: Mapping[str, int] = {}
    for _, ledger in earlier_ledgers(period, on, figures, realised, places):
        left = ledger.remaining
    return left


def earlier_ledgers(
    period: Period, on: date, figures: Mapping[Period, PeriodFigures], realised: Realised, places: Places
) -> Iterator[tuple[Period, Ledger]]:
    """The ledger of every half-year before the period of which something was posted, each opened with what was left."""
    left: Mapping[str, int] = {}
    for each in sorted(each for each in {*figures, *realised} if each < period):
        ledger = compute_ledger(each, on, figures.get(each, PeriodFigures()), realised.get(each, {}), left, places)
        yield each, ledger
        left = ledger.remaining


def balances(
    period: Period,
    on: date,
    figures: Mapping[Period, PeriodFigures],
    realised: Realised,
    places: Places,
    *,
    opening: Mapping[str, int] | None = None,
) -> list[Balance]:
    """The balance of every municipality that exists on the day (capped to the period), in code order.

    For a day before the period: its municipalities of the first day, nothing realised. `opening` saves working out
    `carried_balances(period, on, ...)` again when the same period is asked for many days.
    """
    before = carried_balances(period, on, figures, realised, places) if opening is None else opening
    ledger = compute_ledger(period, on, figures.get(period, PeriodFigures()), realised.get(period, {}), before, places)
    inhabitants = places.inhabitants(period.year - 1, ledger.day)
    months = period.months_completed(on)
    return [
        Balance(
            code=code,
            name=places.name(code),
            province=places.province(code),
            inhabitants=inhabitants[code],
            quota=None if code in ledger.without_number else ledger.quota.get(code, 0),
            transferred=ledger.transferred.get(code, 0),
            opening=ledger.opening.get(code, 0),
            realised_by_accommodation={
                kind: persons for kind, persons in sorted(ledger.realised.get(code, {}).items()) if persons
            },
            months=months,
        )
        for code in places.codes_on(ledger.day)
    ]


def decided_by(transfer: Transfer, decisions: Mapping[int, Sequence[str]], places: Places) -> bool:
    """Whether the municipality of a line of a transfer decided to take part, by whichever code it had that day."""
    deciding = {places.code_on(code, transfer.on) for code in decisions.get(transfer.number, ())}
    return places.code_on(transfer.municipality, transfer.on) in deciding


def decisions_without_part(transferred: QuotaTransferred, on: date, places: Places) -> list[str]:
    """The municipalities whose decision a transfer of this day names, and that it moves nothing to or from."""
    parts = {places.code_on(part.municipality, on) for part in transferred.transfers}
    deciding = [one.municipality for one in transferred.decisions]
    return [code for code in deciding if places.code_on(code, on) not in parts]


class QuotaFinding(NamedTuple):
    """Something in a period's stream that cannot be so, and the municipality it names."""

    code: str
    municipality: str


def quota_findings(period: Period, figures: PeriodFigures, places: Places) -> list[QuotaFinding]:
    """What a period's stream has that has no effect, counts for another municipality, or cannot be."""
    found = set()
    for municipality in figures.municipal:
        if not places.exists(municipality, period.first):
            found.add(QuotaFinding("municipal-quota-for-no-municipality", municipality))
    for municipality in figures.openings:
        if not places.exists(municipality, period.first):
            found.add(QuotaFinding("opening-for-no-municipality", municipality))
    for transfer in figures.transfers:
        if not places.exists(transfer.municipality, period.nearest(transfer.on)):
            found.add(QuotaFinding("transfer-for-no-municipality", transfer.municipality))
    # Transfers are taken together, whatever their order; a quota below 0 is looked for before and after each merger.
    known = quotas(period, figures, places)
    for day in places.days_before_changes(period.first, period.last):
        until = [each for each in figures.transfers if each.on <= day]
        moved = _transferred(period, day, replace(figures, transfers=until), places)
        held = places.handed_over(known, day)
        found.update(
            QuotaFinding("quota-below-zero", code)
            for code, persons in moved.items()
            if code in held and held[code] + persons < 0
        )
    return sorted(found)
