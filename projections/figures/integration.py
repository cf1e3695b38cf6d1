"""Do plans come in time, what routes are there, and how long after the housing does integration begin?"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, get_args

from domain.facts.integration import Law
from domain.integration import PLAN_WEEKS
from projections.aggregates import Median, Sum
from projections.figure import Dimension, Figure, Parameter, Query, Words, column_of
from projections.grouping import Grouped, Rows, Select, times
from projections.states.integration import NOT_EXTENDED, UNDONE
from projections.together import Ways

LAW = Dimension("law", Words("Law", "Wet"), values=get_args(Law))
COUNTED = Words(
    "Persons who have to integrate, where they are housed, else where they belong.",
    "Inburgeringsplichtigen, waar zij gehuisvest zijn, anders bij de gemeente waar zij bij horen.",
)
#: First plans are those of so many days, the day asked among them.
_RECENT_DAYS = 30


def parts(query: Query, rows: Rows) -> Select:
    """Persons with a duty, whether the municipality has them in view, and whether their first plan is a recent one:
    null under the law of 2013, which knows no plans.
    """
    statement = f"""
        SELECT *, CASE WHEN law = 'wi2021' THEN undone::INTEGER END AS in_view,
            {_of_2021("first_plan_on BETWEEN $since AND $on")} AS first_plan
        FROM (
            SELECT *, {UNDONE} AS undone, plan_due_on < $on AS overdue, housed_on <= $before AS housed_long
            FROM {rows("integration")})"""
    on = query.asked.valid_on
    return Select(
        statement,
        {
            **times(query),
            "on": on,
            "since": _days_before(on, _RECENT_DAYS - 1),
            "before": _days_before(on, 7 * query.given["weeks"]),
        },
    )


def _days_before(day: date, days: int) -> date:
    """The day so many days before, as far as there is one."""
    return day - timedelta(days=min(days, (day - date.min).days))


def _if(condition: str) -> str:
    """1 or 0; 0 also where that is unknown."""
    return f"coalesce({condition}, false)::INTEGER"


def _of_2021(condition: str) -> str:
    """The same, null under another law."""
    return f"CASE WHEN law = 'wi2021' THEN {_if(condition)} END"


def _days(since: str, until: str) -> str:
    """Days between two days, not below 0; null where one of them is not there."""
    return f"CASE WHEN {since} IS NOT NULL AND {until} IS NOT NULL THEN greatest(0, {until} - {since}) END"


_EXTENDED = f"extension <> '{NOT_EXTENDED}'"
_WAITING = "undone AND housed_long"
_LATE = "coalesce(first_plan_on > plan_due_on, false)"


def _persons(name: str, en: str, nl: str, adds: str) -> Any:
    return column_of(name, en, nl, aggregate=Sum(adds))


def _planned(name: str, en: str, nl: str, adds: str) -> Any:
    """Persons under the law that knows plans."""
    return column_of(name, en, nl, aggregate=Sum(adds, of_some=True))


def _fines(name: str, en: str, nl: str, adds: str) -> Any:
    """Of one person perhaps several."""
    return column_of(name, en, nl, "fines", aggregate=Sum(adds, several="1"))


def _lag(name: str, en: str, nl: str, days: str) -> Any:
    return column_of(name, en, nl, "days", aggregate=Median(days), persons="persons")


INTEGRATION = Figure(
    name="integration",
    questions=(54, 55, 56, 57, 58),
    title=Words("Integration and plans", "Inburgering en plannen"),
    definition=Words(
        "Persons who have to integrate, by law: in view of the municipality (neither done nor wholly exempted), "
        f"without or with a plan and with an extension, first plans of the last {_RECENT_DAYS} days and whether they "
        f"came within {PLAN_WEEKS} weeks of notice and registration; who is housed and waits, routes, extensions, "
        "exemptions and fines, and the days from housing to intake and plan. The law of 2013 knows no plans.",
        "Inburgeringsplichtigen, naar wet: in beeld bij de gemeente (niet voldaan en niet geheel vrijgesteld), zonder "
        f"of met PIP en met verlenging, eerste PIP's van de laatste {_RECENT_DAYS} dagen en of die binnen {PLAN_WEEKS} "
        "weken na kennisgeving en inschrijving kwamen; wie gehuisvest is en wacht, leerroutes, verlengingen, "
        "vrijstellingen en boetes, en de dagen van huisvesting tot brede intake en PIP. De wet van 2013 kent geen PIP.",
    ),
    counts=COUNTED,
    parameters=(
        Parameter(
            "weeks",
            "whole",
            Words("Weeks since the housing", "Weken sinds de huisvesting"),
            default=12,
            least=0,
            most=520,
        ),
    ),
    dimensions=(LAW,),
    columns=(
        _persons("persons", "Persons", "Personen", "1"),
        _planned("inView", "In view (A)", "In beeld (A)", "in_view"),
        _planned("withoutPlan", "Without a plan (B)", "Zonder PIP (B)", "in_view * (first_plan_on IS NULL)::INTEGER"),
        _planned(
            "withPlan",
            "With a plan (C)",
            "Met PIP (C)",
            f"in_view * (first_plan_on IS NOT NULL AND NOT {_EXTENDED})::INTEGER",
        ),
        _planned(
            "withPlanExtended",
            "With a plan and an extension (D)",
            "Met PIP en verlenging (D)",
            f"in_view * (first_plan_on IS NOT NULL AND {_EXTENDED})::INTEGER",
        ),
        _planned("firstPlans", "First plans (E)", "Eerste PIP's (E)", "first_plan"),
        _planned(
            "plansInTime",
            "First plans in time (F)",
            "Eerste PIP's op tijd (F)",
            f"first_plan * (NOT {_LATE})::INTEGER",
        ),
        _planned(
            "plansLate",
            "First plans too late (G)",
            "Eerste PIP's te laat (G)",
            f"first_plan * {_LATE}::INTEGER",
        ),
        _planned(
            "overdue",
            "Plan overdue",
            "PIP over tijd",
            f"in_view * {_if('first_plan_on IS NULL AND overdue')}",
        ),
        _persons(
            "housedWaitingIntake",
            "Housed and waiting for an intake",
            "Gehuisvest en wachtend op brede intake",
            _if(f"{_WAITING} AND first_intake_on IS NULL"),
        ),
        _planned(
            "housedWaitingPlan",
            "Housed and waiting for a plan",
            "Gehuisvest en wachtend op PIP",
            _of_2021(f"{_WAITING} AND first_plan_on IS NULL"),
        ),
        _planned("routeB1", "B1 route", "B1-route", _of_2021("route = 'b1'")),
        _planned("routeEducation", "Education route", "Onderwijsroute", _of_2021("route = 'education'")),
        _planned("routeSelfReliance", "Self-reliance route", "Z-route", _of_2021("route = 'self-reliance'")),
        _planned("changedRoute", "Changed route", "Van leerroute veranderd", _of_2021("changed_route")),
        _persons("extended", "Extended", "Verlengd", f"({_EXTENDED})::INTEGER"),
        _persons("exemptedFull", "Wholly exempted", "Geheel vrijgesteld", _if("exempted = 'full'")),
        _persons("exemptedPart", "Partly exempted", "Deels vrijgesteld", _if("exempted = 'part'")),
        _persons("fulfilled", "Fulfilled", "Voldaan", "fulfilled::INTEGER"),
        _fines("fines", "Fines that stand", "Boetes die staan", "fines"),
        _fines("finesCancelled", "Fines cancelled", "Boetes ingetrokken", "fines_cancelled"),
        _lag(
            "housingToIntake",
            "Median days from housing to intake",
            "Mediaan dagen van huisvesting tot intake",
            _days("housed_on", "first_intake_on"),
        ),
        _lag(
            "intakeToPlan",
            "Median days from intake to plan",
            "Mediaan dagen van intake tot PIP",
            f"CASE WHEN law = 'wi2021' THEN {_days('first_intake_on', 'first_plan_on')} END",
        ),
        _lag(
            "housingToPlan",
            "Median days from housing to plan",
            "Mediaan dagen van huisvesting tot PIP",
            f"CASE WHEN law = 'wi2021' THEN {_days('housed_on', 'first_plan_on')} END",
        ),
    ),
    table=Grouped(
        parts,
        "integration",
        details={"plan_due_on": "dueOn"},
        aspects={
            **dict.fromkeys(("inView", "exemptedFull", "exemptedPart", "fulfilled"), ("completion",)),
            **dict.fromkeys(("withoutPlan", "withPlan"), ("completion", "plan")),
            "withPlanExtended": ("completion", "plan", "extension"),
            **dict.fromkeys(("firstPlans", "plansInTime", "plansLate"), ("plan", "clock")),
            "overdue": ("completion", "clock"),
            "housedWaitingIntake": ("completion",),
            "housedWaitingPlan": ("completion",),
            **dict.fromkeys(("routeB1", "routeEducation", "routeSelfReliance"), ("route",)),
            "changedRoute": ("routes",),
            "extended": ("extension",),
            "fines": ("fines",),
            "finesCancelled": ("fines",),
            "housingToIntake": ("intake",),
            "intakeToPlan": ("intake", "plan"),
            "housingToPlan": ("plan",),
        },
    ),
    reads=("integration",),
    audience="persons",
    together=(
        # Who is not in view has done it all or is wholly exempted, or both.
        Ways(
            "persons",
            (
                ("inView", "fulfilled"),
                ("inView", "exemptedFull"),
                ("exemptedFull", "exemptedPart"),
                ("routeB1", "routeEducation", "routeSelfReliance"),
            ),
            every=False,
        ),
        Ways("inView", (("withoutPlan", "withPlan", "withPlanExtended"),)),
        Ways("firstPlans", (("plansInTime", "plansLate"),)),
    ),
)
