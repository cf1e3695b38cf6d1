"""Access by the person (AVG art. 15): all that is kept of one person, in the open, and who consulted it.

Organisations and purposes are told, not the employees who looked (CJEU C-579/21). That it was asked for is itself in
both logs before anything is handed out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine, and_, func, select

from domain.facts import PermitGranted, VNumberReplaced
from domain.norms import DEFAULT_NORM, NORM_SETS
from domain.retention import due
from projections import dialect, streams
from projections.history import history
from projections.places_then import PlacesThen
from service.access.caller import Caller
from service.audit.records import NO_ACTIVITY, Audited, Lines, Processing, milliseconds, write
from service.foundation.event_types import TYPE_PREFIX
from service.foundation.organisations import Registry
from service.foundation.time import Clock, today, written
from service.foundation.tracing import begun
from service.foundation.version import VERSION
from service.log.kept_keys import has_all
from service.log.keys import JourneyKey, Keyring, bound_to, unseal
from service.log.mapper import decoded
from service.log.master_key import SealBroken
from service.log.persons import persons
from service.log.recorder import LogRow, event_rows, stream_rows
from service.log.vault import Vault, destroyed_among
from service.privacy.concerned import Concerned
from service.queries.events import recounted
from service.queries.question import LogQuestion, Times, asking_log
from service.queries.sentences import sentences
from service.queries.sentences.language import Names
from service.storage.database import reading, writing
from service.storage.service_tables import (
    audit_log,
    destructions,
    holds,
    journey_keys,
    listed_journeys,
    processing_log,
    rejections,
)

_REFUSED_AT_ONCE = 500
#: Types of events that name another person than the one whose journey they are of.
_NAMING_OTHERS = (PermitGranted.TOPIC, VNumberReplaced.TOPIC)
_NAME = "gave the person access (AVG art. 15)"

Told = dict[str, Any]


class NoSuchPerson(Exception):
    """Nothing is kept of this person."""


class Kept(NamedTuple):
    """What there is to ask of: the database, its keys, who is who, and the time."""

    engine: Engine
    keys: Keyring
    registry: Registry
    clock: Clock


def account_for(kept: Kept, journey: UUID, caller: Caller, reason: str) -> None:
    """Write in both logs that this administrator gives the person access; nothing is handed out before."""
    ids, now = begun(()), kept.clock()
    organisation = None if caller.organisation is None else caller.organisation.oin
    audited = Audited(
        *(now, caller.actor, organisation, "subject-access", "journey", journey, None, None, "succeeded"),
        *("command line", caller.purpose, reason, ids.trace_id, ids.request_id, None),
    )
    at = milliseconds(now)
    processing = Processing(
        *(ids.trace_id, random.getrandbits(64).to_bytes(8), None, ids.request_id, "Ok", _NAME, at, at),
        *("ketenspoor", VERSION, caller.purpose or NO_ACTIVITY, journey, None),
    )
    with writing(kept.engine) as connection:
        write(connection, [Lines([audited], [processing])])


def gathered(kept: Kept, journey: UUID) -> Told:
    """All that is kept of the person whose journey this is; NoSuchPerson."""
    with asking_log(kept.engine, Times(), kept.clock) as question:
        has_all(question.connection, kept.keys)
        found = persons(question.connection, [journey, streams.REFERENCE], question.known)
        person = found[journey]
        rows = list(stream_rows(question.connection, person.streams))
        if not rows or not _is_of_somebody(question.connection, person.streams):
            raise NoSuchPerson
        places = PlacesThen(found[streams.REFERENCE].known)(question.position)
        entries = history(person.known, NORM_SETS[DEFAULT_NORM], places, None)
        names = Names(places, kept.registry)
        said = {entry.event.position: sentences(entry, names)["nl"] for entry in entries}
        keys = Vault(kept.keys).open(question.connection, person.streams)
        destroyed = destroyed_among(question.connection, person.streams)
        events = [
            {
                **told,
                "data": _opened(row, keys),
                "sentence": said.get(row.position),
                "sender": _name(told, kept.registry),
            }
            for row, told in zip(rows, recounted(question, rows), strict=True)
        ]
        kept_until = due(person.known, today(kept.clock), places)
        consulted = list(_consulted(question.connection, person.streams, kept.registry))
        received = list(_received(question.connection, [row.position for row in rows], kept.registry))
        elsewhere = list(_named_elsewhere(question, person.streams, kept.registry))
        kept_back = list(_kept_back(question.connection, person.streams))
        proposed = list(_proposed(question.connection, person.streams))
        numbers = sorted(_v_numbers(question.connection, person.streams, keys))
    return {
        "madeAt": written(kept.clock()),
        "journey": person.journey,
        "alsoKnownAs": list(person.others),
        "vNumbers": numbers,
        "destroyed": sorted(map(str, destroyed)),
        "retention": kept_until and {"class": kept_until.of.name, "destroyedFrom": kept_until.on},
        "holds": kept_back,
        "destructions": proposed,
        "events": events,
        "namedElsewhere": elsewhere,
        "rejections": list(_refused(kept, _concerned(person.streams, rows))),
        "consultations": consulted,
        "recipients": received,
    }


def _is_of_somebody(connection: Connection, of: Sequence[UUID]) -> bool:
    statement = select(journey_keys.c.stream).where(journey_keys.c.stream.in_(of))
    return connection.execute(statement).first() is not None


def _opened(row: LogRow, keys: Mapping[UUID, JourneyKey]) -> Told:
    """The data of an event with what is personal in them; without it where its key was destroyed."""
    data = decoded(row)
    sealed = data.pop("sealed", None)
    key = keys.get(row.stream)
    if sealed is None or key is None:
        return data
    return {**data, **unseal(key, sealed, bound_to(row.source, row.source_id))}


def _named_elsewhere(question: LogQuestion, of: Sequence[UUID], registry: Registry) -> Iterator[Told]:
    """Events in the journeys of others that name the person, as a referent does; nothing of those others."""
    holding = dialect.holds(question.connection, "data")
    for stream in of:
        named = [("topic IN (?, ?)", _NAMING_OTHERS), (holding, (f'"{stream}"',))]
        for row in event_rows(question.connection, 0, question.position, question.position, named):
            if row.stream not in of:
                yield {
                    "at": written(row.recorded_at),
                    "type": f"{TYPE_PREFIX}{row.topic}",
                    "sender": _organisation(row.recorded_by, registry),
                }


def _kept_back(connection: Connection, of: Sequence[UUID]) -> Iterator[Told]:
    """That journeys of the person are not to be destroyed as yet."""
    for row in connection.execute(select(holds).where(holds.c.stream.in_(of)).order_by(holds.c.placed_at)):
        yield {"at": written(row.placed_at), "reason": row.reason}


def _proposed(connection: Connection, of: Sequence[UUID]) -> Iterator[Told]:
    """That it was proposed to destroy journeys of the person, and what became of it."""
    columns = destructions.c
    statement = (
        select(columns.proposed_at, columns.reason, columns.done_at, listed_journeys.c.outcome)
        .join(listed_journeys, listed_journeys.c.destruction == columns.number)
        .where(listed_journeys.c.stream.in_(of))
        .order_by(columns.number)
    )
    for row in connection.execute(statement):
        done_at = None if row.done_at is None else written(row.done_at)
        yield {"at": written(row.proposed_at), "reason": row.reason, "doneAt": done_at, "outcome": row.outcome}


def _v_numbers(connection: Connection, of: Sequence[UUID], keys: Mapping[UUID, JourneyKey]) -> Iterator[str]:
    statement = select(journey_keys.c.stream, journey_keys.c.sealed_v_number).where(journey_keys.c.stream.in_(of))
    for stream, sealed in connection.execute(statement):
        if stream in keys:
            yield unseal(keys[stream], bytes(sealed).decode(), str(stream))["vNumber"]


def _name(told: Told, registry: Registry) -> Told:
    return _organisation(told["recordedBy"], registry)


def _organisation(oin: str | None, registry: Registry) -> Told:
    known = None if oin is None else registry(oin)
    return {"oin": oin, "name": None if known is None else known.name}


def _concerned(of: Sequence[UUID], rows: Sequence[LogRow]) -> Concerned:
    names: dict[str, set[str]] = {}
    for row in rows:
        names.setdefault(row.source, set()).add(row.source_id)
    return Concerned(frozenset(of), {source: frozenset(ids) for source, ids in names.items()})


def _refused(kept: Kept, concerned: Concerned) -> Iterator[Told]:
    """What was refused and is about the person. All is looked through: nothing else tells whom it is about."""
    after = 0
    while True:
        statement = select(rejections).where(rejections.c.id > after).order_by(rejections.c.id)
        with reading(kept.engine) as connection:
            rows = connection.execute(statement.limit(_REFUSED_AT_ONCE)).all()
        if not rows:
            return
        after = rows[-1].id
        for row in rows:
            try:
                posted = kept.keys.open_rejected(bytes(row.sealed))
            except SealBroken:
                continue
            if concerned.concerns(kept.keys, posted, row.source, row.source_id):
                yield {
                    "id": row.id,
                    "receivedAt": written(row.received_at),
                    "sender": _organisation(row.oin, kept.registry),
                    "type": None if row.topic is None else f"{TYPE_PREFIX}{row.topic}",
                    "errors": msgspec.json.decode(row.faults),
                    "posted": posted.decode("utf-8", "replace"),
                }


def _consulted(connection: Connection, of: Sequence[UUID], registry: Registry) -> Iterator[Told]:
    """Who consulted something about the person, when, and for what purpose."""
    columns, audited = processing_log.c, audit_log.c
    asked = and_(audited.trace_id == columns.trace_id, audited.request_id == columns.request_id)
    # A stream has two lines in the audit log, of one organisation.
    by = select(func.min(audited.organisation)).where(asked).scalar_subquery().label("organisation")
    statement = (
        select(columns.end_time, columns.name, columns.processing_activity, by)
        .where(columns.data_subject.in_(of))
        .order_by(columns.end_time, columns.id)
    )
    for row in connection.execute(statement):
        yield {
            "at": written(datetime.fromtimestamp(row.end_time / 1000, UTC)),
            "what": row.name,
            "purpose": row.processing_activity,
            "organisation": _organisation(row.organisation, registry),
        }


def _received(connection: Connection, positions: Sequence[int], registry: Registry) -> Iterator[Told]:
    """To whom events of the person were handed out in lists and streams, or may have been."""
    columns = audit_log.c
    between = and_(columns.last_position >= min(positions), columns.first_position <= max(positions))
    statement = select(audit_log).where(between, columns.result == "succeeded").order_by(columns.id)
    for row in connection.execute(statement):
        some = [position for position in positions if row.first_position <= position <= row.last_position]
        if some:
            yield {
                "at": written(row.recorded_at),
                "events": some,
                "purpose": row.purpose or NO_ACTIVITY,
                "organisation": _organisation(row.organisation, registry),
            }
