"""The OpenAPI document: committed as it is served, valid, complete, and true of the answers that are given."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from domain.authority import AUTHORITY
from domain.codec import fields_of
from domain.facts import FACTS
from domain.places import Places
from projections.figures import FIGURES
from service.access.caller import DEVELOPER
from service.foundation import organisations
from service.http.openapi import specification
from service.http.openapi.event_types import EXAMPLES
from service.http.routes import index
from service.intake.cloudevents import BATCH, LINES, ONE
from service.intake.references import Poster
from service.intake.validation import ValidationContext, validate_event
from service.log.keys import DEVELOPMENT_KEY, Keyring
from service.log.submission import Admitted
from service.queries.formats import MEDIA_TYPES
from tests.api.reports import granted, linked
from tests.api.service_under_test import Service, serving

COMMITTED = Path(__file__).parents[2] / "openapi" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(specification.text())
A = "9999000001"


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield f"/v1{path}", method, operation


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in the document."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from objects(item)


# As it is committed and served


def test_the_committed_document_is_the_one_this_version_makes():
    assert COMMITTED.read_text("utf-8") == specification.text(), "run `ketenspoor openapi`"


def test_the_document_is_served_to_any_page_without_a_redirect(service):
    answer = service.request("GET", index.OPENAPI)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.text == specification.text()


def test_lists_of_events_do_not_promise_those_of_today_only():
    for path in ("/areas/{area}/events", "/events"):
        (valid_on,) = (one for one in DOCUMENT["paths"][path]["get"]["parameters"] if one["name"] == "validOn")
        assert "of events whatever day" in valid_on["description"]


def test_an_example_names_its_fields_in_the_order_of_the_contract():
    assert [*EXAMPLES["permits-forecast-published.v1"]["data"]] == ["effectiveOn", "area", "from", "to", "persons"]


def test_other_answers_are_for_no_other_page(service):
    assert "access-control-allow-origin" not in service.get("/v1/periods").headers


def test_its_lines_are_sorted_and_end_with_a_newline():
    assert specification.text() == json.dumps(DOCUMENT, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


# As the rules for government APIs ask


def test_it_is_a_valid_document():
    validate(DOCUMENT)

    assert DOCUMENT["openapi"].startswith("3.1")


def test_it_says_whom_to_turn_to_where_it_is_served_and_which_version_it_is():
    info = DOCUMENT["info"]

    assert set(info["contact"]) == {"name", "url", "email"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", info["version"])
    assert [server["url"].startswith("https://") for server in DOCUMENT["servers"]] == [True]


def test_every_operation_has_a_name_of_its_own_in_camel_case():
    names = [operation["operationId"] for _, _, operation in operations()]

    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch("[a-z]+([A-Z][a-z]+)*", name)] == []


JSON, CSV = "application/json", "text/csv"
#: What answers in another way than as JSON alone.
ANSWERED = {
    "get /v1/areas/{area}/events": [JSON, CSV],
    "get /v1/deadlines": [JSON, "text/calendar", CSV],
    "get /v1/events": [JSON, CSV, "text/event-stream"],
    "get /v1/findings": [JSON, CSV],
    "get /v1/journeys": [JSON, CSV],
    "get /v1/journeys/{journey}/events": [JSON, CSV],
    "get /v1/rejections": [JSON, CSV],
    **{
        f"get /v1/{table}": sorted(MEDIA_TYPES.values())
        for name in FIGURES
        for table in (f"figures/{name}", *({name} & {"realisation", "backlog", "norm-phases"}))
    },
    "get /v1/log/checkpoint": ["text/plain"],
    "post /v1/log/checkpoint": ["text/plain"],
    "get /v1/log/key": ["text/plain"],
}


def test_every_answer_carries_the_version_and_every_refusal_is_a_problem():
    for path, method, operation in operations():
        assert {"400", "500"} <= operation["responses"].keys(), (path, method)
        assert "422" not in operation["responses"], (path, method)
        for status, response in operation["responses"].items():
            assert "API-Version" in response["headers"], (path, method, status)
            kinds = ["application/problem+json"] if status >= "400" else ANSWERED.get(f"{method} {path}", [JSON])
            assert [*response["content"]] == kinds, (path, method, status)


def test_nothing_of_the_frameworks_own_refusals_is_left():
    assert "ValidationError" not in specification.text().replace("HTTPValidationError", "ValidationError")


def test_paths_and_query_parameters_are_written_as_the_rules_ask():
    for path, _, operation in operations():
        segments = [segment for segment in path.split("/")[1:] if segment and not segment.startswith("{")]
        assert [one for one in segments if not re.fullmatch("_?[a-z0-9]+(-[a-z0-9]+)*", one)] == []
        queries = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]
        assert [name for name in queries if not re.fullmatch("[a-z]+([A-Z][a-z]+)*", name)] == []


def test_no_property_is_named_a_date_that_is_an_instant():
    for schema in objects(DOCUMENT["components"]["schemas"]):
        for name, held in (schema.get("properties") or {}).items():
            if isinstance(held, dict) and "date-time" in json.dumps(held):
                assert not re.search("(Date|Datum)", name), name


def test_every_operation_is_there_to_be_asked(service):
    assert len([*operations()]) == 33 + 3 * len(FIGURES)
    for path, method, _ in operations():
        there = path.format(journey="0f4d1c1e-7a0b-8c3e-9a44-0c7e5f1a2b3d", position=1, id=1, area="NL")
        answer = service.request(method, f"{there}?notAParameter=1")

        assert answer.json()["errors"][0]["code"] == "unknown-parameter", (path, method)


def test_what_takes_a_cursor_tells_of_its_link():
    pages = {path for path, _, operation in operations() if "Link" in operation["responses"]["200"]["headers"]}

    assert pages == {
        "/v1/areas/{area}/events",
        "/v1/audit-log",
        "/v1/deadlines",
        "/v1/events",
        "/v1/findings",
        "/v1/journeys",
        "/v1/journeys/{journey}/events",
        "/v1/processing-log",
        "/v1/rejections",
        *(f"/v1/figures/{name}/{why}" for name in FIGURES for why in ("_explanation", "_changes")),
    }


# Types of events


def test_every_type_of_event_has_its_schema_and_its_example_in_posting():
    posting = DOCUMENT["paths"]["/events"]["post"]
    content = posting["requestBody"]["content"]

    assert [*EXAMPLES] == [*FACTS]
    assert set(content) == {ONE, BATCH, LINES, "application/json"}
    assert {one["value"]["type"] for one in content[ONE]["examples"].values()} == {
        f"nl.ketenspoor.{topic}" for topic in FACTS
    }
    assert {"200", "201", "400", "403", "409", "413", "415", "503"} <= posting["responses"].keys()


def test_personal_fields_are_marked_in_every_schema():
    for topic, shape in FACTS.items():
        schema = DOCUMENT["components"]["schemas"][_schema_name(topic)]["properties"]
        personal = {field.json_name for field in fields_of(shape) if field.type.personal}
        marked = {name for name, held in schema.items() if held.get("x-personal")}

        assert marked - {"vNumber"} == personal, topic


def _schema_name(topic: str) -> str:
    return "".join(part.capitalize() for part in re.split("[-.]", topic)) + "Data"


@pytest.mark.parametrize("topic", FACTS)
def test_every_example_is_admitted_and_fits_its_schema(topic):
    registry, keys = organisations.development, Keyring(DEVELOPMENT_KEY)
    given = ValidationContext(date(2022, 7, 15), Places.shipped(), registry, keys, Poster(DEVELOPER))
    judged = validate_event(EXAMPLES[topic], given)

    assert isinstance(judged, Admitted), judged
    assert faults("PostedEvent", EXAMPLES[topic]) == []


def test_an_event_that_does_not_fit_its_type_does_not_fit_the_schema_either():
    assert faults("PostedEvent", linked(A, "2021-03-10", "Utrecht")) != []
    assert faults("PostedEvent", granted(A, "2021-03-10") | {"type": "nl.ketenspoor.linked.v1"}) != []


def test_the_types_are_served_with_who_may_say_them(service):
    service.post_all(EXAMPLES.values())
    items = service.told("/v1/event-types")["items"]

    assert [item["type"] for item in items] == [f"nl.ketenspoor.{topic}" for topic in FACTS]
    assert {item["type"]: item["authority"] for item in items} == {
        f"nl.ketenspoor.{topic}": list(kinds) for topic, kinds in AUTHORITY.items()
    }
    assert items[0]["about"] == ["journey"] and items[-1]["about"] == [*("journey", "period", "area", "reference")]
    for item in items:
        OAS31Validator.check_schema(item["schema"])
        assert [*OAS31Validator(item["schema"]).iter_errors(item["example"]["data"])] == []


# True of the answers


def faults(schema: str, value: Any) -> list[str]:
    """How a value departs from a schema of the document."""
    whole = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    return [error.message for error in OAS31Validator(whole).iter_errors(value)]


def described_as(path: str, method: str, status: int) -> str:
    """The schema that the document names for an answer."""
    content, *_ = DOCUMENT["paths"][path.removeprefix("/v1")][method]["responses"][str(status)]["content"].values()
    named: str = content["schema"]["$ref"]
    return named.rpartition("/")[2]


@pytest.fixture
def told(sqlite_url: str) -> Iterator[Service]:
    """A service that was told every example, one thing wrong, and of somebody who waits."""
    with serving(sqlite_url) as service:
        service.post_all([*EXAMPLES.values(), granted("9999000077", "2022-06-01")])
        service.post(linked("9999000077", "2022-06-10", "GM9999"))
        yield service


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/v1/realisation", {"period": "2021-II"}),
        ("/v1/realisation", {"period": "2021-II", "groupBy": "province"}),
        ("/v1/realisation", {"period": "2021-II", "groupBy": "municipality"}),
        ("/v1/realisation", {"period": "2019-I"}),
        ("/v1/backlog", {"from": "2021-01-01", "to": "2022-06-30"}),
        ("/v1/backlog", {"from": "2021-01-01", "to": "2022-06-30", "municipality": "GM0344"}),
        ("/v1/norm-phases", {"from": "2021-01-01", "to": "2022-06-30"}),
        ("/v1/periods", {"knownAt": "2022-01-01T00:00:00Z", "knownBy": "sender"}),
        ("/v1/journeys", {}),
        ("/v1/journeys/{journey}", {}),
        ("/v1/journeys/{journey}", {"validOn": "2020-01-01"}),
        ("/v1/journeys/{journey}/events", {}),
        ("/v1/journeys/{journey}/timeline", {}),
        ("/v1/areas/{area}/events", {}),
        ("/v1/events", {}),
        ("/v1/events/{position}", {}),
        ("/v1/rejections", {}),
        ("/v1/rejections/{id}", {}),
        ("/v1/municipalities", {}),
        ("/v1/periods", {}),
        ("/v1/event-types", {}),
        ("/v1/published-figures", {"period": "2021-II"}),
        ("/v1/published-figures", {"period": "2021-II", "knownAt": "2022-01-01T00:00:00Z", "knownBy": "sender"}),
    ],
)
def test_an_answer_is_as_it_is_described(told, path, asked):
    journey = told.told("/v1/events/1")["event"]["subject"]
    answer = told.get(path.format(journey=journey, position=1, id=1, area="GM0344"), **asked)

    assert answer.status_code == 200, answer.text
    assert faults(described_as(path, "get", 200), answer.json()) == []


def test_what_posting_and_finding_answer_is_as_it_is_described(told):
    event = granted("9999000078", "2022-06-01")
    recorded, repeated = told.post(event), told.post(event)
    found = told.request("POST", "/v1/journeys/_find", json={"vNumber": "9999000078"})
    batch = told.request(
        "POST",
        "/v1/events",
        content=json.dumps([event, {}, linked("9999000078", "2022-06-10")]),
        headers={"Content-Type": BATCH},
    )

    assert (recorded.status_code, repeated.status_code, batch.status_code) == (201, 200, 200)
    assert faults("Receipt", recorded.json()) == faults("Receipt", repeated.json()) == []
    assert faults("BatchReceipt", batch.json()) == []
    assert faults("Found", found.json()) == []


def test_what_a_reconciliation_answers_is_as_it_is_described(told):
    told.follow()
    theirs = "vNumber,housedOn\n9999000001,2021-06-10\n9999000002,2021-06-11\n9999000077,2021-06-12\n"
    kind = {"Content-Type": "text/csv"}
    answer = told.request("POST", "/v1/reconciliations?period=2021-I", content=theirs, headers=kind)

    assert [item["category"] for item in answer.json()["items"]] == ["same", "only-there", "only-there"]
    assert faults("Reconciliation", answer.json()) == []


@pytest.mark.parametrize("url", ["/v1/realisation", "/v1/events/99", "/v1/nowhere", "/v1/journeys/_find"])
def test_a_refusal_is_a_problem_as_it_is_described(told, url):
    assert faults("Problem", told.get(url).json()) == []
