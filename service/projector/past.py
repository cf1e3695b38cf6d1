"""The figures of the country as they were known at a position of the log, from the tables that `replay` filled."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from typing import NamedTuple

from sqlalchemy import Engine

from domain.norm_sets import NormSet
from domain.period import Period
from projections.column_store import ColumnStore
from projections.engine import Asked
from projections.figure import Query, Value
from projections.figures.norm_phases import NORM_PHASES
from projections.places import read_places
from projections.realisation import RealisationRow, read_realisation
from service.storage.database import REPLAY, reading


class NationalFigures(NamedTuple):
    """The figures of the country as known then: how the period stood on the day, and the norm phases by the names of
    their columns, of its first day to that one; None when there was no journey yet.
    """

    on: date
    period: Period
    realisation: RealisationRow
    phases: dict[str, Value] | None


def read_national_figures(engine: Engine, asked: Asked, period: Period, norm: NormSet) -> NationalFigures:
    """What the tables of the past say of the country; they hold what was known at `asked.position`."""
    window = period.first, min(asked.valid_on, period.last)
    with (
        reading(engine, REPLAY) as connection,
        closing(ColumnStore.of(connection)) as store,
        store.snapshot() as tables,
    ):
        places = read_places(tables, asked)
        (figures,) = read_realisation(tables, asked, period, "country", places)
        given = {"from": window[0], "to": window[1], "norm": norm, "family": "any"}
        rows = NORM_PHASES.rows(Query(tables, asked, places, "country", given))
    names = [column.name for column in NORM_PHASES.columns]
    phases = dict(zip(names, rows[0].values, strict=True)) if rows else None
    return NationalFigures(asked.valid_on, period, figures, phases)
