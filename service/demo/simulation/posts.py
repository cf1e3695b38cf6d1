"""What an organisation posts, before it is written as a CloudEvent, and the source of each organisation."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any, NamedTuple

from service.demo.simulation.chance import written
from service.foundation.organisations import test_oin

#: The CloudEvents source of each national organisation, under the reserved test numbers.
IND, COA, DUO, MINISTRY, CBS = (
    f"urn:nld:oin:{test_oin(number)}:systeem:simulatie-{name}"
    for number, name in enumerate(("ind", "coa", "duo", "ministerie", "cbs"), start=1)
)
_NATIONAL = frozenset((IND, COA, DUO, MINISTRY, CBS))


class Post(NamedTuple):
    """What a source recorded at an instant; `data` is the CloudEvent's data, `on` its effectiveOn, `id` once given."""

    at: int
    source: str
    topic: str
    on: date
    data: dict[str, Any]
    id: str = ""


def cloud_event(post: Post) -> dict[str, Any]:
    """The post as a CloudEvent (contract, section 2)."""
    return {
        "specversion": "1.0",
        "id": post.id,
        "source": post.source,
        "type": f"nl.ketenspoor.{post.topic}",
        "time": written(post.at),
        "datacontenttype": "application/json",
        "data": post.data,
    }


@cache
def municipality_source(code: str) -> str:
    """The source of a municipality, by its CBS code."""
    return f"urn:nld:oin:{test_oin(100_000_000 + int(code[2:]))}:systeem:simulatie-gemeente"


@cache
def province_source(code: str) -> str:
    """The source of a province, by its CBS code."""
    return f"urn:nld:oin:{test_oin(200_000_000 + int(code[2:]))}:systeem:simulatie-provincie"


def is_national(source: str) -> bool:
    """Whether the source is one of the five national organisations, which no merger ends."""
    return source in _NATIONAL
