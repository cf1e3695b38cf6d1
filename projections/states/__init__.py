"""State tables, one a module: its columns, and its rows as a pure function of the history of one stream.

A table is kept up to date, rebuilt, verified and copied into columns by its line here.
"""

from __future__ import annotations

from sqlalchemy import Table

from projections.states import areas, housings, links, offers, permits, phases, quota, reception, reference

PROJECTIONS = (
    phases.PROJECTION,
    housings.PROJECTION,
    permits.PROJECTION,
    links.PROJECTION,
    reception.PROJECTION,
    offers.PROJECTION,
    quota.PROJECTION,
    areas.PROJECTION,
    reference.PROJECTION,
)
TABLES = tuple(projection.table for projection in PROJECTIONS)

#: What answers are read from, besides the municipalities: they are as new as the oldest of it.
OF_REALISATION: tuple[Table, ...] = (housings.housings, quota.quota)
OF_PERIODS: tuple[Table, ...] = (quota.quota,)
OF_PHASES: tuple[Table, ...] = (phases.phases,)
OF_PLACES: tuple[Table, ...] = ()
