"""One municipality, and the municipalities, successions and inhabitants as shipped in the reference files.

Codes are "GM" and four digits, or "PV" and two. The facts are those of CBS, see reference/README.md.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILES = Path(__file__).parent / "reference"


def _table(name: str) -> list[dict[str, str]]:
    with (_FILES / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


PROVINCES: dict[str, str] = {row["code"]: row["name"] for row in _table("provinces") if row["code"] != "NL"}


class Handover(NamedTuple):
    """What passes between a dissolved municipality and one of its successors; `persons` None where not stated."""

    municipality: str
    persons: int | None


@dataclass(frozen=True, slots=True)
class Municipality:
    """One municipality; `begins` None: before the table begins, `ends` (the first day without it) None: not yet."""

    code: str
    name: str
    province: str
    begins: date | None = None
    ends: date | None = None
    successors: tuple[Handover, ...] = ()
    latitude: float | None = None
    longitude: float | None = None

    def exists(self, on: date) -> bool:
        """Whether it is a municipality on that day."""
        return (self.begins is None or self.begins <= on) and (self.ends is None or on < self.ends)

    @property
    def weights(self) -> dict[str, int]:
        """In what proportion the successors take over; equal parts where nothing is known about persons."""
        stated = {each.municipality: each.persons or 0 for each in self.successors}
        return stated if any(stated.values()) else dict.fromkeys(stated, 1)

    @property
    def main_successor(self) -> str | None:
        """The successor that took most inhabitants, a tie to the lower code."""
        weights = self.weights
        return min(weights, key=lambda code: (-weights[code], code), default=None)


#: The first day of the table: the first 1 January of which it has inhabitants.
TABLE_BEGINS = date(2019, 1, 1)


@cache
def shipped_municipalities() -> tuple[Municipality, ...]:
    """Every municipality that existed on 1 January 2018 or some day since, in code order."""
    successors: dict[str, list[Handover]] = {}
    for row in _table("successions"):
        successors.setdefault(row["municipality"], []).append(Handover(row["successor"], int(row["persons"])))
    return tuple(
        Municipality(
            code=row["code"],
            name=row["name"],
            province=row["province"],
            begins=date.fromisoformat(row["from"]) if row["from"] else None,
            ends=date.fromisoformat(row["until"]) if row["until"] else None,
            successors=tuple(sorted(successors.get(row["code"], ()))),
            latitude=float(row["latitude"]) if row["latitude"] else None,
            longitude=float(row["longitude"]) if row["longitude"] else None,
        )
        for row in _table("municipalities")
    )


def shipped_counts() -> dict[tuple[int, str], int]:
    """Inhabitants by year (of the 1 January) and municipality."""
    return {(int(row["on"][:4]), row["code"]): int(row["persons"]) for row in _table("inhabitants")}
