"""A declared table in flat rows, in every format: at its own address and at the older one that some have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response

from domain.totals import GroupBy
from projections.figure import Figure
from service.foundation.answers import answer
from service.http.routes.asked_tables import query_of
from service.queries.figures.catalogue import told_besides
from service.queries.figures.files import sheet
from service.queries.figures.told import told_table
from service.queries.formats import Form, file
from service.queries.question import Question


def flat(
    request: Request, question: Question, figure: Figure, group_by: GroupBy, given: Mapping[str, Any], form: Form
) -> Response:
    """The table; `given` may hold more than it declares, which its answer repeats."""
    table = told_table(request, figure, query_of(question, group_by, given))
    declared = {one.name for one in figure.parameters}
    more = {name: value for name, value in given.items() if name not in declared and value is not None}
    told = {**told_besides(question, figure, given, group_by, table.disclosure), **more}
    if form.kind != "json":
        return file(form, sheet(figure, table, told, form.labels), told)
    names = ["code", "name", *(one.name for one in figure.dimensions), *(one.name for one in figure.columns)]
    items = [dict(zip(names, (row.code, row.name, *row.dimensions, *row.values), strict=True)) for row in table.rows]
    return answer({**told, "items": items}, {"Vary": "Accept"})
