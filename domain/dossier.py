"""The file that COA hands over with a link, and which of its items must be there (overdrachtsdossier)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from domain.facts.linking import Item

#: What a municipality can't do without: nobody signs a tenancy before.
REQUIRED_ITEMS: Final[tuple[Item, ...]] = ("bsn", "identity-document", "iban")


def missing_items(complete: Iterable[tuple[str, date]]) -> tuple[Item, ...]:
    """The required items that are not among those that are complete, each with its day."""
    there = {item for item, _ in complete}
    return tuple(item for item in REQUIRED_ITEMS if item not in there)
