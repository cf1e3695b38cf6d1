"""What is answered about a journey that was destroyed: gone, and the figures as they were."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from service.evidence.signed_notes import Signer
from service.intake.cloudevents import BATCH
from service.privacy.destruction import approve, destroy
from service.privacy.proposals import ProposalRefused, propose
from tests.api.at_once import Command
from tests.api.found import A, B, C, find, journey
from tests.api.reports import UTRECHT, granted, linked, said
from tests.api.service_under_test import NOW, Service

FIGURES = (
    "/v1/realisation?period=2021-I&groupBy=municipality",
    "/v1/norm-phases?from=2021-01-01&to=2021-12-31&groupBy=country",
    "/v1/norm-phases?from=2021-01-01&to=2021-12-31&groupBy=country&family=with",
    "/v1/backlog?from=2021-01-01&to=2021-06-30",
)
#: What is answered rests on what the store of the log tells, on either engine.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def filled(service: Service) -> Service:
    service.post_all(
        [
            granted(A, "2021-03-01", birthDate="1990-05-17"),
            linked(A, "2021-03-10"),
            said("housed", "2021-04-01", A, municipality=UTRECHT, accommodation="regular"),
            granted(B, "2021-03-01", birthDate="1991-05-17"),
        ]
    )
    return service


def destroyed(service: Service, *v_numbers: str) -> str:
    given = service.context
    streams = [given.keys.journey(one) for one in v_numbers]
    found = propose(given.engine, "first", NOW, streams, "asked for")
    approve(given.engine, "second", NOW, found.number, found.digest)
    destroy(given.engine, given.keys, lambda: NOW, Signer("x.example/log", given.keys.signing), found.number)
    return str(streams[0])


@ON_SQLITE
def test_a_question_about_a_destroyed_journey_is_answered_with_gone(filled: Service) -> None:
    other = journey(filled, B)
    stream = destroyed(filled, A)
    for path in ("", "/timeline", "/events"):
        answer = filled.get(f"/v1/journeys/{stream}{path}")
        assert (answer.status_code, answer.json()["title"]) == (410, "Destroyed"), path
        assert filled.get(f"/v1/journeys/{other}{path}").status_code == 200
    assert find(filled, A).status_code == 410


@ON_SQLITE
def test_what_is_posted_about_a_destroyed_journey_is_gone_too(filled: Service) -> None:
    repeat, new = linked(A, "2021-03-10"), linked(A, "2021-05-10")
    destroyed(filled, A)
    for event in (repeat, new):
        answer = filled.post(event)
        assert (answer.status_code, answer.headers["Content-Type"]) == (410, "application/problem+json")
        assert [fault["code"] for fault in answer.json()["errors"]] == ["destroyed"]
        assert A not in answer.text
    sent = json.dumps([repeat, linked(B, "2021-03-10")])
    told = filled.request("POST", "/v1/events", content=sent, headers={"Content-Type": BATCH}).json()
    assert [one["status"] for one in told["results"]] == ["rejected", "recorded"]
    assert told["results"][0]["problem"]["status"] == 410


def test_the_events_of_a_destroyed_journey_stay_in_the_log_and_say_so(filled: Service) -> None:
    before = filled.told("/v1/events")["items"]
    destroyed(filled, A)
    after = filled.told("/v1/events")["items"]
    assert [one["destroyed"] for one in after] == [True, True, True, False]
    assert [{**one, "destroyed": False} for one in after] == before
    assert filled.told("/v1/events/1")["event"]["destroyed"] is True
    assert "sealed" not in after[0]["data"] and "birthDate" not in after[0]["data"]


@ON_SQLITE
def test_whoever_had_several_v_numbers_is_destroyed_as_one_person(filled: Service) -> None:
    filled.post_all([granted(C, "2021-03-01"), said("v-number-replaced", "2021-05-01", C, replaces=A)])
    with pytest.raises(ProposalRefused, match="leaves out journeys of persons on it"):
        destroyed(filled, A)
    with pytest.raises(ProposalRefused, match="leaves out journeys of persons on it"):
        destroyed(filled, C)
    destroyed(filled, A, C)
    assert [one["destroyed"] for one in filled.told("/v1/events")["items"]] == [True, True, True, False, True, True]


def test_every_figure_is_as_it_was_and_rests_on_nothing_that_was_sealed(filled: Service, at_once: Command) -> None:
    before = [filled.get(url).text for url in FIGURES]
    destroyed(filled, A)
    destroyed(filled, B)
    assert [filled.get(url).text for url in FIGURES] == before
    env = {"KETENSPOOR_DATABASE_URL": filled.context.settings.database_url}
    for command in (["verify"], ["rebuild"], ["replay", "--until", "4"]):
        done = at_once(*command, env=env)
        assert done.returncode == 0, done.stderr
    assert [filled.get(url).text for url in FIGURES] == before


#: Of somebody who waits and is found fault with in several ways, and comes of age, and of whom family is awaited.
TELLING = [
    granted(A, "2021-03-01", birthDate="2004-05-17", unaccompaniedMinor=True),
    said("family-reunification-applied", "2021-03-05", A, persons=2),
    said("family-reunification-decided", "2021-03-20", A, granted=2, refused=0),
    linked(A, "2021-03-10"),
    linked(A, "2021-03-12"),
    said("guest-stay-started", "2021-04-01", A, until="2021-05-01"),
    said("offer-refused", "2021-04-05", A, municipality=UTRECHT, reason="te ver"),
    said("integration-duty-started", "2021-04-01", A, law="wi2021"),
    said("integration-term-set", "2021-04-01", A, endsOn="2021-09-01"),
    granted(B, "2021-03-01"),
    linked(B, "2021-03-10"),
    said("housed", "2021-04-01", B, municipality=UTRECHT, accommodation="hotel"),
    said("integration-duty-started", "2021-04-02", B, law="wi2021"),
]
WINDOW = "from=2021-01-01&to=2022-12-31"


def asked_of(table: dict[str, Any]) -> str:
    """A table as it is asked for."""
    names = {one["name"] for one in table["parameters"] if one["required"]}
    asked = [*([WINDOW] if "from" in names else []), *(["period=2021-I"] if "period" in names else [])]
    return "&".join([*asked, "validOn=2021-06-30"])


def figures_told(service: Service) -> list[str]:
    """Every table, of the smallest rows that it has."""
    tables = service.told("/v1/figures")["items"]
    answers = [service.get(f"{one['href']}?{asked_of(one)}&groupBy={one['groupBy'][-1]}") for one in tables]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.text for answer in answers]


def parts_told(service: Service) -> list[str]:
    """The explanation, and the report of changes since the beginning, of every cell with a value where they belong."""
    found = []
    for table in service.told("/v1/figures")["items"]:
        given = asked_of(table)
        rows = service.told(f"{table['href']}?{given}&groupBy={table['groupBy'][-1]}")["items"]
        for row in (one for one in rows if one["code"] in ("NL", UTRECHT)):
            at = {"code": row["code"]} | {one["name"]: str(row[one["name"]]) for one in table["dimensions"]}
            for column in table["columns"]:
                if row.get(column["name"]):
                    cell = urlencode(at | {"column": column["name"], "limit": "1000"})
                    for why in ("_explanation?", "_changes?fromPosition=0&"):
                        answer = service.get(f"{table['href']}/{why}{given}&{cell}")
                        assert answer.status_code == 200, answer.text
                        found.append(answer.text)
    return found


LISTS = (
    "/v1/journeys?validOn=2021-06-30",
    "/v1/journeys?validOn=2021-06-30&familyAwaited=true",
    "/v1/journeys?validOn=2021-06-30&format=csv",
    "/v1/deadlines?validOn=2021-06-30",
    "/v1/deadlines?validOn=2021-06-30&format=csv",
    "/v1/findings?validOn=2021-06-30",
    "/v1/findings?validOn=2021-06-30&format=csv",
)


@ON_SQLITE
def test_nothing_leads_to_a_destroyed_journey_any_more(service: Service) -> None:
    service.post_all(TELLING)
    stream, other = journey(service, A), journey(service, B)
    events = [one for one in service.told("/v1/events")["items"] if one["subject"] == stream]
    names = [f'"{one["id"]}"' for one in (item.get("event", item) for item in events)]
    lists = [service.get(url).text for url in LISTS]
    parts = parts_told(service)
    assert all(stream in text for text in lists)
    assert sum(stream in text for text in parts) > 40
    figures = figures_told(service)

    destroyed(service, A)

    after = [service.get(url) for url in LISTS]
    assert {answer.status_code for answer in after} == {200}
    told = [*(answer.text for answer in after), *(later := parts_told(service))]
    assert [text for text in told if stream in text or any(name in text for name in names)] == []
    # As many cells with as many parts, and the others are told as before.
    assert [text.count('"journey":') for text in later] == [text.count('"journey":') for text in parts]
    assert [text.count(other) for text in later] == [text.count(other) for text in parts]
    assert figures_told(service) == figures
    calendar = service.get("/v1/deadlines?validOn=2021-06-30&format=ics").text
    assert "BEGIN:VEVENT" in calendar and stream not in calendar and other not in calendar
