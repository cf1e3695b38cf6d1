"""The feed: the log by type, source, municipality and half-year, in pages that follow each other."""

from __future__ import annotations

import pytest

from domain.codec import json_schema_of
from domain.facts import FACTS
from domain.period import Period
from service.queries.events import Selection, names_municipality, read_selected
from service.queries.feed import AT_PRESENT
from service.queries.question import open_log_question
from tests.api.reports import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    granted,
    home_ready,
    housed,
    linked,
    quota,
    said,
    source,
    withdrawn,
)
from tests.api.service_under_test import Service

A, B = "9999000001", "9999000002"
LINKED, HOUSED = "nl.ketenspoor.linked.v1", "nl.ketenspoor.housed.v1"


def ids(service: Service, **asked: str) -> list[str]:
    return [event["id"] for event in service.told("/v1/events", **asked)["items"]]


@pytest.fixture
def log(service: Service) -> Service:
    """Two journeys, a quota with a transfer, and a merger that was posted."""
    first = linked(A, "2021-03-10", id="linked A")
    service.post_all(
        [
            granted(A, "2021-03-01", id="granted A"),
            first,
            home_ready(A, "2021-06-20", id="ready A"),
            housed(A, "2021-07-02", id="housed A"),
            linked(B, "2021-05-01", AMERSFOORT, id="linked B"),
            quota("quota-published", "2021-03-29", "2021-II", id="quota", persons=11000),
            quota(
                "quota-transferred",
                "2021-09-01",
                "2021-II",
                id="transfer",
                transfers=[{"municipality": UTRECHT, "persons": 6}, {"municipality": AMERSFOORT, "persons": -6}],
            ),
            said("municipality-merged", "2021-08-01", id="merger", municipality=WEESP, into=AMSTERDAM, on="2021-08-01"),
        ]
    )
    service.post_all([withdrawn(A, first, at="2021-08-03T09:00:00Z", id="undone A")])
    service.post_all(
        [quota("event-withdrawn", "2021-07-01", by="ministry", id="undone quota", withdraws="quota", reason="Early")]
    )
    return service


def test_events_of_a_type_are_found(log):
    assert ids(log, type=LINKED) == ["linked A", "linked B"]


def test_events_of_several_types_are_found_in_order_of_position(log):
    assert ids(log, type=f"{HOUSED},{LINKED}") == ["linked A", "housed A", "linked B"]


def test_events_of_a_source_are_found(log):
    assert ids(log, source=source("ministry")) == ["quota", "undone quota"]
    assert ids(log, source=source("ministry")[:-1]) == []


def test_events_that_name_a_municipality_are_found_transfers_and_mergers_too(log):
    assert ids(log, municipality=UTRECHT) == ["linked A", "ready A", "housed A", "transfer"]
    assert ids(log, municipality=AMERSFOORT) == ["linked B", "transfer"]
    assert ids(log, municipality=WEESP) == ids(log, municipality=AMSTERDAM) == ["merger"]


def test_a_code_in_a_text_names_no_municipality(service):
    service.post_all([quota("quota-published", "2021-03-29", id="quota", persons=11000, reference=UTRECHT)])

    assert ids(service, municipality=UTRECHT) == []


def test_events_of_a_half_year_are_those_of_its_stream_and_what_held_of_journeys_in_it(log):
    assert ids(log, period="2021-I") == ["granted A", "linked A", "ready A", "linked B"]
    assert ids(log, period="2021-II") == ["housed A", "quota", "transfer", "undone A", "undone quota"]


def test_filters_narrow_each_other(log):
    assert ids(log, municipality=UTRECHT, period="2021-II", type=f"{HOUSED},{LINKED}") == ["housed A"]


def test_filters_narrow_what_was_known_and_had_held(log):
    assert ids(log, municipality=UTRECHT, validOn="2021-06-30") == ["linked A", "ready A"]
    assert ids(log, type=LINKED, knownAt="2021-03-10T09:00:00Z", knownBy="sender") == ["linked A"]
    assert ids(log, period="2021-II", atPosition="8") == ["housed A", "quota", "transfer"]


