"""Journeys that were destroyed, as who reads meets them: gone, and said to be."""

from __future__ import annotations

from service.foundation.problems import Problem

_DETAIL = "This journey was destroyed by retention or on request. What is left of it serves the figures alone."


def gone() -> Problem:
    """The answer to a question about a journey that was destroyed."""
    return Problem(410, "Destroyed", _DETAIL)
