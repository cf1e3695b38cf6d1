"""What the quota's figures are made of: each broken down into what was posted, computed, and carried over.

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

from domain.period import Period
from domain.places import Places
from domain.quota import (
    Ledger,
    PeriodFigures,
    Realised,
    compute_ledger,
    earlier_ledgers,
    quotas,
    receiving_municipality,
)

PartKind = Literal[
    "published",  # a municipal quota
    "computed",  # a quota by Adams' method
    "transferred",
    "recorded",  # an opening balance
    "carried",  # left by the half-year before: that one's `figure` of `code`
    "counted",  # inhabitants on the reference date
    "rounding",  # of what split municipalities handed over
]


#: The figures of a municipality that are broken down.
BrokenDownFigure = Literal["inhabitants", "quota", "transferred", "openingBalance"]


class Part(NamedTuple):
    """A part of a figure: persons, and where they come from.

    `code` is the municipality they were stated of, computed for or left by, `of` the whole that it had (less reaches
    another when it was split). `period` and `figure` name what was carried over (realised with its sign turned); `line`
    is the place of a transfer among those of its period; `on` the day of a count.
    """

    kind: PartKind
    amount: int
    code: str | None = None
    of: int | None = None
    period: Period | None = None
    figure: str | None = None
    line: int | None = None
    on: date | None = None


@dataclass(frozen=True)
class Breakdown:
    """All that the figures of one half-year rest on, as it stood on a day."""

    period: Period
    on: date
    figures: Mapping[Period, PeriodFigures]
    places: Places
    ledger: Ledger
    before: tuple[Period, Ledger] | None
    """The half-year before, which passed its balances on, and its ledger; None when there was none."""

    @property
    def posted(self) -> PeriodFigures:
        """What was posted about the half-year."""
        return self.figures.get(self.period, PeriodFigures())

    def parts(self, figure: BrokenDownFigure, code: str) -> list[Part]:
        """The parts of a figure of a municipality there that day."""
        if figure not in self._found:
            # Of all municipalities at once: each number posted is looked at once.
            self._found[figure] = self._with_rest(figure, _PARTS[figure](self))
        return self._found[figure].get(code, [])

    @cached_property
    def _found(self) -> dict[BrokenDownFigure, Mapping[str, list[Part]]]:
        return {}

    def _with_rest(self, figure: BrokenDownFigure, every: Iterable[tuple[str, Part]]) -> Mapping[str, list[Part]]:
        found: dict[str, list[Part]] = {}
        for code, part in every:
            found.setdefault(code, []).append(part)
        for code, total in _totals(self, figure).items():
            if rest := total - sum(part.amount for part in found.get(code, ())):
                found.setdefault(code, []).append(Part("rounding", rest, figure=figure))
        return found

    def shares_of(self, code: str, persons: int) -> Iterator[tuple[str, int]]:
        """Who holds something of a municipality on the day, and how much of an amount, had there been no others."""
        held = self.places.handed_over({code: persons}, self.ledger.day)
        return (
            (successor, held.get(successor, 0))
            for successor in sorted(self.places.final_successors(code, self.ledger.day))
        )


def break_down(
    period: Period,
    on: date,
    figures: Mapping[Period, PeriodFigures],
    realised: Realised,
    places: Places,
    earlier: Mapping[Period, Ledger] | None = None,
) -> Breakdown:
    """The breakdown of a half-year on a day, with the ledger of the one before it; `earlier` are those before it, where
    they are known.
    """
    ledgers = dict(earlier_ledgers(period, on, figures, realised, places)) if earlier is None else earlier
    last = max(ledgers, default=None)
    left = {} if last is None else ledgers[last].remaining
    ledger = compute_ledger(period, on, figures.get(period, PeriodFigures()), realised.get(period, {}), left, places)
    return Breakdown(period, on, figures, places, ledger, None if last is None else (last, ledgers[last]))


def _totals(breakdown: Breakdown, figure: BrokenDownFigure) -> Mapping[str, int]:
    match figure:
        case "inhabitants":
            return breakdown.places.inhabitants(breakdown.period.year - 1, breakdown.ledger.day)
        case "quota":
            return breakdown.ledger.quota
        case "transferred":
            return breakdown.ledger.transferred
        case "openingBalance":
            return breakdown.ledger.opening


_Found = Iterator[tuple[str, Part]]


def _quota(breakdown: Breakdown) -> _Found:
    for of_code, persons in quotas(breakdown.period, breakdown.posted, breakdown.places).items():
        kind: PartKind = "published" if of_code in breakdown.posted.municipal else "computed"
        for code, amount in breakdown.shares_of(of_code, persons):
            yield code, Part(kind, amount, of_code, persons)


def _transferred(breakdown: Breakdown) -> _Found:
    for line, transfer in enumerate(breakdown.posted.transfers):
        by = receiving_municipality(transfer, breakdown.period, breakdown.ledger.day, breakdown.places)
        for code, amount in breakdown.shares_of(by, transfer.persons):
            yield code, Part("transferred", amount, transfer.municipality, transfer.persons, line=line)


def _opening(breakdown: Breakdown) -> _Found:
    places, first = breakdown.places, breakdown.period.first
    recorded = {each: persons for each, persons in breakdown.posted.openings.items() if places.exists(each, first)}
    for of_code, persons in recorded.items():
        for code, amount in breakdown.shares_of(of_code, persons):
            yield code, Part("recorded", amount, of_code, persons)
    if breakdown.before is None:
        return
    period, ledger = breakdown.before
    left = ledger.remaining
    for of_code in sorted(left):
        successors = places.final_successors(of_code, first) - recorded.keys()
        there = {code for successor in successors for code in places.final_successors(successor, breakdown.ledger.day)}
        if not there:
            continue
        for figure, persons in _parts_left(ledger, of_code, left[of_code]):
            passed = places.handed_over({of_code: persons}, first)
            held = places.handed_over(
                {successor: share for successor, share in passed.items() if successor in successors},
                breakdown.ledger.day,
            )
            for code in sorted(there):
                yield code, Part("carried", held.get(code, 0), of_code, persons, period, figure)


def _parts_left(ledger: Ledger, code: str, remaining: int) -> Iterator[tuple[str, int]]:
    """What a half-year left, by the figures that its table has of it: without a number there is no remaining."""
    if code in ledger.without_number:
        yield "openingBalance", ledger.opening.get(code, 0)
        if realised := sum(ledger.realised.get(code, {}).values()):
            yield "realised", -realised
    else:
        yield "remaining", remaining


def _inhabitants(breakdown: Breakdown) -> _Found:
    places, day = breakdown.places, breakdown.ledger.day
    for each in places.inhabitants(breakdown.period.year - 1, day):
        for counted_on, of_code, persons in places.counts_summed(each, breakdown.period.year - 1, day):
            reaching = places.handed_over({of_code: persons}, day)
            amount = sum(share for successor, share in reaching.items() if places.code_on(successor, day) == each)
            yield each, Part("counted", amount, of_code, persons, on=counted_on)


_PARTS: dict[BrokenDownFigure, Callable[[Breakdown], _Found]] = {
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
