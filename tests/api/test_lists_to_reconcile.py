"""How a list to reconcile is written, and what is told of one that can't be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import pytest

from tests.api.service_under_test import Service, serving
from tests.api.their_list import OURS, THEIRS, URL, A, B, C, listed, posted, told


@pytest.fixture(scope="module")
def embedded_books(another_sqlite_url: Callable[[], str]) -> Iterator[Service]:
    """The same on SQLite, for how a list is read."""
    with serving(another_sqlite_url()) as service:
        service.post_all(OURS)
        yield service


@pytest.mark.parametrize(
    "written",
    [
        listed(*THEIRS, end="\r\n"),
        listed(*THEIRS, header="vNumber;housedOn"),
        "\ufeff" + listed(*THEIRS),
        "\ufeff" + listed(*THEIRS, header="vNumber;housedOn") + ";\n" * 50,
        listed(*THEIRS) + '\n , \n,,,\n;\n\t\n\xa0,\n"","  "',
        listed(*THEIRS, header="vnummer;gehuisvestOp"),
        listed(*THEIRS, header="V-nummer,Datum"),
        listed(*THEIRS).rstrip("\n"),
        listed(*((f'"{v_number}"', f" {on} ") for v_number, on in THEIRS)),
        listed(*((on, v_number) for v_number, on in THEIRS), header="housedOn,vNumber"),
    ],
    ids=[
        "crlf",
        "semicolons",
        "mark",
        "rows-below",
        "cells-below",
        "dutch",
        "dutch-too",
        "no-last-end",
        "quoted",
        "day-first",
    ],
)
def test_a_list_may_be_written_in_several_ways(embedded_books, written):
    assert told(embedded_books, written) == told(embedded_books, listed(*THEIRS))


def test_lines_without_anything_are_passed_over_and_counted(embedded_books):
    (item,) = [
        one for one in told(embedded_books, f"vNumber,housedOn\n\n \n{A},2021-07-20\n\n")["items"] if one["theirs"]
    ]

    assert item["theirs"] == {"line": 4, "on": "2021-07-20"}


@pytest.mark.parametrize("row", ["\n", ";\n", '"" ; " "\r\n', "\u00a0\n"])
def test_rows_without_anything_count_for_no_bound(embedded_books, row):
    written = listed((A, "2021-07-20"), header="vNumber;housedOn") + row * 100_001 + f"{B};x"
    (error,) = posted(embedded_books, written).json()["errors"]

    assert (error["pointer"], error["code"]) == ("/100004/housedOn", "not-a-date")


def test_what_a_spreadsheet_puts_before_the_header_is_passed_over_and_counted(embedded_books):
    firsts = ("sep=;", "SEP=;", '"sep=;"', "sep=,", "sep=\t", "sep=;;", "sep=; ")
    for first, between, end in product(firsts, ("", "\n \n;;\n"), ("\n", "\r\n")):
        written = listed((A, "2021-07-20"), header=f"{first}\n{between}vNumber;housedOn").replace("\n", end)
        (item,) = [one for one in told(embedded_books, written)["items"] if one["theirs"]]
        assert item["theirs"] == {"line": between.count("\n") + 3, "on": "2021-07-20"}


def test_faults_behind_what_is_passed_over_have_the_lines_of_the_file(embedded_books):
    above = "sep=;\n;\n"
    for written, expected in (
        (f"{above}vNumber;name\n", [("/3", "unknown-column"), ("/3/housedOn", "required")]),
        (f"{above}vNumber;housedOn\n;;\n{A};\n", [("/5/housedOn", "required")]),
        (f"{above}vNumber;housedOn\n;\n", [("/3", "empty")]),
        (f"vNumber;housedOn\nsep=;\n{A};2021-07-20\n", [("/2/vNumber", "not-a-v-number"), ("/2/housedOn", "required")]),
        ("sep=;\n", [("/1", "no-header")]),
        (";\n\n", [("/1", "no-header")]),
    ):
        problem = posted(embedded_books, written)
        assert problem.status_code == 400
        assert [(error["pointer"], error["code"]) for error in problem.json()["errors"]] == expected


def test_every_fault_of_a_list_is_told_by_its_line_without_its_value(embedded_books):
    lines = ["vNumber;housedOn", "123456789;2021-08-01", f"{A};1-8-2021", f"{B}", f"{C};", f"{A};2021-02-30", '"x;y']
    problem = posted(embedded_books, "\n".join(lines))

    assert (problem.status_code, problem.headers["content-type"]) == (400, "application/problem+json")
    assert [(error["pointer"], error["code"]) for error in problem.json()["errors"]] == [
        ("/2/vNumber", "not-a-v-number"),
        ("/3/housedOn", "not-a-date"),
        ("/4", "not-a-line"),
        ("/5/housedOn", "required"),
        ("/6/housedOn", "not-a-date"),
        ("/6/vNumber", "doubled"),
        ("/7", "not-a-line"),
    ]
    assert problem.json()["errors"][5]["detail"] == "line 6: vNumber is the person of line 3 too"
    assert not [value for value in (A, "123456789", "1-8-2021", "2021-02-30") if value in problem.text]


@pytest.mark.parametrize(
    ("written", "faults"),
    [
        ("", [("/1", "no-header")]),
        ("vNumber,housedOn\n", [("/1", "empty")]),
        (
            f"{A},2021-08-01\n",
            [("/1", "unknown-column")] * 2 + [("/1/housedOn", "required"), ("/1/vNumber", "required")],
        ),
        ("vNumber,housedOn,name\n", [("/1", "unknown-column")]),
        ("vNumber\n", [("/1/housedOn", "required")]),
        (f"vNumber\thousedOn\n{A}\t2021-08-01\n", [("/1", "unknown-separator")]),
        (f"sep=\t\nvNumber\thousedOn\n{A}\t2021-08-01\n", [("/2", "unknown-separator")]),
        (f"sep=|\r\n\r\nV-nummer|Datum\r\n{A}|2021-08-01\r\n", [("/3", "unknown-separator")]),
        ("vNumber,journey,housedOn\n", [("/1/journey", "disagrees")]),
        ("vNumber,datum,housedOn\n", [("/1/housedOn", "doubled-column")]),
        (b"vNumber,housedOn\n\xff\xfe,2021-08-01\n", [("/2", "not-utf-8")]),
        ("journey,housedOn\nnobody,2021-08-01\n", [("/2/journey", "not-a-journey")]),
        (f'vNumber,housedOn\n"{A}","2021-08-01\n', [("/2", "not-a-line")]),
    ],
)
def test_what_is_no_list_is_told(embedded_books, written, faults):
    problem = posted(embedded_books, written)

    assert problem.status_code == 400
    assert [(error["pointer"], error["code"]) for error in problem.json()["errors"]] == faults
    assert A not in problem.text


def test_of_many_faults_the_first_hundred_are_told(embedded_books):
    problem = posted(embedded_books, listed(*[("1", "2021-08-01")] * 250)).json()

    assert len(problem["errors"]) == 100
    assert "250 faults" in problem["detail"]


def test_a_list_that_is_too_long_is_refused(embedded_books):
    assert posted(embedded_books, "vNumber,housedOn\n" + "1,2\n" * 100_001).status_code == 413
    assert posted(embedded_books, "vNumber,housedOn\n" + "1,2\n" * 100_000).status_code == 400
    assert posted(embedded_books, b"x" * 8_000_001).status_code == 413


@pytest.mark.parametrize("kind", ["application/json", "text/csv; charset=iso-8859-1", ""])
def test_another_form_than_csv_is_refused(embedded_books, kind):
    answer = posted(embedded_books, listed(*THEIRS), **{"Content-Type": kind})

    assert (answer.status_code, answer.headers["accept-post"]) == (415, "text/csv")


@pytest.mark.parametrize(
    ("url", "parameter", "code"),
    [
        ("/v1/reconciliations", "period", "required"),
        ("/v1/reconciliations?period=2021", "period", "not-a-period"),
        (f"{URL}&municipality=GM9999", "municipality", "unknown-municipality"),
        (f"{URL}&municipality=Utrecht", "municipality", "wrong-pattern"),
        (f"{URL}&knownAt=2022-07-15T10:00:00.001Z", "knownAt", "in-the-future"),
        (f"{URL}&vNumber={A}", "vNumber", "unknown-parameter"),
    ],
)
def test_a_question_that_cannot_be_used_is_told_by_its_parameter(embedded_books, url, parameter, code):
    problem = posted(embedded_books, listed(*THEIRS), url)

    assert problem.status_code == 400
    assert (parameter, code) in [(error["parameter"], error["code"]) for error in problem.json()["errors"]]


@pytest.mark.parametrize(
    ("url", "faults"),
    [
        (
            "/v1/reconciliations?period=x&municipality=GM99&validOn=x&knownAt=x",
            {"period not-a-period", "municipality wrong-pattern", "validOn not-a-date", "knownAt not-an-instant"},
        ),
        (
            f"{URL}&municipality=GM9999&knownBy=sender",
            {"municipality unknown-municipality", "knownAt required"},
        ),
    ],
)
def test_all_that_is_wrong_with_a_question_is_told_at_once(embedded_books, url, faults):
    problem = posted(embedded_books, listed(*THEIRS), url)

    assert problem.status_code == 400
    assert {f"{error['parameter']} {error['code']}" for error in problem.json()["errors"]} == faults
