"""Who died, left, came back or moved, in the tables of people: what was done stays counted, who is gone is no more.

Eight permit holders in The Hague, seen on 30 June 2022, with what is counted of them worked out by hand.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.reports import granted, housed, link_ended, linked, returned, said
from tests.api.service_under_test import Service

THE_HAGUE = "GM0518"
Events = list[dict[str, Any]]


def _in_reception(nth: int, permit_on: str = "2021-12-01") -> tuple[str, Events]:
    person = f"99990016{nth:02d}"
    return person, [granted(person, permit_on), linked(person, "2021-12-05", THE_HAGUE)]


def _here(person: str, on: str, accommodation: str) -> dict[str, Any]:
    return housed(person, on, THE_HAGUE, accommodation)


def _moved(person: str, on: str) -> dict[str, Any]:
    return said("moved-to-permanent-home", on, person, municipality=THE_HAGUE)


def _journeys() -> Events:
    naturalised, of_naturalised = _in_reception(1)
    died, of_died = _in_reception(2)
    back, of_back = _in_reception(3)
    at_once, of_at_once = _in_reception(4)
    guest, of_guest = _in_reception(5)
    left, of_left = _in_reception(6)
    own_home, permit_holder = "9999001607", granted("9999001607", "2021-09-01")
    _, of_waiting = _in_reception(8)
    complete = [
        said("dossier-item-completed", "2021-09-03", own_home, item=item, id=f"{item} 07")
        for item in ("bsn", "identity-document", "iban")
    ]
    return [
        # A permit that ended moves nobody out; but of family and integration nothing is left.
        *of_naturalised,
        said("family-reunification-applied", "2021-12-20", naturalised, persons=3),
        _here(naturalised, "2022-01-10", "intermediate"),
        said("integration-duty-started", "2022-01-20", naturalised, law="wi2021"),
        said("family-arrived", "2022-02-10", naturalised, persons=1),
        said("permit-ended", "2022-04-01", naturalised, reason="naturalised"),
        *of_died,
        _here(died, "2022-02-01", "hotel"),
        said("died", "2022-03-01", died),
        # Housed, on to a lasting home, back in reception and housed again.
        *of_back,
        _here(back, "2022-01-15", "intermediate"),
        _moved(back, "2022-03-01"),
        returned(back, "2022-04-01"),
        _here(back, "2022-05-01", "intermediate"),
        # On to a lasting home on the day they were housed.
        *of_at_once,
        _moved(at_once, "2022-03-01"),
        _here(at_once, "2022-03-01", "intermediate"),
        # The home ended the stay with hosts, and that does not come back with the return.
        *of_guest,
        said("guest-stay-started", "2022-01-10", guest),
        _here(guest, "2022-02-01", "regular"),
        returned(guest, "2022-03-01"),
        *of_left,
        said("guest-stay-started", "2022-04-01", left),
        said("left-unknown-destination", "2022-05-01", left),
        # Found a home: 98 days after 1 September is 8 December.
        permit_holder,
        linked(own_home, "2021-09-05", THE_HAGUE),
        *complete,
        said("residence-document-issued", "2021-09-06", own_home),
        link_ended(own_home, "2022-01-10"),
        _here(own_home, "2022-01-20", "with-family"),
        *of_waiting,
    ]


@pytest.fixture(scope="module")
def service(shared_service: Service) -> Service:
    shared_service.post_all(_journeys())
    shared_service.follow()
    return shared_service


ASKED: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        # 172 nights since 10 January; from 15 January to 28 February 45, and 61 since 1 May.
        "who lives in an intermediate home: whose permit ended, and who came back; not who moved at once",
        "temporary?{window}",
        {"accommodation": "intermediate"},
        {"persons": 2, "openEnded": 2, "overdue": 0, "nights": 172 + 45 + 61},
    ),
    (
        "who died lives nowhere, and lived in a hotel for February",
        "temporary?{window}",
        {"accommodation": "hotel"},
        {"persons": 0, "overdue": 0, "within6": 0, "nights": 28},
    ),
    (
        # From 10 to 31 January, and April.
        "nobody is a guest: who was housed, and who left",
        "temporary?{window}",
        {"accommodation": "guest"},
        {"persons": 0, "overdue": 0, "nights": 22 + 30},
    ),
    (
        # After 45 days and at once; two came back.
        "moves stay counted, also from a home that was lost",
        "moves?{window}",
        {},
        {"moved": 2, "days": 22.5, "returned": 2},
    ),
    (
        # Of the guest the only housing was undone; of who came back the second counts.
        "who is housed, whatever came after",
        "handovers?{window}",
        {},
        {"housed": 5, "warm": 0, "written": 0, "none": 5, "shareWarm": 0.0},
    ),
    (
        # Back in reception, and waiting.
        "whose file was complete when they were housed, and who is open",
        "dossiers?{window}",
        {},
        {"linked": 0, "housed": 5, "completeAtHousing": 1, "shareAtHousing": 0.2, "open": 2, "completeNow": 0},
    ),
    (
        # Housed on 1 May, 151 days after the permit, never with a file: 53 days. Found a home after 141 days: 23 + 9
        # with a link and no home, 11 without a link.
        "where the days went of who found a home, and of who came back",
        "lateness?{window}",
        {},
        {"persons": 2, "days": 53 + 43, "dossier": 53, "home": 32, "unlinked": 11, "leaving": 0, "document": 0},
    ),
    (
        # The one who came back on 1 March and the one who was never housed: since 5 December; 207 days.
        "who waits for a home",
        "waiting?",
        {"phase": "housing"},
        {"persons": 2, "overNorm": 2, "median": 207.0},
    ),
]


@pytest.mark.parametrize(("question", "asked", "row", "expected"), ASKED, ids=[one[0] for one in ASKED])
def test_what_is_counted_of_who_died_left_came_back_or_moved(
    service: Service, question: str, asked: str, row: dict[str, Any], expected: dict[str, Any]
) -> None:
    window = "from=2022-01-01&to=2022-06-30&"
    path = f"{asked.format(window=window)}groupBy=municipality&validOn=2022-06-30"
    items = service.told(f"/v1/figures/{path}")["items"]
    (found,) = (one for one in items if one["code"] == THE_HAGUE and row.items() <= one.items())

    assert {name: found[name] for name in expected} == expected, question


@pytest.mark.parametrize(
    ("table", "before", "after"),
    [("family", 1, 0), ("integration", 1, 0), ("family-arrivals?from=2022-01-01&to=2022-12-31", 1, 0)],
)
def test_whose_permit_ended_is_in_no_family_figure_and_has_nothing_to_integrate(
    service: Service, table: str, before: int, after: int
) -> None:
    asked = f"/v1/figures/{table}{'&' if '?' in table else '?'}groupBy=municipality&validOn="

    assert len(service.told(f"{asked}2022-03-31")["items"]) == before
    assert len(service.told(f"{asked}2022-04-01")["items"]) == after
