"""Why did it change? The parts of a cell that came, went or differ, each with the events recorded in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, NotRequired
from uuid import UUID

from sqlalchemy import Connection
from typing_extensions import TypedDict

from domain.effective import effective_events, independent_groups
from domain.facts import (
    REFERENCE_FACTS,
    InhabitantsCounted,
    InterimGoalSet,
    MunicipalityMerged,
    MunicipalQuotaPublished,
    OpeningBalanceRecorded,
    PermitsForecastPublished,
    QuotaForecast,
    QuotaPublished,
    QuotaRevised,
    QuotaTransferred,
    Recorded,
    VNumberReplaced,
)
from domain.places import Places
from domain.rounding import Ratio
from projections import streams
from projections.comparison import Amounts, Difference, differences
from projections.figure import Between, Cell, Column, Figure, Query, Value
from projections.states import PROJECTIONS
from service.foundation.answers import InstantText
from service.log.mapper import read_histories
from service.log.person_links import read_linked
from service.queries.explanation import (
    Because,
    DescribedPart,
    describe_event,
    describe_part,
    is_of_numbers,
    written_value,
)


class Sides(TypedDict):
    """What a part adds to both sides of a ratio."""

    numerator: int
    denominator: int


class PartThatMoved(DescribedPart):
    """A part that came, went or differs: what it was and is, null where it was none; of sums by how much."""

    adds: NotRequired[int]
    before: int | Sides | None
    after: int | Sides | None


class Moment(TypedDict):
    """What was known at an instant: all that was recorded up to a position."""

    knownAt: InstantText | None
    position: int


class Comparison(NamedTuple):
    """A cell then and now, a page of the parts that moved it as they are written, and whether there are more."""

    then: Any
    now: Any
    difference: Any
    parts: list[dict[str, Any]]
    more: bool


def compare_cell(
    connection: Connection, figure: Figure, then: Query, now: Query, cell: Cell, after: int, limit: int
) -> Comparison:
    """What moved a cell between two questions that differ only in what was known, behind so many parts.

    Null, and a row that is not there, counts as 0 in the difference.
    """
    column = figure.column(cell.column)
    before, value = figure.value(then, cell), figure.value(now, cell)
    every = differences(figure, then, now, cell)
    page = every[after : after + limit]
    events = _Events(connection, figure, page, Between(then.asked.position, now.asked.position), now.places)
    parts = [{**_amounts(one, column), **describe_part(one.part), "events": events.of(one)} for one in page]
    difference = written_value(_less(value, before), column)
    return Comparison(
        written_value(before, column), written_value(value, column), difference, parts, len(every) > after + limit
    )


def _less(value: Value, before: Value) -> Value:
    if isinstance(value, Ratio) or isinstance(before, Ratio):
        (one, below), (other, beside) = _sides(value), _sides(before)
        return Ratio(one * beside - other * below, below * beside)
    return (value if isinstance(value, int) else 0) - (before if isinstance(before, int) else 0)


def _sides(value: Value) -> tuple[int, int]:
    if isinstance(value, Ratio):
        return value.numerator, value.denominator
    return (value, 1) if isinstance(value, int) else (0, 1)


def _amounts(one: Difference, column: Column) -> dict[str, Any]:
    """What a part was and is; of what adds up also by how much."""
    if is_of_numbers(column):
        return {"before": one.before and one.before.amount, "after": one.after and one.after.amount}
    if one.part.weights != (0, 0):
        return {name: _ratio(amounts) for name, amounts in (("before", one.before), ("after", one.after))}
    before, after = (0 if amounts is None else amounts.amount for amounts in (one.before, one.after))
    return {"adds": after - before, "before": before, "after": after}


def _ratio(amounts: Amounts | None) -> Sides | None:
    return None if amounts is None else {"numerator": amounts.numerator, "denominator": amounts.denominator}


_TOPICS: Mapping[str, frozenset[str]] = {
    "published": frozenset({MunicipalQuotaPublished.TOPIC}),
    "national": frozenset(fact.TOPIC for fact in (QuotaPublished, QuotaRevised)),
    "published-first": frozenset({QuotaPublished.TOPIC}),
    "forecast": frozenset(fact.TOPIC for fact in (QuotaForecast, PermitsForecastPublished)),
    "expected": frozenset(fact.TOPIC for fact in (QuotaForecast, QuotaPublished)),
    "resettlement": frozenset(fact.TOPIC for fact in (QuotaForecast, QuotaPublished)),
    "computed": frozenset(fact.TOPIC for fact in (QuotaPublished, QuotaRevised, InhabitantsCounted)),
    "transferred": frozenset({QuotaTransferred.TOPIC}),
    "recorded": frozenset({OpeningBalanceRecorded.TOPIC}),
    "counted": frozenset({InhabitantsCounted.TOPIC}),
    "interim-goal": frozenset({InterimGoalSet.TOPIC}),
    "shared": frozenset({InterimGoalSet.TOPIC}),
}


class _Stream:
    """A stream up to a position: its events in groups that are independent of each other, and which are in force."""

    def __init__(self, history: Sequence[Recorded]) -> None:
        effective = effective_events(history)
        self._out = {*effective.replaced_by, *effective.withdrawn_by}
        self._history = history

    @cached_property
    def groups(self) -> list[tuple[Recorded, list[Recorded]]]:
        """Every event with its group."""
        return independent_groups(self._history)

    def describe(self, event: Recorded) -> Because:
        """An event as answers name it."""
        return describe_event(event, in_force=event.key not in self._out)


_Found = Iterator[tuple[int, Because]]
_EMPTY = _Stream(())


class _Events:
    """The events recorded between two positions in the streams that differences rest on, by their position."""

    def __init__(
        self, connection: Connection, figure: Figure, some: Sequence[Difference], between: Between, places: Places
    ) -> None:
        self._between, self._places = between, places
        self._topics = frozenset(topic for one in PROJECTIONS if one.name in figure.reads for topic in one.topics)
        rests_on = {each for one in some for each in one.rests_on}
        self._people = read_linked(connection, [each for each in rests_on if isinstance(each, UUID)])
        names_of_streams = {streams.of_name(each): each for each in rests_on if isinstance(each, str)}
        names_of_streams[streams.REFERENCE] = "reference"
        found = read_histories(connection, names_of_streams, between.until)
        self._streams = {names_of_streams[stream]: _Stream(known) for stream, known in found.items()}

    def of(self, one: Difference) -> list[Because]:
        """Those behind a difference, in order of position."""
        found: dict[int, Because] = {}
        for each in one.rests_on:
            found.update(self._of_journey(each) if isinstance(each, UUID) else self._of_stream(each, one))
        if not found or one.part.details.get("kind") == "computed":
            # No event is of itself: it counts elsewhere since, or was divided by other inhabitants.
            found.update(self._events_about("reference", lambda event: isinstance(event.fact, REFERENCE_FACTS)))
        elif one.before is None or one.after is None:
            # It came with a municipality that was merged since, or went with it.
            found.update(self._mergers(one))
        return [event for _, event in sorted(found.items())]

    def _of_journey(self, journey: UUID) -> _Found:
        person = self._people[journey]
        known = person.known_of(journey, self._between.until) or person.events
        stream = _Stream([event for event in person.events if event.position <= self._between.until])
        for event in person.events:
            own = event in known or event.fact.TOPIC == VNumberReplaced.TOPIC
            if own and self._in_between(event) and (event.fact.TOPIC in self._topics or event.corrects is not None):
                yield event.position, stream.describe(event)

    def _of_stream(self, stream: str, one: Difference) -> _Found:
        topics = None if one.behind else _TOPICS.get(str(one.part.details.get("kind")))
        line = self._line(one)

        def concerns(event: Recorded) -> bool:
            named = _municipalities(event)
            if topics is not None and event.fact.TOPIC not in topics:
                return False
            return not line or not named or not line.isdisjoint(named)

        return self._events_about(stream, concerns)

    def _mergers(self, one: Difference) -> _Found:
        line = self._line(one)
        return self._events_about(
            "reference",
            lambda event: isinstance(event.fact, MunicipalityMerged) and not line.isdisjoint(_municipalities(event)),
        )

    def _line(self, one: Difference) -> set[str]:
        """The line of succession of the municipality that a part is of; empty where it is of none."""
        of = one.part.details.get("code") or one.part.municipality
        return set() if of is None else self._places.succession_line([of])

    def _events_about(self, stream: str, concerns: Callable[[Recorded], bool]) -> _Found:
        found = self._streams.get(stream, _EMPTY)
        for event, strand in found.groups:
            if self._in_between(event) and any(concerns(each) for each in strand):
                yield event.position, found.describe(event)

    def _in_between(self, event: Recorded) -> bool:
        return self._between.after < event.position <= self._between.until


def _municipalities(event: Recorded) -> set[str]:
    if isinstance(event.fact, QuotaTransferred):
        return {each.municipality for each in event.fact.transfers}
    found = {getattr(event.fact, name, None) for name in ("municipality", "into", "area")}
    return {each for each in found if each is not None}
