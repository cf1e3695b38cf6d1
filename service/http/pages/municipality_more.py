"""What there is to know of a municipality besides next week: how long it takes, homes, families, temporary stays,
integration, dossiers, and what is to be set right.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.responses import Response

from domain.norm_sets import PHASE_NAMES
from projections.figures import FIGURES
from service.http.pages.asking import Answer
from service.http.pages.charts.chart import Chart, ChartWords
from service.http.pages.charts.specifications import phases, queue
from service.http.pages.charts.specifications.phases import Phase
from service.http.pages.figures import FigureTable, Row, figure_question
from service.http.pages.half_years import choices, name_of
from service.http.pages.municipality_people import refusal_of
from service.http.pages.municipality_place import absent_page, asked_code, place_of
from service.http.pages.rendering import Page
from service.http.pages.states import answer_page, state_of
from service.http.pages.value_words import word_of
from service.http.pages.view import View
from service.queries.finding_words import FINDING_WORDS

_WEEK = 7
#: So many who wait are drawn in the queue; where there are more, its table of means says enough.
_QUEUE = 1_000
#: What is shown of tables that have more than one looks at.
COLUMNS = {
    "households": ("households", "persons", "homes", "lack", "spare", "adapted", "adaptedHomes", "under23"),
    "family": (
        *("referents", "applied", "granted", "refused", "undecided", "arrived", "awaited", "medianSinceGrant"),
        *("grantedNoHome", "housedAwaiting", "bedroomsAwaited"),
    ),
    "waiting": ("persons", "overNorm", "median", "p90"),
    "temporary": ("persons", "places", "free", "overdue"),
    "integration": (
        *("persons", "inView", "withoutPlan", "withPlan", "overdue", "housedWaitingIntake", "housedWaitingPlan"),
        *("housingToIntake", "housingToPlan", "fulfilled"),
    ),
    "dossiers": (
        *("linked", "completeAtLink", "missingBsn", "missingIdentity", "missingIban", "open", "completeNow"),
        *("shareNow", "cannotSign"),
    ),
    "findings": ("journeys", "events"),
}


async def show(view: View) -> Page | Response:
    """All else of a municipality on a day."""
    code = asked_code(view)
    window = {"from": view.period.first, "to": max(view.period.first, min(view.period.last, view.times.valid_on))}
    given: dict[str, dict[str, Any]] = {
        **{name: {} for name in ("households", "family", "temporary", "integration", "findings", "swaps", "waiting")},
        "dossiers": window,
        "norm-phases": window,
    }
    asked = [figure_question(view, name, {"groupBy": "municipality", **some}) for name, some in given.items()]
    open_ones = view.question("/v1/deadlines", municipality=code, kind="housing-norm", limit=_QUEUE)
    places, waiters, *answers = await view.ask(view.question("/v1/municipalities"), open_ones, *asked)
    if not places.ok:
        return answer_page(view, places, "list_municipalities")
    place = place_of(code, places)
    if (absent := absent_page(view, place, places)) is not None:
        return absent
    tables = {name: FigureTable(view, FIGURES[name], answer) for name, answer in zip(given, answers, strict=True)}
    durations = _durations(view, place.name, tables["norm-phases"].row(code), tables["waiting"].answer)
    waits = _queue(view, waiters)
    charts = {name: one for name, one in (("durations", durations), ("waits", waits)) if one is not None}
    drawn = dict(zip(charts, await view.draw(*charts.values()), strict=True))
    shown: dict[str, Any] = {
        "place": place,
        "half_year": name_of(view, view.period),
        "choices": choices(view),
        "tables": tables,
        "rows": {name: list(table.rows_of(code)) for name, table in tables.items()},
        "columns": {
            name: [table.figure.column(one) for one in COLUMNS.get(name, ())] for name, table in tables.items()
        },
        "swaps": [row for row in tables["swaps"].rows if code in (row["code"], row["with"])],
        "name_of": {one["code"]: one["name"] for one in places.body["items"]},
        "phases": PHASE_NAMES,
        "charts": charts,
        "drawn": drawn,
        "refused": refusal_of(view, waiters),
        "words": lambda value: word_of(view, value),
        "finding_words": FINDING_WORDS,
        "state_of": lambda table: state_of(view, table.answer, table.operation),
        "findings_list": view.file(str(view.as_asked(view.question("/v1/findings", municipality=code)))),
    }
    return Page("municipality_more.html.jinja", place.name, shown, [*asked, open_ones])


def _durations(view: View, name: str, row: Row | None, waiting: Answer) -> Chart | None:
    """How long the phases took that ended in the half-year, against the norm."""
    if row is None or not waiting.ok or not any(row[f"{phase}CompletedCount"] for phase in PHASE_NAMES):
        return None
    say, norm = view.gettext, waiting.body["norm"]
    some = [
        Phase(
            word_of(view, phase).capitalize(),
            name,
            row[f"{phase}CompletedMedian"],
            row[f"{phase}CompletedP90"],
            norm[phase],
        )
        for phase in PHASE_NAMES
    ]
    half, allowed = row["totalCompletedMedian"], norm["total"]
    told = {"half": view.language.duration(half or 0), "norm": view.language.duration(allowed)}
    title = (
        say("Nog niemand is gehuisvest van wie de hele duur bekend is")
        if half is None
        else say("De helft had een woning binnen %(half)s; de norm is %(norm)s") % told
    )
    sentence = say("Per fase: binnen hoeveel dagen de helft klaar was, en negen van de tien, naast de norm.")
    heads = (say("Fase"), say("Gemeente"), say("De helft binnen"), say("Negen van tien binnen"), say("Norm"))
    return phases.chart(ChartWords(title, f"{title}. {sentence}", heads), view.language, phases=some, unit=say("dagen"))


def _queue(view: View, listed: Answer) -> Chart | None:
    """Who waits for a home by the weeks so far; None where that is not told, nobody waits, or they are too many."""
    if not listed.ok or listed.cursor is not None or not listed.body["items"]:
        return None
    say, day = view.gettext, view.times.valid_on
    norm = listed.body["norm"]["housing"] // _WEEK
    # As many weeks as the norm has, and as many again; who waits longer stands in the last.
    last = 2 * norm
    weeks = [0] * (last + 1)
    for one in listed.body["items"]:
        if one["since"] is not None:
            weeks[min((day - date.fromisoformat(one["since"])).days // _WEEK, last)] += 1
    over, number = sum(weeks[norm:]), view.language.number
    told = {"over": number(over), "every": number(sum(weeks)), "weeks": norm}
    title = say("%(over)s van de %(every)s wachten %(weeks)s weken of langer") % told
    sentence = say("Een balk per week: hoeveel personen zo lang op een woning wachten.")
    return queue.chart(
        ChartWords(title, f"{title}. {sentence}", (say("Weken gewacht"), say("Personen"))),
        view.language,
        weeks=weeks,
        norm=norm,
        within=say("Binnen de norm"),
        over=say("Langer dan de norm"),
        unit=say("weken"),
    )
