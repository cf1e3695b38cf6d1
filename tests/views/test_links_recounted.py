"""Tables over links, offers and who is in reception, counted over one journey and one household at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.effective import effective_events_on
from domain.facts import JOURNEY_FACTS, Recorded
from domain.journey import Journey, fold
from domain.totals import COUNTRY, GroupBy
from projections.engine import Asked
from projections.figure import Query
from projections.figures import FIGURES
from tests.rules.histories import facts, histories
from tests.views.logs import PLACES, Log, days_around, examples

_GROUPS: tuple[GroupBy, ...] = ("country", "province", "municipality")
Rows = Counter[tuple[Any, ...]]
_AGES = ("0to3", "4to11", "12to15", "16to17")
#: Columns that are not counted over journeys.
_BESIDES = {
    *("homes", "adaptedHomes", "lack", "spare", "expected", "low", "high", "actual", "announced"),
    *("announcedHouseholds", *(f"{name}{age}" for name in ("announced", "expected") for age in _AGES)),
}
_LINK_COLUMNS = {
    "work": "work",
    "education": "education",
    "family": "families",
    "medical": "medical",
    "network": "network",
    "reassigned": "reassigned",
    "found-own-home": "foundOwnHome",
    "moved-in-with-family": "movedInWithFamily",
    "departed": "departed",
    "permit-ended": "permitEnded",
    "other": "other",
    "replaced": "replaced",
}


def journeys(log: Log, on: date) -> Iterator[Journey]:
    """Every journey of the log as it stands at the end of a day."""
    for history in log.recorded.values():
        held = effective_events_on(history, on)
        if held and isinstance(held[0].fact, JOURNEY_FACTS):
            yield fold(held, PLACES)


def group(municipality: str | None, on: date, by: GroupBy) -> str | None:
    """The row of a municipality as posted; None where the table has none for it."""
    if by == "country":
        return COUNTRY
    code = PLACES.known_code_on(municipality, on)
    return code if code is None or by == "municipality" else PLACES.province(code)


def links(every: list[Journey], on: date, by: GroupBy, window: tuple[date, date]) -> Rows:
    found: Rows = Counter()
    for link in (link for journey in every for link in journey.links):
        row = group(link.municipality, on, by)
        if window[0] <= link.on <= window[1]:
            found[row, "made"] += 1
            for column in {_LINK_COLUMNS[one] for one in link.criteria} or {"withoutCriteria"}:
                found[row, column] += 1
        if link.until is not None and window[0] <= link.until <= window[1] and not link.after_housing:
            found[row, "ended"] += 1
            found[row, _LINK_COLUMNS[str(link.end_reason)]] += 1
            found[row, "daysLost"] += (link.until - link.on).days
    return found


def refusals(every: list[Journey], on: date, by: GroupBy, window: tuple[date, date]) -> Rows:
    found: Rows = Counter()
    for journey in every:
        for nth, offer in enumerate(journey.offers):
            if not window[0] <= offer.on <= window[1]:
                continue
            row = group(offer.municipality, on, by)
            found[row, {"offered": "offers"}.get(offer.kind, offer.kind)] += 1
            if offer.kind == "refused":
                reason = offer.reason_code or "unstated"
                found[row, "refused" + "".join(word.capitalize() for word in reason.split("-"))] += 1
                assessed = {True: "justified", False: "unjustified", None: "unassessed"}[offer.justified]
                found[row, assessed] += 1
                # Seen on the later one's day, as for every two municipalities.
                found[row, "acceptedLater"] += any(
                    later.kind == "accepted"
                    and PLACES.code_on(PLACES.code_on(offer.municipality, offer.on), later.on)
                    == PLACES.code_on(later.municipality, later.on)
                    for later in journey.offers[nth + 1 :]
                )
    return found


def in_reception(every: list[Journey]) -> list[Journey]:
    return [one for one in every if one.permit is not None and one.housing is None and one.ending is None]


def reception(every: list[Journey], on: date) -> Rows:
    found: Rows = Counter()
    for journey in in_reception(every):
        permit, row = journey.permit, (COUNTRY, journey.region or "unknown")
        assert permit is not None
        found[*row, "persons"] += 1
        found[*row, "inBeds" if journey.guest_since is None else "guests"] += 1
        found[*row, "linked"] += journey.current_link is not None
        found[*row, "overNorm"] += (on - permit.on).days > 98
    return found


def households(every: list[Journey], on: date, by: GroupBy) -> Rows:
    together: dict[Any, list[Journey]] = {}
    for nth, journey in enumerate(in_reception(every)):
        key = ("alone", nth) if journey.household is None else journey.household
        together.setdefault((PLACES.known_code_on(journey.municipality, on), key), []).append(journey)
    found: Rows = Counter()
    for (code, _), members in together.items():
        if not any(one.current_link is not None for one in members):
            continue
        persons = len(members)
        size = next(size for size, least in (("6+", 6), ("3-5", 3), ("2", 2), ("1", 1)) if persons >= least)
        row = group(code, on, by), size
        later = persons + sum(one.family.undecided + one.family.awaited for one in members)
        found[*row, "households"] += 1
        found[*row, "persons"] += persons
        found[*row, "adapted"] += any(one.adapted_needs for one in members)
        found[*row, "under23"] += persons == 1 and _younger(members[0], on)
        found[*row, "afterReunification"] += later
        found[*row, "bedrooms"] += -(-later // 2)
    return found


def _younger(journey: Journey, on: date) -> bool:
    if journey.born is None:
        return False
    born = date(journey.born.year, journey.born.month or 7, 1)
    birthday = date(born.year + 23, born.month, 1)
    return on < birthday


def expected(every: list[Journey], on: date, by: GroupBy) -> Rows:
    found: Rows = Counter()
    for journey in in_reception(every):
        if journey.current_link is not None:
            row = (group(journey.municipality, on, by),)
            found[*row, "linked"] += 1
            if journey.born is not None:
                born = date(journey.born.year, journey.born.month or 7, 1)
                years = max(0, on.year - born.year - (on.month < born.month))
                for least, most, name in ((0, 3, "0to3"), (4, 11, "4to11"), (12, 15, "12to15"), (16, 17, "16to17")):
                    found[*row, f"linked{name}"] += least <= years <= most
    return found


def told(log: Log, name: str, by: GroupBy, on: date, columns: set[str], window: tuple[date, date]) -> Rows:
    """What the table has in some columns."""
    figure = FIGURES[name]
    with log.tables() as tables:
        query = Query(tables, Asked(on, log.reached()), PLACES, by, {"from": window[0], "to": window[1]})
        return Counter(
            {
                (row.code, *row.dimensions, column.name): value
                for row in figure.rows(query)
                for column, value in zip(figure.columns, row.values, strict=True)
                if column.name in columns and isinstance(value, int) and value
            }
        )


#: What these tables are made of, the commonest more often.
_facts = facts(
    *(f"{topic}.v1" for topic in ("permit-granted", "permit-granted", "linked", "linked", "linked", "link-ended")),
    *(f"{topic}.v1" for topic in ("home-offered", "offer-accepted", "offer-refused", "offer-refused")),
    *(f"{topic}.v1" for topic in ("refusal-assessed", "refusal-assessed", "adapted-home-needed", "reception-placed")),
    *(f"{topic}.v1" for topic in ("guest-stay-started", "guest-stay-ended", "housed", "returned-to-reception")),
    *(f"{topic}.v1" for topic in ("family-reunification-applied", "family-reunification-decided", "family-arrived")),
    *(f"{topic}.v1" for topic in ("permit-ended", "died")),
)


@examples(20)
@given(st.lists(histories(least=4, of=_facts), min_size=3, max_size=8), st.randoms(use_true_random=False))
def test_the_tables_are_those_of_the_journeys_counted_one_by_one(
    log: Log, stories: list[list[Recorded]], seed: Random
) -> None:
    for story in stories:
        log.commit(log.journey(story))
    log.follow()
    # The tables are about everybody in the database, those of the examples before this one too.
    days = days_around(stories)
    for on in seed.choices(days, k=4):
        start = seed.choice(days)
        window = (start, start + timedelta(days=seed.randint(0, 20)))
        every, by = list(journeys(log, on)), seed.choice(_GROUPS)
        counted = {
            "links": links(every, on, by, window),
            "refusals": refusals(every, on, by, window),
            "households": households(every, on, by),
            "expected": expected(every, on, by),
        }
        for name, rows in counted.items():
            some = Counter({key: number for key, number in rows.items() if key[0] is not None and number})
            columns = {column.name for column in FIGURES[name].columns} - _BESIDES
            assert told(log, name, by, on, columns, window) == some, name
        of_regions = Counter({key: number for key, number in reception(every, on).items() if number})
        columns = {"persons", "inBeds", "guests", "linked", "overNorm"}
        assert told(log, "reception", "country", on, columns, window) == of_regions
