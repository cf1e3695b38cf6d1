"""The rows of findings: one a finding, for the days on which a journey tells it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given as drawn
from hypothesis import settings
from sqlalchemy import Engine

from domain.facts import (
    FactDoubted,
    HomesStated,
    MunicipalQuotaPublished,
    OpeningBalanceRecorded,
    QuotaTransferred,
    Recorded,
    Transfer,
)
from domain.norm_sets import DEFAULT_NORM, NORM_SETS
from domain.period import Period
from projections.journey_state import journey_state
from projections.states import phases
from projections.states.findings import rows
from projections.stream_history import StreamHistory
from projections.tables import FOREVER
from tests.rules.histories import (
    AMERSFOORT,
    COA,
    IND,
    TOWN,
    UTRECHT,
    WEESP,
    given,
    granted,
    histories,
    home_ready,
    housed,
    linked,
    said,
    withdrawn,
)
from tests.views.logs import MINISTRY, PLACES, Log, days_around, merged, of_period

OF_IND, OF_COA, OF_TOWN, OF_MINISTRY = (source.split(":")[3] for source in (IND, COA, TOWN, MINISTRY))


def told(*events: Recorded) -> list[tuple[Any, ...]]:
    """The rows: since and until when, the code, where, whose event and its position, and who is to set it right."""
    found = [
        (str(since), str(until) if until != FOREVER else None, code, municipality, organisation, position, answerable)
        for since, until, code, _, municipality, organisation, answerable, position, _ in rows(
            StreamHistory(given(*events), PLACES)
        )
    ]
    return sorted(found, key=str)


def test_what_was_noted_of_a_fact_holds_from_its_day_on_wherever_the_journey_goes() -> None:
    events = [
        granted("2021-03-01"),
        linked("2021-03-10", UTRECHT),
        linked("2021-03-20", UTRECHT),
        linked("2021-05-01", AMERSFOORT),
    ]
    assert told(*events) == [
        ("2021-03-20", None, "linked-again", None, OF_COA, 3, OF_COA),
    ]


def test_what_is_found_between_the_phases_holds_for_as_long_as_it_does_and_is_seen_at_no_event() -> None:
    events = [
        granted("2021-03-01"),
        linked("2021-03-10", UTRECHT),
        housed("2021-06-01", UTRECHT),
        home_ready("2021-06-15", UTRECHT),
    ]
    assert told(*events) == [
        ("2021-06-01", "2021-06-15", "housed-without-home-ready", None, None, None, None),
        ("2021-06-15", None, "home-ready-after-housed", None, None, None, None),
    ]


def test_a_doubt_is_for_who_said_what_is_doubted_and_a_withdrawal_of_nothing_is_told_whatever_the_day() -> None:
    doubt = said("2021-04-01", FactDoubted("e1", IND, "no permit"), source=TOWN)
    events = [granted("2021-03-01"), doubt, withdrawn("never-sent", source=COA)]
    assert told(*events) == [
        ("0001-01-01", None, "withdraws-unknown-event", None, OF_COA, 3, OF_COA),
        ("2021-03-01", None, "fact-doubted", None, OF_TOWN, 2, OF_IND),
    ]


def test_of_an_area_it_is_the_municipality_that_it_names() -> None:
    late = said("2022-03-24", HomesStated(WEESP, ()), source=TOWN)
    assert told(late) == [("2022-03-24", None, "area-not-there-that-day", WEESP, OF_TOWN, 1, OF_TOWN)]


def test_each_finding_is_one_row_however_often_the_journey_goes_elsewhere() -> None:
    days = [f"2021-{month:02d}-{day:02d}" for month in (3, 4) for day in range(1, 31)]
    again = [linked(on, town) for nth, on in enumerate(days) for town in [(UTRECHT, AMERSFOORT)[nth // 2 % 2]]]
    # Every second link is to the same municipality again.
    assert len(told(granted("2021-02-01"), *again)) == len(days) // 2


def test_a_number_of_a_half_year_for_a_municipality_that_there_is_not_is_told_as_long_as_it_is_in_force() -> None:
    half, haaren = Period(2021, 1), "GM0788"
    events = [
        said("2020-12-01", MunicipalQuotaPublished(half, haaren, 5), source=MINISTRY),
        said("2021-02-01", MunicipalQuotaPublished(half, haaren, 6), source=MINISTRY),
        said("2020-12-01", OpeningBalanceRecorded(half, "GM1980", 3), source=MINISTRY),
        # Haaren was there until the half-year began; Utrecht is.
        said("2020-11-01", QuotaTransferred(half, (Transfer(haaren, -2), Transfer(UTRECHT, 2))), source=MINISTRY),
        said("2020-12-01", MunicipalQuotaPublished(half, UTRECHT, 50), source=MINISTRY),
    ]
    assert told(*events) == [
        ("2020-11-01", None, "transfer-for-no-municipality", None, OF_MINISTRY, 4, OF_MINISTRY),
        ("2020-12-01", "2021-02-01", "municipal-quota-for-no-municipality", None, OF_MINISTRY, 1, OF_MINISTRY),
        ("2020-12-01", None, "opening-for-no-municipality", None, OF_MINISTRY, 3, OF_MINISTRY),
        ("2021-02-01", None, "municipal-quota-for-no-municipality", None, OF_MINISTRY, 2, OF_MINISTRY),
    ]


def test_a_half_year_is_read_anew_when_a_merger_is_posted_that_it_says_something_for(engine: Engine) -> None:
    log = Log(engine)
    half = Period(2022, 1)
    part = QuotaTransferred(half, (Transfer("GM0855", -2), Transfer(UTRECHT, 2)))
    log.commit(of_period(said("2022-05-01", part, id="moved")))
    log.follow()
    assert in_table(log) == []
    log.commit([merged("2022-04-01", "GM0855", UTRECHT, "merger")])
    log.follow()
    assert in_table(log) == [(2, "transfer-for-no-municipality", str(half))]


def in_table(log: Log) -> list[tuple[Any, ...]]:
    with log.tables() as tables:
        return tables.rows("SELECT known_from, code::VARCHAR, said_of FROM findings ORDER BY ALL")


def test_a_journey_of_which_nothing_is_found_has_no_row() -> None:
    events = [granted("2021-03-01"), linked("2021-03-10"), home_ready("2021-05-01"), housed("2021-05-10")]
    assert told(*events) == []


@settings(max_examples=150, deadline=None)
@drawn(histories(least=1, most=14))
def test_the_rows_of_a_day_are_the_findings_that_the_journey_tells_on_it(history: list[Recorded]) -> None:
    every = list(rows(StreamHistory(history, PLACES)))
    positions = {event.position: event for event in history}
    for day in days_around([history]):
        stands = journey_state(history, day, NORM_SETS[DEFAULT_NORM], PLACES)
        of_day = [row[2:] for row in every if row[0] <= day < row[1]]
        named = [
            (code, *(("", "") if position is None else positions[position].key), on)
            for code, _, _, _, _, position, on in of_day
        ]
        assert Counter(named) == Counter(tuple(one) for one in stands.findings)
        told_of = list(phases.rows(StreamHistory(history, PLACES)))
        belongs = {PLACES.known_code_on(row[3], day) for row in told_of if row[0] <= day < row[1]}
        assert belongs | {None} == {stands.municipality, None}
