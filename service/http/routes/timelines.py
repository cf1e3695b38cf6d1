"""The history of one journey for reading, in Dutch and in English."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from domain.facts import Recorded
from domain.norms import DEFAULT_NORM, NORM_SETS
from projections import streams
from projections.history import Change, Entry, history
from projections.places_then import PlacesThen
from service.audit import access_log
from service.foundation.answers import answer, norm_set
from service.foundation.organisations import Registry
from service.http.routes.described import answers
from service.http.routes.described import timelines as described
from service.http.routes.journeys import no_journey, there_for
from service.http.routes.parameters import NormName
from service.log.persons import persons
from service.queries.question import AskedTimes, asking_log
from service.queries.reasons.because import event_told
from service.queries.sentences import sentences
from service.queries.sentences.language import Names

router = APIRouter(tags=["journeys"])


@router.get("/journeys/{journey:uuid}/timeline", response_model=None, responses=answers(described.History, 404, 410))
def read_timeline(request: Request, times: AskedTimes, journey: UUID, norm: NormName = DEFAULT_NORM) -> Response:
    """The history of one journey: every event in a sentence, what it changed, and what became of it.

    By the day it held. What was corrected or withdrawn stays in its place and says by what. Without `validOn` all that
    is recorded is told; with it what held by that day, a withdrawal with what it withdraws.
    """
    given = request.app.state.shell
    with asking_log(given.engine, times, given.clock) as question:
        found = persons(question.connection, [journey, streams.REFERENCE], question.known)
        person = found[journey]
        if not person.known:
            raise no_journey()
        there_for(request, question.connection, person.journey)
        places = PlacesThen(found[streams.REFERENCE].known)(question.position)
        chosen = NORM_SETS[norm]
        entries = history(person.known, chosen, places, question.valid_on)
        names = Names(places, given.registry)
        access_log.consulted(request, [person.journey], "read a timeline")
        items = [_entry(entry, names) for entry in entries]
        who = {"journey": person.journey, "alsoKnownAs": list(person.others)}
        return answer({**question.told(), **who, "norm": norm_set(chosen), "items": items})


def _entry(entry: Entry, names: Names) -> dict[str, Any]:
    told = event_told(entry.event, in_force=entry.in_force)
    return {
        "position": told["position"],
        "id": told["id"],
        "source": told["source"],
        "type": told["type"],
        "effectiveOn": told["effectiveOn"],
        "recordedAt": told["recordedAt"],
        "recordedBy": _organisation(entry.event.recorded_by, names.registry),
        "corrects": _named(told["corrects"], entry.corrects),
        "withdraws": _named(told["withdraws"], entry.withdraws),
        "inForce": told["inForce"],
        "correctedBy": _there(entry.corrected_by),
        "withdrawnBy": _there(entry.withdrawn_by),
        "changes": [_change(change) for change in entry.changes],
        "sentence": sentences(entry, names),
    }


def _organisation(oin: str, registry: Registry) -> dict[str, Any]:
    known = registry(oin)
    return {"oin": oin, "name": None if known is None else known.name}


def _named(name: dict[str, Any] | None, there: Recorded | None) -> dict[str, Any] | None:
    """An event that another names, which need not be there."""
    return None if name is None else {**name, "position": None if there is None else there.position}


def _there(event: Recorded | None) -> dict[str, Any] | None:
    return None if event is None else _named({"source": event.source, "id": event.id}, event)


def _change(change: Change) -> dict[str, Any]:
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
