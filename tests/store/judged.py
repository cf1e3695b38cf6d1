"""One event judged, without a database."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.places import Places
from service.access.caller import DEVELOPER
from service.foundation import organisations
from service.intake.references import Poster
from service.intake.validation import ValidationContext, validate_event
from service.log.keys import Keyring
from service.log.submission import Admitted, Refused
from tests.posts import (
    V_NUMBER,
)

KEYS = Keyring(bytes(range(32)))
JOURNEY = str(KEYS.journey(V_NUMBER))
GIVEN = ValidationContext(date(2022, 7, 15), Places.shipped(), organisations.development, KEYS, Poster(DEVELOPER))


def admitted(posted: Any, given: ValidationContext = GIVEN) -> Admitted:
    judged = validate_event(posted, given)
    assert isinstance(judged, Admitted), judged
    return judged


def faults(posted: Any, given: ValidationContext = GIVEN) -> set[tuple[str, str]]:
    judged = validate_event(posted, given)
    assert isinstance(judged, Refused), judged
    return {(fault.pointer, fault.code) for fault in judged.faults}
