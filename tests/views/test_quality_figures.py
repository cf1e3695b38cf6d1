"""Who delivers late or contradicting, and what is found: counted by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.facts import EventWithdrawn, FactDoubted, Recorded
from domain.rounding import Ratio
from domain.totals import GroupBy
from projections.column_store import ColumnStore, Snapshot
from projections.deliveries import (
    Delivered,
    DeliveredEvent,
    Kind,
    blocks_ahead,
    count_blocks,
    deliveries_from,
    read_deliveries,
)
from projections.engine import Asked
from projections.errors import Refused
from projections.figure import Cell, Query
from projections.figures import FIGURES
from projections.figures.data_quality import percentile
from projections.places import read_places
from service.log.recorder import EventRecorder
from service.queries.deliveries import Deliveries
from service.storage.database import reading
from tests.rules.histories import AMERSFOORT, COA, IND, TOWN, UTRECHT, granted, home_ready, housed, linked, said
from tests.views.logs import VIEW, Log

QUALITY, FINDINGS = FIGURES["data-quality"], FIGURES["findings"]
OCTOBER = {"from": date(2021, 10, 1), "to": date(2021, 10, 31)}
OF_IND, OF_COA, OF_TOWN = (source.split(":")[3] for source in (IND, COA, TOWN))


@contextmanager
def asked(
    log: Log, on: date = date(2021, 12, 31), by: GroupBy = "country", position: int | None = None, **given: Any
) -> Iterator[Query]:
    with (
        reading(log.engine, VIEW) as connection,
        closing(ColumnStore.of(connection)) as store,
        store.snapshot() as tables,
    ):
        at = Asked(on, log.position() if position is None else position)
        deliveries = Deliveries(connection, log.now)
        yield Query(tables, at, read_places(tables, at), by, {**OCTOBER, **given}, log=deliveries)


def quality(log: Log, **of: Any) -> dict[str, tuple[Any, ...]]:
    """The rows by organisation: events, corrections, withdrawals, rejected, late, median, p90, findings."""
    with asked(log, **of) as query:
        found = {}
        for row in QUALITY.rows(query):
            (organisation,) = row.dimensions
            for column, value in zip(QUALITY.columns, row.values, strict=True):
                parts = QUALITY.parts(query, Cell("NL", {"organisation": organisation}, column.name))
                if column.unit == "events":
                    assert sum(part.amount for part in parts) == value
            found[organisation] = row.values
        return found


def recorded(log: Log, at: datetime, *events: Recorded) -> list[Recorded]:
    """Events recorded in one commit at an instant."""
    log.now = at.replace(second=at.second - 1 if at.second else 0)
    return log.commit(events)


def test_versions_are_counted_by_who_says_them_and_by_the_day_in_amsterdam_that_they_were_recorded_on(log: Log) -> None:
    journey = log.journey(
        [
            granted("2021-09-01", id="p"),
            linked("2021-09-30", id="l"),
            linked("2021-10-01", id="l2", corrects="l"),
            said("2021-10-05", EventWithdrawn("l2", "mixed up"), id="w", source=COA),
            home_ready("2021-10-20", id="h"),
        ]
    )
    permit, link, again, withdrawn, home = journey
    # Half past midnight in Amsterdam, on the first of October; the day before in UTC.
    recorded(log, datetime(2021, 9, 30, 22, 30, 1, tzinfo=UTC), permit)
    recorded(log, datetime(2021, 10, 1, 12, 0, 1, tzinfo=UTC), link)
    recorded(log, datetime(2021, 10, 11, 12, 0, 1, tzinfo=UTC), again)
    recorded(log, datetime(2021, 10, 31, 12, 0, 1, tzinfo=UTC), withdrawn)
    # The same half hour after the clocks went back: the first of November.
    recorded(log, datetime(2021, 10, 31, 23, 30, 1, tzinfo=UTC), home)
    log.follow()
    assert quality(log) == {
        # 30 days after the first of September is not late.
        OF_IND: (1, 0, 0, 0, 0, Ratio(300, 10), Ratio(300, 10), 0),
        # One, ten and 26 days: the 90th percentile lies 0.8 of the way from the second to the third.
        OF_COA: (3, 1, 1, 0, 0, Ratio(100, 10), Ratio(228, 10), 0),
    }
    assert quality(log, to=date(2021, 11, 1))[OF_TOWN] == (1, 0, 0, 0, 0, Ratio(120, 10), Ratio(120, 10), 0)
    # As known before the withdrawal.
    assert quality(log, position=3)[OF_COA] == (2, 1, 0, 0, 0, Ratio(55, 10), Ratio(91, 10), 0)
    assert quality(log, **{"from": date(2021, 10, 2)}, to=date(2021, 10, 30)) == {
        OF_COA: (1, 1, 0, 0, 0, Ratio(100, 10), Ratio(100, 10), 0)
    }


def test_what_comes_more_than_thirty_days_after_its_day_is_late_and_before_it_no_day_late(log: Log) -> None:
    late, ahead = (log.journey([granted(day, id="p")]) for day in ("2021-09-05", "2021-10-20"))
    recorded(log, datetime(2021, 10, 6, 12, tzinfo=UTC), *late, *ahead)
    log.follow()
    # 31 days and none.
    assert quality(log) == {OF_IND: (2, 0, 0, 0, 1, Ratio(155, 10), Ratio(279, 10), 0)}


def test_findings_count_for_the_organisation_whose_event_they_are_seen_at_and_journeys_where_they_belong(
    log: Log,
) -> None:
    # Linked twice to one municipality, and housed in another without a home ready.
    first = [
        granted("2021-03-01", id="p"),
        linked("2021-03-10", UTRECHT, id="l"),
        linked("2021-03-20", UTRECHT, id="l2"),
        linked("2021-03-25", UTRECHT, id="l3"),
        housed("2021-06-01", AMERSFOORT, id="h"),
    ]
    doubt = said("2021-04-01", FactDoubted("00002-l", COA, "never linked"), id="d", source=TOWN)
    second = [linked("2021-03-10", UTRECHT, id="l"), doubt]
    recorded(log, datetime(2021, 10, 6, 12, tzinfo=UTC), *log.journey(first))
    recorded(log, datetime(2021, 10, 7, 12, tzinfo=UTC), *log.journey(second))
    log.follow()
    assert {row: values[-1] for row, values in quality(log).items()} == {OF_IND: 0, OF_COA: 3, OF_TOWN: 1}
    with asked(log, by="municipality") as query:
        found = {row.dimensions: (row.code, *row.values) for row in FINDINGS.rows(query)}
        linked_again = Cell(UTRECHT, {"finding": "linked-again"}, "events")
        assert [(part.amount, part.source and part.source.key) for part in FINDINGS.parts(query, linked_again)] == [
            (1, ("linked-again", 3)),
            (1, ("linked-again", 4)),
        ]
    assert found == {
        ("fact-doubted",): (UTRECHT, 1, 1),
        ("housed-elsewhere",): (UTRECHT, 1, 1),
        ("housed-without-home-ready",): (UTRECHT, 1, 0),
        ("linked-again",): (UTRECHT, 1, 2),
        ("no-permit",): (UTRECHT, 1, 0),
    }
    # On the day before the housing there was only the link said again.
    with asked(log, on=date(2021, 3, 31)) as query:
        assert {row.dimensions[0]: row.values for row in FINDINGS.rows(query)} == {
            "fact-doubted": (1, 1),
            "linked-again": (1, 2),
            "no-permit": (1, 0),
        }


@pytest.mark.parametrize(
    ("numbers", "median", "p90"),
    [({}, None, None), ({7: 1}, Ratio(70, 10), Ratio(70, 10)), ({0: 5, 10: 5}, Ratio(50, 10), Ratio(100, 10))],
)
def test_percentiles_lie_between_ranks(numbers: dict[int, int], median: Ratio | None, p90: Ratio | None) -> None:
    assert (percentile(numbers, 5), percentile(numbers, 9)) == (median, p90)


class Reading(Deliveries):
    """The log, and what was read of it: between which positions."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.counts: list[tuple[int, int]] = []
        self.events: list[tuple[int, int]] = []

    def counted(self, after: int, until: int) -> Iterator[Delivered]:
        self.counts.append((after, until))
        return super().counted(after, until)

    def delivered(self, organisation: str, kind: Kind, after: int, until: int) -> Sequence[DeliveredEvent]:
        self.events.append((after, until))
        return super().delivered(organisation, kind, after, until)


