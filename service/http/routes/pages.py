"""Lists in pages: how many, from where on, the link to the next page, and a page as JSON or as a file.

A cursor pins the times and the position of the first page, so that all pages are parts of one list. It is sealed: the
last one shown may be one that who asks may not know of. What was changed, or belongs to another request, is refused.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple, TypeVar
from urllib.parse import urlencode

import msgspec
from fastapi import Depends, Query, Request, Response
from msgspec import ValidationError
from pydantic import Field

from projections.figure import Words
from service.foundation.answers import answer, encoded
from service.foundation.parameter_types import IN_DIGITS
from service.foundation.problems import parameter
from service.log.keys import Keyring, SealBroken
from service.queries.files import CellKind, Heading, Sheet
from service.queries.formats import Form, file_response
from service.queries.times import AskedTimes, AsOf, Times

_Item = TypeVar("_Item")

#: Parameters that may differ between the pages of one list.
_OF_ONE_PAGE = frozenset({"limit", "cursor", "minPosition", "format", "labels"})
_NOT_A_CURSOR = parameter("cursor", "not-a-cursor", "is not a cursor that this service gave for this request")

Limit = Annotated[int, Field(ge=1, le=1000), IN_DIGITS, Query(description="How many at most")]
Cursor = Annotated[str | None, Query(max_length=500, description="Where the page before ended, from its Link header")]


class _Cursor(NamedTuple):
    """What a cursor holds: the times of the list, its position, and the key of the last one shown."""

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

    def limited(self, found: list[_Item]) -> tuple[list[_Item], bool]:
        """What is on this page of one more than its limit, and whether there are more."""
        return found[: self.limit], len(found) > self.limit

    def links(self, as_of: AsOf, after: object) -> dict[str, str]:
        """The headers that lead to the page after the one that ends with `after`."""
        known_at = None if as_of["knownAt"] is None else datetime.fromisoformat(as_of["knownAt"])
        cursor = _seal(self.request, _Cursor(as_of["validOn"], known_at, as_of["position"], str(after)))
        asked = [(name, value) for name, value in self.request.query_params.multi_items() if name != "cursor"]
        query = urlencode([*asked, ("cursor", cursor)])
        return {"Link": f'<{self.request.url.path}?{query}>; rel="next"'}


def page(request: Request, asked: AskedTimes, limit: Limit = 100, cursor: Cursor = None) -> Page:
    """The page that was asked for."""
    if cursor is None:
        return Page(request, limit, asked, None, asked.known_at)
    found = _open(request, cursor)
    if found is None:
        return Page(request, limit, asked._replace(faults=(*asked.faults, _NOT_A_CURSOR)), None, asked.known_at)
    known_at = None if asked.known_at is None else found.known_at
    times = Times(found.valid_on, known_at, asked.known_by, found.position, asked.min_position, asked.faults)
    return Page(request, limit, times, found.after, found.known_at)


AskedPage = Annotated[Page, Depends(page)]


def _seal(request: Request, cursor: _Cursor) -> str:
    sealed = _keys(request).seal_cursor(msgspec.json.encode(cursor), _list_of(request))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _open(request: Request, cursor: str) -> _Cursor | None:
    """What a cursor of this list holds; None for any other."""
    try:
        sealed = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        return msgspec.json.decode(_keys(request).open_cursor(sealed, _list_of(request)), type=_Cursor)
    except (UnicodeEncodeError, binascii.Error, SealBroken, ValidationError):
        return None


def _keys(request: Request) -> Keyring:
    keys: Keyring = request.app.state.context.keys
    return keys


def _list_of(request: Request) -> bytes:
    """What makes two requests ask for pages of one list."""
    asked = sorted(item for item in request.query_params.multi_items() if item[0] not in _OF_ONE_PAGE)
    return f"{request.url.path}?{urlencode(asked)}".encode()


class Column(NamedTuple):
    """A column of a list as a file: where it stands in an item of the answer, its label, and what it holds."""

    path: tuple[str, ...]
    label: Words
    kind: CellKind

    @property
    def name(self) -> str:
        """Its name in CSV: of what stands deeper the names of the way to it."""
        first, *others = self.path
        return first + "".join(other[0].upper() + other[1:] for other in others)

    def value(self, item: Mapping[str, Any]) -> Any:
        """What an item has in it; objects and lists as JSON, on one line."""
        value: Any = item
        for step in self.path:
            value = None if value is None else value[step]
        if value is None or isinstance(value, str | int | date):
            return value
        return encoded(value).decode().strip('"')


def column(path: str, en: str, nl: str, kind: CellKind = "text") -> Column:
    """A column, by its names on the way to it with dots between them, with its labels in English and Dutch."""
    return Column(tuple(path.split(".")), Words(en, nl), kind)


def answer_page(
    form: Form,
    name: str,
    columns: Sequence[Column],
    body: Mapping[str, Any],
    headers: Mapping[str, str],
) -> Response:
    """A page of a list in the form that is wanted; `body` is the answer as JSON, with its `items`.

    A file is called `name`, and has a row an item; what else the answer says stands in its headers.
    """
    if form.name == "json":
        return answer(body, {**headers, "Vary": "Accept"})
    headings = [Heading(one.name, one.label, one.kind) for one in columns]
    rows = [[one.value(item) for one in columns] for item in body["items"]]
    return file_response(form, Sheet(name, headings, rows), body, headers)
