"""What is said of areas, as it is kept and read back for both times."""

from __future__ import annotations

from datetime import date

from domain.areas import AREA_KINDS
from domain.facts import (
    AreaFact,
    AssessmentSuspended,
    EventWithdrawn,
    Homes,
    HomesStated,
    LadderStepDecided,
    LinksAnnounced,
    PermitsForecastPublished,
    ReceptionPlacesStated,
    Recorded,
    TemporaryPlacesStated,
)
from domain.period import Period
from domain.permit_forecast import PermitForecast
from projections.areas import read_announced, read_permit_forecasts, read_stated, read_statements
from projections.decisions import read_decisions, read_suspensions
from projections.engine import Asked
from projections.places import read_places
from tests.rules.histories import AMSTERDAM, UTRECHT, WEESP, said
from tests.views.logs import Log, of_area

P2021_II = Period(2021, 2)


def told(on: str, fact: AreaFact, event: str, corrects: str | None = None) -> Recorded:
    return of_area(said(on, fact, id=event, corrects=corrects, at=f"2022-01-01T00:00:0{event[-1]}+00:00"))


def homes(area: str, *some: tuple[int, bool, int]) -> HomesStated:
    return HomesStated(area, tuple(Homes(*each) for each in some))


def lines(log: Log, on: str, kind: str, position: int | None = None) -> dict[str, list[tuple[object, ...]]]:
    """By municipality: bedrooms, adapted, accommodation and amount."""
    with log.tables() as tables:
        asked = Asked(date.fromisoformat(on), log.reached() if position is None else position)
        found = read_stated(tables, asked, read_places(tables, asked), kind)  # type: ignore[arg-type]
        return {
            area: [(one.bedrooms, one.adapted, one.accommodation, one.amount) for one in some]
            for area, some in found.items()
        }


def test_what_is_stated_replaces_what_was_stated_and_is_corrected_as_of_when_it_was_known(log: Log) -> None:
    log.commit([told("2021-03-01", homes(UTRECHT, (2, False, 5), (4, True, 1), (2, False, 2)), "h1")])
    log.commit([told("2021-06-01", homes(UTRECHT), "h2")])
    log.commit([told("2021-04-01", homes(UTRECHT, (1, False, 3)), "h3", corrects="h1")])
    log.follow()

    assert lines(log, "2021-02-28", "homes") == {}
    # Homes of one sort are added up; that there are none is said too.
    assert lines(log, "2021-05-31", "homes", 2) == {UTRECHT: [(2, False, None, 7), (4, True, None, 1)]}
    assert lines(log, "2021-06-01", "homes", 1) == lines(log, "2021-05-31", "homes", 2)
    assert lines(log, "2021-06-01", "homes") == {UTRECHT: [(None, None, None, 0)]}
    assert lines(log, "2021-03-15", "homes") == {}
    assert lines(log, "2021-04-01", "homes") == {UTRECHT: [(1, False, None, 3)]}


def test_places_are_stated_by_area_and_kind_and_what_is_withdrawn_was_never_stated(log: Log) -> None:
    log.commit([told("2021-03-01", TemporaryPlacesStated(UTRECHT, "hotel", 40), "t1")])
    log.commit([told("2021-04-01", TemporaryPlacesStated(UTRECHT, "gva", 9), "t2")])
    (slip,) = log.commit([told("2021-05-01", TemporaryPlacesStated(UTRECHT, "hotel", 10), "t3")])
    log.commit([told("2021-03-01", ReceptionPlacesStated("PV26", 417), "r4")])
    # Of two on one day the last counts.
    log.commit([told("2021-03-01", ReceptionPlacesStated("PV26", 400), "r5")])
    withdrawal = EventWithdrawn("t3", "a slip", area=UTRECHT)
    log.commit([of_area(said("2021-06-01", withdrawal, id="w6", source=slip.source))])
    log.follow()

    assert lines(log, "2021-05-01", "temporary-places") == {
        UTRECHT: [(None, None, "hotel", 40), (None, None, "gva", 9)]
    }
    assert lines(log, "2021-05-01", "temporary-places", 5) == {
        UTRECHT: [(None, None, "gva", 9), (None, None, "hotel", 10)]
    }
    assert lines(log, "2021-05-01", "reception-places") == {"PV26": [(None, None, None, 400)]}


def test_a_merged_municipality_is_read_by_its_successor(log: Log) -> None:
    log.commit([told("2022-02-01", homes(WEESP, (2, False, 5)), "h1")])
    log.commit([told("2022-01-01", homes(AMSTERDAM, (3, False, 90)), "h2")])
    log.follow()

    assert lines(log, "2022-03-23", "homes") == {
        AMSTERDAM: [(3, False, None, 90)],
        WEESP: [(2, False, None, 5)],
    }
    assert lines(log, "2022-03-24", "homes") == {AMSTERDAM: [(3, False, None, 90), (2, False, None, 5)]}


