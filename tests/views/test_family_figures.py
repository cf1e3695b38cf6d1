"""Family that is to follow and that came, temporary stays, and minors alone: counted by hand."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from domain.effective import effective_events_on
from domain.facts import (
    FamilyArrived,
    FamilyReunificationApplied,
    FamilyReunificationDecided,
    FamilyVisaIssued,
    GuestStayStarted,
    HomeReady,
    Housed,
    MovedToPermanentHome,
    PermitGranted,
    Recorded,
    TemporaryPlacesStated,
)
from domain.field_types import PartialDate
from domain.journey import fold
from domain.months import month_of
from projections.engine import Asked
from projections.figure import Cell, Query, Row
from projections.figures.family_arrivals import FAMILY_ARRIVALS
from projections.figures.minors import MINORS
from projections.figures.temporary import TEMPORARY
from projections.places import read_places
from service.queries.disclosed_rows import write_row
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    FIRST_DAY,
    LAST_DAY,
    NOWHERE,
    UTRECHT,
    WEESP,
    applied,
    died,
    granted,
    histories,
    home_ready,
    housed,
    journey_facts,
    left,
    linked,
    permit_ended,
    returned,
    said,
)
from tests.views.figure_rows import moved, rows_of
from tests.views.logs import PLACES, Log, examples, of_area
from tests.views.test_link_figures import told

DAY = date(2021, 12, 31)
#: The examples of a test share one database, and so the log that knows what is in it.
_LOGS: dict[Engine, Log] = {}


def decided(on: str, some: int, refused: int = 0) -> Recorded:
    return said(on, FamilyReunificationDecided(some, refused))


def visa(on: str, persons: int) -> Recorded:
    return said(on, FamilyVisaIssued(persons))


def arrived(on: str, persons: int, *, direct: bool | None = None, **envelope: Any) -> Recorded:
    return said(on, FamilyArrived(persons, direct), **envelope)


def test_family_counts_by_referent_where_that_one_belongs(log: Log) -> None:
    told(
        log,
        # Five applied for, three granted, one refused, one not decided; two came, one is awaited; no home.
        [
            *(granted("2021-02-01"), linked("2021-03-01"), applied("2021-03-05", 5)),
            *(decided("2021-06-01", 2), decided("2021-12-21", 1), decided("2021-12-30", 0, 1), visa("2021-07-01", 2)),
            *(arrived("2021-09-01", 1, direct=True), arrived("2021-09-02", 1)),
        ],
        # Four granted and none there: a home is ready, so not without one. More decided than applied for.
        [granted("2021-02-01"), linked("2021-03-01"), applied("2021-03-05", 3), decided("2021-06-01", 4), *_ready()],
        # Housed and waiting for three: bedrooms for four persons. One came by way of reception.
        [
            *(granted("2021-02-01"), linked("2021-03-01"), applied("2021-03-05", 4), decided("2021-06-01", 4)),
            *(arrived("2021-08-01", 1, direct=False), *_ready(), housed("2021-07-10")),
        ],
        # Housed and waiting for two: bedrooms for three persons, rounded up.
        [linked("2021-03-01"), applied("2021-03-05", 2), decided("2021-06-01", 2), housed("2021-07-10")],
        # Without a home, for 11 days.
        [linked("2021-03-01"), applied("2021-03-05", 1), decided("2021-12-20", 1)],
        # More came than were granted, and nobody is awaited.
        [linked("2021-03-01"), applied("2021-03-05", 1), decided("2021-06-01", 1), arrived("2021-07-01", 3)],
        # Gone, or nothing applied for, or later.
        [linked("2021-03-01"), applied("2021-03-05", 1), died("2021-12-01")],
        [linked("2021-03-01"), housed("2021-04-01"), applied("2021-03-05", 1), permit_ended("2021-12-01")],
        [linked("2021-03-01"), decided("2021-06-01", 1)],
        [linked("2021-03-01"), applied("2022-01-01", 1)],
        [linked("2021-03-01", AMERSFOORT), applied("2021-12-31", 7)],
        [applied("2021-12-31", 1), decided("2021-12-31", 1)],  # of no municipality
    )
    utrecht = {
        "referents": 6,
        "applied": 16,
        "granted": 15,
        "refused": 1,
        "undecided": 1,
        "visas": 2,
        "arrived": 6,
        "awaited": 11,
        "grantedNoHome": 2,
        "medianSinceGrant": Fraction(21, 2),
        "housedAwaiting": 2,
        "bedroomsAwaited": 4,
        "arrivedDirect": 1,
        "arrivedThroughReception": 1,
        "arrivedUnstated": 4,
    }
    amersfoort = {"referents": 1, "applied": 7, "undecided": 7, "medianSinceGrant": None}
    assert rows_of(log, "family") == {UTRECHT: utrecht, AMERSFOORT: amersfoort}
    assert rows_of(log, "family", "province")["PV26"] == {**utrecht, "referents": 7, "applied": 23, "undecided": 8}
    country = rows_of(log, "family", "country")["NL"]
    assert (country["referents"], country["awaited"], country["grantedNoHome"]) == (8, 12, 3)
    # 10, 11 and 0 days.
    assert country["medianSinceGrant"] == 10
    # 4 and 5 days.
    assert rows_of(log, "family", on=date(2021, 12, 25))[UTRECHT]["medianSinceGrant"] == Fraction(9, 2)
    assert rows_of(log, "family", on=date(2021, 12, 20))[UTRECHT]["grantedNoHome"] == 1


def _ready() -> list[Recorded]:
    return [home_ready("2021-07-01")]


def test_what_is_told_of_a_family_later_moves_its_numbers(log: Log) -> None:
    told(log, [linked("2021-03-01"), applied("2021-03-05", 2)], [linked("2021-03-01"), applied("2021-03-05", 1)])
    before = log.reached()
    told(log, [linked("2021-03-01"), applied("2021-03-05", 4), decided("2021-03-06", 4)])
    for column, adds in {"applied": 4, "granted": 4, "awaited": 4, "undecided": 0}.items():
        found = moved(log, "family", Cell(UTRECHT, {}, column), before)
        assert sum(one.adds.amount for one in found.values()) == adds


def test_family_is_expected_some_days_after_a_visa_or_a_decision_and_not_before_today(log: Log) -> None:
    window: dict[str, Any] = {"from": date(2021, 8, 1), "to": date(2022, 4, 30)}
    told(
        log,
        # Came on 1 August and 30 September; two more have a visa of 10 November, 60 days after which is 9 January; two
        # wait since the decision of 3 November, 120 days after which is 3 March.
        [
            *(linked("2021-03-01"), applied("2021-03-05", 9), decided("2021-06-01", 4), decided("2021-11-03", 3)),
            *(visa("2021-07-01", 3), visa("2021-11-10", 2)),
            *(arrived("2021-08-01", 1), arrived("2021-09-30", 2), arrived("2021-07-31", 1)),
        ],
        # Expected on 30 October by the decision: today then.
        [linked("2021-03-01", AMERSFOORT), applied("2021-03-05", 1), decided("2021-07-02", 1)],
        # Nothing is expected of who did not apply, and what came counts all the same.
        [linked("2021-03-01", AMERSFOORT), decided("2021-07-02", 1), arrived("2021-10-15", 2)],
        # Who is gone is in no family figure.
        [
            *(linked("2021-03-01"), applied("2021-03-05", 3), decided("2021-06-01", 3)),
            *(arrived("2021-10-01", 1), left("2021-12-01")),
        ],
    )
    assert rows_of(log, "family-arrivals", on=DAY, **window) == {
        (UTRECHT, "2021-08"): {"arrived": 1},
        (UTRECHT, "2021-09"): {"arrived": 2},
        (UTRECHT, "2022-01"): {"expected": 1},
        (UTRECHT, "2022-03"): {"expected": 2},
        (AMERSFOORT, "2021-10"): {"arrived": 2},
        (AMERSFOORT, "2021-12"): {"expected": 1},
    }
    assert rows_of(log, "family-arrivals", "country", date(2022, 4, 1), **window)["NL", "2022-04"] == {"expected": 4}
    short: dict[str, Any] = {"from": date(2021, 8, 1), "to": date(2022, 1, 8)}
    assert (UTRECHT, "2022-01") not in rows_of(log, "family-arrivals", on=DAY, **short)
    early = rows_of(log, "family-arrivals", "country", date(2021, 9, 29), **window)
    assert early["NL", "2021-08"] == {"arrived": 1}
    assert "arrived" not in early.get(("NL", "2021-09"), {})


@examples(12)
@given(lives=st.lists(histories(least=4, of=journey_facts), min_size=1, max_size=4), on=st.dates(FIRST_DAY, LAST_DAY))
def test_the_table_expects_whom_the_journeys_expect(engine: Engine, lives: list[list[Recorded]], on: date) -> None:
    log = _LOGS.setdefault(engine, Log(engine))
    for life in lives:
        # Somebody applied, and was granted some: else hardly anybody is expected.
        some = said(FIRST_DAY, FamilyReunificationApplied(9), id="a"), decided(FIRST_DAY.isoformat(), 9)
        log.commit(log.journey([*life, *(event._replace(id=event.id or "d") for event in some)]))
    log.follow()
    found: Counter[str] = Counter()
    for known in log.recorded.values():
        journey = fold(effective_events_on(known, on), PLACES)
        if journey.family.applied_on and not journey.ending:
            for one in journey.family.expected(on):
                found[month_of(one.on)] += one.persons
    with log.tables() as tables:
        asked = Asked(on, log.reached())
        window = {"from": on, "to": date(2100, 12, 31)}
        rows = FAMILY_ARRIVALS.rows(Query(tables, asked, read_places(tables, asked), "country", window))
    expected = {row.dimensions[0]: row.values[1] for row in rows}
    assert {month: persons for month, persons in expected.items() if persons} == found


def hotel(on: str, until: str | None = None, municipality: str = UTRECHT, kind: Any = "hotel") -> Recorded:
    return said(on, Housed(municipality, kind, None if until is None else date.fromisoformat(until)))


def places(log: Log, municipality: str, kind: Any, number: int, on: str = "2021-01-01") -> None:
    name = f"{municipality}-{kind}-{on}"
    log.commit([of_area(said(on, TemporaryPlacesStated(municipality, kind, number), id=name))])
    log.follow()


ROW = ("places", "persons", "free", "overdue", "within3", "within6", "within12", "openEnded")


def shown(log: Log, by: Any = "municipality", on: date = DAY) -> dict[Any, tuple[Any, ...]]:
    found = rows_of(log, "temporary", by, on)
    return {key: tuple(row.get(name, 0) for name in ROW) for key, row in found.items()}


def test_who_lives_temporarily_counts_by_the_last_day_beside_the_places(log: Log) -> None:
    places(log, UTRECHT, "hotel", 10)
    places(log, AMERSFOORT, "hotel", 1)
    places(log, AMERSFOORT, "gva", 3)
    told(
        log,
        [hotel("2021-06-29")],  # until 29 December: over
        [hotel("2021-06-30")],  # until 30 December
        [hotel("2021-08-01", "2021-12-31")],  # until today: within
        [hotel("2021-08-01", "2022-03-31")],  # within three months of the last of December
        [hotel("2021-08-01", "2022-04-01")],
        [hotel("2021-12-31")],  # until 30 June 2022: the last day within six months
        [hotel("2021-08-01", "2022-12-31")],
        [hotel("2021-08-01", "2023-01-01")],  # later than within a year
        [linked("2021-03-01"), *_until("2021-07-01", "2022-02-01"), housed("2021-07-10", accommodation="gva")],
        [housed("2021-07-10", accommodation="intermediate")],
        [hotel("2021-08-01", municipality=AMERSFOORT), permit_ended("2021-09-01")],
        [hotel("2021-08-01", municipality=AMERSFOORT)],
        # Not any more, or not yet.
        [hotel("2021-08-01"), said("2021-12-31", MovedToPermanentHome(UTRECHT))],
        [hotel("2021-08-01"), died("2021-12-31")],
        [hotel("2021-08-01"), returned("2021-12-31")],
        [hotel("2022-01-01")],
        # Guests: where they belong, or nowhere.
        [granted("2021-02-01"), linked("2021-03-01"), said("2021-09-30", GuestStayStarted())],
        [granted("2021-02-01"), linked("2021-03-01"), said("2021-09-29", GuestStayStarted(date(2022, 6, 30)))],
        [granted("2021-02-01"), said("2021-10-01", GuestStayStarted())],
    )
    assert shown(log) == {
        (UTRECHT, "intermediate"): (None, 1, None, 0, 0, 0, 0, 1),
        (UTRECHT, "hotel"): (10, 8, 2, 2, 2, 4, 5, 0),
        (UTRECHT, "gva"): (None, 1, None, 0, 1, 1, 1, 0),
        (UTRECHT, "guest"): (None, 2, None, 1, 0, 1, 1, 0),
        # Two in one place: none is free, and the other is nobody else's.
        (AMERSFOORT, "hotel"): (1, 2, 0, 0, 2, 2, 2, 0),
        (AMERSFOORT, "gva"): (3, 0, 3, 0, 0, 0, 0, 0),
    }
    assert shown(log, "province")["PV26", "hotel"] == (11, 10, 2, 2, 4, 6, 7, 0)
    country = shown(log, "country")
    assert country["NL", "guest"] == (None, 3, None, 1, 1, 2, 2, 0)
    assert country["NL", "gva"] == (3, 1, 3, 0, 1, 1, 1, 0)
    assert [rows_of(log, "temporary", on=DAY)[UTRECHT, "hotel"].get("nights", 0)] == [None]


def _until(on: str, last: str) -> list[Recorded]:
    return [said(on, HomeReady(UTRECHT, "gva", until=date.fromisoformat(last)))]


def test_places_of_a_merged_municipality_stand_beside_those_of_its_successor(log: Log) -> None:
    places(log, WEESP, "hotel", 4)
    places(log, AMSTERDAM, "hotel", 20)
    told(log, [hotel("2021-08-01", "2022-12-31", WEESP)], [hotel("2022-04-01", None, WEESP)])
    merged = date(2022, 4, 1)
    assert shown(log, on=date(2022, 3, 23))[WEESP, "hotel"][:3] == (4, 1, 3)
    assert shown(log, on=merged) == {(AMSTERDAM, "hotel"): (24, 2, 22, 0, 0, 1, 2, 0)}
    places(log, AMSTERDAM, "hotel", 21, on="2022-04-01")
    assert shown(log, on=merged)[AMSTERDAM, "hotel"][:3] == (21, 2, 19)


def test_nights_are_those_of_each_day_of_the_window_up_to_today(log: Log) -> None:
    told(
        log,
        # The nights of 1 to 9 June in a hotel, from the 10th to the 19th in another kind.
        [
            *(hotel("2021-06-01"), returned("2021-06-10"), housed("2021-06-10", AMERSFOORT, "gva")),
            said("2021-06-20", MovedToPermanentHome(AMERSFOORT)),
        ],
        [hotel("2021-05-01"), left("2021-06-05")],  # of the window 1 to 4 June
        [hotel("2021-06-30")],
        # A guest of one municipality and then of another.
        [granted("2021-02-01"), said("2021-06-02", GuestStayStarted()), linked("2021-06-04"), *_elsewhere()],
        [hotel("2021-06-03", municipality=NOWHERE), died("2021-06-05")],
    )
    june = {"from": date(2021, 6, 1), "to": date(2021, 6, 30)}

    def nights(by: Any = "municipality", on: date = DAY, **window: Any) -> dict[Any, int]:
        found = rows_of(log, "temporary", by, on, **(window or june))
        return {key: row["nights"] for key, row in found.items() if row.get("nights")}

    assert nights() == {
        (UTRECHT, "hotel"): 9 + 4 + 1,
        (UTRECHT, "guest"): 3,
        (AMERSFOORT, "gva"): 10,
        (AMERSFOORT, "guest"): 24,
    }
    assert nights("province") == {("PV26", "hotel"): 14, ("PV26", "guest"): 27, ("PV26", "gva"): 10}
    assert nights("country") == {("NL", "hotel"): 16, ("NL", "guest"): 29, ("NL", "gva"): 10}
    # Those of today count, and what comes after it does not.
    assert nights(on=date(2021, 6, 7))[UTRECHT, "hotel"] == 7 + 4
    assert nights(on=date(2021, 5, 31)) == {}
    assert nights(**{"from": date(2021, 6, 9), "to": date(2021, 6, 9)})[UTRECHT, "hotel"] == 1


def _elsewhere() -> list[Recorded]:
    return [linked("2021-06-07", AMERSFOORT)]


def test_of_nights_who_may_not_read_of_persons_is_told_those_of_rounded_persons(log: Log) -> None:
    # Three from the 1st to the 10th are told as five, two on the 11th as none; three of the country are three here.
    told(log, *([hotel("2021-06-01"), died("2021-06-12")] for _ in range(2)), [hotel("2021-06-01"), left("2021-06-11")])
    told(log, [hotel("2021-06-11", municipality=AMERSFOORT), died("2021-06-12")])
    june = {"from": date(2021, 6, 1), "to": date(2021, 6, 30)}
    with log.tables() as tables:
        asked = Asked(DAY, log.reached())
        found = {
            (row.code, *row.dimensions): (row.values[-1], row.rounded["nights"])
            for by in ("municipality", "country")
            for row in TEMPORARY.rows(Query(tables, asked, read_places(tables, asked), by, june))
        }
    assert found == {
        (UTRECHT, "hotel"): (32, 50),
        (AMERSFOORT, "hotel"): (1, 0),
        ("NL", "hotel"): (33, 55),
    }


@examples(12)
@given(
    lives=st.lists(histories(least=1, of=journey_facts), min_size=1, max_size=4),
    since=st.integers(0, 45),
    days=st.integers(0, 12),
)
def test_nights_are_what_the_persons_of_each_day_come_to(
    engine: Engine, lives: list[list[Recorded]], since: int, days: int
) -> None:
    log = _LOGS.setdefault(engine, Log(engine))
    for life in lives:
        log.commit(log.journey(life))
    log.follow()
    first = FIRST_DAY + timedelta(days=since)
    every = [first + timedelta(days=nth) for nth in range(days + 1)]
    with log.tables() as tables:

        def column(on: date, name: str, **window: date) -> Counter[Any]:
            asked = Asked(on, log.reached())
            nth = [column.name for column in TEMPORARY.columns].index(name)
            rows = TEMPORARY.rows(Query(tables, asked, read_places(tables, asked), "country", window))
            return Counter({row.dimensions: row.values[nth] for row in rows})

        counted = sum((column(day, "persons") for day in every), Counter[Any]())
        found = column(every[-1], "nights", **{"from": first, "to": every[-1] + timedelta(days=400)})
    assert +found == counted


def minor(on: str, born: Any, **more: Any) -> Recorded:
    return said(on, PermitGranted("asylum", None, born, True), **more)


def test_minors_alone_come_of_age_on_the_first_of_the_month_of_birth(log: Log) -> None:
    told(
        log,
        [minor("2021-03-01", date(2003, 12, 31)), linked("2021-04-01")],  # 18 on 1 December 2021
        [minor("2021-03-01", PartialDate(2004, 1)), linked("2021-04-01")],  # tomorrow
        [minor("2021-03-01", PartialDate(2004, 6)), linked("2021-04-01")],  # 1 June 2022
        [minor("2021-03-01", PartialDate(2004, 7)), linked("2021-04-01")],  # 1 July: not within six months
        [minor("2021-03-01", PartialDate(2004, 12)), housed("2021-04-01", accommodation="minor-unit")],
        [minor("2021-03-01", PartialDate(2005, 1)), linked("2021-04-01")],
        [minor("2021-03-01", PartialDate(2003)), linked("2021-04-01")],
        [minor("2021-03-01", None), linked("2021-04-01", AMERSFOORT)],
        # Housed in a home, moved on, gone, not alone, or without a permit.
        [minor("2021-03-01", PartialDate(2004, 1)), housed("2021-04-01")],
        [
            *(minor("2021-03-01", PartialDate(2004, 1)), housed("2021-04-01", accommodation="minor-unit")),
            said("2021-12-31", MovedToPermanentHome(UTRECHT)),
        ],
        [minor("2021-03-01", PartialDate(2004, 1)), linked("2021-04-01"), died("2021-12-31")],
        [granted("2021-03-01"), linked("2021-04-01")],
    )
    assert rows_of(log, "minors") == {
        UTRECHT: {"persons": 7, "turning6": 2, "turning12": 4, "adult": 1, "unknown": 1},
        AMERSFOORT: {"persons": 1, "unknown": 1},
    }
    assert rows_of(log, "minors", "country", date(2022, 1, 1))["NL"] == {
        "persons": 8,
        "turning6": 2,
        "turning12": 4,
        "adult": 2,
        "unknown": 2,
    }


def test_persons_within_months_are_told_as_no_more_than_those_within_more_of_them() -> None:
    # Of about ten about ten and about five would be eleven or twelve: the larger is told a step lower, and so are those
    # who come of age sooner.
    told_of = write_row(MINORS, Row(UTRECHT, "Utrecht", (), (12, 8, 8, 4, 0)), exact=False)
    assert told_of.values == [10, 5, 5, 5, 0]
    assert write_row(MINORS, Row(UTRECHT, "Utrecht", (), (12, 8, 8, 4, 0)), exact=True).values == [12, 8, 8, 4, 0]
    temporary = Row(UTRECHT, "Utrecht", ("hotel",), (20, 12, 8, 0, 3, 8, 8, 4, None), {"free": 10, "nights": None})
    assert write_row(TEMPORARY, temporary, exact=False).values == [20, 10, 10, 0, 5, 5, 5, 5, None]
