"""What became of housings, and when documents were first had: literal lives, and rows worked out by hand."""

from __future__ import annotations

from typing import Any

from domain.facts import HandoverHeld, MovedToPermanentHome, Recorded, ResidenceDocumentIssued
from projections.states import documents, housings
from tests.rules.histories import (
    AMERSFOORT,
    UTRECHT,
    completed,
    granted,
    housed,
    lapsed,
    link_ended,
    linked,
    returned,
    said,
)
from tests.views.test_link_rows import rows


def moved(on: str, at: str | None = None) -> Recorded:
    told = said(on, MovedToPermanentHome(UTRECHT))
    return told if at is None else said(on, MovedToPermanentHome(UTRECHT), at=at)


def became(*events: Recorded) -> list[tuple[Any, ...]]:
    """Of each row its days, persons, and whether it was undone, the move, what was missing and the handover."""
    told = rows(housings.PROJECTION, granted("2021-01-01"), *events)
    return [(row[0], row[1], row[5], *row[8:12]) for row in told]


def test_a_move_belongs_to_the_newest_housing_on_or_before_its_day_and_only_the_first_is_told() -> None:
    assert became(housed("2021-06-01"), moved("2021-07-01"), moved("2021-08-01")) == [
        ("2021-06-01", "2021-07-01", 1, False, None, 7, "none"),
        ("2021-07-01", None, 1, False, "2021-07-01", 7, "none"),
    ]
    # One from before the housing is none of it; one of its day is, though it was told earlier that day.
    early = moved("2021-06-01", at="2021-06-01T08:00:00+00:00")
    assert became(moved("2021-05-01"), early, housed("2021-06-01", at="2021-06-01T12:00:00+00:00")) == [
        ("2021-06-01", None, 1, False, "2021-06-01", 7, "none"),
    ]


def test_a_housing_that_was_undone_says_so_and_the_next_one_has_moves_of_its_own() -> None:
    assert became(
        housed("2021-06-01"),
        moved("2021-06-10"),
        returned("2021-06-20"),
        housed("2021-08-01", AMERSFOORT),
        moved("2021-09-01"),
    ) == [
        ("2021-06-01", "2021-06-10", 1, False, None, 7, "none"),
        ("2021-06-10", "2021-06-20", 1, False, "2021-06-10", 7, "none"),
        ("2021-06-20", None, 1, True, "2021-06-10", 7, "none"),
        ("2021-06-20", None, -1, False, None, None, None),
        ("2021-08-01", "2021-09-01", 1, False, None, 7, "none"),
        ("2021-09-01", None, 1, False, "2021-09-01", 7, "none"),
    ]
    # After the return and before the next housing it still is the newest housing's.
    assert became(housed("2021-06-01"), returned("2021-06-01"), moved("2021-07-01")) == [
        ("2021-06-01", "2021-07-01", 1, True, None, 7, "none"),
        ("2021-07-01", None, 1, True, "2021-07-01", 7, "none"),
        ("2021-06-01", None, -1, False, None, None, None),
    ]


def test_the_file_is_seen_at_the_end_of_the_day_of_the_housing() -> None:
    told = became(
        *completed("2021-03-01", "bsn", "iban"),
        housed("2021-06-01", at="2021-06-01T08:00:00+00:00"),
        lapsed("2021-06-01", "iban", at="2021-06-01T09:00:00+00:00"),
        *completed("2021-06-02", "identity-document"),
    )
    assert told == [("2021-06-01", None, 1, False, None, 6, "none")]


def test_a_handover_counts_from_the_first_day_of_the_link_that_stood_to_the_day_of_the_housing() -> None:
    def form(*events: Recorded) -> Any:
        (row,) = became(*events)
        return row[-1]

    def handed(on: str, how: Any, municipality: str = UTRECHT) -> Recorded:
        return said(on, HandoverHeld(municipality, how))

    link, home = linked("2021-03-10"), housed("2021-06-01")
    assert form(link, handed("2021-03-10", "written"), home) == "written"
    assert form(link, handed("2021-06-01", "warm"), handed("2021-05-01", "written"), home) == "warm"
    assert form(link, handed("2021-05-01", "warm", AMERSFOORT), home) == "warm"
    assert form(handed("2021-03-09", "warm"), link, home, handed("2021-06-02", "warm")) == "none"
    # One held under an earlier link is not of the one that stood.
    assert form(linked("2021-02-01", AMERSFOORT), handed("2021-02-20", "warm"), link, home) == "none"
    # Without a link that stood there is none.
    assert form(link, handed("2021-04-01", "warm"), link_ended("2021-05-01"), home) == "none"
    assert form(handed("2021-04-01", "warm"), home) == "none"


def test_documents_have_the_day_they_were_first_had_and_the_days_from_the_permit() -> None:
    told = rows(
        documents.PROJECTION,
        *completed("2021-02-20", "bsn"),
        granted("2021-03-01"),
        said("2021-03-11", ResidenceDocumentIssued()),
        *completed("2021-03-15", "iban", "digid"),
        lapsed("2021-03-20", "iban"),
        *completed("2021-04-01", "iban", "brp-registration"),
        said("2021-05-01", ResidenceDocumentIssued()),
    )
    assert sorted(told) == [
        ("2021-03-01", None, "bsn", "2021-02-20", 0),
        ("2021-03-11", None, "residence-document", "2021-03-11", 10),
        ("2021-03-15", None, "iban", "2021-03-15", 14),
        ("2021-04-01", None, "brp-registration", "2021-04-01", 31),
    ]
    assert rows(documents.PROJECTION, *completed("2021-02-20", "bsn"), linked("2021-03-01")) == []


def test_an_item_that_lapsed_the_day_it_was_completed_was_not_had_then() -> None:
    told = rows(
        documents.PROJECTION,
        granted("2021-03-01"),
        *completed("2021-03-10", "iban", at="2021-03-10T08:00:00+00:00"),
        lapsed("2021-03-10", "iban", at="2021-03-10T09:00:00+00:00"),
        *completed("2021-03-12", "iban"),
    )
    assert told == [("2021-03-12", None, "iban", "2021-03-12", 11)]
