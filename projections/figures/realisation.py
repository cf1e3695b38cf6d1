"""How does a half-year stand against its quota? What was said of it, what was carried into it, who was housed."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from domain.accommodation import ACCOMMODATION_WORDS
from domain.totals import GroupBy
from projections.figure import PERIOD, Cell, Figure, Part, Query, Words, column_of
from projections.figures.balances import ACCOMMODATION_COLUMNS, GROUND_COLUMNS, Realisation, parts_left, signed

_SUMS: tuple[GroupBy, ...] = ("country", "province")


_GROUND_WORDS = {
    "asylum": Words("asylum", "asiel"),
    "family": Words("family", "nareis"),
    "resettlement": Words("resettlement", "hervestiging"),
    "unknown": Words("ground unknown", "grond onbekend"),
}

REALISATION = Figure(
    name="realisation",
    questions=(1, 2, 3, 4, 10, 11),
    title=Words("Realisation of the quota", "Realisatie van de taakstelling"),
    definition=Words(
        "How a half-year stands against its quota: what is to be housed (quota, transfers and the balance carried "
        "over), what was housed by the day, and what is left: positive a backlog, negative a lead.",
        "Hoe een halfjaar ervoor staat tegenover de taakstelling: wat gehuisvest moet worden (taakstelling, "
        "overdrachten en het meegenomen saldo), wat tot en met de peildatum gehuisvest is, en wat resteert: positief "
        "een achterstand, negatief een voorsprong.",
    ),
    counts=Words(
        "Persons, where they are housed; a merged municipality counts for its successor.",
        "Personen, waar zij gehuisvest zijn; een opgegane gemeente telt bij haar opvolger.",
    ),
    parameters=(PERIOD,),
    columns=(
        column_of("inhabitants", "Inhabitants", "Inwoners", "inhabitants"),
        column_of("quota", "Quota", "Taakstelling"),
        column_of("transferred", "Transferred", "Overgedragen"),
        column_of("openingBalance", "Opening balance", "Beginstand"),
        column_of("task", "Task", "Opgave"),
        column_of("realised", "Realised", "Realisatie"),
        *(
            column_of(name, f"Realised: {words.label_en}", f"Realisatie: {words.label_nl}", by_kind="realised")
            for name, words in ((name, ACCOMMODATION_WORDS[kind]) for name, kind in ACCOMMODATION_COLUMNS.items())
        ),
        *(
            column_of(
                name,
                f"Realised: {_GROUND_WORDS[ground].en}",
                f"Realisatie: {_GROUND_WORDS[ground].nl}",
                by_kind="realised",
                kinds="ground",
            )
            for name, ground in GROUND_COLUMNS.items()
        ),
        column_of("remaining", "Remaining", "Resterend"),
        column_of("advance", "Housed in advance", "Vooruit gehuisvest"),
        column_of("percentage", "Percentage", "Percentage", "percent"),
        column_of("pace", "Pace", "Tempo", "pace"),
        column_of("ahead", "Ahead of pace", "Voor op het tempo", "pace"),
        column_of("backlog", "Backlog", "Achterstand", groups=_SUMS),
        column_of("lead", "Lead", "Voorsprong", groups=_SUMS),
        column_of("behind", "Municipalities behind", "Gemeenten met achterstand", "municipalities", groups=_SUMS),
        column_of("exact", "Municipalities exact", "Gemeenten precies op nul", "municipalities", groups=_SUMS),
        column_of("aheadCount", "Municipalities ahead", "Gemeenten met voorsprong", "municipalities", groups=_SUMS),
        column_of("goalReduction", "Interim goal: reduction", "Tussendoel: vermindering", groups=_SUMS),
        column_of("goal", "Interim goal", "Tussendoel", groups=_SUMS),
        column_of("aboveGoal", "Above the interim goal", "Boven het tussendoel", groups=_SUMS),
    ),
    table=Realisation(),
    reads=("housings", "quota"),
    all_rows=True,
)


def parts_of_balances(query: Query, codes: Collection[str]) -> Iterator[Part]:
    """What is left of the task of some municipalities, by its parts as they stand in another table."""
    for part in parts_left(query, codes) if codes else ():
        yield part._replace(carried=part.carried and part.carried._replace(figure=REALISATION))


def parts_of_balance(query: Query, code: str, column: str, sign: int = 1) -> Iterator[Part]:
    """The parts of a cell of the realisation as they stand in another table."""
    for part in signed(REALISATION.parts(query, Cell(code, {}, column)), sign):
        yield part._replace(carried=part.carried and part.carried._replace(figure=REALISATION))
