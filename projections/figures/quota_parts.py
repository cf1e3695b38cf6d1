"""What quotas are made of, as parts of a table: national numbers, shares of them, municipal numbers, inhabitants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from domain.allocation import Method
from domain.breakdown import Breakdown, break_down, divisor
from domain.period import Period
from domain.places import Places
from projections.figure import Part, Query, Source
from projections.states.quota import QuotaKind


def national_part(period: Period, amount: int, on: date | None = None, kind: QuotaKind = "national") -> Part:
    """The national number of a half-year as it is on a day, or another `kind` of number of its stream."""
    told = "published-first" if kind == "published" else kind
    return Part(amount, stream=str(period), source=Source("quota", (kind, None), on), details={"kind": told})


def published_part(period: Period, code: str, name: str, persons: int, on: date | None = None) -> Part:
    """The quota of a municipality as it was published."""
    details = {"kind": "published", "of": persons, "code": code, "name": name}
    return Part(persons, None, str(period), Source("quota", ("municipal", code), on), code, details)


class Division:
    """A number divided over the municipalities of the first day of a half-year, by their inhabitants.

    One that nobody published, `supposed`, has no event behind it.
    """

    def __init__(
        self,
        period: Period,
        persons: int,
        shares: Mapping[str, int],
        places: Places,
        method: Method = "adams",
        *,
        supposed: bool = False,
        on: date | None = None,
    ) -> None:
        self._period, self._places, self._supposed = period, places, supposed
        self.persons, self.shares = persons, shares
        self.inhabitants = places.inhabitants(period.year - 1, period.first)
        self._source = None if supposed else Source("quota", ("national", None), on)
        self._method = method

    @cached_property
    def _details(self) -> Mapping[str, Any]:
        """How it was divided: worked out for parts alone."""
        found: dict[str, Any] = {"method": self._method, "national": self.persons}
        if self._method == "adams":
            found["divisor"] = common_divisor(self.shares, self.inhabitants)
        return found

    def part(self, code: str) -> Part:
        """The share of a municipality."""
        share = self.shares[code]
        details = {"kind": "computed", "of": share, "code": code, "name": self._places.name(code), **self._details}
        details["inhabitants"] = self.inhabitants[code]
        return Part(share, None, str(self._period), self._source, code, details)

    def number(self, amount: int, weights: tuple[int, int] = (0, 0)) -> Part:
        """The number that was divided, as a part that adds so much."""
        kind = "supposed" if self._supposed else "national"
        return Part(amount, None, str(self._period), self._source, None, {"kind": kind}, weights)


def counted_parts(query: Query, period: Period, code: str) -> Iterator[Part]:
    """The counts that the inhabitants of a municipality on the reference date rest on."""
    key, places = ("counts", period), query.places
    if key not in query.cache:
        query.cache[key] = break_down(period, period.first, {}, {}, places)
    counts: Breakdown = query.cache[key]
    for one in counts.parts("inhabitants", code):
        if one.code is None:
            details: dict[str, Any] = {"kind": one.kind, "column": "inhabitants"}
            yield Part(one.amount, None, "reference", None, code, details)
        else:
            details = {"kind": one.kind, "of": one.of, "code": one.code, "name": places.name(one.code), "on": one.on}
            yield Part(one.amount, None, "reference", Source("reference", (one.code, one.on)), code, details)


def common_divisor(shares: Mapping[str, int], inhabitants: Mapping[str, int]) -> Decimal | int | None:
    """The common divisor of Adams' method as it is written: it was chosen with few decimals. None where none is."""
    exact = divisor(shares, inhabitants)
    if exact is None or exact.denominator == 1:
        return None if exact is None else exact.numerator
    return Decimal(exact.numerator) / Decimal(exact.denominator)
