"""Inhabitants on the 1 January that a quota is divided by, for the municipalities that exist on some day.

A year need not count them all: who was not counted keeps what the nearest counted year says of it. What was counted of
a municipality that has ended since goes to its successors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.places import Places

#: By year (of the 1 January) and municipality, in persons.
Counted = Mapping[tuple[int, str], int]


class Inhabitants:
    """What all counts together say, by the municipalities as some places have them; remembers its own answers."""

    def __init__(self, places: Places, counted: Counted, posted: frozenset[tuple[int, str]]) -> None:
        """`posted` are those of the counts that were not shipped."""
        self._places, self._posted = places, posted
        self.years = tuple(sorted({year for year, _ in counted}))
        self._by_year: dict[int, dict[str, int]] = {}
        self._by_code: dict[str, dict[int, int]] = {}
        for (year, code), persons in counted.items():
            self._by_year.setdefault(year, {})[code] = persons
            self._by_code.setdefault(code, {})[year] = persons
        self._settled: dict[int, dict[str, int]] = {}
        self._answers: dict[tuple[int, int], Mapping[str, int]] = {}

    def reference_year(self, year: int) -> int | None:
        """The year that stands in for one before or after all that were counted; None where none was."""
        return min(max(year, self.years[0]), self.years[-1]) if self.years else None

    def of(self, codes: Iterable[str]) -> Counted:
        """The counts of some municipalities."""
        return {(year, code): persons for code in codes for year, persons in self._by_code.get(code, {}).items()}

    def last(self, code: str, on: date) -> int | None:
        """The newest count of a municipality up to a day, else its first one; None where it was never counted."""
        counts = self._by_code.get(code)
        if not counts:
            return None
        return counts[max((year for year in counts if date(year, 1, 1) <= on), default=min(counts))]

    def on_reference_date(self, year: int, on: date) -> Mapping[str, int]:
        """Inhabitants on 1 January of the year of the municipalities that exist on the day, in code order."""
        key = year, self._places.stretch(on)
        if key not in self._answers:
            self._answers[key] = MappingProxyType(self._on_reference_date(year, on))
        return self._answers[key]

    def _on_reference_date(self, year: int, on: date) -> dict[str, int]:
        places = self._places
        found = dict.fromkeys(places.existing_on(on), 0)
        untold = set(found)
        for each in self._nearest(year):
            settled = self._on_first_day(each)
            said: dict[str, int] = {}
            for code, persons in places.handed_over(settled, on).items():
                counts_for = places.existing(code, on)
                said[counts_for] = said.get(counts_for, 0) + persons
            told = untold - {places.existing(code, on) for code in self._in_part(each, settled, on)}
            found.update({code: said.get(code, 0) for code in told})
            untold -= told
            if not untold:
                break
        return found

    def _nearest(self, year: int) -> list[int]:
        """The counted years from the nearest on, the later of two as near first; one between them that nobody counted
        comes before them all."""
        reference = self.reference_year(year)
        if reference is None:
            return []
        return sorted({*self.years, reference}, key=lambda each: (abs(each - reference), -each))

    def _in_part(self, year: int, said: Mapping[str, int], on: date) -> set[str]:
        """The municipalities of which a day's part is not told by what is said of a year's 1 January."""
        unsaid = [code for code in self._places.existing_on(date(year, 1, 1)) if code not in said]
        return {heir for code in unsaid for heir in self._places.heirs(code, on)}

    def _on_first_day(self, year: int) -> dict[str, int]:
        """What is said of the municipalities that exist on a 1 January: its count, else that of the nearest year."""
        if year not in self._settled:
            day, settled = date(year, 1, 1), self._counted(year)
            for near in self._nearest(year):
                missing = [code for code in self._places.existing_on(day) if code not in settled]
                if not missing:
                    break
                said = self._said_later(near, day) if near > year else self._said_earlier(near, day)
                settled |= {code: said[code] for code in missing if code in said}
            self._settled[year] = settled
        return self._settled[year]

    def _said_earlier(self, year: int, day: date) -> dict[str, int]:
        """What an earlier year says of the municipalities of a day; nothing of those it counted only a part of."""
        counted = self._counted(year)
        in_part = self._in_part(year, counted, day)
        handed_over = self._places.handed_over(counted, day).items()
        return {code: persons for code, persons in handed_over if code not in in_part}

    def _said_later(self, year: int, day: date) -> dict[str, int]:
        """What a later year says of the municipalities of a day; nothing of those that had grown by a merger since."""
        until, places = date(year, 1, 1), self._places
        grown = {
            code
            for code in places.codes
            for part, _ in places.predecessors(code)
            if (ended := places.municipality(part).ends) is not None and day < ended <= until
        }
        return {code: persons for code, persons in self._counted(year).items() if code not in grown}

    def _counted(self, year: int) -> dict[str, int]:
        """What a year itself counted, by the municipalities that exist on its 1 January."""
        day, counted = date(year, 1, 1), self._by_year.get(year, {})
        # A count of a municipality that a posted merger had already dissolved belongs to its successors, unless theirs
        # has been posted too.
        gone = {code: persons for code, persons in counted.items() if not self._places.exists(code, day)}
        moved: dict[str, int] = {}
        for code, persons in self._places.handed_over(gone, day).items():
            counts_for = self._places.existing(code, day)
            moved[counts_for] = moved.get(counts_for, 0) + persons
        return {
            code: counted[code]
            if code in counted and ((year, code) in self._posted or code not in moved)
            else counted.get(code, 0) + moved[code]
            for code in self._places.existing_on(day)
            if code in counted or code in moved
        }
