"""The history of one journey for reading, in Dutch and in English."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from typing_extensions import TypedDict

from domain.accommodation import Accommodation
from domain.effects import EffectKind
from domain.facts import Recorded
from domain.norm_sets import DEFAULT_NORM, PhaseName
from projections import streams
from projections.norm_sets import known_norm_sets
from projections.places import PlacesHistory
from projections.timeline import Change, Entry, timeline
from service.audit import access_log
from service.foundation.answers import DescribedAs, InstantText, Norm, answer, told_norm
from service.foundation.organisations import Registry
from service.http.openapi.responses import responses_of
from service.http.routes.journeys import refuse_hidden
from service.http.routes.parameters import AskedNormName, AskedNormSet, asked_norm
from service.log.person_links import read_persons
from service.queries.events import Named
from service.queries.explanation import describe_event
from service.queries.question import open_log_question
from service.queries.sentences import Sentence, sentences
from service.queries.sentences.language import Names
from service.queries.times import AskedTimes, AsOf

router = APIRouter(tags=["journeys"])


class RecordedBy(TypedDict):
    """The organisation that posted an event; `name` null when the registry no longer has it."""

    oin: str
    name: str | None


class NamedAt(Named):
    """Another event of the journey and its position, null when it is not known."""

    position: int | None


class HistoryChange(TypedDict):
    """One thing that an event changed; what does not fit its kind is null.

    `on` is the day it changed. `days`, `norm` and `daysOver` are of the phase that ended. `persons` (+1 or -1) count
    in `period` for `municipality`, the code as posted; `countsFor` is the municipality that had it that day.
    """

    kind: Annotated[str, DescribedAs(EffectKind)]
    on: date
    phase: PhaseName | None
    days: int | None
    norm: int | None
    daysOver: int | None
    municipality: str | None
    countsFor: str | None
    period: str | None
    persons: int | None
    accommodation: Accommodation | None


class HistoryEntry(TypedDict):
    """An event of the history; `corrects` and `withdraws` as posted, the rest as known at the answer's position."""

    position: int
    id: str
    source: str
    type: str
    effectiveOn: date
    recordedAt: InstantText
    recordedBy: RecordedBy
    corrects: NamedAt | None
    withdraws: NamedAt | None
    inForce: bool
    correctedBy: NamedAt | None
    withdrawnBy: NamedAt | None
    changes: list[HistoryChange]
    sentence: Sentence


class History(AsOf):
    """The events of a journey by the day they held; `validOn` null: whatever day that was.

    `alsoKnownAs` are journeys of older V-numbers that are read as part of it.
    """

    journey: UUID
    alsoKnownAs: list[UUID]
    norm: Norm
    items: list[HistoryEntry]


@router.get("/journeys/{journey:uuid}/timeline", response_model=None, responses=responses_of(History, 404, 410))
def read_timeline(
    request: Request,
    times: AskedTimes,
    journey: UUID,
    norm: AskedNormName = DEFAULT_NORM,
    norm_set: AskedNormSet = None,
) -> Response:
    """The history of one journey: every event in a sentence, what it changed, and what became of it.

    By the day it held. What was corrected or withdrawn stays in its place and says by what. Without `validOn` all that
    is recorded is told; with it what held by that day, a withdrawal with what it withdraws.
    """
    context = request.app.state.context
    with open_log_question(context.engine, times, context.clock) as question:
        found = read_persons(question.connection, [journey, streams.REFERENCE], question.known)
        person = found[journey]
        refuse_hidden(request, question.connection, person)
        places = PlacesHistory(found[streams.REFERENCE].known)(question.position)
        names = Names(places, context.registry)
        access_log.log_consulted(request, [person.journey], "read a timeline")
        chosen = asked_norm(request, norm, norm_set).among(known_norm_sets(found[streams.REFERENCE].known))
        body: History = {
            **question.as_of(),
            "journey": person.journey,
            "alsoKnownAs": list(person.others),
            "norm": told_norm(chosen),
            "items": [_entry(entry, names) for entry in timeline(person.known, chosen, places, question.valid_on)],
        }
        return answer(body)


def _entry(entry: Entry, names: Names) -> HistoryEntry:
    event = describe_event(entry.event, in_force=entry.in_force)
    return {
        "position": event["position"],
        "id": event["id"],
        "source": event["source"],
        "type": event["type"],
        "effectiveOn": event["effectiveOn"],
        "recordedAt": event["recordedAt"],
        "recordedBy": _organisation(entry.event.recorded_by, names.registry),
        "corrects": _named_at(event["corrects"], entry.corrects),
        "withdraws": _named_at(event["withdraws"], entry.withdraws),
        "inForce": event["inForce"],
        "correctedBy": _known_at(entry.corrected_by),
        "withdrawnBy": _known_at(entry.withdrawn_by),
        "changes": [_change(change) for change in entry.changes],
        "sentence": sentences(entry, names),
    }


def _organisation(oin: str, registry: Registry) -> RecordedBy:
    known = registry(oin)
    return {"oin": oin, "name": None if known is None else known.name}


def _named_at(name: Named | None, known: Recorded | None) -> NamedAt | None:
    """An event that another names, which need not be known."""
    return None if name is None else {**name, "position": None if known is None else known.position}


def _known_at(event: Recorded | None) -> NamedAt | None:
    return None if event is None else {"source": event.source, "id": event.id, "position": event.position}


def _change(change: Change) -> HistoryChange:
    return {
        "kind": change.kind,
        "on": change.on,
        "phase": change.phase,
        "days": change.days,
        "norm": change.norm,
        "daysOver": change.days_over,
        "municipality": change.municipality,
        "countsFor": change.counts_for,
        "period": None if change.period is None else str(change.period),
        "persons": change.persons,
        "accommodation": change.accommodation,
    }
