"""How the rows of any declared table are told: by the units of its columns, exactly or rounded."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.rounding import Ratio
from projections.figure import Column, Figure, Row, Table, Unit, Value, Words
from service.queries.figure_tables import write_row


def declared(*columns: Column, **more: Any) -> Figure:
    return Figure("any", (), _WORDS, _WORDS, _WORDS, columns, _NoTable(), (), **more)


def column(name: str, unit: Unit, **more: Any) -> Column:
    return Column(name, _WORDS, unit, **more)


class _NoTable(Table):
    pass


_WORDS = Words("", "")


def told(figure: Figure, *values: Value, exact: bool = False) -> list[Any]:
    return write_row(figure, Row("GM0344", "Utrecht", (), values), exact=exact).values


@pytest.mark.parametrize(
    ("unit", "value", "exactly", "rounded"),
    [
        ("persons", 8, 8, 10),
        ("persons", -8, -8, -10),
        ("days", Ratio(145, 2), Decimal("72.5"), 75),
        ("days", -73, -73, -75),
        ("share", Ratio(2, 3), Decimal("0.6667"), Decimal("0.65")),
        ("percent", Ratio(200, 3), Decimal("66.67"), 65),
        ("pace", Ratio(7, 6), Decimal("1.17"), 0),
        ("date", date(2021, 7, 1), date(2021, 7, 1), date(2021, 7, 1)),
        ("text", "amber", "amber", "amber"),
        ("municipalities", 7, 7, 7),
        ("inhabitants", 357_597, 357_597, 357_597),
    ],
)
def test_a_value_is_written_by_its_unit_and_is_nothing_where_its_persons_round_to_none(unit, value, exactly, rounded):
    figure = declared(column("persons", "persons"), column("value", unit, persons="persons"), audience="persons")

    assert told(figure, 6, value, exact=True) == [6, exactly]
    assert told(figure, 6, value) == [5, rounded]
    assert told(figure, 2, value) == [0, rounded if unit == "persons" else None]
    assert told(figure, 6, None) == [5, None]
    alone = declared(column("value", unit), audience="persons")
    assert told(alone, value) == [rounded]


def test_a_public_table_is_exact_but_for_the_ways_in_which_a_total_came_about():
    ways = [column(name, "persons", by_kind="total") for name in ("one", "other", "third", "fourth")]
    figure = declared(column("total", "persons"), *ways, column("share", "share"))

    assert told(figure, 22, 11, 7, 4, 0, Ratio(1, 2)) == [22, 10, 5, 5, 0, Decimal("0.5")]
    assert told(figure, 22, 11, 7, 4, 0, Ratio(1, 2), exact=True) == [22, 11, 7, 4, 0, Decimal("0.5")]
    # Nobody at all is told as such; what would say too much is not, nor is what rounds to none.
    assert told(figure, 0, 0, 0, 0, 0, None) == [0, 0, 0, 0, 0, None]
    assert told(figure, 6, 3, 3, 0, 0, None) == [6, None, None, None, None, None]
    assert told(figure, 2, 1, 1, 0, 0, None) == [2, None, None, None, None, None]