def test_every_field_that_holds_a_municipality_is_looked_at():
    of_a_code = {
        (topic, name)
        for topic, shape in FACTS.items()
        for name, schema in json_schema_of(shape)["properties"].items()
        if "GM[0-9]{4}" in str(schema)
    }

    assert {name for _, name in of_a_code} == {"municipality", "area", "into", "of", "transfers", "decisions"}
    assert all(names_municipality({name: UTRECHT}, UTRECHT) for name in ("municipality", "area", "into", "of"))
    assert names_municipality({"transfers": [{"municipality": UTRECHT, "persons": 1}]}, UTRECHT)
    assert names_municipality({"decisions": [{"municipality": UTRECHT, "on": "2021-08-24"}]}, UTRECHT)


def test_all_faults_of_a_selection_are_told_at_once_and_no_value_of_them(log):
    answer = log.get("/v1/events?type=nl.ketenspoor.linked.v1,gekoppeld&municipality=GM9999&period=2021-III&source=%00")

    assert answer.status_code == 400
    assert [(error["parameter"], error["code"]) for error in answer.json()["errors"]] == [
        ("type", "unknown-type"),
        ("source", "not-a-source"),
        ("period", "not-a-period"),
        ("municipality", "unknown-municipality"),
    ]
    for value in ("gekoppeld", "GM9999", "2021-III"):
        assert value not in answer.text


def test_a_municipality_that_a_merger_brings_is_known_from_then_on(service):
    assert service.get("/v1/events?municipality=GM9153").status_code == 400
    merger = {"into": "GM9153", "on": "2022-01-01", "name": "Twente", "province": "PV23"}
    service.post_all([said("municipality-merged", "2022-01-01", id="merger", municipality="GM0153", **merger)])

    assert ids(service, municipality="GM9153") == ["merger"]
    assert service.get("/v1/events?municipality=GM9153&atPosition=0").status_code == 400


def test_a_filter_that_stands_there_twice_is_refused(log):
    answer = log.get(f"/v1/events?type={LINKED}&type={HOUSED}")

    assert [error["code"] for error in answer.json()["errors"]] == ["doubled-parameter"]


# Pages


def test_pages_of_a_selection_follow_each_other_and_end(log):
    first = log.get(f"/v1/events?municipality={UTRECHT}&limit=3")
    second = log.get(first.links["next"]["url"])

    assert [event["id"] for event in first.json()["items"]] == ["linked A", "ready A", "housed A"]
    assert ([event["id"] for event in second.json()["items"]], second.links) == (["transfer"], {})


def test_a_cursor_is_of_its_selection_only(log):
    link = log.get(f"/v1/events?municipality={UTRECHT}&limit=3").links["next"]["url"]
    other = log.get(link.replace(UTRECHT, AMERSFOORT))

    assert (other.status_code, other.json()["errors"][0]["code"]) == (400, "not-a-cursor")


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_what_is_rare_is_found_however_far_apart_it_stands(log, at_once):
    with open_log_question(log.context.engine, AT_PRESENT, log.clock) as question:
        found = read_selected(question, 0, 100, Selection(period=Period(2021, 2)), at_once=at_once)

    assert [row.source_id for row in found.rows] == ["housed A", "quota", "transfer", "undone A", "undone quota"]
    assert found.continues_at is None


def test_one_request_looks_through_so_much_of_the_log_and_the_next_goes_on_behind_it(log):
    parts: list[tuple[list[str], int | None]] = []
    after: int | None = 0
    with open_log_question(log.context.engine, AT_PRESENT, log.clock) as question:
        while after is not None:
            found = read_selected(question, after, 100, Selection(municipality=AMERSFOORT), at_most=3)
            parts.append(([row.source_id for row in found.rows], found.continues_at))
            after = found.continues_at

    assert parts == [([], 3), (["linked B"], 6), (["transfer"], 9), ([], None)]
