"""Tables of part 2, section 6, about integration: integration, integration-terms and elip."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.independent.half_years import months_later
from tests.independent.land import DAY
from tests.independent.lives import Life
from tests.independent.measures import median
from tests.independent.record import Event
from tests.independent.rows import Asked, Row, grouped, left_in
from tests.independent.world import World

LAWS = ("wi2013", "wi2021")


@dataclass(frozen=True)
class Obliged:
    """A person with a duty, on a day."""

    life: Life
    on: date
    world: World

    @property
    def law(self) -> str:
        """By the newest duty."""
        return str(self._newest("integration-duty-started").data["law"])

    @property
    def where(self) -> str | None:
        """Where they are housed, else where they belong."""
        housing = self.life.housed
        if housing is not None:
            return self.life.land.named_on(housing.municipality, housing.on, self.on)
        return self.life.belongs_to(self.on)

    def _newest(self, *topics: str) -> Event:
        event = self.life.newest(*topics)
        assert event is not None
        return event

    def first(self, topic: str) -> date | None:
        """The first day of a topic."""
        told = self.life.every(topic)
        return told[0].on if told else None

    @property
    def exempted(self) -> str | None:
        """By the newest exemption."""
        event = self.life.newest("integration-exempted")
        return None if event is None else str(event.data["extent"])

    @property
    def fulfilled(self) -> bool:
        """Whether it is done."""
        return bool(self.life.every("integration-fulfilled"))

    @property
    def busy(self) -> bool:
        """Neither fulfilled nor fully exempted."""
        return not self.fulfilled and self.exempted != "full"

    @property
    def routes(self) -> list[str]:
        """Of the plans, in effective order."""
        return [one.data["route"] for one in self.life.every("integration-plan-established")]

    @property
    def extension(self) -> str | None:
        """The ground of the newest extension that ends after the day."""
        told = [one for one in self.life.every("integration-term-extended") if _ends(one) > self.on]
        return told[-1].data["ground"] if told else None

    @property
    def deadline(self) -> date | None:
        """Of the first plan; none yet for who is neither registered nor housed."""
        notice = self.first("integration-notice-sent") or self._newest("integration-duty-started").on
        there = self.first("registered-at-address") or (self.life.housed and self.life.housed.on)
        return max(notice, there) + 70 * DAY if there else None

    @property
    def term_ends(self) -> date | None:
        """By the newest of set and extended."""
        event = self.life.newest("integration-term-set", "integration-term-extended")
        return None if event is None else _ends(event)

    def ending(self, months: int) -> bool:
        """Whether the term ends after the day and within so many months."""
        return self.term_ends is not None and self.on < self.term_ends <= months_later(self.on, months)

    def fines(self) -> tuple[int, int]:
        """Imposed and not cancelled, and cancelled."""
        cancelled = {
            self.world.speaker.get((one.source, one.data["fine"])) for one in self.life.every("fine-cancelled")
        }
        every = self.life.every("fine-imposed")
        undone = sum(one in cancelled for one in every)
        return len(every) - undone, undone


def _ends(event: Event) -> date:
    return date.fromisoformat(event.data["endsOn"])


def _obliged(asked: Asked) -> list[Obliged]:
    return [
        Obliged(life, asked.on, asked.world)
        for life in asked.world.lives(asked.on)
        if life.every("integration-duty-started") and not life.gone
    ]


_ONLY_2021 = (
    "inView", "withoutPlan", "withPlan", "withPlanExtended", "firstPlans", "plansInTime", "plansLate", "overdue",
    "housedWaitingPlan", "routeB1", "routeEducation", "routeSelfReliance", "changedRoute", "intakeToPlan",
    "housingToPlan",
)  # fmt: skip


def integration(asked: Asked) -> list[Row]:
    """(Q54–Q58)."""
    weeks = int(asked.has("weeks", 12))
    counting = [(one.where, (one.law,), one) for one in _obliged(asked)]
    rows: list[Row] = []
    for (code, law), persons in grouped(counting, asked.by, asked.land).items():
        row: Row = {"code": code, "law": law, "persons": len(persons)}
        parts = [_counted(one, asked.on, weeks) for one in persons]
        row |= {column: sum(part[column] for part in parts) for column in parts[0]}
        lags = [_lags(one) for one in persons]
        row |= {column: median(lag[column] for lag in lags if column in lag) for column in _LAGS}
        if law == "wi2013":
            row |= dict.fromkeys(_ONLY_2021)
        rows.append(row)
    return rows


def _counted(one: Obliged, on: date, weeks: int) -> dict[str, int]:
    plan, deadline, routes, housing = (
        one.first("integration-plan-established"),
        one.deadline,
        one.routes,
        one.life.housed,
    )
    extended, busy = one.extension is not None, one.busy
    first = plan is not None and on - 29 * DAY <= plan <= on
    late = first and plan is not None and deadline is not None and plan > deadline
    long_housed = housing is not None and housing.on <= on - 7 * weeks * DAY
    fines, cancelled = one.fines()
    told: dict[str, Any] = {
        "inView": busy,
        "withoutPlan": busy and plan is None,
        "withPlan": busy and plan is not None and not extended,
        "withPlanExtended": busy and plan is not None and extended,
        "firstPlans": first,
        "plansInTime": first and not late,
        "plansLate": late,
        "overdue": busy and plan is None and deadline is not None and on > deadline,
        "housedWaitingIntake": long_housed and busy and one.first("intake-held") is None,
        "housedWaitingPlan": long_housed and busy and plan is None,
        "routeB1": routes[-1:] == ["b1"],
        "routeEducation": routes[-1:] == ["education"],
        "routeSelfReliance": routes[-1:] == ["self-reliance"],
        "changedRoute": len(set(routes)) > 1,
        "extended": extended,
        "exemptedFull": one.exempted == "full",
        "exemptedPart": one.exempted == "part",
        "fulfilled": one.fulfilled,
        "fines": fines,
        "finesCancelled": cancelled,
    }
    return {column: int(value) for column, value in told.items()}


_LAGS = ("housingToIntake", "intakeToPlan", "housingToPlan")


def _lags(one: Obliged) -> dict[str, int]:
    housed = None if one.life.housed is None else one.life.housed.on
    days = {"housing": housed, "intake": one.first("intake-held"), "plan": one.first("integration-plan-established")}
    told = {}
    for column in _LAGS:
        begin, end = (days[part.lower()] for part in column.split("To"))
        if begin is not None and end is not None:
            told[column] = max(0, (end - begin).days)
    return told


def integration_terms(asked: Asked) -> list[Row]:
    """(Q53)."""
    counting = [(one.where, (one.law,), one.term_ends) for one in _obliged(asked) if one.busy]
    rows: list[Row] = []
    for (code, law), ends in grouped(counting, asked.by, asked.land).items():
        known = [end for end in ends if end is not None]
        row: Row = {"code": code, "law": law, "persons": len(ends)}
        for months in (6, 12, 24):
            row[f"within{months}"] = sum(asked.on < end <= months_later(asked.on, months) for end in known)
        row["later"] = sum(end > months_later(asked.on, 24) for end in known)
        row["past"] = sum(end <= asked.on for end in known)
        row["unknown"] = len(ends) - len(known)
        rows.append(row | {"last": max(known) if known else None})
    return rows


def elip(asked: Asked) -> list[Row]:
    """(Q52)."""
    months, left = int(asked.has("months", 6)), int(asked.has("left", 2500))
    counting = []
    for one in _obliged(asked):
        if one.law != "wi2013" or not one.busy:
            continue
        loan = one.life.newest("integration-loan-stated")
        little = loan is not None and loan.data["granted"] - loan.data["used"] < left
        extension, both = one.extension, one.ending(months) and little
        part = {
            "extendedAfterFine": extension == "after-fine",
            "extended": extension is not None and extension != "after-fine",
            "regular": both and extension is None,
            "overlap": both and extension is not None,
            "ending": one.ending(months),
        }
        counting.append((one.where, (), part))
    rows: list[Row] = []
    for (code,), parts in grouped(counting, asked.by, asked.land).items():
        rows.append({"code": code, **{column: sum(part[column] for part in parts) for column in parts[0]}})
    return left_in(rows)
