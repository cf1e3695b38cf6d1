"""What else becomes of who waits: homes, papers, visas, handovers, moves, and the duty to integrate."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.independent.clerk import HOMES, TURNING, Clerk, by
from tests.independent.half_years import months_later

#: A housing or a return that was told: its day and municipality.
Stay = tuple[date, str]


def until(clerk: Clerk, on: date, share: float) -> str | None:
    """A last day, often one on which a bound lies."""
    if not clerk.chance(share):
        return None
    if clerk.chance(0.4):
        near = months_later(clerk.rng.choice(TURNING), clerk.rng.choice([0, 3, 6, 12]))
        return (near + timedelta(days=clerk.rng.randint(-1, 1))).isoformat()
    return (on + timedelta(days=clerk.rng.randint(0, 500))).isoformat()


def tell_homes(clerk: Clerk, v_number: str, linked: date, town: str, stays: list[Stay]) -> None:
    """Homes that are ready: in time, anew after a return, elsewhere, or after the housing."""
    rng = clerk.rng
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        where = town if clerk.chance(0.85) else rng.choice(clerk.towns)
        on = clerk.after(linked, 0, 150)
        if stays and clerk.chance(0.4):
            on = rng.choice(stays)[0] + timedelta(days=rng.choice([-40, -14, -1, 0, 0, 0, 0, 1, 30]))
        clerk.tell(
            "home-ready", on, by("municipality", where), vNumber=v_number, municipality=where,
            accommodation=rng.choice(HOMES), until=until(clerk, on, 0.7),
        )  # fmt: skip


def tell_papers(clerk: Clerk, v_number: str, on: date) -> None:
    """Registration, items that lapse and are completed once more, also before the permit."""
    rng, coa = clerk.rng, by("coa")
    for _ in range(rng.choice([0, 1, 2])):
        topic = "dossier-item-completed" if clerk.chance(0.75) else "dossier-item-lapsed"
        day = clerk.after(on - timedelta(days=rng.choice([0, 0, 0, 20])), 0, 200)
        item = rng.choice(["brp-registration", "brp-registration", "bsn", "iban", "identity-document"])
        clerk.tell(topic, day, coa, vNumber=v_number, item=item)
    if clerk.chance(0.15):
        clerk.tell(
            "residence-document-issued", clerk.after(on - timedelta(days=15), 0, 60), by("ind"), vNumber=v_number
        )


def tell_visas(clerk: Clerk, v_number: str, on: date) -> None:
    """Visas, and what is decided on the family once more."""
    rng, ind = clerk.rng, by("ind")
    for _ in range(rng.choice([0, 0, 1, 2, 3])):
        day = clerk.after(on, 60, 300)
        clerk.tell("family-visa-issued", day, ind, vNumber=v_number, persons=rng.randint(1, 5))
    if clerk.chance(0.4):
        day, granted, refused = clerk.after(on, 40, 400), rng.choice([0, 0, 1, 2, 4]), rng.randint(0, 2)
        clerk.tell("family-reunification-decided", day, ind, vNumber=v_number, granted=granted, refused=refused)
    if clerk.chance(0.2):
        direct = clerk.maybe(0.6, [True, False])
        arrived = clerk.after(on, 100, 500)
        clerk.tell("family-arrived", arrived, ind, vNumber=v_number, persons=rng.randint(1, 3), direct=direct)


def tell_moves(clerk: Clerk, v_number: str, linked: date, town: str, stays: list[Stay]) -> None:
    """Handovers and moves: before, on and after the days of the housings and links."""
    rng = clerk.rng
    for _ in range(rng.choice([0, 1, 1, 2])):
        day = linked + timedelta(days=rng.choice([-5, -1, 0, 0, 10, 50, 100]))
        if stays and clerk.chance(0.4):
            day = rng.choice(stays)[0] + timedelta(days=rng.choice([-1, 0, 0, 1]))
        where = town if clerk.chance(0.8) else rng.choice(clerk.towns)
        source = by("coa") if clerk.chance(0.5) else by("municipality", where)
        form = rng.choice(["warm", "written"])
        clerk.tell("handover-held", day, source, vNumber=v_number, municipality=where, form=form)
    for _ in range(rng.choice([0, 1, 1, 2]) if stays else rng.choice([0, 0, 0, 1])):
        day = clerk.after(linked, 10, 400)
        if stays and clerk.chance(0.8):
            day = rng.choice(stays)[0] + timedelta(days=rng.choice([-1, 0, 0, 1, 30, 90, 200]))
        where = rng.choice([town, *clerk.towns])
        source = by("municipality", where)
        clerk.tell("moved-to-permanent-home", day, source, vNumber=v_number, municipality=where)


def tell_integration(clerk: Clerk, v_number: str, on: date, stays: list[Stay], town: str) -> None:
    """The duty and all that belongs to it, in about the order that it should have."""
    rng, duo = clerk.rng, by("duo")
    if not clerk.chance(0.75):
        return
    begun = clerk.after(on, 0, 150)
    law = rng.choice(["wi2013", "wi2021"])

    def told(topic: str, day: date, **data: Any) -> str:
        return str(clerk.tell(topic, day, duo, vNumber=v_number, **data)["id"])

    told("integration-duty-started", begun, law=law)
    if clerk.chance(0.15):
        told("integration-duty-started", clerk.after(begun, 0, 100), law=rng.choice(["wi2013", "wi2021"]))
    for _ in range(rng.choice([0, 1, 1, 2])):
        told("integration-notice-sent", clerk.after(begun, 0, 60))
    _plans(clerk, v_number, begun, stays, town)
    _terms(clerk, v_number, begun)
    if clerk.chance(0.2):
        told("integration-exempted", clerk.after(begun, 0, 200), extent=rng.choice(["full", "part"]))
    if clerk.chance(0.1):
        told("integration-exempted", clerk.after(begun, 0, 300), extent=rng.choice(["full", "part"]))
    if clerk.chance(0.12):
        how = rng.choice(["diploma", "exemption", "dispensation", "self-reliance"])
        told("integration-fulfilled", clerk.after(begun, 20, 400), how=how)
    for _ in range(rng.choice([0, 0, 1, 2])):
        day = clerk.after(begun, 20, 300)
        fine = told("fine-imposed", day, amount=rng.choice([340, 1000]), **{"for": rng.choice(["term", "route"])})
        if clerk.chance(0.5):
            told("fine-cancelled", clerk.after(day - timedelta(days=3), 0, 100), fine=fine)


def _plans(clerk: Clerk, v_number: str, begun: date, stays: list[Stay], town: str) -> None:
    rng = clerk.rng

    def told(topic: str, day: date, **data: Any) -> None:
        where = town if clerk.chance(0.8) else rng.choice(clerk.towns)
        clerk.tell(topic, day, by("municipality", where), vNumber=v_number, municipality=where, **data)

    for _ in range(rng.choice([0, 1, 1, 2])):
        day = rng.choice(stays)[0] + timedelta(days=rng.randint(-3, 20)) if stays else clerk.after(begun, 0, 100)
        told("registered-at-address", day)
    if clerk.chance(0.6):
        told("intake-held", clerk.after(begun - timedelta(days=10), 0, 120))
    for _ in range(rng.choice([0, 0, 1, 1, 2, 3])):
        near = rng.choice([69, 70, 71])
        day = begun + timedelta(days=near) if clerk.chance(0.3) else clerk.after(begun, 0, 200)
        if clerk.chance(0.3):
            day = rng.choice(TURNING[5:]) - timedelta(days=rng.choice([-17, 0, 1, 28, 29, 30]))
        told("integration-plan-established", day, route=rng.choice(["b1", "education", "self-reliance"]))


def _terms(clerk: Clerk, v_number: str, begun: date) -> None:
    rng, duo = clerk.rng, by("duo")

    def ends() -> str:
        day = months_later(rng.choice(TURNING), rng.choice([0, 1, 5, 6, 12, 24, 36]))
        return (day + timedelta(days=rng.choice([-1, 0, 0, 1, 17]))).isoformat()

    for _ in range(rng.choice([0, 1, 1, 2])):
        clerk.tell("integration-term-set", clerk.after(begun, 0, 100), duo, vNumber=v_number, endsOn=ends())
    for _ in range(rng.choice([0, 0, 1, 2])):
        clerk.tell(
            "integration-term-extended", clerk.after(begun, 50, 400), duo, vNumber=v_number, endsOn=ends(),
            ground=rng.choice(["after-fine", "after-fine", "no-blame", "literacy", "other"]),
        )  # fmt: skip
    for _ in range(rng.choice([0, 1, 1, 2])):
        clerk.tell(
            "integration-loan-stated", clerk.after(begun, 0, 200), duo, vNumber=v_number, granted=10_000,
            used=rng.choice([0, 5_000, 7_500, 7_501, 8_000, 10_000]),
        )  # fmt: skip
