"""Every table of figures as JSON, CSV, XLSX and Parquet: the same numbers, and no text that a spreadsheet computes."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import httpx
import openpyxl
import pytest

from projections.figure import Figure
from projections.figures import FIGURES
from projections.units import DECIMALS
from service.queries import files
from service.queries.formats import MEDIA_TYPES
from tests.api.every_operation import told_as_problem
from tests.api.reports import (
    AMERSFOORT,
    AMSTERDAM,
    ENSCHEDE,
    UTRECHT,
    WEESP,
    granted,
    home_ready,
    housed,
    linked,
    quota,
    said,
)
from tests.api.service_under_test import Service, serving

#: The name that CBS gives to what Enschede becomes in 2022: a formula to a spreadsheet.
FORMULA = '=HYPERLINK("https://elders.example";"Twente, e.o.")'
TIMES = "validOn=2022-03-01"
XLSX = MEDIA_TYPES["xlsx"]

every_figure = pytest.mark.parametrize("name", FIGURES)


def parameters(figure: Figure) -> str:
    """A value for every parameter that must be there."""
    given = {"period": "2022-I", "from": "2021-01-01", "to": "2022-02-28"}
    return "&".join(f"{one.name}={given[one.name]}" for one in figure.parameters if one.required)


def address(name: str, group_by: str = "municipality", more: str = "") -> str:
    figure = FIGURES[name]
    group_by = group_by if group_by in figure.group_by else figure.group_by[-1]
    return f"/v1/figures/{name}?{parameters(figure)}&groupBy={group_by}&{TIMES}{more}"


def history() -> Iterator[dict[str, Any]]:
    yield quota("quota-published", "2021-10-01", "2022-I", persons=10_000)
    yield quota("quota-published", "2021-03-29", "2021-II", persons=11_000)
    yield quota("interim-goal-set", "2022-01-01", "2022-I", reduction=700)
    yield quota("quota-revised", "2021-12-01", "2022-I", persons=10_400)
    lines = [{"municipality": UTRECHT, "persons": 2}, {"municipality": AMERSFOORT, "persons": -2}]
    yield quota("quota-transferred", "2022-01-15", "2022-I", transfers=lines)
    yield said("ladder-step-decided", "2022-02-01", area=UTRECHT, period="2021-II", rung=1, reason="achterstand")
    for n in range(24):
        town = (UTRECHT, AMERSFOORT, ENSCHEDE, WEESP)[n % 4]
        person = f"99990000{n:02d}"
        yield granted(person, f"2021-{1 + n % 9:02d}-{1 + n:02d}")
        yield linked(person, f"2021-{2 + n % 9:02d}-{1 + n // 2:02d}", town)
        if n % 3:
            kind = ("regular", "transit-home", "hotel")[n % 3]
            yield home_ready(person, f"2021-11-{1 + n:02d}", town, kind)
            yield housed(person, f"2022-01-{1 + n:02d}", town, kind)
    yield granted("9999000077", "2021-03-01")
    yield linked("9999000077", "2021-03-10", AMSTERDAM)
    yield housed("9999000077", "2021-06-01", AMSTERDAM)
    yield from households_and_homes()
    yield from families_and_minors()
    yield said(
        "municipality-merged",
        "2022-01-01",
        municipality=ENSCHEDE,
        into="GM9153",
        on="2022-01-01",
        name=FORMULA,
        province="PV23",
    )


def households_and_homes() -> Iterator[dict[str, Any]]:
    """Two of Amersfoort for whom it has no home and Utrecht has, two alone the other way round, and a refusal."""
    for n in (78, 79):
        yield granted(f"99990000{n}", "2021-09-01", household="H-1")
        yield linked(f"99990000{n}", "2021-10-01", AMERSFOORT)
    for area, one, two in ((UTRECHT, 0, 3), (AMERSFOORT, 9, 0)):
        homes = [{"bedrooms": rooms, "adapted": False, "number": number} for rooms, number in ((1, one), (2, two))]
        yield said("homes-stated", "2021-10-01", area=area, homes=homes)
    yield said("offer-refused", "2021-11-01", "9999000078", municipality=AMERSFOORT, reason="te klein")


def families_and_minors() -> Iterator[dict[str, Any]]:
    """Two who applied for family, of which some came and some may, and five minors alone."""
    for n in (80, 81):
        person = f"99990000{n}"
        yield said("family-reunification-applied", "2021-08-01", person, persons=5)
        yield said("family-reunification-decided", "2021-10-01", person, granted=4, refused=1)
        yield linked(person, "2021-09-01", UTRECHT)
        yield said("family-visa-issued", "2021-12-01", person, persons=3)
        yield said("family-arrived", "2022-01-10", person, persons=3, direct=True)
    for n in range(1, 14, 3):
        # Who was housed in a transit home moves on, and begins to integrate.
        person, town = f"99990000{n:02d}", (UTRECHT, AMERSFOORT, ENSCHEDE, WEESP)[n % 4]
        yield said("moved-to-permanent-home", "2022-02-20", person, municipality=town)
        yield said("integration-duty-started", "2021-12-01", person, law="wi2013")
        yield said("integration-term-set", "2021-12-01", person, endsOn="2022-07-01")
        yield said("integration-loan-stated", "2021-12-01", person, granted=10_000, used=9_000)
    for n in range(82, 87):
        more: dict[str, Any] = {"birthDate": "2004-05", "unaccompaniedMinor": True}
        yield said("permit-granted", "2021-09-01", f"99990000{n}", ground="asylum", **more)
        yield linked(f"99990000{n}", "2021-10-01", UTRECHT)


@pytest.fixture(scope="module")
def service(shared_sqlite_url: str) -> Iterator[Service]:
    with serving(shared_sqlite_url) as running:
        running.post_all(history())
        running.follow()
        yield running


def asked(service: Service, url: str, **headers: str) -> httpx.Response:
    answer = service.request("GET", url, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def declared(figure: Figure) -> list[Any]:
    """Its dimensions and columns, in their order."""
    return [*figure.dimensions, *figure.columns]


def items(service: Service, url: str) -> list[list[Any]]:
    """The rows of the answer in JSON, decimals exact and days as such; a column's name is not among them."""
    exact = httpx.Response(200, content=asked(service, url).content).json(parse_float=Decimal)["items"]
    return [list(item.values()) for item in exact]


