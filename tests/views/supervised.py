"""Who is linked and waits, and what a province decides, told in a line; and the tables that come of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any

from domain.facts import (
    AdaptedHomeNeeded,
    AssessmentSuspended,
    DossierItemCompleted,
    FamilyReunificationDecided,
    LadderStepDecided,
    OfferAccepted,
    OfferRefused,
    Recorded,
    RefusalAssessed,
    ResidenceDocumentIssued,
)
from domain.period import Period
from domain.totals import GroupBy
from projections import streams
from projections.engine import Asked
from projections.figure import Figure, Query
from projections.places import read_places
from service.queries.question import end_of_commit
from service.storage.database import reading
from tests.rules.histories import UTRECHT, granted, linked, said
from tests.views.logs import VIEW, Log

ITEMS = ("bsn", "identity-document", "iban")
PROVINCE = "urn:nld:oin:00000099000000006000:systeem:toezicht"
DEFAULTS: dict[str, Any] = {"marginPersons": 1, "marginShare": Decimal("0.05"), "days": 70}
_names = count()


def ready(on: str = "2020-01-10") -> list[Recorded]:
    """A dossier that is complete, and a residence document."""
    items: list[Any] = [DossierItemCompleted(item) for item in ITEMS]  # type: ignore[arg-type]
    return [said(on, fact, id=f"d{nth}") for nth, fact in enumerate([*items, ResidenceDocumentIssued()])]


def adapted(on: str, **envelope: Any) -> Recorded:
    return said(on, AdaptedHomeNeeded("wheelchair"), **envelope)


def decided(on: str, granted_: int, refused: int, **envelope: Any) -> Recorded:
    return said(on, FamilyReunificationDecided(granted_, refused), **envelope)


def refused(on: str, municipality: str = UTRECHT, **envelope: Any) -> Recorded:
    return said(on, OfferRefused(municipality, "too small"), **envelope)


def assessed(on: str, justified: bool, **envelope: Any) -> Recorded:
    return said(on, RefusalAssessed(justified), **envelope)


def accepted(on: str, municipality: str = UTRECHT, **envelope: Any) -> Recorded:
    return said(on, OfferAccepted(municipality, "regular"), **envelope)


def waits(
    log: Log, link_on: str, municipality: str = UTRECHT, *more: Recorded, prepared: bool = True
) -> list[Recorded]:
    """A permit holder who is linked and not housed; nothing keeps them waiting but what is said besides."""
    story = [
        granted("2020-01-02", id="p"),
        *(ready() if prepared else []),
        linked(link_on, municipality, id="l"),
        *more,
    ]
    events = log.journey([event if event.id else event._replace(id=f"m{nth}") for nth, event in enumerate(story)])
    log.commit(events)
    log.follow()
    return events


def step(log: Log, on: str, area: str, period: Period, rung: int, **envelope: Any) -> Recorded:
    """A step on the ladder that a province decided on."""
    return of_area(log, on, area, LadderStepDecided(area, period, rung, "behind"), **envelope)


def suspend(log: Log, on: str, area: str, period: Period) -> Recorded:
    """A half-year that is not judged."""
    return of_area(log, on, area, AssessmentSuspended(area, period))


def of_area(log: Log, on: str, area: str, fact: Any, **envelope: Any) -> Recorded:
    """Something said of an area, in one commit."""
    envelope.setdefault("id", f"area-{next(_names)}")
    event = said(on, fact, **{"source": PROVINCE, **envelope})._replace(stream=streams.of_area(area))
    (found,) = log.commit([event])
    log.follow()
    return found


@contextmanager
def asking(
    log: Log, on: str | date, group_by: GroupBy = "municipality", position: int | None = None, **given: Any
) -> Iterator[Query]:
    """A question of what is there now, or was known at a position."""
    day = date.fromisoformat(on) if isinstance(on, str) else on
    with log.tables() as tables, reading(log.engine, VIEW) as connection:
        asked = Asked(day, log.reached() if position is None else position)
        end = partial(end_of_commit, connection)
        yield Query(tables, asked, read_places(tables, asked), group_by, given, end_of_commit=end)


def rows(
    log: Log,
    figure: Figure,
    on: str | date,
    group_by: GroupBy = "municipality",
    position: int | None = None,
    *,
    rounded: bool = False,
    **given: Any,
) -> dict[Any, dict[str, Any]]:
    """The rows of a table by code, with dimensions where it has them, as columns by name; or with what follows for
    them from rounded numbers.
    """
    found: dict[Any, dict[str, Any]] = {}
    with asking(log, on, group_by, position, **given) as query:
        for row in figure.rows(query):
            values = dict(zip((column.name for column in figure.columns), row.values, strict=True))
            found[(row.code, *row.dimensions) if row.dimensions else row.code] = values | (
                dict(row.rounded) if rounded else {}
            )
    return found


def supervised(log: Log, period: Period, on: str | date, code: str = UTRECHT, **asked: Any) -> dict[str, Any]:
    """The row of supervision of a municipality or province."""
    from projections.figures.supervision import SUPERVISION

    group_by: GroupBy = "province" if code.startswith("PV") else "municipality"
    return rows(log, SUPERVISION, on, group_by, **{"period": period, **DEFAULTS, **asked})[code]
