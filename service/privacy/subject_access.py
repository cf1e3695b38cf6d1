"""Access by the person (AVG art. 15): all that is kept of one person, in the open, and who consulted it.

It names organisations and purposes, not the employees who looked (CJEU C-579/21). That it was asked for is itself in
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
from domain.norm_sets import DEFAULT_NORM, NORM_SETS
from domain.retention import due
from projections import dialect, streams
from projections.places import PlacesHistory
from projections.timeline import timeline
from service.access.caller import Caller
from service.audit.records import NO_ACTIVITY, Audited, Lines, Processing, milliseconds, write
from service.foundation.organisations import Registry
from service.foundation.time import Clock, format_instant, today
from service.foundation.tracing import begun
from service.foundation.version import TYPE_PREFIX, VERSION
from service.log.events import RecordedEvent
from service.log.keys import JourneyKey, Keyring, bound_to, unseal
from service.log.mapper import decode_data
from service.log.permanent_keys import require_all_master_keys
from service.log.person_links import read_persons
from service.log.recorder import EventRecorder
from service.log.sealing import JourneyKeys, select_destroyed
from service.privacy.refused_events import PersonSearch, search_refused
from service.queries.events import Event, describe_events
from service.queries.question import LogQuestion, open_log_question
from service.queries.sentences import sentences
from service.queries.sentences.language import Names
from service.queries.times import Times
from service.storage.database import writing
from service.storage.service_tables import (
    audit_log,
    destructions,
    holds,
    journey_keys,
    listed_journeys,
    processing_log,
)

#: Types of events that name another person than the one whose journey they are of.
_NAMING_OTHERS = (PermitGranted.TOPIC, VNumberReplaced.TOPIC)
_NAME = "gave the person access (AVG art. 15)"

Part = dict[str, Any]


class NoSuchPerson(Exception):
    """Nothing is kept of this person."""


class Sources(NamedTuple):
    """Where it is collected from: the database, its keys, who is who, and the time."""

    engine: Engine
    keys: Keyring
    registry: Registry
    clock: Clock


def log_access(sources: Sources, journey: UUID, caller: Caller, reason: str) -> None:
    """Write in both logs that this administrator gives the person access; nothing is handed out before."""
    ids, now = begun(()), sources.clock()
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
    with writing(sources.engine) as connection:
        write(connection, [Lines([audited], [processing])])


def collect(sources: Sources, journey: UUID) -> Part:
    """All that is kept of the person whose journey this is; NoSuchPerson."""
    with open_log_question(sources.engine, Times(), sources.clock) as question:
        require_all_master_keys(question.connection, sources.keys)
        found = read_persons(question.connection, [journey, streams.REFERENCE], question.known)
        person = found[journey]
        rows = list(EventRecorder(question.connection).select_streams(person.streams))
        if not rows or not _is_of_somebody(question.connection, person.streams):
            raise NoSuchPerson
        places = PlacesHistory(found[streams.REFERENCE].known)(question.position)
        entries = timeline(person.known, NORM_SETS[DEFAULT_NORM], places, None)
        names = Names(places, sources.registry)
        said = {entry.event.position: sentences(entry, names)["nl"] for entry in entries}
        keys = JourneyKeys(sources.keys).open(question.connection, person.streams)
        destroyed = select_destroyed(question.connection, person.streams)
        events = [
            {
                **event,
                "data": _open_data(row, keys),
                "sentence": said.get(row.position),
                "sender": _sender(event, sources.registry),
            }
            for row, event in zip(rows, describe_events(question, rows), strict=True)
        ]
        kept_until = due(person.known, today(sources.clock), places)
        consulted = list(_consultations(question.connection, person.streams, sources.registry))
        received = list(_recipients(question.connection, [row.position for row in rows], sources.registry))
        elsewhere = list(_named_elsewhere(question, person.streams, sources.registry))
        kept_back = list(_holds(question.connection, person.streams))
        proposed = list(_destruction_proposals(question.connection, person.streams))
        numbers = sorted(_v_numbers(question.connection, person.streams, keys))
    return {
        "madeAt": format_instant(sources.clock()),
        "journey": person.journey,
        "alsoKnownAs": list(person.others),
        "vNumbers": numbers,
        "destroyed": sorted(map(str, destroyed)),
        "retention": kept_until and {"class": kept_until.of.name, "destroyedFrom": kept_until.on},
        "holds": kept_back,
        "destructions": proposed,
        "events": events,
        "namedElsewhere": elsewhere,
        "rejections": list(
            _refused_events(sources, PersonSearch.of(person.streams, ((row.source, row.source_id) for row in rows)))
        ),
        "consultations": consulted,
        "recipients": received,
    }


def _is_of_somebody(connection: Connection, of: Sequence[UUID]) -> bool:
    statement = select(journey_keys.c.stream).where(journey_keys.c.stream.in_(of))
    return connection.execute(statement).first() is not None


def _open_data(row: RecordedEvent, keys: Mapping[UUID, JourneyKey]) -> Part:
    """The data of an event with what is personal in them; without it where its key was destroyed."""
    data = decode_data(row)
    sealed = data.pop("sealed", None)
    key = keys.get(row.stream)
    if sealed is None or key is None:
        return data
    return {**data, **unseal(key, sealed, bound_to(row.source, row.source_id))}


def _named_elsewhere(question: LogQuestion, of: Sequence[UUID], registry: Registry) -> Iterator[Part]:
    """Events in the journeys of others that name the person, as a referent does; nothing of those others."""
    holding = dialect.contains_text(question.connection, "data")
    for stream in of:
        named = [("topic IN (?, ?)", _NAMING_OTHERS), (holding, (f'"{stream}"',))]
        for row in EventRecorder(question.connection).select_notifications(
            0, question.position, question.position, inclusive_of_start=False, where=named
        ):
            if row.stream not in of:
                yield {
                    "at": format_instant(row.recorded_at),
                    "type": f"{TYPE_PREFIX}{row.topic}",
                    "sender": _organisation(row.recorded_by, registry),
                }


def _holds(connection: Connection, of: Sequence[UUID]) -> Iterator[Part]:
    """That journeys of the person are not to be destroyed as yet."""
    for row in connection.execute(select(holds).where(holds.c.stream.in_(of)).order_by(holds.c.placed_at)):
        yield {"at": format_instant(row.placed_at), "reason": row.reason}


def _destruction_proposals(connection: Connection, of: Sequence[UUID]) -> Iterator[Part]:
    """That it was proposed to destroy journeys of the person, and what became of it."""
    columns = destructions.c
    statement = (
        select(columns.proposed_at, columns.reason, columns.done_at, listed_journeys.c.outcome)
        .join(listed_journeys, listed_journeys.c.destruction == columns.number)
        .where(listed_journeys.c.stream.in_(of))
        .order_by(columns.number)
    )
    for row in connection.execute(statement):
        done_at = None if row.done_at is None else format_instant(row.done_at)
        yield {"at": format_instant(row.proposed_at), "reason": row.reason, "doneAt": done_at, "outcome": row.outcome}


def _v_numbers(connection: Connection, of: Sequence[UUID], keys: Mapping[UUID, JourneyKey]) -> Iterator[str]:
    statement = select(journey_keys.c.stream, journey_keys.c.sealed_v_number).where(journey_keys.c.stream.in_(of))
    for stream, sealed in connection.execute(statement):
        if stream in keys:
            yield unseal(keys[stream], bytes(sealed).decode(), str(stream))["vNumber"]


def _sender(event: Event, registry: Registry) -> Part:
    return _organisation(event["recordedBy"], registry)


def _organisation(oin: str | None, registry: Registry) -> Part:
    known = None if oin is None else registry(oin)
    return {"oin": oin, "name": None if known is None else known.name}


def _refused_events(sources: Sources, wanted: PersonSearch) -> Iterator[Part]:
    """What was refused and is about the person."""
    for some in search_refused(sources.engine, sources.keys, wanted):
        for row, posted in some:
            yield {
                "id": row.id,
                "receivedAt": format_instant(row.received_at),
                "sender": _organisation(row.oin, sources.registry),
                "type": None if row.topic is None else f"{TYPE_PREFIX}{row.topic}",
                "errors": msgspec.json.decode(row.faults),
                "posted": posted.decode("utf-8", "replace"),
            }


def _consultations(connection: Connection, of: Sequence[UUID], registry: Registry) -> Iterator[Part]:
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
            "at": format_instant(datetime.fromtimestamp(row.end_time / 1000, UTC)),
            "what": row.name,
            "purpose": row.processing_activity,
            "organisation": _organisation(row.organisation, registry),
        }


def _recipients(connection: Connection, positions: Sequence[int], registry: Registry) -> Iterator[Part]:
    """To whom events of the person were handed out in lists and streams, or may have been."""
    columns = audit_log.c
    between = and_(columns.last_position >= min(positions), columns.first_position <= max(positions))
    statement = select(audit_log).where(between, columns.result == "succeeded").order_by(columns.id)
    for row in connection.execute(statement):
        some = [position for position in positions if row.first_position <= position <= row.last_position]
        if some:
            yield {
                "at": format_instant(row.recorded_at),
                "events": some,
                "purpose": row.purpose or NO_ACTIVITY,
                "organisation": _organisation(row.organisation, registry),
            }
