"""Every column of every table, asked why it is so and why it changed: no question fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from projections.figure import Figure
from projections.figures import FIGURES
from tests.api.reports import UTRECHT, returned, said
from tests.api.service_under_test import Service, serving
from tests.api.test_formats import TIMES, address, history, parameters

#: Of the persons of the other tables' history two in terms of integration, one who moved on and one who returned.
MORE = [
    said("integration-duty-started", "2019-01-10", "9999000080", law="wi2013"),
    said("integration-term-set", "2019-01-10", "9999000080", endsOn="2022-01-10"),
    said("integration-duty-started", "2020-01-10", "9999000081", law="wi2013"),
    said("integration-term-set", "2020-01-10", "9999000081", endsOn="2022-06-10"),
    said("moved-to-permanent-home", "2022-02-15", "9999000001", municipality=UTRECHT),
    returned("9999000002", "2022-02-20"),
]


@pytest.fixture(scope="module")
def service(shared_sqlite_url: str) -> Iterator[Service]:
    with serving(shared_sqlite_url) as running:
        running.post_all([*history(), *MORE])
        running.clock.forward(days=1)
        running.post_all([said("integration-duty-started", "2019-01-10", "9999000082", law="wi2013")])
        running.follow()
        yield running


def cell_of(service: Service, figure: Figure) -> str:
    """Where the first row of a table is, as it is asked."""
    rows = (row for group in figure.group_by for row in service.told(address(figure.name, group))["items"])
    row = next(rows)
    return f"code={row['code']}" + "".join(f"&{one.name}={row[one.name]}" for one in figure.dimensions)


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
def test_every_column_can_be_asked_why_it_is_so_and_what_changed_it(service: Service, figure: Figure) -> None:
    half, asked = service.position() // 2, f"{cell_of(service, figure)}&{parameters(figure)}&{TIMES}"
    refused = {}
    for column in figure.columns:
        for what in (f"_explanation?column={column.name}", f"_changes?fromPosition={half}&column={column.name}"):
            answer = service.request("GET", f"/v1/figures/{figure.name}/{what}&{asked}")
            if answer.status_code != 200:
                refused[what] = answer.text

    assert refused == {}
