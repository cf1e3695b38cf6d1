"""The past filled in again: all projections as known at a position, in tables of their own, and their figures."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from typing import NamedTuple

from sqlalchemy import Engine

from domain.norms import NormSet
from domain.period import Period
from projections import realisation, reference
from projections.column_store import ColumnStore
from projections.engine import Asked
from projections.figure import Query, Value
from projections.figures.norm_phases import NORM_PHASES
from projections.realisation import Standing
from service.projector.replay.backfill import Filled, fill
from service.projector.replay.worker_pool import Progress, silent
from service.storage.database import REPLAY, reading


class National(NamedTuple):
    """The figures of the country as known then: how the period stood on the day, and the norm phases by the names of
    their columns, of its first day to that one; None when there was no journey yet.
    """

    on: date
    period: Period
    realisation: Standing
    phases: dict[str, Value] | None


def replay(engine: Engine, position: int, processes: int = 1, progress: Progress = silent) -> Filled:
    """Fill the tables of the past with all projections as the log up to a position (between commits) tells them."""
    return fill(engine, REPLAY, position, processes, progress)


def national(engine: Engine, asked: Asked, period: Period, norm: NormSet) -> National:
    """What the tables of the past say of the country; they hold what was known at `asked.position`."""
    window = period.first, min(asked.valid_on, period.last)
    with (
        reading(engine, REPLAY) as connection,
        closing(ColumnStore.of(connection)) as store,
        store.snapshot() as tables,
    ):
        places = reference.places(tables, asked)
        (standing,) = realisation.read(tables, asked, period, "country", places)
        given = {"from": window[0], "to": window[1], "norm": norm.name, "family": "any"}
        rows = NORM_PHASES.rows(Query(tables, asked, places, "country", given))
    names = [column.name for column in NORM_PHASES.columns]
    phases = dict(zip(names, rows[0].values, strict=True)) if rows else None
    return National(asked.valid_on, period, standing, phases)
