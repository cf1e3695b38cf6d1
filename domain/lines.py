"""Figures taken apart by line of succession: what is said of a municipality moves nobody outside its line.

Only the national number ties all municipalities together. Once it is divided, a line keeps books of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace

from domain.period import Period
from domain.places import Places
from domain.quota import ByAccommodation, PeriodFigures, Realised, quotas


def divided(period: Period, figures: PeriodFigures, places: Places) -> PeriodFigures:
    """The same quotas, each as that of its municipality: what is left of the national number is nothing."""
    return replace(figures, national=None, municipal=quotas(period, figures, places))


def differing(one: PeriodFigures, other: PeriodFigures) -> set[str]:
    """The municipalities of which two say something else, once divided."""
    here, there = Counter(one.transfers), Counter(other.transfers)
    return {
        *(code for code, _ in one.municipal.items() ^ other.municipal.items()),
        *(code for code, _ in one.openings.items() ^ other.openings.items()),
        *(each.municipality for each in (here - there) + (there - here)),
    }


def figures_among(codes: Collection[str], figures: PeriodFigures) -> PeriodFigures:
    """What divided figures say of some municipalities."""
    return PeriodFigures(
        municipal={code: figures.municipal[code] for code in codes if code in figures.municipal},
        openings={code: figures.openings[code] for code in codes if code in figures.openings},
        transfers=tuple(each for each in figures.transfers if each.municipality in codes),
    )


def housed_among(codes: Collection[str], housed: Realised) -> Realised:
    """The persons housed by some municipalities."""
    found: dict[Period, Mapping[str, ByAccommodation]] = {}
    for period, of in housed.items():
        found[period] = {code: of[code] for code in codes if code in of}
    return found
