"""What is measured: runs that take turns with their references, medians, and whether an aim is met."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

Measure = Callable[[], float]


class Aim(NamedTuple):
    """At least or at most so much, of the ratio or of the value itself."""

    of: Literal["ratio", "value"]
    which: Literal["at least", "at most"]
    bound: float

    def met(self, value: float, ratio: float | None) -> bool:
        """Whether a row is where it should be."""
        found = value if self.of == "value" else ratio
        if found is None:
            return False
        return found >= self.bound if self.which == "at least" else found <= self.bound

    def __str__(self) -> str:
        return f"{self.of} {'≥' if self.which == 'at least' else '≤'} {self.bound:g}"


class Row(NamedTuple):
    """One line of the table: a value, what it is held against (both in `unit`), and the aims it has."""

    row: str
    unit: str
    values: Sequence[float]
    references: Sequence[float] = ()
    against: str = ""
    aims: Sequence[Aim] = ()
    note: str = ""

    @property
    def value(self) -> float:
        """The median of its runs."""
        return statistics.median(self.values)

    @property
    def reference(self) -> float | None:
        """The median of the reference's runs."""
        return statistics.median(self.references) if self.references else None

    @property
    def ratio(self) -> float | None:
        """The value in parts of the reference."""
        return self.value / self.reference if self.reference else None

    @property
    def met(self) -> bool | None:
        """Whether all aims are met; None where there is none."""
        return all(aim.met(self.value, self.ratio) for aim in self.aims) if self.aims else None

    def told(self) -> dict[str, Any]:
        """As build/bench.json has it."""
        return {
            "row": self.row,
            "value": _short(self.value),
            "reference": None if self.reference is None else _short(self.reference),
            "ratio": None if self.ratio is None else _short(self.ratio),
            "aim": ", ".join(map(str, self.aims)) or None,
            "met": self.met,
            "unit": self.unit,
            "against": self.against or None,
            "runs": [_short(value) for value in self.values],
            "referenceRuns": [_short(value) for value in self.references],
            "note": self.note or None,
        }


def at_least(bound: float) -> Aim:
    """The ratio is to be at least so much."""
    return Aim("ratio", "at least", bound)


def at_most(bound: float) -> Aim:
    """The ratio is to be at most so much."""
    return Aim("ratio", "at most", bound)


def value_at_most(bound: float) -> Aim:
    """The value itself is to be at most so much."""
    return Aim("value", "at most", bound)


def in_turn(runs: int, measures: Mapping[str, Measure]) -> dict[str, list[float]]:
    """Each measure so many times, taking turns, so that whatever else the machine does hits all of them."""
    found: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(runs):
        for name, measure in measures.items():
            found[name].append(measure())
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _short(value: float) -> float:
    return round(value, 4) if abs(value) < 100 else round(value, 1)
