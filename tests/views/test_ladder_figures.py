"""What a step on the ladder rested on when it was decided, and what is known of it now: worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from domain.facts import EventWithdrawn, LadderStepDecided, QuotaRevised
from domain.quota import PeriodFigures, quotas
from projections import streams
from projections.column_store import Snapshot
from projections.figures.judged_then import Then, judge_then, last_changed, read_newest_changes
from projections.figures.ladder import LADDER
from projections.figures.supervision import SUPERVISION
from projections.figures.supply import SUPPLY
from tests.rules.histories import AMERSFOORT, AMSTERDAM, UTRECHT, WEESP, housed, link_ended, linked, said
from tests.views.books import P2021_I, P2021_II, P2022_I, house, municipal, national, quota_event, told
from tests.views.logs import PLACES, Log, merged, of_reference
from tests.views.supervised import DEFAULTS, PROVINCE, adapted, asking, rows, step, waits

NAMES = ("attributableThen", "attributableNow", "differs")


def ladder(log: Log, on: str, position: int | None = None, **asked: Any) -> dict[tuple[str, int], list[Any]]:
    """By municipality and position of the decision: what was its own then and now, and whether they differ."""
    return {
        key: [row[name] for name in NAMES] for key, row in rows(log, LADDER, on, position=position, **asked).items()
    }


def test_a_fact_that_comes_late_changes_what_is_known_now_and_not_what_was_known_then(log: Log) -> None:
    told(log, national(P2021_II, 0), municipal(P2021_II, UTRECHT, 4))
    (*_, last) = waits(log, "2021-09-01")
    waits(log, "2021-09-01")
    waits(log, "2021-11-01")
    decision = step(log, "2022-01-20", UTRECHT, P2021_II, 1)
    key = UTRECHT, decision.position
    assert ladder(log, "2022-02-01") == {key: [2, 2, 0]}
    # One of them needs an adapted home since November, as is said only now.
    late = adapted("2021-11-10", id=f"{last.id}-late")._replace(stream=last.stream)
    log.commit([late])
    log.follow()
    assert ladder(log, "2022-02-01") == {key: [2, 1, 1]}
    assert ladder(log, "2022-02-01", position=decision.position) == {key: [2, 2, 0]}
    assert ladder(log, "2022-01-19") == {}
    row = rows(log, LADDER, "2022-02-01")[key]
    assert [row[name] for name in ("on", "period", "rung")] == [decision.effective_on, "2021-II", 1]


def test_what_was_posted_in_one_commit_with_a_decision_was_known_when_it_was_recorded(log: Log) -> None:
    told(log, national(P2021_I, 0), municipal(P2021_I, UTRECHT, 4))
    *_, last = waits(log, "2021-02-01")
    waits(log, "2021-02-01")
    fact = LadderStepDecided(UTRECHT, P2021_I, 2, "behind")
    decision = said("2021-07-10", fact, id="d", source=PROVINCE)._replace(stream=streams.of_area(UTRECHT))
    late = adapted("2021-05-10", id=f"{last.id}-late")._replace(stream=last.stream)
    first, second = log.commit([decision, late])
    log.follow()
    assert (first.position, first.recorded_at) == (second.position - 1, second.recorded_at)
    assert ladder(log, "2021-08-01") == {(UTRECHT, first.position): [1, 1, 0]}


def test_a_decision_in_the_half_year_is_judged_by_its_own_day_and_with_what_held_by_then(log: Log) -> None:
    told(log, national(P2021_II, 0), municipal(P2021_II, UTRECHT, 3), municipal(P2021_II, UTRECHT, 9, on="2021-12-15"))
    for _ in range(3):
        waits(log, "2021-09-01")
    house(log, UTRECHT, "2021-12-20")
    decision = step(log, "2021-12-14", UTRECHT, P2021_II, 1)
    # Nobody housed by then, and the quota of the day after does not count.
    assert ladder(log, "2022-02-01") == {(UTRECHT, decision.position): [3, 3, 0]}
    early = step(log, "2021-10-20", UTRECHT, P2021_II, 1)
    assert ladder(log, "2022-02-01")[UTRECHT, early.position] == [0, 0, 0]


def test_a_corrected_decision_is_judged_as_known_when_the_version_in_force_was_recorded(log: Log) -> None:
    told(log, national(P2021_I, 0), municipal(P2021_I, UTRECHT, 4))
    waits(log, "2021-02-01")
    first = step(log, "2021-07-10", UTRECHT, P2021_I, 1, id="first")
    waits(log, "2021-02-01")
    second = step(log, "2021-07-10", UTRECHT, P2021_I, 2, id="second", corrects="first")
    assert ladder(log, "2021-08-01", position=first.position) == {(UTRECHT, first.position): [1, 1, 0]}
    assert ladder(log, "2021-08-01") == {(UTRECHT, second.position): [2, 2, 0]}


def test_a_decision_about_who_was_merged_stands_with_the_successor_and_is_judged_as_it_was(log: Log) -> None:
    told(log, national(P2021_II, 0), municipal(P2021_II, WEESP, 2), municipal(P2021_II, AMSTERDAM, 6))
    for town in (WEESP, AMSTERDAM, AMSTERDAM, AMSTERDAM):
        waits(log, "2021-09-01", town)
    of_weesp = step(log, "2022-01-10", WEESP, P2021_II, 1)
    of_amsterdam = step(log, "2022-01-10", AMSTERDAM, P2021_II, 1)
    assert ladder(log, "2022-03-23") == {
        (AMSTERDAM, of_amsterdam.position): [3, 3, 0],
        (WEESP, of_weesp.position): [1, 1, 0],
    }
    assert ladder(log, "2022-03-24") == {
        (AMSTERDAM, of_weesp.position): [1, 1, 0],
        (AMSTERDAM, of_amsterdam.position): [3, 3, 0],
    }


def test_a_municipality_that_was_not_there_yet_has_nothing_of_its_own(log: Log) -> None:
    # Dijk en Waard is there since 1 January 2022.
    told(log, national(P2021_II, 0))
    decision = step(log, "2022-01-10", "GM1980", P2021_II, 1)
    assert ladder(log, "2022-02-01") == {("GM1980", decision.position): [None, None, 0]}
    bare = step(log, "2021-07-10", UTRECHT, P2021_I, 1)
    assert ladder(log, "2021-08-01") == {(UTRECHT, bare.position): [None, None, 0]}


def test_every_decision_says_what_supervision_says_by_its_day_as_known_then_and_now(log: Log) -> None:
    for period in (P2021_I, P2021_II, P2022_I):
        told(log, national(period, 900), municipal(period, WEESP, 3))
    decisions, towns = [], (UTRECHT, AMSTERDAM, WEESP, "GM0757", "GM0788")
    for nth, town in enumerate(towns * 2):
        waits(log, f"2021-0{1 + nth % 9}-05", town, *([link_ended("2021-11-01")] if nth % 3 == 0 else []))
        waits(log, "2020-11-05", town, *([linked("2021-10-01", WEESP)] if nth % 4 == 1 else []), prepared=nth % 2 == 0)
        house(log, town, "2021-03-04", "2021-09-04")
        period = (P2021_I, P2021_II, P2022_I)[nth % 3]
        decisions.append(step(log, ("2021-07-20", "2021-12-15", "2022-05-20")[nth % 3], town, period, nth % 7))
    rounded, exact = (rows(log, LADDER, "2022-06-30", rounded=which) for which in (True, False))
    assert len(exact) == len(decisions)
    for key, row in exact.items():
        (decision,) = (one for one in decisions if one.position == key[1])
        fact: Any = decision.fact
        day = min(decision.effective_on, fact.period.last)
        for at, name in ((key[1], "attributableThen"), (None, "attributableNow")):
            with asking(log, day, position=at, period=fact.period, **DEFAULTS) as query:
                code = query.places.code_on(fact.area, fact.period.nearest(day))
                names = [column.name for column in SUPERVISION.columns]
                found = {one.code: one for one in SUPERVISION.rows(query)}[code]
                assert row[name] == found.values[names.index("attributable")], (decision, name)
                assert rounded[key][name] == found.rounded["attributable"]


def test_a_decision_that_names_a_municipality_before_it_began_stands_where_its_predecessor_went(log: Log) -> None:
    # Most of Amersfoort goes to Utrecht; the new municipality begins with the rest.
    split = ((UTRECHT, 100_000), ("GM9990", 50_000))
    told(log, national(P2021_II, 0))
    told(log, *(merged("2021-09-01", AMERSFOORT, into, f"m-{into}", persons_moved=some) for into, some in split))
    decision = step(log, "2021-08-01", "GM9990", P2021_II, 1)
    assert ladder(log, "2021-08-31") == {(AMERSFOORT, decision.position): [None, None, 0]}
    assert ladder(log, "2021-09-01") == {(UTRECHT, decision.position): [None, None, 0]}


def test_many_moments_are_judged_together_as_each_by_itself(log: Log) -> None:
    # A number for every day: more readings of the quota than are kept.
    days = [date(2021, 7, 2) + timedelta(days=nth) for nth in range(150)]
    told(log, *(quota_event(QuotaRevised(P2021_II, 20_000 * (nth + 1)), str(day)) for nth, day in enumerate(days)))
    every = [Then(UTRECHT, P2021_II, day, log.reached()) for day in days]
    with log.tables() as tables:
        judged = judge_then(tables, every)
    for nth, one in enumerate(every):
        found = judged[one]
        quota = quotas(P2021_II, PeriodFigures(20_000 * (nth + 1)), PLACES)[UTRECHT]
        assert found is not None and found.exact.margin == quota // 20, one.day


def test_who_merged_into_each_other_on_one_day_are_not_there_and_a_decision_about_them_is_still_listed(
    log: Log,
) -> None:
    told(log, national(P2021_II, 0), municipal(P2021_II, UTRECHT, 4))
    told(log, merged("2021-09-01", UTRECHT, AMERSFOORT, "m1"), merged("2021-09-01", AMERSFOORT, UTRECHT, "m2"))
    decision = step(log, "2022-01-10", UTRECHT, P2021_II, 1)
    assert ladder(log, "2022-02-01") == {(UTRECHT, decision.position): [None, None, 0]}
    assert UTRECHT not in rows(log, SUPERVISION, "2022-02-01", period=P2021_II, **DEFAULTS)
    assert UTRECHT not in rows(log, SUPPLY, "2022-02-01", period=P2021_II)


def test_a_decision_about_a_municipality_that_was_never_founded_is_still_listed(log: Log) -> None:
    told(log, national(P2021_II, 0), merged("2021-09-01", AMERSFOORT, "GM9990", "m1", name="Nieuw", province="PV26"))
    decision = step(log, "2022-01-10", "GM9990", P2021_II, 1)
    told(log, *of_reference(said("2022-02-01", EventWithdrawn("m1", "it did not happen"), id="w")))
    assert ladder(log, "2022-03-01") == {("GM9990", decision.position): [0, None, 0]}


def test_only_what_a_municipality_is_judged_by_has_it_judged_anew(log: Log) -> None:
    def newest() -> int:
        with log.tables() as tables:
            return last_changed(tables, half_year, read_newest_changes(tables, log.reached()))

    half_year = Then(UTRECHT, P2021_II, date(2021, 12, 31), 0)
    told(log, national(P2021_II, 900))
    (*_, last) = waits(log, "2021-09-01")
    at = log.reached()
    assert newest() == at
    waits(log, "2021-09-01", AMSTERDAM)
    house(log, AMSTERDAM, "2021-09-01")
    step(log, "2022-01-10", UTRECHT, P2021_II, 1)
    assert newest() == at
    for anew in (
        [adapted("2021-11-10", id=f"{last.id}-late")._replace(stream=last.stream)],
        log.journey([housed("2021-09-01", UTRECHT, id="h")]),
        [municipal(P2021_II, AMSTERDAM, 7)],
        [merged("2021-08-01", AMERSFOORT, UTRECHT, "m")],
        log.journey([housed("2021-07-10", AMERSFOORT, id="h")]),
        of_reference(said("2022-02-01", EventWithdrawn("m", "it did not happen"), id="w")),
    ):
        told(log, *anew)
        assert newest() == log.reached()
    waits(log, "2021-09-01", AMERSFOORT)
    assert newest() < log.reached()


def test_what_is_said_of_others_has_no_decision_judged_anew(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[int] = []
    read = Snapshot.rows

    def noting(self: Snapshot, statement: str, parameters: Any = None) -> list[Any]:
        judged.extend((parameters or {}).get("nths", ()))
        return read(self, statement, parameters)

    monkeypatch.setattr(Snapshot, "rows", noting)
    told(log, national(P2021_II, 900))
    waits(log, "2021-09-01")
    for rung in (1, 2, 3):
        step(log, "2022-01-10", UTRECHT, P2021_II, rung)
    assert len(ladder(log, "2022-02-01")) == 3
    assert judged
    judged.clear()
    waits(log, "2021-09-01", AMSTERDAM)
    assert len(ladder(log, "2022-02-01")) == 3
    assert judged == []
    waits(log, "2021-09-01")
    assert len(ladder(log, "2022-02-01")) == 3
    assert judged
