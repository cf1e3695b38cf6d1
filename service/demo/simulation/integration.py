"""Civic integration: the duty and the notice of it, intake and plan, the term, the loan, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.facts.integration import ExtensionGround, Route
from service.demo.simulation.chance import between, days, pick, recorded, working_day_from
from service.demo.simulation.household_posts import HouseholdPosts, adults, after
from service.demo.simulation.households import Person
from service.demo.simulation.posts import DUO, Post
from service.demo.simulation.scenario import CONNECTED

_ROUTES: tuple[tuple[float, Route], ...] = ((0.6, "b1"), (0.75, "education"), (1.0, "self-reliance"))
_GROUNDS: tuple[tuple[float, ExtensionGround], ...] = ((0.5, "no-blame"), (0.8, "literacy"), (1.0, "other"))
#: The law of 2021 began with the year after.
_WI2021 = date(2022, 1, 1)
_DUTY = 0.35  # of the adults, as far as DUO has told
_TERM_YEARS = 3
_LOAN = 10_000
#: Of the adults under the law of 2013: whom a municipality spoke with as if the new law were there.
_INTAKE_AHEAD_OF_THE_LAW = 0.08


def tell_of_integration(posting: HouseholdPosts) -> None:
    """What DUO and the municipality say of the adults who have to integrate."""
    household, rng = posting.household, posting.rng
    settled = household.kind == "settled"
    duty = [each for each in adults(household) if settled or rng.random() < _DUTY]
    if not duty:
        return
    on = working_day_from(after(household.permit_on, between(rng, 20, 100)))
    law = "wi2013" if on < _WI2021 else "wi2021"
    posting.national(DUO, "integration-duty-started.v1", on, duty, law=law)
    if settled:
        _ending(posting, duty, years_later(on, _TERM_YEARS))
    elif law == "wi2013":
        _under_the_old_law(posting, duty, on)
    else:
        _under_the_new_law(posting, duty, on)


def _under_the_old_law(posting: HouseholdPosts, duty: Sequence[Person], on: date) -> None:
    """A term of three years from the duty on, and a loan; a few have integrated or are exempted already."""
    rng = posting.rng
    posting.national(DUO, "integration-term-set.v1", after(on, 7), duty, endsOn=str(years_later(on, _TERM_YEARS)))
    if rng.random() < _INTAKE_AHEAD_OF_THE_LAW:
        posting.municipal("intake-held.v1", _intake_on(posting, on), duty)
    drawn = rng.random()
    if drawn < 0.15:
        _loan(posting, duty, after(on, between(rng, 60, 300)), between(rng, 2, 40))
    if drawn < 0.01:
        posting.national(DUO, "integration-fulfilled.v1", after(on, between(rng, 200, 400)), duty, how="diploma")
    elif drawn > 0.985:
        extent = "full" if drawn > 0.99 else "part"
        posting.national(DUO, "integration-exempted.v1", after(on, between(rng, 60, 300)), duty, extent=extent)


def _under_the_new_law(posting: HouseholdPosts, duty: Sequence[Person], on: date) -> None:
    """Notice, registration, intake and plan, from which the term runs; some are fined for not taking part."""
    household, rng = posting.household, posting.rng
    posting.national(DUO, "integration-notice-sent.v1", after(on, between(rng, 0, 14)), duty)
    if household.housed_on >= CONNECTED:
        posting.municipal("registered-at-address.v1", after(household.housed_on, between(rng, 0, 10)), duty)
    drawn = rng.random()
    if drawn < 0.03:
        extent = "full" if drawn < 0.02 else "part"
        posting.national(DUO, "integration-exempted.v1", after(on, between(rng, 30, 90)), duty, extent=extent)
    if drawn < 0.25:
        return
    intake_on = _intake_on(posting, on)
    posting.municipal("intake-held.v1", intake_on, duty)
    if drawn > 0.97:
        _fined(posting, duty[:1], after(intake_on, between(rng, 5, 30)), amount=50, reason="participation")
    plan_on = working_day_from(max(after(intake_on, 10), after(household.housed_on, between(rng, 40, 75))))
    route = pick(rng, _ROUTES)
    posting.municipal("integration-plan-established.v1", plan_on, duty, route=route)
    ends_on = years_later(after(plan_on, 1), _TERM_YEARS)
    posting.national(DUO, "integration-term-set.v1", after(plan_on, between(rng, 1, 8)), duty, endsOn=str(ends_on))
    if 0.25 < drawn < 0.29:
        other = "self-reliance" if route != "self-reliance" else "b1"
        posting.municipal("integration-plan-established.v1", after(plan_on, between(rng, 20, 60)), duty, route=other)
    elif drawn < 0.31:
        _extended(posting, duty, after(plan_on, between(rng, 20, 60)), ends_on, months=6, ground="no-blame")


def _intake_on(posting: HouseholdPosts, on: date) -> date:
    """The day of the intake: some time after the duty, and from shortly before the housing on."""
    return working_day_from(max(after(on, 10), after(posting.household.housed_on, between(posting.rng, -15, 45))))


def _ending(posting: HouseholdPosts, duty: Sequence[Person], ends_on: date) -> None:
    """Who was housed before the scenario begins, and whose term ends within it or soon after."""
    rng = posting.rng
    begun_on = years_later(ends_on, -_TERM_YEARS)
    posting.national(DUO, "integration-term-set.v1", after(begun_on, 7), duty, endsOn=str(ends_on))
    if rng.random() < 0.9:
        _loan(posting, duty, date(2021, 1, 4), days(rng, 10, 70, 100))
        _loan(posting, duty, date(2022, 1, 3), days(rng, 50, 85, 100))
    drawn = rng.random()
    if drawn < 0.25:
        how = "diploma" if drawn < 0.17 else "exemption" if drawn < 0.22 else "dispensation"
        posting.national(DUO, "integration-fulfilled.v1", after(ends_on, -between(rng, 30, 500)), duty, how=how)
    elif drawn < 0.31:
        extent = "full" if drawn < 0.29 else "part"
        posting.national(DUO, "integration-exempted.v1", after(ends_on, -between(rng, 100, 700)), duty, extent=extent)
    elif drawn < 0.51:
        months = (6, 12, 24)[between(rng, 0, 2)]
        _extended(posting, duty, after(ends_on, -between(rng, 20, 200)), ends_on, months, pick(rng, _GROUNDS))
    elif drawn < 0.6:
        fined_on = after(ends_on, between(rng, 10, 40))
        _fined(posting, duty, fined_on, amount=1_250, reason="term")
        _extended(posting, duty, after(fined_on, 1), ends_on, 24, "after-fine")


def _loan(posting: HouseholdPosts, duty: Sequence[Person], on: date, percent: int) -> None:
    used = _LOAN * percent // 100
    posting.national(DUO, "integration-loan-stated.v1", working_day_from(on), duty, granted=_LOAN, used=used)


def _extended(
    posting: HouseholdPosts, duty: Sequence[Person], on: date, ends_on: date, months: int, ground: ExtensionGround
) -> None:
    until = after(ends_on, months * 61 // 2)
    posting.national(DUO, "integration-term-extended.v1", on, duty, endsOn=str(until), ground=ground)


def _fined(posting: HouseholdPosts, persons: Sequence[Person], on: date, amount: int, reason: str) -> None:
    """A fine; one in five is taken back, which names it."""
    rng = posting.rng
    if on > posting.until:
        return
    for nth, person in enumerate(persons):
        said = {"vNumber": person.v_number, "effectiveOn": str(on)}
        imposed = {**said, "amount": amount, "for": reason}
        fine = Post(recorded(rng, on), DUO, "fine-imposed.v1", on, imposed, f"fine-{posting.household.key}-{nth}")
        posting.posts.append(fine)
        if rng.random() < 0.2:
            posting.national(DUO, "fine-cancelled.v1", after(on, between(rng, 70, 90)), [person], fine=fine.id)


def years_later(day: date, years: int) -> date:
    """The same day of another year; of 29 February the one before."""
    return day.replace(year=day.year + years, day=min(day.day, 28) if day.month == 2 else day.day)
