"""How the rows of any declared table are told: by the units of its columns, exactly or rounded."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.rounding import Ratio
from projections.figure import Column, Figure, Row, Table, Value, Words
from projections.together import Ways
from projections.units import Unit
from service.queries.disclosed_rows import write_row


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
        ("date", date(2021, 7, 1), date(2021, 7, 1), date(2021, 7, 31)),  # of a day the month
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
    # A day with nobody behind it is nobody's.
    assert told(alone, value) == [exactly if unit == "date" else rounded]


def test_a_public_table_is_exact_but_for_the_ways_in_which_a_total_came_about():
    ways = [column(name, "persons", by_kind="total") for name in ("one", "other", "third", "fourth")]
    figure = declared(column("total", "persons"), *ways, column("share", "share"))

    assert told(figure, 22, 11, 7, 4, 0, Ratio(1, 2)) == [22, 10, 5, 5, 0, Decimal("0.5")]
    assert told(figure, 22, 11, 7, 4, 0, Ratio(1, 2), exact=True) == [22, 11, 7, 4, 0, Decimal("0.5")]
    # Nobody at all is told as such; what would say too much is not, nor is what rounds to none.
    assert told(figure, 0, 0, 0, 0, 0, None) == [0, 0, 0, 0, 0, None]
    assert told(figure, 6, 3, 3, 0, 0, None) == [6, None, None, None, None, None]
    assert told(figure, 2, 1, 1, 0, 0, None) == [2, None, None, None, None, None]


def test_a_column_may_be_taken_apart_in_two_manners_each_by_itself():
    ways = [column(name, "persons", by_kind="total", kinds="homes") for name in ("one", "other", "third")]
    grounds = [column(name, "persons", by_kind="total", kinds="grounds") for name in ("asylum", "family")]
    figure = declared(column("total", "persons"), *ways, *grounds)

    # Sixteen are told of in three ways; in two, of about fifteen and five, it could only be thirteen and three.
    assert told(figure, 16, 8, 5, 3, 13, 3) == [16, 10, 5, 5, None, None]


def test_in_a_table_of_persons_a_public_column_is_exact():
    figure = declared(
        column("needed", "persons", public=True),
        column("pace", "pace", public=True),
        column("linked", "persons"),
        audience="persons",
    )

    assert told(figure, 14, Ratio(7, 6), 7) == [14, Decimal("1.17"), 5]
    assert told(figure, 14, Ratio(7, 6), 7, exact=True) == [14, Decimal("1.17"), 7]


def test_what_was_worked_out_from_rounded_numbers_takes_the_place_of_what_is_exact():
    lack = column("lack", "households", from_rounded=True)
    share = column("share", "share", from_rounded=True)
    figure = declared(column("households", "households"), lack, share, audience="persons")
    row = Row("PV26", "Utrecht", (), (7, 3, Ratio(3, 7)), {"lack": 1, "share": Ratio(1, 3)})

    assert write_row(figure, row, exact=False).values == [5, 1, Decimal("0.3333")]
    assert write_row(figure, row, exact=True).values == [7, 3, Decimal("0.4286")]
    # What was not worked out anew is not told.
    assert write_row(figure, row._replace(rounded={}), exact=False).values == [5, None, None]


def test_ways_beside_a_rounded_total_are_told_as_they_fit_it():
    columns = [column(name, "links") for name in ("ended", "one", "other")]
    figure = declared(*columns, audience="persons", together=(Ways("ended", (("one", "other"),)),))

    # About five, and about five in each way, would be six or seven.
    assert told(figure, 6, 3, 3) == [5, 5, 0]
    assert told(figure, 8, 4, 4) == [10, 5, 5]
    assert told(figure, 6, 3, 3, exact=True) == [6, 3, 3]


def test_ways_of_which_some_are_not_told_need_not_come_to_the_total():
    ways = Ways("ended", (("one", "other"),))

    assert ways.instead({"ended": 10, "one": None, "other": 5}) == {"one": None, "other": 5}
    assert ways.instead({"ended": 10, "one": None, "other": None}) == {"one": None, "other": None}
    assert ways.instead({"ended": 10, "one": 0, "other": 5}) == {"one": 0, "other": 10}
