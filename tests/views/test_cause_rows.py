"""What each day without a home is put down to, as it is kept: the rows of literal lives, worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from hypothesis import given

from domain.causes_by_day import cause_of_day
from domain.facts import Recorded, ResidenceDocumentIssued
from domain.journey import fold
from domain.places import Places
from projections.states.causes import PROJECTION
from projections.stream_history import StreamHistory
from projections.tables import FOREVER
from tests.rules.histories import (
    applied,
    completed,
    died,
    granted,
    histories,
    home_ready,
    housed,
    lapsed,
    link_ended,
    linked,
    returned,
    said,
)
from tests.rules.histories import given as log

PLACES = Places.shipped()
PAPERS = [*completed("2021-02-01", "bsn", "identity-document", "iban"), said("2021-02-10", ResidenceDocumentIssued())]


def rows(*events: Recorded) -> list[tuple[str, str]]:
    """From which day on which cause; every row holds for ever."""
    found = list(PROJECTION.rows(StreamHistory(log(*events), PLACES)))
    assert {until for _, until, _ in found} <= {FOREVER}
    return [(str(since), cause) for since, _, cause in found]


def test_a_row_begins_with_a_cause_and_the_last_is_that_of_the_housing() -> None:
    life = [*PAPERS, granted("2021-01-01"), linked("2021-03-01"), home_ready("2021-05-01"), housed("2021-05-10")]
    expected = [
        ("2021-01-01", "dossier"),
        ("2021-02-01", "document"),
        ("2021-02-10", "unlinked"),
        ("2021-03-01", "home"),
        ("2021-05-01", "leaving"),
    ]
    assert rows(*life) == expected
    # What comes after the housing is of no day without a home.
    assert rows(*life, applied("2021-06-01"), link_ended("2021-07-01")) == expected
    assert rows(*life[:-1], applied("2021-06-01")) == [*expected, ("2021-06-01", "family")]


def test_before_the_permit_there_is_none() -> None:
    assert rows(*PAPERS, linked("2021-03-01")) == []
    assert rows(*PAPERS, linked("2021-03-01"), granted("2021-04-01")) == [("2021-04-01", "home")]
    assert rows(housed("2021-03-01"), granted("2021-04-01")) == []


def test_the_day_of_the_housing_counts_by_its_end() -> None:
    life = [*PAPERS, granted("2021-01-01"), linked("2021-03-01"), home_ready("2021-05-01"), housed("2021-05-10")]
    assert rows(*life, lapsed("2021-05-10", "bsn"))[-1] == ("2021-05-10", "dossier")
    assert rows(*life, lapsed("2021-05-11", "bsn"))[-1] == ("2021-05-01", "leaving")


def test_who_came_back_has_causes_for_the_days_between_too() -> None:
    life = [*PAPERS, granted("2021-01-01"), linked("2021-03-01"), home_ready("2021-05-01"), housed("2021-05-10")]
    back = [*life, lapsed("2021-06-01", "bsn"), *completed("2021-06-03", "bsn"), returned("2021-07-01")]
    between = [("2021-06-01", "dossier"), ("2021-06-03", "leaving"), ("2021-07-01", "home")]
    assert rows(*back)[5:] == between
    assert rows(*back, housed("2021-08-01"), applied("2021-09-01"))[5:] == between


def test_who_died_is_put_down_to_what_is_known() -> None:
    assert rows(granted("2021-01-01"), died("2021-02-01")) == [("2021-01-01", "dossier")]


@given(histories(most=12))
def test_every_day_has_the_cause_of_the_journey_at_its_end(history: list[Recorded]) -> None:
    stream = StreamHistory(history, PLACES)
    found = {since: cause for since, _, cause in PROJECTION.rows(stream)}
    journey = fold(stream.effective, PLACES)
    days = list(_days(stream))
    if journey.permit is None or not days:
        assert found == {}
        return
    told = None
    for day in days:
        told = found.get(day, told)
        if day < journey.permit.on:
            assert told is None
        elif journey.housing is None or day <= journey.housing.on:
            then = fold((event for event in stream.effective if event.effective_on <= day), PLACES)
            assert told == cause_of_day(then, PLACES)
        else:
            assert day not in found


def _days(stream: StreamHistory) -> Iterator[date]:
    """From the first event to the last."""
    every = [event.effective_on for event in stream.effective]
    for nth in range((max(every) - min(every)).days + 1 if every else 0):
        yield min(every) + timedelta(days=nth)
