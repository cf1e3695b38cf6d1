"""What is posted about one household, by whom and for which of its persons, as it is collected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from domain.places import Places
from service.demo.simulation.chance import day_of, recorded
from service.demo.simulation.households import Household, Person
from service.demo.simulation.posts import Post, municipality_source
from service.demo.simulation.scenario import CONNECTED


class HouseholdPosts:
    """Collects the posts about a household, up to the last day that is told about."""

    def __init__(self, rng: Random, places: Places, household: Household, until: date) -> None:
        self.rng, self.places, self.household, self.until = rng, places, household, until
        self.posts: list[Post] = []

    @property
    def head(self) -> Sequence[Person]:
        """The one of the household to whom what concerns all is addressed."""
        return self.household.persons[:1]

    def national(self, source: str, topic: str, on: date, persons: Sequence[Person], /, **fields: Any) -> None:
        """A national organisation records the same of these persons, one after the other."""
        self._tell(on, source, topic, on, persons, fields)

    def connected(self, source: str, topic: str, on: date, persons: Sequence[Person], /, **fields: Any) -> None:
        """The same by a system that is connected since the beginning of 2022: what held before is told then."""
        self._tell(max(on, CONNECTED), source, topic, on, persons, fields)

    def municipal(self, topic: str, on: date, persons: Sequence[Person], /, **fields: Any) -> None:
        """The household's municipality records the same of these persons; its successor does when it is no more."""
        if on > self.until:
            return
        at, day = recorded(self.rng, on), str(on)
        code = self.household.place_on(on, self.places)
        source = municipality_source(self.places.code_on(code, day_of(at)))
        # A death is not a matter of one municipality: the fact has no such field.
        named = {} if topic == "died.v1" else {"municipality": code}
        for place, person in enumerate(persons):
            data = {"vNumber": person.v_number, "effectiveOn": day, **named, **fields}
            self.posts.append(Post(at + place, source, topic, on, data))

    def _tell(
        self, from_: date, source: str, topic: str, on: date, persons: Sequence[Person], fields: dict[str, Any]
    ) -> None:
        if on > self.until:
            return
        at, day = recorded(self.rng, from_), str(on)
        for place, person in enumerate(persons):
            data = {"vNumber": person.v_number, "effectiveOn": day, **fields}
            self.posts.append(Post(at + place, source, topic, on, data))


def after(day: date, number: int) -> date:
    """The day so many days later, or earlier."""
    return day + timedelta(days=number)


def adults(household: Household) -> list[Person]:
    """Who of the household is 18 or older on the day of the permit."""
    return [each for each in household.persons if (household.permit_on - each.born).days >= 18 * 365.25]
