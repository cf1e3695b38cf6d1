"""What falls due, of whom, and since when that runs: each kind is read from the rows of one state table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Table

from domain.ages import OF_AGE
from domain.deadlines import DEADLINE_OWNERS, DeadlineKind, DeadlineOwner
from domain.integration import PLAN_WEEKS
from domain.norm_sets import NormSet
from domain.places import Places
from projections.column_store import Snapshot
from projections.engine import Asked
from projections.municipalities import IS_ASKED, numbers_asked
from projections.states.integration import UNDONE, integration
from projections.states.minors import minors
from projections.states.norm_sets import norm_sets
from projections.states.phases import phases
from projections.states.stays import stays

#: Of each kind those for whom it has not come to pass by `$day`: whose it is, where, since when, and when it is due.
#: Who is past it stays until something else ends it.
OPEN_DEADLINES: Final[Mapping[DeadlineKind, str]] = MappingProxyType(
    {
        "housing-norm": """
            SELECT stream, municipality, started_on AS since, started_on + $housing_norm AS due_on
            FROM phases_at($day, $position) WHERE ended_on IS NULL AND phase = 'housing'
        """,
        "temporary-stay": """
            SELECT stream, municipality, since_on AS since, until_on AS due_on
            FROM stays_at($day, $position) WHERE kind <> 'guest' AND until_on IS NOT NULL
        """,
        "guest-stay": """
            SELECT stream, municipality, since_on AS since, until_on AS due_on
            FROM stays_at($day, $position) WHERE kind = 'guest' AND until_on IS NOT NULL
        """,
        # Nobody who met the duty, or need not, has to do anything more.
        "integration-plan": f"""
            SELECT stream, municipality, plan_due_on - $plan_days AS since, plan_due_on AS due_on
            FROM integration_at($day, $position) WHERE plan_due_on IS NOT NULL AND first_plan_on IS NULL
                AND {UNDONE}
        """,  # noqa: S608
        "integration-term": f"""
            SELECT stream, municipality, NULL::DATE AS since, term_ends_on AS due_on
            FROM integration_at($day, $position) WHERE term_ends_on IS NOT NULL
                AND {UNDONE}
        """,  # noqa: S608
        # Later births than there can be would leave the calendar.
        "turning-18": f"""
            SELECT stream, municipality, NULL::DATE AS since,
                (least(born, DATE '{date.max.year - OF_AGE}-12-01') + INTERVAL {OF_AGE} YEAR)::DATE AS due_on
            FROM minors_at($day, $position) WHERE born_known
        """,  # noqa: S608
    }
)
#: What they are read from.
OF_DEADLINES: tuple[Table, ...] = (phases, stays, integration, minors, norm_sets)

# Those of one day in the order of their kinds, and of one kind in that of their journeys.
_LISTED = """
    SELECT stream, municipality_code(municipality), kind, since, due_on FROM ({kinds})
    WHERE {is_asked} AND ($since IS NULL OR due_on >= $since::DATE) AND ($until IS NULL OR due_on <= $until::DATE)
        AND ($after_due_on IS NULL OR (due_on, kind, stream) > ($after_due_on::DATE, $after_kind, $after_stream::UUID))
    ORDER BY due_on, kind, stream LIMIT $limit
"""
_OF_KIND = "SELECT {nth} AS kind, * FROM ({rows})"
_NTH: Mapping[DeadlineKind, int] = {kind: nth for nth, kind in enumerate(DEADLINE_OWNERS)}


class Deadline(NamedTuple):
    """What falls due, of whom, who must act by then, since when it runs (None: no day began it), and the days that it
    is past.
    """

    journey: UUID
    municipality: str | None
    kind: DeadlineKind
    owner: DeadlineOwner
    since: date | None
    due_on: date
    days_over: int


class DeadlineKey(NamedTuple):
    """By what deadlines are in order: one of them, after which to go on."""

    due_on: date
    kind: DeadlineKind
    journey: UUID


def deadlines_of(kinds: Collection[DeadlineKind]) -> str:
    """The rows of some kinds: the place of the kind, the stream, the municipality, since when, and when it is due."""
    return " UNION ALL ".join(_OF_KIND.format(nth=_NTH[kind], rows=OPEN_DEADLINES[kind]) for kind in kinds)


def read_deadlines(
    tables: Snapshot,
    asked: Asked,
    norm: NormSet,
    places: Places,
    *,
    kinds: Collection[DeadlineKind],
    municipality: str | None,
    since: date | None,
    until: date | None,
    after: DeadlineKey | None,
    limit: int,
) -> list[Deadline]:
    """What is due from `since` to `until`, both days in it, by day, kind and journey; at most `limit` after `after`."""
    if not kinds:
        return []
    rows = tables.rows(
        _LISTED.format(kinds=deadlines_of(kinds), is_asked=IS_ASKED),
        {
            "day": asked.valid_on,
            "position": asked.position,
            "codes": numbers_asked(places, municipality, asked.valid_on),
            "since": since,
            "until": until,
            "after_due_on": after and after.due_on,
            "after_kind": after and _NTH[after.kind],
            "after_stream": after and after.journey,
            "limit": limit,
            **days_of(kinds, norm),
        },
    )
    every = tuple(_NTH)
    found = []
    for stream, said, nth, began_on, due_on in rows:
        kind, code = every[nth], places.known_code_on(said, asked.valid_on)
        over = max(0, (asked.valid_on - due_on).days)
        found.append(Deadline(stream, code, kind, DEADLINE_OWNERS[kind], began_on, due_on, over))
    return found


def days_of(kinds: Collection[DeadlineKind], norm: NormSet) -> Mapping[str, int]:
    """The parameters of the rows of some kinds: the days within which something is due."""
    days = {"housing-norm": ("housing_norm", norm.housing), "integration-plan": ("plan_days", 7 * PLAN_WEEKS)}
    return dict(of for kind, of in days.items() if kind in kinds)
