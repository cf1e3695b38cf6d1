"""Lists as CSV: a page at a time, with the same links, the same rights and the same masking as in JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.reports import Event, granted, linked, withdrawn
from tests.api.service_under_test import Service, serving
from tests.api.tokens import Guarded, guarded, oin
from tests.posts import COA, ENSCHEDE, IND

PEOPLE = [f"99990000{n:02d}" for n in range(7)]
GRANTS: list[Event] = [granted(one, "2021-03-01", id=f"=permit {one[-2:]}", birthDate="1990-05") for one in PEOPLE]
#: The fifth and the sixth are Enschede's.
LINKS = [linked(one, "2021-03-10", "GM0153" if one[-1] in "56" else "GM0344") for one in PEOPLE]


@pytest.fixture(scope="module")
def service(shared_sqlite_url: str) -> Iterator[Service]:
    with serving(shared_sqlite_url) as running:
        running.post_all([*GRANTS, *LINKS, withdrawn(PEOPLE[0], LINKS[0], at="2022-07-01T08:00:00Z")])
        for n in range(3):
            assert running.post(linked(PEOPLE[0], "2021-03-10", "GM9999", id=f"wrong {n}")).status_code == 400
        running.follow()
        yield running


@pytest.fixture(scope="module")
def with_rights(another_sqlite_url: Any) -> Iterator[Guarded]:
    with guarded(another_sqlite_url(), client_rate=0, public_rate=0) as running:
        for one in (*GRANTS, *LINKS):
            assert running.post_as(one).status_code == 201
        assert running.post_as(linked(PEOPLE[0], "2021-03-10", "GM9999", id="wrong")).status_code == 400
        running.follow()
        yield running


def lines(answer: httpx.Response, **form: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), **form))


def both(service: Service, url: str, **headers: str) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """The same list as JSON and as CSV."""
    as_json, as_csv = (
        service.request("GET", url, headers={**headers, "Accept": accept})
        for accept in ("application/json", "text/csv")
    )
    assert as_json.status_code == 200, as_json.text
    return as_json.json()["items"], lines(as_csv)


def test_who_waits_is_listed_with_days_and_numbers(service):
    items, rows = both(service, "/v1/journeys?validOn=2021-06-30")

    assert len(rows) == len(items) == 7
    assert rows == [{name: "" if value is None else str(value) for name, value in item.items()} for item in items]


def test_the_log_is_listed_with_its_data_as_json_and_its_ids_never_computed(service):
    items, rows = both(service, "/v1/events?limit=1000")

    assert [row["position"] for row in rows] == [str(item["position"]) for item in items]
    assert [json.loads(row["data"]) for row in rows] == [item["data"] for item in items]
    assert [row["id"].removeprefix("'") for row in rows] == [item["id"] for item in items]
    assert not any(value.startswith("=") for row in rows for value in row.values())
    assert [row["subject"] for row in rows] == [item["subject"] for item in items]
    (withdrawn_link,) = (row for row in rows if row["inForce"] == "false" and row["withdrawnById"])
    assert withdrawn_link["id"] == LINKS[0]["id"]
    assert (rows[0]["sealed"], rows[0]["destroyed"], rows[0]["streamKind"]) == ("true", "false", "journey")


def test_the_events_of_one_journey_and_what_was_refused_are_lists_too(service):
    journey = service.journey(PEOPLE[1])
    items, rows = both(service, f"/v1/journeys/{journey}/events")
    assert [row["id"].removeprefix("'") for row in rows] == [item["id"] for item in items] and len(rows) == 2

    items, rows = both(service, "/v1/rejections")
    assert [json.loads(row["errors"]) for row in rows] == [item["errors"] for item in items] and len(rows) == 3
    assert [row["eventId"] for row in rows] == ["wrong 0", "wrong 1", "wrong 2"]


@pytest.mark.parametrize("url", ["/v1/journeys?validOn=2021-06-30&", "/v1/events?", "/v1/rejections?"])
def test_the_pages_of_a_list_lead_to_each_other_and_together_are_the_whole(service, url):
    whole = lines(service.request("GET", f"{url}format=csv&limit=1000"))
    found, following = [], f"{url}limit=2&format=csv"
    while following:
        answer = service.request("GET", following)
        page = lines(answer)
        assert len(page) <= 2
        found += page
        following = answer.links.get("next", {}).get("url", "")

    assert found == whole and len(whole) >= 3


def test_a_page_says_in_its_headers_what_it_rests_on(service):
    answer = service.request("GET", "/v1/journeys?validOn=2021-06-30&format=csv")

    assert answer.headers["ketenspoor-valid-on"] == "2021-06-30"
    assert answer.headers["ketenspoor-position"] == str(service.position())
    assert answer.headers["content-disposition"] == 'attachment; filename="journeys.csv"'
    assert answer.headers["vary"] == "Accept"


def test_in_dutch_a_list_has_dutch_heads_and_semicolons(service):
    answer = service.request("GET", "/v1/journeys?validOn=2021-06-30&format=csv&labels=nl")

    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert [*lines(answer, delimiter=";")[0]] == [
        "Traject",
        "Gemeente",
        "Fase",
        "Aan zet",
        "Sinds",
        "Dagen",
        "Uiterlijk op",
        "Dagen te laat",
        "Wat",
        "Oorzaak",
    ]


def test_a_list_has_no_other_form_than_csv(service):
    answer = service.request("GET", "/v1/journeys?format=xlsx")

    assert [one["code"] for one in answer.json()["errors"]] == ["not-one-of"]
    parquet = service.request("GET", "/v1/journeys", headers={"Accept": "application/vnd.apache.parquet"})
    assert parquet.status_code == 406


def test_a_form_that_is_named_is_given_to_who_would_take_a_stream(service):
    answer = service.request("GET", "/v1/events?format=csv", headers={"Accept": "text/event-stream"})

    assert len(lines(answer)) == 15


def test_rights_are_those_of_the_list_in_json(with_rights):
    own = with_rights.of_organisation(oin(ENSCHEDE))
    for url, by_coa, by_enschede in (("/v1/journeys?validOn=2021-06-30", 7, 2), ("/v1/events", 14, 4)):
        items, rows = both(with_rights, url, **own)
        assert len(items) == len(rows) == by_enschede
        assert len(both(with_rights, url, **with_rights.of_organisation(oin(COA)))[1]) == by_coa
    for url in ("/v1/journeys?format=csv", "/v1/events?format=csv", "/v1/rejections?format=csv"):
        assert with_rights.request("GET", url).status_code == 401
        assert with_rights.request("GET", url, headers=with_rights.of_role("analyst")).status_code == 403
    assert both(with_rights, "/v1/rejections", **with_rights.of_organisation(oin(IND)))[1] == []
    assert len(both(with_rights, "/v1/rejections", **with_rights.of_organisation(oin(COA)))[1]) == 1


def test_nothing_that_is_sealed_stands_in_a_file(with_rights):
    for role in ("coa", "auditor", "municipality"):
        for url in ("/v1/events?format=csv", "/v1/journeys?format=csv&validOn=2021-06-30", "/v1/rejections?format=csv"):
            text = with_rights.request("GET", url, headers=with_rights.of_role(role)).text
            assert not any(number in text for number in PEOPLE), (role, url)
