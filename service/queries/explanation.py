"""Why is this figure so? A cell of a table with the parts that add up to it, and the events that produced each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any, NamedTuple, NotRequired
from uuid import UUID

from typing_extensions import TypedDict

from domain.allocation import Method
from domain.effective import effective_events
from domain.facts import EventKey, EventWithdrawn, Recorded
from domain.places import Places
from domain.rounding import Ratio, rounded
from domain.totals import region_name
from projections import streams
from projections.aggregates import P90, Mean, Median
from projections.figure import Cell, Column, Figure, Part, PartsOfCell, Query, Source, Value
from projections.states.quota import rows_and_events
from projections.stream_history import StreamHistory
from projections.units import DECIMALS, Unit
from service.foundation.answers import InstantText
from service.foundation.time import format_instant
from service.foundation.version import TYPE_PREFIX
from service.log.person_links import read_known
from service.queries.events import Named
from service.queries.finding_events import events_of_finding
from service.queries.question import LogQuestion
from service.queries.row_events import EVENTS_OF_ROWS


class OtherCell(TypedDict):
    """The cell that a part is the value of: a balance carried over."""

    period: NotRequired[str]
    code: str
    column: str


class DescribedPart(TypedDict):
    """A part of a cell: from a journey, else from a stream (a half-year, `reference`, or an area), with what it adds.

    `kind` says what it is where that is not a journey's state: `published` and `computed` quotas (by Adams' method:
    `inhabitants` by `divisor`, rounded up; null where a tie was settled; or by another `method`), a line
    `transferred`, a `recorded` opening balance, one `carried` over (the value of another `cell`), inhabitants
    `counted`, an `interim-goal` or a province's `shared` part of it, `housed` and `returned`, a `municipality` that
    is counted, `months` completed, or `rounding` of what split municipalities handed over; homes `stated`, links
    `announced` for a `month`, a `forecast` of permits for some of its days, persons `needed` in a row and
    `needed-elsewhere`, what an estimate's `spread` adds to a bound, and what was `offered`, `accepted` or `refused`; a
    `national` number that was divided or one `supposed`, the number `published-first`, one `forecast` or `expected`
    before that, and its `resettlement`; places of the `goal`, and what keeps the rest within its bounds (`bounded`);
    permits `granted`, and the `days` that they are set against; events of an organisation that were `refused` on a day,
    and the codes of findings; persons `linked`, a step `decided` and the `step` from it to the one
    proposed, a half-year `suspended`, the `margin`, and a `half-year` that is counted. `of` is the whole that `code`
    had. `dueOn` is the last day for the first plan, `endsOn` the day that the term to integrate ends.
    To a municipality that it concerns no longer a journey is null, without events,
    and so is one that was destroyed.
    """

    journey: NotRequired[UUID | None]
    stream: NotRequired[str | None]
    municipality: str | None
    kind: NotRequired[str]
    code: NotRequired[str]
    name: NotRequired[str | None]
    of: NotRequired[int]
    on: NotRequired[date | None]
    accommodation: NotRequired[str]
    period: NotRequired[str]
    column: NotRequired[str]
    cell: NotRequired[OtherCell | None]
    method: NotRequired[Method]
    inhabitants: NotRequired[int]
    national: NotRequired[int]
    divisor: NotRequired[float | None]
    openingBalance: NotRequired[int]
    openingBalances: NotRequired[int]
    months: NotRequired[int]
    remaining: NotRequired[int]
    startedOn: NotRequired[date | None]
    endedOn: NotRequired[date | None]
    earlierDays: NotRequired[int]
    days: NotRequired[int | None]
    withinNorm: NotRequired[bool | None]
    month: NotRequired[str]
    bedrooms: NotRequired[int | None]
    adapted: NotRequired[bool | None]
    persons: NotRequired[int]
    dueOn: NotRequired[date | None]
    endsOn: NotRequired[date | None]
    events: list[Because]


class PartOfCell(DescribedPart):
    """A part with what it adds; of a ratio to both sides, of a mean, median or percentile the number it is of."""

    adds: NotRequired[int]
    numerator: NotRequired[int]
    denominator: NotRequired[int]
    value: NotRequired[int]


#: What is no number has parts that come to none.
_WITHOUT_SUM: tuple[Unit, ...] = ("date", "text")


class Explanation(NamedTuple):
    """A cell as the table has it, a page of its parts as they are written, and whether there are more."""

    cell: dict[str, Any]
    parts: list[dict[str, Any]]
    more: bool


def explain_cell(
    log: LogQuestion, figure: Figure, query: Query, cell: Cell, after: int, limit: int
) -> Explanation | None:
    """The parts of a cell behind so many; None where the table has no such row."""
    row = figure.row(query, cell)
    if row is None:
        return None
    column, parts = figure.column(cell.column), figure.some_parts(query, cell, after, limit)
    value, page = row.values[figure.columns.index(column)], parts.page
    described = {**describe_cell(cell, query.places), "value": written_value(value, column), **_sums(parts, column)}
    day = day_of_cell(cell, query)
    behind = EventsBehind(log, page, day, query.places)
    written = [{**_amount(part, column), **describe_part(part), "events": behind.of(part)} for part in page]
    return Explanation(described, written, parts.total > after + len(page))


def day_of_cell(cell: Cell, query: Query) -> date:
    """The day that a cell is of: a dimension `on` says so, else the question does."""
    on: date = cell.dimensions.get("on", query.asked.valid_on)
    return on


def describe_cell(cell: Cell, places: Places) -> dict[str, Any]:
    """Which cell it is."""
    return {"code": cell.code, "name": region_name(cell.code, places), **cell.dimensions, "column": cell.column}


def describe_part(part: Part) -> dict[str, Any]:
    """Where a part comes from, and what more there is to tell of it."""
    whose: dict[str, Any] = {"stream": part.stream} if part.journey is None else {"journey": part.journey}
    carried = part.carried
    cell: dict[str, Any] = {}
    if carried is not None:
        given = {name: str(value) for name, value in carried.given.items()}
        cell = {"cell": {**given, "code": carried.cell.code, "column": carried.cell.column}}
    return {**whose, "municipality": part.municipality, **part.details, **cell}


def written_value(value: Value, column: Column) -> Any:
    """A value of a column as answers write it."""
    if isinstance(value, Ratio):
        return rounded(value, DECIMALS.get(column.unit, 2))
    return value


def is_of_numbers(column: Column) -> bool:
    """Whether the parts are the numbers that a mean, a median or a percentile is of."""
    return isinstance(column.aggregate, Mean | Median | P90)


def _sums(parts: PartsOfCell, column: Column) -> dict[str, Any]:
    """What the parts come to: what the value is worked out from."""
    if parts.sides is not None:
        return {"numerator": parts.sides[0], "denominator": parts.sides[1], "parts": parts.total}
    if column.unit in _WITHOUT_SUM:
        return {"parts": parts.total}
    return {"sum": parts.amount, "parts": parts.total}


def _amount(part: Part, column: Column) -> Mapping[str, Any]:
    if is_of_numbers(column):
        return {"value": part.amount}
    if part.weights != (0, 0):
        return {"numerator": part.numerator, "denominator": part.denominator}
    return {"adds": part.amount}


class Because(TypedDict):
    """An event behind a figure; a version that another replaced is there too, and not in force."""

    position: int
    recordedAt: InstantText
    source: str
    id: str
    type: str
    effectiveOn: date
    corrects: Named | None
    withdraws: Named | None
    inForce: bool


def describe_event(event: Recorded, *, in_force: bool) -> Because:
    """An event as the answers name it: where it stands in the log, and what it corrects or withdraws."""
    corrects: Named | None = None
    withdraws: Named | None = None
    if event.corrects is not None:
        corrects = {"source": event.corrects_source or event.source, "id": event.corrects}
    if isinstance(event.fact, EventWithdrawn):
        withdraws = {"source": event.source, "id": event.fact.withdraws}
    return {
        "position": event.position,
        "recordedAt": format_instant(event.recorded_at),
        "source": event.source,
        "id": event.id,
        "type": f"{TYPE_PREFIX}{event.fact.TOPIC}",
        "effectiveOn": event.effective_on,
        "corrects": corrects,
        "withdraws": withdraws,
        "inForce": in_force,
    }


class StreamEvents:
    """What one stream said, as known by a question: what is in force on a day, and the versions of each fact."""

    def __init__(self, known: Sequence[Recorded], valid_on: date) -> None:
        self.history = known
        effective = effective_events(known)
        self.in_effect = tuple(event for event in effective.events if event.effective_on <= valid_on)
        self._out = {*effective.replaced_by, *effective.withdrawn_by}
        self._versions: dict[EventKey, list[Recorded]] = {}
        for event in known:
            self._versions.setdefault(effective.replaced_by.get(event.key, event.key), []).append(event)

    def events(self, some: Iterable[Recorded]) -> list[Because]:
        """Events in force with the versions that they replace, in order of position."""
        keys = {event.key for event in some}
        every = sorted((event.position, key, event) for key in keys for event in self._versions[key])
        return [describe_event(event, in_force=event.key == key) for _, key, event in every]

    def versions(self, some: Iterable[Recorded]) -> list[Because]:
        """Some versions of facts by themselves, in order of position."""
        found = sorted(some, key=attrgetter("position"))
        return [describe_event(event, in_force=event.key not in self._out) for event in found]


def read_streams(question: LogQuestion, of: Iterable[UUID], valid_on: date) -> dict[UUID, StreamEvents]:
    """What some streams said by then, read at once; empty for a stream that has said nothing."""
    found = read_known(question.connection, of, question.known)
    return {stream: StreamEvents(known, valid_on) for stream, known in found.items()}


class EventsBehind:
    """The events that produced the rows of state tables which parts of a figure were made from."""

    def __init__(self, question: LogQuestion, parts: Iterable[Part], valid_on: date, places: Places) -> None:
        self._valid_on, self._places = valid_on, places
        ids = {stream_of(part) for part in parts if part.source is not None}
        self._histories = read_known(question.connection, ids, question.known)
        self._streams: dict[tuple[UUID, date], StreamEvents] = {}
        self._numbers: dict[tuple[UUID, date], _EventsOfNumbers] = {}

    def of(self, part: Part) -> list[Because]:
        """Those of a part, in order of position; none where nobody said it, as of a count shipped with the service."""
        source = part.source
        if source is None:
            return []
        at = stream_of(part), source.on or self._valid_on
        if at not in self._streams:
            self._streams[at] = StreamEvents(self._histories[at[0]], at[1])
        found = self._streams[at]
        if source.table == "findings":
            on = at[1]
            return found.versions(events_of_finding(found.history, found.in_effect, self._places, on, source.key))
        if source.table == "events":
            return found.versions(event for event in found.history if event.position == source.key[0])
        if source.table in EVENTS_OF_ROWS:
            return found.events(EVENTS_OF_ROWS[source.table](found.in_effect, self._places, source.key))
        if at not in self._numbers:
            self._numbers[at] = _EventsOfNumbers(found, at[1])
        return self._numbers[at].of(source)


def stream_of(part: Part) -> UUID:
    """The stream that a part comes from: a journey, a half-year, the reference stream, or an area."""
    return part.journey or streams.of_name(part.stream or "")


class _EventsOfNumbers:
    """The events behind the numbers of one half-year."""

    def __init__(self, stream: StreamEvents, valid_on: date) -> None:
        self._stream = stream
        self._numbers: dict[tuple[str, str | None], Recorded] = {}
        transfers = []
        for (since, until, _, kind, municipality, _, turn, *_), event in rows_and_events(
            StreamHistory(stream.history, Places.shipped())
        ):
            if not since <= valid_on < until:
                continue
            if kind == "transfer":
                transfers.append(((municipality, since, turn), event))
            else:
                self._numbers[kind, municipality] = event
        # In the order of `read_numbers`.
        self._transfers = [event for _, event in sorted(transfers, key=lambda one: one[0])]

    def of(self, source: Source) -> list[Because]:
        """Those that say a number, or a line of a transfer."""
        what, which = source.key
        if what == "transfer":
            return self._stream.events(self._transfers[which : which + 1])
        number = self._numbers.get((what, which))
        return [] if number is None else self._stream.events([number])
