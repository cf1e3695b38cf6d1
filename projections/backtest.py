"""How far off would the estimate of coming links have been, month by month, beside the plainest guess there is?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from domain.expectation import MONTHS, DaysAhead
from domain.months import months_later
from projections.figure import Query
from projections.figures.expectation import Basis

_DAY = timedelta(days=1)


class MonthTested(NamedTuple):
    """What was expected at the end of a month for the days up to two months later, and what came, in persons.

    The errors are means over municipalities of how far each is off, whichever way: of the estimate, and of as many as
    in the two months before.
    """

    on: date
    ahead: DaysAhead
    municipalities: int
    expected: Fraction
    actual: int
    error: Fraction
    error_of_as_before: Fraction


def month_ends(last: date, count: int) -> list[date]:
    """The last days of so many months, the newest of them with days ahead that are over on a day."""
    following = last.replace(day=1)
    while DaysAhead.after(following - _DAY).last > last:
        following = months_later(following, -1)
    return [months_later(following, -back) - _DAY for back in reversed(range(count))]


def compare_month(then: Query, now: Query) -> MonthTested | None:
    """The estimate of one question beside what another of the same day knows; None where that is too early to know."""
    basis = Basis.of(now)
    actual, before = basis.actual(), _two_months_before(basis)
    if actual is None:
        return None
    estimate = Basis.of(then).exact
    codes = [code for code in basis.codes if code in estimate.needed]
    of_estimate = sum(abs(estimate.persons([code]) - actual.get(code, 0)) for code in codes)
    as_before = sum(abs(before.get(code, 0) - actual.get(code, 0)) for code in codes)
    return MonthTested(
        now.asked.valid_on,
        basis.ahead,
        len(codes),
        estimate.persons(basis.codes),
        sum(actual.get(code, 0) for code in codes),
        Fraction(of_estimate) / max(1, len(codes)),
        Fraction(as_before, max(1, len(codes))),
    )


def _two_months_before(basis: Basis) -> Mapping[str, int]:
    """Persons whose link began in the two months up to the day, by municipality."""
    day = basis.query.asked.valid_on
    return basis.linked_in(min(months_later(day, -MONTHS), date.max - _DAY) + _DAY, day)


def mean_errors(months: list[MonthTested]) -> Iterator[Fraction]:
    """The mean of each error over some months."""
    for errors in ([one.error for one in months], [one.error_of_as_before for one in months]):
        yield sum(errors, Fraction(0)) / max(1, len(errors))
