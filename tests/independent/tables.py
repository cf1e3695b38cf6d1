"""Every table that is asked: how it is worked out, grouped and ordered, and which parameters are drawn for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.independent import (
    family_tables,
    file_tables,
    integration_tables,
    link_tables,
    quality_tables,
    quota_tables,
    supply_tables,
    wait_tables,
)
from tests.independent.clerk import BATCHES, NORM_SETS, PERIODS, TURNING
from tests.independent.rows import Asked, Row

_EVERY = ("country", "province", "municipality")
Parameters = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """A table: how it is worked out, how it is grouped and ordered, what else is asked of it."""

    rows: Callable[[Asked], list[Row]]
    parameters: Callable[[Random], Parameters]
    by: tuple[str, ...] = _EVERY
    dimensions: tuple[str, ...] = ()
    order: dict[str, Sequence[str]] = field(default_factory=dict)
    shares: tuple[str, ...] = ()
    #: Columns that the text does not say enough of, and of a dimension the values that it does.
    beyond: tuple[str, ...] = ()
    within: dict[str, Sequence[str]] = field(default_factory=dict)


def _period(rng: Random) -> Parameters:
    return {"period": rng.choice(PERIODS)}


def _window(rng: Random) -> Parameters:
    first = rng.choice([date(2020, 1, 1), date(2021, 1, 1), *TURNING])
    return {"from": first, "to": first + timedelta(days=rng.choice([0, 30, 250, 800, 800]))}


def _nothing(_: Random) -> Parameters:
    return {}


def _methods(rng: Random) -> Parameters:
    asked = _period(rng)
    if rng.random() < 0.5:
        asked["method"] = rng.choice(["adams", "largest-remainder", "nearest", "ceiling", "floor"])
    if rng.random() < 0.4:
        asked["persons"] = rng.choice([300, 361, 10_000])
    return asked


def _offset(rng: Random) -> Parameters:
    asked: Parameters = {}
    if rng.random() < 0.5:
        asked["goal"] = rng.choice([0, 20, 417])
    if rng.random() < 0.7:
        days = [*TURNING, date(2020, 12, 1), date(2021, 5, 17), date(2021, 11, 30), date(2022, 2, 14)]
        asked["at"] = rng.sample(sorted(set(days)), rng.randint(1, 5))
    return asked


def _supervision(rng: Random) -> Parameters:
    asked = _period(rng)
    if rng.random() < 0.4:
        asked["marginPersons"] = rng.choice([0, 2])
    if rng.random() < 0.3:
        asked["marginShare"] = rng.choice(["0", "0.25", "0.5"])
    if rng.random() < 0.4:
        asked["days"] = rng.choice([0, 20, 120])
    return asked


def _long_window(rng: Random) -> Parameters:
    first = rng.choice([date(2020, 7, 1), date(2020, 7, 1), date(2021, 1, 1), *TURNING[:8]])
    return {"from": first, "to": first + timedelta(days=rng.choice([0, 60, 250, 800, 800, 1000]))}


def _maybe_window(rng: Random) -> Parameters:
    return _long_window(rng) if rng.random() < 0.6 else {}


def _norm(rng: Random) -> Parameters:
    drawn_ = rng.random()
    if drawn_ < 0.3:
        return {}
    if drawn_ < 0.5:
        days = [rng.choice([0, 14, 30, 98, 200]) for _ in range(4)]
        return {"normSet": [*days, rng.choice(["permit", "link"])]}
    return {"norm": rng.choice([*wait_tables.SHIPPED, *NORM_SETS])}


def _window_and_norm(rng: Random) -> Parameters:
    return _long_window(rng) | _norm(rng)


def _phases(rng: Random) -> Parameters:
    return _window_and_norm(rng) | ({"family": rng.choice(["with", "without"])} if rng.random() < 0.4 else {})


def _weeks(rng: Random) -> Parameters:
    return {"weeks": rng.choice([0, 4, 26])} if rng.random() < 0.4 else {}


def _elip(rng: Random) -> Parameters:
    asked: Parameters = {"months": rng.choice([1, 12])} if rng.random() < 0.4 else {}
    return asked | ({"left": rng.choice([0, 2_499, 10_001])} if rng.random() < 0.4 else {})


def _recorded(rng: Random) -> Parameters:
    first = rng.choice([date(2021, 1, 1), *(at.date() for at in BATCHES), date(2022, 4, 1)])
    return {"from": first, "to": first + timedelta(days=rng.choice([0, 1, 140, 800]))}


_LAW: dict[str, Sequence[str]] = {"law": integration_tables.LAWS}
#: By name, in the order of the contract.
TABLES: dict[str, Table] = {
    "realisation": Table(quota_tables.realisation, _period),
    "quota-methods": Table(quota_tables.quota_methods, _methods),
    "quota-revisions": Table(quota_tables.quota_revisions, _period, dimensions=("on",)),
    "transfers": Table(quota_tables.transfers, _period, ("municipality",), ("transfer",)),
    "offset": Table(quota_tables.offset, _offset, ("province", "country")),
    "publication": Table(quota_tables.publication, _nothing, ("country",), ("period",)),
    "permits": Table(quota_tables.permits, _window, ("country",), ("month",)),
    "links": Table(link_tables.links, _window),
    "supply": Table(supply_tables.supply, _period),
    "reception": Table(
        link_tables.reception,
        _nothing,
        ("country",),
        ("region",),
        {"region": ("GR-FR-DR", "OV-GLD", "FL-UT-NH", "ZH-ZL", "NB-LB", "unknown")},
        ("share", "quotaShare", "difference"),
    ),
    "expected": Table(link_tables.expected, _nothing),
    "households": Table(link_tables.households, _nothing, _EVERY, ("size",), {"size": link_tables.SIZES}),
    "swaps": Table(
        link_tables.swaps,
        _nothing,
        ("municipality",),
        ("with", "size", "withSize"),
        {"size": link_tables.SIZES, "withSize": link_tables.SIZES},
    ),
    "supervision": Table(supply_tables.supervision, _supervision, ("municipality", "province")),
    "ladder": Table(supply_tables.ladder, _nothing, ("municipality",), ("decided",)),
    "refusals": Table(link_tables.refusals, _window),
    "norm-phases": Table(
        wait_tables.norm_phases, _phases, shares=tuple(f"{phase}CompletedWithinNorm" for phase in wait_tables.PHASES)
    ),
    "lateness": Table(wait_tables.lateness, _window_and_norm),
    "bonus": Table(wait_tables.bonus, _long_window, shares=("share",)),
    "waiting": Table(wait_tables.waiting, _norm, _EVERY, ("phase",), {"phase": wait_tables.PHASES}),
    "dossiers": Table(file_tables.dossiers, _long_window, shares=("shareAtLink", "shareAtHousing", "shareNow")),
    "documents": Table(file_tables.documents, _long_window, _EVERY, ("item",), {"item": file_tables.ITEMS}),
    "family": Table(family_tables.family, _nothing),
    "family-arrivals": Table(family_tables.family_arrivals, _long_window, _EVERY, ("month",)),
    "temporary": Table(
        family_tables.temporary, _maybe_window, _EVERY, ("accommodation",), {"accommodation": family_tables.KINDS}
    ),
    "moves": Table(file_tables.moves, _long_window),
    "integration": Table(integration_tables.integration, _weeks, _EVERY, ("law",), _LAW),
    "integration-terms": Table(integration_tables.integration_terms, _nothing, _EVERY, ("law",), _LAW),
    "elip": Table(integration_tables.elip, _elip),
    "minors": Table(family_tables.minors, _nothing),
    "data-quality": Table(
        quality_tables.data_quality, _recorded, ("country",), ("organisation",), beyond=("findings",)
    ),
    "findings": Table(
        quality_tables.findings, _nothing, _EVERY, ("finding",), within={"finding": quality_tables.FINDINGS}
    ),
    "handovers": Table(file_tables.handovers, _long_window, shares=("shareWarm",)),
}
