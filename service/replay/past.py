"""The past filled in again: all projections as known at a position, in tables of their own, and their figures."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import Engine

from domain.norms import NormSet
from domain.period import Period
from projections import norm_phases, realisation, reference
from projections.norm_phases import Group
from projections.realisation import Standing
from projections.view import Asked
from service.database import REPLAY, reading
from service.replay.crew import Progress, silent
from service.replay.filling import Filled, fill


class National(NamedTuple):
    """The figures of the country as known then: how the period stood on the day, and the phases of its first day to
    that one; None when there was no journey yet."""

    on: date
    period: Period
    realisation: Standing
    phases: Group | None


def replay(engine: Engine, position: int, processes: int = 1, progress: Progress = silent) -> Filled:
    """Fill the tables of the past with all projections as the log up to a position (between commits) tells them."""
    return fill(engine, REPLAY, position, processes, progress)


def national(engine: Engine, asked: Asked, period: Period, norm: NormSet) -> National:
    """What the tables of the past say of the country; they hold what was known at `asked.position`."""
    window = period.first, min(asked.valid_on, period.last)
    with reading(engine, REPLAY) as connection:
        places = reference.places(connection, asked)
        (standing,) = realisation.read(connection, asked, period, "country", places)
        groups = norm_phases.read(connection, asked, window, "country", norm, "any", places)
    return National(asked.valid_on, period, standing, groups[0] if groups else None)
