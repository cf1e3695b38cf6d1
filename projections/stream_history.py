"""The history of one stream as known at a position of the log: the rows of every state table are computed from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import zip_longest
from typing import Any, NamedTuple

from domain.effective import EffectiveEvents, Finding, effective_events, effective_order
from domain.facts import EventWithdrawn, Recorded
from domain.journey import Journey, stages
from domain.places import Places
from projections.row_store import Row
from projections.tables import FOREVER

_WITHDRAWAL = EventWithdrawn.TOPIC

#: From a journey the rows that hold at the end of a day, one of each kind or None.
Compute = Callable[[Journey, Places], tuple[Row | None, ...]]


class _Series(NamedTuple):
    """What a function made of one kind of row up to a stage: rows that ended, and since when which one holds."""

    ended: tuple[Row, ...] = ()
    since: date = FOREVER
    current: Row | None = None

    def after(self, on: date, row: Row | None) -> _Series:
        """With what holds at the end of a day."""
        if row == self.current:
            return self
        if self.current is None:
            return _Series(self.ended, on, row)
        return _Series((*self.ended, (self.since, on, *self.current)), on, row)


class Stage:
    """A journey at the end of a day on which something held, and what state tables made of all up to there."""

    __slots__ = ("journey", "made", "on", "places")

    def __init__(self, on: date, journey: Journey, places: Places) -> None:
        self.on = on
        self.journey = journey
        self.places = places
        self.made: dict[Compute, tuple[_Series, ...] | None] = {}


class StreamHistory:
    """The events of one stream up to a position, which of them are effective, and for a journey its stages.

    `events` are in order of position. `earlier` is the history of the first of them: most of it still holds when few
    were added, so only the days from the first change on are folded again. `besides` are findings that other
    streams tell of it, of who is who.
    """

    __slots__ = ("_amended", "_earlier", "_effective", "_resolved", "_stages", "besides", "events", "places")

    def __init__(
        self,
        events: Sequence[Recorded],
        places: Places,
        earlier: StreamHistory | None = None,
        besides: Sequence[Finding] = (),
    ) -> None:
        self.events = events
        self.places = places
        self.besides = besides
        self._earlier: StreamHistory | None = None if earlier is None else earlier.last_folded
        self._amended: bool | None = None
        self._effective: tuple[Recorded, ...] | None = None
        self._resolved: EffectiveEvents | None = None
        self._stages: list[Stage] | None = None

    @property
    def last_folded(self) -> StreamHistory | None:
        """The latest history with stages: never a chain, one whose stages were not asked for passes on its earlier."""
        return self if self._stages is not None else self._earlier

    @property
    def amended(self) -> bool:
        """Whether something in the stream corrects or withdraws."""
        if self._amended is None:
            earlier = self._earlier
            if earlier is not None and earlier.amended:
                self._amended = True
            else:
                new = self.events if earlier is None else self.events[len(earlier.events) :]
                self._amended = any(event.corrects is not None or event.fact.TOPIC == _WITHDRAWAL for event in new)
        return self._amended

    @property
    def effective(self) -> tuple[Recorded, ...]:
        """The events that are neither corrected nor withdrawn, in effective order."""
        if self._effective is None:
            self._effective = self.resolved.events if self.amended else self._in_order()
        return self._effective

    @property
    def resolved(self) -> EffectiveEvents:
        """The same, with why the others are not in effect."""
        if self._resolved is None:
            found = effective_events(self.events) if self.amended else EffectiveEvents(self.effective, {}, {}, ())
            self._resolved = found
        return self._resolved

    def _in_order(self) -> tuple[Recorded, ...]:
        """All events, of which none was amended."""
        earlier = self._earlier
        if earlier is None or not earlier.effective:
            return tuple(sorted(self.events, key=effective_order))
        new = self.events[len(earlier.events) :]
        every = (*earlier.effective, *(new if len(new) == 1 else sorted(new, key=effective_order)))
        if new and effective_order(every[len(every) - len(new)]) < effective_order(earlier.effective[-1]):
            return tuple(sorted(every, key=effective_order))
        return every

    @property
    def stages(self) -> list[Stage]:
        """The journey at the end of every day on which something held, oldest first."""
        if self._stages is None:
            self._stages = self._fold()
            self._earlier = None
        return self._stages

    def spans(
        self,
        compute: Compute,
        nothing: tuple[Row | None, ...] | None = None,
        of: Callable[[Journey], Any] = lambda journey: journey,
    ) -> Iterator[Row]:
        """The rows that a function computes from the stages, each for the days on which it holds, kind by kind; from
        the first stage on of which it says anything but `nothing`.

        It looks at no more than `of` each journey: where that is as it was, so is what it makes. What it made of the
        stages that were there before is not made again.
        """
        stages = self.stages
        done = len(stages)
        while done and compute not in stages[done - 1].made:
            done -= 1
        every = stages[done - 1].made[compute] if done else None
        seen = of(stages[done - 1].journey) if done else None
        for stage in stages[done:]:
            before, seen = seen, of(stage.journey)
            if seen != before:
                rows = compute(stage.journey, stage.places)
                if every is not None or rows != nothing:
                    series = every or (_Series(),) * len(rows)
                    every = tuple([one.after(stage.on, row) for one, row in zip(series, rows, strict=True)])
            stage.made[compute] = every
        for ended, since, current in every or ():
            yield from ended
            if current is not None:
                yield (since, FOREVER, *current)

    def _fold(self) -> list[Stage]:
        kept: list[Stage] = []
        earlier = self._earlier
        if earlier is not None and earlier.places is self.places:
            change = _first_change(earlier.effective, self.effective)
            kept = [stage for stage in earlier.stages if change is None or stage.on < change]
        if not kept:
            return [Stage(on, journey, self.places) for on, journey in stages(self.effective, self.places)]
        last = kept[-1]
        later = (event for event in self.effective if event.effective_on > last.on)
        more = stages(later, self.places, last.journey)
        return [*kept, *(Stage(on, journey, self.places) for on, journey in more)]


def _first_change(before: Sequence[Recorded], after: Sequence[Recorded]) -> date | None:
    """The first day on which two effective histories differ."""
    for one, other in zip_longest(before, after):
        if one is not other:
            return min(event.effective_on for event in (one, other) if event is not None)
    return None
