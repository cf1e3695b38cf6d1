"""The engine of the projections: a stream's rows before and after, closed where they vanished, added where new.

Nothing is overwritten, so every table answers for any day and any position of the log. What a stream's rows are is
said by the projections themselves, as a pure function of the stream's history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise, zip_longest
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from domain.effective import effective_order, force
from domain.facts import EventWithdrawn, Recorded
from domain.journey import Journey, stages
from domain.places import Places
from projections.errors import Raised
from projections.row_store import Row, Standing, close, standing, write
from projections.tables import FOREVER, STILL

_TAKES_BACK = EventWithdrawn.TOPIC

#: The last day that an open end covers.
LAST_DAY = FOREVER - timedelta(days=1)

# What the database says of the rows themselves; all else can be no fault of who made them.
_OF_WHAT_IS_WRITTEN = (IntegrityError, DataError, ProgrammingError)


class Asked(NamedTuple):
    """The two times of a question: the day it must have held, and the log position it must have been known at."""

    valid_on: date
    position: int


class Stage:
    """A journey at the end of a day on which something held, and what was made of it last."""

    __slots__ = ("_eyes", "_row", "journey", "on", "places")

    def __init__(self, on: date, journey: Journey, places: Places) -> None:
        self.on = on
        self.journey = journey
        self.places = places
        self._eyes: Callable[[Journey, Places], Row] | None = None
        self._row: Row = ()

    def through(self, eyes: Callable[[Journey, Places], Row]) -> Row:
        """The columns that a function makes of the journey; made once, if no other looks at it in between."""
        if self._eyes is not eyes:
            self._row = eyes(self.journey, self.places)
            self._eyes = eyes
        return self._row


class Told:
    """What one stream says by a position of the log: what is in force, and for a journey its stages, folded once.

    `history` is in order of position. `before` is what the beginning of this history told: most of it still holds when
    little was added, and only the days from the first change on are folded again.
    """

    __slots__ = ("_amended", "_before", "_speaking", "_stages", "history", "places")

    def __init__(self, history: Sequence[Recorded], places: Places, before: Told | None = None) -> None:
        self.history = history
        self.places = places
        self._before: Told | None = None if before is None else before.folded
        self._amended: bool | None = None
        self._speaking: tuple[Recorded, ...] | None = None
        self._stages: list[Stage] | None = None

    @property
    def folded(self) -> Told | None:
        """What of this is worth going on from. Never a chain: who was not asked for its stages passes on who was."""
        return self if self._stages is not None else self._before

    @property
    def amended(self) -> bool:
        """Whether something in the stream corrects or withdraws."""
        if self._amended is None:
            before = self._before
            if before is not None and before.amended:
                self._amended = True
            else:
                new = self.history if before is None else self.history[len(before.history) :]
                self._amended = any(event.corrects is not None or event.fact.TOPIC == _TAKES_BACK for event in new)
        return self._amended

    @property
    def speaking(self) -> tuple[Recorded, ...]:
        """What is in force, in effective order."""
        if self._speaking is None:
            self._speaking = force(self.history).speaking if self.amended else self._in_order()
        return self._speaking

    def _in_order(self) -> tuple[Recorded, ...]:
        """All that was said, of which nothing was taken back."""
        before = self._before
        if before is None or not before.speaking:
            return tuple(sorted(self.history, key=effective_order))
        new = self.history[len(before.history) :]
        every = (*before.speaking, *(new if len(new) == 1 else sorted(new, key=effective_order)))
        if new and effective_order(every[len(every) - len(new)]) < effective_order(before.speaking[-1]):
            return tuple(sorted(every, key=effective_order))
        return every

    @property
    def stages(self) -> list[Stage]:
        """The journey at the end of every day on which something held, oldest first."""
        if self._stages is None:
            self._stages = self._folded()
            self._before = None
        return self._stages

    def _folded(self) -> list[Stage]:
        kept: list[Stage] = []
        before = self._before
        if before is not None and before.places is self.places:
            change = _first_change(before.speaking, self.speaking)
            kept = [stage for stage in before.stages if change is None or stage.on < change]
        if not kept:
            return [Stage(on, journey, self.places) for on, journey in stages(self.speaking, self.places)]
        last = kept[-1]
        later = (event for event in self.speaking if event.effective_on > last.on)
        more = stages(later, self.places, last.journey)
        return [*kept, *(Stage(on, journey, self.places) for on, journey in more)]


def _first_change(before: Sequence[Recorded], after: Sequence[Recorded]) -> date | None:
    """The first day on which two effective histories tell something else."""
    for one, other in zip_longest(before, after):
        if one is not other:
            return min(event.effective_on for event in (one, other) if event is not None)
    return None


class Projection(NamedTuple):
    """A table, the topics that its rows can depend on, and the pure function from a stream's history to its rows.

    `through` names the column of municipalities, as posted, in a table whose rows may read otherwise when some merge.
    """

    table: Table
    topics: frozenset[str]
    rows: Callable[[Told], Iterable[Row]]
    through: str | None = None

    @property
    def name(self) -> str:
        """That of its table."""
        return self.table.name

    def hears(self, new: Sequence[Recorded], *, amended: bool) -> bool:
        """Whether events can change the rows of a stream.

        One of another topic can only where something in the stream is `amended`: it may be a version of a fact that
        another version told under a topic that counts.
        """
        return amended or any(event.fact.TOPIC in self.topics for event in new)


class Seen(NamedTuple):
    """What a stream has come to: what was told of it, and by table the rows that now stand for it.

    Every projection that ever listened to it is there, also without rows.
    """

    told: Told | None
    standing: dict[str, Standing]


class Work(NamedTuple):
    """A stream to project: its history up to the last cut, and the positions at which commits may have changed rows.

    `places_at` tells the municipalities as known at a position. `seen` is what the beginning of the history came to;
    without it the tables are asked which rows stand. `known_at` tells what is known of the stream at a cut where that
    is not the beginning of the history: of a journey that is, or ever was, read as one with others.
    """

    history: Sequence[Recorded]
    cuts: Sequence[int]
    places_at: Callable[[int], Places]
    seen: Seen | None = None
    known_at: Callable[[int], Sequence[Recorded]] | None = None

    def concerned(self, projections: Sequence[Projection]) -> list[Projection]:
        """The projections that listen to anything that was said in the stream."""
        told, heard = (None, {}) if self.seen is None else self.seen
        topics = {event.fact.TOPIC for event in self.history[0 if told is None else len(told.history) :]}
        return [one for one in projections if one.name in heard or not topics.isdisjoint(one.topics)]


def spans(states: Iterable[tuple[date, Row]]) -> Iterator[Row]:
    """Rows from states that each hold from their day until the next one's; equal neighbours are one row."""
    merged: list[tuple[date, Row]] = []
    for day, state in states:
        if not merged or merged[-1][1] != state:
            merged.append((day, state))
    for (day, state), (until, _) in pairwise([*merged, (FOREVER, ())]):
        yield (day, until, *state)


