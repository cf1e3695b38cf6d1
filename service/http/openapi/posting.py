"""`POST /v1/events` as the OpenAPI document tells it: the four forms, every type with its example, and the answers."""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from domain.facts import FACTS
from service.foundation.version import TYPE_PREFIX
from service.http.openapi.event_types import EXAMPLES, about, data_schema
from service.intake.attributes import MOST_CHARACTERS_OF_A_KEY
from service.intake.cloudevents import BATCH, LINES, MOST_EVENTS, ONE
from service.intake.receipts import BatchReceipt, Receipt, Result
from service.log.submission import EventResult

ADDRESS = "/v1/events"


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _name(topic: str) -> str:
    """`permit-granted.v1` as the name of a schema: `PermitGrantedV1`."""
    return "".join(part.capitalize() for part in topic.replace(".", "-").split("-"))


_TEXT = {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS_OF_A_KEY}
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


def _of_receipts() -> dict[str, Any]:
    """The schemas of what is sent for posts, from the structs that are sent."""
    structs = (Receipt, BatchReceipt, Result)
    _, found = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    schemas: dict[str, Any] = {struct.__name__: _closed(found[struct.__name__]) for struct in structs}
    result = schemas.pop("Result")
    del result["description"]
    # In the order in which they are written, and not by the alphabet.
    result["properties"]["status"] = {"enum": list(get_args(EventResult))}
    schemas["BatchReceipt"]["properties"]["results"]["items"] = result
    return schemas


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object that holds nothing else, written as the others are: null among the types of a value."""
    properties = {name: _property(value) for name, value in schema["properties"].items()}
    kept = {name: schema[name] for name in ("type", "description", "required")}
    return {**kept, "additionalProperties": False, "properties": properties}


def _property(schema: dict[str, Any]) -> dict[str, Any]:
    match schema:
        case {"anyOf": [{"type": kind} as some, {"type": "null"}]}:
            return {**some, "type": [kind, "null"]}
        case {"enum": [one]}:
            return {"const": one}
    return schema


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
    **_of_receipts(),
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
        f"Record one event (structured or binary mode), a batch of at most {MOST_EVENTS:,}, or a file's worth of "
        "lines. Sending an event again changes nothing and is answered as the first time. An acknowledged event is "
        "durable. The body is UTF-8, with or without a byte order mark, and may be compressed (`Content-Encoding: "
        "gzip`); JSON data may also come as `data_base64`."
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
