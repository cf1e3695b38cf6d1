"""Tables and lists as files: in which form an answer is wanted, and how it is given in each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NamedTuple, get_args

from fastapi import Depends, Query, Request, Response

from service.foundation.headers import JSON, accept_of, preferred_form
from service.foundation.problems import invalid_parameter
from service.queries import files
from service.queries.files import Sheet, write_csv, write_parquet, write_xlsx

ListFormName = Literal["json", "csv"]
FormName = Literal[ListFormName, "xlsx", "parquet"]
Labels = Literal["nl", "en"]

#: The media type of each form, the usual one first.
MEDIA_TYPES: Mapping[FormName, str] = {
    "json": JSON,
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
_CONTENT_TYPES: Mapping[FormName, str] = {**MEDIA_TYPES, "csv": "text/csv; charset=utf-8; header=present"}
_NAMES: Mapping[str, FormName] = {media_type: name for name, media_type in MEDIA_TYPES.items()}
_OF_TABLES = tuple(MEDIA_TYPES.values())
_OF_LISTS = tuple(MEDIA_TYPES[name] for name in get_args(ListFormName))
_WRITERS: Mapping[FormName, Callable[[Sheet, str | None], bytes]] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
    "parquet": write_parquet,
}
#: Where a file says what every answer repeats: a table leaves no room for it.
TIME_HEADERS = {
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

    name: FormName
    labels: Labels | None


def table_form(request: Request, form: Annotated[FormName | None, _FORMAT] = None, labels: AskedLabels = None) -> Form:
    """The form of a table: the one that is named, else the one that Accept would rather have."""
    wanted = form or _NAMES[preferred_form(_OF_TABLES, accept_of(request.headers))]
    return Form(wanted, labels)


def list_form(
    request: Request, form: Annotated[ListFormName | None, _FORMAT] = None, labels: AskedLabels = None
) -> Form:
    """The form of a list."""
    wanted = form or _NAMES[preferred_form(_OF_LISTS, accept_of(request.headers))]
    return Form(wanted, labels)


AskedForm = Annotated[Form, Depends(table_form)]
AskedListForm = Annotated[Form, Depends(list_form)]


def time_headers(head: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a file that say what every answer repeats."""
    return {header: str(head[name]) for header, name in TIME_HEADERS.items() if head.get(name) is not None}


def file_response(form: Form, sheet: Sheet, head: Mapping[str, Any], more: Mapping[str, str] | None = None) -> Response:
    """A file as an answer, to be saved under its name; both times and the position stand in its headers."""
    if form.name == "xlsx" and len(sheet.rows) * len(sheet.headings) > files.MOST_CELLS:
        raise invalid_parameter("format", "too-large", "takes a smaller table than this; csv and parquet do not")
    headers = time_headers(head)
    headers |= {"Content-Disposition": f'attachment; filename="{sheet.name}.{form.name}"', "Vary": "Accept"}
    written = _WRITERS[form.name](sheet, form.labels)
    return Response(written, headers={**headers, **(more or {})}, media_type=_CONTENT_TYPES[form.name])


def _media_schema(name: FormName) -> dict[str, Any]:
    return {"schema": {"type": "string"} if name == "csv" else {"type": "string", "format": "binary"}}


#: The forms besides JSON of a table and of a list, for the description of a route.
TABLE_FORMS = {MEDIA_TYPES[name]: _media_schema(name) for name in _WRITERS}
LIST_FORMS = {MEDIA_TYPES["csv"]: _media_schema("csv")}
