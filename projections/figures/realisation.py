"""How does a half-year stand against its quota? What was said of it, what was carried into it, who was housed."""

from __future__ import annotations

from typing import Any

from domain.accommodation import ACCOMMODATION_WORDS
from domain.totals import GroupBy
from projections.figure import PERIOD, Column, Figure, Unit, Words
from projections.figures.balances import ACCOMMODATION_COLUMNS, Realisation

_SUMS: tuple[GroupBy, ...] = ("country", "province")


def _column(name: str, en: str, nl: str, unit: Unit = "persons", **more: Any) -> Column:
    return Column(name, Words(en, nl), unit, **more)


REALISATION = Figure(
    name="realisation",
    questions=(1, 2, 3, 4),
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
        _column("inhabitants", "Inhabitants", "Inwoners", "inhabitants"),
        _column("quota", "Quota", "Taakstelling"),
        _column("transferred", "Transferred", "Overgedragen"),
        _column("openingBalance", "Opening balance", "Beginstand"),
        _column("task", "Task", "Opgave"),
        _column("realised", "Realised", "Realisatie"),
        *(
            _column(name, f"Realised: {words.label_en}", f"Realisatie: {words.label_nl}", by_kind="realised")
            for name, words in ((name, ACCOMMODATION_WORDS[kind]) for name, kind in ACCOMMODATION_COLUMNS.items())
        ),
        _column("remaining", "Remaining", "Resterend"),
        _column("percentage", "Percentage", "Percentage", "percent"),
        _column("pace", "Pace", "Tempo", "pace"),
        _column("ahead", "Ahead of pace", "Voor op het tempo", "pace"),
        _column("backlog", "Backlog", "Achterstand", groups=_SUMS),
        _column("lead", "Lead", "Voorsprong", groups=_SUMS),
        _column("behind", "Municipalities behind", "Gemeenten met achterstand", "municipalities", groups=_SUMS),
        _column("exact", "Municipalities exact", "Gemeenten precies op nul", "municipalities", groups=_SUMS),
        _column("aheadCount", "Municipalities ahead", "Gemeenten met voorsprong", "municipalities", groups=_SUMS),
        _column("goalReduction", "Interim goal: reduction", "Tussendoel: vermindering", groups=_SUMS),
        _column("goal", "Interim goal", "Tussendoel", groups=_SUMS),
        _column("aboveGoal", "Above the interim goal", "Boven het tussendoel", groups=_SUMS),
    ),
    table=Realisation(),
    reads=("housings", "quota"),
    all_rows=True,
)
