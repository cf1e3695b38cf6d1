"""The states of persons in reception: literal lives, and the rows that come of them, worked out by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from domain.facts import (
    AdaptedHomeNeeded,
    EventWithdrawn,
    FamilyArrived,
    FamilyReunificationDecided,
    GuestStayEnded,
    GuestStayStarted,
    PermitGranted,
    ReceptionPlaced,
    Recorded,
    ResidenceDocumentIssued,
)
from domain.field_types import PartialDate
from domain.places import Places
from projections.states.reception import household_number, reception, rows
from projections.stream_history import StreamHistory
from projections.tables import FOREVER
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    accepted,
    applied,
    assessed,
    completed,
    died,
    granted,
    housed,
    lapsed,
    left,
    link_ended,
    linked,
    permit_ended,
    refused,
    returned,
    said,
)
from tests.rules.histories import given as log

NAMES = ["valid_from", "valid_until", *(column.name for column in list(reception.c)[6:])]
#: What a row says of which a test says nothing.
USUAL: dict[str, Any] = {
    "missing_at_link": None,
    "municipality": None,
    "link_on": None,
    "permit_on": "2021-03-01",
    "ground": "asylum",
    "region": None,
    "guest": False,
    "household": None,
    "born": None,
    "born_known": False,
    "unaccompanied": None,
    "missing": 7,
    "document": False,
    "adapted_on": None,
    "adapted_newest_on": None,
    "undecided": 0,
    "awaited": 0,
    "refused": False,
    "brp": False,
}
LINKED: dict[str, Any] = {"municipality": UTRECHT, "link_on": "2021-03-10", "missing_at_link": 7}


def states(*events: Recorded, places: Places | None = None) -> list[dict[str, Any]]:
    """The rows, in order of their days: days as text, without an end where there is none."""
    found = rows(StreamHistory(log(*events), places or Places.shipped()))
    return [
        {
            name: (None if value == FOREVER else str(value)) if isinstance(value, date) else value
            for name, value in zip(NAMES, row, strict=True)
        }
        for row in sorted(found, key=lambda row: row[0])
    ]


def state(since: str, until: str | None = None, **otherwise: Any) -> dict[str, Any]:
    return {"valid_from": since, "valid_until": until, **USUAL, **otherwise}


def flag(found: Iterable[dict[str, Any]], name: str) -> list[tuple[str, Any]]:
    """From when on a column had which value, and None from when on there is no row."""
    told: list[tuple[str, Any]] = []
    end: str | None = ""
    for one in found:
        if end and end != one["valid_from"]:
            told.append((end, None))
        if not told or told[-1][1] != one[name]:
            told.append((one["valid_from"], one[name]))
        end = one["valid_until"]
    return [*told, (end, None)] if end else told


def test_a_permit_begins_a_stay_in_reception_and_a_housing_ends_it() -> None:
    assert states(granted("2021-03-01"), linked("2021-03-10"), housed("2021-06-10")) == [
        state("2021-03-01", "2021-03-10"),
        state("2021-03-10", "2021-06-10", **LINKED),
    ]


def test_without_a_permit_nobody_is_in_reception_and_with_a_later_one_from_its_day_on() -> None:
    assert states(linked("2021-03-10")) == []
    assert states(linked("2021-03-10"), granted("2021-04-01")) == [
        state("2021-04-01", permit_on="2021-04-01", **LINKED),
    ]


def test_all_that_is_said_on_one_day_is_one_state_and_what_says_nothing_new_none() -> None:
    assert states(
        granted("2021-03-01"),
        linked("2021-03-10"),
        *completed("2021-03-10", "bsn", "iban"),
        *completed("2021-03-15", "digid"),
        linked("2021-03-20"),
    ) == [
        state("2021-03-01", "2021-03-10"),
        state("2021-03-10", **{**LINKED, "missing_at_link": 2}, missing=2),
    ]


def test_the_file_is_seen_today_and_as_it_was_at_the_end_of_the_first_day_of_the_link() -> None:
    found = states(
        granted("2021-03-01"),
        *completed("2021-03-05", "bsn", "identity-document"),
        lapsed("2021-03-10", "bsn", at="2021-03-10T08:00:00+00:00"),
        linked("2021-03-10", at="2021-03-10T09:00:00+00:00"),
        *completed("2021-03-10", "iban", at="2021-03-10T10:00:00+00:00"),
        *completed("2021-03-12", "bsn"),
        lapsed("2021-04-01", "identity-document"),
    )
    assert flag(found, "missing") == [
        ("2021-03-01", 7),
        ("2021-03-05", 4),
        ("2021-03-10", 1),
        ("2021-03-12", 0),
        ("2021-04-01", 2),
    ]
    assert flag(found, "missing_at_link") == [("2021-03-01", None), ("2021-03-10", 1)]


def test_the_registration_of_persons_is_told_while_it_is_complete() -> None:
    found = states(
        granted("2021-03-01"),
        *completed("2021-03-05", "brp-registration"),
        lapsed("2021-03-20", "brp-registration"),
    )
    assert flag(found, "brp") == [("2021-03-01", False), ("2021-03-05", True), ("2021-03-20", False)]


def test_a_link_that_ended_leaves_the_person_where_they_belong_and_the_next_begins_anew() -> None:
    assert states(
        granted("2021-03-01"),
        linked("2021-03-10"),
        link_ended("2021-04-20"),
        *completed("2021-04-22", "bsn", "identity-document", "iban"),
        linked("2021-04-27", AMERSFOORT),
    ) == [
        state("2021-03-01", "2021-03-10"),
        state("2021-03-10", "2021-04-20", **LINKED),
        state("2021-04-20", "2021-04-22", municipality=UTRECHT),
        state("2021-04-22", "2021-04-27", municipality=UTRECHT, missing=0),
        state("2021-04-27", municipality=AMERSFOORT, link_on="2021-04-27", missing=0, missing_at_link=0),
    ]


def test_a_link_after_the_housing_changes_nothing_not_even_once_that_was_undone() -> None:
    found = states(
        granted("2021-03-01"),
        linked("2021-03-10"),
        housed("2021-06-10"),
        linked("2021-07-01", AMERSFOORT, household="H-2"),
        returned("2021-08-01"),
    )
    assert found[2:] == [state("2021-08-01", **LINKED, household=household_number("H-2"))]
    assert flag(found, "municipality") == [
        ("2021-03-01", None),
        ("2021-03-10", UTRECHT),
        ("2021-06-10", None),
        ("2021-08-01", UTRECHT),
    ]


def test_who_died_left_or_lost_the_permit_is_not_there_until_linked_housed_or_granted_again() -> None:
    for gone in (died("2021-05-01"), left("2021-05-01"), permit_ended("2021-05-01")):
        assert states(granted("2021-03-01"), gone) == [state("2021-03-01", "2021-05-01")]
        assert states(granted("2021-03-01"), linked("2021-03-10"), gone, linked("2021-06-01")) == [
            state("2021-03-01", "2021-03-10"),
            state("2021-03-10", "2021-05-01", **LINKED),
            state("2021-06-01", **LINKED),
        ]
        assert states(granted("2021-03-01"), gone, granted("2021-07-01", "family")) == [
            state("2021-03-01", "2021-05-01"),
            state("2021-07-01"),
        ]


def test_who_died_while_housed_is_not_back_when_that_is_undone() -> None:
    found = states(granted("2021-03-01"), housed("2021-04-01"), died("2021-05-01"), returned("2021-06-01"))
    assert found == [state("2021-03-01", "2021-04-01")]


def test_a_guest_is_one_until_that_ends_or_a_housing_ends_it_also_one_undone_later() -> None:
    stay = granted("2021-03-01"), said("2021-04-01", GuestStayStarted())
    assert flag(states(*stay, said("2021-05-01", GuestStayEnded())), "guest") == [
        ("2021-03-01", False),
        ("2021-04-01", True),
        ("2021-05-01", False),
    ]
    assert flag(states(*stay, housed("2021-05-01"), returned("2021-06-01")), "guest") == [
        ("2021-03-01", False),
        ("2021-04-01", True),
        ("2021-05-01", None),
        ("2021-06-01", False),
    ]


def test_who_somebody_is_is_as_the_newest_permit_or_link_says_that_says_it() -> None:
    found = states(
        said("2021-03-01", PermitGranted("asylum", "H-1", PartialDate(2004, 5), True)),
        linked("2021-03-10", household="H-2"),
        linked("2021-03-20", household="H-3"),
        said("2021-04-01", PermitGranted("family", None, PartialDate(2003, None))),
        said("2021-05-01", PermitGranted("family", "H-1", None, False)),
    )
    assert flag(found, "household") == [
        ("2021-03-01", household_number("H-1")),
        ("2021-03-10", household_number("H-2")),
        ("2021-03-20", household_number("H-3")),
        ("2021-05-01", household_number("H-1")),
    ]
    assert flag(found, "born") == [("2021-03-01", "2004-05-01"), ("2021-04-01", "2003-07-01")]
    assert flag(found, "born_known") == [("2021-03-01", True), ("2021-04-01", False)]
    assert flag(found, "unaccompanied") == [("2021-03-01", True), ("2021-05-01", False)]
    assert {one["ground"] for one in found} == {"asylum"}


def test_a_household_is_a_number_of_64_bits() -> None:
    # As `printf %s H-88121 | b2sum --length 64` has it.
    assert household_number("H-88121") == 0x489DA6D091A7891D
    assert household_number("h-0123456789abcdef0123") == 0x509E687DB9B54F17


def test_region_document_and_adapted_home_hold_from_their_day_on() -> None:
    found = states(
        granted("2021-03-01"),
        said("2021-03-02", ReceptionPlaced("OV-GLD")),
        said("2021-03-20", ReceptionPlaced("ZH-ZL")),
        said("2021-04-01", AdaptedHomeNeeded("wheelchair")),
        said("2021-05-01", AdaptedHomeNeeded("other")),
        said("2021-05-10", ResidenceDocumentIssued()),
    )
    assert flag(found, "region") == [("2021-03-01", None), ("2021-03-02", "OV-GLD"), ("2021-03-20", "ZH-ZL")]
    assert flag(found, "adapted_on") == [("2021-03-01", None), ("2021-04-01", "2021-04-01")]
    assert flag(found, "adapted_newest_on") == [
        ("2021-03-01", None),
        ("2021-04-01", "2021-04-01"),
        ("2021-05-01", "2021-05-01"),
    ]
    assert flag(found, "document") == [("2021-03-01", False), ("2021-05-10", True)]


def test_family_is_counted_in_persons_and_never_below_nought() -> None:
    found = states(
        granted("2021-03-01"),
        applied("2021-03-05", 4),
        said("2021-06-01", FamilyReunificationDecided(3, 0)),
        said("2021-07-01", FamilyReunificationDecided(1, 2)),
        said("2021-08-01", FamilyArrived(3)),
        said("2021-09-01", FamilyArrived(2)),
    )
    assert flag(found, "undecided") == [("2021-03-01", 0), ("2021-03-05", 4), ("2021-06-01", 1), ("2021-07-01", 0)]
    assert flag(found, "awaited") == [
        ("2021-03-01", 0),
        ("2021-06-01", 3),
        ("2021-07-01", 4),
        ("2021-08-01", 1),
        ("2021-09-01", 0),
    ]


def test_more_family_than_a_column_holds_is_as_many_as_it_holds() -> None:
    found = states(granted("2021-03-01"), *(applied("2021-03-05", 100_000_000) for _ in range(22)))
    assert flag(found, "undecided") == [("2021-03-01", 0), ("2021-03-05", 2_147_483_647)]


def test_a_refusal_judged_unjustified_holds_up_until_something_of_the_municipality_is_accepted() -> None:
    found = states(
        granted("2021-03-01"),
        linked("2021-03-10"),
        refused("2021-04-01"),
        assessed("2021-04-10", justified=False),
        accepted("2021-04-20", AMERSFOORT),
        assessed("2021-04-22", justified=True),
        assessed("2021-04-24", justified=False),
        accepted("2021-05-01"),
    )
    assert flag(found, "refused") == [
        ("2021-03-01", False),
        ("2021-04-10", True),
        ("2021-04-22", False),
        ("2021-04-24", True),
        ("2021-05-01", False),
    ]


def test_only_the_newest_refusal_of_the_links_municipality_since_the_link_began_holds_up() -> None:
    before = [granted("2021-03-01"), refused("2021-03-05"), assessed("2021-03-06", justified=False)]
    assert flag(states(*before, linked("2021-03-10")), "refused") == [("2021-03-01", False)]
    way = [granted("2021-03-01"), linked("2021-03-10"), refused("2021-03-10"), assessed("2021-03-12", justified=False)]
    assert flag(states(*way), "refused") == [("2021-03-01", False), ("2021-03-12", True)]
    assert flag(states(*way, refused("2021-03-20")), "refused")[-1] == ("2021-03-20", False)
    assert flag(states(*way, refused("2021-03-20", AMERSFOORT)), "refused")[-1] == ("2021-03-12", True)
    # What is judged then is the refusal in Amersfoort.
    elsewhere = refused("2021-03-20", AMERSFOORT), assessed("2021-03-22", justified=True)
    assert flag(states(*way, *elsewhere), "refused")[-1] == ("2021-03-12", True)
    assert flag(states(*way, link_ended("2021-04-01")), "refused")[-1] == ("2021-04-01", False)


def test_through_a_merger_a_refusal_in_the_successor_is_one_of_the_link_and_a_link_there_is_none() -> None:
    # Weesp went into Amsterdam on 24 March 2022.
    way = [granted("2022-01-01"), linked("2022-01-10", WEESP)]
    later = refused("2022-04-01", AMSTERDAM), assessed("2022-04-10", justified=False)
    assert flag(states(*way, *later), "refused") == [("2022-01-01", False), ("2022-04-10", True)]
    sooner = refused("2022-03-01", AMSTERDAM), assessed("2022-03-10", justified=False)
    assert flag(states(*way, *sooner), "refused") == [("2022-01-01", False)]
    assert flag(states(*way, linked("2022-04-01", AMSTERDAM)), "link_on")[-1] == ("2022-01-10", "2022-01-10")
    assert flag(states(*way, linked("2022-03-01", AMSTERDAM)), "link_on")[-1] == ("2022-03-01", "2022-03-01")


def test_what_was_corrected_or_withdrawn_is_as_if_it_had_never_been() -> None:
    told = [granted("2021-03-01", id="p"), linked("2021-03-10", id="l"), died("2021-04-01", id="d", source="")]
    gone = said("2021-05-01", EventWithdrawn("d", "another person"), source=told[2].source)
    later = linked("2021-03-15", id="l2", corrects="l")
    assert states(*told, gone, later) == [
        state("2021-03-01", "2021-03-15"),
        state("2021-03-15", municipality=UTRECHT, link_on="2021-03-15", missing_at_link=7),
    ]
