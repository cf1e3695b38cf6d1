"""Causes of waiting: labelled days, computed by hand from histories of one journey."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from domain.causes import Cause, waiting_causes
from domain.effective import effective_events_on
from domain.facts import (
    DossierItemCompleted,
    DossierItemLapsed,
    FamilyReunificationDecided,
    OfferRefused,
    Recorded,
    RefusalAssessed,
    ResidenceDocumentIssued,
)
from domain.journey import fold
from domain.norms import phases
from domain.places import Places
from tests.rules.histories import UTRECHT, applied, died, given, granted, home_ready, housed, linked, said

PLACES = Places.shipped()


def caused(events: Iterable[Recorded], on: str) -> list[tuple[str, str, str | None, int]]:
    """The causes of a history on a day, days as text."""
    day = date.fromisoformat(on)
    journey = fold(effective_events_on(given(*events), day), PLACES)
    found: tuple[Cause, ...] = waiting_causes(journey, phases(journey, PLACES), day)
    return [
        (one.label, one.since.isoformat(), None if one.until is None else one.until.isoformat(), one.days)
        for one in found
    ]


def decided(on: str, granted_persons: int = 2) -> Recorded:
    return said(on, FamilyReunificationDecided(granted_persons, 2 - granted_persons))


def test_waiting_for_family_lasts_from_the_application_until_the_decision():
    events = [granted("2021-03-01"), linked("2021-03-10"), applied("2021-03-15"), decided("2021-09-20", 0)]

    assert caused(events, "2021-09-01") == [("waiting-for-family", "2021-03-15", None, 170)]
    assert caused(events, "2021-12-31") == [("waiting-for-family", "2021-03-15", "2021-09-20", 189)]


def test_from_the_day_family_may_come_a_home_that_is_not_ready_is_the_cause():
    events = [
        granted("2021-03-01"),
        linked("2021-03-10"),
        applied("2021-03-15"),
        decided("2021-04-15"),
        home_ready("2021-06-01"),
        housed("2021-06-10"),
    ]

    assert caused(events, "2021-05-01") == [
        ("waiting-for-family", "2021-03-15", "2021-04-15", 31),
        ("home-not-ready-for-family", "2021-04-15", None, 16),
    ]
    assert caused(events, "2021-12-31") == [
        ("waiting-for-family", "2021-03-15", "2021-04-15", 31),
        ("home-not-ready-for-family", "2021-04-15", "2021-06-01", 47),
    ]


def test_waiting_ends_when_the_permit_holder_is_housed():
    events = [granted("2021-03-01"), applied("2021-03-15"), housed("2021-06-10"), decided("2021-09-20")]

    assert caused(events, "2021-12-31") == [("waiting-for-family", "2021-03-15", "2021-06-10", 87)]


def test_waiting_ends_when_the_journey_ends_without_housing():
    events = [granted("2021-03-01"), applied("2021-03-15"), died("2021-04-01")]

    assert caused(events, "2021-12-31") == [("waiting-for-family", "2021-03-15", "2021-04-01", 17)]


def test_an_item_completed_after_the_link_labels_the_days_from_the_link_and_one_before_it_none():
    events = [
        granted("2021-03-01"),
        said("2021-03-05", DossierItemCompleted("bsn")),
        linked("2021-03-10"),
        said("2021-03-24", DossierItemCompleted("medical")),
        said("2021-04-10", DossierItemCompleted("iban")),
    ]

    assert caused(events, "2021-12-31") == [
        ("dossier:iban", "2021-03-10", "2021-04-10", 31),
        ("dossier:medical", "2021-03-10", "2021-03-24", 14),
    ]


def test_an_item_that_lapsed_labels_the_days_until_it_was_completed_again():
    events = [
        granted("2021-03-01"),
        linked("2021-03-10"),
        said("2021-03-24", DossierItemCompleted("medical")),
        said("2021-04-01", DossierItemLapsed("medical")),
        said("2021-04-09", DossierItemCompleted("medical")),
    ]

    assert caused(events, "2021-04-05") == []
    assert caused(events, "2021-12-31") == [("dossier:medical", "2021-03-10", "2021-04-09", 30)]


def test_a_residence_document_after_the_link_labels_the_days_from_the_link():
    events = [granted("2021-03-01"), linked("2021-03-10"), said("2021-03-22", ResidenceDocumentIssued())]

    assert caused(events, "2021-12-31") == [("residence-document", "2021-03-10", "2021-03-22", 12)]


def test_a_refusal_labels_the_days_until_it_was_judged():
    events = [
        granted("2021-03-01"),
        linked("2021-03-10"),
        said("2021-05-12", OfferRefused(UTRECHT, "Too many stairs")),
        said("2021-05-19", RefusalAssessed(justified=True)),
        said("2021-06-01", OfferRefused(UTRECHT, "Too far from the clinic")),
    ]

    assert caused(events, "2021-06-11") == [
        ("refusal-under-assessment", "2021-05-12", "2021-05-19", 7),
        ("refusal-under-assessment", "2021-06-01", None, 10),
    ]


def test_a_spell_of_no_days_is_left_out():
    events = [granted("2021-03-01"), applied("2021-03-15"), decided("2021-03-15", 0)]

    assert caused(events, "2021-12-31") == []
