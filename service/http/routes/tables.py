"""Every declared table of figures: the catalogue, each table in every format, and why a cell is so or changed.

A route a table and purpose, made from its declaration, so that each is described with parameters of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from domain.municipality import PROVINCES
from domain.places import Places
from domain.totals import COUNTRY, GroupBy
from projections import reference
from projections.engine import Asked
from projections.figure import Cell, Figure
from projections.figures import FIGURES
from service.access.rules import forbidden
from service.audit import access_log
from service.foundation.answers import answer
from service.foundation.parameter_types import Instant, OneOf, Position
from service.foundation.problems import ParameterFault, Problem, invalid_parameter, parameter
from service.foundation.time import written
from service.http.routes.asked_tables import asked_of, query_of
from service.http.routes.described import answers
from service.http.routes.described import tables as described
from service.http.routes.flat import flat
from service.http.routes.pages import AskedPage, Page
from service.http.routes.parameters import REQUIRED_UNLESS
from service.http.routes.table_parameters import argument, arguments, dimensions_in, given_to, of_dimensions, taking
from service.queries.figures.catalogue import ADDRESS, catalogue, definition, written_parameters
from service.queries.figures.told import day_of
from service.queries.formats import TABLE_FORMS, AskedForm
from service.queries.question import BEGINNING, AskedTimes, Question, Since, Times, in_the_future, moment
from service.queries.reasons.changed import changed
from service.queries.reasons.explained import explained, told_cell
from service.queries.visibility import own, refuse_shared, visible

router = APIRouter(tags=["figures"])

AskedCode = Annotated[
    str, Query(pattern="^(NL|PV[0-9]{2}|GM[0-9]{4})$", description="The row: NL, a province or a municipality")
]


@router.get("/figures", response_model=None, responses=answers(described.Catalogue))
def list_figures() -> Response:
    """Every table of figures: what it says, its parameters, dimensions and columns, in Dutch and English."""
    return answer({"items": catalogue()})


def _install(figure: Figure) -> None:
    """The three addresses of a table."""
    name, path = figure.name.replace("-", "_"), f"{ADDRESS.removeprefix('/v1')}/{figure.name}"
    request, times = argument("request", Request), argument("times", AskedTimes)
    page, declared = argument("page", AskedPage), arguments(figure)
    group_by = Annotated[
        Annotated[str, OneOf(figure.group_by)],
        Query(alias="groupBy", description=f"Which rows (default: {figure.group_by[0]})"),
    ]
    rows = argument("group_by", group_by, figure.group_by[0])
    column = Annotated[str, OneOf(one.name for one in figure.columns), Query(description="The column, by its name")]
    cell = [argument("code", AskedCode), argument("column", column), *of_dimensions(figure)]
    extra = {"x-questions": [f"Q{number}" for number in figure.questions]}

    words = f"{figure.title.en}. {figure.definition.en}"

    @taking(f"read_figure_{name}", words, [request, times, *declared, rows, argument("form", AskedForm)])
    def read(**asked: Any) -> Response:
        return _table(figure, asked)

    @taking(
        f"explain_figure_{name}",
        f"Why a cell of {figure.name} is so: its parts and events",
        [request, page, *declared, *cell],
    )
    def explain(**asked: Any) -> Response:
        return _explanation(figure, asked)

    @taking(
        f"compare_figure_{name}",
        f"Why a cell of {figure.name} changed: what moved it, and the events",
        [request, page, *declared, *cell, *_moments(figure)],
    )
    def compare(**asked: Any) -> Response:
        return _changes(figure, asked)

    for endpoint, address, responses in (
        (read, path, answers(described.table_of(figure), forms=TABLE_FORMS)),
        (explain, f"{path}/_explanation", answers(described.explanation_of(figure), 404)),
        (compare, f"{path}/_changes", answers(described.changes_of(figure))),
    ):
        router.add_api_route(
            address,
            endpoint,
            methods=["GET"],
            name=endpoint.__name__,
            response_model=None,
            responses=responses,
            openapi_extra=extra,
            tags=["figures" if endpoint is read else "reasons"],
        )


def _table(figure: Figure, asked: Mapping[str, Any]) -> Response:
    """A table in flat rows."""
    request, given = asked["request"], given_to(figure, asked)
    with asked_of(request, figure, asked["times"], given) as question:
        return flat(request, question, figure, asked["group_by"], given, asked["form"])


def _explanation(figure: Figure, asked: Mapping[str, Any]) -> Response:
    """A cell with its parts, in pages."""
    request, page, given = asked["request"], asked["page"], given_to(figure, asked)
    with _of_cell(figure, asked, page.times) as (question, group_by, cell):
        query = query_of(question, group_by, given)
        found = explained(question.log, figure, query, cell, _after(page), page.limit)
        if found is None:
            raise Problem(404, "No such row", "The table has no row for this code at those times.")
        told = question.told()
        headers = page.links(told, _after(page) + page.limit) if found.more else {}
        parts = _seen(request, question, found.parts, "explained a figure")
        body = {**written_parameters(figure, given), "definition": definition(figure)}
        return answer({**told, **body, "cell": found.cell, "parts": parts}, headers)


def _changes(figure: Figure, asked: Mapping[str, Any]) -> Response:
    """A cell at two moments of knowledge, and the parts that moved it, in pages."""
    request, page, given = asked["request"], asked["page"], given_to(figure, asked)
    clock = request.app.state.shell.clock
    since, since_position, until = asked["since"], asked["since_position"], asked["until"]
    first, last = _names_of_moments(figure)
    faults = [
        *_faults_of_moments(page, until, last),
        *in_the_future(first, since, clock),
        *in_the_future(last, until, clock),
    ]
    if (since is None) == (since_position is None):
        faults.append(parameter(first, "required", f"give {first} or fromPosition, one of the two"))
    earlier = Since(since, since_position or 0)
    times = page.times if until is None else page.times._replace(known_at=until)
    with _of_cell(figure, asked, times, faults, since=earlier) as (question, group_by, cell):
        position = question.asked.position
        then_position, then_at = moment(question.log.connection, earlier)
        if then_position > position:
            raise invalid_parameter(first, "behind-to", f"must not be after {last}")
        before = Asked(question.asked.valid_on, then_position)
        places = reference.places(question.tables, before)
        now = query_of(question, group_by, given)
        then = query_of(question._replace(asked=before, places=places), group_by, given)
        found = changed(question.log.connection, figure, then, now, cell, _after(page), page.limit)
        told = question.told()
        headers = page.links(told, _after(page) + page.limit) if found.more else {}
        body = {
            **written_parameters(figure, given),
            "definition": definition(figure),
            "cell": told_cell(cell, question.places),
            "thenKnown": {"knownAt": None if then_at is None else written(then_at), "position": then_position},
            "nowKnown": {"knownAt": told["knownAt"], "position": position},
            "then": found.then,
            "now": found.now,
            "difference": found.difference,
            "parts": _seen(request, question, found.parts, "explained a change of a figure"),
        }
        return answer({**told, **body}, headers)


@contextmanager
def _of_cell(
    figure: Figure,
    asked: Mapping[str, Any],
    times: Times,
    faults: Sequence[ParameterFault] = (),
    since: Since = BEGINNING,
) -> Iterator[tuple[Question, GroupBy, Cell]]:
    """A question about one cell, with the rows that it is among; refused with all faults."""
    request, code, given = asked["request"], asked["code"], given_to(figure, asked)
    group_by: GroupBy = "country" if code == COUNTRY else "municipality" if code.startswith("GM") else "province"
    municipality = code if group_by == "municipality" else None
    _refuse_others(request, municipality)
    found = list(faults)
    if group_by == "province" and code not in PROVINCES:
        found.append(parameter("code", "unknown-province", "is no province's code"))
    if group_by not in figure.group_by:
        found.append(parameter("code", "not-of-the-table", "is no row that the table has"))
    if group_by not in figure.column(asked["column"]).groups:
        found.append(parameter("column", "not-of-the-row", "is a column that such a row does not have"))
    with asked_of(request, figure, times, given, municipality, found, since, named="code") as question:
        dimensions = dimensions_in(figure, asked)
        day = dimensions.get("on") or day_of(query_of(question, group_by, given))
        refuse_shared(request, question.places, day)
        yield question, group_by, Cell(_row(code, question.places, day), dimensions, asked["column"])


def _row(code: str, places: Places, day: Any) -> str:
    """The row of a code: of a municipality that was merged that of the one it counts for."""
    return places.existing(code, day) if code.startswith("GM") else code


def _refuse_others(request: Request, municipality: str | None) -> None:
    """Refuse who asks for a row that is not theirs."""
    of_the_caller = own(request)
    if of_the_caller is not None and (municipality is None or municipality != of_the_caller.code):
        raise forbidden()


def _seen(request: Request, question: Question, parts: list[dict[str, Any]], why: str) -> list[dict[str, Any]]:
    """Parts as they may be read: who concerns the caller no longer is counted, and not named."""
    named: set[UUID] = {one["journey"] for one in parts if one.get("journey")}
    seen = visible(request, question.log.connection, named)
    access_log.consulted(request, sorted(seen), why)
    return [
        one if one.get("journey") is None or one["journey"] in seen else {**one, "journey": None, "events": []}
        for one in parts
    ]


def _after(page: Page) -> int:
    """Behind how many parts the page begins."""
    return int(page.after or 0)


def _names_of_moments(figure: Figure) -> tuple[str, str]:
    """What the two moments are called: a window of days has the names `from` and `to` already."""
    windowed = any(one.name == "from" for one in figure.parameters)
    return ("knownFrom", "knownTo") if windowed else ("from", "to")


def _moments(figure: Figure) -> list[Any]:
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
    """What is wrong with how the cell now is asked."""
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
