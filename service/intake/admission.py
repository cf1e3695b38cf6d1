"""May this event be recorded? Well-formed, said by who may say it, about what exists: one event in, every fault out.

Whether it was had before, and whether its journey is known, only the ledger can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain.authority import Organisation, missing_authority
from domain.codec import fields_of, values_of, written
from domain.facts import (
    FACTS,
    JOURNEY_FACTS,
    EventWithdrawn,
    FigurePublished,
    MunicipalityMerged,
)
from domain.facts.quota import MOST_DAYS_BESIDE
from domain.field_types import Fault, Wrong, parse_day
from domain.identifiers import holds_personal_number
from domain.places import Places
from projections import streams
from service.foundation.organisations import Registry
from service.intake import envelope as envelopes
from service.intake import mentions
from service.intake.addressing import names_a_person, person, public_stream
from service.intake.cloudevents import ambiguities, data_of
from service.intake.identity import Poster, posted_by, sender
from service.log.keys import Keyring
from service.log.submission import Admitted, Refused

MOST_DAYS_AHEAD = 400
#: So many faults of one event are told: a list of 256 KB can hold a hundred thousand.
MOST_FAULTS = 100

#: Names in `data` that are not the fact's own.
_BESIDE = frozenset({"effectiveOn", "corrects", "correctsSource"})
_BESIDE_OF_A_PERSON = _BESIDE | {"vNumber"}
_OF_A_PERSON = frozenset(JOURNEY_FACTS)
#: V-numbers in the data that are not the permit holder's own: kept as journey ids.
_OTHER_PERSONS = {"referent", "replaces"}
_CONTENT = msgspec.json.Encoder(order="sorted")


class Circumstances(NamedTuple):
    """What an event is judged by: today in Amsterdam, the municipalities known, who is who, the keys, and who posts."""

    today: date
    places: Places
    registry: Registry
    keys: Keyring
    poster: Poster


def admit(event: Any, given: Circumstances, *, odd: bool = True, raw: bytes | None = None) -> Admitted | Refused:
    """Judge one decoded CloudEvent.

    `odd` is False when its reader knows that nothing in it is ambiguous; `raw` is the event as it came where what was
    decoded does not tell all of it.
    """
    if not isinstance(event, dict):
        return Refused(
            (Fault("", "not-an-object", "an event is a JSON object"),),
            event if raw is None else raw,
            oin=given.poster.oin,
        )
    faults = ambiguities(event) if odd else []
    posted = event if raw is None else raw
    envelope = envelopes.read(event, faults)
    organisation = by = None
    if envelope.source:
        organisation, unknown = sender(envelope.source, given.registry)
        faults += unknown
    if organisation is not None:
        by, not_theirs = posted_by(given.poster, organisation, envelope.topic, given.today)
        faults += not_theirs
    data = data_of(event, faults)
    told = None
    if envelope.topic is not None and organisation is not None:
        municipality = None if data is None else data.get("municipality")
        faults += missing_authority(organisation, envelope.topic, municipality, given.places.is_successor_of)
    if data is not None and envelope.topic is None:
        _effective_on(data, given.today, faults)
    elif data is not None and envelope.topic is not None:
        told = _told(event, data, envelope.topic, organisation, given, faults)
    if faults or told is None or envelope.topic is None or organisation is None:
        return Refused(
            _told_once(faults),
            posted,
            envelope.id or None,
            envelope.source or None,
            envelope.topic,
            given.poster.oin or (organisation.oin if organisation else None),
        )
    return Admitted(
        envelope.source,
        envelope.id,
        envelope.topic,
        told.stream,
        told.of_a_person,
        told.v_number,
        told.effective_on,
        envelope.time,
        organisation.oin,
        told.plain,
        told.personal,
        _CONTENT.encode((envelope.topic, envelope.time, told.stream, told.content)),
        not told.of_a_person and told.stream == streams.REFERENCE,
        posted,
        given.poster.trace,
        by,
    )


def _told_once(faults: list[Fault]) -> tuple[Fault, ...]:
    """Every fault once: what is no number to one check is the wrong type to the next."""
    every = tuple(dict.fromkeys(faults))
    if len(every) <= MOST_FAULTS:
        return every
    return *every[:MOST_FAULTS], Fault("", "more-faults", f"has more faults than these first {MOST_FAULTS}")


class _Told(NamedTuple):
    """What an event's data tell, when there is nothing wrong with them."""

    stream: UUID
    of_a_person: bool
    v_number: str | None
    effective_on: date
    plain: dict[str, Any]
    personal: dict[str, Any]
    content: dict[str, Any]


