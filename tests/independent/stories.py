"""The journeys of a history: permits, links, dossiers, families, offers, housings, and how they end."""

from __future__ import annotations

from datetime import date, timedelta

from tests.independent import stories_of_people as people
from tests.independent.clerk import AMSTERDAM, HAAREN, HOMES, TILBURG, UTRECHT, WEESP, ZEIST, Clerk, by

_REASONS = ("distance", "size", "condition", "neighbourhood", "work-or-education", "family", "medical", "rent", "other")
_ENDS = ("reassigned", "found-own-home", "moved-in-with-family", "departed", "permit-ended", "other")
_ITEMS = ("bsn", "identity-document", "iban")
_BIRTHS = (
    "1990-05-17",
    "1985-02",
    "2004-06",
    "1999",
    "2003-12-30",
    "2004-01",
    "2004-07-01",
    "2008-11-01",
    "2012",
    "2018-03-31",
    "2020-02",
    "2021-05-09",
    None,
)


def tell_life(clerk: Clerk, v_number: str) -> None:
    """One permit holder."""
    on = clerk.day(last=date(2021, 6, 1) if clerk.crowded else date(2022, 7, 1))
    town = clerk.rng.choice(clerk.towns)
    # Some come alone, and live in units for minors until they move on.
    minor = clerk.chance(0.15)
    if minor or clerk.chance(0.95):
        _grant(clerk, v_number, on, town, minor=minor)
    if clerk.chance(0.1):
        _grant(clerk, v_number, clerk.after(on, 0, 200), town)
    linked, town = _links(clerk, v_number, clerk.after(on - timedelta(days=3), 0, 60), town)
    _dossier(clerk, v_number, on)
    _reception(clerk, v_number, on)
    _family(clerk, v_number, on)
    _offers(clerk, v_number, linked, town)
    share = 0.2 if clerk.crowded else 0.9 if clerk.settled else 0.6
    stays = _housed(clerk, v_number, linked, town, minor=minor) if clerk.chance(share) else []
    people.tell_homes(clerk, v_number, linked, town, stays)
    people.tell_papers(clerk, v_number, on)
    people.tell_visas(clerk, v_number, on)
    if not minor or clerk.chance(0.3):
        people.tell_moves(clerk, v_number, linked, town, stays)
    people.tell_integration(clerk, v_number, on, stays, town)
    if clerk.chance(0.08 if clerk.crowded else 0.2):
        _closed(clerk, v_number, clerk.after(on, 20, 300))
    if stays and clerk.chance(0.5 if minor else 0.25):
        # Gone after they were housed, or on the very day.
        _closed(clerk, v_number, clerk.after(stays[-1][0], 0, 150))


def _households(clerk: Clerk, town: str) -> list[str | None]:
    if clerk.crowded:
        # Who are of one household are mostly linked to one municipality.
        return [None, *(f"H-{town}-{number}" for number in range(3))]
    return [None, None, *(f"H-{number}" for number in range(4))]


def _grant(clerk: Clerk, v_number: str, on: date, town: str, *, minor: bool = False) -> None:
    rng = clerk.rng
    clerk.tell(
        "permit-granted", on, by("ind"), vNumber=v_number, birthDate=rng.choice(_BIRTHS),
        ground=rng.choice(["asylum", "asylum", "family", "resettlement"]),
        household=rng.choice(_households(clerk, town)),
        unaccompaniedMinor=minor or clerk.maybe(0.5, [True, True, False]),
    )  # fmt: skip


def _link(clerk: Clerk, v_number: str, on: date, where: str) -> None:
    criteria = clerk.rng.sample(["work", "education", "family", "medical", "network"], clerk.rng.randint(1, 3))
    clerk.tell(
        "linked", on, by("coa"), vNumber=v_number, municipality=where,
        household=clerk.maybe(0.2, _households(clerk, where)), criteria=criteria if clerk.chance(0.6) else None,
    )  # fmt: skip


def _links(clerk: Clerk, v_number: str, linked: date, town: str) -> tuple[date, str]:
    """The first link and what becomes of it; tells the last one."""
    if clerk.chance(0.93):
        _link(clerk, v_number, linked, town)
    if clerk.chance(0.2):
        # The same again, now and then as what became of it.
        became = {WEESP: AMSTERDAM, HAAREN: TILBURG, ZEIST: UTRECHT}.get(town, town)
        _link(clerk, v_number, clerk.after(linked, 5, 250), became)
    again = None
    if clerk.chance(0.1 if clerk.crowded else 0.3):
        ended = clerk.after(linked, 5, 150)
        clerk.tell("link-ended", ended, by("coa"), vNumber=v_number, reason=clerk.rng.choice(_ENDS))
        if clerk.chance(0.7):
            again = clerk.after(ended, 0, 40)
    elif clerk.chance(0.1 if clerk.crowded else 0.25):
        again = clerk.after(linked, 5, 100)
    if again is not None:
        linked, town = again, clerk.rng.choice(clerk.towns)
        _link(clerk, v_number, linked, town)
    return linked, town


