"""Posting for another organisation: under a mandate, for what it covers and on its days, with both recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from service.storage.database import reading
from service.storage.service_tables import events
from tests.api.tokens import SUPPLIER, Guarded, guarded, oin
from tests.posts import COA, ENSCHEDE, HENGELO, V_NUMBER, event, linked

HOUSING = ["nl.ketenspoor.home-offered.v1", "nl.ketenspoor.home-ready.v1"]
MANDATE = f"""
[[mandate]]
holder = "{SUPPLIER}"
of = "{oin(ENSCHEDE)}"
types = {HOUSING}
from = 2022-07-10
until = 2022-07-20

[[mandate]]
holder = "{oin(HENGELO)}"
of = "{oin(ENSCHEDE)}"
from = 2022-07-15
"""
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def locked(sqlite_url: str) -> Iterator[Guarded]:
    with guarded(sqlite_url, more=MANDATE) as service:
        yield service


def offered(number: int, source: str = ENSCHEDE, municipality: str = "GM0153") -> dict[str, Any]:
    home = {"municipality": municipality, "accommodation": "regular"}
    return event("home-offered", source, f"o-{number}", vNumber=V_NUMBER, **home)


def refused(service: Guarded, posted: dict[str, Any], number: str) -> list[str]:
    answer = service.post_as(posted, number)
    assert answer.status_code == 403, answer.text
    return [error["code"] for error in answer.json()["errors"]]


def test_a_holder_posts_what_the_mandate_covers_and_both_are_recorded(database_url: str) -> None:
    with guarded(database_url, more=MANDATE) as service:
        headers = service.of_organisation(SUPPLIER) | {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        assert service.post(offered(1), **headers).status_code == 201
        assert service.post_as(offered(2)).status_code == 201
        with reading(service.context.engine) as connection:
            found = connection.execute(
                select(events.c.recorded_by, events.c.posted_by, events.c.trace_id).order_by(events.c.position)
            ).all()
        assert [row[:2] for row in found] == [(oin(ENSCHEDE), SUPPLIER), (oin(ENSCHEDE), None)]
        assert found[0].trace_id == bytes.fromhex(TRACE)
        assert len(found[1].trace_id) == 16


def test_both_are_told_to_who_reads_the_event(locked: Guarded) -> None:
    locked.post_as(offered(1), SUPPLIER)
    (told,) = locked.request("GET", "/v1/events", headers=locked.of_role("coa")).json()["items"]
    assert (told["recordedBy"], told["postedBy"]) == (oin(ENSCHEDE), SUPPLIER)


def test_a_mandate_covers_its_types_alone(locked: Guarded) -> None:
    moved = event("moved-to-permanent-home", ENSCHEDE, vNumber=V_NUMBER, municipality="GM0153")
    assert refused(locked, moved, SUPPLIER) == ["not-your-source"]
    assert locked.post_as(moved, oin(HENGELO)).status_code == 201


def test_a_mandate_is_for_its_organisation_alone(locked: Guarded) -> None:
    assert refused(locked, offered(1, HENGELO, "GM0164"), SUPPLIER) == ["not-your-source"]
    assert refused(locked, linked(), SUPPLIER) == ["not-your-source"]
    assert refused(locked, offered(2), oin(COA)) == ["not-your-source"]


def test_a_mandate_gives_no_more_than_its_organisation_may_say(locked: Guarded) -> None:
    assert refused(locked, offered(1, municipality="GM0164"), oin(HENGELO)) == ["not-your-municipality"]
    as_coa = event("linked", ENSCHEDE, vNumber=V_NUMBER, municipality="GM0153")
    assert refused(locked, as_coa, oin(HENGELO)) == ["no-authority"]


def test_who_holds_mandates_says_nothing_in_its_own_name(locked: Guarded) -> None:
    assert refused(locked, offered(1, f"urn:nld:oin:{SUPPLIER}:systeem:x"), SUPPLIER) == ["no-authority"]


@pytest.mark.parametrize(
    ("now", "status"),
    [
        # Days are those of Amsterdam, where it is two hours later.
        (datetime(2022, 7, 9, 21, 59, tzinfo=UTC), 403),
        (datetime(2022, 7, 9, 22, 0, tzinfo=UTC), 201),
        (datetime(2022, 7, 20, 21, 59, tzinfo=UTC), 201),
        (datetime(2022, 7, 20, 22, 0, tzinfo=UTC), 403),
    ],
)
def test_a_mandate_holds_from_its_first_day_to_its_last(sqlite_url: str, now: datetime, status: int) -> None:
    with guarded(sqlite_url, now, MANDATE) as service:
        assert service.post_as(offered(1), SUPPLIER).status_code == status


def test_a_mandate_without_an_end_goes_on(sqlite_url: str) -> None:
    with guarded(sqlite_url, datetime(2049, 7, 1, tzinfo=UTC), MANDATE) as service:
        assert service.post_as(offered(1), oin(HENGELO)).status_code == 201


def test_what_was_posted_is_the_same_whoever_of_both_posts_it_again(locked: Guarded) -> None:
    first = locked.post_as(offered(1), SUPPLIER)
    again = locked.post_as(offered(1))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["position"] == again.json()["position"]
