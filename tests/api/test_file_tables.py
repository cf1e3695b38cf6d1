"""Files, documents, moves and handovers over HTTP: what a cell is made of, and the events behind each part."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.found import A, B, journey
from tests.api.reports import Event, granted, home_ready, housed, linked, said
from tests.api.service_under_test import Service

WINDOW = {"from": "2021-01-01", "to": "2021-12-31", "validOn": "2021-12-31"}


def item(who: str, on: str, name: str) -> Event:
    return said("dossier-item-completed", on, who, item=name, id=f"{name} {who[-4:]}")


@pytest.fixture(scope="module")
def told(shared_service: Service) -> Service:
    """A is linked, has a home ready and no account; B is housed in a hotel, was handed over, and moved on."""
    shared_service.post_all(
        [
            granted(A, "2021-01-01", id="permit of A"),
            item(A, "2021-01-11", "bsn"),
            item(A, "2021-01-12", "identity-document"),
            said("residence-document-issued", "2021-01-21", A, id="document of A"),
            linked(A, "2021-02-01", id="link of A"),
            said("adapted-home-needed", "2021-02-05", A, kind="wheelchair", id="adapted A"),
            home_ready(A, "2021-03-01", id="home of A"),
            granted(B, "2021-01-01", id="permit of B"),
            linked(B, "2021-02-01", id="link of B"),
            said("handover-held", "2021-02-10", B, municipality="GM0344", form="warm", id="handover of B"),
            housed(B, "2021-03-01", accommodation="hotel", id="housing of B"),
            said("moved-to-permanent-home", "2021-04-10", B, municipality="GM0344", id="move of B"),
        ]
    )
    return shared_service


def behind(service: Service, figure: str, column: str, **dimensions: str) -> list[tuple[Any, list[str]]]:
    """Of each part of a cell of Utrecht what it adds or is of, and the events behind it."""
    asked = {**WINDOW, "code": "GM0344", "column": column, **dimensions}
    parts = service.told(f"/v1/figures/{figure}/_explanation", **asked)["parts"]
    return [
        (part.get("adds", part.get("value", part.get("numerator"))), [event["id"] for event in part["events"]])
        for part in sorted(parts, key=lambda part: part["journey"] != str(journey(service, A)))
    ]


def test_behind_a_file_at_the_link_are_the_link_and_its_items_by_then(told: Service) -> None:
    assert behind(told, "dossiers", "missingIban") == [
        (1, ["bsn 0001", "identity-document 0001", "link of A"]),
        (1, ["link of B"]),
    ]
    assert behind(told, "dossiers", "adaptedDays") == [(-4, ["link of A", "adapted A"])]


def test_behind_who_cannot_sign_are_the_home_and_what_there_is_of_the_file(told: Service) -> None:
    assert behind(told, "dossiers", "cannotSign") == [
        (1, ["permit of A", "bsn 0001", "identity-document 0001", "document of A", "link of A", "home of A"]),
    ]


def test_behind_a_document_are_the_permit_and_what_was_first_had_or_who_waits_for_it(told: Service) -> None:
    assert behind(told, "documents", "median", item="bsn") == [(10, ["permit of A", "bsn 0001"])]
    assert behind(told, "documents", "mean", item="residence-document") == [(20, ["permit of A", "document of A"])]
    # From 1 January to 31 December.
    assert behind(told, "documents", "openMedian", item="iban") == [(364, ["permit of A", "link of A"])]


def test_behind_a_move_and_a_handover_are_the_housing_and_what_was_held(told: Service) -> None:
    assert behind(told, "moves", "days") == [(40, ["housing of B", "move of B"])]
    assert behind(told, "handovers", "warm") == [(1, ["handover of B", "housing of B"])]
    assert behind(told, "handovers", "housed") == [(1, ["housing of B"])]
    assert behind(told, "dossiers", "completeAtHousing") == []
    assert behind(told, "dossiers", "housed") == [(1, ["housing of B"])]
