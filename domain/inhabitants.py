"""Inhabitants on the 1 January that a quota is divided by, for the municipalities that exist on some day.

A year need not count them all: who was not counted keeps what the nearest counted year says of it. What was counted of
a municipality that has ended since goes to its successors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from domain.places import Places

#: By year (of the 1 January) and municipality, in persons.
Counted = Mapping[tuple[int, str], int]


class Count(NamedTuple):
    """Inhabitants of a municipality, and the counts that they were made of: each by its year and municipality."""

    persons: int
    sources: tuple[tuple[int, str], ...] = ()


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
        self._of_year: dict[int, dict[str, Count]] = {}
        self._completed: dict[int, dict[str, Count]] = {}
        self._answers: dict[tuple[int, int], Mapping[str, Count]] = {}

    def of(self, codes: Iterable[str]) -> Counted:
        """The counts of some municipalities."""
        return {(year, code): persons for code in codes for year, persons in self._by_code.get(code, {}).items()}

    def count(self, year: int, code: str) -> int:
        """What was counted of a municipality in a year."""
        return self._by_year[year][code]

    def last(self, code: str, on: date) -> int | None:
        """The newest count of a municipality up to a day, else its first one; None where it was never counted."""
        counts = self._by_code.get(code)
        if not counts:
            return None
        return counts[max((year for year in counts if date(year, 1, 1) <= on), default=min(counts))]

    def on_reference_date(self, year: int, on: date) -> Mapping[str, Count]:
        """Inhabitants on 1 January of the year of the municipalities that exist on the day, in code order."""
        key = year, self._places.interval(on)
        if key not in self._answers:
            self._answers[key] = MappingProxyType(self._on_reference_date(year, on))
        return self._answers[key]

    def _on_reference_date(self, year: int, on: date) -> dict[str, Count]:
        found = dict.fromkeys(self._places.codes_on(on), Count(0))
        missing = set(found)
        for each in self._nearest(year):
            completed = self._on_first_day(each)
            handed_over = self._handed_over(completed, on)
            complete = missing - self._in_part(each, completed, on)
            found.update({code: handed_over[code] for code in complete if code in handed_over})
            missing -= complete
            if not missing:
                break
        return found

    def _nearest(self, year: int) -> list[int]:
        """The counted years from the nearest on, the later of two as near first; one between them that nobody counted
        comes before them all, and the first or the last stands in for one before or after them."""
        if not self.years:
            return []
        reference = min(max(year, self.years[0]), self.years[-1])
        return sorted({*self.years, reference}, key=lambda each: (abs(each - reference), -each))

    def _on_first_day(self, year: int) -> dict[str, Count]:
        """What is said of the municipalities that exist on a 1 January: its count, else that of the nearest year."""
        if year not in self._completed:
            day, completed = date(year, 1, 1), dict(self.of_year(year))
            for near in self._nearest(year):
                missing = [code for code in self._places.codes_on(day) if code not in completed]
                if not missing:
                    break
                said = self._said_later(near, day) if near > year else self._said_earlier(near, day)
                completed |= {code: said[code] for code in missing if code in said}
            self._completed[year] = completed
        return self._completed[year]

    def _said_earlier(self, year: int, day: date) -> dict[str, Count]:
        """What an earlier year says of the municipalities of a day; nothing of those it counted only a part of."""
        counted = self.of_year(year)
        in_part = self._in_part(year, counted, day)
        return {code: count for code, count in self._handed_over(counted, day).items() if code not in in_part}

    def _said_later(self, year: int, day: date) -> dict[str, Count]:
        """What a later year says of the municipalities of a day; nothing of those that had grown by a merger since."""
        since, until, places = self._places.table_day(day), date(year, 1, 1), self._places
        grown = {
            code
            for code in places.codes
            for part, _ in places.predecessors(code)
            if (ended := places.municipality(part).ends) is not None and since < ended <= until
        }
        return {code: count for code, count in self.of_year(year).items() if code not in grown}

    def _in_part(self, year: int, said: Iterable[str], on: date) -> set[str]:
        """The municipalities of a day of which a part is not among what is said of a year's 1 January."""
        said = set(said)
        return self._heirs((code for code in self._places.codes_on(date(year, 1, 1)) if code not in said), on)

    def of_year(self, year: int) -> Mapping[str, Count]:
        """What a year itself counted, by the municipalities that exist on its 1 January."""
        if year not in self._of_year:
            self._of_year[year] = self._counted(year)
        return self._of_year[year]

    def _counted(self, year: int) -> dict[str, Count]:
        day, places = date(year, 1, 1), self._places
        counted = {code: Count(persons, ((year, code),)) for code, persons in self._by_year.get(year, {}).items()}
        # Who had ended before is in the counts of its successors, unless only a posted merger says that it ended.
        gone = {code for code in counted if not places.exists(code, day) and not places.ended_as_shipped(code, day)}
        moved = self._handed_over({code: counted[code] for code in gone}, day)
        # Before the table begins municipalities stand apart that are one in it, and each is counted by itself.
        apart = [code for code in places.codes if places.stood_apart(code, day)]
        together = self._heirs(apart, day)
        in_part = self._heirs((code for code in apart if code not in counted), day)
        found: dict[str, Count] = {}
        for code in places.codes_on(day):
            own, more = counted.get(code), moved.get(code)
            grows = code in together and places.begun(code, day)
            if own is None and (grows or code in in_part):
                continue
            # What belongs to successors by a posted merger does not, where a count of theirs has been posted too.
            if own is not None and not grows and (year, code) in self._posted:
                more = None
            if some := [one for one in (own, more) if one is not None]:
                sources = tuple(source for one in some for source in one.sources)
                found[code] = Count(sum(one.persons for one in some), sources)
        return found

    def _handed_over(self, counts: Mapping[str, Count], on: date) -> dict[str, Count]:
        """Counts by the municipalities of a day that they are of then."""
        there = frozenset(self._places.codes_on(on))
        # Nearly all of them stand, and nobody hands anything over to them.
        found = {code: one for code, one in counts.items() if code in there}
        rest = {code: one for code, one in counts.items() if code not in there}
        for code, amount in self._places.handed_over({code: one.persons for code, one in rest.items()}, on).items():
            counts_for = self._places.code_on(code, on)
            before = found.get(counts_for, Count(0))
            found[counts_for] = before._replace(persons=before.persons + amount)
        for code, one in rest.items():
            for heir in self._heirs([code], on):
                if heir in found:
                    found[heir] = found[heir]._replace(sources=found[heir].sources + one.sources)
        return found

    def _heirs(self, codes: Iterable[str], on: date) -> set[str]:
        """The municipalities of a day that hold something of these."""
        return {self._places.code_on(heir, on) for code in codes for heir in self._places.final_successors(code, on)}
