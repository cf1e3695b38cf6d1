"""A database with rows goes back to an earlier version of the schema and forth again, and answers the same."""

from __future__ import annotations

from datetime import date
from typing import Any

from alembic import command
from sqlalchemy import Engine, inspect

import migrations
from domain.facts import PermitsForecastPublished, QuotaPublished, QuotaTransferred, Transfer, TransferDecision
from domain.period import Period
from projections.engine import Asked
from projections.figure import Query
from projections.figures import FIGURES
from projections.places import read_places
from tests.rules.histories import AMERSFOORT, UTRECHT, granted, housed, linked, said
from tests.views.logs import Log, of_area, of_period

P2021_II = Period.parse("2021-II")


def answers(log: Log) -> dict[str, Any]:
    """The rows of tables over every state table that the newest migrations make or fill anew."""
    log.changed_by_hand()
    window = {"from": date(2021, 7, 1), "to": date(2021, 12, 31)}
    asked_for: dict[str, dict[str, Any]] = {
        "realisation": {"period": P2021_II},
        "transfers": {"period": P2021_II},
        "permits": window,
        "links": window,
    }
    with log.tables() as tables:
        asked = Asked(date(2021, 12, 31), log.reached())
        places = read_places(tables, asked)
        return {
            name: FIGURES[name].rows(Query(tables, asked, places, FIGURES[name].group_by[0], given))
            for name, given in asked_for.items()
        }


def test_a_database_with_rows_goes_down_and_up_again_and_answers_the_same(engine: Engine) -> None:
    log = Log(engine)
    moved = Transfer(UTRECHT, -3), Transfer(AMERSFOORT, 3)
    decided = (TransferDecision(UTRECHT, date(2021, 7, 1)),)
    log.commit(of_period(said("2021-04-01", QuotaPublished(P2021_II, 11_000), id="published")))
    log.commit(of_period(said("2021-08-01", QuotaTransferred(P2021_II, moved, decided), id="transferred")))
    forecast = PermitsForecastPublished("NL", date(2021, 7, 1), date(2021, 12, 31), 184)
    log.commit([of_area(said("2021-06-01", forecast, id="forecast"))])
    for history in (
        [granted("2021-07-02", id="p"), linked("2021-07-03", UTRECHT, id="l")],
        [granted("2021-07-02", id="p"), linked("2021-07-03", UTRECHT, id="l"), housed("2021-09-01", UTRECHT, id="h")],
    ):
        log.commit(log.journey(history))
    log.follow()
    before = answers(log)
    assert all(before.values())

    with engine.connect() as connection:
        command.downgrade(migrations.configured(connection), "2026_12_01_analysis")
        connection.commit()
    assert not inspect(engine).has_table("areas", schema="view_a")
    migrations.upgrade(engine)

    assert migrations.differences(engine) == []
    log.follow()
    assert answers(log) == before
