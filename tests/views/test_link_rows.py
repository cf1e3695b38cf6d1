"""Links, permits and housings as they are kept: literal lives, and the rows that come of them, worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.facts import AdaptedHomeNeeded, EventWithdrawn, Linked, LinkEnded, Recorded
from domain.places import Places
from projections.engine import Projection
from projections.states import housings, links, permits
from projections.stream_history import StreamHistory
from projections.tables import FOREVER
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    completed,
    died,
    granted,
    housed,
    link_ended,
    linked,
    permit_ended,
    returned,
    said,
)
from tests.rules.histories import given as log


def rows(of: Projection, *events: Recorded) -> list[tuple[Any, ...]]:
    """The rows: days as text, without an end where there is none."""
    return [
        tuple((None if value == FOREVER else str(value)) if isinstance(value, date) else value for value in row)
        for row in of.rows(StreamHistory(log(*events), Places.shipped()))
    ]


def of_links(*events: Recorded) -> list[tuple[Any, ...]]:
    return rows(links.PROJECTION, *events)


def test_a_link_has_a_row_while_it_stands_and_one_since_it_ended() -> None:
    told = said("2021-03-10", Linked(UTRECHT, None, ("work", "network")))
    reason = said("2021-04-20", LinkEnded("found-own-home"))
    assert of_links(granted("2021-03-01"), told, reason) == [
        ("2021-03-10", "2021-04-20", UTRECHT, "2021-03-10", None, None, 17, False, 7, None, 1),
        ("2021-04-20", None, UTRECHT, "2021-03-10", "2021-04-20", "found-own-home", 17, False, 7, None, 1),
    ]


def test_one_that_ended_on_its_first_day_never_stood() -> None:
    told = [linked("2021-03-10", at="2021-03-10T08:00:00+00:00"), linked("2021-03-10", AMERSFOORT)]
    assert of_links(*told) == [
        ("2021-03-10", None, UTRECHT, "2021-03-10", "2021-03-10", "replaced", 0, False, 7, None, 1),
        ("2021-03-10", None, AMERSFOORT, "2021-03-10", None, None, 0, False, 7, None, 2),
    ]


def test_a_repeated_link_and_one_after_the_housing_are_none() -> None:
    assert of_links(
        linked("2021-03-10"), linked("2021-03-20"), housed("2021-06-01"), linked("2021-07-01", AMERSFOORT)
    ) == [("2021-03-10", None, UTRECHT, "2021-03-10", None, None, 0, False, 7, None, 1)]


def test_the_file_is_seen_at_the_end_of_the_first_day() -> None:
    told = of_links(
        *completed("2021-03-01", "bsn"),
        linked("2021-03-10", at="2021-03-10T08:00:00+00:00"),
        *completed("2021-03-10", "iban"),
        *completed("2021-03-11", "identity-document"),
        linked("2021-04-01", AMERSFOORT),
    )
    assert [(row[-1], row[-3]) for row in told] == [(1, 2), (1, 2), (2, 0)]


def test_the_need_of_an_adapted_home_is_told_of_every_link_from_the_day_on_that_it_became_known() -> None:
    told = of_links(
        linked("2021-03-10"),
        said("2021-03-20", AdaptedHomeNeeded("wheelchair")),
        said("2021-03-25", AdaptedHomeNeeded("other")),  # only the first is told
        linked("2021-04-01", AMERSFOORT),
    )
    assert [(row[0], row[1], row[2], row[-2]) for row in told] == [
        ("2021-03-10", "2021-03-20", UTRECHT, None),
        ("2021-03-20", "2021-04-01", UTRECHT, "2021-03-20"),
        ("2021-04-01", None, UTRECHT, "2021-03-20"),
        ("2021-04-01", None, AMERSFOORT, "2021-03-20"),
    ]
    late = of_links(
        linked("2021-03-10"), link_ended("2021-03-20"), said("2021-05-01", AdaptedHomeNeeded("ground-floor"))
    )
    assert [(row[0], row[1], row[4], row[-2]) for row in late] == [
        ("2021-03-10", "2021-03-20", None, None),
        ("2021-03-20", "2021-05-01", "2021-03-20", None),
        ("2021-05-01", None, "2021-03-20", "2021-05-01"),
    ]


def test_a_link_ends_after_housing_where_there_was_one_before_also_one_undone() -> None:
    def after_housing(*events: Recorded) -> list[bool]:
        return [row[7] for row in of_links(granted("2021-03-01"), linked("2021-03-10"), *events)]

    assert after_housing(housed("2021-06-01"), link_ended("2021-07-01")) == [False, True]
    assert after_housing(housed("2021-06-01"), returned("2021-06-15"), link_ended("2021-07-01")) == [False, True]
    # A link ends before anything else happens that day.
    assert after_housing(housed("2021-07-01"), link_ended("2021-07-01")) == [False, False]
    assert after_housing(link_ended("2021-05-01"), housed("2021-07-01")) == [False, False]
    undone = housed("2021-06-01"), returned("2021-06-15"), linked("2021-07-01", AMERSFOORT)
    assert after_housing(*undone) == [False, True, False]


def test_who_died_or_lost_the_permit_keeps_the_link() -> None:
    told = of_links(linked("2021-03-10"), died("2021-04-01"), permit_ended("2021-04-02"), linked("2021-05-01"))
    assert told == [("2021-03-10", None, UTRECHT, "2021-03-10", None, None, 0, False, 7, None, 1)]


def test_a_merger_unmakes_no_link_of_before_and_makes_none_after() -> None:
    # Weesp went into Amsterdam on 24 March 2022.
    before = of_links(linked("2022-01-10", WEESP), linked("2022-03-01", AMSTERDAM))
    assert [(row[2], row[4]) for row in before] == [(WEESP, None), (WEESP, "2022-03-01"), (AMSTERDAM, None)]
    after = of_links(linked("2022-01-10", WEESP), linked("2022-04-01", AMSTERDAM))
    assert [(row[2], row[4]) for row in after] == [(WEESP, None)]


def test_a_withdrawn_link_has_no_row() -> None:
    gone = said("2021-04-01", EventWithdrawn("l", "another person"), source=linked("2021-03-10").source)
    assert of_links(linked("2021-03-10", id="l"), gone) == []


def test_the_first_permit_in_force_is_the_one_whose_ground_counts() -> None:
    told = granted("2021-05-01", "family", id="late"), granted("2021-03-01", "resettlement", id="first")
    assert rows(permits.PROJECTION, *told) == [("2021-03-01", None, "resettlement")]
    gone = said("2021-06-01", EventWithdrawn("first", "another person"), source=told[1].source)
    assert rows(permits.PROJECTION, *told, gone) == [("2021-05-01", None, "family")]
    assert rows(permits.PROJECTION, linked("2021-03-10")) == []


def test_a_housing_has_the_ground_of_the_permit_from_when_that_is_there() -> None:
    posting = "2021-I", UTRECHT, "regular", 1, "2021-06-10"
    usual = False, None, 7, "none"
    assert rows(housings.PROJECTION, granted("2021-03-01", "family"), housed("2021-06-10")) == [
        ("2021-06-10", None, *posting, "family", *usual, 1),
    ]
    assert rows(housings.PROJECTION, housed("2021-06-10")) == [("2021-06-10", None, *posting, "unknown", *usual, 1)]
    undone = "2021-II", UTRECHT, "regular", -1, "2021-07-05"
    assert rows(housings.PROJECTION, housed("2021-06-10"), granted("2021-07-01", "asylum"), returned("2021-07-05")) == [
        ("2021-06-10", "2021-07-01", *posting, "unknown", *usual, 1),
        ("2021-07-01", "2021-07-05", *posting, "asylum", *usual, 1),
        ("2021-07-05", None, *posting, "asylum", True, None, 7, "none", 1),
        ("2021-07-05", None, *undone, "asylum", False, None, None, None, 2),
    ]
