"""Where a housing of an earlier half-year ends up in the balance of a later one: with which municipality, if any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from domain.period import Period
from domain.places import Places
from domain.quota import Ledger, PeriodFigures, chain, ledger_of


class Reached(NamedTuple):
    """The municipality whose balance a person housed lowers by one; None when it lowers nobody's.

    `whole` is False where a municipality was split on the way: then balances were divided in whole persons, and who is
    one lower depends on all that was divided.
    """

    code: str | None
    whole: bool = True


class Passage:
    """The way from the half-years before into one half-year, as it stood on a day."""

    def __init__(
        self,
        period: Period,
        on: date,
        figures: Mapping[Period, PeriodFigures],
        places: Places,
        periods: Iterable[Period],
    ) -> None:
        """`periods` are those in which somebody was housed, as far as they are known beforehand."""
        self._period, self._on, self._figures, self._places = period, on, figures, places
        self._ledgers = self._opened({each for each in periods if each < period})
        self._found: dict[tuple[Period, str], Reached] = {}

    def _opened(self, periods: Iterable[Period]) -> dict[Period, Ledger]:
        """The books of every half-year on the way, those of nobody housed."""
        housed: dict[Period, dict[str, dict[str, int]]] = {each: {} for each in periods}
        before = dict(chain(self._period, self._on, self._figures, housed, self._places))
        carried = next(reversed(before.values())).remaining() if before else {}
        said = self._figures.get(self._period, PeriodFigures())
        return {**before, self._period: ledger_of(self._period, self._on, said, {}, carried, self._places)}

    def reached(self, of: Period, municipality: str) -> Reached:
        """Where a person ends up who was housed in a half-year, up to this one, by a municipality as posted."""
        key = of, municipality
        if key not in self._found:
            self._found[key] = self._follow(of, municipality)
        return self._found[key]

    def _follow(self, of: Period, municipality: str) -> Reached:
        if of not in self._ledgers:
            # The books of a half-year in which nobody was housed pass on what they were opened with.
            self._ledgers = self._opened({*self._ledgers, of} - {self._period})
        ledger = self._ledgers[of]
        code = self._places.existing(municipality, ledger.day)
        if of == self._period:
            return Reached(code)
        # Before its first quota or opening a municipality has no balance to pass on.
        if code not in ledger.opening and code not in ledger.quota:
            return Reached(None)
        whole = True
        heirs = {code}
        for period, later in self._ledgers.items():
            if period <= of:
                continue
            heirs = self._heirs(heirs, period.first)
            whole = whole and len(heirs) < 2
            # A recorded opening balance replaces what was carried over.
            said = self._figures.get(period, PeriodFigures()).openings
            heirs = {each for each in heirs if each not in said or not self._places.exists(each, period.first)}
            heirs = self._heirs(heirs, later.day)
            whole = whole and len(heirs) < 2
        return Reached(min(heirs, default=None), whole)

    def _heirs(self, codes: Iterable[str], on: date) -> set[str]:
        return {heir for code in codes for heir in self._places.heirs(code, on)}
