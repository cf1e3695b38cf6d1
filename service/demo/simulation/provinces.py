"""What the provinces say: steps of the ladder, half-years that are not judged, places of reception."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random

from domain.municipality import PROVINCES
from domain.period import Period
from domain.places import Places
from domain.totals import COUNTRY
from service.demo.simulation.areas import area_post
from service.demo.simulation.chance import between, day_of, pick, working_day_from
from service.demo.simulation.posts import MINISTRY, Post, province_source
from service.demo.simulation.quota import PlannedPeriod
from service.demo.simulation.scenario import SUSPENDED

#: The half-years that are judged within the scenario, by what was left of them, and from which day on.
_BEFORE, _JUDGED = Period(2020, 2), Period(2021, 2)
_FROM = {_BEFORE: date(2021, 2, 22), _JUDGED: date(2022, 1, 10)}
_WEEKS = 12
#: Where a municipality stands that is judged for the first time; some were on the ladder before.
_FIRST_RUNGS = ((0.6, 1), (0.82, 2), (0.94, 3), (0.98, 4), (1.0, 5))
_ITS_OWN_DOING, _STEPS_ON = 0.4, 0.7
_TAKEN_BACK = 0.05
_BEHIND, _NO_LONGER = "Behind by more than the margin", "No longer behind"
_MARGIN = 20  # one in so many of the quota
#: Days on which extra places of reception were counted, and by how much there were more at most.
_COUNTED_ON = (date(2021, 10, 1), date(2022, 1, 3), date(2022, 4, 1))
_MORE_PLACES = 140


def province_posts(rng: Random, periods: Sequence[PlannedPeriod], places: Places) -> Iterator[Post]:
    """All of it, from what is left of the tasks of the municipalities."""
    for period, area, on, reason in SUSPENDED:
        source = MINISTRY if area == COUNTRY else province_source(area)
        yield area_post(rng, source, "assessment-suspended.v1", area, on, period=str(period), reason=reason)
    rungs: dict[str, int] = {}
    of_periods = {each.half_year.period: each for each in periods}
    first, judged = of_periods[_BEFORE.next], of_periods[_JUDGED]
    yield from _steps(rng, _BEFORE, first.openings, first.quota, places, rungs)
    yield from _steps(rng, _JUDGED, judged.left, judged.quota, places, rungs)
    standing = dict.fromkeys(sorted(PROVINCES), 0)
    for day in _COUNTED_ON:
        for province in standing:
            standing[province] += between(rng, 0, _MORE_PLACES)
            source, number = province_source(province), standing[province]
            yield area_post(rng, source, "reception-places-stated.v1", province, day, places=number)


def _steps(
    rng: Random,
    period: Period,
    left: Mapping[str, int],
    quota: Mapping[str, int],
    places: Places,
    rungs: dict[str, int],
) -> Iterator[Post]:
    """Up for many who are behind by more than the margin, down for who is behind no longer."""
    suspended = {area for one, area, _, _ in SUSPENDED if one == period}
    for code in sorted(left):
        province = places.province(code)
        if province in suspended:
            continue
        behind = left[code] > max(1, quota[code] // _MARGIN)
        before = rungs.get(code, 0)
        if behind and before:
            rung = before + (1 if rng.random() < _STEPS_ON else 0)
        elif behind and rng.random() < _ITS_OWN_DOING:
            rung = pick(rng, _FIRST_RUNGS)
        else:
            rung = 0
        if rung == before:
            continue
        on, rung = working_day_from(_FROM[period] + timedelta(days=between(rng, 0, 7 * _WEEKS))), min(rung, 5)
        source, area = province_source(province), places.code_on(code, on)
        said = {"period": str(period), "rung": rung, "reason": _BEHIND if rung else _NO_LONGER}
        step = area_post(rng, source, "ladder-step-decided.v1", area, on, **said)
        if rng.random() >= _TAKEN_BACK:
            rungs[code] = rung
            yield step
            continue
        yield (named := step._replace(id=f"step-{code.lower()}-{period}"))
        back_on = day_of(named.at) + timedelta(days=between(rng, 7, 28))
        back = {"withdraws": named.id, "reason": "Taken back after an objection"}
        yield area_post(rng, source, "event-withdrawn.v1", area, back_on, **back)