def of_type(figure: Figure, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Rows of JSON with days as such."""
    units = ["text", "text", *(one.unit for one in declared(figure))]
    return [
        [
            date.fromisoformat(value) if unit == "date" and value else value
            for unit, value in zip(units, row, strict=True)
        ]
        for row in rows
    ]


def names(figure: Figure) -> list[str]:
    return ["code", "name", *(one.name for one in declared(figure))]


def sheets(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def parquet(content: bytes, folder: Path) -> tuple[list[tuple[str, str]], list[list[Any]], dict[str, str]]:
    """The columns with their types, the rows, and the metadata of a file, as DuckDB reads it."""
    path = folder / "table.parquet"
    path.write_bytes(content)
    with duckdb.connect() as database:
        columns = database.execute("DESCRIBE FROM read_parquet(?)", [str(path)]).fetchall()
        rows = database.execute("FROM read_parquet(?)", [str(path)]).fetchall()
        facts = database.execute("SELECT key, value FROM parquet_kv_metadata(?)", [str(path)]).fetchall()
    return (
        [(name, kind) for name, kind, *_ in columns],
        [[*row] for row in rows],
        {key.decode(): value.decode() for key, value in facts},
    )


# The same numbers


@every_figure
@pytest.mark.parametrize("group_by", ["country", "province", "municipality"])
def test_every_format_has_the_same_numbers_in_the_same_columns(service, tmp_path, name, group_by):
    figure, url = FIGURES[name], address(name, group_by)
    rows = of_type(figure, items(service, url))
    assert rows

    lines = list(csv.reader(io.StringIO(asked(service, f"{url}&format=csv").text, newline="")))
    assert lines[0] == names(figure)
    assert lines[1:] == [[text(value) for value in row] for row in rows]

    sheet = sheets(asked(service, f"{url}&format=xlsx").content).worksheets[0]
    assert [cell.value for cell in sheet[1]] == names(figure)
    found = [[cell.value.date() if isinstance(cell.value, datetime) else cell.value for cell in row] for row in sheet]
    assert found[1:] == [[float(value) if isinstance(value, Decimal) else value for value in row] for row in rows]

    columns, stored, _ = parquet(asked(service, f"{url}&format=parquet").content, tmp_path)
    assert [column for column, _ in columns] == names(figure)
    assert stored == rows


def text(value: Any) -> str:
    """A value of JSON as CSV has it."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith("=") else str(value)


@every_figure
def test_parquet_has_types_and_sheets_have_numbers_and_days(service, tmp_path, name):
    figure = FIGURES[name]
    columns, _, _ = parquet(asked(service, address(name, more="&format=parquet")).content, tmp_path)
    kinds = dict(columns)
    for one in declared(figure):
        whole = {"date": "DATE", "text": "VARCHAR"}.get(one.unit, "BIGINT")
        assert kinds[one.name] == (f"DECIMAL(18,{DECIMALS[one.unit]})" if one.unit in DECIMALS else whole), one.name

    sheet = sheets(asked(service, address(name, more="&format=xlsx")).content).worksheets[0]
    for number, one in enumerate(declared(figure), start=3):
        types = {cell.data_type for (cell,) in sheet.iter_rows(2, None, number, number) if cell.value is not None}
        assert types <= {{"date": "d", "text": "s"}.get(one.unit, "n")}, one.name


def test_the_older_addresses_give_the_same_table_in_flat_rows(service):
    window = f"from=2021-01-01&to=2022-02-28&{TIMES}"
    for older, table in (
        (f"/v1/realisation?period=2022-I&groupBy=province&{TIMES}", address("realisation", "province")),
        (f"/v1/norm-phases?{window}&groupBy=municipality", address("norm-phases")),
        (f"/v1/backlog?{window}", address("backlog", "country")),
    ):
        for form in ("csv", "xlsx", "parquet"):
            assert asked(service, f"{older}&format={form}").content == asked(service, f"{table}&format={form}").content
        assert "items" in asked(service, f"{older}&format=json").json() or "/v1/backlog" in older


def test_the_backlog_of_a_municipality_is_a_table_of_its_own_rows(service):
    window = f"/v1/backlog?from=2022-01-01&to=2022-02-28&municipality={UTRECHT}&{TIMES}"
    lines = list(csv.DictReader(io.StringIO(asked(service, window, accept="text/csv").text)))
    points = asked(service, window).json()["points"]

    assert [(line["code"], line["on"]) for line in lines] == [(UTRECHT, "2022-01-31"), (UTRECHT, "2022-02-28")]
    assert [int(line["remaining"]) for line in lines] == [point["remaining"] for point in points]


@every_figure
@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_the_same_question_is_the_same_bytes(service, name, form):
    url = address(name, more=f"&format={form}")

    assert asked(service, url).content == asked(service, url).content


# What a spreadsheet computes


def test_a_name_that_looks_like_a_formula_is_written_as_a_text(service):
    url = address("realisation", more="&format=")
    lines = {line[0]: line for line in csv.reader(io.StringIO(asked(service, f"{url}csv").text, newline=""))}
    assert lines["GM9153"][1] == f"'{FORMULA}"

    for sheet in sheets(asked(service, f"{url}xlsx").content):
        assert {cell.data_type for row in sheet for cell in row} <= {"s", "n", "d"}
    book = sheets(asked(service, f"{url}xlsx").content)
    (name,) = (row[1] for row in book.worksheets[0] if row[0].value == "GM9153")
    assert (name.value, name.data_type, name.quotePrefix) == (FORMULA, "s", True)


def test_a_number_below_zero_stays_a_number(service):
    url = address("realisation", "country", "&format=")
    ahead = next(csv.DictReader(io.StringIO(asked(service, f"{url}csv").text)))["ahead"]

    assert re.fullmatch(r"-\d+(\.\d+)?", ahead)


# In Dutch


def test_with_dutch_labels_a_dutch_spreadsheet_opens_it_with_its_columns_apart(service):
    answer = asked(service, address("norm-phases", "country", "&format=csv&labels=nl"))
    assert answer.content.startswith(b"\xef\xbb\xbf") and answer.content.count(b"\xef\xbb\xbf") == 1
    head, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";")
    plain = next(csv.DictReader(io.StringIO(asked(service, address("norm-phases", "country", "&format=csv")).text)))

    labels = dict(zip(head, row, strict=True))
    assert head[:3] == ["Code", "Naam", "Gesloten zonder huisvesting"]
    assert [one.label.nl for one in FIGURES["norm-phases"].columns] == head[2:]
    assert re.fullmatch(r"\d+,\d+", labels["Totaal, voltooid: gemiddeld"])
    assert labels["Totaal, voltooid: gemiddeld"].replace(",", ".") == plain["totalCompletedMean"]


