"""What of a backlog is a municipality's own, and on which rung of the ladder? What a province looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

from domain.supervision import CAUSES, Cause, Terms, dossier_light, propose_rung
from projections.computed import Computed, Line
from projections.decisions import Decision, Suspension, newest_decisions, read_decisions, read_suspensions, suspended_by
from projections.figure import PERIOD, Between, Cell, Figure, Parameter, Part, Query, Source, Value, Words, column_of
from projections.figures.judgement import HalfYear, Judgement
from projections.figures.realisation import REALISATION, parts_of_balances
from projections.figures.supply import part_of_person
from projections.linked import list_linked
from projections.together import Ways

#: The column of the excused by each cause.
EXCUSED: Mapping[str, Cause] = {f"excused{cause.capitalize()}": cause for cause in CAUSES}
#: Columns that are cells of the realisation, and which.
_OF_REALISATION = {"task": "task", "realised": "realised", "gross": "remaining"}


def terms_of(query: Query) -> Terms:
    """How strictly a question judges."""
    given = query.given
    return Terms(given["marginPersons"], given["marginShare"], given["days"])


class _Supervised:
    """All that a question rests on."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self.judgement = Judgement.of(query, terms_of(query))
        self.now: HalfYear = self.judgement.now

    @classmethod
    def of(cls, query: Query) -> _Supervised:
        key = "supervision", query.given["period"], terms_of(query)
        if key not in query.cache:
            query.cache[key] = cls(query)
        found: _Supervised = query.cache[key]
        return found

    @cached_property
    def decided(self) -> Mapping[str, Decision]:
        """The newest step by the day that is judged, by municipality."""
        decisions = read_decisions(self._query.tables, self._query.asked.position)
        return newest_decisions(decisions, self._query.places, self.judgement.day, self.now.day_of_rows)

    @cached_property
    def decided_by_now(self) -> Mapping[str, Decision]:
        """The newest step by the day asked, by municipality of that day."""
        day = self._query.asked.valid_on
        decisions = read_decisions(self._query.tables, self._query.asked.position)
        return newest_decisions(decisions, self._query.places, day, day)

    @cached_property
    def suspension(self) -> Callable[[str], Suspension | None]:
        """What keeps the half-year of a municipality, by its code, from being judged."""
        query = self._query
        suspensions = read_suspensions(query.tables, query.asked.position)
        by, day = query.asked.valid_on, self.now.day_of_rows
        return suspended_by(suspensions, self.now.period, by, query.places, day)

    def rung(self, code: str) -> int:
        """The rung of a municipality on the day that is judged."""
        decision = self.decided.get(code)
        return 0 if decision is None else decision.rung

    def rung_now(self, code: str) -> int | None:
        """The rung on the day asked; None where there is no such municipality any more."""
        if not self._query.places.exists(code, self._query.asked.valid_on):
            return None
        decision = self.decided_by_now.get(code)
        return 0 if decision is None else decision.rung

    def judged(self, code: str, *, rounded: bool) -> dict[str, Value]:
        """What follows for a municipality from exact numbers, or from rounded ones."""
        both, gross = self.now.assessed(code), self.judgement.rows[code].balance.remaining
        if both is None:
            return {}
        one, in_row = both.rounded if rounded else both.exact, len(self.judgement.in_row(code, rounded=rounded))
        persons = self.now.counted(code).persons()
        over = self.judgement.day >= self.now.period.last
        suspended = self.suspension(code) is not None
        return {
            "supplyGap": one.supply_gap,
            "attributable": one.attributable,
            "stack": one.stack,
            "stacked": one.stacked,
            "short": one.short,
            "inRow": in_row,
            "proposed": propose_rung(self.rung(code), gross, one, in_row, suspended=suspended)
            if over and gross is not None
            else None,
            "light": one.light,
            "supplyLight": one.supply_light,
            "dossierLight": dossier_light(persons.rounded() if rounded else persons),
        }


