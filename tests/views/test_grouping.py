"""Statements over the parts of a table: every parameter of theirs has one meaning."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import cast

import pytest

from projections.engine import Asked
from projections.figure import Between, Cell, Query
from projections.figures.elip import ELIP
from projections.grouping import Grouped, Rows, Select
from projections.places import read_places
from tests.views.logs import Log

CELL = Cell("NL", {}, "ending")
GIVEN = {"months": 6, "left": 2_500}


@pytest.mark.parametrize("name", ["until", "after"])
def test_a_parameter_that_is_a_position_too_is_refused_and_not_taken_for_it(log: Log, name: str) -> None:
    table = cast(Grouped, ELIP.table)

    def parts(query: Query, rows: Rows) -> Select:
        made = table.select(query, rows)
        return made._replace(parameters={**made.parameters, name: date(2022, 1, 1)})

    with log.tables() as tables:
        asked = Asked(date(2021, 12, 31), log.reached())
        query = Query(tables, asked, read_places(tables, asked), "country", GIVEN)
        of_one_name = replace(ELIP, table=replace(table, select=parts))
        assert ELIP.parts(query, CELL, Between(0, log.reached())) == []
        with pytest.raises(ValueError, match=name):
            of_one_name.parts(query, CELL, Between(0, log.reached()))
