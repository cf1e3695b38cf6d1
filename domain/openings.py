"""Opening balances worked out once: what each half-year passed on, kept by all that it was worked out from."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import date
from threading import Lock
from typing import Any

from domain.period import Period
from domain.places import Places
from domain.quota import ByAccommodation, PeriodFigures, Realised, ledger_of

_NOTHING_SAID = PeriodFigures()
_NOBODY: Mapping[str, ByAccommodation] = {}
_NO_BALANCES: Mapping[str, int] = {}
# A half-year costs some 20 kB, and as much again for the tally of it that is kept.
_MOST = 240


class Openings:
    """What half-years passed on, as `domain.quota.carried` has it, for whoever asks with the very same objects again.

    They are told apart by identity, and kept with the answer: figures, tallies and places must never change once they
    were given here. May be asked by several threads at once.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._found: OrderedDict[tuple[Any, ...], tuple[Mapping[str, int], tuple[Any, ...]]] = OrderedDict()
        self._lock = Lock()

    def carried(
        self, period: Period, on: date, figures: Mapping[Period, PeriodFigures], realised: Realised, places: Places
    ) -> Mapping[str, int]:
        """What the periods before left, see `domain.quota.carried`."""
        left = _NO_BALANCES
        for each in sorted(each for each in {*figures, *realised} if each < period):
            left = self._passed_on(
                each, on, figures.get(each, _NOTHING_SAID), realised.get(each, _NOBODY), left, places
            )
        return left

    def _passed_on(
        self,
        period: Period,
        on: date,
        figures: PeriodFigures,
        realised: Mapping[str, ByAccommodation],
        carried: Mapping[str, int],
        places: Places,
    ) -> Mapping[str, int]:
        # The books of a half-year close on its last day; before its first one nobody is housed in it.
        day = period.nearest(on), on >= period.first
        key = (period, day, id(figures), id(realised), id(carried), id(places))
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key][0]
        left = ledger_of(period, on, figures, realised, carried, places).remaining()
        with self._lock:
            # Who was first is right too, and what follows from it is found again.
            found, _ = self._found.setdefault(key, (left, (figures, realised, carried, places)))
            while len(self._found) > self._most:
                self._found.popitem(last=False)
        return found
