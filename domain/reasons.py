"""Why the quota's figures are what they are: each taken apart into what was said, what was computed, what passed on.

The parts of a figure of one municipality add up to it exactly. Where a municipality was split its balances were divided
in whole persons, and what that rounding moved is a part of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal, NamedTuple

from domain import quota
from domain.period import Period
from domain.places import Places
from domain.quota import Carried, Ledger, PeriodFigures, Realised, ledger_of, quotas, takes_on

Kind = Literal[
    "published",  # a municipal quota
    "computed",  # a quota by Adams' method
    "transferred",
    "recorded",  # an opening balance
    "carried",  # left by the half-year before: that one's `figure` of `code`
    "counted",  # inhabitants on the reference date
    "rounding",  # of what split municipalities handed over
]


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


@dataclass(frozen=True, slots=True)
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

    def parts(self, figure: str, code: str) -> list[Part]:
        """The parts of inhabitants, quota, transferred, openingBalance or task of a municipality there that day."""
        found: list[Part] = []
        for name in ("quota", "transferred", "openingBalance") if figure == "task" else (figure,):
            parts = list(_PARTS[name](self, code))
            rest = _total(self, name, code) - sum(part.amount for part in parts)
            found += parts if not rest else [*parts, Part("rounding", rest, figure=name)]
        return found


def books(
    period: Period,
    on: date,
    figures: Mapping[Period, PeriodFigures],
    realised: Realised,
    places: Places,
    carried: Carried = quota.carried,
) -> Books:
    """The books of a half-year on a day, with those of the one before it; `carried` may remember what it told."""

    def opened(each: Period) -> Ledger:
        left = carried(each, on, figures, realised, places)
        return ledger_of(each, on, figures.get(each, PeriodFigures()), realised.get(each, {}), left, places)

    last = max((each for each in {*figures, *realised} if each < period), default=None)
    return Books(period, on, figures, places, opened(period), None if last is None else (last, opened(last)))


def _total(books: Books, figure: str, code: str) -> int:
    match figure:
        case "inhabitants":
            return books.places.inhabitants(books.period.year - 1, books.ledger.day)[code]
        case "quota":
            return books.ledger.quota.get(code, 0)
        case "transferred":
            return books.ledger.transferred.get(code, 0)
        case _:
            return books.ledger.opening.get(code, 0)


def _quota(books: Books, code: str) -> Iterator[Part]:
    for of_code, persons in quotas(books.period, books.said, books.places).items():
        if code in books.places.heirs(of_code, books.ledger.day):
            kind: Kind = "published" if of_code in books.said.municipal else "computed"
            yield Part(kind, _reaching(books, {of_code: persons}, code), of_code, persons)


def _transferred(books: Books, code: str) -> Iterator[Part]:
    for line, transfer in enumerate(books.said.transfers):
        by = takes_on(transfer, books.period, books.ledger.day, books.places)
        if code in books.places.heirs(by, books.ledger.day):
            amount = _reaching(books, {by: transfer.persons}, code)
            yield Part("transferred", amount, transfer.municipality, transfer.persons, line=line)


def _opening(books: Books, code: str) -> Iterator[Part]:
    places, day, first = books.places, books.ledger.day, books.period.first
    recorded = {each: persons for each, persons in books.said.openings.items() if places.exists(each, first)}
    for of_code, persons in recorded.items():
        if code in places.heirs(of_code, day):
            yield Part("recorded", _reaching(books, {of_code: persons}, code), of_code, persons)
    if books.before is None:
        return
    period, ledger = books.before
    for of_code in sorted(ledger.remaining()):
        heirs = places.heirs(of_code, first) - recorded.keys()
        if not any(code in places.heirs(heir, day) for heir in heirs):
            continue
        for figure, persons in _left(ledger, of_code):
            passed = places.handed_over({of_code: persons}, first)
            there = {heir: share for heir, share in passed.items() if heir in heirs}
            yield Part("carried", _reaching(books, there, code), of_code, persons, period, figure)


def _left(ledger: Ledger, code: str) -> Iterator[tuple[str, int]]:
    """What a half-year left, by the figures that its table has of it: without a number there is no remaining."""
    if code in ledger.without_number:
        yield "openingBalance", ledger.opening.get(code, 0)
        if realised := sum(ledger.realised.get(code, {}).values()):
            yield "realised", -realised
    else:
        yield "remaining", ledger.remaining()[code]


def _inhabitants(books: Books, code: str) -> Iterator[Part]:
    places, day = books.places, books.ledger.day
    for counted_on, of_code, persons in places.counts_behind(code, books.period.year - 1, day):
        reaching = places.handed_over({of_code: persons}, day)
        amount = sum(share for heir, share in reaching.items() if places.existing(heir, day) == code)
        yield Part("counted", amount, of_code, persons, on=counted_on)


_PARTS: dict[str, Callable[[Books, str], Iterable[Part]]] = {
    "inhabitants": _inhabitants,
    "quota": _quota,
    "transferred": _transferred,
    "openingBalance": _opening,
}


def _reaching(books: Books, amounts: Mapping[str, int], code: str) -> int:
    """How much of some amounts a municipality holds on the day, had there been no others."""
    return books.places.handed_over(amounts, books.ledger.day).get(code, 0)


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
