"""The types of events as they are documented: what each is about, who may say it, and the schema of its data."""

from __future__ import annotations

from typing import Any, Literal, get_args

from domain.authority import AUTHORITY
from domain.codec import schema_of
from domain.facts import FACTS, JOURNEY_FACTS, PERIOD_FACTS, EventWithdrawn
from domain.field_types import DATE, KEY, V_NUMBER
from service.foundation.event_types import TYPE_PREFIX
from service.http.openapi.examples import EXAMPLES

About = Literal["journey", "period", "reference"]

_BESIDE: dict[str, dict[str, Any]] = {
    "effectiveOn": {**DATE.schema, "description": "The day it held in reality; at most 400 days ahead"},
    "corrects": {**KEY.schema, "description": "The id of an earlier event of the same source that this one replaces"},
    "correctsSource": {
        **KEY.schema,
        "description": "The source of what it corrects, where that is not the sender's own",
    },
}
_V_NUMBER = {
    **V_NUMBER.schema,
    "x-personal": True,
    "description": "The permit holder; may be left out when `subject` names the journey",
}


def about(topic: str) -> list[About]:
    """What streams an event of this topic can belong to."""
    shape = FACTS[topic]
    if shape is EventWithdrawn:
        return list(get_args(About))
    if shape in JOURNEY_FACTS:
        return ["journey"]
    return ["period"] if shape in PERIOD_FACTS else ["reference"]


def data_schema(topic: str) -> dict[str, Any]:
    """JSON Schema of `data`: the fact's own fields, and those that stand beside them in every event."""
    own = schema_of(FACTS[topic])
    of_a_person = {"vNumber": _V_NUMBER} if "journey" in about(topic) else {}
    return {
        **own,
        "required": ["effectiveOn", *own["required"]],
        "properties": {**of_a_person, **_BESIDE, **own["properties"]},
    }


def described() -> list[dict[str, Any]]:
    """Every type, in the order of the contract."""
    return [
        {
            "type": f"{TYPE_PREFIX}{topic}",
            "description": shape.__doc__,
            "about": about(topic),
            "authority": list(AUTHORITY[topic]),
            "schema": data_schema(topic),
            "example": EXAMPLES[topic],
        }
        for topic, shape in FACTS.items()
    ]
