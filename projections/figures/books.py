"""What half-years rest on, for both times of a question: read once, their books and rows worked out when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from domain.breakdown import Breakdown, break_down
from domain.period import Period
from domain.quota import Ledger, PeriodFigures, earlier_ledgers, quotas
from domain.totals import GroupBy
from projections.figure import Query
from projections.figures.quota_parts import common_divisor
from projections.quota import read_period_figures
from projections.realisation import RealisationRow, compute_realisation, read_housed_and_grounds

#: The parameter that no request has: the day by which who was housed counts, no later than the day asked.
HOUSED_BY = "housedBy"


def housed_by(query: Query) -> date:
    """The day by which who was housed counts."""
    found: date = query.given.get(HOUSED_BY, query.asked.valid_on)
    return found


class Inputs:
    """All that the half-years rest on for both times, read once; their books and rows worked out when asked for.

    Who was housed may be looked at on an earlier day than the books (`HOUSED_BY` among the parameters): what had been
    done by then of the task as it is on the day asked. Kinds and grounds are those of the half-year asked, of the
    others there are sums.
    """

    def __init__(self, query: Query) -> None:
        self.day, self.places = query.asked.valid_on, query.places
        self.figures = read_period_figures(query.tables, query.asked)
        self._of_grounds: Period = query.given["period"]
        self.housed, self._grounds = read_housed_and_grounds(
            query.tables, query.asked._replace(valid_on=housed_by(query)), self._of_grounds
        )
        self._books: dict[Period, Breakdown] = {}
        self._ledgers: dict[Period, Mapping[Period, Ledger]] = {}
        self._divisions: dict[Period, tuple[int | None, Mapping[str, int], Decimal | int | None]] = {}
        self._rows_of: dict[tuple[Period, GroupBy], dict[str, RealisationRow]] = {}

    @classmethod
    def of(cls, query: Query) -> Inputs:
        """That of a question, which is read once for all that is asked of it."""
        key = "realisation", query.given["period"], housed_by(query)
        found: Inputs | None = query.cache.get(key)
        if found is None:
            found = query.cache[key] = cls(query)
        return found

    def books(self, period: Period) -> Breakdown:
        """The books of a half-year."""
        if period not in self._books:
            earlier = self.earlier(period)
            self._books[period] = break_down(period, self.day, self.figures, self.housed, self.places, earlier)
        return self._books[period]

    def earlier(self, period: Period) -> Mapping[Period, Ledger]:
        """The ledgers of the half-years before one."""
        if period not in self._ledgers:
            later = min((each for each in self._ledgers if each > period), default=None)
            if later is None:
                found = dict(earlier_ledgers(period, self.day, self.figures, self.housed, self.places))
            else:
                found = {each: ledger for each, ledger in self._ledgers[later].items() if each < period}
            self._ledgers[period] = found
        return self._ledgers[period]

    def division(self, period: Period) -> tuple[int | None, Mapping[str, int], Decimal | int | None]:
        """The national number of a half-year, the inhabitants that it was divided by, and the common divisor."""
        if period not in self._divisions:
            national = self.books(period).posted.national
            inhabitants = self.places.inhabitants(period.year - 1, period.first)
            computed = quotas(period, PeriodFigures(national), self.places)
            self._divisions[period] = national, inhabitants, common_divisor(computed, inhabitants)
        return self._divisions[period]

    def realised(self, period: Period) -> int:
        """Persons housed in a half-year, in all municipalities that are there: the sum of its rows, without them."""
        if self.day < period.first:
            return 0
        day = period.nearest(self.day)
        counts_for, there = self.places.all_codes_on(day), set(self.places.codes_on(day))
        housed = self.housed.get(period, {}).items()
        return sum(sum(kinds.values()) for code, kinds in housed if counts_for.get(code, code) in there)

    def rows(self, period: Period, group_by: GroupBy) -> dict[str, RealisationRow]:
        """The rows of a half-year by their code, in code order."""
        key = period, group_by
        if key not in self._rows_of:
            earlier = self.earlier(period)
            opening = earlier[max(earlier)].remaining if earlier else {}
            grounds = self._grounds if period == self._of_grounds else {}
            some = compute_realisation(
                period, self.day, self.figures, self.housed, group_by, self.places, opening=opening, grounds=grounds
            )
            self._rows_of[key] = {one.balance.code: one for one in some}
        return self._rows_of[key]
