"""All projections that are kept up to date, and their tables."""

from __future__ import annotations

from sqlalchemy import Table

from projections import quota, realisation, reference
from projections.states import phases

PROJECTIONS = (phases.PROJECTION, realisation.PROJECTION, quota.PROJECTION, reference.PROJECTION)
TABLES = tuple(projection.table for projection in PROJECTIONS)

#: What answers are read from, besides the municipalities: they are as new as the oldest of it.
OF_REALISATION: tuple[Table, ...] = (realisation.PROJECTION.table, quota.PROJECTION.table)
OF_PERIODS: tuple[Table, ...] = (quota.PROJECTION.table,)
OF_PHASES: tuple[Table, ...] = (phases.PROJECTION.table,)
OF_PLACES: tuple[Table, ...] = ()
