"""State tables, one a module: its columns, and its rows as a pure function of the history of one stream.

A table is kept up to date, rebuilt, verified and copied into columns by its line here.
"""

from __future__ import annotations

from sqlalchemy import Table

from projections.states import (
    areas,
    arrivals,
    causes,
    documents,
    findings,
    housings,
    integration,
    links,
    minors,
    norm_sets,
    offers,
    permits,
    phases,
    quota,
    reception,
    reference,
    referents,
    stays,
)

PROJECTIONS = (
    phases.PROJECTION,
    housings.PROJECTION,
    permits.PROJECTION,
    links.PROJECTION,
    reception.PROJECTION,
    offers.PROJECTION,
    documents.PROJECTION,
    referents.PROJECTION,
    arrivals.PROJECTION,
    stays.PROJECTION,
    minors.PROJECTION,
    causes.PROJECTION,
    integration.PROJECTION,
    findings.PROJECTION,
    quota.PROJECTION,
    areas.PROJECTION,
    reference.PROJECTION,
    norm_sets.PROJECTION,
)
TABLES = tuple(projection.table for projection in PROJECTIONS)

#: What answers are read from, besides the municipalities: they are as new as the oldest of it.
OF_REALISATION: tuple[Table, ...] = (housings.housings, quota.quota)
OF_PERIODS: tuple[Table, ...] = (quota.quota,)
OF_NORM_SETS: tuple[Table, ...] = (norm_sets.norm_sets,)
OF_PLACES: tuple[Table, ...] = ()