def project(connection: Connection, projections: Sequence[Projection], work: Mapping[UUID, Work]) -> dict[UUID, Seen]:
    """Bring the tables up to date with the streams of `work`, in the transaction of `connection`.

    Returns what they came to, for whoever goes on from there once that is committed: what was `seen` is changed. Raises
    Raised when a projection does, or when what it made can't be written.
    """
    concerned = {stream: item.concerned(projections) for stream, item in work.items()}
    stood: dict[str, dict[UUID, Standing]] = {}
    for projection in projections:
        unseen = [stream for stream, some in concerned.items() if projection in some and work[stream].seen is None]
        stood[projection.name] = standing(connection, projection.table, unseen)
    changes = {projection.name: Changes() for projection in projections}
    seen = {}
    for stream, item in work.items():
        if item.seen is not None:
            stands = item.seen.standing
        else:
            stands = {one.name: stood[one.name].get(stream, {}) for one in concerned[stream]}
        seen[stream] = Seen(_follow(concerned[stream], stream, item, stands, changes), stands)
    for projection in projections:
        change = changes[projection.name]
        try:
            close(connection, projection.table, change.closed)
            write(connection, projection.table, change.started)
        except Exception as fault:
            if isinstance(fault, DBAPIError) and not isinstance(fault, _OF_WHAT_IS_WRITTEN):
                raise
            raise Raised.by(fault, (projection.name,)) from fault
    return seen


def from_scratch(projections: Sequence[Projection], work: Mapping[UUID, Work]) -> dict[str, list[Row]]:
    """All rows that these streams ever had, by table, as if no table were there; what `project` arrives at in steps.

    The values are days and UUIDs on every engine; `stored.write` makes them its own. In no order. Raises Raised when a
    projection does.
    """
    changes = {projection.name: Changes() for projection in projections}
    for stream, item in work.items():
        _follow(item.concerned(projections), stream, item, {}, changes)
    return {name: change.started for name, change in changes.items()}


def _follow(
    concerned: Sequence[Projection],
    stream: UUID,
    item: Work,
    stands: dict[str, Standing],
    changes: Mapping[str, Changes],
) -> Told | None:
    """Take one stream through every cut that can have changed its rows; what is told of it in the end."""
    told = None if item.seen is None else item.seen.told
    known = 0 if told is None else len(told.history)
    new: dict[str, dict[Row, Row]] = {projection.name: {} for projection in concerned}
    for cut in item.cuts:
        before = known
        while known < len(item.history) and item.history[known].position <= cut:
            known += 1
        try:
            places = item.places_at(cut)
        except Exception as fault:
            # Without the municipalities nobody can go on.
            raise Raised.by(fault, tuple(changes), stream, cut) from fault
        if item.known_at is None:
            told = Told(item.history[:known], places, told)
            said = item.history[before:known]
            # A cut without new events is there because the municipalities changed.
            amended = not said or told.amended
        else:
            told, said, amended = Told(item.known_at(cut), places), (), True
        for projection in concerned:
            if not projection.hears(said, amended=amended):
                continue
            name = projection.name
            try:
                after = dict.fromkeys(projection.rows(told))
            except Exception as fault:
                # Whatever it is: this projection stops, and no other.
                raise Raised.by(fault, (name,), stream, cut) from fault
            changes[name].follow(stream, cut, stands.setdefault(name, {}), new[name], after)
    for name, rows in new.items():
        changes[name].started += rows.values()
    return told


class Changes:
    """What a batch changes in one table: rows to close that stood in it, and rows to add."""

    def __init__(self) -> None:
        self.closed: list[tuple[int, UUID, int, int]] = []
        self.started: list[Row] = []

    def follow(self, stream: UUID, cut: int, stands: Standing, new: dict[Row, Row], after: Mapping[Row, None]) -> None:
        """From the rows that stand to those known from `cut` on; `new` are those of them that no table has yet."""
        if stands.keys() == after.keys():
            return
        for row in stands.keys() - after.keys():
            known_from, number = stands.pop(row)
            if new.pop(row, None) is None:
                self.closed.append((cut, stream, known_from, number))
            else:
                # It appeared and vanished within the batch.
                self.started.append((stream, known_from, number, cut, *row))
        for number, row in enumerate(after):
            if row not in stands:
                stands[row] = (cut, number)
                new[row] = (stream, cut, number, STILL, *row)
