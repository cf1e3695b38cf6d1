"""The NLGov REST API Design Rules 2.2 on the document as it is served; each test names the rule that it holds to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from projections.figures import FIGURES
from service.http.openapi import specification

DOCUMENT: dict[str, Any] = json.loads(specification.text())
OPERATIONS = [
    (path, method, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]
NAMES = [f"{method} {path}" for path, method, _ in OPERATIONS]
every_operation = pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=NAMES)

#: What collections are called; what is none of them is one thing (a log, a backlog, what was realised).
PLURAL = {"areas", "municipalities", "journeys", "norm-phases", "event-types", "published-figures", "periods"}
PLURAL |= {"events", "reconciliations", "rejections", "figures", "deadlines", "norm-sets", *FIGURES}
SINGLE = {"realisation", "backlog", "log", "checkpoint", "inclusion", "consistency", "key", "timeline", "session"}
SINGLE |= {"audit-log", "processing-log", "registry"}


def properties(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of every schema."""
    if isinstance(value, dict):
        if isinstance(value.get("properties"), dict):
            yield from ((name, held) for name, held in value["properties"].items() if isinstance(held, dict))
        for held in value.values():
            yield from properties(held)
    elif isinstance(value, list):
        for held in value:
            yield from properties(held)


def formats(schema: Any) -> set[str]:
    """Every format that a schema may have."""
    if isinstance(schema, list):
        return {each for one in schema for each in formats(one)}
    if not isinstance(schema, dict):
        return set()
    own = {schema["format"]} if isinstance(schema.get("format"), str) else set()
    return own | {each for name in ("anyOf", "oneOf", "allOf", "items") for each in formats(schema.get(name))}


def segments(path: str) -> list[str]:
    """Without those that are identifiers; the root of an API has none."""
    return [part for part in path.split("/")[1:] if part and not part.startswith("{")]


@every_operation
def test_resources_are_named_by_nouns_and_collections_in_plural(path, method, operation):
    """/core/naming-resources, /core/naming-collections, /core/resource-operations"""
    named = {part for part in segments(path) if not part.startswith("_")}

    assert named - PLURAL - SINGLE == set()
    # What stands before an identifier is a collection.
    before = re.findall(r"/([^/{]+)/\{", path)
    assert set(before) <= PLURAL
    # What is asked of a resource beyond reading and adding stands last, behind a low line.
    assert all(not part.startswith("_") or path.endswith(f"/{part}") for part in segments(path))


@every_operation
def test_no_path_ends_with_a_slash(path, method, operation):
    """/core/no-trailing-slash; the root alone may have it."""
    assert path in ("/", path.removesuffix("/"))


@every_operation
def test_paths_are_written_in_kebab_case(path, method, operation):
    """/core/path-segments-kebab-case"""
    kebab = r"/|(/([a-z0-9-]+|\{[a-z][A-Za-z]*\}))*(/_[a-z]+)?"

    assert re.fullmatch(kebab, path)


@every_operation
def test_keys_of_a_query_are_written_in_camel_case(path, method, operation):
    """/core/query-keys-camel-case"""
    keys = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]

    assert [key for key in keys if not re.fullmatch(r"[a-z][a-z\d]*([A-Z][a-z\d]*)*", key)] == []


@every_operation
def test_only_the_methods_of_the_rules_are_used_and_reading_has_no_body(path, method, operation):
    """/core/http-methods, /core/http-safety"""
    assert method in {"get", "post", "put", "patch", "delete"}
    assert method == "post" or "requestBody" not in operation


@every_operation
def test_no_person_is_named_in_an_address(path, method, operation):
    """/core/transport/no-sensitive-uris"""
    named = {one["name"].lower() for one in operation.get("parameters", ()) if one["in"] in ("query", "path")}

    assert named & {"vnumber", "bsn", "iban", "name", "birthdate", "naam", "household"} == set()


@every_operation
def test_every_answer_tells_the_version(path, method, operation):
    """/core/version-header"""
    for status, answer in operation["responses"].items():
        assert answer["headers"]["API-Version"] == {"$ref": "#/components/headers/ApiVersion"}, status


@every_operation
def test_every_refusal_is_a_problem(path, method, operation):
    """/core/error-handling/problem-details"""
    refusals = {status: answer for status, answer in operation["responses"].items() if status >= "400"}

    assert {"400", "401", "403", "429", "500"} <= refusals.keys()
    for status, answer in refusals.items():
        problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        assert answer["content"] == problem, status


def test_a_problem_has_its_status_its_title_and_its_detail():
    """/core/error-handling/problem-details"""
    assert {"status", "title", "detail"} <= set(DOCUMENT["components"]["schemas"]["Problem"]["required"])


@every_operation
def test_invalid_input_is_400_and_never_422(path, method, operation):
    """/core/error-handling/invalid-input"""
    assert "400" in operation["responses"]
    assert "422" not in operation["responses"]


@every_operation
def test_what_is_asked_of_who_asks_is_told(path, method, operation):
    """/core/doc-openapi: a reader of the document learns which requests need a token."""
    needed = [way for way in operation["security"] if way]
    # A token may do for one of two scopes; each way names one.
    ways = list(dict.fromkeys(name for way in needed for name in way))
    assert ways in (["token", "session"], ["token"])
    assert all(len(way["token"]) == 1 for way in needed if "token" in way)
    assert DOCUMENT["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_the_document_is_openapi_3():
    """/core/doc-openapi"""
    assert re.fullmatch(r"3(\.\d+){1,2}", DOCUMENT["openapi"])


def test_the_document_says_whom_to_turn_to():
    """/core/doc-openapi-contact"""
    assert all(DOCUMENT["info"]["contact"][name] for name in ("name", "url", "email"))


def test_the_version_is_one_of_semantic_versioning():
    """/core/semver"""
    assert re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", DOCUMENT["info"]["version"])


def test_servers_are_reached_by_tls_and_carry_the_major_version():
    """/core/transport/tls, /core/uri-version"""
    assert [server["url"] for server in DOCUMENT["servers"]] == ["https://ketenspoor.example/v1"]
    assert not any(path.startswith("/v1") for path in DOCUMENT["paths"])


def test_what_is_called_a_date_has_no_time_and_what_is_called_on_neither():
    """/core/date-time/date-omit-time-portion"""
    dates = [(name, formats(held)) for name, held in properties(DOCUMENT) if re.search(r"(Date|Datum|On)$", name)]

    assert len(dates) > 20
    assert [(name, found) for name, found in dates if found and found != {"date"}] == []


def test_what_is_called_at_is_an_instant():
    """/core/date-time/format"""
    instants = [(name, formats(held)) for name, held in properties(DOCUMENT) if re.search("[a-z]At$", name)]

    assert len(instants) > 5
    assert [(name, found) for name, found in instants if found != {"date-time"}] == []


def test_no_time_is_without_its_zone():
    """/core/date-time/timezone"""
    assert {each for _, held in properties(DOCUMENT) for each in formats(held)} & {"time", "date-time-local"} == set()


def test_no_name_of_a_column_shows():
    """/core/hide-implementation; the standard for the processing log names its fields in its own way."""
    names = [name for name, _ in properties(DOCUMENT) if not name.startswith("dpl.core.")]

    assert [name for name in names if "_" in name] == []
