"""Linking: COA ties a permit holder to the municipality that must house them. Storage format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.field_types import Key, Municipality

Criterion = Literal["work", "education", "family", "medical", "network"]


@dataclass(frozen=True, slots=True)
class Linked:
    """The permit holder was linked to a municipality (gekoppeld)."""

    TOPIC: ClassVar[str] = "linked.v1"

    municipality: Municipality
    household: Key | None = None
    criteria: tuple[Criterion, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkEnded:
    """The standing link ended (ontkoppeld)."""

    TOPIC: ClassVar[str] = "link-ended.v1"

    reason: Literal["reassigned", "found-own-home", "moved-in-with-family", "departed", "permit-ended", "other"]