def _told(
    event: Mapping[str, Any],
    data: dict[str, Any],
    topic: str,
    organisation: Organisation | None,
    given: Circumstances,
    faults: list[Fault],
) -> _Told | None:
    """What the data tell; every fault in them is added to `faults`, and there may be none before."""
    shape = FACTS[topic]
    # Where a withdrawal belongs is only known from what it names.
    of_a_person = shape in _OF_A_PERSON or (shape is EventWithdrawn and names_a_person(event, data))
    values, wrong = values_of(shape, data, beside=_BESIDE_OF_A_PERSON if of_a_person else _BESIDE)
    fits = not wrong
    faults += wrong
    effective_on = _effective_on(data, given.today, faults)
    corrected = mentions.corrected(data, faults) if "corrects" in data or "correctsSource" in data else {}
    faults += mentions.municipalities(data, given.places)
    if shape is MunicipalityMerged:
        faults += mentions.merger(data)
    if shape is FigurePublished and fits and not FigurePublished(**values).is_of_its_time:
        faults.append(Fault("/data/on", "out-of-range", f"must be within {MOST_DAYS_BESIDE} days of the half-year"))
    if organisation is not None and "correctsSource" in data:
        faults += mentions.not_to_correct(data, organisation, given.registry, given.places)
    if of_a_person:
        v_number, stream = person(event, data, given.keys, faults)
        if shape is EventWithdrawn and data.get("period") is not None:
            faults.append(Fault("/data/period", "disagrees", "a withdrawal is about a permit holder or a period"))
    else:
        v_number, stream = None, public_stream(event, shape, values if fits else None, organisation, faults)
        faults += _in_the_open(shape, data)
    if fits and stream is not None and "replaces" in values and given.keys.journey(values["replaces"]) == stream:
        faults.append(Fault("/data/replaces", "disagrees", "must be another V-number than the one it is replaced by"))
    if faults or stream is None or effective_on is None:
        return None
    # As it was understood: `3.0` is 3, and white space around a key is no part of it.
    content = {"effectiveOn": data["effectiveOn"], **written(shape, values), **corrected}
    plain, personal = _parted(shape, content, of_a_person)
    for name in _OTHER_PERSONS & values.keys():
        plain[name] = str(given.keys.journey(values[name]))
        del personal[name]
    household = plain.get("household")
    if household is not None:
        # A sender's own key may name someone, and who belongs together can be told without it.
        plain, personal = {**plain, "household": given.keys.household(household)}, {**personal, "household": household}
    return _Told(stream, of_a_person, v_number, effective_on, plain, personal, content)


def _effective_on(data: Mapping[str, Any], today: date, faults: list[Fault]) -> date | None:
    value = data.get("effectiveOn")
    if value is None:
        faults.append(Fault("/data/effectiveOn", "required", "is required"))
        return None
    try:
        day = parse_day(value)
    except Wrong as wrong:
        faults += [Fault(f"/data/effectiveOn{within}", code, detail) for within, code, detail in wrong.faults]
        return None
    # Subtracting days makes an object; most events are of a day that was.
    if day > today and (day - today).days > MOST_DAYS_AHEAD:
        detail = f"is more than {MOST_DAYS_AHEAD} days in the future"
        faults.append(Fault("/data/effectiveOn", "too-far-ahead", detail))
        return None
    return day


def _in_the_open(shape: type, data: Mapping[str, Any]) -> list[Fault]:
    """Texts in a stream about no person are not sealed, so they may not hold a person's number."""
    texts = {field.json_name: data.get(field.json_name) for field in fields_of(shape)}
    return [
        Fault(f"/data/{name}", "personal-number", "must not hold a V-number, BSN or IBAN")
        for name, text in texts.items()
        if isinstance(text, str) and holds_personal_number(text)
    ]


def _parted(shape: type, told: dict[str, Any], of_a_person: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """What may stand in the open, and what is personal; texts in streams without a person are about no one."""
    if not of_a_person:
        return told, {}
    names = _personal_names(shape)
    if not names or names.isdisjoint(told):
        return told, {}
    return (
        {name: value for name, value in told.items() if name not in names},
        {name: value for name, value in told.items() if name in names},
    )


@cache
def _personal_names(shape: type) -> frozenset[str]:
    return frozenset(field.json_name for field in fields_of(shape) if field.kind.personal)
