"""Sums of municipal balances, a province or the country, and the interim goal that follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from domain.allocation import largest_remainder
from domain.places import PROVINCES, Places
from domain.quota import Balance

#: Which rows a table of figures has.
GroupBy = Literal["country", "province", "municipality"]
COUNTRY = "NL"
_NAMES = {COUNTRY: "Nederland", **PROVINCES}


def region_name(code: str, places: Places) -> str:
    """The name of a row, be it the country, a province or a municipality; its code where no time knows that.

    A code that came with a merger is unknown again when the merger was withdrawn.
    """
    return _NAMES.get(code) or (places.name(code) if places.known(code) else code)


@dataclass(frozen=True)
class Total(Balance):
    """The sum of municipalities, a province or the country; None where one of the parts is."""

    backlog: int | None
    """The sum of what is left where it is positive."""
    lead: int | None
    """The sum of what is left where it is negative: 0 or a negative number."""
    behind: int
    """Municipalities with a backlog; `exact` and `ahead_count` those at 0 and with a lead."""
    exact: int
    ahead_count: int

    @property
    def advance(self) -> int | None:
        """What the municipalities housed beyond their tasks: one's surplus houses nobody of another."""
        return None if self.lead is None else -self.lead


def sum_balances(balances: Sequence[Balance], code: str, name: str) -> Total:
    """The sum of the balances of one period on one day; percentage, pace and ahead follow from the sums."""
    quotas = [each.quota for each in balances if each.quota is not None]
    left = [remaining for each in balances if (remaining := each.remaining) is not None]
    complete = len(left) == len(balances)
    kinds: dict[str, int] = {}
    for each in balances:
        for kind, persons in each.realised_by_accommodation.items():
            kinds[kind] = kinds.get(kind, 0) + persons
    return Total(
        code=code,
        name=name,
        province=None,
        inhabitants=sum(each.inhabitants for each in balances),
        quota=sum(quotas) if complete else None,
        transferred=sum(each.transferred for each in balances),
        opening=sum(each.opening for each in balances),
        realised_by_accommodation={kind: persons for kind, persons in sorted(kinds.items()) if persons},
        months=max((each.months for each in balances), default=0),
        backlog=sum(persons for persons in left if persons > 0) if complete else None,
        lead=sum(persons for persons in left if persons < 0) if complete else None,
        behind=sum(persons > 0 for persons in left),
        exact=sum(persons == 0 for persons in left),
        ahead_count=sum(persons < 0 for persons in left),
    )


def province_totals(balances: Iterable[Balance]) -> list[Total]:
    """The twelve provinces, in code order."""
    parts: dict[str, list[Balance]] = {code: [] for code in sorted(PROVINCES)}
    for each in balances:
        if each.province is not None:
            parts.setdefault(each.province, []).append(each)
    return [sum_balances(part, code, _NAMES.get(code, code)) for code, part in sorted(parts.items())]


def country_total(balances: Sequence[Balance]) -> Total:
    """The whole country."""
    return sum_balances(balances, COUNTRY, _NAMES[COUNTRY])


class InterimGoal(NamedTuple):
    """A number to house that also lowers the backlog: the quota and the reduction; None until there is a quota."""

    reduction: int
    goal: int | None
    above: int | None
    """Realised less goal."""


def interim_goal(sums: Total, reduction: int) -> InterimGoal:
    """The goal of the country or a province for its (part of the) reduction."""
    if sums.quota is None:
        return InterimGoal(reduction, None, None)
    goal = sums.quota + reduction
    return InterimGoal(reduction, goal, sums.realised - goal)


def reduction_by_province(reduction: int, provinces: Iterable[Total]) -> dict[str, int]:
    """The reduction pro rata to the opening balances of the provinces where positive, largest remainder.

    A province without a backlog has nothing to reduce: 0. Empty when no province has a backlog.
    """
    openings = {each.code: max(each.opening, 0) for each in provinces}
    return largest_remainder(reduction, openings) if any(openings.values()) else {}
