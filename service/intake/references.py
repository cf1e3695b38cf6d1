"""What an event names, checked: its sender and who posts for it, its stream, municipalities, the event it corrects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from domain.authority import Organisation, check_authority
from domain.facts import EventWithdrawn
from domain.field_types import Fault, InvalidValue, parse_day, parse_key
from domain.identifiers import is_municipality_code, is_v_number, oin_in
from domain.municipality import TABLE_BEGINS
from domain.period import Period
from domain.places import Places
from projections import streams
from service.access.caller import Caller
from service.foundation.organisations import Registry
from service.intake.attributes import MOST_CHARACTERS_OF_A_KEY
from service.log.keys import Keyring

_TABLE_BEGINS = TABLE_BEGINS.isoformat()
#: The fields of an event's data that name municipalities.
NAMES_OF_MUNICIPALITIES = frozenset({"of", "municipality", "area", "into", "transfers", "decisions"})

#: Faults that are about who says something, not about what is said: 403 rather than 400 when there are no others.
ABOUT_SENDER = frozenset(
    {
        "unknown-organisation",
        "not-your-source",
        "no-authority",
        "not-your-municipality",
        "not-your-area",
        "not-yours-to-correct",
    }
)

_NOT_YOUR_SOURCE = Fault(
    "/source", "not-your-source", "names an organisation that is not yours, nor one that you may post this for today"
)


class Poster(NamedTuple):
    """Who posts, and in which trace."""

    caller: Caller
    trace: bytes | None = None

    @property
    def oin(self) -> str | None:
        """Of whom posts, where that is not left to the source."""
        organisation = self.caller.organisation
        return None if organisation is None else organisation.oin


# Few systems post, each under one source, and a registry does not change while it is in use.
@lru_cache(maxsize=4_096)
def find_sender(source: str, registry: Registry) -> tuple[Organisation | None, Sequence[Fault]]:
    """The organisation that a source of at most 256 characters names, or why that can't be said."""
    oin = oin_in(source)
    if oin is None:
        return None, (Fault("/source", "no-oin", "must name one OIN, as in urn:nld:oin:<OIN>:systeem:<name>"),)
    organisation = registry(oin)
    if organisation is None:
        return None, (Fault("/source", "unknown-organisation", "names an OIN that is not in the registry"),)
    return organisation, ()


def check_poster(
    poster: Poster, sender: Organisation, topic: str | None, today: date, faults: list[Fault]
) -> str | None:
    """The OIN of whoever posts for the sender, None when that is itself; where nobody else may, a fault is added."""
    caller = poster.caller
    if caller.open or (own := poster.oin) == sender.oin:
        return None
    mandates = caller.mandates.get(sender.oin, ())
    if topic is not None and any(mandate.covers(sender.oin, topic, today) for mandate in mandates):
        return own
    faults.append(_NOT_YOUR_SOURCE)
    return None


