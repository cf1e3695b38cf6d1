"""Reference facts that add to or correct what the service ships: inhabitants, mergers, norm sets. Storage format."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar, Final

from domain.field_types import FieldType, InvalidValue, Municipality, Name, Persons, Province, parse_key, whole_number
from domain.norm_sets import MOST_DAYS, NORM_SETS, TotalStarts

#: How a norm set is called, like permit-14: it stands in addresses.
NORM_NAME: Final = r"^[a-z]+(-[a-z0-9]+)+$"
_LONGEST_NORM_NAME = 40


def _parse_norm_name(value: Any) -> str:
    name = parse_key(value)
    if not re.fullmatch(NORM_NAME, name, re.ASCII) or name != value:
        raise InvalidValue.because("not-a-norm-name", "must be a name like permit-14")
    if len(name) > _LONGEST_NORM_NAME:
        raise InvalidValue.because("too-long", f"must be at most {_LONGEST_NORM_NAME} characters")
    if name in NORM_SETS:
        raise InvalidValue.because("taken", "is the name of a norm set that the service ships")
    return name


NormName = Annotated[
    str,
    FieldType(
        _parse_norm_name,
        {
            "type": "string",
            "pattern": NORM_NAME,
            "maxLength": _LONGEST_NORM_NAME,
            "not": {"enum": list(NORM_SETS)},
        },
    ),
]
Days = Annotated[int, whole_number(0, MOST_DAYS)]


@dataclass(frozen=True, slots=True)
class InhabitantsCounted:
    """Inhabitants of a municipality on a day (CBS)."""

    TOPIC: ClassVar[str] = "inhabitants-counted.v1"

    municipality: Municipality
    on: date
    persons: Persons


@dataclass(frozen=True, slots=True)
class MunicipalityMerged:
    """A municipality ended and went into another (herindeling); a new code brings its name and province."""

    TOPIC: ClassVar[str] = "municipality-merged.v1"

    municipality: Municipality
    into: Municipality
    on: date
    persons_moved: Persons | None = None
    name: Name | None = None
    province: Province | None = None


@dataclass(frozen=True, slots=True)
class NormSetPublished:
    """A reading of the norm, in days, with its source; of several of one name the newest counts (normtijden)."""

    TOPIC: ClassVar[str] = "norm-set-published.v1"

    name: NormName
    source: Name
    linking: Days
    housing: Days
    departure: Days
    total: Days
    total_starts: TotalStarts
    valid_from: date
