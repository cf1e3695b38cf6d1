"""A log as large as asked: the scenario told several times over, each telling with persons and ids of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Engine

from domain.places import Places
from service.access.caller import DEVELOPER
from service.demo import simulation
from service.foundation import organisations
from service.intake.references import Poster
from service.intake.validation import ValidationContext, validate_event
from service.log.event_store import EventStore
from service.log.keys import DEVELOPMENT_KEY, Keyring
from service.log.submission import Receipted, Submission

_EVENTS_A_COMMIT = 10_000
_NAMES = ("corrects", "withdraws", "household")
_PERSONS = ("vNumber", "referent")


def fill(
    engine: Engine,
    wanted: int,
    progress: Callable[[int, int], None],
    told: Iterator[dict[str, Any]] | None = None,
) -> int:
    """Record about `wanted` events, each at the time of its sender, so that nearly all are commits of their own.

    All are recorded, so none is a repeat or refused; returns how many they are. They are those of the scenario told
    four times, or those given, as far as they go.
    """
    keys = Keyring(DEVELOPMENT_KEY)
    ledger = EventStore(engine, keys, lambda: datetime.now(UTC), "sender")
    given = ValidationContext(
        datetime.now(UTC).date(), Places.shipped(), organisations.development, keys, Poster(DEVELOPER)
    )
    told = _told() if told is None else told
    recorded = 0
    while recorded < wanted and (some := list(islice(told, min(_EVENTS_A_COMMIT, wanted - recorded)))):
        admitted = [validate_event(event, given, odd=False) for event in some]
        (outcomes,) = ledger.commit([Submission(admitted)])
        if not all(isinstance(one, Receipted) and not one.repeated for one in outcomes):
            raise RuntimeError("an event of the scenario was not recorded")
        recorded += len(outcomes)
        progress(recorded, wanted)
    return recorded


def _told(tellings: int = 4) -> Iterator[dict[str, Any]]:
    """The scenario, and each journey's events once more for every other telling, in order of arrival."""
    for event, answer in simulation.lines():
        if answer != "recorded":
            continue
        yield event
        if "vNumber" in event["data"]:
            for telling in range(1, tellings):
                yield _again(event, telling)


def _again(event: dict[str, Any], telling: int) -> dict[str, Any]:
    data = event["data"]
    named = {name: f"{data[name]}-{telling}" for name in _NAMES if name in data}
    persons = {name: f"{telling}{data[name][1:]}" for name in _PERSONS if name in data}
    return {**event, "id": f"{event['id']}-{telling}", "data": {**data, **named, **persons}}
