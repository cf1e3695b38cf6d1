"""How does a half-year of every municipality stand, judged: its books beside who is linked, on one day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from typing import NamedTuple

from domain.period import Period
from domain.quota import Balance, Ledger
from domain.supervision import (
    Assessment,
    LinkedPersons,
    PublicBalance,
    Terms,
    assess,
    days_before,
    half_years_in_row,
    open_since,
)
from projections.engine import Asked
from projections.figure import Query
from projections.figures.books import Inputs
from projections.linked import NOBODY, Counted, Moment, by_municipality, count_linked
from projections.realisation import RealisationRow


class ExactAndRounded(NamedTuple):
    """The same exactly, and as it follows from rounded counts."""

    exact: Assessment
    rounded: Assessment


def moment_of(asked: Asked, period: Period, terms: Terms) -> Moment:
    """When who is linked is looked at: at the end of the half-year, or on the day asked if that is earlier."""
    day = min(asked.valid_on, period.last)
    return Moment(asked._replace(valid_on=day), open_since(period, day, terms), days_before(day, terms))


def public_balance(balance: Balance) -> PublicBalance:
    """A balance, as it is judged."""
    return PublicBalance(balance.quota, balance.task, balance.realised, balance.months)


def public_balance_at_end(ledger: Ledger, code: str) -> PublicBalance:
    """A municipality in the books of a half-year that is over, as it is judged."""
    realised = sum(ledger.realised.get(code, _NONE).values())
    if code in ledger.without_number:
        return PublicBalance(None, None, realised, 6)
    quota = ledger.quota.get(code, 0)
    return PublicBalance(quota, quota + ledger.transferred.get(code, 0) + ledger.opening.get(code, 0), realised, 6)


_NONE: Mapping[str, int] = {}


def assess_both(balance: PublicBalance, persons: LinkedPersons, terms: Terms) -> ExactAndRounded:
    """A municipality judged by exact numbers, and by rounded ones."""
    return ExactAndRounded(assess(balance, persons, terms), assess(balance, persons.rounded(), terms))


class HalfYear:
    """A half-year of all municipalities, judged on the day asked, or at its end."""

    def __init__(
        self, query: Query, period: Period, terms: Terms, balance: Callable[[str], PublicBalance | None]
    ) -> None:
        """`balance` is what the books say of a municipality; None where it was not there."""
        self.period, self.day_of_rows = period, period.nearest(query.asked.valid_on)
        self.moment = moment_of(query.asked, period, terms)
        self._balance, self._terms = balance, terms
        counted = count_linked(query.tables, [self.moment])[self.moment]
        self._counted = by_municipality(counted, query.places, self.day_of_rows)
        self._assessed: dict[str, ExactAndRounded | None] = {}

    def counted(self, code: str) -> Counted:
        """Persons linked to a municipality."""
        return self._counted.get(code, NOBODY)

    def assessed(self, code: str) -> ExactAndRounded | None:
        """A municipality judged; None where it was not there."""
        if code not in self._assessed:
            balance = self._balance(code)
            persons = self.counted(code).persons()
            self._assessed[code] = None if balance is None else assess_both(balance, persons, self._terms)
        return self._assessed[code]


class Judgement:
    """A half-year judged, and those before it as far back as anything depends on them."""

    def __init__(self, query: Query, period: Period, terms: Terms) -> None:
        self._query, self._terms, self.period = query, terms, period
        self._inputs = Inputs.of(query)
        self.rows: Mapping[str, RealisationRow] = self._inputs.rows(period, "municipality")
        self._earlier: dict[Period, HalfYear] = {}

    @classmethod
    def of(cls, query: Query, terms: Terms) -> Judgement:
        """That of a question, which is worked out once for all that is asked of it."""
        period: Period = query.given["period"]
        key = "judgement", period, terms
        if key not in query.cache:
            query.cache[key] = cls(query, period, terms)
        found: Judgement = query.cache[key]
        return found

    @cached_property
    def now(self) -> HalfYear:
        """The half-year asked."""

        def balance(code: str) -> PublicBalance | None:
            return public_balance(self.rows[code].balance) if code in self.rows else None

        return HalfYear(self._query, self.period, self._terms, balance)

    @property
    def day(self) -> date:
        """The day on which it is judged."""
        return self.now.moment.asked.valid_on

    def in_row(self, code: str, *, rounded: bool) -> list[Period]:
        """The half-years in a row, the newest first, in which a municipality was beyond its margin."""

        def beyond(period: Period) -> bool:
            half_year = self.now if period == self.period else self._before(period)
            both = None if half_year is None else half_year.assessed(code)
            return both is not None and (both.rounded if rounded else both.exact).beyond_margin

        count, found = half_years_in_row(self.period, beyond), [self.period]
        while len(found) < count:
            found.append(found[-1].previous)
        return found[:count]

    def _before(self, period: Period) -> HalfYear | None:
        """A half-year that is over; None of which nothing was said."""
        ledger = self._inputs.earlier(self.period).get(period)
        if ledger is None:
            return None
        if period not in self._earlier:
            self._read_back_from(period)
            there = frozenset(self._query.places.codes_on(period.last))

            def balance(code: str) -> PublicBalance | None:
                return public_balance_at_end(ledger, code) if code in there else None

            self._earlier[period] = HalfYear(self._query, period, self._terms, balance)
        return self._earlier[period]

    def _read_back_from(self, period: Period) -> None:
        """Who was linked at the end of a half-year and some before it, read together: the more, the longer the row."""
        before, moments = self._inputs.earlier(self.period), list[Moment]()
        while period in before and len(moments) < 2 + 2 * len(self._earlier):
            moments.append(moment_of(self._query.asked, period, self._terms))
            period = period.previous
        count_linked(self._query.tables, moments)
