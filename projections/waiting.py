"""Who is waiting, for which phase or for what else, whose turn it is, since when and by when?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Table

from domain.causes_by_day import DayCause
from domain.deadlines import DEADLINE_OWNERS, DeadlineKind, DeadlineOwner
from domain.norm_sets import PHASE_NAMES, NormSet, PhaseName
from domain.norms import OWNERS, Owner
from domain.places import Places
from projections.column_store import Snapshot
from projections.deadlines import OF_DEADLINES, OPEN_DEADLINES, days_of
from projections.engine import Asked
from projections.municipalities import IS_ASKED, numbers_asked
from projections.states.causes import causes
from projections.states.links import MISSING
from projections.states.norm_sets import norm_sets
from projections.states.phases import phases
from projections.states.reception import reception
from projections.states.referents import AWAITED, referents

#: What somebody in reception may lack; the residence document is the IND's, the others are in the file.
MissingItem = Literal["bsn", "identity-document", "iban", "brp-registration", "residence-document"]
#: What a row is about: the phase that is waited for, what falls due, or family that may come and did not yet.
Matter = Literal["phase", DeadlineKind, "family-awaited"]
Turn = Owner | DeadlineOwner


class Sought(NamedTuple):
    """Who is sought: those of whom all of this holds, of what is said.

    `phase` is the one that is waited for, `overdue` past its norm, `cause` what the day is put down to, `missing` an
    item that they lack. `expiring_until`: a temporary or guest stay ends by then. `plan_overdue`: the plan is late.
    `family_awaited`: family may come and did not yet. `of_age_until`: an unaccompanied minor turns 18 by then.
    """

    phase: PhaseName | None = None
    overdue: bool = False
    cause: DayCause | None = None
    missing: MissingItem | None = None
    expiring_until: date | None = None
    plan_overdue: bool = False
    family_awaited: bool = False
    of_age_until: date | None = None

    @property
    def of_waiting(self) -> bool:
        """Whether only those are sought who wait for a phase."""
        return self.overdue or any(one is not None for one in (self.phase, self.cause, self.missing))


class Waiting(NamedTuple):
    """A journey of which something is waited for: what, whose turn it is, since when, by when, and the days over that.

    `phase` is the one that is open, None where none is; `cause` what the day is put down to while it is. Of a matter
    that no day began `since` and `days` are None, of one without a last day `due_on` and `days_over`.
    """

    journey: UUID
    municipality: str | None
    phase: PhaseName | None
    matter: Matter
    turn: Turn
    since: date | None
    days: int | None
    due_on: date | None
    days_over: int | None
    cause: DayCause | None


#: Who waits for family that may come: the home must be ready from the grant on, and that is the municipality's turn.
FAMILY_OWNER: Final[DeadlineOwner] = "municipality"
# What a journey waits for stands in one row, which also says since when in all. Lists are of the columns' own types:
# to compare texts instead would make one of every row.
_OPEN = """
    SELECT stream, municipality, {phase} AS phase, {since} AS since, $day - {since} + {before} AS days
    FROM phases_at($day, $position) WHERE ended_on IS NULL AND phase IN ('linking', 'housing', 'departure') {of_list}
"""
_OF_LIST = f" AND {IS_ASKED} AND ($after IS NULL OR stream > $after::UUID)"
_NARROWED = """
    SELECT * FROM opened WHERE since IS NOT NULL AND list_contains($phases::phase[], phase)
        AND (NOT $overdue OR days > $norms[list_position($phases::phase[], phase)])
"""
# Of the rows that hold the newest says it.
_NEWEST_CAUSES = """
    SELECT stream, arg_max(cause, valid_from) AS cause FROM causes_at($day, $position)
    WHERE stream IN ({of}) GROUP BY stream
"""
_CAUSES = _NEWEST_CAUSES.format(of="SELECT unnest($streams::UUID[])")
_OF_CAUSE = " AND stream IN (SELECT stream FROM ({newest}) WHERE cause = $cause::day_cause)"
_MISSING = " AND stream IN (SELECT stream FROM reception_at($day, $position) WHERE {lacks})"
_LACKS: Mapping[MissingItem, str] = MappingProxyType(
    {
        "bsn": f"missing & {MISSING['bsn']} <> 0",
        "identity-document": f"missing & {MISSING['identity-document']} <> 0",
        "iban": f"missing & {MISSING['iban']} <> 0",
        "brp-registration": "NOT brp",
        "residence-document": "NOT document",
    }
)
_FAMILY = f"""
    SELECT stream, municipality, granted_on AS since, NULL::DATE AS due_on
    FROM referents_at($day, $position) WHERE {AWAITED} > 0
"""  # noqa: S608
_MATTER = "SELECT '{matter}' AS matter, * FROM ({rows}) WHERE {which} {of_list}"
_MATTERS = """
    SELECT stream, municipality, phase, matter, since, $day - since AS days, due_on
    FROM ({matters}) LEFT JOIN (SELECT stream, phase FROM opened) USING (stream) {within} {several}
"""
_WITHIN = "WHERE stream IN (SELECT stream FROM ({narrowed}))"
# Of several matters a row is about the one that falls due first.
_SEVERAL = """
    QUALIFY count(*) OVER (PARTITION BY stream) = $several
        AND row_number() OVER (PARTITION BY stream ORDER BY due_on NULLS LAST, matter) = 1
"""
_PHASES = """
    SELECT stream, municipality, phase, NULL::TEXT AS matter, since, days, NULL::DATE AS due_on FROM ({narrowed})
"""
_LISTED = """
    WITH opened AS ({opened})
    SELECT stream, municipality_code(municipality), phase, matter, since, days, due_on FROM ({listed})
    ORDER BY stream LIMIT $limit
