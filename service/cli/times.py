"""The two times of a question as they are given to a command, and a refusal of it in lines."""

from __future__ import annotations

from datetime import date, datetime

import typer

from domain.field_types import Wrong, parse_day
from service.foundation.problems import Problem
from service.foundation.time import parse_instant


def day(text: str | None) -> date | None:
    """The day of --valid-on."""
    try:
        return None if text is None else parse_day(text)
    except Wrong:
        raise typer.BadParameter("must be a day like 2021-12-31", param_hint="--valid-on") from None


def instant(text: str | None, now: datetime) -> datetime | None:
    """The instant of --known-at."""
    if text is None:
        return None
    parsed = parse_instant(text)
    if parsed is None or parsed > now:
        raise typer.BadParameter("must be a past instant like 2021-12-31T23:59:59Z", param_hint="--known-at")
    return parsed


def account(problem: Problem) -> str:
    """A refusal in lines."""
    faults = (
        f"{error['parameter']} {error['detail']}" if "parameter" in error else error["detail"]
        for error in problem.errors
    )
    return "\n  ".join([problem.detail, *faults])
