"""For which municipality counts what was said of an area: what was stated of a merged one stands beside what its
successor states, until that states it anew; what was decided passes on.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import date
from typing import Literal, NamedTuple, get_args

from domain.places import Places

#: What is stated, by key: it replaces what was stated before.
StatedKind = Literal["links-announced", "homes", "temporary-places", "reception-places"]
#: All that is said of areas; the others each stand by themselves.
AreaKind = Literal[StatedKind, "permits-forecast", "ladder-step", "suspension"]
AREA_KINDS: tuple[AreaKind, ...] = get_args(AreaKind)


class Statement(NamedTuple):
    """One line of what was said of an area as posted, on a day; `order` orders what was said on one day, and `position`
    is that of the event.

    `from_on` and `to_on` are the days that it is about, both included: of a month, a half-year or a forecast. `amount`
    is in persons, homes or places, or the rung of the ladder; `children` are those of an announcement by
    `AGES_OF_CHILDREN`. Who states that there are no homes has one line, without bedrooms, of 0.
    """

    area: str
    kind: AreaKind
    on: date
    order: str
    position: int
    from_on: date | None = None
    to_on: date | None = None
    accommodation: str | None = None
    bedrooms: int | None = None
    adapted: bool | None = None
    amount: int | None = None
    households: int | None = None
    children: tuple[int | None, ...] = ()

    @property
    def key(self) -> Hashable:
        """What it is stated of, besides the area."""
        return self.kind, self.from_on, self.accommodation

    @property
    def newness(self) -> tuple[date, str]:
        """Later for what was said later, of whatever area."""
        return self.on, self.order


def statements_by_area(stated: Iterable[Statement], day: date, places: Places) -> dict[str, list[Statement]]:
    """The statements that count, by the areas that exist on a day, in the order of what was said.

    `stated` are those in force: of an area as posted the newest for each key. What names a municipality before it
    exists counts as if stated on its first day, what names one that has ended is its successor's own.
    """
    owned: dict[tuple[str, Hashable], list[tuple[date, Statement]]] = {}
    for one in stated:
        owner, since = _owner(one, places)
        if since <= day:
            owned.setdefault((owner, one.key), []).append((since, one))
    newest = {whose: max((since, one.order) for since, one in some) for whose, some in owned.items()}
    found: dict[str, list[Statement]] = {}
    for (owner, key), some in owned.items():
        last = newest[owner, key]
        if (holder := _holder(owner, key, day, newest, places)) is not None:
            found.setdefault(holder, []).extend(one for since, one in some if (since, one.order) == last)
    return {area: sorted(some, key=lambda one: one.newness) for area, some in sorted(found.items())}


def _owner(one: Statement, places: Places) -> tuple[str, date]:
    """Whose own statement it is, and from which day on."""
    if not places.known(one.area):
        return one.area, one.on
    begins = places.municipality(one.area).begins
    if begins is not None and places.table_day(one.on) < begins:
        return one.area, begins
    return places.code_on(one.area, one.on), one.on


def _holder(
    owner: str, key: Hashable, day: date, newest: dict[tuple[str, Hashable], tuple[date, str]], places: Places
) -> str | None:
    """The area of a day for which counts what another stated last; None where a successor stated it anew."""
    seen: set[str] = set()
    while places.known(owner) and not places.exists(owner, day) and owner not in seen:
        seen.add(owner)
        ends = places.municipality(owner).ends
        if ends is None or (heir := places.code_on(owner, ends)) == owner:
            return None
        if (heir, key) in newest and newest[heir, key][0] >= ends:
            return None
        owner = heir
    return owner


def municipality_meant(area: str, on: date, day: date, places: Places) -> str:
    """The municipality of a day for which counts what was decided of one on another day, when that may not have been
    there yet, or no longer; an area that is no municipality is itself.
    """
    return places.code_on(places.code_on(area, on), day)


def in_order(said: Iterable[Statement]) -> Sequence[Statement]:
    """Statements in effective order; lines of one event by what they are of."""
    return sorted(said, key=lambda one: (*one.newness, one.bedrooms or 0, one.adapted or False))