def names_a_person(event: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Whether an event of a type that may be about anything is about a permit holder."""
    return data.get("vNumber") is not None or event.get("subject") is not None


def find_person(
    event: Mapping[str, Any], data: Mapping[str, Any], keys: Keyring, faults: list[Fault]
) -> tuple[str | None, UUID | None]:
    """The permit holder by V-number, by journey id or by both, which then must agree; faults are added."""
    v_number, subject = data.get("vNumber"), event.get("subject")
    named: UUID | None = None
    if subject is not None:
        try:
            # Only the form in which the service writes it: nothing else can have been issued.
            named = UUID(subject) if isinstance(subject, str) and str(UUID(subject)) == subject else None
        except ValueError:
            named = None
        if named is None:
            faults.append(
                Fault("/subject", "not-a-journey", "must be the id of a journey, as this service returned it")
            )
    if v_number is None:
        if subject is None:
            faults.append(Fault("/data/vNumber", "required", "is required, or the journey's id as subject"))
        return None, named
    if not isinstance(v_number, str) or not is_v_number(v_number):
        code = "not-a-v-number" if isinstance(v_number, str) else "wrong-type"
        faults.append(Fault("/data/vNumber", code, "must be ten digits, as a string"))
        return None, None
    journey = keys.journey(v_number)
    if named is not None and named != journey:
        faults.append(Fault("/subject", "disagrees", "names another permit holder than data.vNumber"))
    return v_number, journey


def find_public_stream(
    event: Mapping[str, Any],
    shape: type,
    values: Mapping[str, Any] | None,
    organisation: Organisation | None,
    faults: list[Fault],
) -> UUID | None:
    """The stream of what is about no person: an area's, a period's, or the one of reference facts; faults are added.

    `values` are the fields of a fact of this shape, None when something is wrong with them.
    """
    if event.get("subject") is not None:
        faults.append(Fault("/subject", "not-of-a-journey", "this type is not about a permit holder"))
    if values is None:
        return None
    area: str | None = values.get("area")
    period: Period | None = values.get("period")
    norm_set = values.get("name") if shape is EventWithdrawn else None
    if norm_set is not None and (area, period) != (None, None):
        faults.append(Fault("/data/name", "disagrees", "a withdrawal of a norm set names that only"))
    if area is not None:
        # What an area event says of a half-year is of the area all the same.
        if shape is EventWithdrawn and period is not None:
            faults.append(Fault("/data/period", "disagrees", "a withdrawal of an event of an area names the area only"))
        return streams.of_area(area)
    if period is not None:
        return streams.of_period(period)
    if shape is EventWithdrawn and norm_set is None and organisation is not None and organisation.kind != "cbs":
        # Only CBS has anything in the stream that needs no name.
        detail = "a withdrawal names one of vNumber, subject, period, area, name: the same as what it withdraws"
        faults.append(Fault("/data", "required", detail))
    return streams.REFERENCE


def read_corrected(data: Mapping[str, Any], faults: list[Fault]) -> dict[str, str]:
    """What names the event that is corrected, as it is written; every fault in it is added to `faults`."""
    named: dict[str, str] = {}
    for name in ("corrects", "correctsSource"):
        if data.get(name) is None:
            continue
        try:
            named[name] = parse_key(data[name])
        except InvalidValue as wrong:
            faults += [Fault(f"/data/{name}{within}", code, detail) for within, code, detail in wrong.faults]
    if data.get("correctsSource") is not None and data.get("corrects") is None:
        faults.append(Fault("/data/corrects", "required", "is required where there is a correctsSource"))
    return named


def check_correction(
    data: Mapping[str, Any], organisation: Organisation, registry: Registry, places: Places
) -> list[Fault]:
    """Nobody overwrites another's fact: another source is one's own, or of a municipality that one succeeded."""
    source = data.get("correctsSource")
    if not isinstance(source, str):
        return []
    find = find_sender if len(source) <= MOST_CHARACTERS_OF_A_KEY else find_sender.__wrapped__
    other, _ = find(source, registry)
    if other is not None and other.oin == organisation.oin:
        return []
    if (
        other is not None
        and other.code is not None
        and organisation.code is not None
        and other.kind == organisation.kind == "municipality"
        and places.is_successor_of(organisation.code, other.code)
    ):
        return []
    detail = "must be a source of your own, or of a municipality that you succeeded"
    return [Fault("/data/correctsSource", "not-yours-to-correct", detail)]


def check_municipalities(data: Mapping[str, Any], places: Places) -> list[Fault]:
    """Codes of municipalities that no time knows; a merger may bring a new one with its name and province.

    What is said of a day before the table of municipalities begins may be of one that the table does not have.
    """
    brings_its_own = "name" in data and "province" in data
    on = data.get("on")
    named = [("of", data.get("of")), ("area", data.get("area"))]
    if not (isinstance(on, str) and on < _TABLE_BEGINS):
        named.insert(0, ("municipality", data.get("municipality")))
    if "into" in data and not brings_its_own:
        named.append(("into", data["into"]))
    for name in ("transfers", "decisions"):
        if isinstance(parts := data.get(name), list):
            named += [
                (f"{name}/{index}/municipality", part.get("municipality"))
                for index, part in enumerate(parts)
                if isinstance(part, dict)
            ]
    return [
        Fault(f"/data/{name}", "unknown-municipality", "is no municipality's code")
        for name, code in named
        if isinstance(code, str) and not places.known(code) and is_municipality_code(code)
    ]


def check_speaker(sender: Organisation, topic: str, data: Mapping[str, Any], places: Places) -> list[Fault]:
    """Why the sender may not say this, of the municipalities and provinces as they are on the day that it held."""

    def province_of(code: str) -> str | None:
        # One that merged lies where its successor does, one that is yet to begin where its predecessor does.
        with suppress(InvalidValue):
            code = places.code_on(code, parse_day(data.get("effectiveOn")))
        return places.province(code) if places.known(code) else None

    return check_authority(sender, topic, data, places.is_successor_of, province_of)


def check_merger(data: Mapping[str, Any]) -> list[Fault]:
    """What one field of a merger says against another; that each is right by itself is looked at elsewhere."""
    faults = []
    on, effective_on = data.get("on"), data.get("effectiveOn")
    if on is not None and effective_on is not None and on != effective_on:
        faults.append(Fault("/data/on", "disagrees", "must be the same day as effectiveOn"))
    if data.get("into") is not None and data.get("into") == data.get("municipality"):
        faults.append(Fault("/data/into", "disagrees", "must be another municipality"))
    return faults
