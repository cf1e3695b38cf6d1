"""One message of the simulation before it is written as a CloudEvent."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from service.demo.simulation.chance import written


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
