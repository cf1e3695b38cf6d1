"""Bodies become judged events: much at once in a thread of its own, so that the event loop answers others meanwhile."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from domain.field_types import Fault
from domain.places import Places
from projections import streams
from projections.places_then import PlacesThen
from service.foundation.organisations import Registry
from service.foundation.problems import Problem
from service.foundation.time import Clock, today
from service.intake import cloudevents
from service.intake.admission import Circumstances, admit
from service.intake.cloudevents import Decoded, Malformed
from service.intake.identity import Poster
from service.intake.outcomes import TITLES
from service.log.keys import Keyring
from service.log.mapper import histories
from service.log.submission import Admitted, Refused
from service.log.writer import MOST_SECONDS_WAITING, Overloaded
from service.storage.database import reading

#: In bytes; more than this takes longer than others should wait, and is judged in a thread.
AT_ONCE = 32_768
_OF_PLACES = frozenset({"unknown-municipality", "not-your-municipality", "not-yours-to-correct"})
_TOO_LARGE = Fault("", "too-large", "an event is at most 256 KB")

Posted = Decoded | Refused
Judged = Admitted | Refused


class Judge:
    """Judges what is posted to one process, by the municipalities as last read from the log."""

    def __init__(self, engine: Engine, registry: Registry, keys: Keyring, clock: Clock) -> None:
        self._engine = engine
        self._registry = registry
        self._keys = keys
        self._clock = clock
        self._places: Places | None = None
        # One: several would only take the interpreter from one another, and from who commits.
        self._thread = ThreadPoolExecutor(1, "judge")

    def forget_places(self) -> None:
        """Read the municipalities anew before the next event is judged: a merger was recorded."""
        self._places = None

    async def judged(
        self, size: int, posted: Callable[[], Iterable[Posted]], poster: Poster, *, patient: bool = False
    ) -> list[Judged]:
        """The events of a body of so many bytes, which `posted` reads one by one; what it raises is raised.

        Overloaded when it waited too long for its turn, unless it is patient.
        """
        if size < AT_ONCE and self._places is not None:
            judged = self._judged(posted(), poster)
            if not any(map(_for_its_places, judged)):
                return judged
        # Whatever asks the database may have to wait for it, and not on the event loop.
        until = math.inf if patient else time.monotonic() + MOST_SECONDS_WAITING
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._in_turn, posted, poster, until)

    def _in_turn(self, posted: Callable[[], Iterable[Posted]], poster: Poster, until: float) -> list[Judged]:
        # While the database is away each one takes a timeout: who waits behind several is not kept for them all.
        if time.monotonic() > until:
            raise Overloaded
        return self._thoroughly(posted, poster)

    def _thoroughly(self, posted: Callable[[], Iterable[Posted]], poster: Poster) -> list[Judged]:
        judged = self._judged(posted(), poster)
        if any(map(_for_its_places, judged)):
            # Another process may have recorded a merger that this one has not read yet.
            self._places = None
            judged = self._judged(posted(), poster)
        return judged

    def _judged(self, posted: Iterable[Posted], poster: Poster) -> list[Judged]:
        given = Circumstances(today(self._clock), self._known_places(), self._registry, self._keys, poster)
        alike: dict[Fault, Fault] = {}
        return [
            one._replace(oin=poster.oin) if isinstance(one, Refused) else _judged_alone(one, given, alike)
            for one in posted
        ]

    def _known_places(self) -> Places:
        places = self._places
        if places is None:
            with reading(self._engine) as connection:
                history = histories(connection, [streams.REFERENCE]).get(streams.REFERENCE, [])
            places = self._places = PlacesThen(history)(history[-1].position if history else 0)
        return places


def batch(body: bytes) -> Iterator[Decoded]:
    """The events of a batch."""
    for count, one in enumerate(cloudevents.items(body)):
        if count == cloudevents.MOST_EVENTS:
            detail = f"A batch holds at most {cloudevents.MOST_EVENTS} events; send more of them, or NDJSON."
            raise Problem(413, TITLES[413], detail)
        yield one


def lines(every: Sequence[bytes]) -> Iterator[Posted]:
    """The events of some lines; one that can't be read is refused by itself."""
    for line in every:
        if len(line) > cloudevents.MOST_BYTES_OF_AN_EVENT:
            yield Refused((_TOO_LARGE,), line)
            continue
        try:
            yield cloudevents.decode(line)
        except Malformed as malformed:
            yield unreadable(malformed, line)


def unreadable(malformed: Malformed, body: bytes) -> Refused:
    """What can't be read is a refusal like any other: it is kept, with the reason."""
    return Refused((Fault("", malformed.code, malformed.detail),), body)


def _judged_alone(one: Decoded, given: Circumstances, alike: dict[Fault, Fault]) -> Judged:
    """`alike`: the faults found before. Thousands of events may have the same hundred each."""
    if len(one.raw) > cloudevents.MOST_BYTES_OF_AN_EVENT:
        return Refused((_TOO_LARGE,), one.raw, oin=given.poster.oin)
    judged = admit(one.value, given, odd=one.odd, raw=one.raw)
    if isinstance(judged, Refused):
        return judged._replace(faults=tuple(alike.setdefault(fault, fault) for fault in judged.faults))
    return judged


def _for_its_places(judged: Judged) -> bool:
    """Whether it was refused for what a merger could change: which municipalities there are, and who succeeded whom."""
    return isinstance(judged, Refused) and not _OF_PLACES.isdisjoint(fault.code for fault in judged.faults)
