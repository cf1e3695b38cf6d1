"""What belongs to a housing, and the events behind housings, links and documents: named one by one."""

from __future__ import annotations

from datetime import date

import pytest

from domain.facts import (
    AdaptedHomeNeeded,
    HandoverHeld,
    MovedToPermanentHome,
    Recorded,
    ResidenceDocumentIssued,
)
from domain.file_events import document_events, housing_events, link_and_aspect_events
from domain.housings import first_moves, handed_over
from domain.journey import fold
from domain.places import Places
from domain.reception_events import reception_events
from tests.rules.histories import (
    AMERSFOORT,
    UTRECHT,
    accepted,
    completed,
    given,
    granted,
    home_ready,
    housed,
    lapsed,
    linked,
    returned,
    said,
)

PLACES = Places.shipped()
LIFE = given(
    *completed("2021-02-01", "bsn", id="bsn"),
    granted("2021-03-01", id="permit"),
    said("2021-03-05", ResidenceDocumentIssued(), id="document"),
    *completed("2021-03-06", "iban", id="iban"),
    *completed("2021-03-06", "digid", id="digid"),
    said("2021-03-07", HandoverHeld(UTRECHT, "warm"), id="too early"),
    linked("2021-03-10", id="link"),
    lapsed("2021-03-10", "iban", id="iban lapsed"),
    said("2021-03-11", AdaptedHomeNeeded("other"), id="adapted"),
    said("2021-03-12", AdaptedHomeNeeded("wheelchair"), id="adapted too"),
    *completed("2021-03-20", "iban", id="iban again"),
    said("2021-04-01", ResidenceDocumentIssued(), id="document again"),
    said("2021-04-02", HandoverHeld(AMERSFOORT, "written"), id="written"),
    home_ready("2021-04-20", id="ready"),
    housed("2021-05-01", id="housed"),
    said("2021-05-01", HandoverHeld(UTRECHT, "warm"), id="warm"),
    said("2021-05-02", HandoverHeld(UTRECHT, "warm"), id="too late"),
    *completed("2021-05-03", "identity-document", id="identity"),
    said("2021-06-01", MovedToPermanentHome(UTRECHT), id="moved"),
    said("2021-06-02", MovedToPermanentHome(UTRECHT), id="moved too"),
    returned("2021-06-10", id="returned"),
    housed("2021-08-01", AMERSFOORT, id="housed again"),
    said("2021-09-01", MovedToPermanentHome(AMERSFOORT), id="moved again"),
)


def names(events: object) -> list[str]:
    return [event.id for event in events if isinstance(event, Recorded)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("turn", "aspect", "besides"),
    [
        (1, (), []),
        (1, ("move",), ["moved"]),
        (1, ("dossier",), ["bsn", "iban again"]),
        (1, ("handover",), ["written", "warm"]),
        (3, ("move",), ["moved again"]),
        (3, ("dossier",), ["bsn", "iban again", "identity"]),
    ],
)
def test_behind_a_housing_is_what_is_looked_at_by_its_day(
    turn: int, aspect: tuple[str, ...], besides: list[str]
) -> None:
    housing = {1: "housed", 3: "housed again"}[turn]
    assert names(housing_events(LIFE, PLACES, turn, aspect)) == [housing, *besides]


def test_behind_a_return_is_the_housing_too_and_behind_one_that_is_not_there_nothing() -> None:
    assert names(housing_events(LIFE, PLACES, 2, ("move",))) == ["housed", "returned"]
    assert names(housing_events(LIFE, PLACES, 4)) == []


def test_behind_a_link_is_the_file_of_its_first_day_or_the_first_need_of_an_adapted_home() -> None:
    assert names(link_and_aspect_events(LIFE, PLACES, 1)) == ["link"]
    assert names(link_and_aspect_events(LIFE, PLACES, 1, ("dossier",))) == ["link", "bsn", "iban lapsed"]
    assert names(link_and_aspect_events(LIFE, PLACES, 1, ("adapted",))) == ["link", "adapted"]


def test_behind_a_document_are_the_permit_and_what_was_first_had() -> None:
    assert names(document_events(LIFE, "residence-document")) == ["permit", "document"]
    assert names(document_events(LIFE, "iban")) == ["permit", "iban"]
    assert names(document_events(LIFE, "brp-registration")) == ["permit"]
    passing = given(
        granted("2021-03-01", id="permit"),
        *completed("2021-03-10", "iban", id="iban", at="2021-03-10T08:00:00+00:00"),
        lapsed("2021-03-10", "iban", id="lapsed", at="2021-03-10T09:00:00+00:00"),
        *completed("2021-03-12", "iban", id="iban again"),
    )
    assert names(document_events(passing, "iban")) == ["permit", "iban again"]


def test_behind_who_waits_for_an_item_or_could_move_in_are_its_newest_and_the_home() -> None:
    before = [event for event in LIFE if event.effective_on < date(2021, 5, 1)]
    assert set(names(reception_events(before, PLACES, ("iban",)))) == {"permit", "link", "iban again"}
    assert set(names(reception_events(before, PLACES, ("residence-document",)))) == {
        *("permit", "link", "document again"),
    }
    assert set(names(reception_events(before, PLACES, ("home",)))) == {"permit", "link", "ready"}
    offers = given(
        *(granted("2021-03-01", id="permit"), accepted("2021-03-02", id="before"), linked("2021-03-10", id="link")),
        *(accepted("2021-03-11", AMERSFOORT, id="elsewhere"), accepted("2021-03-12", id="accepted")),
    )
    assert set(names(reception_events(offers, PLACES, ("home",)))) == {"permit", "link", "accepted"}


def test_the_first_move_of_each_housing_is_by_days_and_a_warm_handover_counts_before_a_written_one() -> None:
    journey = fold(LIFE, PLACES)
    assert first_moves(journey.housings, journey.moves) == [date(2021, 6, 1), date(2021, 9, 1)]
    assert first_moves(journey.housings, [date(2021, 4, 30)]) == [None, None]
    assert first_moves([], journey.moves) == []
    first, second = journey.housings
    assert handed_over(first, journey.handovers) == "warm"
    assert handed_over(first, journey.handovers[:2]) == "written"
    assert handed_over(first, journey.handovers[:1]) == "none"
    # The link stood on, so what was held under it before the first housing counts for the second too.
    assert handed_over(second, journey.handovers) == "warm"
