"""What answers look like, for the OpenAPI document only: no answer is made or checked with these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Described(BaseModel):
    """An object of an answer."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


class Told(Described):
    """What every answer repeats: both times, and the position of the log that it rests on."""

    valid_on: date | None
    known_at: datetime | None
    position: int
    known_by: Literal["sender"] = "sender"


class Fault(Described):
    """One thing that is wrong, in a body (JSON pointer) or a query parameter; never the value itself."""

    pointer: str = ""
    parameter: str = ""
    code: str
    detail: str


class Problem(Described):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


#: What any read may be refused for: bad input, a position that is not reached, and a fault of the service.
_OF_EVERY_READ = (400, 500, 503)


def answers(
    model: type[Described], *refusals: int, forms: Mapping[str, Any] = MappingProxyType({})
) -> dict[int | str, dict[str, Any]]:
    """The answers of a read, for its route; `forms` are those besides JSON, by their media types."""
    problem = {"description": "Refused, see the problem", "model": Problem}
    content = {"content": {**forms}} if forms else {}
    return {
        200: {"model": model, "description": model.__doc__, **content},
        **dict.fromkeys((*_OF_EVERY_READ, *refusals), problem),
    }
