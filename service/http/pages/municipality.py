"""What does a municipality have to do next week? Its task, who waits longest, who comes, what falls due, and what of
its backlog is its own.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from projections.figures import FIGURES
from service.http.pages.charts.chart import Chart, ChartWords
from service.http.pages.charts.specifications import waterfall
from service.http.pages.charts.specifications.waterfall import Step
from service.http.pages.figures import FigureTable, Row, figure_question
from service.http.pages.half_years import choices, name_of
from service.http.pages.municipality_people import (
    KIND_WORDS,
    OWNER_WORDS,
    Week,
    agenda_of,
    due_question,
    read_due,
    read_waiting,
    refusal_of,
)
from service.http.pages.municipality_place import absent_page, asked_code, place_of
from service.http.pages.rendering import Page
from service.http.pages.standing import standing_of
from service.http.pages.states import answer_page, state_of
from service.http.pages.view import View

#: What excuses a municipality, in the order in which a person is counted under one of them.
_EXCUSES = ("excusedDossier", "excusedDocument", "excusedAdapted", "excusedFamily", "excusedRefusal")
#: How what is left is taken apart: from all of it to what is the municipality's own, and what it may be.
_JUDGED = ("gross", "supplyGap", "open", "excused", *_EXCUSES, "attributable", "margin")


async def show(view: View) -> Page | Response:
    """A municipality on a day."""
    code = asked_code(view)
    period = str(view.period)
    of_period = {"period": period}
    given = {"realisation": of_period, "supervision": of_period, "waiting": {}, "expected": {}}
    tables = [figure_question(view, name, {"groupBy": "municipality", **some}) for name, some in given.items()]
    places, due, *answers = await view.ask(view.question("/v1/municipalities"), due_question(view, code), *tables)
    if not places.ok:
        return answer_page(view, places, "list_municipalities")
    place = place_of(code, places)
    if (absent := absent_page(view, place, places)) is not None:
        return absent
    realisation, supervision, waiting, expected = (
        FigureTable(view, FIGURES[name], answer) for name, answer in zip(given, answers, strict=True)
    )
    lists = await read_due(view, code, due) if due.ok else [due]
    people, asked = await read_waiting(view, code, due) if due.ok else ([], [])
    row = realisation.row(code)
    steps = None if row is None or row["task"] is None else _waterfall(view, row)
    (drawn,) = await view.draw(steps) if steps is not None else (None,)
    shown: dict[str, Any] = {
        "place": place,
        "half_year": name_of(view, view.period),
        "choices": choices(view),
        "realisation": realisation,
        "task": row,
        "steps": steps,
        "drawn": drawn,
        "supervision": supervision,
        "judged": supervision.row(code),
        "excuses": _EXCUSES,
        "judged_columns": _JUDGED,
        "lights": (
            (view.gettext("Licht van het tempo"), "light", "realised", view.gettext("gehuisvest")),
            (view.gettext("Licht van het aanbod"), "supplyLight", "open", view.gettext("gekoppeld en open")),
            (
                view.gettext("Licht van de dossiers"),
                "dossierLight",
                "excusedDossier",
                view.gettext("wacht op een dossier"),
            ),
        ),
        "standing": standing_of(None if row is None else row["ahead"]),
        "waiting": waiting,
        "queue": waiting.row(code, phase="housing"),
        "expected": expected,
        "coming": expected.row(code),
        "people": people,
        "refused": refusal_of(view, *lists),
        "agenda": agenda_of(view, lists) if all(one.ok for one in lists) else None,
        "kind_words": KIND_WORDS,
        "owner_words": OWNER_WORDS,
        "week_name": lambda week: _week_name(view, week),
        "state_of": lambda table: state_of(view, table.answer, table.operation),
    }
    return Page("municipality.html.jinja", place.name, shown, [*tables, *(one.address for one in lists), *asked])


def _waterfall(view: View, row: Row) -> Chart:
    say = view.gettext
    changes = [
        (say("Beginstand"), row["openingBalance"]),
        (say("Taakstelling"), row["quota"]),
        (say("Overgedragen"), row["transferred"]),
    ]
    steps = [
        # What is nought is no step; the quota always is one.
        *(Step(name, persons) for name, persons in changes if persons or name == changes[1][0]),
        Step(say("Opgave"), row["task"], "total"),
        Step(say("Gehuisvest"), -row["realised"]),
        Step(say("Nog te huisvesten"), row["remaining"], "total"),
    ]
    number = view.language.number
    title = _title(view, row)
    sentence = say(
        "%(title)s. De taakstelling is %(quota)s, met de beginstand is de opgave %(task)s; gehuisvest zijn er "
        "%(realised)s."
    ) % {
        "title": title,
        "quota": number(row["quota"]),
        "task": number(row["task"]),
        "realised": number(row["realised"]),
    }
    words = ChartWords(title, sentence, (say("Stap"), say("Personen")))
    return waterfall.chart(words, view.language, steps=steps)


def _title(view: View, row: Row) -> str:
    """What is to be seen: how many are left, or how far ahead it is."""
    number, left = view.language.number, row["remaining"]
    words = {"task": number(row["task"]), "left": number(abs(left))}
    if row["task"] <= 0 and left <= 0:
        # What was housed too many in the half-year before, may be more than the quota of this one.
        return (
            view.gettext("Dit halfjaar hoeft niemand te worden gehuisvest; het zijn er al %(left)s meer dan gevraagd")
            if left
            else view.gettext("Dit halfjaar hoeft niemand te worden gehuisvest")
        ) % words
    if left > 0:
        return view.gettext("Nog %(left)s van %(task)s te huisvesten") % words
    if left < 0:
        return view.gettext("De opgave van %(task)s is gehaald, %(left)s meer dan gevraagd") % words
    return view.gettext("De opgave van %(task)s is precies gehaald") % words


def _week_name(view: View, week: Week) -> str:
    """A week in words: `4–10 jul`; what is past is no week."""
    if week.first is None:
        return view.gettext("Al verlopen")
    form = "d MMM"
    first = view.language.day(week.first, "d" if week.first.month == week.last.month else form)
    last = view.language.day(week.last, form).replace(".", "")
    return f"{first.replace('.', '')}\u2013{last}" if week.first != week.last else last