@contextmanager
def small_blocks(log: Log, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Reading, Snapshot]]:
    """Twenty events of five days in October, in blocks of three: every fourth is a correction, from other days on."""
    for module in ("projections.deliveries", "service.queries.deliveries"):
        monkeypatch.setattr(f"{module}.BLOCK", 3)
    for day in range(5):
        first = [granted("2021-09-01", id="p"), linked("2021-10-02", id="l"), linked("2021-08-30", id="l2")]
        again = linked("2021-10-03", id="c", corrects="l")
        recorded(log, datetime(2021, 10, 4 + day, 12, tzinfo=UTC), *log.journey([*first, again]))
    log.follow()
    with (
        reading(log.engine, VIEW) as connection,
        closing(ColumnStore.of(connection)) as store,
        store.snapshot() as tables,
    ):
        yield Reading(connection, log.now), tables


def test_what_is_full_of_the_log_is_counted_once_whatever_is_known(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_blocks(log, monkeypatch) as (deliveries, tables):
        for some in blocks_ahead(20):
            count_blocks(deliveries, tables, some)
        assert deliveries.counts == [(0, 18)]
        for position, of_coa in ((20, 15), (11, 8), (20, 15), (11, 8)):
            assert read_deliveries(deliveries, tables, position, *OCTOBER.values())[OF_COA].events == of_coa
        # Besides only what is of a block that is not full.
        assert deliveries.counts[1:] == [(18, 20), (9, 11)]
        of = read_deliveries(deliveries, tables, 20, date(2021, 10, 5), date(2021, 10, 6))
        assert (of[OF_COA].corrections, of[OF_COA].lateness) == (2, {2: 1, 3: 2, 4: 1, 36: 1, 37: 1})
        assert len(deliveries.counts) == 3
        # What was counted up to a position may be of the newest day.
        assert read_deliveries(deliveries, tables, 2, *OCTOBER.values())[OF_COA].events == 1


@pytest.mark.parametrize("kind", ["events", "corrections", "late", "withdrawals"])
def test_a_page_of_events_reads_only_where_some_of_it_stands(
    log: Log, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    with small_blocks(log, monkeypatch) as (deliveries, tables):
        window = 20, date(2021, 10, 4), date(2021, 10, 7)
        every = list(deliveries_from(deliveries, tables, window, OF_COA, kind, 0, 100))
        positions = {"events": lambda nth: nth % 4 != 0, "corrections": lambda nth: nth % 4 == 3, "late": _third}
        assert [one.position - 1 for one in every] == list(filter(positions.get(kind, lambda _: False), range(16)))
        for after in range(len(every)):
            deliveries.events.clear()
            page = list(deliveries_from(deliveries, tables, window, OF_COA, kind, after, 2))
            assert page == every[after : after + 2]
            assert len(deliveries.events) <= 2


def _third(nth: int) -> bool:
    return nth % 4 == 2


def test_an_explained_page_reads_no_more_than_its_events_and_tells_what_all_come_to(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_blocks(log, monkeypatch) as (deliveries, tables):
        at = Asked(date(2021, 12, 31), 20)
        query = Query(tables, at, read_places(tables, at), "country", OCTOBER, log=deliveries)
        for column in QUALITY.columns:
            cell = Cell("NL", {"organisation": OF_COA}, column.name)
            every = QUALITY.parts(query, cell)
            deliveries.events.clear()
            some = QUALITY.some_parts(query, cell, 3, 2)
            assert some == (every[3:5], len(every), sum(part.amount for part in every), None)
            assert len(deliveries.events) <= 2
        # All at once only where they are not too many.
        monkeypatch.setattr("projections.figures.data_quality.MOST_PARTS", 14)
        with pytest.raises(Refused, match="fewer days"):
            QUALITY.parts(query, Cell("NL", {"organisation": OF_COA}, "events"))
        assert len(QUALITY.parts(query, Cell("NL", {"organisation": OF_COA}, "late"))) == 5


def test_days_that_are_over_are_counted_once_and_the_newest_with_every_question(log: Log) -> None:
    recorded(log, datetime(2021, 10, 6, 12, tzinfo=UTC), *log.journey([granted("2021-10-01", id="p")]))
    recorded(log, datetime(2021, 10, 8, 12, tzinfo=UTC), *log.journey([granted("2021-10-01", id="p")]))
    log.follow()
    with (
        reading(log.engine, VIEW) as connection,
        closing(ColumnStore.of(connection)) as store,
        store.snapshot() as tables,
    ):
        counted = read_deliveries(Deliveries(connection, log.now), tables, 2, *OCTOBER.values())
    assert counted[OF_IND].lateness == {5: 1, 7: 1}
    assert EventRecorder(log.engine).last_position() == 2
