"""Lists as tables: which columns a page of one has in CSV, and what stands in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from fastapi import Response

from projections.figure import Words
from service.foundation.answers import answer, encoded
from service.queries.formats import Form, file
from service.queries.formats.sheet import Heading, Kind, Sheet


class Field(NamedTuple):
    """A column of a list: where it stands in an item of the answer, its label, and what it holds."""

    path: tuple[str, ...]
    label: Words
    kind: Kind = "text"

    @property
    def name(self) -> str:
        """Its name in CSV: of what stands deeper the names of the way to it."""
        first, *others = self.path
        return first + "".join(other[0].upper() + other[1:] for other in others)

    def of(self, item: Mapping[str, Any]) -> Any:
        """What an item has of it; objects and lists as JSON, on one line."""
        value: Any = item
        for step in self.path:
            value = None if value is None else value[step]
        return value if value is None or isinstance(value, str | int | date) else _as_text(value)


def _as_text(value: Any) -> str:
    return encoded(value).decode().strip('"')


class Fields(NamedTuple):
    """A list: the name of its file, and its columns."""

    name: str
    columns: Sequence[Field]


def page_of(
    form: Form, fields: Fields, told: Mapping[str, Any], items: Sequence[Mapping[str, Any]], headers: Mapping[str, str]
) -> Response:
    """A page of a list in the form that is wanted; `told` is what its answer says besides."""
    if form.kind == "json":
        return answer({**told, "items": items}, {**headers, "Vary": "Accept"})
    headings = [Heading(one.name, one.label, one.kind) for one in fields.columns]
    rows = [[one.of(item) for one in fields.columns] for item in items]
    return file(form, Sheet(fields.name, headings, rows), told, headers)


def _field(path: str, en: str, nl: str, kind: Kind = "text") -> Field:
    return Field(tuple(path.split(".")), Words(en, nl), kind)


WAITING = Fields(
    "journeys",
    (
        _field("journey", "Journey", "Traject"),
        _field("municipality", "Municipality", "Gemeente"),
        _field("phase", "Phase", "Fase"),
        _field("turn", "Whose turn", "Aan zet"),
        _field("since", "Since", "Sinds", "day"),
        _field("days", "Days", "Dagen", "whole"),
        _field("dueOn", "Due on", "Uiterlijk op", "day"),
        _field("daysOver", "Days over", "Dagen te laat", "whole"),
    ),
)
EVENTS = Fields(
    "events",
    (
        _field("position", "Position", "Positie", "whole"),
        _field("recordedAt", "Recorded at", "Geregistreerd op"),
        _field("recordedBy", "Recorded by", "Geregistreerd door"),
        _field("postedBy", "Posted by", "Ingezonden door"),
        _field("source", "Source", "Bron"),
        _field("id", "Id", "Id"),
        _field("type", "Type", "Type"),
        _field("time", "Time", "Tijdstip"),
        _field("subject", "Journey", "Traject"),
        _field("stream.kind", "About", "Betreft"),
        _field("stream.period", "Half-year", "Halfjaar"),
        _field("version", "Version", "Versie", "whole"),
        _field("data", "Data", "Gegevens"),
        _field("sealed", "Sealed", "Verzegeld", "flag"),
        _field("destroyed", "Destroyed", "Vernietigd", "flag"),
        _field("inForce", "In force", "Van kracht", "flag"),
        _field("correctedBy.source", "Corrected by: source", "Gecorrigeerd door: bron"),
        _field("correctedBy.id", "Corrected by: id", "Gecorrigeerd door: id"),
        _field("withdrawnBy.source", "Withdrawn by: source", "Ingetrokken door: bron"),
        _field("withdrawnBy.id", "Withdrawn by: id", "Ingetrokken door: id"),
        _field("traceId", "Trace", "Trace"),
    ),
)
REJECTIONS = Fields(
    "rejections",
    (
        _field("id", "Number", "Nummer", "whole"),
        _field("receivedAt", "Received at", "Ontvangen op"),
        _field("organisation", "Organisation", "Organisatie"),
        _field("source", "Source", "Bron"),
        _field("eventId", "Event", "Gebeurtenis"),
        _field("type", "Type", "Type"),
        _field("errors", "Errors", "Fouten"),
    ),
)