class Supervision(Computed):
    """The table, by municipality and province."""

    def lines(self, figure: Figure, query: Query) -> Iterable[Line]:
        """Every municipality of the day that is judged."""
        supervised = _Supervised.of(query)
        for code, row in supervised.judgement.rows.items():
            if query.only not in (None, code):
                continue
            counted, both = supervised.now.counted(code), supervised.now.assessed(code)
            decision = supervised.decided.get(code)
            values: dict[str, Value] = {
                "task": row.balance.task,
                "realised": row.balance.realised,
                "gross": row.balance.remaining,
                "open": counted.open,
                "excused": sum(counted.by_cause),
                **dict(zip(EXCUSED, counted.by_cause, strict=True)),
                "margin": None if both is None else both.exact.margin,
                "rung": supervised.rung(code),
                "rungSince": None if decision is None else decision.on,
                "rungNow": supervised.rung_now(code),
                "suspended": int(supervised.suspension(code) is not None),
                **supervised.judged(code, rounded=False),
            }
            yield Line(code, (), values, supervised.judged(code, rounded=True))

    def parts_of_lines(self, figure: Figure, query: Query, lines: Sequence[Line], column: str) -> Iterator[Part]:
        """What was said and carried over, journeys housed, and those linked; decisions where they decide."""
        return _Parts(query, lines).of(column)

    def line_parts(self, figure: Figure, query: Query, line: Line, column: str) -> Iterable[Part]:
        """The same of one."""
        return self.parts_of_lines(figure, query, [line], column)

    def resolve(self, figure: Figure, query: Query, cell: Cell) -> tuple[Figure, Query, Cell]:
        """What is a cell of the realisation is taken from there."""
        if cell.column not in _OF_REALISATION:
            return figure, query, cell
        return REALISATION, query, Cell(cell.code, {}, _OF_REALISATION[cell.column])

    def municipalities_moved(self, query: Query, between: Between) -> frozenset[str]:
        """As for the balances."""
        return REALISATION.table.municipalities_moved(query, between)


_Waiting = Literal["open", "excused", "stack"]


class _Parts:
    """The parts of the cells of some municipalities taken together."""

    def __init__(self, query: Query, lines: Sequence[Line]) -> None:
        self._query, self._lines, self._supervised = query, lines, _Supervised.of(query)
        self._period = str(self._supervised.now.period)

    def of(self, column: str) -> Iterator[Part]:
        """Those of a column that is no cell of the realisation; none of a date or a light."""
        some = [line for line in self._lines if isinstance(value := line.values.get(column, 0), int) and value]
        codes = [line.code for line in some]
        match column:
            case "open" | "excused" | "stack":
                yield from self._persons(codes, column)
            case "supplyGap":
                yield from parts_of_balances(self._query, codes)
                yield from self._persons(codes, "open", -1)
            case "attributable":
                # Where somebody was never linked, all that is its own is who is open.
                lacking = [line.code for line in some if line.values["supplyGap"]]
                others = [code for code in codes if code not in lacking]
                yield from self._persons(lacking, "stack")
                yield from parts_of_balances(self._query, others)
                yield from self._persons(others, "excused", -1)
            case _ if column in EXCUSED:
                yield from self._persons(codes, "excused", cause=EXCUSED[column])
            case _:
                for line in some:
                    yield from self._of_line(line, column)

    def _of_line(self, line: Line, column: str) -> Iterator[Part]:
        value = line.values[column]
        if not isinstance(value, int):
            return
        match column:
            case "margin":
                quota = self._supervised.judgement.rows[line.code].balance.quota
                yield self._of_period(line, value, {"kind": "margin", "of": quota})
            case "stacked" | "short":
                yield self._of_period(line, 1, {"kind": "municipality", "remaining": line.values["gross"]})
            case "rung" | "rungNow" | "proposed":
                yield from self._rungs(line, column, value)
            case "suspended":
                if (suspension := self._supervised.suspension(line.code)) is not None:
                    yield _of_area(suspension, 1, line, {"kind": "suspended", "period": self._period})
            case "inRow":
                for period in self._supervised.judgement.in_row(line.code, rounded=False):
                    yield Part(1, None, str(period), None, line.code, {"kind": "half-year", "period": str(period)})

    def _of_period(self, line: Line, amount: int, details: Mapping[str, Any]) -> Part:
        named = {**details, "code": line.code, "name": self._query.places.name(line.code)}
        return Part(amount, None, self._period, None, line.code, named)

    def _rungs(self, line: Line, column: str, value: int) -> Iterator[Part]:
        decision = (self._supervised.decided_by_now if column == "rungNow" else self._supervised.decided).get(line.code)
        rung = 0 if decision is None else decision.rung
        if decision is not None and rung:
            yield _of_area(decision, rung, line, {"kind": "decided", "period": str(decision.period)})
        if value != rung:
            yield self._of_period(line, value - rung, {"kind": "step"})

    def _persons(
        self, codes: Sequence[str], waiting: _Waiting, sign: int = 1, cause: Cause | None = None
    ) -> Iterator[Part]:
        now, query = self._supervised.now, self._query
        for one in list_linked(query.tables, now.moment, codes, query.places, now.day_of_rows) if codes else ():
            of_those = waiting == "open" or (one.cause is None) == (waiting == "stack")
            if one.open and of_those and cause in (None, one.cause):
                part = part_of_person(one, now.moment, sign)
                if one.cause is not None:
                    behind = Source("reception", (one.cause,), now.moment.asked.valid_on)
                    part = part._replace(details={**part.details, "cause": one.cause}, source=behind)
                yield part


def _of_area(said: Decision | Suspension, amount: int, line: Line, details: Mapping[str, Any]) -> Part:
    source = Source("areas", (said.position,))
    return Part(amount, None, said.area, source, line.code, {**details, "on": said.on})


