"""The streams that are about no person: one for every half-year, one for every area, and one for reference facts."""

from __future__ import annotations

from uuid import UUID, uuid5

from domain.period import Period

# Fixed for ever: ids of streams are storage format.
_NAMESPACE = UUID("8a0f9f0e-6f3b-5d1c-9d0e-2f8f6f1c7a21")

REFERENCE = uuid5(_NAMESPACE, "reference")


def of_period(period: Period) -> UUID:
    """The stream of one half-year's quota."""
    return uuid5(_NAMESPACE, f"period {period}")


def of_area(area: str) -> UUID:
    """The stream of what is said of a municipality, a province or the country, by its code."""
    return uuid5(_NAMESPACE, f"area {area}")


def of_name(name: str) -> UUID:
    """The stream by the name that answers give it: `reference`, a half-year or an area."""
    if name == "reference":
        return REFERENCE
    return of_period(Period.parse(name)) if "-" in name else of_area(name)
