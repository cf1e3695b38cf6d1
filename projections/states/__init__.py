"""State tables, one a module: its columns, and its rows as a pure function of the history of one stream.

A table is kept up to date, rebuilt, verified and copied into columns by its line here.
"""

from __future__ import annotations

from sqlalchemy import Table

from projections.states import housings, phases, quota, reference

PROJECTIONS = (phases.PROJECTION, housings.PROJECTION, quota.PROJECTION, reference.PROJECTION)
TABLES = tuple(projection.table for projection in PROJECTIONS)

#: What answers are read from, besides the municipalities: they are as new as the oldest of it.
OF_REALISATION: tuple[Table, ...] = (housings.housings, quota.quota)
OF_PERIODS: tuple[Table, ...] = (quota.quota,)
OF_PHASES: tuple[Table, ...] = (phases.phases,)
OF_PLACES: tuple[Table, ...] = ()
