"""The overview of logs is one of all there are: a table is in it as a log, or it says that it is none."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import APIRoute

from service.audit.records import NO_ACTIVITY
from service.http.routes import audit
from service.storage.service_tables import metadata

OVERVIEW = (Path(__file__).parents[2] / "docs" / "accountability.md").read_text()


def rows(heading: str) -> list[str]:
    """The rows of the table under a heading."""
    _, _, below = OVERVIEW.partition(f"## {heading}\n")
    return [line for line in below.partition("\n## ")[0].splitlines() if line.startswith("| ")][1:]


def test_every_table_is_in_the_overview_of_logs_or_said_to_be_none() -> None:
    of_logs = {name for row in rows("The logs") for name in re.findall(r"`([a-z_.]+)`", row.split("|")[2])}
    _, _, rest = OVERVIEW.partition("These tables are no logs:")
    others = set(re.findall(r"`([a-z_]+)`", rest.partition("\n\n")[0]))
    tables = {table.fullname for table in metadata.sorted_tables}
    assert of_logs & others == set()
    assert tables - of_logs - others == set()
    assert (of_logs | others) - tables - {"standard error"} == set()


def test_every_log_says_what_it_holds_and_does_not_how_long_and_for_whom() -> None:
    cells = [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows("The logs")]
    assert len(cells) == 8
    assert all(len(row) == 6 and all(row) for row in cells)


def test_the_overview_names_the_questions_that_can_be_asked() -> None:
    routes = [route for route in audit.router.routes if isinstance(route, APIRoute)]
    app = FastAPI()
    app.include_router(audit.router)
    for route in routes:
        assert f"/v1{route.path}" in OVERVIEW
        asked = {parameter["name"] for parameter in app.openapi()["paths"][route.path]["get"]["parameters"]}
        for name in asked - {"limit", "cursor"}:
            assert f"`{name}`" in OVERVIEW or f"`?{name}=`" in OVERVIEW, name
    assert NO_ACTIVITY in OVERVIEW
