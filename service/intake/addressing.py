"""Which stream an event belongs to: a permit holder's by V-number or journey id, a period's, or that of reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain.authority import Organisation
from domain.facts import EventWithdrawn
from domain.field_types import Fault
from domain.identifiers import is_v_number
from domain.period import Period
from projections import streams
from service.log.keys import Keyring


def names_a_person(event: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Whether an event of a type that may be about anything is about a permit holder."""
    return data.get("vNumber") is not None or event.get("subject") is not None


def person(
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


def public_stream(
    event: Mapping[str, Any],
    shape: type,
    values: Mapping[str, Any] | None,
    organisation: Organisation | None,
    faults: list[Fault],
) -> UUID | None:
    """The stream of what is about no person: a period's, or the one of reference facts; faults are added.

    `values` are the fields of a fact of this shape, None when something is wrong with them.
    """
    if event.get("subject") is not None:
        faults.append(Fault("/subject", "not-of-a-journey", "this type is not about a permit holder"))
    if values is None:
        return None
    period: Period | None = values.get("period")
    if period is not None:
        return streams.of_period(period)
    if shape is EventWithdrawn and organisation is not None and organisation.kind != "cbs":
        # Only CBS has anything in the stream that needs no name.
        faults.append(Fault("/data/vNumber", "required", "a withdrawal names the same vNumber, subject or period"))
    return streams.REFERENCE