def test_with_english_labels_it_is_still_separated_by_commas(service):
    lines = asked(service, address("realisation", "country", "&format=csv&labels=en")).text.split("\r\n")

    assert lines[0].startswith("Code,Name,Inhabitants,Quota,") and lines[-1] == ""


def test_a_workbook_says_what_it_is_in_the_language_that_is_asked(service):
    told = asked(service, address("realisation", "municipality")).json()
    for labels, names_of_sheets, title, heading in (
        ("", ["Figures", "About"], "Realisation of the quota", "openingBalance"),
        ("&labels=nl", ["Cijfers", "Toelichting"], "Realisatie van de taakstelling", "Beginstand"),
    ):
        book = sheets(asked(service, address("realisation", "municipality", f"&format=xlsx{labels}")).content)
        about = {row[0].value: row[1].value for row in book.worksheets[1]}
        assert book.sheetnames == names_of_sheets
        assert title in about.values() and heading in [cell.value for cell in book.worksheets[0][1]]
        assert {told["validOn"], told["knownAt"], str(told["position"]), "2022-I"} <= set(about.values())
        assert '{"rule":"exact","exactFor":[]}' in about.values()


def test_parquet_carries_what_the_answer_says_of_itself(service, tmp_path):
    url = address("norm-phases", "province")
    told = asked(service, url).json()
    _, _, facts = parquet(asked(service, f"{url}&format=parquet").content, tmp_path)

    assert facts["title"] == "Norm phases" and facts["description"].startswith("How many days")
    for name in ("validOn", "knownAt", "from", "to", "family", "groupBy"):
        assert facts[name] == told[name]
    assert facts["position"] == str(told["position"])
    assert '"name":"permit-14"' in facts["norm"] and '"rule":"exact"' in facts["disclosure"]


