"""Lists in pages: how many, from where on, and the link to the next page.

A cursor pins the times and the position of the first page, so that all pages are parts of one list. It is sealed: the
last one shown may be one that who asks may not know of. What was changed, or belongs to another request, is refused.
"""

from __future__ import annotations

import base64
import binascii
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

import msgspec
from fastapi import Depends, Query, Request
from msgspec import ValidationError
from pydantic import Field

from service.foundation.parameter_types import IN_DIGITS
from service.foundation.problems import parameter
from service.log.keys import Keyring, SealBroken
from service.queries.question import AskedTimes, Times

_NOT_OF_THE_LIST = frozenset({"limit", "cursor", "minPosition", "format", "labels"})
_NOT_A_CURSOR = parameter("cursor", "not-a-cursor", "is not a cursor that this service gave for this request")


class _Place(NamedTuple):
    """What a cursor holds: the times of the list, its position, and the last one shown."""

    valid_on: date | None
    known_at: datetime | None
    position: int
    after: str


class Page(NamedTuple):
    """What part of a list was asked for.

    `after` is the key of the last one shown, None for the first page; `known_at` the instant the list is of, for lists
    that no position of the log decides.
    """

    request: Request
    limit: int
    times: Times
    after: str | None
    known_at: datetime | None

    def cut(self, found: list[Any]) -> tuple[list[Any], bool]:
        """What is on this page of one more than its limit, and whether there are more."""
        return found[: self.limit], len(found) > self.limit

    def links(self, told: dict[str, Any], after: object) -> dict[str, str]:
        """The headers that lead to the page after the one that ends with `after`."""
        instant = None if told["knownAt"] is None else datetime.fromisoformat(told["knownAt"])
        cursor = _written(self.request, _Place(told["validOn"], instant, told["position"], str(after)))
        asked = [(name, value) for name, value in self.request.query_params.multi_items() if name != "cursor"]
        query = urlencode([*asked, ("cursor", cursor)])
        return {"Link": f'<{self.request.url.path}?{query}>; rel="next"'}


def page(
    request: Request,
    asked: AskedTimes,
    limit: Annotated[int, Field(ge=1, le=1000), IN_DIGITS, Query(description="How many at most")] = 100,
    cursor: Annotated[
        str | None, Query(max_length=500, description="Where the page before ended, from its Link header")
    ] = None,
) -> Page:
    """The page that was asked for."""
    if cursor is None:
        return Page(request, limit, asked, None, asked.known_at)
    place = _read(request, cursor)
    if place is None:
        return Page(request, limit, asked._replace(faults=(*asked.faults, _NOT_A_CURSOR)), None, asked.known_at)
    known_at = None if asked.known_at is None else place.known_at
    times = Times(place.valid_on, known_at, asked.known_by, place.position, asked.min_position, asked.faults)
    return Page(request, limit, times, place.after, place.known_at)


AskedPage = Annotated[Page, Depends(page)]


def _written(request: Request, place: _Place) -> str:
    sealed = _keys(request).seal_cursor(msgspec.json.encode(place), _of_the_list(request))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _read(request: Request, cursor: str) -> _Place | None:
    """What a cursor of this request holds; None for any other."""
    try:
        sealed = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        return msgspec.json.decode(_keys(request).open_cursor(sealed, _of_the_list(request)), type=_Place)
    except (UnicodeEncodeError, binascii.Error, SealBroken, ValidationError):
        return None


def _keys(request: Request) -> Keyring:
    keys: Keyring = request.app.state.shell.keys
    return keys


def _of_the_list(request: Request) -> bytes:
    """What makes two requests ask for pages of one list."""
    asked = sorted(item for item in request.query_params.multi_items() if item[0] not in _NOT_OF_THE_LIST)
    return f"{request.url.path}?{urlencode(asked)}".encode()
