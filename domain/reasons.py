"""Why the quota's figures are what they are: each taken apart into what was said, what was computed, what passed on.

The parts of a figure of one municipality add up to it exactly. Where a municipality was split its balances were divided
in whole persons, and what that rounding moved is a part of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Literal, NamedTuple

from domain import quota
from domain.period import Period
from domain.places import Places
from domain.quota import Ledger, PeriodFigures, Realised, ledger_of, quotas, takes_on

Kind = Literal[
    "published",  # a municipal quota
    "computed",  # a quota by Adams' method
    "transferred",
    "recorded",  # an opening balance
    "carried",  # left by the half-year before: that one's `figure` of `code`
    "counted",  # inhabitants on the reference date
    "rounding",  # of what split municipalities handed over
]


#: What the books of a half-year say of a municipality.
Figure = Literal["inhabitants", "quota", "transferred", "openingBalance"]


class Part(NamedTuple):
    """A part of a figure: persons, and where they come from.

    `code` is the municipality they were said of, computed for or left by, `of` the whole that it had (less reaches
    another when it was split). `period` and `figure` name what was carried over (realised with its sign turned); `line`
    is the place of a transfer among those of its period; `on` the day of a count.
    """

    kind: Kind
    amount: int
    code: str | None = None
    of: int | None = None
    period: Period | None = None
    figure: str | None = None
    line: int | None = None
    on: date | None = None


@dataclass(frozen=True)
class Books:
    """All that the figures of one half-year rest on, as it stood on a day."""

    period: Period
    on: date
    figures: Mapping[Period, PeriodFigures]
    places: Places
    ledger: Ledger
    before: tuple[Period, Ledger] | None
    """The half-year that passed its balances on, and its books; None when there was none."""

    @property
    def said(self) -> PeriodFigures:
        return self.figures.get(self.period, PeriodFigures())

    def parts(self, figure: Figure, code: str) -> list[Part]:
        """The parts of a figure of a municipality there that day."""
        if figure not in self._found:
            # Of all municipalities at once: each thing said is looked at once.
            self._found[figure] = self._with_rest(figure, _PARTS[figure](self))
        return self._found[figure].get(code, [])

    @cached_property
    def _found(self) -> dict[Figure, Mapping[str, list[Part]]]:
        return {}

    def _with_rest(self, figure: Figure, every: Iterable[tuple[str, Part]]) -> Mapping[str, list[Part]]:
        found: dict[str, list[Part]] = {}
        for code, part in every:
            found.setdefault(code, []).append(part)
        for code, total in _totals(self, figure).items():
            if rest := total - sum(part.amount for part in found.get(code, ())):
                found.setdefault(code, []).append(Part("rounding", rest, figure=figure))
        return found

    def reaching(self, code: str, persons: int) -> Iterator[tuple[str, int]]:
        """Who holds something of a municipality on the day, and how much of an amount, had there been no others."""
        held = self.places.handed_over({code: persons}, self.ledger.day)
        return ((heir, held.get(heir, 0)) for heir in sorted(self.places.heirs(code, self.ledger.day)))


def books(
    period: Period, on: date, figures: Mapping[Period, PeriodFigures], realised: Realised, places: Places
) -> Books:
    """The books of a half-year on a day, with those of the one before it."""
    ledgers = dict(quota.chain(period, on, figures, realised, places))
    last = max(ledgers, default=None)
    left = {} if last is None else ledgers[last].remaining()
    ledger = ledger_of(period, on, figures.get(period, PeriodFigures()), realised.get(period, {}), left, places)
    return Books(period, on, figures, places, ledger, None if last is None else (last, ledgers[last]))


def _totals(books: Books, figure: Figure) -> Mapping[str, int]:
    match figure:
        case "inhabitants":
            return books.places.inhabitants(books.period.year - 1, books.ledger.day)
        case "quota":
            return books.ledger.quota
        case "transferred":
            return books.ledger.transferred
        case "openingBalance":
            return books.ledger.opening


_Found = Iterator[tuple[str, Part]]


def _quota(books: Books) -> _Found:
    for of_code, persons in quotas(books.period, books.said, books.places).items():
        kind: Kind = "published" if of_code in books.said.municipal else "computed"
        for code, amount in books.reaching(of_code, persons):
            yield code, Part(kind, amount, of_code, persons)


def _transferred(books: Books) -> _Found:
    for line, transfer in enumerate(books.said.transfers):
        by = takes_on(transfer, books.period, books.ledger.day, books.places)
        for code, amount in books.reaching(by, transfer.persons):
            yield code, Part("transferred", amount, transfer.municipality, transfer.persons, line=line)


def _opening(books: Books) -> _Found:
    places, first = books.places, books.period.first
    recorded = {each: persons for each, persons in books.said.openings.items() if places.exists(each, first)}
    for of_code, persons in recorded.items():
        for code, amount in books.reaching(of_code, persons):
            yield code, Part("recorded", amount, of_code, persons)
    if books.before is None:
        return
    period, ledger = books.before
    left = ledger.remaining()
    for of_code in sorted(left):
        heirs = places.heirs(of_code, first) - recorded.keys()
        there = {code for heir in heirs for code in places.heirs(heir, books.ledger.day)}
        if not there:
            continue
        for figure, persons in _left(ledger, of_code, left[of_code]):
            passed = places.handed_over({of_code: persons}, first)
            held = places.handed_over(
                {heir: share for heir, share in passed.items() if heir in heirs}, books.ledger.day
            )
            for code in sorted(there):
                yield code, Part("carried", held.get(code, 0), of_code, persons, period, figure)


def _left(ledger: Ledger, code: str, remaining: int) -> Iterator[tuple[str, int]]:
    """What a half-year left, by the figures that its table has of it: without a number there is no remaining."""
    if code in ledger.without_number:
        yield "openingBalance", ledger.opening.get(code, 0)
        if realised := sum(ledger.realised.get(code, {}).values()):
            yield "realised", -realised
    else:
        yield "remaining", remaining


def _inhabitants(books: Books) -> _Found:
    places, day = books.places, books.ledger.day
    for each in places.inhabitants(books.period.year - 1, day):
        for counted_on, of_code, persons in places.counts_behind(each, books.period.year - 1, day):
            reaching = places.handed_over({of_code: persons}, day)
            amount = sum(share for heir, share in reaching.items() if places.existing(heir, day) == each)
            yield each, Part("counted", amount, of_code, persons, on=counted_on)


_PARTS: dict[Figure, Callable[[Books], _Found]] = {
    "inhabitants": _inhabitants,
    "quota": _quota,
    "transferred": _transferred,
    "openingBalance": _opening,
}


def divisor(shares: Mapping[str, int], inhabitants: Mapping[str, int]) -> Fraction | None:
    """The common divisor of Adams' method with the fewest decimals: inhabitants by it, rounded up, are the shares.

    None where no divisor gives these shares: fewer persons than municipalities, or a tie that was settled.
    """
    some = [(count, shares[code]) for code, count in inhabitants.items() if count > 0]
    if not some or any(share < 1 for _, share in some):
        return None
    least = max(Fraction(count, share) for count, share in some)
    below = min((Fraction(count, share - 1) for count, share in some if share > 1), default=least + 1)
    if least >= below:
        return None
    scale = 1
    while (found := Fraction(-(-least.numerator * scale // least.denominator), scale)) >= below:
        scale *= 10
    return found
