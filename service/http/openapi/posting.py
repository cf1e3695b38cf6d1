"""`POST /v1/events` as the OpenAPI document tells it: the four forms, every type with its example, and the answers."""

from __future__ import annotations

from typing import Any

from domain.facts import FACTS
from service.foundation.event_types import TYPE_PREFIX
from service.http.openapi.event_types import about, data_schema
from service.http.openapi.examples import EXAMPLES
from service.intake.cloudevents import BATCH, LINES, MOST_EVENTS, ONE

ADDRESS = "/v1/events"


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _name(topic: str) -> str:
    """`permit-granted.v1` as the name of a schema: `PermitGrantedV1`."""
    return "".join(part.capitalize() for part in topic.replace(".", "-").split("-"))


_TEXT = {"type": "string", "minLength": 1, "maxLength": 256}
_ENVELOPE: dict[str, Any] = {
    "specversion": {"const": "1.0"},
    "id": {**_TEXT, "description": "With `source` it identifies the event for ever; holds no personal number"},
    "source": {**_TEXT, "description": "A URN that holds the sender's OIN", "pattern": "[0-9]{20}"},
    "time": {"type": "string", "format": "date-time", "description": "When the sender recorded it"},
    "datacontenttype": {"const": "application/json"},
    "dataschema": {"type": "string", "description": "An absolute URI"},
    "dataref": {"type": "string", "description": "An https address or a relative one, which is never fetched here"},
}
_SUBJECT = {"type": "string", "format": "uuid", "description": "The journey's id, as this service returned it"}


def _event(topic: str) -> dict[str, Any]:
    of_a_person = {"subject": _SUBJECT} if "journey" in about(topic) else {}
    own = {"type": {"const": f"{TYPE_PREFIX}{topic}"}, "data": _ref(f"{_name(topic)}Data")}
    return {
        "type": "object",
        "description": FACTS[topic].__doc__,
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {**_ENVELOPE, **of_a_person, **own},
    }


_POSITION = {"type": "integer", "minimum": 1}
_JOURNEY = {"type": ["string", "null"], "format": "uuid"}
_COUNTS: dict[str, Any] = {name: {"type": "integer", "minimum": 0} for name in ("recorded", "repeated", "rejected")}

SCHEMAS: dict[str, Any] = {
    **{f"{_name(topic)}Data": data_schema(topic) for topic in FACTS},
    **{_name(topic): _event(topic) for topic in FACTS},
    "PostedEvent": {
        "description": "A CloudEvent of one of the types of this service",
        "oneOf": [_ref(_name(topic)) for topic in FACTS],
        "discriminator": {
            "propertyName": "type",
            "mapping": {f"{TYPE_PREFIX}{topic}": _ref(_name(topic))["$ref"] for topic in FACTS},
        },
    },
    "Receipt": {
        "type": "object",
        "description": "An event is in the log; the same again for every repeat",
        "additionalProperties": False,
        "required": ["id", "position", "journey", "version", "recordedAt", "status"],
        "properties": {
            "id": {"type": "string"},
            "position": _POSITION,
            "journey": _JOURNEY,
            "version": {"type": "integer", "minimum": 1},
            "recordedAt": {"type": "string", "format": "date-time"},
            "status": {"const": "recorded"},
        },
    },
    "BatchReceipt": {
        "type": "object",
        "description": "What became of many events; of NDJSON only the lines that were not plainly recorded",
        "additionalProperties": False,
        "required": [*_COUNTS, "lastPosition", "results"],
        "properties": {
            **_COUNTS,
            "lastPosition": {"type": ["integer", "null"]},
            "results": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["index", "id", "status"],
                    "properties": {
                        "index": {"type": "integer", "minimum": 0},
                        "id": {"type": ["string", "null"]},
                        "status": {"enum": list(_COUNTS)},
                        "position": _POSITION,
                        "journey": {"type": "string", "format": "uuid"},
                        "problem": _ref("Problem"),
                    },
                },
            },
        },
    },
}

_EVENTS = [EXAMPLES["permit-granted.v1"], EXAMPLES["linked.v1"]]


def _examples(of_data: bool) -> dict[str, Any]:
    return {
        topic.partition(".")[0]: {"summary": FACTS[topic].__doc__, "value": event["data"] if of_data else event}
        for topic, event in EXAMPLES.items()
    }


def _header(
    name: str,
    schema: dict[str, Any],
    description: str = "Binary mode only: an attribute of the event, percent-encoded",
) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": description, "schema": schema}


OPERATION: dict[str, Any] = {
    "operationId": "post_events",
    "tags": ["events"],
    "summary": "Post Events",
    "description": (
        "Record one event (structured or binary mode), a batch of at most 5,000, or a file's worth of lines. Sending "
        "an event again changes nothing and is answered as the first time. An acknowledged event is durable. The body "
        "is UTF-8, with or without a byte order mark, and may be compressed (`Content-Encoding: gzip`); JSON data may "
        "also come as `data_base64`."
    ),
    "parameters": [
        {
            "name": "atomic",
            "in": "query",
            "description": "Of a batch: all events are recorded or none",
            "schema": {"type": "boolean", "default": False},
        },
        _header(
            "If-Match",
            {"type": "string", "example": '"3"'},
            "Of a single event: record it only if its stream has this version, the ETag of an earlier post or, in "
            "quotes, the `version` of an event that was read; else 412",
        ),
        _header("ce-specversion", {"const": "1.0"}),
        _header("ce-id", _TEXT),
        _header("ce-source", _TEXT),
        _header("ce-type", {"enum": [f"{TYPE_PREFIX}{topic}" for topic in FACTS]}),
        _header("ce-time", {"type": "string", "format": "date-time"}),
        _header("ce-subject", _SUBJECT),
    ],
    "requestBody": {
        "required": True,
        "content": {
            ONE: {"schema": _ref("PostedEvent"), "examples": _examples(of_data=False)},
            BATCH: {
                "schema": {"type": "array", "maxItems": MOST_EVENTS, "items": _ref("PostedEvent")},
                "example": _EVENTS,
            },
            LINES: {"schema": {"type": "string", "description": "One event a line, any number of them"}},
            "application/json": {
                "schema": {
                    "description": "Binary mode: the data of an event; its attributes are in ce- headers",
                    "anyOf": [_ref(f"{_name(topic)}Data") for topic in FACTS],
                },
                "examples": _examples(of_data=True),
            },
        },
    },
    "responses": {
        "200": {
            "description": "A repeat, answered like the first time; of a batch or lines, what became of each",
            "content": {"application/json": {"schema": {"oneOf": [_ref("Receipt"), _ref("BatchReceipt")]}}},
        },
        "201": {
            "description": "Recorded",
            "headers": {
                "Location": {"description": "The event in the log", "schema": {"type": "string"}},
                "ETag": {"description": "The version of its stream", "schema": {"type": "string"}},
            },
            "content": {"application/json": {"schema": _ref("Receipt")}},
        },
        **{status: {} for status in ("400", "403", "408", "409", "410", "412", "413", "415", "500", "503")},
    },
}
