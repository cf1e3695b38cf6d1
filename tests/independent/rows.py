"""From what municipalities count to the rows of an answer (part 2, section 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, TypeVar

from tests.independent.land import Land
from tests.independent.world import World

Value = int | Fraction | str | date | None
#: One row: code, dimensions and columns, as they are before they are rounded.
Row = dict[str, Value]
#: What a municipality counts, by its code and the dimensions.
Counted = Mapping[tuple[Any, ...], Mapping[str, Any]]


@dataclass(frozen=True)
class Asked:
    """A question: of which world, on which day, by what, with which parameters."""

    world: World
    on: date
    by: str = "country"
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def land(self) -> Land:
        """The municipalities."""
        return self.world.land

    def has(self, name: str, otherwise: Any = None) -> Any:
        """A parameter."""
        return self.parameters.get(name, otherwise)

    @property
    def window(self) -> tuple[date, date]:
        """From and to."""
        return self.parameters["from"], self.parameters["to"]


def group_of(code: str, by: str, land: Land) -> str:
    """The row a municipality counts in."""
    return code if by == "municipality" else land.province(code) if by == "province" else "NL"


_Counted = TypeVar("_Counted")


def grouped(
    counting: Iterable[tuple[str | None, tuple[Any, ...], _Counted]], by: str, land: Land
) -> dict[tuple[Any, ...], list[_Counted]]:
    """What counts in each row, by code and dimensions; what is of no municipality counts for the country only."""
    told: dict[tuple[Any, ...], list[_Counted]] = {}
    for code, where, one in counting:
        if code is not None or by == "country":
            told.setdefault((group_of(code or "", by, land), *where), []).append(one)
    return told


def added(values: Iterable[Any]) -> Any:
    """The sum of those that have one; null where nobody has."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def whole(values: Iterable[Any]) -> Any:
    """The sum; null where one of them is not known."""
    told = list(values)
    return None if any(value is None for value in told) else sum(told)


def summed(
    counted: Counted, dimensions: Sequence[str], by: str, land: Land, add: Callable[[Iterable[Any]], Any] = added
) -> list[Row]:
    """Rows by municipality, province or country: sums, in the order of code and dimensions."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for (code, *where), values in counted.items():
        groups.setdefault((group_of(code, by, land), *where), []).append(values)
    told = []
    for (code, *where), parts in groups.items():
        columns = list(dict.fromkeys(column for part in parts for column in part))
        row: Row = {"code": code, **dict(zip(dimensions, where, strict=True))}
        row |= {column: add(part.get(column) for part in parts) for column in columns}
        told.append(row)
    return told


def left_in(rows: Iterable[Row], dimensions: Sequence[str] = ()) -> list[Row]:
    """Without the rows whose numbers are all 0 or null."""
    named = {"code", *dimensions}
    return [row for row in rows if any(value for column, value in row.items() if column not in named)]


def shared(part: Any, of: Any) -> Fraction | None:
    """A share; null where there is nothing to divide by."""
    return Fraction(part) / Fraction(of) if part is not None and of else None
