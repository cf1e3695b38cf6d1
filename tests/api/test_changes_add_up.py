"""Whatever was recorded between two moments, the amounts of the events in between sum to the change of the figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count, pairwise
from typing import Any, get_args

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from domain.facts import (
    EventWithdrawn,
    MunicipalQuotaPublished,
    OpeningBalanceRecorded,
    QuotaPublished,
    QuotaTransferred,
    Recorded,
    Transfer,
    VNumberReplaced,
)
from domain.facts.quota import BalanceFigure
from domain.period import Period
from domain.totals import GroupBy
from projections import realisation, reference
from projections.changes import state
from projections.explanations import OF_BALANCES
from projections.view import Asked
from service.database import reading
from service.reasons.changed import Change, moving
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    HAAREN,
    IND,
    UTRECHT,
    WEESP,
    histories,
    housed,
    returned,
    said,
    withdrawn,
)
from tests.views.logs import VIEW, Log, counted, examples, merged, of_period

# Haaren was split over four on the first day of 2021, Weesp went into Amsterdam on 24 March 2022.
TOWNS = (UTRECHT, AMERSFOORT, AMSTERDAM, WEESP, HAAREN, "GM0855", "GM0153", "GM0050")
HALVES = tuple(Period.parse(one) for one in ("2018-II", "2020-II", "2021-I", "2021-II", "2022-I"))
FIGURES: tuple[BalanceFigure, ...] = get_args(BalanceFigure)
GROUPS: tuple[GroupBy, ...] = ("country", "province", "municipality", "municipality")
LAST = date(2022, 6, 30)

_towns, _halves = st.sampled_from(TOWNS), st.sampled_from(HALVES)
_days = st.integers(0, (LAST - date(2020, 7, 1)).days).map(lambda after: date(2020, 7, 1) + timedelta(days=after))
_names = count()
#: The examples of a test share one database, and so the log that knows what is in it.
_LOGS: dict[Engine, Log] = {}


@st.composite
def lives(draw: st.DrawFn) -> list[Recorded]:
    """A permit holder housed, returned and housed again, here or there, with what was corrected and withdrawn of it."""
    days = sorted(draw(st.lists(_days, min_size=1, max_size=4)))
    homes = [
        returned(day.isoformat(), id=f"h{n}") if n % 2 else housed(day.isoformat(), draw(_towns), id=f"h{n}")
        for n, day in enumerate(days)
    ]
    named = st.sampled_from([event.id for event in homes])
    amended = [
        housed(draw(_days).isoformat(), draw(_towns), id=f"c{n}", corrects=draw(named), at="2022-07-01T00:00:00+00:00")
        if draw(st.booleans())
        else said(LAST, EventWithdrawn(draw(named), "mixed up"), id=f"c{n}")
        for n in range(draw(st.integers(0, 2)))
    ]
    return [*homes, *amended]


@st.composite
def in_haaren(draw: st.DrawFn) -> list[Recorded]:
    """A permit holder housed where the balance was divided afterwards, and perhaps returned."""
    day = date(2020, 7, 1) + timedelta(days=draw(st.integers(0, 150)))
    back = [returned((day + timedelta(days=30)).isoformat(), id="h1")]
    return [housed(day.isoformat(), HAAREN, id="h0"), *draw(st.sampled_from([[], back]))]


@st.composite
def numbers(draw: st.DrawFn) -> list[Recorded]:
    """Something said of a half-year, and perhaps corrected or taken back again."""
    half, town, persons = draw(_halves), draw(_towns), draw(st.integers(0, 40))
    fact: Any = draw(
        st.sampled_from(
            [
                QuotaPublished(half, 400 + persons),
                MunicipalQuotaPublished(half, town, persons),
                OpeningBalanceRecorded(half, town, persons - 20),
                OpeningBalanceRecorded(half, town, persons),
                QuotaTransferred(half, (Transfer(town, persons), Transfer(AMERSFOORT, -persons))),
            ]
        )
    )
    name = f"quota-{next(_names)}"
    event = said(half.first, fact, id=name)
    match draw(st.integers(0, 3)):
        case 0:
            more = [said(half.first, EventWithdrawn(name, "mistyped", half), id=f"{name}-w")]
        case 1:
            other = QuotaPublished(half, 500 + persons)
            more = [said(half.first, other, id=f"{name}-c", corrects=name, at="2022-07-01T00:00:00+00:00")]
        case _:
            more = []
    return of_period(event, *more)


@st.composite
def geography(draw: st.DrawFn) -> list[Recorded]:
    """A count of inhabitants, or a merger that CBS posts."""
    name = f"cbs-{next(_names)}"
    if draw(st.integers(0, 3)):
        # Of a year that was shipped or not, before the table begins, in between or after it.
        day = draw(
            st.sampled_from(["2020-01-01", "2020-01-01", "2018-01-01", "2016-01-01", "2027-01-01", "2019-01-01"])
        )
        return [counted(day, draw(_towns | st.sampled_from(["GM0005", "GM0053"])), draw(st.integers(0, 400_000)), name)]
    return [merged(draw(_days).isoformat(), draw(st.sampled_from(["GM0855", "GM0153"])), draw(_towns), name)]


@st.composite
def chronicles(draw: st.DrawFn) -> tuple[list[list[Recorded]], list[list[Recorded]]]:
    """Journeys, and what was said beside them."""
    journeys = draw(st.lists(lives() | in_haaren() | histories(most=6), min_size=1, max_size=5))
    beside = draw(st.lists(numbers() | numbers() | numbers() | geography(), max_size=6))
    return journeys, beside


def _log_of(engine: Engine) -> Log:
    """The log of all examples on an engine, in which the half-years but one have a number from the start."""
    if engine not in _LOGS:
        log = _LOGS[engine] = Log(engine)
        published = [QuotaPublished(half, 1_000) for half in HALVES if half != Period(2021, 2)]
        log.commit(of_period(*(said(fact.period.first, fact, id=f"first-{fact.period}") for fact in published)))
    return _LOGS[engine]


def told(
    log: Log,
    journeys: Sequence[list[Recorded]],
    beside: Sequence[list[Recorded]],
    deal: list[int],
    replaced: Sequence[tuple[int, int, bool]],
) -> list[int]:
    """All of it, dealt over some commits, with V-numbers replaced and that taken back; the positions between them."""
    lives = [log.journey(history) for history in journeys]
    people = [life[0].stream for life in lives if life]
    every = [event for life in lives for event in life] + [one for some in beside for one in some]
    for newer, older, taken_back in replaced if people else ():
        one, other, name = people[newer % len(people)], people[older % len(people)], f"replaced-{next(_names)}"
        claim = said("2022-05-01", VNumberReplaced(str(other)), id=name)._replace(stream=one)
        every += [claim, *([withdrawn(name, id=f"{name}-w", source=IND)._replace(stream=one)] if taken_back else [])]
    commits: dict[int, list[Recorded]] = {}
    for event, which in zip(every, deal * len(every), strict=False):
        commits.setdefault(which, []).append(event)
    ends = [log.position()]
    for which in sorted(commits):
        log.commit(commits[which])
        ends.append(log.position())
    log.follow()
    return ends


# Not shrunk: a smaller example would meet the database that the larger one left.
@settings(examples(25), phases=(Phase.reuse, Phase.generate))
@given(
    chronicle=chronicles(),
    deal=st.lists(st.integers(0, 3), min_size=3, max_size=9),
    replaced=st.just([]) | st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), max_size=4),
    period=st.sampled_from(HALVES[1:]) | _halves,
    valid_on=st.sampled_from([LAST, LAST, date(2022, 3, 23), date(2021, 6, 30)]) | _days,
    figure=st.sampled_from([*FIGURES, "remaining", "openingBalance"]),
    group_by=st.sampled_from(GROUPS),
)
def test_the_amounts_sum_to_the_difference_of_every_row(
    engine: Engine,
    chronicle: tuple[list[list[Recorded]], list[list[Recorded]]],
    deal: list[int],
    replaced: list[tuple[int, int, bool]],
    period: Period,
    valid_on: date,
    figure: BalanceFigure,
    group_by: GroupBy,
) -> None:
    log = _log_of(engine)
    ends = told(log, *chronicle, deal, replaced)
    for after, until in [*pairwise(ends), (ends[0], ends[-1]), (0, ends[-1])]:
        assert_adds_up(engine, (after, until), period, valid_on, figure, group_by)


@pytest.mark.parametrize("group_by", GROUPS[:3])
@pytest.mark.parametrize("figure", ["openingBalance", "task", "remaining"])
def test_who_was_housed_before_a_municipality_was_split_moves_the_balances_of_its_heirs(
    engine: Engine, figure: BalanceFigure, group_by: GroupBy
) -> None:
    log = Log(engine)
    log.commit(of_period(*(said(half.first, QuotaPublished(half, 1_000), id=str(half)) for half in HALVES)))
    start = log.position()
    homes = [housed(f"2020-08-{day:02}", HAAREN, id="h") for day in range(1, 18)]
    log.commit(event for home in homes[:9] for event in log.journey([home, returned("2020-09-01", id="r")]))
    log.commit(event for home in homes[9:] for event in log.journey([home]))
    log.follow()
    found = assert_adds_up(engine, (start, log.position()), Period(2021, 1), LAST, figure, group_by)
    if group_by == "municipality":
        assert len({one.code for one in found}) == 4
    assert sum(one.amount for one in found) == -8


def assert_adds_up(
    engine: Engine, span: tuple[int, int], period: Period, valid_on: date, figure: BalanceFigure, group_by: GroupBy
) -> list[Change]:
    """The rows are those of the table then and now, and the amounts of the events in between their differences.

    What follows a change that was shown already is the rest of them.
    """
    with reading(engine, VIEW) as connection:
        asked = [Asked(valid_on, position) for position in span]
        places = [reference.places(connection, one) for one in asked]
        then, now = (
            state(connection, one, figure, period, group_by, there) for one, there in zip(asked, places, strict=True)
        )
        before, after = (
            {
                row.balance.code: OF_BALANCES[figure](row.balance)
                for row in realisation.read(connection, one, period, group_by, there)
            }
            for one, there in zip(asked, places, strict=True)
        )
        found = list(moving(connection, then, now, span))
        for shown in range(1, len(found) + 1, max(1, len(found) // 3)):
            last = found[shown - 1]
            assert list(moving(connection, then, now, span, (last.position, last.code))) == found[shown:]
    assert [{code: row.value for code, row in one.rows.items()} for one in (then, now)] == [before, after]
    assert found == sorted(found, key=lambda one: (one.position, one.code))
    assert all(span[0] < one.position <= span[1] and one.amount for one in found)
    assert summed(found) == {
        code: change for code in {*before, *after} if (change := int(after.get(code) or 0) - int(before.get(code) or 0))
    }
    return found


def summed(found: Sequence[Change]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for one in found:
        sums[one.code] += one.amount
    return {code: amount for code, amount in sums.items() if amount}
