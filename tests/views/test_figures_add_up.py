"""Whatever was recorded, in whatever order: the parts of a cell add up to it, and what differs to the difference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import date, timedelta
from fractions import Fraction
from itertools import count, pairwise
from random import Random
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from domain.facts import (
    EventWithdrawn,
    HomesStated,
    LinksAnnounced,
    MunicipalQuotaPublished,
    OpeningBalanceRecorded,
    PermitsForecastPublished,
    QuotaForecast,
    QuotaPublished,
    QuotaRevised,
    QuotaTransferred,
    ReceptionPlacesStated,
    Recorded,
    Transfer,
    VNumberReplaced,
)
from domain.facts.area import Homes
from domain.norm_sets import NORM_SETS, NormSet, parse_norm_set
from domain.period import Period
from domain.rounding import Ratio
from domain.totals import GroupBy
from projections.aggregates import P90, Mean, Median, Sum
from projections.column_store import ColumnStore
from projections.comparison import differences
from projections.engine import Asked
from projections.figure import Cell, Column, Figure, Part, Query, Row
from projections.figures import FIGURES
from projections.places import read_places
from service.queries.deliveries import Deliveries
from service.storage.database import reading
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
from tests.views.durations import summarise
from tests.views.logs import FIRST_COMMIT, VIEW, Log, counted, examples, merged, of_area, of_period
from tests.views.supervised import DEFAULTS

# Haaren was split over four on the first day of 2021, Weesp went into Amsterdam on 24 March 2022.
TOWNS = (UTRECHT, AMERSFOORT, AMSTERDAM, WEESP, HAAREN, "GM0855", "GM0153", "GM0050")
HALVES = tuple(Period.parse(one) for one in ("2018-II", "2020-II", "2021-I", "2021-II", "2022-I"))
GROUPS: tuple[GroupBy, ...] = ("country", "province", "municipality", "municipality")
LAST = date(2022, 6, 30)
#: Whatever the log holds was recorded by then.
RECORDED_BY = date(2026, 12, 31)

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
                QuotaForecast(half, 300 + persons, persons),
                QuotaRevised(half, 450 + persons),
                QuotaTransferred(half, (Transfer(town, persons), Transfer(AMERSFOORT, -persons))),
            ]
        )
    )
    name = f"quota-{next(_names)}"
    event = said(half.first + timedelta(days=draw(st.sampled_from([0, 0, -90, 40]))), fact, id=name)
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
def statements(draw: st.DrawFn) -> list[Recorded]:
    """Something said of a municipality, a province or the country."""
    half, number, town = draw(_halves), draw(st.integers(0, 40)), draw(_towns)
    fact: Any = draw(
        st.sampled_from(
            [
                ReceptionPlacesStated(draw(st.sampled_from(["PV26", "PV27"])), number),
                PermitsForecastPublished("NL", half.first, half.last - timedelta(days=number), 10 * number),
                HomesStated(town, (Homes(number % 7, number % 2 == 0, 2), Homes(1, False, number))),
                LinksAnnounced(town, f"{half.year}-{1 + number % 12:02}", number, None, {"0-3": 2}),
            ]
        )
    )
    return [of_area(said(draw(_days), fact, id=f"area-{next(_names)}"))]


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
    beside = draw(st.lists(numbers() | numbers() | numbers() | statements() | geography(), max_size=6))
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


#: Questions of every table: its parameters, for a half-year and a day.
def parameters(name: str, period: Period, valid_on: date, norm: NormSet) -> dict[str, Any]:
    window = {"from": period.first, "to": period.last}
    given: dict[str, dict[str, Any]] = {
        "realisation": {"period": period},
        "backlog": {**window, "to": valid_on, "step": "month"},
        "norm-phases": {**window, "norm": norm, "family": "any"},
        "lateness": {**window, "norm": norm},
        "waiting": {"norm": norm},
        "quota-methods": {"period": period, "persons": None, "method": "nearest"},
        "quota-revisions": {"period": period},
        "transfers": {"period": period},
        "offset": {"goal": 417, "at": (period.first, date(2021, 3, 1), period.last)},
        "publication": {},
        "supply": {"period": period},
        "supervision": {"period": period, **DEFAULTS},
        "ladder": {},
        "integration": {"weeks": 12},
        "elip": {"months": 6, "left": 2_500},
        "data-quality": {"from": FIRST_COMMIT.date(), "to": RECORDED_BY},
    }
    return given.get(name, window)


# Not shrunk: a smaller example would meet the database that the larger one left.
@settings(examples(25), phases=(Phase.reuse, Phase.generate))
@given(
    chronicle=chronicles(),
    deal=st.lists(st.integers(0, 3), min_size=3, max_size=9),
    replaced=st.just([]) | st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), max_size=4),
    period=st.sampled_from(HALVES[1:]) | _halves,
    valid_on=st.sampled_from([LAST, LAST, date(2022, 3, 23), date(2021, 6, 30)]) | _days,
    name=st.sampled_from([*FIGURES, "realisation"]),
    group_by=st.sampled_from(GROUPS),
    norm=st.sampled_from([*NORM_SETS.values(), parse_norm_set("3,9,2,12,permit"), parse_norm_set("0,0,0,0,link")]),
    chance=st.randoms(use_true_random=False),
)
def test_the_parts_of_a_cell_add_up_to_it_and_what_differs_to_the_difference(
    engine: Engine,
    chronicle: tuple[list[list[Recorded]], list[list[Recorded]]],
    deal: list[int],
    replaced: list[tuple[int, int, bool]],
    period: Period,
    valid_on: date,
    name: str,
    group_by: GroupBy,
    norm: NormSet,
    chance: Random,
) -> None:
    log, figure = _log_of(engine), FIGURES[name]
    if group_by not in figure.group_by:
        group_by = figure.group_by[0]
    ends = told(log, *chronicle, deal, replaced)
    with reading(engine, VIEW) as connection, closing(ColumnStore.of(connection)) as store, store.snapshot() as tables:

        def at(position: int) -> Query:
            # What was recorded was so long after all that it tells of.
            asked = Asked(RECORDED_BY if name == "data-quality" else valid_on, position)
            given, known = parameters(name, period, valid_on, norm), Deliveries(connection, log.now)
            return Query(tables, asked, read_places(tables, asked), group_by, given, known_on=LAST, log=known)

        for after, until in {*pairwise(ends[-2:]), (ends[0], ends[-1])}:
            then, now = at(after), at(until)
            rows = {(row.code, row.dimensions): row for row in figure.rows(now)}
            assert_told_as_declared(figure, rows.values())
            there = {*rows, *((row.code, row.dimensions) for row in figure.rows(then))}
            for code, dimensions in chance.sample(sorted(there), min(len(there), 3)):
                named = dict(zip((one.name for one in figure.dimensions), dimensions, strict=True))
                for column in chance.sample(figure.columns, min(len(figure.columns), 5)):
                    cell = Cell(code, named, column.name)
                    assert_adds_up(figure, now, cell, column)
                    assert_moved(figure, then, now, cell, column)


def assert_told_as_declared(figure: Figure, rows: Iterable[Row]) -> None:
    """What a table makes of rounded numbers is what its columns say is made of such."""
    from_rounded = {column.name for column in figure.columns if column.from_rounded}
    assert all(set(row.rounded) == from_rounded for row in rows)


def assert_adds_up(figure: Figure, query: Query, cell: Cell, column: Column) -> None:
    """The parts come to what the table has."""
    value, parts = figure.value(query, cell), figure.parts(query, cell)
    if value is None:
        assert not parts
    elif isinstance(column.aggregate, Mean | Median | P90):
        exact: Any = getattr(summarise([part.amount for part in parts]), column.aggregate.__class__.__name__.lower())
        assert isinstance(value, Ratio)
        assert Fraction(*value) == exact
    elif isinstance(value, Ratio):
        above, below = sum(part.numerator for part in parts), sum(part.denominator for part in parts)
        assert Fraction(*value) == Fraction(above, below)
    elif not isinstance(value, date | str):
        assert sum(part.amount for part in parts) == value


def assert_moved(figure: Figure, then: Query, now: Query, cell: Cell, column: Column) -> None:
    """What differs comes to the difference, and nothing differs where nothing does."""
    before, after = figure.value(then, cell), figure.value(now, cell)
    found = differences(figure, then, now, cell)
    if column.aggregate is None or isinstance(column.aggregate, Sum):
        numbers = [value if isinstance(value, int) else 0 for value in (before, after)]
        if not isinstance(before, Ratio) and not isinstance(after, Ratio):
            assert sum(one.adds.amount for one in found) == numbers[1] - numbers[0], (cell, found)
            return
    was, became = (figure.parts(query, cell) for query in (then, now))
    assert sum(one.adds.numerator for one in found) == _total(became)[0] - _total(was)[0]
    assert sum(one.adds.denominator for one in found) == _total(became)[1] - _total(was)[1]


def _total(parts: Sequence[Part]) -> tuple[int, int]:
    return sum(part.numerator for part in parts), sum(part.denominator for part in parts)
