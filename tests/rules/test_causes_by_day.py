"""Why somebody is not housed yet, day by day: one cause, the first of those that hold at the end of the day."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.causes_by_day import DAY_CAUSES, DayCause, cause_events, cause_of_day, cause_spells
from domain.effective import effective_events
from domain.facts import FamilyReunificationDecided, Recorded, ResidenceDocumentIssued
from domain.journey import Journey, fold, stages
from domain.places import Places
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    accepted,
    applied,
    assessed,
    completed,
    granted,
    histories,
    home_ready,
    housed,
    lapsed,
    left,
    link_ended,
    linked,
    offered,
    refused,
    returned,
    said,
)
from tests.rules.histories import given as log

PLACES = Places.shipped()
#: Who waits for nothing but a link, as far as the file goes.
PAPERS = [
    granted("2022-01-01"),
    *completed("2022-01-02", "bsn", "identity-document", "iban"),
    said("2022-01-02", ResidenceDocumentIssued()),
]


def decided(on: str, some: int, refused: int = 0) -> Recorded:
    return said(on, FamilyReunificationDecided(some, refused))


def cause(*events: Recorded) -> DayCause:
    """At the end of the day of the last of them."""
    return cause_of_day(fold(effective_events(log(*events)).events, PLACES), PLACES)


def test_who_has_nothing_yet_waits_for_a_file() -> None:
    assert cause_of_day(Journey(), PLACES) == "dossier"
    assert cause(granted("2022-01-01")) == "dossier"


def test_each_cause_in_turn_where_nothing_before_it_holds() -> None:
    assert cause(*PAPERS) == "unlinked"
    assert cause(*PAPERS[:-1]) == "document"
    assert cause(*PAPERS[:3], *PAPERS[4:]) == "dossier"
    assert cause(*PAPERS, linked("2022-01-10")) == "home"
    assert cause(*PAPERS, linked("2022-01-10"), home_ready("2022-02-01")) == "leaving"
    assert cause(*PAPERS, linked("2022-01-10"), refused("2022-02-01")) == "refusal"
    assert cause(*PAPERS, linked("2022-01-10"), refused("2022-02-01"), applied("2022-02-01")) == "family"


def test_the_first_that_holds_counts() -> None:
    everything = [granted("2022-01-01"), refused("2022-02-01"), applied("2022-02-01", persons=2)]
    assert cause(*everything) == "family"
    assert cause(*everything, decided("2022-03-01", 2)) == "refusal"
    assert cause(*everything, decided("2022-03-01", 2), assessed("2022-03-02", justified=False)) == "dossier"


@pytest.mark.parametrize(
    ("some", "expected"), [((1, 0), "family"), ((1, 1), "home"), ((0, 2), "home"), ((3, 0), "home")]
)
def test_family_is_a_cause_until_all_who_were_applied_for_are_decided_about(
    some: tuple[int, int], expected: DayCause
) -> None:
    waits = [*PAPERS, linked("2022-01-10"), applied("2022-02-01", persons=2)]
    assert cause(*waits, decided("2022-03-01", *some)) == expected


def test_a_refusal_of_whatever_municipality_is_a_cause_until_it_is_assessed_or_an_offer_accepted_after_it() -> None:
    waits = [*PAPERS, linked("2022-01-10", UTRECHT), refused("2022-02-01", AMERSFOORT)]
    assert cause(*waits) == "refusal"
    assert cause(*waits, offered("2022-02-03", UTRECHT)) == "refusal"
    assert cause(*waits, accepted("2022-02-03", UTRECHT)) == "home"
    assert cause(*waits, assessed("2022-02-03", justified=True)) == "home"
    assert cause(*waits, assessed("2022-02-03", justified=False), refused("2022-02-05")) == "refusal"
    # Before it changes nothing, also on the same day.
    accepted_first = accepted("2022-02-01", AMERSFOORT, at="2022-02-01T07:00:00+00:00")
    assert cause(*waits[:-1], accepted_first, refused("2022-02-01", at="2022-02-01T08:00:00+00:00")) == "refusal"


def test_an_item_that_lapsed_is_not_complete_and_others_are_not_required() -> None:
    assert cause(*PAPERS, linked("2022-01-10"), lapsed("2022-02-01", "iban")) == "dossier"
    assert cause(*PAPERS, lapsed("2022-02-01", "digid")) == "unlinked"


def test_a_link_that_ended_is_none_and_the_home_of_another_is_not_there() -> None:
    waits = [*PAPERS, linked("2022-01-10", UTRECHT), home_ready("2022-02-01", UTRECHT)]
    assert cause(*waits, link_ended("2022-02-05")) == "unlinked"
    assert cause(*waits, linked("2022-02-05", AMERSFOORT)) == "home"
    assert cause(*waits, home_ready("2022-02-05", AMERSFOORT)) == "leaving"
    assert cause(*PAPERS, home_ready("2022-01-05", UTRECHT), linked("2022-01-10", UTRECHT)) == "home"


def test_the_home_of_a_municipality_that_merged_is_the_home_of_its_successor() -> None:
    waits = [*PAPERS, linked("2022-03-01", WEESP), home_ready("2022-03-25", AMSTERDAM)]
    assert cause(*waits) == "leaving"
    assert cause(*PAPERS, linked("2022-03-01", WEESP), home_ready("2022-03-02", AMSTERDAM)) == "home"


def test_who_came_back_waits_for_a_home_anew() -> None:
    back = [*PAPERS, linked("2022-01-10"), home_ready("2022-02-01"), housed("2022-02-05"), returned("2022-03-01")]
    assert cause(*back[:-1]) == "leaving"
    assert cause(*back) == "home"
    assert cause(*back, home_ready("2022-03-10")) == "leaving"


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ("unlinked", ["d", "l", "e", "m"]),
        ("home", ["l", "e", "m", "r"]),
        ("leaving", ["r", "h"]),
        ("dossier", ["p", "d"]),
        ("family", []),
    ],
)
def test_behind_the_days_of_a_cause_is_what_began_and_what_ended_them(of: DayCause, expected: list[str]) -> None:
    history = log(
        granted("2022-01-01", id="p"),
        *completed("2022-01-02", "bsn", "iban"),
        said("2022-01-03", ResidenceDocumentIssued()),
        *completed("2022-01-04", "identity-document", id="d"),
        linked("2022-01-10", id="l"),
        link_ended("2022-01-20", id="e"),
        linked("2022-01-25", id="m"),
        offered("2022-02-01"),
        home_ready("2022-02-01", id="r"),
        housed("2022-02-10", id="h"),
    )
    found = cause_events(effective_events(history).events, PLACES, of)
    assert [event.id for event in found] == expected


@given(histories(most=12), st.integers(0, 12))
def test_every_state_has_one_of_the_causes(history: list[Recorded], until: int) -> None:
    assert cause_of_day(fold(effective_events(history).events[:until], PLACES), PLACES) in DAY_CAUSES


def spells(on: str, *events: Recorded) -> list[tuple[DayCause, str, str | None, int]]:
    """The causes of all days up to one."""
    told = cause_spells(stages(effective_events(log(*events)).events, PLACES), PLACES, date.fromisoformat(on))
    return [(one.cause, str(one.since), None if one.until is None else str(one.until), one.days) for one in told]


def test_every_day_from_the_permit_to_the_housing_is_put_down_to_one_cause() -> None:
    life = [*PAPERS, linked("2022-01-10"), home_ready("2022-02-01"), housed("2022-02-05")]
    assert spells("2022-06-30", *life) == [
        ("dossier", "2022-01-01", "2022-01-02", 1),
        ("unlinked", "2022-01-02", "2022-01-10", 8),
        ("home", "2022-01-10", "2022-02-01", 22),
        # The day of the housing is one of them: 36 days in all.
        ("leaving", "2022-02-01", "2022-02-06", 5),
    ]
    assert sum(days for *_, days in spells("2022-06-30", *life)) == (date(2022, 2, 5) - date(2022, 1, 1)).days + 1


def test_who_waits_still_waits_on_the_day_asked_and_who_left_no_longer() -> None:
    waits = [*PAPERS, linked("2022-01-10")]
    assert spells("2022-01-10", *waits)[-1] == ("home", "2022-01-10", None, 1)
    assert spells("2022-01-31", *waits)[-1] == ("home", "2022-01-10", None, 22)
    until_the_last = (date.max - date(2022, 1, 10)).days + 1
    assert spells("9999-12-31", *waits)[-1] == ("home", "2022-01-10", None, until_the_last)
    assert spells("9999-12-31", *waits, housed("9999-12-31"))[-1] == ("home", "2022-01-10", None, until_the_last)
    assert spells("2022-06-30", *waits, left("2022-02-01"))[-1] == ("home", "2022-01-10", "2022-02-01", 22)


def test_what_was_before_the_permit_is_put_down_to_nothing_and_a_return_goes_on() -> None:
    assert spells("2022-06-30", linked("2022-01-10")) == []
    back = [*PAPERS, linked("2022-01-10"), home_ready("2022-02-01"), housed("2022-02-05"), returned("2022-03-01")]
    assert spells("2022-03-10", *back)[-2:] == [
        ("leaving", "2022-02-01", "2022-03-01", 28),
        ("home", "2022-03-01", None, 10),
    ]
