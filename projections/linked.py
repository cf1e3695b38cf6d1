"""Who is linked to a municipality, and what keeps them waiting? Persons in reception with a standing link, counted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from domain.places import Places
from domain.rounding import Ratio
from domain.supervision import CAUSES, Cause, LinkedPersons
from projections.column_schema import municipality_code, municipality_number
from projections.column_store import Snapshot
from projections.engine import LAST_DAY, Asked

#: How many moments are kept, each with some hundred municipalities.
_MOMENTS = 64
#: What keeps an open person waiting, the first that holds; nothing of who is not open, or whom nothing keeps.
CAUSE = """
    CASE WHEN link_on > since THEN NULL WHEN missing <> 0 THEN 'dossier' WHEN NOT document THEN 'document'
        WHEN adapted_newest_on > adapted_after THEN 'adapted' WHEN undecided > 0 THEN 'family'
        WHEN refused THEN 'refusal' END"""
#: What is counted of such persons, in the order of `counted_of`.
NUMBERS = (
    "count(*) AS linked, count(*) FILTER (link_on <= since) AS open, "
    "count(*) FILTER (missing_at_link = 0) AS complete, "
    + ", ".join(f"count(*) FILTER (cause = '{cause}') AS {cause}" for cause in CAUSES)
)


class Counted(NamedTuple):
    """Persons linked to a municipality on a day, as they are added up."""

    linked: int
    open: int
    complete: int
    """Those whose required items were there on the first day of their link."""
    by_cause: tuple[int, ...]

    def persons(self) -> LinkedPersons:
        """The same, as it is judged."""
        share = Ratio(self.complete, self.linked) if self.linked else None
        return LinkedPersons(
            self.linked, self.open, sum(self.by_cause), dict(zip(CAUSES, self.by_cause, strict=True)), share
        )


NOBODY = Counted(0, 0, 0, (0,) * len(CAUSES))


def counted_of(numbers: Sequence[int]) -> Counted:
    """Numbers as they are counted, in that order."""
    linked, open_, complete, *by_cause = numbers
    return Counted(linked, open_, complete, tuple(by_cause))


class Moment(NamedTuple):
    """When who is linked is looked at: both times; by which day who is open was linked, and after which day a need of
    an adapted home keeps somebody waiting.
    """

    asked: Asked
    since: date
    adapted_after: date


def count_linked(tables: Snapshot, moments: Sequence[Moment]) -> Mapping[Moment, Mapping[str, Counted]]:
    """Persons linked at some moments, as known at one position, by municipality as posted; read once for a moment, and
    those that are missing together.
    """
    return tables.cached_by_key("linked", moments, _MOMENTS, lambda missing: _count(tables, missing))


def _count(tables: Snapshot, moments: Sequence[Moment]) -> Mapping[Moment, Mapping[str, Counted]]:
    found: dict[Moment, dict[str, Counted]] = {moment: {} for moment in moments}
    for nth, municipality, *numbers in tables.rows(
        f"SELECT nth, municipality, {NUMBERS} FROM (SELECT nth, municipality, link_on, since, missing_at_link, "
        f"{CAUSE} AS cause FROM (SELECT unnest($nths::INTEGER[]) AS nth, unnest($days::DATE[]) AS day, "
        "unnest($sinces::DATE[]) AS since, unnest($afters::DATE[]) AS adapted_after) AS asked "
        "JOIN reception ON valid_from <= day AND valid_until > day "
        "WHERE known_from <= $position AND known_until > $position AND link_on IS NOT NULL) GROUP BY nth, municipality",
        {
            "nths": list(range(len(moments))),
            "days": [min(one.asked.valid_on, LAST_DAY) for one in moments],
            "sinces": [one.since for one in moments],
            "afters": [one.adapted_after for one in moments],
            "position": moments[0].asked.position,
        },
    ):
        found[moments[nth]][municipality_code(municipality)] = counted_of(numbers)
    return found


def count_links(tables: Snapshot, asked: Asked) -> Mapping[str, int]:
    """Persons linked, by municipality as posted."""
    found = tables.rows(
        "SELECT municipality, count(*) FROM reception_at($day, $position) WHERE link_on IS NOT NULL "
        "GROUP BY municipality",
        {"day": min(asked.valid_on, LAST_DAY), "position": asked.position},
    )
    return {municipality_code(municipality): persons for municipality, persons in found}


def by_municipality(counted: Mapping[str, Counted], places: Places, day: date) -> dict[str, Counted]:
    """The same by the municipality that each counts for on a day."""
    found: dict[str, Counted] = {}
    for posted, one in counted.items():
        code = places.code_on(posted, day)
        found[code] = one if code not in found else add(found[code], one)
    return found


def add(first: Counted, second: Counted) -> Counted:
    """Two together."""
    by_cause = tuple(one + other for one, other in zip(first.by_cause, second.by_cause, strict=True))
    return Counted(first.linked + second.linked, first.open + second.open, first.complete + second.complete, by_cause)


class LinkedPerson(NamedTuple):
    """Somebody linked: since when, whether they are open, and what keeps them waiting."""

    journey: UUID
    municipality: str
    link_on: date
    open: bool
    cause: Cause | None


def list_linked(
    tables: Snapshot, moment: Moment, codes: Collection[str], places: Places, day: date
) -> list[LinkedPerson]:
    """Who is linked to what counts for some municipalities on a day, by journey."""
    some = set(codes)
    posted = [each for each, code in places.all_codes_on(day).items() if code in some]
    found = tables.rows(
        f"SELECT stream, municipality_code(municipality), link_on, link_on <= since, {CAUSE} "
        "FROM reception_at($day, $position), (SELECT $since::DATE AS since, $after::DATE AS adapted_after) "
        "WHERE link_on IS NOT NULL AND municipality IN (SELECT unnest($posted::SMALLINT[])) ORDER BY stream",
        {
            "day": min(moment.asked.valid_on, LAST_DAY),
            "position": moment.asked.position,
            "since": moment.since,
            "after": moment.adapted_after,
            "posted": [municipality_number(code) for code in posted],
        },
    )
    return [LinkedPerson(*row) for row in found]
