"""What a municipality is told of its own events of who lives elsewhere now: what to set right, and not where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.reports import Event, granted, home_ready, housed, linked
from tests.api.tokens import Guarded, guarded, oin
from tests.posts import COA, ENSCHEDE, HENGELO, IND

STAYED, MOVED = "9999000011", "9999000022"
OURS, HENGELOS = "GM0153", "GM0164"
DAY = "validOn=2022-07-01"
# Enschede says of both that a home was ready that Hengelo was asked for; one of them is housed in Hengelo afterwards.
WRONG = {person: home_ready(person, "2022-05-20", OURS) for person in (STAYED, MOVED)}
EVENTS: list[Event] = [
    granted(STAYED, "2022-05-01"),
    granted(MOVED, "2022-05-01"),
    linked(STAYED, "2022-05-10", HENGELOS),
    linked(MOVED, "2022-05-10", HENGELOS),
    *WRONG.values(),
    linked(STAYED, "2022-06-01", OURS),
    housed(MOVED, "2022-06-10", HENGELOS),
]


@pytest.fixture(scope="module")
def service(another_sqlite_url: Any) -> Iterator[Guarded]:
    with guarded(another_sqlite_url(), client_rate=0, public_rate=0) as running:
        for one in EVENTS:
            assert running.post_as(one).status_code == 201, one
        running.follow()
        yield running


def asked(service: Guarded, by: str, more: str = "") -> Any:
    return service.request("GET", f"/v1/findings?{DAY}{more}", headers=service.of_organisation(oin(by)))


def listed(service: Guarded, by: str, more: str = "") -> dict[str, tuple[str | None, str | None]]:
    """The journey and the municipality of each finding at a home of Enschede's, by the id of that event."""
    items = asked(service, by, f"&finding=home-ready-elsewhere{more}").json()["items"]
    return {one["event"]["id"]: (one["journey"], one["municipality"]) for one in items}


def journey(service: Guarded, v_number: str) -> str:
    return str(service.context.keys.journey(v_number))


def test_an_event_of_who_lives_elsewhere_is_told_without_whose_it_is_and_where_they_are(service):
    stayed, moved = WRONG[STAYED]["id"], WRONG[MOVED]["id"]

    assert listed(service, ENSCHEDE) == {stayed: (journey(service, STAYED), OURS), moved: (None, None)}
    text = asked(service, ENSCHEDE).text + asked(service, ENSCHEDE, "&format=csv").text
    assert moved in text
    assert journey(service, MOVED) not in text and HENGELOS not in text


def test_where_somebody_lives_is_not_found_by_asking_for_each_municipality(service):
    assert listed(service, ENSCHEDE, f"&municipality={OURS}").keys() == {WRONG[STAYED]["id"]}
    elsewhere = asked(service, ENSCHEDE, f"&municipality={HENGELOS}&limit=1")
    nowhere = asked(service, ENSCHEDE, "&municipality=GM0003&limit=1")
    assert elsewhere.json() == nowhere.json() and elsewhere.json()["items"] == []
    assert "link" not in elsewhere.headers


def test_pages_of_some_that_are_left_out_lead_to_all_others(service):
    found, url = [], f"/v1/findings?{DAY}&limit=1&municipality={OURS}"
    while url:
        answer = service.request("GET", url, headers=service.of_organisation(oin(ENSCHEDE)))
        assert len(answer.json()["items"]) == 1
        found += answer.json()["items"]
        url = answer.links.get("next", {}).get("url", "")
    assert found == asked(service, ENSCHEDE, f"&municipality={OURS}").json()["items"]


def test_who_reads_every_journey_is_told_of_all(service):
    assert listed(service, COA) == {
        WRONG[STAYED]["id"]: (journey(service, STAYED), OURS),
        WRONG[MOVED]["id"]: (journey(service, MOVED), HENGELOS),
    }
    twice = granted(MOVED, "2022-05-02")
    assert service.post_as(twice).status_code == 201
    service.follow()
    (item,) = asked(service, IND, "&finding=permit-granted-again").json()["items"]
    assert (item["journey"], item["municipality"]) == (journey(service, MOVED), HENGELOS)
    assert asked(service, HENGELO, "&finding=home-ready-elsewhere").json()["items"] == []
