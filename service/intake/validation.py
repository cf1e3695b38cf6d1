"""May this event be recorded? Well-formed, said by who may say it, about what exists: one event in, every fault out.

Whether it was had before, and whether its journey is known, only the event store can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain.authority import Organisation
from domain.codec import fields_of, parse_fields, write_fields
from domain.facts import (
    FACTS,
    JOURNEY_FACTS,
    EventWithdrawn,
    FigurePublished,
    MunicipalityMerged,
    PermitsForecastPublished,
)
from domain.facts.quota import MAX_DAYS_OUTSIDE
from domain.field_types import Fault, InvalidValue, parse_day, year_and_month
from domain.identifiers import holds_personal_number
from domain.places import Places
from projections import streams
from service.foundation.organisations import Registry
from service.intake import references
from service.intake.attributes import read_attributes
from service.intake.cloudevents import ambiguities, data_of
from service.intake.references import Poster, check_poster, find_sender
from service.log.keys import Keyring
from service.log.submission import Admitted, Refused

MOST_DAYS_AHEAD = 400
#: So many faults of one event are in its answer: a list of 256 KB can hold a hundred thousand.
MOST_FAULTS = 100

#: Names in `data` that are not the fact's own.
_BESIDE = frozenset({"effectiveOn", "corrects", "correctsSource"})
_BESIDE_OF_A_PERSON = _BESIDE | {"vNumber"}
_OF_A_PERSON = frozenset(JOURNEY_FACTS)
#: V-numbers in the data that are not the permit holder's own: kept as journey ids.
_OTHER_PERSONS = {"referent", "replaces"}
_CONTENT = msgspec.json.Encoder(order="sorted")

_NAMES = {shape: frozenset(field.json_name for field in fields_of(shape)) for shape in FACTS.values()}
_PERSONAL_NAMES = {
    shape: frozenset(field.json_name for field in fields_of(shape) if field.type.personal) for shape in FACTS.values()
}
_NAMING_MUNICIPALITIES = frozenset(
    shape for shape, names in _NAMES.items() if not names.isdisjoint(references.NAMES_OF_MUNICIPALITIES)
)


class ValidationContext(NamedTuple):
    """What an event is validated by: today in Amsterdam, the municipalities, who is who, the keys, and who posts."""

    today: date
    places: Places
    registry: Registry
    keys: Keyring
    poster: Poster


def validate_event(
    event: Any, context: ValidationContext, *, odd: bool = True, raw: bytes | None = None
) -> Admitted | Refused:
    """Validate one decoded CloudEvent.

    `odd` is False when its decoder knows that nothing in it is ambiguous; `raw` is the event as it came,
    where the value does not have all of it.
    """
    posted = event if raw is None else raw
    if not isinstance(event, dict):
        fault = Fault("", "not-an-object", "an event is a JSON object")
        return Refused((fault,), posted, oin=context.poster.oin)
    faults = ambiguities(event) if odd else []
    id_, source, topic, sent_at = read_attributes(event, faults)
    sender = posted_by = None
    if source:
        sender, unknown = find_sender(source, context.registry)
        faults += unknown
    if sender is not None:
        posted_by = check_poster(context.poster, sender, topic, context.today, faults)
    data = event.get("data")
    if not isinstance(data, dict) or "data_base64" in event:
        data = data_of(event, faults)
    if topic is not None and sender is not None:
        faults += references.check_speaker(sender, topic, data or {}, context.places)
    fact = None
    if data is not None and topic is None:
        _check_effective_on(data, context.today, faults)
    elif data is not None and topic is not None:
        fact = _read_data(event, data, topic, sender, context, faults)
    if faults or fact is None or topic is None or sender is None:
        oin = context.poster.oin or (sender.oin if sender else None)
        return Refused(_each_once(faults), posted, id_ or None, source or None, topic, oin)
    return Admitted(
        source,
        id_,
        topic,
        fact.stream,
        fact.of_a_person,
        fact.v_number,
        fact.effective_on,
        sent_at,
        sender.oin,
        fact.plain,
        fact.personal,
        _CONTENT.encode((topic, sent_at, fact.stream, fact.content)),
        not fact.of_a_person and fact.stream == streams.REFERENCE,
        posted,
        context.poster.trace,
        posted_by,
    )


def _each_once(faults: list[Fault]) -> tuple[Fault, ...]:
    """Every fault once: what is no number to one check is the wrong type to the next."""
    every = tuple(dict.fromkeys(faults))
    if len(every) <= MOST_FAULTS:
        return every
    return *every[:MOST_FAULTS], Fault("", "more-faults", f"has more faults than these first {MOST_FAULTS}")


class _Fact(NamedTuple):
    """What an event's data tell, when there is nothing wrong with them; `plain` and `personal` are its `content` as the
    log keeps it: in the open, and sealed."""

    stream: UUID
    of_a_person: bool
    v_number: str | None
    effective_on: date
    plain: dict[str, Any]
    personal: dict[str, Any]
    content: dict[str, Any]


def _read_data(
    event: Mapping[str, Any],
    data: dict[str, Any],
    topic: str,
    sender: Organisation | None,
    context: ValidationContext,
    faults: list[Fault],
) -> _Fact | None:
    """What the data tell; every fault in them is added to `faults`, and there may be none before."""
    shape, keys = FACTS[topic], context.keys
    # Where a withdrawal belongs is only known from what it names.
    of_a_person = shape in _OF_A_PERSON or (shape is EventWithdrawn and references.names_a_person(event, data))
    values, wrong = parse_fields(shape, data, beside=_BESIDE_OF_A_PERSON if of_a_person else _BESIDE)
    fits = not wrong
    faults += wrong
    effective_on = _check_effective_on(data, context.today, faults)
    corrected = references.read_corrected(data, faults) if "corrects" in data or "correctsSource" in data else {}
    # What does not fit may name one in a field that is not its own.
    if shape in _NAMING_MUNICIPALITIES or wrong:
        faults += references.check_municipalities(data, context.places)
    if shape is MunicipalityMerged:
        faults += references.check_merger(data)
    if fits:
        faults += _check_days(shape, values)
    if sender is not None and "correctsSource" in data:
        faults += references.check_correction(data, sender, context.registry, context.places)
    if of_a_person:
        v_number, stream = references.find_person(event, data, keys, faults)
        if shape is EventWithdrawn:
            faults += [
                Fault(f"/data/{name}", "disagrees", f"a withdrawal is about a permit holder or {other}")
                for name, other in (("period", "a period"), ("area", "an area"), ("name", "a norm set"))
                if data.get(name) is not None
            ]
    else:
        v_number, stream = None, references.find_public_stream(event, shape, values if fits else None, sender, faults)
        # Texts in a stream about no person are not sealed.
        faults += [
            Fault(f"/data/{field.json_name}", "personal-number", "must not hold a V-number, BSN or IBAN")
            for field in fields_of(shape)
            if isinstance(text := data.get(field.json_name), str) and holds_personal_number(text)
        ]
    if fits and stream is not None and "replaces" in values and keys.journey(values["replaces"]) == stream:
        faults.append(Fault("/data/replaces", "disagrees", "must be another V-number than the one it is replaced by"))
    if faults or stream is None or effective_on is None:
        return None
    # As it was understood: `3.0` is 3, and white space around a key is no part of it.
    content = {"effectiveOn": data["effectiveOn"], **write_fields(shape, values), **corrected}
    plain, personal = _part(shape, values, content, keys) if of_a_person else (content, {})
    return _Fact(stream, of_a_person, v_number, effective_on, plain, personal, content)


def _part(
    shape: type, values: Mapping[str, Any], content: dict[str, Any], keys: Keyring
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of a permit holder's event stands in the open, and what is sealed."""
    names = _PERSONAL_NAMES[shape]
    plain, personal = content, {}
    if not names.isdisjoint(content):
        plain = {name: value for name, value in content.items() if name not in names}
        personal = {name: value for name, value in content.items() if name in names}
    for name in _OTHER_PERSONS & values.keys():
        plain[name] = str(keys.journey(values[name]))
        del personal[name]
    household = plain.get("household")
    if household is not None:
        # A sender's own key may name someone, and who belongs together can be told without it.
        plain, personal = {**plain, "household": keys.household(household)}, {**personal, "household": household}
    if (born := values.get("birth_date")) is not None:
        # Ages are reckoned by the month; the day is sealed with the whole date, as it was sent.
        plain = {**plain, "birthDate": str(year_and_month(born))}
    return plain, personal


def _check_days(shape: type, values: Mapping[str, Any]) -> list[Fault]:
    """What one field says against another, where each is right by itself."""
    if shape is FigurePublished and not FigurePublished(**values).is_of_its_time:
        return [Fault("/data/on", "out-of-range", f"must be within {MAX_DAYS_OUTSIDE} days of the half-year")]
    if shape is PermitsForecastPublished and values["to"] < values["from_"]:
        return [Fault("/data/to", "before-from", "must not lie before from")]
    return []


def _check_effective_on(data: Mapping[str, Any], today: date, faults: list[Fault]) -> date | None:
    value = data.get("effectiveOn")
    if value is None:
        faults.append(Fault("/data/effectiveOn", "required", "is required"))
        return None
    try:
        day = parse_day(value)
    except InvalidValue as wrong:
        faults += [Fault(f"/data/effectiveOn{within}", code, detail) for within, code, detail in wrong.faults]
        return None
    # Subtracting days makes an object; most events are of a day that was.
    if day > today and (day - today).days > MOST_DAYS_AHEAD:
        detail = f"is more than {MOST_DAYS_AHEAD} days in the future"
        faults.append(Fault("/data/effectiveOn", "too-far-ahead", detail))
        return None
    return day
