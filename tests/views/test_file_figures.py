"""Files at the link and the housing, documents after the permit, moves and handovers: counted by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from domain.facts import (
    AdaptedHomeNeeded,
    HandoverHeld,
    MovedToPermanentHome,
    Recorded,
    ResidenceDocumentIssued,
)
from domain.rounding import Ratio
from projections.figure import Cell, Row
from projections.figures import FIGURES
from service.queries.disclosed_rows import write_row
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    accepted,
    completed,
    granted,
    home_ready,
    housed,
    lapsed,
    left,
    link_ended,
    linked,
    returned,
    said,
)
from tests.views.figure_rows import moved as moved_since
from tests.views.figure_rows import rows_of
from tests.views.logs import Log
from tests.views.test_link_figures import YEAR, told

ALL = ("bsn", "identity-document", "iban")


def moved(on: str) -> Recorded:
    return said(on, MovedToPermanentHome(UTRECHT))


def document(on: str) -> Recorded:
    return said(on, ResidenceDocumentIssued())


def test_moves_count_once_a_housing_where_it_was_and_returns_where_they_undid_one(log: Log) -> None:
    told(
        log,
        [granted("2020-01-01"), housed("2021-01-01", accommodation="hotel"), moved("2021-03-02"), moved("2021-05-01")],
        [granted("2020-01-01"), housed("2021-01-01"), moved("2021-01-31")],  # of whatever kind
        [granted("2020-01-01"), moved("2021-02-01"), housed("2021-02-01", AMERSFOORT)],  # by days: on its own day
        [granted("2020-01-01"), moved("2021-02-01")],  # before any housing
        [granted("2020-01-01"), housed("2020-06-01"), moved("2020-12-31"), moved("2021-01-01")],  # not the first
        # What was done stays counted.
        [granted("2020-01-01"), housed("2021-01-01"), moved("2021-01-11"), returned("2021-02-01")],
        [granted("2020-01-01"), returned("2021-02-01")],  # nothing to return from
    )
    # 60, 30 and 10 days.
    assert rows_of(log, "moves", **YEAR) == {
        UTRECHT: {"moved": 3, "days": 30, "returned": 1},
        AMERSFOORT: {"moved": 1},
    }
    assert rows_of(log, "moves", "country", **YEAR) == {"NL": {"moved": 4, "days": 20, "returned": 1}}
    assert rows_of(log, "moves", on=date(2021, 1, 31), **YEAR) == {UTRECHT: {"moved": 2, "days": 20}}
    assert rows_of(log, "moves", **{**YEAR, "from": date(2021, 2, 2)}) == {UTRECHT: {"moved": 1, "days": 60}}


def test_a_move_after_a_return_is_of_the_newest_housing_which_is_the_next_once_there_is_one(log: Log) -> None:
    first = [granted("2020-01-01"), housed("2021-01-01"), returned("2021-01-10"), moved("2021-01-21")]
    told(log, [*first, housed("2021-03-01", AMERSFOORT), moved("2021-03-11")])
    assert rows_of(log, "moves", **YEAR) == {
        UTRECHT: {"moved": 1, "days": 20, "returned": 1},
        AMERSFOORT: {"moved": 1, "days": 10},
    }


def handed(on: str, how: Any) -> Recorded:
    return said(on, HandoverHeld(UTRECHT, how))


def test_handovers_count_persons_housed_in_the_window_by_how_they_were_handed_over(log: Log) -> None:
    link = [granted("2021-01-01"), linked("2021-02-01")]
    told(
        log,
        [*link, handed("2021-02-01", "warm"), handed("2021-03-01", "written"), housed("2021-04-01")],
        [*link, handed("2021-04-01", "warm"), housed("2021-04-01")],
        [*link, handed("2021-03-01", "written"), housed("2021-04-01"), handed("2021-04-02", "warm")],
        [*link, housed("2021-04-01")],
        [*link, handed("2021-03-01", "warm"), housed("2021-04-01"), returned("2021-05-01")],
        [*link, handed("2021-03-01", "warm"), housed("2022-01-01")],
        [*link, handed("2021-01-31", "warm"), housed("2021-04-01", AMERSFOORT)],
    )
    assert rows_of(log, "handovers", **YEAR) == {
        UTRECHT: {"housed": 4, "warm": 2, "written": 1, "none": 1, "shareWarm": Fraction(1, 2)},
        AMERSFOORT: {"housed": 1, "none": 1},
    }
    # Until the return it counted.
    assert rows_of(log, "handovers", on=date(2021, 4, 30), **YEAR)[UTRECHT] == {
        "housed": 5,
        "warm": 3,
        "written": 1,
        "none": 1,
        "shareWarm": Fraction(3, 5),
    }


def test_files_are_complete_or_not_at_the_link_at_the_housing_and_on_the_day(log: Log) -> None:
    told(
        log,
        # Complete at the link, and no more when housed.
        [
            *(granted("2021-01-01"), *completed("2021-01-20", *ALL), linked("2021-02-01")),
            *(lapsed("2021-05-31", "iban"), housed("2021-06-01")),
        ],
        # Completed on the day of the link and of the housing.
        [granted("2021-01-01"), linked("2021-02-01"), *completed("2021-02-01", *ALL), housed("2021-06-01", AMERSFOORT)],
        # Two items lack, one of them still on the day.
        [
            *(granted("2021-01-01"), *completed("2021-01-20", "iban"), linked("2021-02-01")),
            *completed("2021-07-01", "bsn"),
        ],
        # Two links of one person: the first without a bsn, the second complete.
        [
            *(granted("2021-01-01"), *completed("2021-01-20", "identity-document", "iban")),
            *(linked("2021-02-01"), *completed("2021-02-10", "bsn"), linked("2021-03-01", AMERSFOORT)),
        ],
        # A link that ended counts as made; who is not linked now is not open.
        [granted("2021-01-01"), linked("2021-02-01"), link_ended("2021-02-02")],
    )
    assert rows_of(log, "dossiers", **YEAR) == {
        UTRECHT: {
            "linked": 5,
            "completeAtLink": 2,
            "shareAtLink": Fraction(2, 5),
            "missingBsn": 3,
            "missingIdentity": 2,
            "missingIban": 1,
            # Neither the file at the housing nor that of the day is complete.
            "housed": 1,
            "open": 1,
            "adaptedDays": None,
        },
        AMERSFOORT: {
            "linked": 1,
            "completeAtLink": 1,
            "shareAtLink": 1,
            "housed": 1,
            "completeAtHousing": 1,
            "shareAtHousing": 1,
            "open": 1,
            "completeNow": 1,
            "shareNow": 1,
            "adaptedDays": None,
        },
    }


def test_adapted_homes_are_known_before_the_link_or_after(log: Log) -> None:
    def needed(on: str) -> Recorded:
        return said(on, AdaptedHomeNeeded("wheelchair"))

    told(
        log,
        [granted("2021-01-01"), needed("2021-01-22"), linked("2021-02-01"), needed("2021-03-01")],  # 10 days
        [granted("2021-01-01"), linked("2021-02-01"), needed("2021-02-01")],  # on its first day
        [granted("2021-01-01"), linked("2021-02-01"), link_ended("2021-02-05"), needed("2021-02-21")],  # -20
        [granted("2021-01-01"), linked("2021-02-01")],
    )
    found = rows_of(log, "dossiers", **YEAR)[UTRECHT]
    assert {name: found.get(name, 0) for name in ("linked", "adapted", "adaptedBefore", "adaptedDays")} == {
        "linked": 4,
        "adapted": 3,
        "adaptedBefore": 2,
        "adaptedDays": 0,
    }
    # The day before the last became known.
    found = rows_of(log, "dossiers", on=date(2021, 2, 20), **YEAR)[UTRECHT]
    assert (found["adapted"], found["adaptedBefore"], found["adaptedDays"]) == (2, 2, 5)


def test_who_could_move_in_and_lacks_what_a_tenancy_takes_cannot_sign(log: Log) -> None:
    start = [granted("2021-01-01"), linked("2021-02-01")]
    told(
        log,
        [*start, home_ready("2021-03-01")],
        [*start, accepted("2021-03-01")],
        [*start, home_ready("2021-03-01"), *completed("2021-03-01", "bsn", "iban")],  # no residence document
        # The identity document plays no part.
        [*start, home_ready("2021-03-01"), document("2021-01-10"), *completed("2021-03-01", "bsn", "iban")],
        [*start, home_ready("2021-03-01", AMERSFOORT), accepted("2021-03-01", AMERSFOORT)],  # not there
        [*start, accepted("2021-01-31")],  # before the link
        [*start, home_ready("2021-03-01"), accepted("2021-03-01"), linked("2021-04-01", AMERSFOORT)],  # linked anew
        [*start, home_ready("2021-03-01"), housed("2021-04-01")],
        [*start, home_ready("2021-03-01"), left("2021-04-01")],
    )
    assert rows_of(log, "dossiers", **YEAR)[UTRECHT]["cannotSign"] == 3
    assert rows_of(log, "dossiers", **YEAR)[UTRECHT]["open"] == 6
    assert "cannotSign" not in rows_of(log, "dossiers", **YEAR)[AMERSFOORT]
    assert rows_of(log, "dossiers", on=date(2021, 3, 15), **YEAR)[UTRECHT]["cannotSign"] == 6


def test_what_was_accepted_counts_for_the_municipality_as_it_is_on_that_day(log: Log) -> None:
    # Weesp went into Amsterdam on 24 March 2022.
    told(
        log,
        [granted("2022-01-01"), linked("2022-02-01", WEESP), accepted("2022-03-23", AMSTERDAM)],
        [granted("2022-01-01"), linked("2022-02-01", WEESP), accepted("2022-03-24", AMSTERDAM)],
    )
    found = rows_of(log, "dossiers", on=date(2022, 4, 1), **YEAR)
    assert found[AMSTERDAM]["cannotSign"] == 1


def test_documents_are_counted_from_the_permit_to_the_first_day_and_waited_for_in_reception(log: Log) -> None:
    told(
        log,
        [granted("2021-01-01"), document("2021-01-11"), linked("2021-02-01"), document("2021-05-01")],
        [granted("2021-01-01"), document("2021-01-31"), linked("2021-02-01", AMERSFOORT), housed("2021-06-01")],
        [document("2021-01-05"), granted("2021-02-01"), linked("2021-02-01")],  # before the permit: no days
        [granted("2020-01-01"), document("2020-12-31"), linked("2021-02-01")],  # before the window
        [granted("2021-12-01"), linked("2021-12-02")],  # waits for 30 days
        [granted("2021-12-11"), linked("2021-12-12")],  # and for 20
        [granted("2021-12-11"), linked("2021-12-12"), left("2021-12-13")],
        [document("2021-01-05"), linked("2021-02-01")],  # without a permit nothing is counted
    )
    found = rows_of(log, "documents", **YEAR)
    assert found[UTRECHT, "residence-document"] == {
        "completed": 2,
        "mean": 5,
        "median": 5,
        "p90": 9,
        "open": 2,
        "openMedian": 25,
    }
    assert found[AMERSFOORT, "residence-document"] == {
        "completed": 1,
        "mean": 30,
        "median": 30,
        "p90": 30,
        "openMedian": None,
    }
    # Of the five in reception nobody has a bsn: 364, 333, 730, 30 and 20 days.
    assert found[UTRECHT, "bsn"] == {
        "mean": None,
        "median": None,
        "p90": None,
        "open": 5,
        "openMedian": 333,
    }
    assert rows_of(log, "documents", "country", **YEAR)["NL", "residence-document"]["completed"] == 3


def test_an_item_that_lapsed_was_first_had_and_is_waited_for_again(log: Log) -> None:
    told(
        log,
        [
            *(granted("2021-01-01"), *completed("2021-01-21", "iban", "brp-registration")),
            *(lapsed("2021-02-01", "iban"), *completed("2021-03-01", "iban"), lapsed("2021-04-01", "iban")),
        ],
    )
    found = rows_of(log, "documents", "country", on=date(2021, 4, 11), **YEAR)
    assert found["NL", "iban"] == {"completed": 1, "mean": 20, "median": 20, "p90": 20, "open": 1, "openMedian": 100}
    assert found["NL", "brp-registration"] == {
        "completed": 1,
        "mean": 20,
        "median": 20,
        "p90": 20,
        "openMedian": None,
    }


def test_what_moved_a_number_of_files_is_the_journey(log: Log) -> None:
    told(log, [granted("2021-01-01"), linked("2021-02-01"), housed("2021-03-01")])
    before = log.reached()
    told(
        log,
        [granted("2021-01-01"), linked("2021-02-01"), *completed("2021-02-01", *ALL), housed("2021-03-01")],
    )
    cells = {
        ("dossiers", "completeAtLink"): {},
        ("dossiers", "housed"): {},
        ("handovers", "none"): {},
        ("documents", "completed"): {"item": "bsn"},
    }
    for (figure, column), dimensions in cells.items():
        found = moved_since(log, figure, Cell(UTRECHT, dimensions, column), before, **YEAR)
        assert [one.adds.amount for one in found.values()] == [1], (figure, column)


def beside_others(figure: str, **told_alone: Any) -> dict[str, Any]:
    """What is told of rounded numbers beside each other."""
    found = {column.name: told_alone.get(column.name, 0) for column in FIGURES[figure].columns}
    for one in FIGURES[figure].together:
        found |= one.instead(found)
    return {name: value for name, value in found.items() if value}


def test_rounded_numbers_of_files_leave_each_of_them_open() -> None:
    # Of eight to twelve links two at the most complete, and two at the most without each item: that would be eight.
    assert beside_others("dossiers", linked=10) == {
        "linked": 10,
        "completeAtLink": 5,
        "shareAtLink": Decimal("0.5"),
    }
    # Of seven links at the most three complete and three without a bsn: that leaves little else.
    found = beside_others("dossiers", linked=5, completeAtLink=5, missingBsn=5)
    assert found == {"linked": 5, "completeAtLink": 5, "shareAtLink": 1}
    assert beside_others("dossiers", housed=10, completeAtHousing=5, open=0, completeNow=0) == {
        "housed": 10,
        "completeAtHousing": 5,
        "shareAtHousing": Decimal("0.5"),
    }


def test_rounded_handovers_fit_the_persons_housed_and_the_share_is_of_both_rounded() -> None:
    assert beside_others("handovers", housed=10, warm=5, none=5) == {
        "housed": 10,
        "warm": 5,
        "none": 5,
        "shareWarm": Decimal("0.5"),
    }
    assert beside_others("handovers", housed=0) == {}

    def written(*exact: Any) -> list[Any]:
        row = Row(UTRECHT, "Utrecht", (), (sum(exact), *exact, Ratio(exact[0], sum(exact))))
        return write_row(FIGURES["handovers"], row, exact=False).values

    # How many were housed is public: of three, or of eight in one way, "about five" or "ten" would be one number.
    assert written(3, 0, 0) == [5, 0, 0, 0, 0]
    assert written(8, 0, 0) == [10, 5, 0, 0, Decimal("0.5")]
    assert written(3, 3, 0) == [5, 5, 0, 0, 1]
    assert written(2, 2, 2) == [5, 5, 0, 0, 1]
    assert written(4, 4, 0) == [10, 5, 5, 0, Decimal("0.5")]