_CAUSE_WORDS: Mapping[Cause, Words] = {
    "dossier": Words("dossier not complete", "dossier niet compleet"),
    "document": Words("no residence document", "geen verblijfsdocument"),
    "adapted": Words("adapted home needed", "aangepaste woning nodig"),
    "family": Words("family not decided", "nareis niet beslist"),
    "refusal": Words("refused without ground", "onterecht geweigerd"),
}
TERMS = (
    Parameter(
        "marginPersons",
        "whole",
        Words("The margin in persons", "De marge in personen"),
        default=1,
        least=0,
        most=10_000,
    ),
    Parameter(
        "marginShare",
        "share",
        Words("The margin as a share of the quota", "De marge als aandeel van de taakstelling"),
        default="0.05",
    ),
    Parameter(
        "days",
        "whole",
        Words("Days that housing may take from the link on", "Dagen die huisvesten vanaf de koppeling mag duren"),
        default=70,
        least=0,
        most=3_660,
    ),
)

SUPERVISION = Figure(
    name="supervision",
    questions=(46, 47, 50),
    title=Words("Supervision", "Toezicht"),
    definition=Words(
        "What is left of the task of a half-year, taken apart: what nobody was linked for in time (supply gap), what "
        "linked persons wait for that is not the municipality's to give (excused, one cause a person: the first that "
        "holds), and what is its own (attributable). A margin is allowed; the rung that would follow is a proposal, "
        "and the province decides.",
        "Wat er van de opgave van een halfjaar resteert, uiteengelegd: waarvoor niet op tijd gekoppeld is "
        "(aanbodtekort), waar gekoppelden op wachten zonder dat de gemeente het kan geven (verschoond, één oorzaak per "
        "persoon: de eerste die geldt), en wat aan haarzelf ligt (verwijtbaar). Er is een marge; de trede die zou "
        "volgen is een voorstel, de provincie beslist.",
    ),
    counts=Words(
        "Persons, where they are linked or housed, on the day or at the end of the half-year; a merged municipality "
        "counts for its successor. Of a province suspended, stacked and short count municipalities. Who gets rounded "
        "numbers is told what follows from those: a judgement on rounded numbers.",
        "Personen, waar zij gekoppeld of gehuisvest zijn, op de peildatum of aan het einde van het halfjaar; een "
        "opgegane gemeente telt bij haar opvolger. Van een provincie tellen opgeschort, stuwmeer en tekort gemeenten. "
        "Wie afgeronde aantallen krijgt, krijgt wat daaruit volgt: een oordeel over afgeronde aantallen.",
    ),
    parameters=(PERIOD, *TERMS),
    columns=(
        column_of("task", "Task", "Opgave", public=True),
        column_of("realised", "Realised", "Realisatie", public=True),
        column_of("gross", "Remaining", "Resterend", public=True),
        column_of("open", "Linked and open", "Gekoppeld en open"),
        column_of("supplyGap", "Supply gap", "Aanbodtekort", from_rounded=True),
        column_of("excused", "Excused", "Verschoond"),
        *(
            column_of(name, f"Excused: {_CAUSE_WORDS[cause].en}", f"Verschoond: {_CAUSE_WORDS[cause].nl}")
            for name, cause in EXCUSED.items()
        ),
        column_of("attributable", "Its own", "Verwijtbaar", from_rounded=True),
        column_of("stack", "Open, nothing in the way", "Open zonder beletsel", from_rounded=True),
        column_of("margin", "Margin", "Marge", public=True),
        column_of("stacked", "More waiting than the margin", "Stuwmeer", "municipalities", from_rounded=True),
        column_of("short", "Short inside the margin", "Tekort binnen de marge", "municipalities", from_rounded=True),
        column_of("rung", "Rung", "Trede", "number", public=True, sums="none"),
        column_of("rungSince", "Rung since", "Trede sinds", "date", public=True, sums="none"),
        column_of("rungNow", "Rung on the day", "Trede op de peildatum", "number", public=True, sums="none"),
        column_of("suspended", "Suspended", "Opgeschort", "municipalities", public=True),
        column_of("inRow", "Half-years in a row", "Halfjaren op rij", "number", sums="none", from_rounded=True),
        column_of("proposed", "Proposed rung", "Voorgestelde trede", "number", sums="none", from_rounded=True),
        column_of("light", "Light", "Licht", "text", sums="none", from_rounded=True),
        column_of("supplyLight", "Light of supply", "Licht van het aanbod", "text", sums="none", from_rounded=True),
        column_of("dossierLight", "Light of dossiers", "Licht van de dossiers", "text", sums="none", from_rounded=True),
    ),
    table=Supervision(),
    reads=("housings", "quota", "reception", "areas"),
    audience="supervision",
    group_by=("municipality", "province"),
    all_rows=True,
    together=(Ways("excused", (tuple(EXCUSED),)),),
)
