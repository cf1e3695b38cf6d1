"""Whatever the numbers: parts beside their total leave each of them at least three values, for who knows how they are
told.

All numbers of a row that a table may have are told, and those that are told alike are what its reader may think of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from domain.rounding import Ratio
from projections.aggregates import Share
from projections.figure import Row
from projections.figures import FIGURES
from service.queries.disclosed_rows import write_row

Numbers = Mapping[str, int]
#: All of whom a row is, where it does not say so.
_EVERYBODY = "everybody"


def handovers(warm: int, written: int, none: int) -> Numbers:
    return {"housed": warm + written + none, "warm": warm, "written": written, "none": none}


def dossiers(complete: int, others: int) -> Numbers:
    return {"housed": complete + others, "completeAtHousing": complete}


def bonus(within: int, others: int) -> Numbers:
    return {"known": within + others, "within": within}


def norm_phases(within: int, others: int) -> Numbers:
    return {"totalCompletedCount": within + others, "within": within}


def terms(soon: int, in_a_year: int, in_two: int, later: int, past: int) -> Numbers:
    return {
        "persons": soon + in_a_year + in_two + later + past,
        "within6": soon,
        "within12": soon + in_a_year,
        "within24": soon + in_a_year + in_two,
        "later": later,
        "past": past,
    }


def in_view(planned: int, unplanned: int, extended: int, fulfilled: int, exempted: int, both: int) -> Numbers:
    return {
        "persons": planned + unplanned + extended + fulfilled + exempted + both,
        "inView": planned + unplanned + extended,
        "withPlanExtended": extended,
        "withPlan": planned,
        "withoutPlan": unplanned,
        "fulfilled": fulfilled + both,
        "exemptedFull": exempted + both,
    }


def routes(b1: int, education: int, self_reliance: int, others: int) -> Numbers:
    return {
        "persons": b1 + education + self_reliance + others,
        "routeB1": b1,
        "routeEducation": education,
        "routeSelfReliance": self_reliance,
    }


def exemptions(full: int, part: int, others: int) -> Numbers:
    return {"persons": full + part + others, "exemptedFull": full, "exemptedPart": part}


def elip(fined: int, fined_near: int, other: int, other_near: int, regular: int, ending: int) -> Numbers:
    return {
        "extendedAfterFine": fined + fined_near,
        "extended": other + other_near,
        "regular": regular,
        "overlap": fined_near + other_near,
        "ending": fined_near + other_near + regular + ending,
        _EVERYBODY: fined + fined_near + other + other_near + regular + ending,
    }


def deliveries(corrections: int, withdrawals: int, others: int) -> Numbers:
    return {"events": corrections + withdrawals + others, "corrections": corrections, "withdrawals": withdrawals}


#: The table, the numbers of a row of which each person is in one of some ways, and the total that everybody knows.
ROWS: tuple[tuple[str, Callable[..., Numbers], int, str | None], ...] = (
    ("handovers", handovers, 3, "housed"),
    ("dossiers", dossiers, 2, "housed"),
    ("bonus", bonus, 2, "known"),
    ("norm-phases", norm_phases, 2, "totalCompletedCount"),
    ("integration-terms", terms, 5, None),
    ("integration", in_view, 6, None),
    ("integration", routes, 4, None),
    ("integration", exemptions, 3, None),
    ("elip", elip, 6, None),
    ("data-quality", deliveries, 3, None),
)
#: More persons than the largest total looked at can be.
_PERSONS = 13


@pytest.mark.parametrize(("name", "of", "ways", "public"), ROWS)
def test_numbers_of_a_row_leave_each_other_three_values(
    name: str, of: Callable[..., Numbers], ways: int, public: str | None
) -> None:
    behind: dict[Any, set[tuple[int, ...]]] = defaultdict(set)
    for some in _shared_out(_PERSONS, ways):
        numbers = of(*some)
        behind[_told(name, numbers), public and numbers[public]].add(tuple(numbers.values()))
    names = list(of(*[0] * ways))
    for (told, known), possible in behind.items():
        # Persons that all of them could be, and of fewer than two who is known anyway.
        if (
            max(map(sum, possible)) > 0
            and max(max(one) for one in possible) < _PERSONS
            and (known is None or known > 1)
        ):
            for column, values in zip(names, zip(*possible, strict=True), strict=True):
                assert column in (public, _EVERYBODY) or len(set(values)) >= 3, (column, told, sorted(possible))


def _shared_out(most: int, ways: int) -> Iterator[tuple[int, ...]]:
    """Up to so many persons, each in one of the ways."""
    if ways == 0:
        yield ()
        return
    for first in range(most + 1):
        for others in _shared_out(most - first, ways - 1):
            yield (first, *others)


def _told(name: str, numbers: Numbers) -> tuple[Any, ...]:
    figure = FIGURES[name]
    values = []
    for column in figure.columns:
        value: Any = numbers.get(column.name, 0)
        if isinstance(column.aggregate, Share):
            total = numbers.get(column.persons or "", 0)
            part = "within" if "within" in numbers else "completeAtHousing" if total else ""
            value = Ratio(numbers.get(part, numbers.get("warm", 0)), total) if total else None
        elif column.unit in ("days", "date"):
            value = None
        values.append(value)
    told = write_row(
        figure, Row("GM0344", "Utrecht", tuple("x" for _ in figure.dimensions), tuple(values)), exact=False
    )
    return tuple(told.values)