def _dossier(clerk: Clerk, v_number: str, on: date) -> None:
    coa, crowded = by("coa"), clerk.crowded
    for item in _ITEMS:
        if clerk.chance(0.95 if crowded else 0.8):
            day = clerk.after(on, 0, 30 if crowded else 70)
            clerk.tell("dossier-item-completed", day, coa, vNumber=v_number, item=item)
        if clerk.chance(0.04 if crowded else 0.12):
            clerk.tell("dossier-item-lapsed", clerk.after(on, 5, 150), coa, vNumber=v_number, item=item)
    if clerk.chance(0.92 if crowded else 0.75):
        clerk.tell("residence-document-issued", clerk.after(on, 0, 90), by("ind"), vNumber=v_number)
    if clerk.chance(0.25):
        kind = clerk.rng.choice(["wheelchair", "ground-floor", "other"])
        clerk.tell("adapted-home-needed", clerk.after(on, 0, 400), coa, vNumber=v_number, kind=kind)


def _reception(clerk: Clerk, v_number: str, on: date) -> None:
    coa = by("coa")
    for _ in range(clerk.rng.choice([0, 0, 1, 1, 2])):
        region = clerk.rng.choice(["GR-FR-DR", "OV-GLD", "FL-UT-NH", "ZH-ZL", "NB-LB"])
        clerk.tell("reception-placed", clerk.after(on, 0, 60), coa, vNumber=v_number, region=region)
    if clerk.chance(0.3):
        stay = clerk.after(on, 0, 100)
        clerk.tell("guest-stay-started", stay, coa, vNumber=v_number, until=people.until(clerk, stay, 0.5))
        if clerk.chance(0.2):
            clerk.tell("guest-stay-started", clerk.after(stay, 0, 200), coa, vNumber=v_number)
        if clerk.chance(0.5):
            clerk.tell("guest-stay-ended", clerk.after(stay, 5, 90), coa, vNumber=v_number)


def _closed(clerk: Clerk, v_number: str, on: date) -> None:
    topic = clerk.rng.choice(["died", "left-unknown-destination", "permit-ended"])
    source = by("coa" if topic == "left-unknown-destination" else "ind")
    clerk.tell(topic, on, source, vNumber=v_number, reason="expired" if topic == "permit-ended" else None)
    if clerk.chance(0.4):
        again = clerk.after(on, 0, 60)
        if clerk.chance(0.5):
            _grant(clerk, v_number, again, clerk.rng.choice(clerk.towns))
        else:
            _link(clerk, v_number, again, clerk.rng.choice(clerk.towns))


def _family(clerk: Clerk, v_number: str, on: date) -> None:
    rng, ind = clerk.rng, by("ind")
    if not clerk.chance(0.4):
        return
    for _ in range(rng.choice([1, 1, 2])):
        clerk.tell(
            "family-reunification-applied", clerk.after(on, 0, 90), ind, vNumber=v_number, persons=rng.randint(1, 5)
        )
    if clerk.chance(0.6):
        day = clerk.after(on, 40, 200)
        granted, refused = rng.randint(0, 5), rng.randint(0, 2)
        clerk.tell("family-reunification-decided", day, ind, vNumber=v_number, granted=granted, refused=refused)
        if clerk.chance(0.5):
            arrived = clerk.after(day, 5, 100)
            direct = clerk.maybe(0.5, [True, False])
            clerk.tell("family-arrived", arrived, ind, vNumber=v_number, persons=rng.randint(1, 5), direct=direct)


def _offers(clerk: Clerk, v_number: str, linked: date, town: str) -> None:
    rng = clerk.rng
    for _ in range(rng.choice([0, 0, 1, 1, 2, 3])):
        where = town if clerk.chance(0.85) else rng.choice(clerk.towns)
        on = clerk.after(linked, 5, 120)
        own = {"vNumber": v_number, "municipality": where}
        home = {"accommodation": rng.choice(HOMES)}
        if clerk.chance(0.8):
            clerk.tell("home-offered", on, by("municipality", where), **own, **home)
        if clerk.chance(0.7):
            refused = clerk.after(on, 0, 20)
            clerk.tell(
                "offer-refused", refused, by("municipality", where), **own, reason="Too far",
                reasonCode=clerk.maybe(0.7, _REASONS),
            )  # fmt: skip
            if clerk.chance(0.7):
                assessed = clerk.after(refused, 0, 40)
                clerk.tell("refusal-assessed", assessed, by("coa"), vNumber=v_number, justified=clerk.chance(0.3))
            on = refused
        if clerk.chance(0.35):
            clerk.tell("offer-accepted", clerk.after(on, 0, 40), by("municipality", where), **own, **home)


def _housed(clerk: Clerk, v_number: str, linked: date, town: str, *, minor: bool) -> list[people.Stay]:
    rng, coa = clerk.rng, by("coa")
    told: list[people.Stay] = []
    homes = ("minor-unit",) if minor else HOMES

    def house(day: date, where: str) -> None:
        told.append((day, where))
        clerk.tell(
            "housed", day, coa, vNumber=v_number, municipality=where, accommodation=rng.choice(homes),
            until=people.until(clerk, day, 0.3),
        )  # fmt: skip

    on = clerk.after(linked, 10, 200)
    house(on, town if clerk.chance(0.9) else rng.choice(clerk.towns))
    if clerk.chance(0.15):
        house(clerk.after(on, 0, 60), rng.choice(clerk.towns))
    if clerk.chance(0.3):
        back = clerk.after(on, 0, 120)
        told.append((back, town))
        clerk.tell("returned-to-reception", back, coa, vNumber=v_number)
        if clerk.chance(0.4):
            where = rng.choice(clerk.towns)
            clerk.tell("linked", clerk.after(back, 0, 40), coa, vNumber=v_number, municipality=where)
        if clerk.chance(0.5):
            house(clerk.after(back, 0, 100), rng.choice(clerk.towns))
    return told
