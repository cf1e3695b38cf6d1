"""Decoded bodies become validated events: much at once in a thread of its own, so that the event loop answers others
meanwhile.
"""

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
from projections.places import PlacesHistory
from service.foundation.organisations import Registry
from service.foundation.problems import Problem
from service.foundation.time import Clock, today
from service.intake import cloudevents
from service.intake.cloudevents import Decoded, Malformed
from service.intake.receipts import TITLES
from service.intake.references import Poster
from service.intake.validation import ValidationContext, validate_event
from service.log.keys import Keyring
from service.log.mapper import read_histories
from service.log.submission import Admitted, Refused
from service.log.writer import MOST_SECONDS_WAITING
from service.storage.database import reading
from service.storage.group_commit import Overloaded

#: In bytes; more than this takes longer than others should wait, and is validated in a thread.
AT_ONCE = 32_768
#: Faults that a merger could mend: they say which municipalities there are, and who succeeded whom.
_OF_PLACES = frozenset({"unknown-municipality", "not-your-municipality", "not-your-area", "not-yours-to-correct"})
_TOO_LARGE = Fault("", "too-large", "an event is at most 256 KB")

Posted = Decoded | Refused
Validated = Admitted | Refused


class Validator:
    """Validates what is posted to one process, by the municipalities as last read from the log."""

    def __init__(self, engine: Engine, registry: Registry, keys: Keyring, clock: Clock) -> None:
        self._engine = engine
        self._registry = registry
        self._keys = keys
        self._clock = clock
        self._places: Places | None = None
        # One: several would only take the interpreter from one another, and from who commits.
        self._thread = ThreadPoolExecutor(1, "validator")

    def forget_places(self) -> None:
        """Read the municipalities anew before the next event is validated: a merger was recorded."""
        self._places = None

    async def validate(
        self, size: int, read: Callable[[], Iterable[Posted]], poster: Poster, *, patient: bool = False
    ) -> list[Validated]:
        """The events of a body of so many bytes, which `read` decodes one by one; what it raises is raised.

        Overloaded when it waited too long for its turn, unless it is patient.
        """
        if size < AT_ONCE and (places := self._places) is not None:
            validated = self._validate(read(), places, poster)
            if not _refused_for_places(validated):
                return validated
        # Whatever asks the database may have to wait for it, and not on the event loop.
        until = math.inf if patient else time.monotonic() + MOST_SECONDS_WAITING
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._in_turn, read, poster, until)

    def _in_turn(self, read: Callable[[], Iterable[Posted]], poster: Poster, until: float) -> list[Validated]:
        # While the database is away each one takes a timeout: who waits behind several is not kept for them all.
        if time.monotonic() > until:
            raise Overloaded
        # Read once: after a merger the event loop forgets them.
        places = self._places
        if places is None:
            places = self._read_places()
        validated = self._validate(read(), places, poster)
        if _refused_for_places(validated):
            # Another process may have recorded a merger that this one has not read yet.
            validated = self._validate(read(), self._read_places(), poster)
        return validated

    def _validate(self, posted: Iterable[Posted], places: Places, poster: Poster) -> list[Validated]:
        context = ValidationContext(today(self._clock), places, self._registry, self._keys, poster)
        # Thousands of events may have the same hundred faults each.
        alike: dict[Fault, Fault] = {}
        validated: list[Validated] = []
        for one in posted:
            if isinstance(one, Refused):
                validated.append(one._replace(oin=poster.oin))
                continue
            value, odd, raw = one
            if len(raw) > cloudevents.MOST_BYTES_OF_AN_EVENT:
                validated.append(Refused((_TOO_LARGE,), raw, oin=poster.oin))
                continue
            found = validate_event(value, context, odd=odd, raw=raw)
            if isinstance(found, Refused):
                found = found._replace(faults=tuple(alike.setdefault(fault, fault) for fault in found.faults))
            validated.append(found)
        return validated

    def _read_places(self) -> Places:
        with reading(self._engine) as connection:
            history = read_histories(connection, [streams.REFERENCE]).get(streams.REFERENCE, [])
        places = self._places = PlacesHistory(history)(history[-1].position if history else 0)
        return places


def read_one(body: bytes, headers: Iterable[tuple[bytes, bytes]] | None = None) -> list[Posted]:
    """The event of a body; `headers`: of binary mode, where the body is its data. What can't be read is a refusal like
    any other: it is kept, with the reason.
    """
    try:
        decoded = cloudevents.decode(body)
        return [decoded if headers is None else cloudevents.from_headers(headers, decoded)]
    except Malformed as malformed:
        return [unreadable(malformed, body)]


def read_batch(body: bytes) -> Iterator[Decoded]:
    """The events of a batch. Malformed, Problem where there are too many."""
    for count, one in enumerate(cloudevents.items(body)):
        if count == cloudevents.MOST_EVENTS:
            detail = f"A batch holds at most {cloudevents.MOST_EVENTS} events; send more of them, or NDJSON."
            raise Problem(413, TITLES[413], detail)
        yield one


def read_lines(lines: Sequence[bytes]) -> Iterator[Posted]:
    """The events of some lines; one that can't be read is refused by itself."""
    for line in lines:
        if len(line) > cloudevents.MOST_BYTES_OF_AN_EVENT:
            yield Refused((_TOO_LARGE,), line)
        else:
            yield from read_one(line)


def unreadable(malformed: Malformed, body: bytes) -> Refused:
    """A body that is no event, refused."""
    return Refused((Fault("", malformed.code, malformed.detail),), body)


def _refused_for_places(validated: Iterable[Validated]) -> bool:
    return any(isinstance(one, Refused) and any(fault.code in _OF_PLACES for fault in one.faults) for one in validated)
