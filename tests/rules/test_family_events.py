"""The events behind a referent, family that arrived, a temporary stay, and a minor alone: named one by one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pytest

from domain.facts import (
    FamilyArrived,
    FamilyReunificationDecided,
    FamilyVisaIssued,
    GuestStayStarted,
    HomeReady,
    MovedToPermanentHome,
    PermitGranted,
    Recorded,
)
from domain.family_events import arrival_events, minor_events, referent_events, stay_events
from domain.field_types import PartialDate
from domain.places import Places
from tests.rules.histories import (
    AMERSFOORT,
    UTRECHT,
    applied,
    given,
    granted,
    home_ready,
    housed,
    linked,
    returned,
    said,
)

PLACES = Places.shipped()
LIFE = given(
    said("2021-03-01", PermitGranted("asylum", None, PartialDate(2004, 5), True), id="permit"),
    linked("2021-03-10", AMERSFOORT, id="first link"),
    linked("2021-04-01", id="second link"),
    linked("2021-04-02", id="linked again"),
    applied("2021-04-10", id="applied"),
    said("2021-04-11", FamilyReunificationDecided(1, 0), id="decided"),
    said("2021-04-12", FamilyVisaIssued(1), id="visa"),
    said("2021-04-13", FamilyArrived(1), id="arrived"),
    said("2021-04-14", FamilyArrived(2), id="arrived too"),
    said("2021-04-15", GuestStayStarted(), id="guest before"),
    said("2021-04-16", GuestStayStarted(), id="guest"),
    said("2021-04-20", PermitGranted("family", None, PartialDate(2003, 6)), id="born anew"),
    home_ready("2021-04-30", AMERSFOORT, id="ready elsewhere"),
    said("2021-05-01", HomeReady(UTRECHT, "hotel", until=date(2021, 9, 1)), id="ready"),
    said("2021-05-02", HomeReady(UTRECHT, "hotel"), id="ready too"),
    housed("2021-05-10", accommodation="hotel", id="housed"),
    housed("2021-05-11", accommodation="hotel", id="housed twice"),
    returned("2021-06-01", id="returned"),
)
FAMILY = {"applied", "decided", "visa", "arrived", "arrived too"}


def named(events: Iterable[Recorded]) -> set[str]:
    return {event.id for event in events}


def until(last: str) -> list[Recorded]:
    """The life up to an event."""
    return LIFE[: [event.id for event in LIFE].index(last) + 1]


@pytest.mark.parametrize(
    ("last", "belonging"),
    [
        ("born anew", {"second link"}),
        ("housed twice", {"second link", "housed"}),
        ("returned", {"second link", "returned"}),
    ],
)
def test_a_referent_is_all_of_the_family_and_where_they_belong_and_live(last: str, belonging: set[str]) -> None:
    assert named(referent_events(until(last), PLACES)) == FAMILY | belonging


def test_of_a_referent_no_more_is_shown_than_is_looked_at() -> None:
    assert named(referent_events(until("born anew"), PLACES, "decided", "arrived")) == {
        *("applied", "decided", "arrived", "arrived too"),
        "second link",
    }


def test_family_that_arrived_is_that_and_where_they_belong() -> None:
    assert named(arrival_events(until("ready"), PLACES, 1)) == {"arrived", "second link"}
    assert named(arrival_events(until("ready"), PLACES, 2)) == {"arrived too", "second link"}
    assert named(arrival_events(until("ready"), PLACES, 3)) == {"second link"}


def test_a_guest_is_the_permit_the_newest_stay_and_where_they_belong() -> None:
    assert named(stay_events(until("born anew"), PLACES)) == {"permit", "guest", "second link"}


def test_who_lives_temporarily_was_housed_and_had_a_home_ready() -> None:
    assert named(stay_events(until("housed"), PLACES)) == {"housed", "ready"}
    assert named(stay_events(given(housed("2021-05-10", accommodation="gva", id="h")), PLACES)) == {"h"}


def test_the_nights_of_a_stay_are_also_of_what_ended_it_the_day_after() -> None:
    stayed = given(
        housed("2021-05-10", accommodation="gva", id="h"),
        said("2021-06-01", MovedToPermanentHome("GM0344"), id="moved"),
        said("2021-07-01", MovedToPermanentHome("GM0344"), id="moved again"),
    )

    assert named(stay_events(stayed, PLACES, date(2021, 5, 31))) == {"h", "moved"}
    assert named(stay_events(stayed[:1], PLACES, date(2021, 5, 31))) == {"h"}


def test_a_minor_is_the_permit_what_says_that_they_are_alone_and_when_they_were_born() -> None:
    assert named(minor_events(until("ready"), PLACES)) == {"permit", "born anew", "second link"}
    assert named(minor_events(until("housed"), PLACES)) == {"permit", "born anew", "second link", "housed"}
    later = said("2021-04-20", PermitGranted("asylum", unaccompanied_minor=True), id="alone")
    assert named(minor_events(given(granted("2021-03-01", id="permit"), later), PLACES)) == {"permit", "alone"}
