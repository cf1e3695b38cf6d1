"""Who is housed where and when: households planned backwards from the persons that each municipality houses.

Every person of the plan belongs to exactly one household, and a household is housed on one day of one period; so the
persons housed in a period sum to its number by construction. What is added to this (returns, mistakes) nets to nought.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Literal

from domain.accommodation import Accommodation
from domain.allocation import largest_remainder
from domain.period import Period
from domain.places import Places
from service.demo.simulation.chance import between, days, pick, working_day_from, working_day_until
from service.demo.simulation.quota import PlannedPeriod
from service.demo.simulation.scenario import AFTERWARDS, FIRST_PERMIT

Kind = Literal["ordinary", "referent", "family", "resettled", "minor", "passing", "settled"]

_KINDS: tuple[tuple[float, Kind], ...] = ((0.72, "ordinary"), (0.91, "referent"), (0.95, "minor"), (1.0, "resettled"))
_SIZES = ((0.55, 1), (0.68, 2), (0.79, 3), (0.89, 4), (0.95, 5), (0.98, 6), (0.995, 7), (1.0, 8))
_REFERENT_SIZES = ((0.87, 1), (0.96, 2), (1.0, 3))
_FAMILY_SIZES = ((0.2, 1), (0.45, 2), (0.7, 3), (0.9, 4), (1.0, 5))
_ACCOMMODATIONS: tuple[tuple[float, Accommodation], ...] = (
    (0.89, "regular"),
    (0.95, "intermediate"),
    (0.985, "transit-home"),
    (0.99, "gva"),
    (1.0, "with-family"),
)
#: Days of linking, housing and departure by kind, triangular: low, mode, high. With them permit to housed takes about
#: 19 weeks on average without family reunification and 27 with (letter of 3 November 2020), linking and departure are
#: mostly within their fourteen days, and housing is not within its seventy.
_LINKING, _DEPARTURE = (1, 9, 21), (2, 7, 19)
_HOUSING: dict[Kind, tuple[int, int, int]] = {
    "ordinary": (18, 84, 272),
    "referent": (45, 128, 334),
    "family": (10, 40, 190),
    "resettled": (5, 30, 100),
    "minor": (14, 50, 200),
    "passing": (18, 84, 272),
    "settled": (18, 84, 272),
}
_PASSING = 0.012  # who is never housed, as a share of who is
_SETTLED = 600  # who was housed before the scenario begins, and whose term to integrate ends within it or soon after


@dataclass(frozen=True, slots=True)
class Person:
    """One permit holder; the V-numbers of the simulation begin with 9999."""

    v_number: str
    born: date


@dataclass(frozen=True, slots=True)
class Reunion:
    """The family reunification of a referent; `arrived` persons came, none when refused or still on their way."""

    applied_on: date
    persons: int
    decided_on: date
    granted: int
    arrived_on: date | None = None
    arrived: int = 0


@dataclass(slots=True)
class Household:
    """Persons with one permit date, one link and one home, and the days on which they came by them.

    `place` is the municipality's code on the day they are housed; `former` the code of what it was before a merger.
    """

    kind: Kind
    key: str
    persons: tuple[Person, ...]
    place: str
    former: str | None
    permit_on: date
    linked_on: date
    ready_on: date
    housed_on: date
    accommodation: Accommodation
    referent: str | None = None
    reunion: Reunion | None = None

    @property
    def number(self) -> int:
        """A number of its own, by which it is told apart."""
        return int(self.persons[0].v_number)

    def place_on(self, day: date, places: Places) -> str:
        """The code that its municipality has on a day."""
        if self.former is not None and not places.exists(self.place, day):
            return self.former
        return places.code_on(self.place, day)


@dataclass(slots=True)
class _Town:
    """The plan as it is being filled: persons yet to be housed by period and municipality on its first day."""

    rng: Random
    places: Places
    free: dict[Period, dict[str, int]]
    households: list[Household] = field(default_factory=list)
    numbers: count[int] = field(default_factory=lambda: count(1))
    keys: count[int] = field(default_factory=lambda: count(1))


def households(rng: Random, periods: list[PlannedPeriod], places: Places, one_in: int = 1) -> list[Household]:
    """Every household of the scenario, in order of permit."""
    free = {each.half_year.period: dict(each.realised) for each in periods}
    after = AFTERWARDS.period
    free[after] = largest_remainder(AFTERWARDS.realised // one_in, places.inhabitants(after.year - 1, after.first))
    town = _Town(rng, places, free)
    for period in sorted(free):
        for code in sorted(free[period]):
            while free[period][code] > 0:
                _settle(town, period, code)
    for each in periods:
        _into_hotels(rng, town.households, each.half_year.period, each.half_year.hotel // one_in)
    weights = sorted(places.inhabitants(2020, date(2021, 7, 1)).items())
    codes, shares = [code for code, _ in weights], [persons for _, persons in weights]
    for _ in range(int(len(town.households) * _PASSING)):
        day = date(2021, 1, 1) + timedelta(days=between(rng, 0, 540))
        code = places.code_on(rng.choices(codes, shares)[0], day)
        _add(town, "passing", 1, code, working_day_from(day), _phases(rng, "passing"))
    for _ in range(_SETTLED // one_in):
        permit_on = working_day_from(date(2019, 1, 2) + timedelta(days=between(rng, 0, 270)))
        code = places.code_on(rng.choices(codes, shares)[0], date(2021, 7, 1))
        town.households.append(_settled(town, code, permit_on))
    return sorted(town.households, key=lambda each: (each.permit_on, each.key))


def _settle(town: _Town, period: Period, code: str) -> None:
    """One more household for a municipality that still has persons to house in the period."""
    rng = town.rng
    kind = pick(rng, _KINDS)
    size = 1
    if kind in ("ordinary", "resettled"):
        size = pick(rng, _SIZES)
    elif kind == "referent":
        size = pick(rng, _REFERENT_SIZES)
    size = min(size, town.free[period][code])
    length = (period.last - period.first).days
    day = working_day_from(period.first + timedelta(days=between(rng, 1, length - 3)))
    town.free[period][code] -= size
    household = _add(town, kind, size, town.places.code_on(code, day), day, _phases(rng, kind))
    if kind == "referent":
        _reunite(town, household)


def _phases(rng: Random, kind: Kind) -> tuple[int, int, int]:
    """Days of linking, housing and departure."""
    return days(rng, *_LINKING), days(rng, *_HOUSING[kind]), days(rng, *_DEPARTURE)


def _add(
    town: _Town, kind: Kind, size: int, place: str, housed_on: date, phases: tuple[int, int, int], key: str = ""
) -> Household:
    rng, (linking, housing, departure) = town.rng, phases
    ready_on = housed_on - timedelta(days=departure)
    linked_on = working_day_until(ready_on - timedelta(days=housing))
    permit_on = working_day_until(linked_on - timedelta(days=linking))
    if permit_on < FIRST_PERMIT:
        permit_on = working_day_from(FIRST_PERMIT + timedelta(days=between(rng, 0, 60)))
        linked_on = working_day_from(permit_on + timedelta(days=linking))
    household = Household(
        kind=kind,
        key=key or f"H-{next(town.keys):08d}",
        persons=_persons(town, kind, size, permit_on),
        place=place,
        former=_former(rng, place, linked_on, town.places),
        permit_on=permit_on,
        linked_on=linked_on,
        ready_on=ready_on,
        housed_on=housed_on,
        accommodation=_accommodation(rng, kind, size),
    )
    town.households.append(household)
    return household


def _settled(town: _Town, code: str, permit_on: date) -> Household:
    """A single who was housed in 2019 or 2020."""
    rng, (linking, housing, departure) = town.rng, _phases(town.rng, "ordinary")
    linked_on = working_day_from(permit_on + timedelta(days=linking))
    ready_on = linked_on + timedelta(days=housing)
    housed_on = working_day_from(ready_on + timedelta(days=departure))
    former = _former(rng, code, linked_on, town.places)
    return Household(
        kind="settled",
        key=f"H-{next(town.keys):08d}",
        persons=_persons(town, "settled", 1, permit_on),
        place=code,
        former=former,
        permit_on=permit_on,
        linked_on=linked_on,
        ready_on=ready_on,
        housed_on=housed_on,
        accommodation="regular",
    )


def _accommodation(rng: Random, kind: Kind, size: int) -> Accommodation:
    if kind == "minor":
        return "minor-unit"
    if kind in ("family", "resettled"):
        return "regular"
    drawn = pick(rng, _ACCOMMODATIONS)
    return "regular" if drawn == "transit-home" and size > 1 else drawn


def _former(rng: Random, place: str, linked_on: date, places: Places) -> str | None:
    """What the municipality was when they were linked, if it was not there yet: one of those it came from."""
    if places.exists(place, linked_on):
        return None
    parts = [one for one in places.predecessors(place) if places.municipality(one.municipality).main_successor == place]
    return rng.choices([one.municipality for one in parts], [one.persons or 1 for one in parts])[0]


def _persons(town: _Town, kind: Kind, size: int, on: date) -> tuple[Person, ...]:
    """A head and, by size, a partner and children; a family that follows may be children alone."""
    rng = town.rng
    adults = 1 if size == 1 else (2 if rng.random() < (0.5 if size == 2 else 0.8) else 1)
    if kind in ("referent", "family"):
        adults = 1
    ages: list[tuple[int, int]] = [(18, 60)] * adults + [(0, 17)] * (size - adults)
    if kind == "minor":
        ages = [(15, 17)]
    people = []
    for low, high in ages:
        born = on - timedelta(days=between(rng, low * 366, (high + 1) * 365 - 200))
        people.append(Person(f"9999{next(town.numbers):06d}", born))
    return tuple(people)


def _reunite(town: _Town, referent: Household) -> None:
    """The referent applies for family; what is granted comes, and is housed in a period that still has room for it."""
    rng, asked = town.rng, pick(town.rng, _FAMILY_SIZES)
    waiting = (referent.housed_on - referent.permit_on).days
    applied_on = referent.permit_on + timedelta(days=min(between(rng, 10, 85), waiting // 2))
    decided_on = working_day_from(applied_on + timedelta(days=days(rng, 45, 90, 180)))
    refused = rng.random() < 0.2
    granted = 0 if refused else asked - (1 if asked > 1 and rng.random() < 0.1 else 0)
    referent.reunion = Reunion(applied_on, asked, decided_on, granted)
    arrived_on = working_day_from(decided_on + timedelta(days=days(rng, 14, 40, 90)))
    phases = _phases(rng, "family")
    # The permit follows some days after the arrival; weekends may take four of them.
    earliest = arrived_on + timedelta(days=between(rng, 6, 25) + sum(phases))
    housed_on = working_day_from(max(earliest, referent.housed_on + timedelta(days=between(rng, 0, 21))))
    period = Period.of(housed_on)
    if period not in town.free:
        return
    code = town.places.code_on(referent.place, period.first)
    persons = min(granted, town.free[period].get(code, 0))
    if persons == 0:
        return
    town.free[period][code] -= persons
    place = town.places.code_on(code, housed_on)
    family = _add(town, "family", persons, place, housed_on, phases, referent.key)
    family.referent = referent.persons[0].v_number
    referent.reunion = Reunion(applied_on, asked, decided_on, granted, arrived_on, persons)


def _into_hotels(rng: Random, every: list[Household], period: Period, persons: int) -> None:
    """As many persons as were placed in hotels in the period, by whole households."""
    able = [each for each in every if each.kind == "ordinary" and Period.of(each.housed_on) == period]
    able = [each for each in able if each.accommodation == "regular"]
    rng.shuffle(able)
    for each in able:
        if len(each.persons) <= persons:
            each.accommodation = "hotel"
            persons -= len(each.persons)
