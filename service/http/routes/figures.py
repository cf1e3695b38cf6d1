"""Tables of figures: the catalogue, each declared table in every format, and why a cell is so or changed.

A route a table and purpose, made from its declaration, so that each is described with parameters of its own; one
function a purpose answers for all tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Table

from domain.municipality import PROVINCES
from domain.totals import COUNTRY, GroupBy
from projections.engine import Asked
from projections.errors import Refused
from projections.figure import Cell, Figure
from projections.figures import FIGURES
from projections.places import read_places
from projections.states import PROJECTIONS
from projections.states.norm_sets import norm_sets
from service.access.rules import forbidden
from service.audit import access_log
from service.foundation.answers import answer
from service.foundation.parameter_types import Instant, OneOf, Position
from service.foundation.problems import ParameterFault, Problem, invalid_parameter, parameter
from service.foundation.time import format_instant
from service.http.openapi.questions import OF_CHANGES
from service.http.openapi.responses import responses_of
from service.http.routes.figure_declarations import (
    argument,
    arguments,
    changes_model,
    dimension_arguments,
    dimensions_of,
    explanation_model,
    parameters_of,
    table_model,
    with_arguments,
)
from service.http.routes.pages import AskedPage, Page
from service.http.routes.parameters import REQUIRED_UNLESS
from service.log.sealing import select_destroyed
from service.queries.changes import compare_cell
from service.queries.disclosed_rows import read_table
from service.queries.explanation import describe_cell, explain_cell
from service.queries.figure_tables import (
    FIGURES_ADDRESS,
    Catalogue,
    catalogue,
    definition,
    table_head,
    table_sheet,
    written_parameters,
)
from service.queries.formats import TABLE_FORMS, AskedForm, Form, file_response
from service.queries.norms import with_norm
from service.queries.question import Question, find_moment, open_question
from service.queries.times import BEGINNING, AskedTimes, EarlierMoment, Times, in_the_future
from service.queries.visibility import own_scope, refuse_shared_rows, visible_journeys

router = APIRouter(tags=["figures"])

AskedCode = Annotated[
    str, Query(pattern="^(NL|PV[0-9]{2}|GM[0-9]{4})$", description="The row: NL, a province or a municipality")
]


@router.get("/figures", response_model=None, responses=responses_of(Catalogue))
def list_figures() -> Response:
    """Every table of figures: what it says, its parameters, dimensions and columns, in Dutch and English."""
    return answer(catalogue())


def _install(figure: Figure) -> None:
    """The three addresses of a table."""
    name, path = figure.name.replace("-", "_"), f"{FIGURES_ADDRESS.removeprefix('/v1')}/{figure.name}"
    request, page = argument("request", Request), argument("page", AskedPage)
    group_by = Annotated[
        Annotated[str, OneOf(figure.group_by)],
        Query(alias="groupBy", description=f"Which rows (default: {figure.group_by[0]})"),
    ]
    column = Annotated[str, OneOf(one.name for one in figure.columns), Query(description="The column, by its name")]
    cell = [
        *arguments(figure),
        argument("code", AskedCode),
        argument("column", column),
        *dimension_arguments(figure),
    ]
    of_table = [
        argument("times", AskedTimes),
        *arguments(figure),
        argument("group_by", group_by, figure.group_by[0]),
        argument("form", AskedForm),
    ]

    def read(**asked: Any) -> Response:
        given = parameters_of(figure, asked)
        with open_figure(asked["request"], figure, asked["times"], given) as (question, given):
            return answer_table(asked["request"], question, figure, asked["group_by"], given, asked["form"])

    def explain(**asked: Any) -> Response:
        return _explain(figure, asked)

    def compare(**asked: Any) -> Response:
        return _compare(figure, asked)

    why = f"Why a cell of {figure.name}"
    for endpoint, address, operation, description, some, responses in (
        (
            read,
            path,
            f"read_figure_{name}",
            f"{figure.title.en}. {figure.definition.en}",
            [request, *of_table],
            responses_of(table_model(figure), forms=TABLE_FORMS),
        ),
        (
            explain,
            f"{path}/_explanation",
            f"explain_figure_{name}",
            f"{why} is so: its parts and events",
            [request, page, *cell],
            responses_of(explanation_model(figure), 404),
        ),
        (
            compare,
            f"{path}/_changes",
            f"compare_figure_{name}",
            f"{why} changed: what moved it, and the events",
            [request, page, *cell, *_moment_arguments(figure)],
            responses_of(changes_model(figure)),
        ),
    ):
        router.add_api_route(
            address,
            with_arguments(endpoint, operation, description, some),
            methods=["GET"],
            name=operation,
            response_model=None,
            responses=responses,
            openapi_extra={"x-questions": [f"Q{number}" for number in _questions(figure, operation)]},
            tags=["figures" if endpoint is read else "reasons"],
        )


def _questions(figure: Figure, operation: str) -> list[int]:
    """What a table answers, and a report of its changes besides."""
    besides = {OF_CHANGES} if operation.startswith("compare_") else set()
    return sorted({*figure.questions, *besides})


@contextmanager
def open_figure(
    request: Request,
    figure: Figure,
    times: Times,
    given: Mapping[str, Any],
    municipality: str | None = None,
    faults: Sequence[ParameterFault] = (),
    compared_with: EarlierMoment = BEGINNING,
    named: str = "municipality",
) -> Iterator[tuple[Question, dict[str, Any]]]:
    """The question, once what the table rests on has come far enough, and its parameters with the norm set that is
    meant; 400 with all faults, also those of the table.
    """
    context, every = request.app.state.context, list(faults)
    every[:0] = _faults_of_window(given.get("from"), given.get("to"))
    reads = _tables_of(figure)
    try:
        with open_question(
            context.engine, times, context.clock, every, municipality, compared_with, reads, named
        ) as question:
            yield question, with_norm(question, given)
    except Refused as refused:
        raise invalid_parameter(refused.parameter, refused.code, refused.explanation) from None


def _faults_of_window(first: date | None, last: date | None) -> list[ParameterFault]:
    """What is wrong with the days of a window, where there is one."""
    if first is None and last is None:
        return []
    if first is None or last is None:
        missing = "from" if first is None else "to"
        return [parameter(missing, "required", "give both days of the window, or neither")]
    return [parameter("to", "before-from", "must not be before from")] if last < first else []


@cache
def _tables_of(figure: Figure) -> tuple[Table, ...]:
    """The state tables that a table of figures rests on."""
    reads = (*figure.reads, norm_sets.name) if any(one.kind == "norm" for one in figure.parameters) else figure.reads
    return tuple(one.table for one in PROJECTIONS if one.name in reads)


def answer_table(
    request: Request, question: Question, figure: Figure, group_by: GroupBy, given: Mapping[str, Any], form: Form
) -> Response:
    """The table in flat rows, in any format; `given` may hold more than it declares, which its answer repeats."""
    table = read_table(request, figure, question.query(group_by, given))
    head = table_head(question, figure, given, group_by, table.disclosure)
    if form.name != "json":
        return file_response(form, table_sheet(figure, table, head, form.labels), head)
    names = ["code", "name", *(one.name for one in figure.dimensions), *(one.name for one in figure.columns)]
    items = [dict(zip(names, (row.code, row.name, *row.dimensions, *row.values), strict=True)) for row in table.rows]
    return answer({**head, "items": items}, {"Vary": "Accept"})


def _explain(figure: Figure, asked: Mapping[str, Any]) -> Response:
    """A cell with its parts, in pages."""
    request, page = asked["request"], asked["page"]
    with _open_cell(figure, asked, page.times) as (question, given, group_by, cell):
        query = question.query(group_by, given)
        found = explain_cell(question.log, figure, query, cell, int(page.after or 0), page.limit)
        if found is None:
            raise Problem(404, "No such row", "The table has no row for this code at those times.")
        as_of = question.as_of()
        headers = page.links(as_of, int(page.after or 0) + len(found.parts)) if found.more else {}
        parts = _hide_journeys_of_others(request, question, found.parts, "explained a figure")
        body = {**written_parameters(figure, given), "definition": definition(figure)}
        return answer({**as_of, **body, "cell": found.cell, "parts": parts}, headers)


def _compare(figure: Figure, asked: Mapping[str, Any]) -> Response:
    """A cell at two moments of knowledge, and the parts that moved it, in pages."""
    request, page = asked["request"], asked["page"]
    clock = request.app.state.context.clock
    since, since_position, until = asked["since"], asked["since_position"], asked["until"]
    first, last = _names_of_moments(figure)
    faults = [
        *_faults_of_moments(page, until, last),
        *in_the_future(first, since, clock),
        *in_the_future(last, until, clock),
    ]
    if (since is None) == (since_position is None):
        faults.append(parameter(first, "required", f"give {first} or fromPosition, one of the two"))
    earlier = EarlierMoment(since, since_position or 0)
    times = page.times if until is None else page.times._replace(known_at=until)
    with _open_cell(figure, asked, times, faults, earlier) as (question, given, group_by, cell):
        position = question.asked.position
        then_position, then_at = find_moment(question.log.connection, earlier)
        if then_position > position:
            raise invalid_parameter(first, "behind-to", f"must not be after {last}")
        before = Asked(question.asked.valid_on, then_position)
        places = read_places(question.tables, before)
        now = question.query(group_by, given)
        then = question._replace(asked=before, places=places, known_at=then_at).query(group_by, given)
        found = compare_cell(question.log.connection, figure, then, now, cell, int(page.after or 0), page.limit)
        as_of = question.as_of()
        headers = page.links(as_of, int(page.after or 0) + page.limit) if found.more else {}
        body = {
            **written_parameters(figure, given),
            "definition": definition(figure),
            "cell": describe_cell(cell, question.places),
            "thenKnown": {"knownAt": None if then_at is None else format_instant(then_at), "position": then_position},
            "nowKnown": {"knownAt": as_of["knownAt"], "position": position},
            "then": found.then,
            "now": found.now,
            "difference": found.difference,
            "parts": _hide_journeys_of_others(request, question, found.parts, "explained a change of a figure"),
        }
        return answer({**as_of, **body}, headers)


@contextmanager
def _open_cell(
    figure: Figure,
    asked: Mapping[str, Any],
    times: Times,
    faults: Sequence[ParameterFault] = (),
    compared_with: EarlierMoment = BEGINNING,
) -> Iterator[tuple[Question, dict[str, Any], GroupBy, Cell]]:
    """A question about one cell, its parameters, and the rows that it is among; refused with all faults."""
    request, code, given = asked["request"], asked["code"], parameters_of(figure, asked)
    group_by: GroupBy = "country" if code == COUNTRY else "municipality" if code.startswith("GM") else "province"
    municipality = code if group_by == "municipality" else None
    _refuse_rows_of_others(request, municipality)
    if any(one.of_municipalities for one in figure.dimensions):
        # Of two municipalities at once: their numbers meet in it.
        _refuse_rows_of_others(request, None)
    if figure.column(asked["column"]).of_country:
        # The persons behind it are those of all.
        _refuse_rows_of_others(request, None)
    found = list(faults)
    if group_by == "province" and code not in PROVINCES:
        found.append(parameter("code", "unknown-province", "is no province's code"))
    if group_by not in figure.group_by:
        found.append(parameter("code", "not-of-the-table", "is no row that the table has"))
    if group_by not in figure.column(asked["column"]).groups:
        found.append(parameter("column", "not-of-the-row", "is a column that such a row does not have"))
    with open_figure(request, figure, times, given, municipality, found, compared_with, "code") as (question, given):
        dimensions = dimensions_of(figure, asked)
        day = figure.table.day_of_rows(question.query(group_by, given), dimensions)
        refuse_shared_rows(request, question.places, day)
        # Of a municipality that was merged the row of the one it counts for.
        row = question.places.code_on(code, day) if group_by == "municipality" else code
        yield question, given, group_by, Cell(row, dimensions, asked["column"])


def _refuse_rows_of_others(request: Request, municipality: str | None) -> None:
    """Refuse who asks for a row that is not theirs."""
    of_the_caller = own_scope(request)
    if of_the_caller is not None and (municipality is None or municipality != of_the_caller.code):
        raise forbidden()


def _hide_journeys_of_others(
    request: Request, question: Question, parts: list[dict[str, Any]], why: str
) -> list[dict[str, Any]]:
    """Parts as they may be read: who concerns the caller no longer, or was destroyed, is counted, and not named."""
    named: set[UUID] = {one["journey"] for one in parts if one.get("journey")}
    connection = question.log.connection
    seen = visible_journeys(request, connection, named) - select_destroyed(connection, named)
    access_log.log_consulted(request, sorted(seen), why)
    return [
        one if one.get("journey") is None or one["journey"] in seen else {**one, "journey": None, "events": []}
        for one in parts
    ]


def _names_of_moments(figure: Figure) -> tuple[str, str]:
    """What the two moments are called: a window of days has the names `from` and `to` already."""
    windowed = any(one.name == "from" for one in figure.parameters)
    return ("knownFrom", "knownTo") if windowed else ("from", "to")


def _moment_arguments(figure: Figure) -> list[Any]:
    first, last = _names_of_moments(figure)
    since = Annotated[
        Instant | None,
        Query(
            alias=first,
            description="The cell as known at this instant",
            json_schema_extra={REQUIRED_UNLESS: ["fromPosition"]},
        ),
    ]
    position = Annotated[
        Position | None, Query(alias="fromPosition", description=f"A position of the log instead of {first}")
    ]
    until = Annotated[
        Instant | None,
        Query(alias=last, description="And at this one (default: now); knownAt and atPosition say the same"),
    ]
    return [argument("since", since, None), argument("since_position", position, None), argument("until", until, None)]


def _faults_of_moments(page: Page, until: Any, last: str) -> list[ParameterFault]:
    """What is wrong with how the later moment is asked."""
    found: list[ParameterFault] = []
    if page.times.known_by == "sender":
        found.append(parameter("knownBy", "not-of-changes", "changes are told by when they were recorded"))
    if until is not None:
        found += [
            parameter(name, "disagrees", f"says the same as {last}: give one of them")
            for name in ("knownAt", "atPosition")
            if name in page.request.query_params
        ]
    return found


for _figure in FIGURES.values():
    _install(_figure)
