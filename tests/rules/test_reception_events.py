"""The events behind a permit, a link, an offer, or what is said of a person in reception: named one by one."""

from __future__ import annotations

import pytest

from domain.facts import (
    AdaptedHomeNeeded,
    FamilyReunificationDecided,
    GuestStayStarted,
    PermitGranted,
    ReceptionPlaced,
    ResidenceDocumentIssued,
)
from domain.field_types import PartialDate
from domain.places import Places
from domain.reception_events import link_events, offer_events, permit_events, reception_events
from tests.rules.histories import (
    AMERSFOORT,
    accepted,
    applied,
    assessed,
    completed,
    given,
    granted,
    home_ready,
    housed,
    lapsed,
    link_ended,
    linked,
    offered,
    refused,
    returned,
    said,
)

PLACES = Places.shipped()
LIFE = given(
    said("2021-03-01", PermitGranted("asylum", "H-1", PartialDate(2004, 5), True), id="permit"),
    said("2021-03-02", ReceptionPlaced("OV-GLD"), id="placed"),
    *completed("2021-03-03", "bsn", id="bsn"),
    *completed("2021-03-03", "digid", id="digid"),
    linked("2021-03-10", AMERSFOORT, id="first link"),
    lapsed("2021-03-11", "bsn", id="bsn lapsed"),
    linked("2021-04-01", household="H-2", id="second link"),
    offered("2021-04-05", id="offered"),
    refused("2021-04-06", id="refused"),
    assessed("2021-04-07", justified=True, id="judged"),
    assessed("2021-04-08", justified=False, id="judged anew"),
    refused("2021-04-09", AMERSFOORT, id="refused elsewhere"),
    applied("2021-04-10", id="applied"),
    said("2021-04-11", FamilyReunificationDecided(1, 0), id="decided"),
    said("2021-04-12", AdaptedHomeNeeded("other"), id="adapted"),
    said("2021-04-13", ResidenceDocumentIssued(), id="document"),
    said("2021-04-14", GuestStayStarted(), id="guest"),
    granted("2021-04-15", "family", id="permit again"),
    linked("2021-04-16", id="linked again"),
    accepted("2021-04-20", id="accepted"),
    home_ready("2021-05-01", id="ready"),
    housed("2021-05-10", id="housed"),
    returned("2021-06-01", id="returned"),
)
THERE = {"permit", "second link", "returned"}


def test_a_permit_is_the_first_in_force() -> None:
    assert [event.id for event in permit_events(LIFE)] == ["permit"]
    assert permit_events([]) == []


def test_a_link_is_what_began_it_and_what_ended_it() -> None:
    def behind(turn: int) -> set[str]:
        return {event.id for event in link_events(LIFE, PLACES, turn)}

    assert behind(1) == {"first link", "second link"}
    assert behind(2) == {"second link"}
    assert behind(3) == set()
    ended = given(linked("2021-03-10", id="l"), link_ended("2021-04-01", id="end"))
    assert {event.id for event in link_events(ended, PLACES, 1)} == {"l", "end"}


def test_a_refusal_is_told_with_its_newest_assessment_and_what_was_accepted_after_it() -> None:
    def behind(turn: int) -> list[str]:
        return [event.id for event in offer_events(LIFE, PLACES, turn)]

    assert behind(1) == ["offered"]
    assert behind(2) == ["refused", "judged anew", "accepted"]
    assert behind(3) == ["refused elsewhere"]
    assert behind(4) == ["accepted"]
    assert behind(5) == []


@pytest.mark.parametrize(
    ("aspect", "besides"),
    [
        ("region", {"placed"}),
        ("guest", {"guest"}),
        ("household", {"second link"}),
        ("born", {"permit"}),
        ("dossier", {"bsn lapsed"}),
        ("document", {"document"}),
        ("adapted", {"adapted"}),
        ("family", {"applied", "decided"}),
        ("refusal", {"refused", "judged anew"}),
    ],
)
def test_a_person_in_reception_is_permit_link_and_return_and_what_says_the_aspect(
    aspect: str, besides: set[str]
) -> None:
    assert {event.id for event in reception_events(LIFE, PLACES, [aspect])} == THERE | besides


def test_without_an_aspect_a_person_is_there_and_with_all_nothing_is_missing() -> None:
    assert {event.id for event in reception_events(LIFE, PLACES, [])} == THERE
    every = "region", "guest", "household", "born", "dossier", "document", "adapted", "family", "refusal"
    found = {event.id for event in reception_events(LIFE, PLACES, every)}
    assert found == THERE | {
        *("placed", "guest", "bsn lapsed", "document", "adapted", "applied", "decided", "refused", "judged anew"),
    }
