"""Journeys that were destroyed, as who reads meets them: gone, and said to be."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection

from service.problems import Problem
from service.vault import destroyed_among

_DETAIL = "This journey was destroyed by retention or on request. What is left of it serves the figures alone."


def refuse_destroyed(connection: Connection, journey: UUID) -> None:
    """410 when this journey was destroyed: to be asked before anything about one journey is answered."""
    if destroyed_among(connection, [journey]):
        raise gone()


def gone() -> Problem:
    """The answer to a question about a journey that was destroyed."""
    return Problem(410, "Destroyed", _DETAIL)