def test_links_are_announced_by_month_with_what_is_known_of_them(log: Log) -> None:
    log.commit([told("2021-09-15", LinksAnnounced(UTRECHT, "2021-10", 20, 8, {"0-3": 2, "16-17": 1}), "a1")])
    log.commit([told("2021-09-15", LinksAnnounced(UTRECHT, "2021-11", 15), "a2")])
    log.commit([told("2021-09-20", LinksAnnounced(UTRECHT, "2021-10", 18), "a3")])
    log.follow()

    with log.tables() as tables:
        asked = Asked(date(2021, 9, 19), log.reached())
        october, november = read_stated(tables, asked, read_places(tables, asked), "links-announced")[UTRECHT]
        later = Asked(date(2021, 9, 20), log.reached())
        newest = read_stated(tables, later, read_places(tables, later), "links-announced")[UTRECHT]
    assert october[:2] == (UTRECHT, "links-announced")
    assert (october.from_on, october.to_on) == (date(2021, 10, 1), date(2021, 10, 31))
    assert (october.amount, october.households, october.children) == (20, 8, (2, None, None, 1))
    assert (november.amount, november.households, november.children) == (15, None, (None, None, None, None))
    assert [(one.from_on, one.amount) for one in newest] == [(date(2021, 11, 1), 15), (date(2021, 10, 1), 18)]


def test_of_all_that_was_announced_only_some_months_are_read_and_a_merged_area_is_its_successor(log: Log) -> None:
    told_of = [(WEESP, "2022-04", 5), (WEESP, "2022-05", 3), (WEESP, "2022-06", 1), (AMSTERDAM, "2022-05", 40)]
    for nth, fact in enumerate(told_of):
        log.commit([told("2022-03-01", LinksAnnounced(*fact), f"a{nth}")])
    log.commit([told("2022-03-25", LinksAnnounced(AMSTERDAM, "2022-05", 44), "a9")])
    log.follow()

    def announced(on: date, *months: str) -> dict[str, list[tuple[object, ...]]]:
        with log.tables() as tables:
            asked = Asked(on, log.reached())
            found = read_announced(tables, asked, read_places(tables, asked), months, on)
            return {area: [(str(one.from_on), one.amount) for one in some] for area, some in found.items()}

    assert announced(date(2022, 3, 23), "2022-04", "2022-05") == {
        WEESP: [("2022-04-01", 5), ("2022-05-01", 3)],
        AMSTERDAM: [("2022-05-01", 40)],
    }
    # Amsterdam stated May anew since.
    assert announced(date(2022, 3, 25), "2022-04", "2022-05") == {AMSTERDAM: [("2022-04-01", 5), ("2022-05-01", 44)]}
    assert announced(date(2022, 3, 25), "2022-07") == {}


def test_every_step_of_the_ladder_stands_with_its_place_in_the_log(log: Log) -> None:
    log.commit([told("2021-07-10", LadderStepDecided(UTRECHT, P2021_II, 1, "too few"), "s2")])
    log.commit([told("2021-07-10", LadderStepDecided(UTRECHT, P2021_II, 2, "still too few"), "s1")])
    log.commit([told("2021-07-12", LadderStepDecided(UTRECHT, P2021_II, 3, "not anew"), "s3", corrects="s1")])
    log.follow()

    with log.tables() as tables:
        for position, expected in [(2, [(2, 2), (1, 1)]), (3, [(1, 1), (3, 3)])]:
            steps = read_decisions(tables, position)
            assert [(one.rung, one.position) for one in steps] == expected
        assert steps[-1] == (date(2021, 7, 12), UTRECHT, P2021_II, 3, 3, 3)


def test_suspensions_and_forecasts_stand_each_by_itself(log: Log) -> None:
    log.commit([told("2021-09-01", AssessmentSuspended("PV26", P2021_II), "s1")])
    log.commit([told("2021-09-01", PermitsForecastPublished("NL", date(2021, 10, 1), date(2021, 10, 31), 310), "f2")])
    log.commit([told("2021-08-01", PermitsForecastPublished("NL", date(2021, 9, 1), date(2021, 9, 30), 30), "f3")])
    log.follow()

    with log.tables() as tables:
        asked = Asked(date(2021, 9, 1), log.reached())
        (suspension,) = read_suspensions(tables, asked.position)
        assert suspension == (asked.valid_on, "PV26", P2021_II, 1)
        assert read_suspensions(tables, 0) == []
        assert read_permit_forecasts(tables, asked) == [
            PermitForecast(date(2021, 9, 1), date(2021, 9, 30), 30, 3),
            PermitForecast(date(2021, 10, 1), date(2021, 10, 31), 310, 2),
        ]
        for kind in AREA_KINDS:
            # Each by itself, so that nobody keeps all of them for what he asks of one.
            found = read_statements(tables, asked, kind)
            assert [one.kind for one in found] == [kind] * {"suspension": 1, "permits-forecast": 2}.get(kind, 0)