# Which form


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "json"),
        ("text/csv", "csv"),
        ("text/*", "csv"),
        ("application/json;q=0.5, text/csv", "csv"),
        ("text/csv;q=0.5, */*", "json"),
        (XLSX, "xlsx"),
        ("application/vnd.apache.parquet, application/json;q=0.9", "parquet"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "json"),
    ],
)
def test_accept_says_in_which_form(service, accept, kind):
    for url in (address("realisation", "country"), f"/v1/realisation?period=2022-I&{TIMES}"):
        answer = asked(service, url, accept=accept)
        assert answer.headers["content-type"].partition(";")[0] == MEDIA_TYPES[kind]
        assert answer.headers["vary"] == "Accept"


def test_a_form_that_is_named_is_stronger_than_accept(service):
    url = address("realisation", "country")

    assert asked(service, f"{url}&format=csv", accept="application/json").headers["content-type"].startswith("text/csv")
    assert asked(service, f"{url}&format=json", accept="text/csv").json()["items"]
    assert asked(service, f"{url}&format=xlsx", accept="text/html").headers["content-type"] == XLSX


def test_another_form_is_refused_as_a_problem(service):
    url = address("realisation", "country")
    told_as_problem(service.request("GET", url, headers={"Accept": "text/html"}), 406)
    problem = told_as_problem(
        service.request("GET", f"{url}&format=ods&labels=fr", headers={"Accept": "text/csv"}), 400
    )
    assert [(one["parameter"], one["code"]) for one in problem["errors"]] == [
        ("format", "not-one-of"),
        ("labels", "not-one-of"),
    ]

    wrong = service.request("GET", "/v1/figures/realisation?period=x&format=parquet")
    told_as_problem(wrong, 400)


def test_a_file_has_a_name_and_says_in_its_headers_what_it_rests_on(service):
    answer = asked(service, address("norm-phases", "province", "&format=xlsx"))

    assert answer.headers["content-disposition"] == (
        'attachment; filename="norm-phases-2021-01-01-2022-02-28-province-2022-03-01.xlsx"'
    )
    told = asked(service, address("norm-phases", "province")).json()
    headers = {name: answer.headers[f"ketenspoor-{name}"] for name in ("valid-on", "known-at", "position")}
    assert headers == {"valid-on": told["validOn"], "known-at": told["knownAt"], "position": str(told["position"])}
    csv_type = asked(service, address("norm-phases", "province", "&format=csv")).headers["content-type"]
    assert csv_type == "text/csv; charset=utf-8; header=present"


def test_no_file_is_left_behind_or_even_made(service, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(tempfile, "mkstemp", None)
    monkeypatch.chdir(tmp_path)
    for form in MEDIA_TYPES:
        asked(service, address("norm-phases", more=f"&format={form}"))

    assert [*tmp_path.iterdir()] == []


def test_a_workbook_too_large_to_be_opened_is_refused_and_the_same_as_csv_is_not(service, monkeypatch):
    monkeypatch.setattr(files, "MOST_CELLS", 1_000)
    url = address("realisation", "municipality", "&format=")
    problem = told_as_problem(service.request("GET", f"{url}xlsx"), 400)

    assert [(one["parameter"], one["code"]) for one in problem["errors"]] == [("format", "too-large")]
    assert asked(service, f"{url}csv").text
