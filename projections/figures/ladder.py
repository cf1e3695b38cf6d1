"""Which steps on the ladder were decided, and would the numbers that are known now have led to them?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from domain.areas import municipality_meant
from domain.supervision import Assessment
from projections.computed import Computed, Line
from projections.decisions import Decision, read_decisions
from projections.figure import Column, Dimension, Figure, Part, Query, Source, Value, Words
from projections.figures.judged_then import Then, judge_then, last_changed, read_newest_changes
from projections.figures.judgement import ExactAndRounded


class _Judged(NamedTuple):
    """A decision, and the half-year it judges: as known when it was recorded, and as known now."""

    decision: Decision
    code: str
    then: ExactAndRounded | None
    now: ExactAndRounded | None


class Ladder(Computed):
    """The table: a row a decision, of the municipality that it is about."""

    def lines(self, figure: Figure, query: Query) -> Iterable[Line]:
        """Every decision by the day."""
        for one in _judged(query):
            decision = one.decision
            values: dict[str, Value] = {
                "on": decision.on,
                "period": str(decision.period),
                "rung": decision.rung,
                **_compared(None if one.then is None else one.then.exact, None if one.now is None else one.now.exact),
            }
            rounded = _compared(
                None if one.then is None else one.then.rounded, None if one.now is None else one.now.rounded
            )
            yield Line(one.code, (decision.position,), values, rounded)

    def line_parts(self, figure: Figure, query: Query, line: Line, column: str) -> Iterable[Part]:
        """The decision itself: what it rests on stands in the table of supervision."""
        value = line.values[column]
        if not isinstance(value, int) or not value:
            return
        decision = next(one.decision for one in _judged(query) if (one.decision.position,) == line.dimensions)
        source = Source("areas", (decision.position,))
        details = {"kind": "decided", "on": decision.on, "period": str(decision.period)}
        yield Part(value, None, decision.area, source, line.code, details)


def _compared(then: Assessment | None, now: Assessment | None) -> dict[str, Value]:
    return {
        "attributableThen": None if then is None else then.attributable,
        "attributableNow": None if now is None else now.attributable,
        "differs": int(_beyond(then) != _beyond(now)),
    }


def _beyond(one: Assessment | None) -> bool:
    return one is not None and one.beyond_margin


def _judged(query: Query) -> list[_Judged]:
    """Every decision by the day, judged with all that held by the end of the half-year, or by its own day."""
    if "ladder" not in query.cache:
        query.cache["ladder"] = _judge(query)
    found: list[_Judged] = query.cache["ladder"]
    return found


def _judge(query: Query) -> list[_Judged]:
    asked, places, tables = query.asked, query.places, query.tables
    decisions = [one for one in read_decisions(tables, asked.position) if one.on <= asked.valid_on]
    recorded, newest = _recorded(query, decisions), read_newest_changes(tables, asked.position)
    both: list[tuple[Decision, Then, Then]] = []
    for one in decisions:
        then = Then(one.area, one.period, min(one.period.last, one.on), recorded[one.position])
        # Judged as of the newest change, whatever was said of others since; where that was before, it is the same.
        now = then._replace(position=max(then.position, last_changed(tables, then, newest)))
        both.append((one, then, now))
    found = judge_then(tables, [each for _, *some in both for each in some])
    return [
        _Judged(one, municipality_meant(one.area, one.on, asked.valid_on, places), found[then], found[now])
        for one, then, now in both
    ]


def _recorded(query: Query, decisions: Iterable[Decision]) -> Mapping[int, int]:
    """The positions as of which all was known that had been recorded when a decision was, by that of the decision."""
    since = {one.position: one.known_from for one in decisions}

    def ends(positions: list[int]) -> Mapping[int, int]:
        end = query.end_of_commit
        return {at: since[at] if end is None else max(since[at], end(at)) for at in positions}

    found = query.tables.cached_by_key("ends of commits", since, _KEPT, ends)
    return {at: min(end, query.asked.position) for at, end in found.items()}


_KEPT = 65_536


def _persons(name: str, en: str, nl: str) -> Column:
    return Column(name, Words(en, nl), "persons", sums="none", from_rounded=True)


LADDER = Figure(
    name="ladder",
    questions=(48, 49),
    title=Words("Steps on the ladder", "Stappen op de interventieladder"),
    definition=Words(
        "Every step that a province decided on by the day, with what was the municipality's own in the half-year it "
        "judges, at the end of that or on the day of the decision if earlier: as known when the decision was recorded, "
        "and as known now. They differ where one is above the margin and the other is not.",
        "Elke stap waartoe een provincie tot en met de peildatum besloot, met wat in het beoordeelde halfjaar aan de "
        "gemeente zelf lag, aan het einde daarvan of op de dag van het besluit als die eerder is: zoals bekend toen "
        "het besluit werd vastgelegd, en zoals nu bekend. Zij verschillen als de een boven de marge ligt en de ander "
        "niet.",
    ),
    counts=Words(
        "Decisions, of the municipality they are about; of a merged one of its successor.",
        "Besluiten, bij de gemeente waarover zij gaan; van een opgegane gemeente bij haar opvolger.",
    ),
    dimensions=(Dimension("decided", Words("Position of the decision", "Positie van het besluit"), "number"),),
    columns=(
        Column("on", Words("Decided on", "Besloten op"), "date", public=True),
        Column("period", Words("Half-year", "Halfjaar"), "text", public=True),
        Column("rung", Words("Rung", "Trede"), "number", public=True),
        _persons("attributableThen", "Its own, as known then", "Verwijtbaar, zoals toen bekend"),
        _persons("attributableNow", "Its own, as known now", "Verwijtbaar, zoals nu bekend"),
        Column("differs", Words("Differs", "Verschilt"), "municipalities", from_rounded=True),
    ),
    table=Ladder(),
    reads=("housings", "quota", "reception", "areas"),
    audience="supervision",
    group_by=("municipality",),
    all_rows=True,
)
