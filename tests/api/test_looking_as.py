"""In development mode an address may say as whom it is asked, and the answer is what they would get; nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from service.storage.database import connect, reading
from service.storage.service_tables import audit_log
from tests.api.found import A, B
from tests.api.reports import granted, worked_case
from tests.api.service_under_test import Service, serving
from tests.api.tokens import guarded

_TABLE = "/v1/figures/realisation?period=2021-I&groupBy=municipality&validOn=2021-06-30"
_UTRECHT, _AMSTERDAM = "GM0344", "GM0363"


@pytest.fixture(scope="module")
def service(shared_sqlite_url: str) -> Iterator[Service]:
    with serving(shared_sqlite_url) as running:
        running.post_all([*worked_case(A), granted(B, "2021-02-01")])
        yield running


@pytest.mark.parametrize(
    ("asked", "told"),
    [("coa", ["coa"]), ("analyst", ["analyst"]), (_UTRECHT, ["municipality"]), ("PV26", ["province"])],
)
def test_who_asks_as_somebody_is_taken_for_them(service, asked, told):
    assert service.told("/v1/session", **{"as": asked})["roles"] == told


def test_a_municipality_reads_its_own_row_exactly_and_an_analyst_none(service):
    exact = service.told(_TABLE)["disclosure"]
    assert exact == {"rule": "exact", "exactFor": []}
    assert service.told(f"{_TABLE}&as={_UTRECHT}")["disclosure"] == {"rule": "rounded-to-5", "exactFor": [_UTRECHT]}
    assert service.told(f"{_TABLE}&as=analyst")["disclosure"] == {"rule": "rounded-to-5", "exactFor": []}


def test_what_is_closed_to_a_role_is_closed_to_who_asks_as_that(service):
    journey = service.journey(A)
    assert service.get(f"/v1/journeys/{journey}/timeline?as={_UTRECHT}").status_code == 200
    assert service.get(f"/v1/journeys/{journey}/timeline?as={_AMSTERDAM}").status_code == 404
    assert service.get(f"/v1/journeys/{journey}/timeline?as=analyst").status_code == 403
    assert service.get(f"/v1/journeys/{journey}/timeline?as=public").status_code == 401


@pytest.mark.parametrize("asked", ["", "nobody", "GM03", "GM99999", "gm0344", "PV99", "coa&as=ind", "municipality"])
def test_who_asks_as_nobody_that_there_is_gets_nothing(service, asked):
    answer = service.get(f"{_TABLE}&as={asked}")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "as")


def test_it_stands_in_the_audit_log_who_was_looked_as(service):
    service.get(f"/v1/journeys/{service.journey(A)}?as=coa")
    engine = connect(service.context.settings.database_url)
    with reading(engine) as connection:
        actors = set(connection.execute(select(audit_log.c.actor)).scalars())
    engine.dispose()
    assert "development:coa" in actors


def test_outside_development_mode_nobody_is_believed(sqlite_url):
    with guarded(sqlite_url) as locked:
        assert locked.get(f"{_TABLE}&as=coa").json()["errors"][0]["code"] == "unknown-parameter"
        assert locked.told("/v1/session")["roles"] == ["public"]
