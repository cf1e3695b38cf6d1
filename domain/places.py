"""Municipalities and provinces through time: which exist on a day, who succeeded whom, and their inhabitants.

The shipped facts cover 2019 - 2026; posted reference facts add to them or correct them, each giving new places.
Boundary changes without a merger are ignored.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, cached_property
from types import MappingProxyType

from domain.allocation import largest_remainder
from domain.inhabitants import Counted, Inhabitants
from domain.municipality import (
    PROVINCES,
    TABLE_BEGINS,
    Handover,
    Municipality,
    shipped_counts,
    shipped_municipalities,
)

__all__ = ["PROVINCES", "Handover", "Municipality", "Places", "UnknownMunicipality"]


class UnknownMunicipality(LookupError):
    """A question about a code that no municipality of the table has."""


class Places:
    """The municipalities as known from one set of reference facts; immutable, and remembers its own answers."""

    def __init__(
        self,
        municipalities: Iterable[Municipality],
        counted: Counted,
        posted: frozenset[tuple[int, str]] = frozenset(),
        posted_ends: frozenset[str] = frozenset(),
    ) -> None:
        """`counted`: inhabitants by year and code on 1 January; `posted`, `posted_ends`: what was not shipped."""
        self._all = {each.code: each for each in sorted(municipalities, key=lambda each: each.code)}
        self._counted, self._posted, self._posted_ends = counted, posted, posted_ends
        self._inhabitants = Inhabitants(self, counted, posted)
        self._predecessors: dict[str, list[Handover]] = {}
        for each in self._all.values():
            for heir in each.successors:
                self._predecessors.setdefault(heir.municipality, []).append(Handover(each.code, heir.persons))
        dissolved = [each for each in self._all.values() if each.ends is not None]
        self._dissolved = sorted(dissolved, key=lambda each: (each.ends or date.max, each.code))
        # Between two of these days nothing changes, so answers are remembered per stretch, not per day.
        days = {day for each in self._all.values() for day in (each.begins, each.ends) if day is not None}
        self._days = sorted(days)
        self._existing: dict[tuple[int, str], str] = {}
        self._existing_for_all: dict[int, Mapping[str, str]] = {}
        self._existing_on: dict[int, tuple[str, ...]] = {}
        self._numbers: dict[tuple[int, int], Mapping[str, int]] = {}
        self._lines: dict[str, frozenset[str]] = {}

    @staticmethod
    @cache
    def shipped() -> Places:
        """The places of the shipped reference files, read once."""
        return Places(shipped_municipalities(), shipped_counts())

    # What is known about one municipality.

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code, of whatever time, in code order."""
        return tuple(self._all)

    @property
    def ever_there(self) -> tuple[str, ...]:
        """Those that exist on some day of the table, in code order."""
        return tuple(code for code, each in self._all.items() if each.ends is None or each.ends > TABLE_BEGINS)

    def among(self, codes: Iterable[str]) -> Places:
        """Some municipalities as if there were no others."""
        some = [self._all[code] for code in codes if code in self._all]
        return Places(some, self._inhabitants.of(each.code for each in some))

    def begun(self, code: str, on: date) -> bool:
        """Whether a municipality is not one that is yet to begin on the day."""
        begins = self._all[code].begins
        return begins is None or begins <= on

    def ended_as_shipped(self, code: str, on: date) -> bool:
        """Whether a municipality ended before a day or on it by what is shipped, and not by what was posted."""
        ends = self._all[code].ends if code in self._all else None
        return ends is not None and ends <= on and code not in self._posted_ends

    def stood_apart(self, code: str, on: date) -> bool:
        """Whether a municipality existed on a day before the table begins, and ended until then."""
        ends = self._all[code].ends
        return ends is not None and on < ends <= self.table_day(on)

    @property
    def years(self) -> tuple[int, ...]:
        """The years of which inhabitants were counted on 1 January."""
        return self._inhabitants.years

    def known(self, code: str) -> bool:
        """Whether any municipality, of whatever time, has this code."""
        return code in self._all

    def municipality(self, code: str) -> Municipality:
        """The municipality itself; UnknownMunicipality when no municipality has the code."""
        try:
            return self._all[code]
        except KeyError:
            raise UnknownMunicipality(code) from None

    def name(self, code: str) -> str:
        """Its name, as CBS writes it."""
        return self.municipality(code).name

    def province(self, code: str) -> str:
        """The code of its province."""
        return self.municipality(code).province

    def successors(self, code: str) -> tuple[Handover, ...]:
        """Who took over a dissolved municipality, with the persons moved, in code order; empty while it stands."""
        return self.municipality(code).successors

    def succession_line(self, codes: Iterable[str], besides: Iterable[tuple[str, str]] = ()) -> set[str]:
        """These codes and all that stand in one line of succession with them, or by the pairs given besides."""
        near: dict[str, set[str]] = {}
        known = [(each.code, heir) for each in self._all.values() for heir, _ in each.successors]
        for one, other in (*known, *besides):
            near.setdefault(one, set()).add(other)
            near.setdefault(other, set()).add(one)
        found, ahead = set(codes), list(codes)
        while ahead:
            new = near.get(ahead.pop(), set()) - found
            found |= new
            ahead += new
        return found

    def line_of(self, code: str) -> frozenset[str]:
        """A code and all that stand in one line of succession with it."""
        if code not in self._lines:
            line = frozenset(self.succession_line([code]))
            self._lines.update(dict.fromkeys(line, line))
        return self._lines[code]

    def predecessors(self, code: str) -> tuple[Handover, ...]:
        """The dissolved municipalities this one took over, whole or in part, in code order."""
        return tuple(self._predecessors.get(code, ()))

    # Which municipality a code counts for.

    def interval(self, day: date) -> int:
        """The same number for all days between which no municipality begins or ends."""
        return bisect_right(self._days, self.table_day(day))

    @staticmethod
    def table_day(day: date) -> date:
        """The day whose municipalities are those of a day: before the table begins they are those of its first day."""
        return max(day, TABLE_BEGINS)

    def exists(self, code: str, on: date) -> bool:
        """Whether a municipality with this code exists on the day."""
        return code in self._all and self._all[code].exists(self.table_day(on))

    def codes_on(self, day: date) -> tuple[str, ...]:
        """The codes of all municipalities that exist on the day, in code order."""
        interval = self.interval(day)
        if interval not in self._existing_on:
            self._existing_on[interval] = tuple(code for code in self._all if self.exists(code, day))
        return self._existing_on[interval]

    def code_on(self, code: str, on: date) -> str:
        """The municipality that counts for this code on the day.

        Itself when it exists; after its end the successor that took most inhabitants; before its beginning the
        predecessor that had most. The code itself when nothing better is known.
        """
        interval = self.interval(on)
        found = self._existing.get((interval, code))
        if found is None:
            found = self._existing[interval, code] = self._search(code, self.table_day(on), frozenset()) or code
        return found

    def all_codes_on(self, day: date) -> Mapping[str, str]:
        """The same for every code that is known, as one mapping: another code counts for itself."""
        interval = self.interval(day)
        if interval not in self._existing_for_all:
            self._existing_for_all[interval] = {code: self.code_on(code, day) for code in self._all}
        return self._existing_for_all[interval]

    def known_code_on(self, code: str | None, on: date) -> str | None:
        """As `code_on`; None for no code, and for one that nobody knows (any more: a merger may be withdrawn)."""
        found = None if code is None else self.code_on(code, on)
        return found if found in self._all else None

    def codes_counted_as(self, code: str, on: date) -> tuple[str, ...]:
        """Every code that counts on the day for the municipality that this code counts for, in code order."""
        counted_as = self.code_on(code, on)
        return tuple(each for each in self._all if self.code_on(each, on) == counted_as)

    def _search(self, code: str, on: date, seen: frozenset[str]) -> str | None:
        each = self._all.get(code)
        if each is None or code in seen:
            return None
        if each.exists(on):
            return code
        if each.ends is not None and each.ends <= on:
            return self._search(each.main_successor, on, seen | {code}) if each.main_successor else None
        # Not there yet: whoever had most inhabitants, a tie to the lower code.
        for earlier in sorted(self.predecessors(code), key=self._size):
            if (found := self._search(earlier.municipality, on, seen | {code})) is not None:
                return found
        return None

    def _size(self, part: Handover) -> tuple[int, str]:
        """Orders what a municipality came from by inhabitants when it ended, the most first."""
        ended_on = self._all[part.municipality].ends or date.max
        persons = self._inhabitants.last(part.municipality, ended_on)
        return -(part.persons or 0 if persons is None else persons), part.municipality

    def is_successor_of(self, code: str, earlier: str) -> bool:
        """Whether it took over the earlier municipality, whole or in part, directly or through others."""
        seen: set[str] = set()
        ahead = [earlier]
        while ahead:
            for heir, _ in self._all[here].successors if (here := ahead.pop()) in self._all else ():
                if heir not in seen:
                    seen.add(heir)
                    ahead.append(heir)
        return code in seen and code != earlier

    # Handing over.

    def handed_over(self, amounts: Mapping[str, int], on: date) -> dict[str, int]:
        """The amounts per municipality once every merger and split up to and on the day has passed.

        What a split municipality had goes pro rata to the persons moved, largest remainder on the absolute value. The
        sum never changes.
        """
        held, day = dict(amounts), self.table_day(on)
        ended = [each for each in self._dissolved if each.successors and each.ends is not None and each.ends <= day]
        # Round after round: who takes over may have been taken over later. A cycle goes round no more often than its
        # line has ends, so that what one line hands over never depends on another.
        rounds = 0
        while leaving := [each for each in ended if each.code in held and rounds < self._ends_in_line[each.code]]:
            rounds += 1
            for each in leaving:
                for heir, part in largest_remainder(held.pop(each.code), each.weights).items():
                    held[heir] = held.get(heir, 0) + part
        return held

    @cached_property
    def _ends_in_line(self) -> Mapping[str, int]:
        """For every dissolved municipality: how many of its line of succession are dissolved."""
        gone, found = {each.code for each in self._dissolved}, dict[str, int]()
        for code in gone:
            if code not in found:
                of_line = gone & self.succession_line([code])
                found |= dict.fromkeys(of_line, len(of_line))
        return found

    def days_before_changes(self, first: date, last: date) -> list[date]:
        """The days from first to last after which something changes, and the last."""
        changing = (day - timedelta(days=1) for day in self._days if first < day <= last)
        return [*changing, last]

    def final_successors(self, code: str, on: date) -> frozenset[str]:
        """Every municipality that holds something of this one after all mergers and splits up to and on the day."""
        found, ahead, seen, day = set(), [code], {code}, self.table_day(on)
        while ahead:
            here = ahead.pop()
            each = self._all.get(here)
            if each is None or not each.successors or each.ends is None or each.ends > day:
                found.add(here)
                continue
            new = {heir for heir, _ in each.successors} - seen
            seen |= new
            ahead.extend(new)
        return frozenset(found)

    def inhabitants(self, year: int, on: date) -> Mapping[str, int]:
        """Inhabitants on 1 January of the year of the municipalities that exist on the day, in code order.

        Those of municipalities merged or split between the two days go to their successors. Who was not counted that
        year keeps what the nearest counted year says; a year before or after all counts takes the first or the last.
        """
        key = year, self.interval(on)
        if key not in self._numbers:
            counts = self._inhabitants.on_reference_date(year, on)
            self._numbers[key] = MappingProxyType({code: count.persons for code, count in counts.items()})
        return self._numbers[key]

    def counts_summed(self, code: str, year: int, on: date) -> list[tuple[date, str, int]]:
        """The counts that such a number rests on: day, municipality and its inhabitants."""
        sources = self._inhabitants.on_reference_date(year, on)[code].sources
        return [(date(each, 1, 1), of, self._inhabitants.count(each, of)) for each, of in sources]

    def counted(self, year: int) -> Mapping[str, int]:
        """What the year itself counted, by the municipalities that exist on its 1 January."""
        return {code: count.persons for code, count in self._inhabitants.of_year(year).items()}

    # Reference facts that were posted.

    def with_counts(self, counts: Mapping[tuple[str, date], int]) -> Places:
        """The places with posted counts of inhabitants, by municipality and day.

        Only a count on a 1 January is a reference count, another changes nothing. A count of a municipality that is
        not known yet is kept until it is.
        """
        new = {(on.year, code): persons for (code, on), persons in counts.items() if (on.month, on.day) == (1, 1)}
        if not new:
            return self
        return Places(self._all.values(), {**self._counted, **new}, self._posted | new.keys(), self._posted_ends)

    def with_merger(
        self,
        municipality: str,
        into: str,
        on: date,
        persons_moved: int | None = None,
        name: str | None = None,
        province: str | None = None,
    ) -> Places:
        """The places with a merger posted: `municipality` no longer exists on `on`, `into` takes it over.

        Posted once for each successor, with the same day, it is a split. What was shipped about the end of the
        municipality no longer counts, except for persons that the posted facts leave out. An unknown `into` is a new
        municipality that begins that day. A merger of an unknown municipality does nothing, unless it ended before the
        table begins; one into itself does nothing.
        """
        known = dict(self._all)
        if municipality not in known and on < TABLE_BEGINS:
            there = province or (known[into].province if into in known else "")
            known[municipality] = Municipality(municipality, municipality, there)
        if municipality not in known or municipality == into:
            return self
        ending = known[municipality]
        again = municipality in self._posted_ends and ending.ends == on
        successors: dict[str, int | None] = dict(ending.successors) if again else {}
        if persons_moved is None:
            persons_moved = _shipped_persons().get((municipality, into))
        successors[into] = persons_moved
        ending = replace(
            ending,
            ends=on,
            successors=tuple(Handover(code, successors[code]) for code in sorted(successors)),
        )
        changed = {**known, municipality: ending}
        if into not in changed:
            changed[into] = Municipality(into, name or into, province or ending.province, begins=on)
        # What came about by mergers began with the first of them.
        for each in [one for one in changed.values() if one.begins is not None]:
            days = [one.ends for one in changed.values() if one.ends and each.code in dict(one.successors)]
            if days:
                changed[each.code] = replace(each, begins=min(days))
        return Places(changed.values(), self._counted, self._posted, self._posted_ends | {municipality})


@cache
def _shipped_persons() -> Mapping[tuple[str, str], int | None]:
    return {(each.code, heir): persons for each in shipped_municipalities() for heir, persons in each.successors}