"""


def tables_of(sought: Sought) -> tuple[Table, ...]:
    """The state tables that a list of who is sought is read from."""
    found = [phases, norm_sets, causes]
    found += [reception] if sought.missing else []
    found += [referents] if sought.family_awaited else []
    return (*found, *(OF_DEADLINES if kinds_of(sought) else ()))


def kinds_of(sought: Sought) -> tuple[DeadlineKind, ...]:
    """The kinds of deadlines that a list of who is sought tells of."""
    return tuple(kind for kinds, _ in _deadlines(sought) for kind in kinds)


def _deadlines(sought: Sought) -> Iterator[tuple[Sequence[DeadlineKind], str]]:
    """Which deadlines are sought, and when they are due; of each line a journey has one at most."""
    if sought.expiring_until is not None:
        yield ("temporary-stay", "guest-stay"), "due_on <= $expiring_until"
    if sought.plan_overdue:
        yield ("integration-plan",), "due_on < $day"
    if sought.of_age_until is not None:
        yield ("turning-18",), "due_on <= $of_age_until"


def _matters(sought: Sought) -> list[str]:
    """What is sought besides phases, as rows: for each line the streams of which it holds."""
    found = [
        " UNION ALL ".join(_matter(kind, OPEN_DEADLINES[kind], which) for kind in kinds)
        for kinds, which in _deadlines(sought)
    ]
    return [*found, _matter("family-awaited", _FAMILY, "TRUE")] if sought.family_awaited else found


def _matter(matter: Matter, rows: str, which: str) -> str:
    return _MATTER.format(matter=matter, rows=rows, which=which, of_list=_OF_LIST)


def read_waiting(
    tables: Snapshot,
    asked: Asked,
    norm: NormSet,
    places: Places,
    *,
    sought: Sought,
    municipality: str | None,
    after: UUID | None,
    limit: int,
) -> list[Waiting]:
    """Journeys of which something is waited for in the order of their ids, at most `limit` after `after`.

    Where nothing is sought but phases a row is about the phase: the open one of linking, housing and departure, unless
    another is named. Else it is about what was sought that falls due first, and phases only narrow the list.
    """
    statement, parameters = _statement(sought, norm)
    rows = tables.rows(
        statement,
        {
            "day": asked.valid_on,
            "position": asked.position,
            "codes": numbers_asked(places, municipality, asked.valid_on),
            "after": after,
            "limit": limit,
            **parameters,
        },
    )
    of_day = _causes(tables, asked, [stream for stream, _, phase, *_ in rows if phase is not None])
    found = []
    for stream, said, phase, matter, since, days, due_on in rows:
        code, cause = places.known_code_on(said, asked.valid_on), of_day.get(stream)
        if matter is None:
            due = asked.valid_on - timedelta(days=days - norm.norm(phase))
            over = max(0, days - norm.norm(phase))
            found.append(Waiting(stream, code, phase, "phase", OWNERS[phase], since, days, due, over, cause))
            continue
        late = None if due_on is None else max(0, (asked.valid_on - due_on).days)
        owner = FAMILY_OWNER if matter == "family-awaited" else DEADLINE_OWNERS[matter]
        found.append(Waiting(stream, code, phase, matter, owner, since, days, due_on, late, cause))
    return found


def _statement(sought: Sought, norm: NormSet) -> tuple[str, Mapping[str, Any]]:
    """The statement of a list and the parameters that are its own."""
    matters = _matters(sought)
    # Linking counts the days before its last stretch, and the others have none.
    of_total = {"phase": "'total'::phase", "since": f"{norm.total_starts}_on", "before": "0"}
    of_phase = (
        of_total if sought.phase == "total" else {"phase": "phase", "since": "started_on", "before": "earlier_days"}
    )
    opened = _OPEN.format(**of_phase, of_list="" if matters else _OF_LIST)
    if not matters:
        narrowed, parameters = _narrowed(sought, norm)
        return _LISTED.format(opened=opened, listed=_PHASES.format(narrowed=narrowed)), parameters
    narrowed, parameters = _narrowed(sought, norm) if sought.of_waiting else ("", {})
    within = _WITHIN.format(narrowed=narrowed) if narrowed else ""
    listed = _MATTERS.format(
        matters=" UNION ALL ".join(matters), within=within, several=_SEVERAL if len(matters) > 1 else ""
    )
    given = {
        "expiring_until": sought.expiring_until,
        "of_age_until": sought.of_age_until,
        "several": len(matters) if len(matters) > 1 else None,
    }
    parameters |= days_of(kinds_of(sought), norm)
    parameters |= {name: value for name, value in given.items() if value is not None}
    return _LISTED.format(opened=opened, listed=listed), parameters


def _narrowed(sought: Sought, norm: NormSet) -> tuple[str, dict[str, Any]]:
    """Who of those with an open phase is sought, and the parameters of that."""
    names = (sought.phase,) if sought.phase else tuple(name for name in PHASE_NAMES if name != "total")
    parameters: dict[str, Any] = {
        "phases": list(names),
        "norms": [norm.norm(name) for name in names],
        "overdue": sought.overdue,
    }
    narrowed = _NARROWED
    if sought.cause is not None:
        narrowed += _OF_CAUSE.format(newest=_NEWEST_CAUSES.format(of="SELECT stream FROM opened"))
        parameters["cause"] = sought.cause
    if sought.missing is not None:
        narrowed += _MISSING.format(lacks=_LACKS[sought.missing])
    return narrowed, parameters


def _causes(tables: Snapshot, asked: Asked, streams: Sequence[UUID]) -> Mapping[UUID, DayCause]:
    """What the day is put down to of each of some journeys."""
    if not streams:
        return {}
    given = {"day": asked.valid_on, "position": asked.position, "streams": streams}
    return dict(tables.rows(_CAUSES, given))
