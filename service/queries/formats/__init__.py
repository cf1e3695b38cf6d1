"""Tables and lists as files: in which form an answer is wanted, and how it is given in each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NamedTuple, get_args

from fastapi import Depends, Query, Request, Response

from service.foundation.media_ranges import JSON, accept_of, preferred
from service.foundation.problems import invalid_parameter
from service.queries.formats import delimited, parquet, workbook
from service.queries.formats.sheet import Sheet

ListKind = Literal["json", "csv"]
Kind = Literal[ListKind, "xlsx", "parquet"]
Labels = Literal["nl", "en"]

#: The media type of each form, the usual one first.
MEDIA_TYPES: Mapping[Kind, str] = {
    "json": JSON,
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
_CONTENT_TYPES: Mapping[Kind, str] = {**MEDIA_TYPES, "csv": "text/csv; charset=utf-8; header=present"}
_KINDS: Mapping[str, Kind] = {media_type: kind for kind, media_type in MEDIA_TYPES.items()}
_WRITTEN: Mapping[Kind, Callable[[Sheet, str | None], bytes]] = {
    "csv": delimited.written,
    "xlsx": workbook.written,
    "parquet": parquet.written,
}
#: Where a file says what every answer repeats: a table leaves no room for it.
TOLD = {
    "Ketenspoor-Valid-On": "validOn",
    "Ketenspoor-Known-At": "knownAt",
    "Ketenspoor-Known-By": "knownBy",
    "Ketenspoor-Position": "position",
}

_FORMAT = Query(alias="format", description="In which form, whatever Accept says (default: what that wants, else JSON)")
AskedLabels = Annotated[
    Labels | None,
    Query(
        description="In CSV and XLSX labels in this language instead of the names of columns; in CSV with nl also "
        "semicolons, decimal commas and a byte order mark, as Dutch spreadsheets open it"
    ),
]


class Form(NamedTuple):
    """In which form an answer is wanted, and in which language columns are labelled; None: by their names."""

    kind: Kind
    labels: Labels | None


def of_a_table(request: Request, form: Annotated[Kind | None, _FORMAT] = None, labels: AskedLabels = None) -> Form:
    """The form of a table: the one that is named, else the one that Accept would rather have."""
    return Form(form or _wanted(request, tuple(MEDIA_TYPES)), labels)


def of_a_list(request: Request, form: Annotated[ListKind | None, _FORMAT] = None, labels: AskedLabels = None) -> Form:
    """The form of a list."""
    return Form(form or _wanted(request, get_args(ListKind)), labels)


def _wanted(request: Request, kinds: tuple[Kind, ...]) -> Kind:
    return _KINDS[preferred(tuple(MEDIA_TYPES[kind] for kind in kinds), accept_of(request.headers))]


AskedForm = Annotated[Form, Depends(of_a_table)]
AskedListForm = Annotated[Form, Depends(of_a_list)]


def file(form: Form, sheet: Sheet, told: Mapping[str, Any], more: Mapping[str, str] | None = None) -> Response:
    """A file as an answer, to be saved under its name; both times and the position stand in its headers."""
    if form.kind == "xlsx" and len(sheet.rows) * len(sheet.headings) > workbook.MOST_CELLS:
        raise invalid_parameter("format", "too-large", "takes a smaller table than this; csv and parquet do not")
    headers = {header: str(told[name]) for header, name in TOLD.items() if told.get(name) is not None}
    headers |= {"Content-Disposition": f'attachment; filename="{sheet.name}.{form.kind}"', "Vary": "Accept"}
    written = _WRITTEN[form.kind](sheet, form.labels)
    return Response(written, headers={**headers, **(more or {})}, media_type=_CONTENT_TYPES[form.kind])


def _described(kind: Kind) -> dict[str, Any]:
    return {"schema": {"type": "string"} if kind == "csv" else {"type": "string", "format": "binary"}}


#: The forms besides JSON of a table and of a list, for the description of a route.
TABLE_FORMS = {MEDIA_TYPES[kind]: _described(kind) for kind in _WRITTEN}
LIST_FORMS = {MEDIA_TYPES["csv"]: _described("csv")}
