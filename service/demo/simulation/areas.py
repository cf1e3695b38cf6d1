"""What is said of areas and of nobody in particular: forecasts, announcements, homes that are free, places.

Announcements and homes are stated by the month, temporary places by the quarter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from domain.field_types import AGES_OF_CHILDREN
from domain.places import Places
from domain.totals import COUNTRY
from service.demo.simulation.chance import between, pick, recorded, working_day_from
from service.demo.simulation.households import Household
from service.demo.simulation.housing import TEMPORARY, bedrooms
from service.demo.simulation.posts import COA, IND, Post, municipality_source

#: When IND said how many permits it expected, from which day to which.
_FORECASTS = (
    (date(2020, 12, 15), date(2021, 1, 1), date(2021, 6, 30)),
    (date(2021, 3, 15), date(2021, 4, 1), date(2021, 6, 30)),
    (date(2021, 6, 15), date(2021, 7, 1), date(2021, 12, 31)),
    (date(2021, 9, 15), date(2021, 10, 1), date(2021, 12, 31)),
    (date(2021, 12, 15), date(2022, 1, 1), date(2022, 6, 30)),
    (date(2022, 3, 15), date(2022, 4, 1), date(2022, 6, 30)),
    (date(2022, 6, 15), date(2022, 7, 1), date(2022, 12, 31)),
)
_ANNOUNCED_FROM, _ANNOUNCED_UNTIL = (2021, 2), (2022, 8)
_SAID_ON_THE = 20  # two months before
#: How often a household that is to be linked stands in the announcement: some not yet, some as two.
_TIMES = ((0.1, 0), (0.9, 1), (1.0, 2))
_HOMES_FROM, _HOMES_UNTIL = (2021, 7), (2022, 6)
_QUARTERS = ((2021, 4), (2021, 7), (2021, 10), (2022, 1), (2022, 4))
_SAYS_ITS_HOMES, _SAID_IN_A_MONTH = 0.55, 0.92  # of the municipalities
_READY_WITHIN = timedelta(days=40)
_MISFIT = ((0.1, -1), (0.85, 0), (1.0, 1))
_ADAPTED, _SPARE = 0.04, 0.2
_STAYS = timedelta(days=200)


def area_posts(rng: Random, every: Sequence[Household], places: Places) -> Iterator[Post]:
    """All of it, from what is going to happen to the households."""
    yield from _forecasts(rng, every)
    for month in _months(_ANNOUNCED_FROM, _ANNOUNCED_UNTIL):
        yield from _announcements(rng, month, every, places)
    speaks: dict[str, bool] = {}
    for month in _months(_HOMES_FROM, _HOMES_UNTIL):
        yield from _homes(rng, working_day_from(month), every, places, speaks)
    stated: set[tuple[str, str]] = set()
    for year, number in _QUARTERS:
        yield from _temporary_places(rng, working_day_from(date(year, number, 1)), every, places, speaks, stated)


def area_post(rng: Random, source: str, topic: str, area: str, on: date, **fields: Any) -> Post:
    """What a source says of an area."""
    return Post(recorded(rng, on), source, topic, on, {"area": area, "effectiveOn": str(on), **fields})


def _forecasts(rng: Random, every: Sequence[Household]) -> Iterator[Post]:
    for on, first, last in _FORECASTS:
        granted = sum(len(each.persons) for each in every if first <= each.permit_on <= last)
        persons = granted * between(rng, 90, 112) // 100
        of_them = {"from": str(first), "to": str(last), "persons": persons}
        yield area_post(rng, IND, "permits-forecast-published.v1", COUNTRY, on, **of_them)


def _announcements(rng: Random, month: date, every: Sequence[Household], places: Places) -> Iterator[Post]:
    """How many COA expects to link to each municipality in a month, with the errors that such a list has."""
    on = working_day_from(_month(month, -2).replace(day=_SAID_ON_THE))
    persons: Counter[str] = Counter()
    households: Counter[str] = Counter()
    children: dict[str, Counter[str]] = {}
    for each in every:
        if not month <= each.linked_on < _month(month, 1):
            continue
        times, area = pick(rng, _TIMES), _area(each, on, places)
        persons[area] += times * len(each.persons)
        households[area] += times
        bands = children.setdefault(area, Counter())
        for person in each.persons:
            if (band := _band(person.born, month)) is not None:
                bands[band] += times
    for area in sorted(persons):
        counted = {
            "households": households[area],
            "children": {band: children[area][band] for band in AGES_OF_CHILDREN},
        }
        said = {"month": f"{month:%Y-%m}", "persons": persons[area], **counted}
        yield area_post(rng, COA, "links-announced.v1", area, on, **said)


def _homes(
    rng: Random, day: date, every: Sequence[Household], places: Places, speaks: dict[str, bool]
) -> Iterator[Post]:
    """The homes that will be ready soon, of which some do not fit whoever is linked, and some that nobody needs."""
    free: dict[str, Counter[tuple[int, bool]]] = {}
    for each in every:
        if each.accommodation == "regular" and day < each.ready_on <= day + _READY_WITHIN:
            number = max(0, bedrooms(len(each.persons)) + pick(rng, _MISFIT))
            free.setdefault(_area(each, day, places), Counter())[number, rng.random() < _ADAPTED] += 1
    for area in places.codes_on(day):
        if not speaks.setdefault(area, rng.random() < _SAYS_ITS_HOMES) or rng.random() > _SAID_IN_A_MONTH:
            continue
        counted = free.get(area, Counter())
        if rng.random() < _SPARE:
            counted[between(rng, 1, 4), False] += 1
        homes = [
            {"bedrooms": number, "adapted": adapted, "number": counted[number, adapted]}
            for number, adapted in sorted(counted)
        ]
        yield area_post(rng, municipality_source(area), "homes-stated.v1", area, day, homes=homes)


def _temporary_places(
    rng: Random,
    day: date,
    every: Sequence[Household],
    places: Places,
    speaks: dict[str, bool],
    stated: set[tuple[str, str]],
) -> Iterator[Post]:
    """As many places as persons live in, or some more; none of a kind that is there no longer."""
    persons: Counter[tuple[str, str]] = Counter()
    for each in every:
        if each.accommodation in TEMPORARY and day - _STAYS < each.housed_on <= day:
            persons[_area(each, day, places), each.accommodation] += len(each.persons)
    for area, kind in sorted(persons.keys() | stated):
        if not places.exists(area, day) or not speaks.setdefault(area, rng.random() < _SAYS_ITS_HOMES):
            continue
        stated.add((area, kind))
        lived_in = persons[area, kind]
        number = lived_in + between(rng, 0, 1 + lived_in // 3) if lived_in else 0
        of_kind = {"accommodation": kind, "places": number}
        yield area_post(rng, municipality_source(area), "temporary-places-stated.v1", area, day, **of_kind)


def _area(household: Household, day: date, places: Places) -> str:
    """The municipality of a household as it is on a day; of one to come the largest of those that it will come of."""
    code = household.place
    while not places.begun(code, day):
        code = max(places.predecessors(code), key=lambda part: (part.persons or 0, part.municipality)).municipality
    return places.code_on(code, day)


def _band(born: date, on: date) -> str | None:
    """The band of ages below 18 that somebody is in on a day."""
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return next((band for band in AGES_OF_CHILDREN if age <= int(band.partition("-")[2])), None)


def _months(first: tuple[int, int], last: tuple[int, int]) -> Iterator[date]:
    """The first days of the months from one to another."""
    month = date(*first, 1)
    while month <= date(*last, 1):
        yield month
        month = _month(month, 1)


def _month(month: date, number: int) -> date:
    """The first day of a month so many months later."""
    years, months = divmod(month.month - 1 + number, 12)
    return date(month.year + years, months + 1, 1)
