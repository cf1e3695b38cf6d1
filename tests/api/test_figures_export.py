"""The figures as a folder of Parquet: the numbers that the service tells, of one moment, and nobody's name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import text

from projections.states import TABLES
from service.foundation.problems import Problem
from service.log.keys import DEVELOPMENT_KEY, Keyring
from service.queries.export import STATE_TABLES, write_export
from service.queries.question import open_question
from service.queries.times import Times
from service.storage.database import connect, reading
from tests.api.at_once import Command, refused
from tests.api.reports import ENSCHEDE, granted, home_ready, housed, linked, said
from tests.api.service_under_test import NOW, Service, serving
from tests.api.tokens import Guarded, guarded
from tests.posts import MINISTRY, event
from tests.processes import environment

HENGELO = "GM0164"
PERSONS = [f"99990000{nth:02d}" for nth in range(12)]
VALID_ON = "2022-06-30"
STATES_OF_PERSONS = [
    f"state-tables/{name}"
    for name in (
        "phases",
        "housings",
        "permits",
        "links",
        "reception",
        "offers",
        "documents",
        "referents",
        "arrivals",
        "stays",
        "minors",
        "causes",
        "integration",
        "findings",
    )
]


def events() -> Iterator[dict[str, Any]]:
    """Twelve persons in two municipalities and two half-years, one not housed; the quota, and a count of CBS."""
    yield event("quota-published", MINISTRY, "q-1", period="2021-II", persons=10_000, reference="1")
    yield event("quota-published", MINISTRY, "q-2", period="2022-I", persons=9_000, reference="2")
    yield said("inhabitants-counted", "2021-01-01", municipality=HENGELO, on="2021-01-01", persons=81_140)
    for nth, person in enumerate(PERSONS):
        where, kind = (HENGELO, "regular") if nth % 3 else (ENSCHEDE, "hotel")
        yield granted(person, "2021-05-01")
        yield linked(person, f"2021-05-{10 + nth}", where)
        if nth < 11:
            on = f"2021-09-{10 + nth}" if nth < 8 else f"2022-02-{10 + nth}"
            yield home_ready(person, "2021-08-01", where, kind)
            yield housed(person, on, where, kind)


def record(service: Service) -> None:
    service.post_all(events())
    service.follow()


@pytest.fixture
def database(database_url: str) -> str:
    """A log on each engine, followed to its end."""
    with serving(database_url) as service:
        record(service)
    return database_url


@pytest.fixture
def exported(database: str, at_once: Command, tmp_path: Path) -> Path:
    """Everything, exactly."""
    return export(at_once, database, tmp_path / "exact", "--exact")


def export(command: Command, database: str, directory: Path, *options: str) -> Path:
    done = command("export", str(directory), "--valid-on", VALID_ON, *options, env=environment(database))
    assert done.returncode == 0, done.stderr
    return directory


def manifest(directory: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((directory / "manifest.json").read_bytes())
    return told


def rows(path: Path | str) -> list[dict[str, Any]]:
    """The rows of a file, or of many by a pattern, with what their folders say if that is asked for."""
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT * FROM read_parquet('{path}', hive_partitioning = {'*' in str(path)})")
        names = [name for name, *_ in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def as_json(value: Any) -> Any:
    """A value as JSON would have it."""
    if isinstance(value, date):
        return value.isoformat()
    return value.normalize() if isinstance(value, Decimal) else value


def address(figure: str, required: set[str], period: str = "2021-II", groupBy: str = "country") -> str:  # noqa: N803
    """A table as it is exported: about a half-year where it is about one, else with its usual parameters."""
    first, last = {"I": ("01-01", "06-30"), "II": ("07-01", "12-31")}[period[5:]]
    values = {"period": period, "from": f"{period[:4]}-{first}", "to": f"{period[:4]}-{last}"}
    about = "".join(f"&{name}={values[name]}" for name in sorted(required))
    return f"/v1/figures/{figure}?groupBy={groupBy}&validOn={VALID_ON}{about}"


@pytest.mark.parametrize(
    ("role", "options", "rule"), [("analyst", (), "rounded-to-5"), ("ministry", ("--exact",), "exact")]
)
def test_every_table_has_the_rows_that_the_service_tells_who_may_see_as_much(
    sqlite_url: str, at_once: Command, tmp_path: Path, role: str, options: tuple[str, ...], rule: str
) -> None:
    def told(service: Guarded, url: str) -> Any:
        answer = service.request("GET", url, headers=service.of_role(role))
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text, parse_float=Decimal)

    with guarded(sqlite_url, client_rate=0, public_rate=0) as service:
        for one in events():
            assert service.post_as(one).status_code == 201
        service.follow()
        directory = export(at_once, sqlite_url, tmp_path / "figures", *options)
        catalogue = {one["figure"]: one for one in told(service, "/v1/figures")["items"]}
        required = {
            name: {each["name"] for each in one["parameters"] if each["required"]} for name, one in catalogue.items()
        }
        seen: set[str] = set()
        for file in manifest(directory)["files"]:
            figure, *values, _ = Path(file["path"]).parts
            if figure == "state-tables":
                continue
            asked = dict(value.split("=") for value in values)
            answer = told(service, address(figure, required[figure], **asked))
            found = [{name: as_json(value) for name, value in row.items()} for row in rows(directory / file["path"])]

            assert found == answer["items"]
            assert file["rows"] == len(found)
            seen.add(figure)
        # What has no rows has no file.
        for figure in catalogue.keys() - seen:
            group = catalogue[figure]["groupBy"][0]
            assert told(service, address(figure, required[figure], "2021-II", group))["items"] == []

    assert seen >= {"realisation", "backlog", "norm-phases", "quota-methods", "publication", "offset", "bonus"}
    assert manifest(directory)["disclosure"] == rule


def test_what_is_rounded_leaves_out_the_state_tables_of_single_persons_and_says_so(
    database: str, at_once: Command, tmp_path: Path
) -> None:
    told = manifest(export(at_once, database, tmp_path / "rounded"))

    folders = {Path(file["path"]).parts[:2] for file in told["files"] if file["path"].startswith("state-tables")}
    assert folders == {("state-tables", "quota"), ("state-tables", "reference")}
    assert told["leftOut"] == [*STATES_OF_PERSONS, "state-tables/areas?kind=links-announced"]


def test_only_an_exact_export_has_how_many_were_announced(sqlite_url: str, at_once: Command, tmp_path: Path) -> None:
    with serving(sqlite_url) as service:
        announced = said("links-announced", "2021-09-15", area=ENSCHEDE, month="2021-10", persons=2)
        homes = [{"bedrooms": 2, "adapted": False, "number": 4}]
        service.post_all([announced, said("homes-stated", "2021-09-01", area=ENSCHEDE, homes=homes)])
        service.follow()

    def amounts(name: str, *options: str) -> dict[str, int]:
        found = rows(export(at_once, sqlite_url, tmp_path / name, *options) / "state-tables/areas/**/*.parquet")
        return {row["kind"]: row["amount"] for row in found}

    assert amounts("rounded") == {"homes": 4}
    assert amounts("exact", "--exact") == {"homes": 4, "links-announced": 2}


def test_an_exact_export_has_every_state_table_whole(exported: Path) -> None:
    told = manifest(exported)
    states = {name: rows(exported / f"state-tables/{name}/**/*.parquet") for name in ("phases", "housings", "quota")}

    assert told["leftOut"] == []
    assert sum(row["persons"] for row in states["housings"]) == 11
    assert {row["period"] for row in states["housings"]} == {"2021-II", "2022-I"}
    assert sum(row["persons"] for row in states["quota"] if row["kind"] == "national") == 19_000
    still_waiting = [row for row in states["phases"] if row["phase"] == "housing" and row["ended_on"] is None]
    assert [row["link_on"] for row in still_waiting if row["known_until"] is None and row["valid_until"] is None] == [
        date(2021, 5, 21)
    ]
    (counted,) = rows(exported / "state-tables/reference/*.parquet")
    assert (counted["persons"], counted["valid_from"], counted["valid_until"]) == (81_140, date(2021, 1, 1), None)


def test_every_state_table_there_is_is_exported_or_left_out() -> None:
    assert [state.table for state in STATE_TABLES] == list(TABLES)


def test_no_file_says_whose_a_row_is(exported: Path) -> None:
    keys = Keyring(DEVELOPMENT_KEY)
    names = {*PERSONS, *(form for person in PERSONS for form in (str(keys.journey(person)), keys.journey(person).hex))}
    told = (exported / "manifest.json").read_text()
    for path in exported.rglob("*.parquet"):
        found = rows(path)
        told += repr(found)
        assert not {"stream", "number", "journey"} & set(found[0])

    assert not [name for name in names if name in told]


def test_the_manifest_names_every_file_with_its_digest_and_columns(exported: Path) -> None:
    told = manifest(exported)
    files = {file["path"]: file for file in told["files"]}

    assert set(files) == {str(path.relative_to(exported)) for path in exported.rglob("*.parquet")}
    for path, file in files.items():
        content = (exported / path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        found = rows(exported / path)
        assert ([one["name"] for one in file["columns"]], file["rows"]) == (list(found[0]), len(found))
    assert (told["validOn"], told["position"]) == (VALID_ON, len(list(events())))
    assert told["knownAt"].startswith(f"{NOW:%Y-%m-%d}")
    assert told["figures"]["norm-phases"]["parameters"] == {"norm": "permit-14", "family": "any"}


def test_a_position_gives_the_same_bytes_on_both_engines_and_after_more_was_recorded(
    sqlite_url: str, postgresql_url: str, at_once: Command, tmp_path: Path
) -> None:
    digests = []
    for name, url in (("sqlite", sqlite_url), ("postgresql", postgresql_url)):
        with serving(url) as service:
            record(service)
            position = service.position()
            export(at_once, url, tmp_path / name, "--exact")
            service.clock.forward(days=1)
            service.post_all([housed(PERSONS[11], "2022-03-01", HENGELO), said("died", "2022-06-01", PERSONS[0])])
            service.follow()
        export(at_once, url, tmp_path / f"{name}-later", "--exact", "--at-position", str(position))
        export(at_once, url, tmp_path / f"{name}-now", "--exact")
        digests += [manifest(tmp_path / f"{name}{which}")["files"] for which in ("", "-later", "-now")]
    first, again, now, *other = digests

    assert first == again
    assert first != now
    assert [first, again, now] == other


def test_a_folder_with_something_in_it_is_left_as_it_is(database: str, at_once: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")

    done = at_once("export", str(tmp_path), env=environment(database))

    assert "is not empty" in refused(done)
    assert [path.name for path in tmp_path.iterdir() if "ketenspoor" not in path.name] == ["mine.txt"]


def test_an_empty_folder_is_filled_for_its_owner_alone(database: str, at_once: Command, tmp_path: Path) -> None:
    directory = tmp_path / "figures"
    directory.mkdir()

    export(at_once, database, directory)

    assert (directory / "manifest.json").exists()
    assert directory.stat().st_mode & 0o077 == 0


def test_what_ends_halfway_leaves_nothing(database: str, tmp_path: Path) -> None:
    def stopped(files: int) -> None:
        if files == 3:
            raise KeyboardInterrupt

    place = tmp_path / "place"
    place.mkdir()
    engine = connect(database)
    with open_question(engine, Times(), lambda: NOW) as question, pytest.raises(KeyboardInterrupt):
        write_export(question, place / "figures", stopped, exact=True)
    engine.dispose()

    assert list(place.iterdir()) == []


def test_what_cannot_be_computed_is_a_problem_that_says_so_and_nothing_of_what_it_is_of(database: str) -> None:
    engine = connect(database)
    with pytest.raises(Problem) as refused, open_question(engine, Times(), lambda: NOW) as question:
        question.tables.rows("SELECT $persons::INTEGER + 1", {"persons": 2_147_483_647})
    engine.dispose()

    assert refused.value.body() == {
        "type": "about:blank",
        "title": "Not computed",
        "status": 500,
        "detail": "What is asked cannot be computed; the fault is in the log of the service.",
    }


@pytest.mark.parametrize(
    ("options", "said_of_it"),
    [
        (("--at-position", "100000"), "the log has not come so far"),
        (("--at-position", "1", "--known-at", "2022-01-01T00:00:00Z"), "not both"),
    ],
)
def test_a_moment_that_cannot_be_asked_is_refused(
    sqlite_url: str, at_once: Command, tmp_path: Path, options: tuple[str, ...], said_of_it: str
) -> None:
    done = at_once("export", str(tmp_path / "figures"), *options, env=environment(sqlite_url))

    assert said_of_it in refused(done)
    assert not (tmp_path / "figures").exists()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_views_for_analysts_have_the_same_rows(database: str, exported: Path) -> None:
    engine = connect(database)
    with reading(engine) as connection:
        for name in ("phases", "housings", "quota", "reference"):
            found = rows(exported / f"state-tables/{name}/**/*.parquet")
            columns = ", ".join(column for column in found[0] if name != "phases" or column != "period")
            viewed = connection.execute(text(f"SELECT {columns} FROM analysis.{name}")).mappings()
            wanted = columns.split(", ")
            assert {tuple(row[one] for one in wanted) for row in viewed} == {
                tuple(row[one] for one in wanted) for row in found
            }
    engine.dispose()
