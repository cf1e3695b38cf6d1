"""A walk through a history: as of any commit, the answers are those of the events up to there and no others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from itertools import cycle
from random import Random
from typing import Any

from domain.norm_sets import NORM_SETS
from domain.period import Period
from projections.column_store import ColumnStore, Snapshot
from projections.engine import Asked
from projections.figure import Query
from projections.figures import FIGURES
from projections.places import read_places
from projections.waiting import Sought, read_waiting
from service.queries.as_sent import project_as_sent
from service.storage.database import reading
from tests.api.reports import UTRECHT, WEESP, Event, quota, said
from tests.api.service_under_test import Service, serving
from tests.api.test_same_bytes import life, mistakes, numbers

PERSONS, A_COMMIT = 30, 4
LATER = datetime(2100, 1, 1, tzinfo=UTC)
WINDOW = (date(2021, 2, 1), date(2022, 6, 30))
DAYS = (date(2021, 6, 30), date(2021, 12, 31), date(2022, 3, 23), date(2022, 3, 24))
PERIODS = (Period(2021, 1), Period(2021, 2), Period(2022, 1))


def second_thoughts(events: list[Event]) -> Iterator[Event]:
    """Some of what was said of half-years and municipalities, corrected or taken back."""
    for n, event in enumerate(events):
        data, name = event["data"], f"{event['id']} again {n}"
        if n % 4 == 1 and "persons" in data:
            more = {**data, "persons": data["persons"] + 3, "corrects": event["id"]}
            yield {**event, "id": name, "time": "2022-07-01T08:00:00Z", "data": more}
        elif n % 4 == 2 or "transfers" in data:
            whose = {of: data[of] for of in ("area", "period") if of in data}
            if "area" in whose:
                whose.pop("period", None)
            taken = said("event-withdrawn", "2022-07-02", None, id=name, withdraws=event["id"], reason="No", **whose)
            yield {**taken, "source": event["source"]}


def tell(service: Service) -> list[int]:
    """Several hundred events in any order, a few a commit; tells the positions between the commits."""
    lives = [event for n in range(PERSONS) for event in life(n)]
    spoken = [
        *numbers(),
        *(
            quota("municipal-quota-published", "2021-12-01", "2022-I", municipality=town, persons=30)
            for town in (UTRECHT,)
        ),
        *(quota("opening-balance-recorded", "2022-01-01", "2022-I", municipality=town, persons=5) for town in (WEESP,)),
    ]
    every = [*lives, *mistakes(lives), *spoken, *second_thoughts(spoken)]
    Random(2021).shuffle(every)
    ends = []
    for start in range(0, len(every), A_COMMIT):
        service.clock.forward(hours=3)
        ends.append(service.post_all(every[start : start + A_COMMIT])["lastPosition"])
        if start % 5 == 0:
            service.follow()
    service.follow()
    return ends


def answers(tables: Snapshot, asked: Asked, period: Period) -> dict[str, Any]:
    """What the tables answer for both times."""
    places = read_places(tables, asked)
    norm = NORM_SETS["permit-14"]
    window = {"from": WINDOW[0], "to": WINDOW[1]}
    given: dict[str, dict[str, Any]] = {
        "realisation": {"period": period},
        "backlog": {**window, "step": "month"},
        "norm-phases": {**window, "norm": norm, "family": "any"},
    }
    found = {
        name: FIGURES[name].rows(Query(tables, asked, places, "municipality", asked_for))
        for name, asked_for in given.items()
    }
    return {
        **found,
        "waiting": read_waiting(
            tables, asked, norm, places, sought=Sought(), municipality=None, after=None, limit=1000
        ),
    }


def test_as_of_any_commit_the_answers_are_those_of_the_events_up_to_there(database_url: str) -> None:
    with serving(database_url) as service:
        ends = tell(service)
        assert len(ends) > 50
        moments, told = cycle(zip(DAYS * 3, PERIODS * 4, strict=True)), set()
        with reading(service.context.engine, "view_a") as connection, closing(ColumnStore.of(connection)) as store:
            for position, (day, period) in zip(ends[::2], moments, strict=False):
                asked = Asked(day, position)
                with store.snapshot() as tables:
                    as_of = answers(tables, asked, period)
                with project_as_sent(connection, LATER, position) as fresh:
                    assert as_of == answers(fresh, asked, period), asked
                told.add(repr(as_of["realisation"]))
        assert len(told) > 20


def test_what_was_answered_once_is_answered_again_as_of_then(database_url: str) -> None:
    with serving(database_url) as service:
        asked = [
            "/v1/realisation?period=2022-I&groupBy=province&validOn=2022-06-30",
            "/v1/norm-phases?from=2021-02-01&to=2022-06-30&validOn=2022-01-31",
            "/v1/journeys?overdue=true&validOn=2021-12-31",
            "/v1/backlog?from=2021-02-01&to=2022-06-30&validOn=2022-06-30",
        ]
        then: list[tuple[str, int, bytes]] = []
        lives = [event for n in range(20) for event in life(n)]
        every = [*lives, *mistakes(lives), *numbers()]
        Random(7).shuffle(every)
        for start in range(0, len(every), 8):
            service.clock.forward(hours=3)
            position = service.post_all(every[start : start + 8])["lastPosition"]
            then += [(url, position, service.get(url).content) for url in asked]
        for url, position, body in then:
            assert service.get(f"{url}&atPosition={position}").content == body, url
