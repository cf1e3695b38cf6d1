"""Who somebody is: one person can have had more than one V-number. Storage format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.field_types import VNumber


@dataclass(frozen=True, slots=True)
class VNumberReplaced:
    """The V-number of the journey replaces an older one of the same person (V-nummer vervangen).

    In the log `replaces` is the journey id of the older number.
    """

    TOPIC: ClassVar[str] = "v-number-replaced.v1"

    replaces: VNumber
