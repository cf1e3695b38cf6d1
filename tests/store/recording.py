"""Requests committed to a ledger, and what came of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Literal

from sqlalchemy import Engine, select, text

from domain.places import Places
from service.access.caller import DEVELOPER
from service.foundation import organisations
from service.intake.references import Poster
from service.intake.validation import ValidationContext, validate_event
from service.log.event_store import EventStore
from service.log.keys import Keyring
from service.log.submission import Outcome, Receipted, Submission
from service.storage.database import reading
from service.storage.service_tables import events

NOW = datetime(2022, 7, 15, 10, 0, tzinfo=UTC)
KEYS = Keyring(bytes(range(32)))
GIVEN = ValidationContext(date(2022, 7, 15), Places.shipped(), organisations.development, KEYS, Poster(DEVELOPER))


def ledger_of(engine: Engine, now: datetime = NOW, mode: Literal["service", "sender"] = "service") -> EventStore:
    return EventStore(engine, KEYS, lambda: now, mode)


def request(*posted: Any, atomic: bool = False) -> Submission:
    return Submission([validate_event(one, GIVEN) for one in posted], atomic)


def told(outcomes: list[Outcome]) -> list[str]:
    """In a word what became of each."""
    return [
        (f"repeat of {one.position}" if one.repeated else f"at {one.position}")
        if isinstance(one, Receipted)
        else one.faults[0].code
        for one in outcomes
    ]


def receipted(outcome: Outcome) -> Receipted:
    assert isinstance(outcome, Receipted), outcome
    return outcome


def column(engine: Engine, name: str) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(select(events.c[name]).order_by(events.c.position)).scalars())


def count(engine: Engine, table: str) -> int:
    with reading(engine) as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
