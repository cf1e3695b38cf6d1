"""Units as they stand in the heading of a column, once, and in no cell."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from projections.figure import Words
from projections.units import Unit

#: A share and a percentage say it in the cell, a date and a text are none.
UNIT_WORDS: Mapping[Unit, Words] = MappingProxyType(
    {
        "persons": Words("persons", "personen"),
        "links": Words("links", "koppelingen"),
        "offers": Words("offers", "aanbiedingen"),
        "events": Words("events", "gebeurtenissen"),
        "fines": Words("fines", "boetes"),
        "households": Words("households", "huishoudens"),
        "bedrooms": Words("bedrooms", "slaapkamers"),
        "homes": Words("homes", "woningen"),
        "places": Words("places", "plaatsen"),
        "nights": Words("nights", "nachten"),
        "municipalities": Words("municipalities", "gemeenten"),
        "inhabitants": Words("inhabitants", "inwoners"),
        "days": Words("days", "dagen"),
        "pace": Words("persons", "personen"),
        "estimate": Words("persons, estimated", "personen, geschat"),
    }
)
