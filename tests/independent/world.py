"""Everything as it was known at a position: streams, lives and the land on a day."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from functools import cached_property

from tests.independent.land import Land
from tests.independent.lives import Life, live
from tests.independent.record import Event, effective_order, facts_in_force


class World:
    """What the events up to a position say. `known_on` is the day of knownAt in Amsterdam."""

    def __init__(
        self, events: Sequence[Event], position: int, known_on: date, refused: Sequence[tuple[str, datetime]] = ()
    ) -> None:
        self.everything, self.position, self.known_on = events, position, known_on
        #: Of what was refused by then the source and when it came.
        self.refused = refused
        streams: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            if event.position <= position:
                streams[event.stream].append(event)
        self.streams: dict[str, list[Event]] = {}
        #: By source and id of any version the version that speaks for it.
        self.speaker: dict[tuple[str, str], Event] = {}
        for name, said in streams.items():
            facts = facts_in_force(said)
            self.streams[name] = [speaker for speaker, _ in facts]
            self.speaker |= {(one.source, one.id): speaker for speaker, versions in facts for one in versions}
        self._lives: dict[date, list[Life]] = {}
        self._states: dict[tuple[int, int], Life] = {}
        self.remembered: dict[object, object] = {}

    def as_known_at(self, event: Event) -> World:
        """The same at the commit of an event."""
        last = max(one.position for one in self.everything if one.recorded_at <= event.recorded_at)
        key = ("world", last)
        if key not in self.remembered:
            self.remembered[key] = World(self.everything, last, self.known_on)
        known = self.remembered[key]
        assert isinstance(known, World)
        return known

    @property
    def land(self) -> Land:
        """The municipalities. Like those of the shipped tables, mergers are known before their day."""
        if "land" not in self.remembered:
            self.remembered["land"] = Land(self.streams.get("reference", ()))
        land = self.remembered["land"]
        assert isinstance(land, Land)
        return land

    def lives(self, on: date) -> list[Life]:
        """All journeys at the end of a day."""
        if on not in self._lives:
            told = [live(history, on, self.land) for history in self.persons]
            self._lives[on] = [life for life in told if life.held]
        return self._lives[on]

    def state(self, person: int, on: date) -> Life:
        """Where one person stands at the end of a day: as on the last day on which anything of it happened."""
        days = self.days[person]
        at = bisect_right(days, on)
        if (person, at) not in self._states:
            day = days[at - 1] if at else date.min
            self._states[person, at] = live(self.persons[person], day, self.land)
        return self._states[person, at]

    @cached_property
    def days(self) -> list[list[date]]:
        """Of each person the days on which anything happened."""
        return [sorted({event.on for event in history}) for history in self.persons]

    @cached_property
    def persons(self) -> list[list[Event]]:
        """The histories of persons: an older number's is read as part of the newer one's, on whatever day."""
        journeys = {name: history for name, history in sorted(self.streams.items()) if name.startswith("journey ")}
        newer = {
            f"journey {event.data['replaces']}": name
            for name, history in journeys.items()
            for event in history
            if event.topic == "v-number-replaced"
        }
        persons: dict[str, list[Event]] = defaultdict(list)
        for name, history in journeys.items():
            whose = name
            while whose in newer:
                whose = newer[whose]
            persons[whose] += history
        return [sorted(history, key=effective_order) for history in persons.values()]

    def period(self, period: str, by: date, *topics: str) -> list[Event]:
        """The events of a half-year effective by a day, of these topics."""
        return [one for one in self.streams.get(f"period {period}", ()) if one.topic in topics and one.on <= by]

    def periods(self) -> list[str]:
        """The half-years of which anything is said, in order."""
        named = [name.removeprefix("period ") for name in self.streams if name.startswith("period ")]
        return sorted(named)

    def areas(self, by: date, topic: str) -> list[Event]:
        """What was said of areas by a day, of all of them in effective order."""
        said = [
            one
            for name, history in self.streams.items()
            if name.startswith("area ")
            for one in history
            if one.topic == topic and one.on <= by
        ]
        return sorted(said, key=effective_order)
