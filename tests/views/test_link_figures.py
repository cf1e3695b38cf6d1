"""Links made and lost, and offers and refusals: counted by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.facts import (
    HomeOffered,
    Linked,
    LinkEnded,
    OfferAccepted,
    OfferRefused,
    RefusalAssessed,
)
from projections.figure import Cell
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    granted,
    housed,
    link_ended,
    linked,
    returned,
    said,
)
from tests.views.figure_rows import moved, rows_of
from tests.views.logs import Log

YEAR: dict[str, Any] = {"from": date(2021, 1, 1), "to": date(2021, 12, 31)}


def told(log: Log, *lives: list[Any]) -> None:
    """Journeys of permit holders, followed."""
    for life in lives:
        log.commit(log.journey([event._replace(id=event.id or f"e{nth}") for nth, event in enumerate(life)]))
    log.follow()


def test_links_count_by_the_criteria_that_they_name_on_their_first_day(log: Log) -> None:
    told(
        log,
        [granted("2021-02-01"), said("2021-03-01", Linked(UTRECHT, None, ("work", "network")))],
        [granted("2021-02-01"), said("2021-03-02", Linked(UTRECHT, None, ("family", "medical", "education", "work")))],
        [granted("2021-02-01"), linked("2021-03-03", UTRECHT), linked("2021-04-03", UTRECHT)],  # a repeat is none
        [granted("2020-02-01"), linked("2020-12-31", UTRECHT)],  # before the window
    )
    made = {"made": 3, "work": 2, "education": 1, "families": 1, "medical": 1, "network": 1, "withoutCriteria": 1}
    assert rows_of(log, "links", **YEAR) == {UTRECHT: made}
    assert rows_of(log, "links", "country", **YEAR) == {"NL": made}
    assert rows_of(log, "links", **{**YEAR, "to": date(2021, 3, 1)}) == {UTRECHT: {"made": 1, "work": 1, "network": 1}}
    assert rows_of(log, "links", on=date(2021, 3, 2), **YEAR)[UTRECHT]["made"] == 2


def test_a_link_that_another_one_replaced_ended_and_its_days_are_lost(log: Log) -> None:
    told(log, [granted("2021-02-01"), linked("2021-03-01", UTRECHT), linked("2021-03-31", AMERSFOORT)])
    lost = {"made": 1, "withoutCriteria": 1, "ended": 1, "replaced": 1, "daysLost": 30}
    assert rows_of(log, "links", **YEAR) == {UTRECHT: lost, AMERSFOORT: {"made": 1, "withoutCriteria": 1}}
    assert rows_of(log, "links", "province", **YEAR) == {"PV26": {**lost, "made": 2, "withoutCriteria": 2}}
    # The day before it still stood.
    assert rows_of(log, "links", on=date(2021, 3, 30), **YEAR) == {UTRECHT: {"made": 1, "withoutCriteria": 1}}


def test_links_end_for_reasons_and_only_where_nobody_was_housed_before_also_not_undone(log: Log) -> None:
    reasons: tuple[tuple[Any, str], ...] = (
        ("reassigned", "reassigned"),
        ("found-own-home", "foundOwnHome"),
        ("moved-in-with-family", "movedInWithFamily"),
        ("departed", "departed"),
        ("permit-ended", "permitEnded"),
        ("other", "other"),
    )
    for nth, (reason, _) in enumerate(reasons):
        ended = said(f"2021-05-{10 + nth}", LinkEnded(reason))
        told(log, [granted("2021-02-01"), linked("2021-05-01"), ended])
    columns = dict.fromkeys((column for _, column in reasons), 1)
    # 9 + 10 + 11 + 12 + 13 + 14 days.
    ends = {"made": 6, "withoutCriteria": 6, "ended": 6, **columns, "daysLost": 69}
    assert rows_of(log, "links", **YEAR) == {UTRECHT: ends}
    told(
        log,
        [granted("2021-02-01"), linked("2021-05-01"), housed("2021-06-01"), link_ended("2021-07-01")],
        [
            *(granted("2021-02-01"), linked("2021-05-01"), housed("2021-06-01")),
            *(returned("2021-06-10"), linked("2021-07-01", AMERSFOORT)),
        ],
    )
    assert rows_of(log, "links", **YEAR) == {
        UTRECHT: {**ends, "made": 8, "withoutCriteria": 8},
        AMERSFOORT: {"made": 1, "withoutCriteria": 1},
    }


def test_a_link_counts_for_the_successor_of_its_municipality(log: Log) -> None:
    told(log, [granted("2022-01-01"), linked("2022-02-01", WEESP)])
    window: dict[str, Any] = {"from": date(2022, 1, 1), "to": date(2022, 12, 31)}
    one = {"made": 1, "withoutCriteria": 1}
    assert rows_of(log, "links", on=date(2022, 3, 23), **window) == {WEESP: one}
    assert rows_of(log, "links", on=date(2022, 3, 24), **window) == {AMSTERDAM: one}


def test_what_moved_a_number_of_links_is_the_journey(log: Log) -> None:
    told(log, [granted("2021-02-01"), linked("2021-03-01", UTRECHT)], [granted("2021-02-01"), linked("2021-03-01")])
    before = log.reached()
    told(log, [granted("2021-02-01"), linked("2021-04-01", UTRECHT), link_ended("2021-04-11")])
    assert [one.adds.amount for one in moved(log, "links", Cell(UTRECHT, {}, "made"), before, **YEAR).values()] == [1]
    assert [one.adds.amount for one in moved(log, "links", Cell("NL", {}, "daysLost"), before, **YEAR).values()] == [10]


def refused(on: str, code: Any = None, municipality: str = UTRECHT) -> Any:
    return said(on, OfferRefused(municipality, "te klein", code))


def test_refusals_count_by_reason_and_assessment_and_by_what_was_accepted_later(log: Log) -> None:
    first = [
        said("2021-03-01", HomeOffered(UTRECHT, "regular")),
        refused("2021-03-02", "size"),
        said("2021-03-05", RefusalAssessed(True)),
        said("2021-03-08", HomeOffered(UTRECHT, "regular")),
        said("2021-03-09", OfferAccepted(UTRECHT, "regular")),
    ]
    second = [
        refused("2021-04-01", "distance"),
        said("2021-04-02", RefusalAssessed(True)),
        said("2021-04-03", RefusalAssessed(False)),  # the newest counts
        said("2021-04-08", OfferAccepted(AMERSFOORT, "regular")),  # of another municipality
    ]
    third = [refused("2021-12-30", "other", AMERSFOORT), refused("2021-12-31")]
    told(log, *([granted("2021-02-01"), linked("2021-02-15", UTRECHT), *life] for life in (first, second, third)))
    expected = {
        UTRECHT: {
            "offers": 2,
            "accepted": 1,
            "refused": 3,
            "refusedSize": 1,
            "refusedDistance": 1,
            "refusedUnstated": 1,
            "justified": 1,
            "unjustified": 1,
            "unassessed": 1,
            "acceptedLater": 1,
        },
        AMERSFOORT: {"accepted": 1, "refused": 1, "refusedOther": 1, "unassessed": 1},
    }
    assert rows_of(log, "refusals", **YEAR) == expected
    # Seen earlier it was not assessed so, and nothing was accepted yet.
    assert rows_of(log, "refusals", on=date(2021, 3, 4), **YEAR) == {
        UTRECHT: {"offers": 1, "refused": 1, "refusedSize": 1, "unassessed": 1}
    }
    assert rows_of(log, "refusals", **{**YEAR, "from": date(2021, 12, 31)}) == {
        UTRECHT: {"refused": 1, "refusedUnstated": 1, "unassessed": 1}
    }
