"""The questions of the chain that concern its people: each asked, with the figure that was worked out by hand.

Permit holders as seen on 30 June 2022: those who wait, are late, live temporarily or follow a referent in
Utrecht and Amersfoort, those who integrate under the new law in Amsterdam (one of them in Weesp, which became part of
it), and those whose term under the old law ends in Enschede. What is counted stands in the comments.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.reports import (
    AMERSFOORT,
    AMSTERDAM,
    ENSCHEDE,
    UTRECHT,
    WEESP,
    granted,
    home_ready,
    housed,
    link_ended,
    linked,
    returned,
    said,
    source,
    withdrawn,
)
from tests.api.service_under_test import Service

ROTTERDAM = "GM0599"
Events = list[dict[str, Any]]


def _person(nth: int) -> str:
    return f"99990015{nth:02d}"


def _has(person: str, on: str, *items: str, lapsed: bool = False) -> Events:
    topic = "dossier-item-lapsed" if lapsed else "dossier-item-completed"
    return [said(topic, on, person, item=item, id=f"{topic} {item} {person[-2:]} {on}") for item in items]


def _waiting_and_late() -> Events:
    late, referent, minor, guest, unlinked = (_person(nth) for nth in (1, 2, 3, 7, 16))
    return [
        # 98 days after 1 October is 7 January. Housed on 1 March: 53 days late.
        granted(late, "2021-10-01"),
        linked(late, "2021-10-10"),
        *_has(late, "2021-11-02", "bsn", "iban"),
        said("family-reunification-applied", "2021-12-01", late, persons=2),
        said("home-offered", "2022-01-05", late, municipality=UTRECHT, accommodation="regular"),
        said("offer-refused", "2022-01-09", late, municipality=UTRECHT, reason="Te klein"),
        said("family-reunification-decided", "2022-01-11", late, granted=2, refused=0),
        said("refusal-assessed", "2022-01-15", late, justified=True),
        *_has(late, "2022-01-20", "identity-document"),
        link_ended(late, "2022-01-20"),
        said("residence-document-issued", "2022-01-26", late),
        # Talked over before the link that stood when they were housed: of that link there is only a letter.
        said("handover-held", "2022-01-30", late, municipality=AMERSFOORT, form="warm"),
        linked(late, "2022-02-02", AMERSFOORT),
        home_ready(late, "2022-02-10", AMERSFOORT, "intermediate"),
        said("handover-held", "2022-02-20", late, municipality=AMERSFOORT, form="written"),
        housed(late, "2022-03-01", AMERSFOORT, "intermediate", until="2022-09-15"),
        said("family-visa-issued", "2022-04-01", late, persons=2),
        said("family-arrived", "2022-05-10", late, persons=1, direct=True),
        # Whose family may come, and who has no home yet.
        granted(referent, "2022-02-01"),
        said("adapted-home-needed", "2022-02-05", referent, kind="wheelchair"),
        *_has(referent, "2022-02-10", "bsn", "identity-document", "iban"),
        linked(referent, "2022-02-15"),
        said("residence-document-issued", "2022-02-20", referent),
        said("family-reunification-applied", "2022-03-01", referent, persons=3),
        *_has(referent, "2022-03-01", "brp-registration"),
        said("family-reunification-decided", "2022-05-01", referent, granted=2, refused=0),
        # Seventeen; accepted a home, and cannot sign for it.
        granted(minor, "2022-04-01", birthDate="2004-10-15", unaccompaniedMinor=True),
        *_has(minor, "2022-04-05", "identity-document", "iban"),
        linked(minor, "2022-04-10"),
        *_has(minor, "2022-04-20", "bsn"),
        *_has(minor, "2022-06-10", "bsn", lapsed=True),
        said("offer-accepted", "2022-06-20", minor, municipality=UTRECHT, accommodation="regular"),
        # A guest, of whose file nothing is there.
        granted(guest, "2022-04-20"),
        linked(guest, "2022-05-01"),
        said("guest-stay-started", "2022-05-10", guest),
        granted(unlinked, "2022-06-10"),
    ]


def _housed() -> Events:
    in_a_unit, of_age, in_a_hotel, moved, back = (_person(nth) for nth in (4, 5, 6, 8, 9))
    return [
        # 98 days after 1 September is 8 December. Housed on 10 February: 64 days late.
        granted(in_a_unit, "2021-09-01", birthDate="2004", unaccompaniedMinor=True),
        *_has(in_a_unit, "2021-09-10", "bsn", "identity-document", "iban"),
        linked(in_a_unit, "2021-09-12"),
        said("residence-document-issued", "2021-09-20", in_a_unit),
        home_ready(in_a_unit, "2022-02-01", accommodation="minor-unit"),
        said("handover-held", "2022-02-08", in_a_unit, municipality=UTRECHT, form="warm", by="municipality"),
        said("handover-held", "2022-02-09", in_a_unit, municipality=UTRECHT, form="written"),
        housed(in_a_unit, "2022-02-10", accommodation="minor-unit"),
        granted(of_age, "2021-06-01", birthDate="2004-03-20", unaccompaniedMinor=True),
        linked(of_age, "2021-06-10"),
        housed(of_age, "2021-08-20", accommodation="minor-unit"),
        # No day was agreed for the hotel: six months.
        granted(in_a_hotel, "2021-09-01"),
        linked(in_a_hotel, "2021-09-10", AMERSFOORT),
        housed(in_a_hotel, "2021-11-15", AMERSFOORT, "hotel"),
        granted(moved, "2021-09-15"),
        linked(moved, "2021-09-20"),
        housed(moved, "2021-12-01", accommodation="transit-home"),
        said("moved-to-permanent-home", "2022-02-15", moved, municipality=UTRECHT),
        granted(back, "2022-01-10"),
        linked(back, "2022-01-20", ENSCHEDE),
        home_ready(back, "2022-03-05", ENSCHEDE),
        housed(back, "2022-03-10", ENSCHEDE),
        returned(back, "2022-03-20"),
    ]


def _of_amsterdam(person: str, permit_on: str, linked_on: str, housed_on: str = "", place: str = AMSTERDAM) -> Events:
    events = [granted(person, permit_on), linked(person, linked_on, place)]
    return [*events, housed(person, housed_on, place)] if housed_on else events


def _under_the_new_law() -> Events:
    duty, notice, plan = "integration-duty-started", "integration-notice-sent", "integration-plan-established"
    late, without, extended, linked_only, exempted = (_person(nth) for nth in (10, 12, 13, 14, 15))
    here = {"municipality": AMSTERDAM}
    return [
        # Notice on 1 March, registered before: the last day for a plan is 10 May.
        *_of_amsterdam(late, "2022-01-10", "2022-01-20", "2022-02-22"),
        said(duty, "2022-02-20", late, law="wi2021"),
        said("registered-at-address", "2022-02-25", late, **here),
        said(notice, "2022-03-01", late),
        said("intake-held", "2022-03-20", late, **here),
        said(plan, "2022-05-12", late, route="b1", **here),
        said(plan, "2022-06-15", late, route="education", **here),
        # The law of 2021 from its first day on. Not registered: the housing counts, and the last day is 10 May too.
        *_of_amsterdam(without, "2021-12-01", "2021-12-10", "2022-03-01"),
        said(duty, "2022-01-01", without, law="wi2021"),
        said(notice, "2022-01-05", without),
        # Registered on 22 April, after the notice: 1 July. The term is three years, and was extended by half a year.
        *_of_amsterdam(extended, "2022-03-01", "2022-03-10", "2022-04-20"),
        said(duty, "2022-04-01", extended, law="wi2021"),
        said(notice, "2022-04-10", extended),
        said("registered-at-address", "2022-04-22", extended, **here),
        said("intake-held", "2022-05-20", extended, **here),
        said(plan, "2022-06-20", extended, route="self-reliance", **here),
        said("integration-term-set", "2022-06-21", extended, endsOn="2025-06-21"),
        said("integration-term-extended", "2022-06-25", extended, endsOn="2025-12-21", ground="no-blame"),
        # Neither housed nor registered: no last day yet.
        *_of_amsterdam(linked_only, "2022-02-20", "2022-03-05"),
        said(duty, "2022-03-15", linked_only, law="wi2021"),
        said(notice, "2022-03-16", linked_only),
        *_of_amsterdam(exempted, "2021-12-20", "2021-12-30", "2022-01-10", WEESP),
        said(duty, "2022-01-20", exempted, law="wi2021"),
        said("integration-exempted", "2022-02-01", exempted, extent="full"),
    ]


def _at_the_boundary() -> Events:
    """Told under the law of 2021 by mistake, as DUO did of some: the duty began the day before."""
    person = _person(11)
    mistaken = said("integration-duty-started", "2022-01-01", person, law="wi2021", at="2022-01-10T09:00:00Z")
    right = said(
        "integration-duty-started",
        "2021-12-31",
        person,
        law="wi2013",
        corrects=mistaken["id"],
        at="2022-03-01T09:00:00Z",
    )
    return [*_of_amsterdam(person, "2021-11-01", "2021-11-10", "2022-02-01"), mistaken, right]


def _term(person: str, ends_on: str, used: int) -> Events:
    """Housed in 2019 under the law of 2013, with a loan of 10,000 euros."""
    return [
        granted(person, "2018-10-01"),
        linked(person, "2018-10-10", ENSCHEDE),
        housed(person, "2019-02-01", ENSCHEDE),
        said("integration-duty-started", "2019-03-01", person, law="wi2013"),
        said("integration-term-set", "2019-03-10", person, endsOn=ends_on),
        said("integration-loan-stated", "2022-01-03", person, granted=10_000, used=used),
    ]


def _under_the_old_law() -> Events:
    regular, too_far, too_much, after_fine, without_fine, exempted = (_person(nth) for nth in range(20, 26))
    extension, here = "integration-term-extended", {"municipality": ENSCHEDE}
    fine = said("fine-imposed", "2021-11-01", after_fine, amount=1_250, **{"for": "term"})
    other = said("fine-imposed", "2021-11-02", without_fine, amount=1_250, **{"for": "term"})
    intake = said("intake-held", "2019-05-02", regular, **here)
    of_another = said("intake-held", "2022-06-01", too_far, **here)
    return [
        # Five months and 2,400 left; seven months; five months, and 2,500 left, which is not less than 2,500.
        *_term(regular, "2022-11-30", 7_600),
        *_term(too_far, "2023-01-30", 7_600),
        *_term(too_much, "2022-11-30", 7_500),
        # Extended after a fine, and without one: of the latter the new end is near, and little of the loan is left.
        *_term(after_fine, "2021-10-01", 4_000),
        fine,
        said(extension, "2021-12-01", after_fine, endsOn="2024-05-01", ground="after-fine"),
        *_term(without_fine, "2021-10-15", 8_000),
        other,
        said("fine-cancelled", "2021-11-20", without_fine, fine=other["id"]),
        said(extension, "2021-12-01", without_fine, endsOn="2022-12-15", ground="literacy"),
        *_term(exempted, "2022-08-01", 9_000),
        said("integration-exempted", "2021-06-01", exempted, extent="full"),
        # Linked again to where they were linked: a finding.
        said("linked", "2018-11-01", too_much, municipality=ENSCHEDE, id="linked again"),
        # Enschede corrects a day, and takes back what it said of another.
        intake,
        said("intake-held", "2019-05-01", regular, corrects=intake["id"], at="2019-05-03T09:00:00Z", **here),
        of_another,
        withdrawn(too_far, of_another, "2022-07-01T09:00:00Z"),
    ]


def _of_rotterdam(nth: int) -> tuple[str, Events]:
    person = _person(nth)
    return person, [granted(person, "2022-01-10"), linked(person, "2022-01-15", ROTTERDAM)]


def _less_plainly() -> Events:
    late_home, until_of_home, without, referent = (_of_rotterdam(nth) for nth in range(30, 34))
    twice, early = _person(34), _person(35)
    without_card, elsewhere, without_account = (_of_rotterdam(nth) for nth in range(36, 39))
    decided, visas = "family-reunification-decided", "family-visa-issued"
    return [
        # The home was said to be ready after they lived there: of its last day nothing is known. Six months.
        *late_home[1],
        housed(late_home[0], "2022-02-01", ROTTERDAM, "hotel"),
        home_ready(late_home[0], "2022-02-10", ROTTERDAM, "hotel", until="2022-05-01"),
        # The last day was said with the home, and of another not at all.
        *until_of_home[1],
        home_ready(until_of_home[0], "2022-02-20", ROTTERDAM, "gva", until="2022-07-15"),
        housed(until_of_home[0], "2022-02-25", ROTTERDAM, "gva"),
        *without[1],
        home_ready(without[0], "2022-03-01", ROTTERDAM, "gva"),
        housed(without[0], "2022-03-01", ROTTERDAM, "gva"),
        # Decided on three times, the last time to refuse.
        *referent[1],
        said("family-reunification-applied", "2022-01-20", referent[0], persons=6),
        said(decided, "2022-02-01", referent[0], granted=3, refused=0),
        said(decided, "2022-03-01", referent[0], granted=2, refused=0),
        said(decided, "2022-04-01", referent[0], granted=0, refused=1),
        said(visas, "2022-05-20", referent[0], persons=3),
        said("family-arrived", "2022-06-10", referent[0], persons=1),
        # Linked twice; between the two was known that another home is needed.
        granted(twice, "2022-01-10"),
        linked(twice, "2022-01-20", ROTTERDAM),
        link_ended(twice, "2022-02-10"),
        said("adapted-home-needed", "2022-02-15", twice, kind="wheelchair"),
        linked(twice, "2022-03-01", ROTTERDAM),
        # A card is not needed to sign; a home of another municipality is none of theirs; an account is needed.
        *without_card[1],
        *_has(without_card[0], "2022-02-01", "bsn", "iban"),
        said("residence-document-issued", "2022-02-01", without_card[0]),
        said("offer-accepted", "2022-04-01", without_card[0], municipality=ROTTERDAM, accommodation="regular"),
        *elsewhere[1],
        said("offer-accepted", "2022-04-01", elsewhere[0], municipality=UTRECHT, accommodation="regular"),
        home_ready(elsewhere[0], "2022-05-01"),
        *without_account[1],
        *_has(without_account[0], "2022-02-01", "bsn", "identity-document"),
        said("residence-document-issued", "2022-02-01", without_account[0]),
        home_ready(without_account[0], "2022-04-01", ROTTERDAM),
        # Had a bsn before the permit.
        *_has(early, "2021-12-20", "bsn"),
        granted(early, "2022-01-10"),
        linked(early, "2022-01-15", ROTTERDAM),
    ]


def _places() -> Events:
    stated = said(
        "temporary-places-stated",
        "2022-06-01",
        area=AMERSFOORT,
        accommodation="intermediate",
        places=4,
        by="municipality",
    )
    return [{**stated, "source": source("municipality", AMERSFOORT)}]


@pytest.fixture(scope="module")
def service(shared_service: Service) -> Service:
    shared_service.post_all(
        [
            *_waiting_and_late(),
            *_housed(),
            *_under_the_new_law(),
            *_at_the_boundary(),
            *_under_the_old_law(),
            *_less_plainly(),
            *_places(),
        ]
    )
    # Of which municipality, it does not say.
    unsaid = said("intake-held", "2022-06-01", _person(20), id="unsaid")
    assert shared_service.post({**unsaid, "source": source("municipality", ENSCHEDE)}).status_code == 400
    shared_service.follow()
    return shared_service


LAST, WINDOW = "validOn=2022-06-30", "from=2022-01-01&to=2022-06-30"
BY_MUNICIPALITY = f"groupBy=municipality&{LAST}"

ASKED: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        # Since 15 February, 10 April and 1 May. p90: 81 and eight tenths of the 54 to 135.
        "Q27: who waits for a home, how long, and whose turn is it?",
        f"waiting?{BY_MUNICIPALITY}",
        {"code": UTRECHT, "phase": "housing"},
        {"persons": 3, "overNorm": 2, "mean": 92.0, "median": 81.0, "p90": 124.2, "turn": "municipality"},
    ),
    (
        # Since their permits of 1 February, 1 and 20 April: 149, 90 and 71 days.
        "Q27: and since the permit",
        f"waiting?{BY_MUNICIPALITY}",
        {"code": UTRECHT, "phase": "total"},
        {"persons": 3, "overNorm": 1, "mean": 103.33, "median": 90.0, "turn": "chain"},
    ),
    (
        "Q27: who is not linked counts for the country alone",
        f"waiting?groupBy=country&{LAST}",
        {"code": "NL", "phase": "linking"},
        {"persons": 1, "overNorm": 1, "mean": 20.0, "turn": "coa"},
    ),
    (
        # 8 to 10 January nobody had decided on the family, to 14 nobody had assessed the refusal, to 19 the identity
        # document was not there, to 25 the residence document; to 1 February there was no link, to 9 no home, and from
        # then up to and including 1 March they left: 3 + 4 + 5 + 6 + 7 + 8 + 20 = 53.
        "Q28: where did the days go of who was housed too late?",
        f"lateness?{WINDOW}&{BY_MUNICIPALITY}",
        {"code": AMERSFOORT},
        {
            "persons": 1,
            "days": 53,
            "family": 3,
            "refusal": 4,
            "dossier": 5,
            "document": 6,
            "unlinked": 7,
            "home": 8,
            "leaving": 20,
        },
    ),
    (
        # From 9 December to 31 January, and the ten days of February up to and including the tenth.
        "Q28: of whom only the home was late",
        f"lateness?{WINDOW}&{BY_MUNICIPALITY}",
        {"code": UTRECHT},
        {
            "persons": 1,
            "days": 64,
            "family": 0,
            "refusal": 0,
            "dossier": 0,
            "document": 0,
            "unlinked": 0,
            "home": 54,
            "leaving": 10,
        },
    ),
    (
        # 151 days: 11 beyond 140, the last of which all are of leaving.
        "Q31: what if the chain had twenty weeks?",
        f"lateness?{WINDOW}&normSet=14,70,14,140,permit&{BY_MUNICIPALITY}",
        {"code": AMERSFOORT},
        {"persons": 1, "days": 11, "home": 0, "leaving": 11},
    ),
    (
        # Counted from the link of 12 September: 98 days are over on 19 December, and 151 it took.
        "Q31: and in the other reading of the fourteen weeks?",
        f"lateness?{WINDOW}&norm=link-14&{BY_MUNICIPALITY}",
        {"code": UTRECHT},
        {"persons": 1, "days": 53, "home": 12 + 31, "leaving": 10},
    ),
    (
        # 22 days of linking: 9 before the first link, 13 between the two.
        "Q24, Q31: and with three weeks for linking?",
        f"norm-phases?{WINDOW}&normSet=22,70,14,98,permit&{BY_MUNICIPALITY}",
        {"code": AMERSFOORT},
        {"linkingCompletedCount": 1, "linkingCompletedMean": 22.0, "linkingCompletedWithinNorm": 1.0},
    ),
    (
        # Of the three links of the half-year one had all; the bsn of one lapsed. One accepted a home, without bsn and
        # residence document. Who needs an adapted home was known on 5 February, ten days before the link.
        "Q32, Q34, Q35: are the files complete, and was known who needs another home?",
        f"dossiers?{WINDOW}&{BY_MUNICIPALITY}",
        {"code": UTRECHT},
        {
            "linked": 3,
            "completeAtLink": 1,
            "missingBsn": 2,
            "missingIdentity": 1,
            "missingIban": 1,
            "shareAtLink": 0.3333,
            "housed": 1,
            "completeAtHousing": 1,
            "shareAtHousing": 1.0,
            "open": 3,
            "completeNow": 1,
            "shareNow": 0.3333,
            "adapted": 1,
            "adaptedBefore": 1,
            "adaptedDays": 10.0,
            "cannotSign": 1,
        },
    ),
    (
        # 26 days before it was known, and 14 after: of each link of the half-year.
        "Q35: of who was linked twice, before and after it was known",
        f"dossiers?{WINDOW}&{BY_MUNICIPALITY}",
        {"code": ROTTERDAM},
        {"linked": 10, "adapted": 2, "adaptedBefore": 1, "adaptedDays": -6.0, "open": 6, "completeNow": 0},
    ),
    (
        "Q32: of three with a home one cannot sign",
        f"dossiers?{WINDOW}&{BY_MUNICIPALITY}",
        {"code": ROTTERDAM},
        {"missingBsn": 9, "missingIdentity": 10, "missingIban": 10, "completeAtLink": 0, "cannotSign": 1},
    ),
    (
        "Q33: who had it before the permit waited no day for it, and counts when they had it",
        f"documents?from=2021-12-01&to=2021-12-31&{BY_MUNICIPALITY}",
        {"code": ROTTERDAM, "item": "bsn"},
        {"completed": 1, "mean": 0.0, "open": 3},
    ),
    (
        # 9 and 19 days; p90: nine tenths of the way. Of one it lapsed, of another it never was there: 90 and 71 days.
        "Q33: how long until they have a bsn?",
        f"documents?{WINDOW}&{BY_MUNICIPALITY}",
        {"code": UTRECHT, "item": "bsn"},
        {"completed": 2, "mean": 14.0, "median": 14.0, "p90": 18.0, "open": 2, "openMedian": 80.5},
    ),
    (
        "Q33: and a residence document",
        f"documents?{WINDOW}&{BY_MUNICIPALITY}",
        {"code": UTRECHT, "item": "residence-document"},
        {"completed": 1, "mean": 19.0, "median": 19.0, "p90": 19.0, "open": 2, "openMedian": 80.5},
    ),
    (
        "Q33: and are registered",
        f"documents?{WINDOW}&{BY_MUNICIPALITY}",
        {"code": UTRECHT, "item": "brp-registration"},
        {"completed": 1, "mean": 28.0, "open": 2},
    ),
    (
        # Two of three granted on 1 May, sixty days ago; no home.
        "Q36, Q37: whose family may come, and is there a home?",
        f"family?{BY_MUNICIPALITY}",
        {"code": UTRECHT},
        {
            "referents": 1,
            "applied": 3,
            "granted": 2,
            "refused": 0,
            "undecided": 1,
            "visas": 0,
            "arrived": 0,
            "awaited": 2,
            "grantedNoHome": 1,
            "medianSinceGrant": 60.0,
            "housedAwaiting": 0,
            "bedroomsAwaited": 0,
            "arrivedDirect": 0,
            "arrivedThroughReception": 0,
            "arrivedUnstated": 0,
        },
    ),
    (
        # One of two has come; for two persons one bedroom is enough.
        "Q38, Q39: who came straight home, and how many bedrooms will be needed?",
        f"family?{BY_MUNICIPALITY}",
        {"code": AMERSFOORT},
        {
            "referents": 1,
            "applied": 2,
            "granted": 2,
            "undecided": 0,
            "visas": 2,
            "arrived": 1,
            "awaited": 1,
            "grantedNoHome": 0,
            "medianSinceGrant": None,
            "housedAwaiting": 1,
            "bedroomsAwaited": 1,
            "arrivedDirect": 1,
            "arrivedThroughReception": 0,
        },
    ),
    (
        "Q40: who arrived?",
        f"family-arrivals?from=2022-05-01&to=2022-08-31&{BY_MUNICIPALITY}",
        {"code": AMERSFOORT, "month": "2022-05"},
        {"arrived": 1, "expected": 0},
    ),
    (
        # Sixty days after the visa was 31 May; that has passed, so any day now.
        "Q40: who is on the way?",
        f"family-arrivals?from=2022-05-01&to=2022-08-31&{BY_MUNICIPALITY}",
        {"code": AMERSFOORT, "month": "2022-06"},
        {"arrived": 0, "expected": 1},
    ),
    (
        # Without a visa: 120 days after 1 May is 29 August.
        "Q40: when is the peak to be expected?",
        f"family-arrivals?from=2022-05-01&to=2022-08-31&{BY_MUNICIPALITY}",
        {"code": UTRECHT, "month": "2022-08"},
        {"arrived": 0, "expected": 2},
    ),
    (
        # Of four who are awaited two have a visa of 20 May: 19 July. 120 days after 1 March were over yesterday.
        "Q40: who has a visa, and who none yet?",
        f"family-arrivals?from=2022-05-01&to=2022-08-31&{BY_MUNICIPALITY}",
        {"code": ROTTERDAM, "month": "2022-06"},
        {"arrived": 1, "expected": 2},
    ),
    (
        "Q40: and in July",
        f"family-arrivals?from=2022-05-01&to=2022-08-31&{BY_MUNICIPALITY}",
        {"code": ROTTERDAM, "month": "2022-07"},
        {"arrived": 0, "expected": 2},
    ),
    (
        # 121 days since 1 March, the newest decision that grants.
        "Q36: granted, refused and granted before",
        f"family?{BY_MUNICIPALITY}",
        {"code": ROTTERDAM},
        {"granted": 5, "refused": 1, "undecided": 0, "awaited": 4, "grantedNoHome": 1, "medianSinceGrant": 121.0},
    ),
    (
        # Six months after 1 February.
        "Q42: what was said of a home later counts not",
        f"temporary?{BY_MUNICIPALITY}",
        {"code": ROTTERDAM, "accommodation": "hotel"},
        {"persons": 1, "overdue": 0, "within3": 1, "openEnded": 0, "nights": None},
    ),
    (
        "Q42: but what was said before it does",
        f"temporary?{BY_MUNICIPALITY}",
        {"code": ROTTERDAM, "accommodation": "gva"},
        {"persons": 2, "overdue": 0, "within3": 1, "openEnded": 1},
    ),
    (
        # Until 15 September; there since 1 March: 31 + 30 + 31 + 30 nights.
        "Q41, Q43: how many live in an intermediate home, and until when?",
        f"temporary?{WINDOW}&{BY_MUNICIPALITY}",
        {"code": AMERSFOORT, "accommodation": "intermediate"},
        {
            "places": 4,
            "persons": 1,
            "free": 3,
            "overdue": 0,
            "within3": 1,
            "within6": 1,
            "within12": 1,
            "openEnded": 0,
            "nights": 122,
        },
    ),
    (
        # Six months after 15 November was 15 May.
        "Q42, Q45: who is in a hotel, and for how long?",
        f"temporary?{WINDOW}&{BY_MUNICIPALITY}",
        {"code": AMERSFOORT, "accommodation": "hotel"},
        {"places": None, "persons": 1, "free": None, "overdue": 1, "within3": 0, "within12": 0, "nights": 181},
    ),
    (
        # Three months after 10 May is 10 August. 22 nights of May and 30 of June.
        "Q42: who is a guest?",
        f"temporary?{WINDOW}&{BY_MUNICIPALITY}",
        {"code": UTRECHT, "accommodation": "guest"},
        {"places": None, "persons": 1, "free": None, "overdue": 0, "within3": 1, "openEnded": 0, "nights": 52},
    ),
    (
        # They moved on 15 February: 31 nights of January and 14 of February.
        "Q43: who moved on needs no other home",
        f"temporary?{WINDOW}&{BY_MUNICIPALITY}",
        {"code": UTRECHT, "accommodation": "transit-home"},
        {"persons": 0, "overdue": 0, "openEnded": 0, "nights": 45},
    ),
    (
        # From 1 December to 15 February.
        "Q44: who moved twice?",
        f"moves?{WINDOW}&{BY_MUNICIPALITY}",
        {"code": UTRECHT},
        {"moved": 1, "days": 76.0, "returned": 0},
    ),
    (
        "Q44: who came back to reception?",
        f"moves?{WINDOW}&{BY_MUNICIPALITY}",
        {"code": ENSCHEDE},
        {"moved": 0, "days": None, "returned": 1},
    ),
    (
        # Five months and 2,400: one. Seven months, or 2,500: no. One after a fine, one without, which overlaps.
        "Q52: whose term and loan end, and whose term was extended?",
        f"elip?{BY_MUNICIPALITY}",
        {"code": ENSCHEDE},
        {"extendedAfterFine": 1, "extended": 1, "regular": 1, "overlap": 1, "ending": 3},
    ),
    (
        "Q52: with a month more, one more",
        f"elip?months=7&{BY_MUNICIPALITY}",
        {"code": ENSCHEDE},
        {"extendedAfterFine": 1, "extended": 1, "regular": 2, "overlap": 1, "ending": 4},
    ),
    (
        "Q52: and with a euro more",
        f"elip?left=2501&{BY_MUNICIPALITY}",
        {"code": ENSCHEDE},
        {"extendedAfterFine": 1, "extended": 1, "regular": 2, "overlap": 1, "ending": 3},
    ),
    (
        # 30 November twice and 15 December; 30 January; 1 May 2024.
        "Q53: whose term ends when?",
        f"integration-terms?{BY_MUNICIPALITY}",
        {"code": ENSCHEDE, "law": "wi2013"},
        {
            "persons": 5,
            "within6": 3,
            "within12": 4,
            "within24": 5,
            "later": 0,
            "past": 0,
            "unknown": 0,
            "last": "2024-05-01",
        },
    ),
    (
        "Q53: of the new law nearly nobody's term is set",
        f"integration-terms?{BY_MUNICIPALITY}",
        {"code": AMSTERDAM, "law": "wi2021"},
        {"persons": 4, "within24": 0, "later": 1, "unknown": 3, "last": "2025-12-21"},
    ),
    (
        # In view are four: two without a plan, one with, one with an extension. 12 weeks ago was 7 April. Housing to
        # intake 26 and 30 days, to plan 79 and 61; intake to plan 53 and 31.
        "Q54, Q55, Q57, Q58: does integration begin in time?",
        f"integration?{BY_MUNICIPALITY}",
        {"code": AMSTERDAM, "law": "wi2021"},
        {
            "persons": 5,
            "inView": 4,
            "withoutPlan": 2,
            "withPlan": 1,
            "withPlanExtended": 1,
            "firstPlans": 1,
            "plansInTime": 1,
            "plansLate": 0,
            "overdue": 1,
            "housedWaitingIntake": 1,
            "housedWaitingPlan": 1,
            "routeB1": 0,
            "routeEducation": 1,
            "routeSelfReliance": 1,
            "changedRoute": 1,
            "extended": 1,
            "exemptedFull": 1,
            "exemptedPart": 0,
            "fulfilled": 0,
            "fines": 0,
            "finesCancelled": 0,
            "housingToIntake": 28.0,
            "intakeToPlan": 42.0,
            "housingToPlan": 70.0,
        },
    ),
    (
        # Of the two whose last day it is, neither has a plan.
        "Q54: on 10 May, ten weeks after the notice of 1 March, nobody is late",
        "integration?groupBy=municipality&validOn=2022-05-10",
        {"code": AMSTERDAM, "law": "wi2021"},
        {"withoutPlan": 4, "overdue": 0},
    ),
    (
        "Q54: on 11 May both are",
        "integration?groupBy=municipality&validOn=2022-05-11",
        {"code": AMSTERDAM, "law": "wi2021"},
        {"withoutPlan": 4, "overdue": 2},
    ),
    (
        # From 2 to 31 May, two days after its last.
        "Q54: by the end of May one plan was established, too late",
        "integration?groupBy=municipality&validOn=2022-05-31",
        {"code": AMSTERDAM, "law": "wi2021"},
        {"firstPlans": 1, "plansInTime": 0, "plansLate": 1, "overdue": 1},
    ),
    (
        "Q56: whose duty began on 31 December 2021 is under the old law, on 1 January 2022 under the new",
        f"integration?{BY_MUNICIPALITY}",
        {"code": AMSTERDAM, "law": "wi2013"},
        {"persons": 1, "inView": None, "withoutPlan": None, "overdue": None, "housedWaitingIntake": 1},
    ),
    (
        # Six, of whom one is exempted. An intake on 1 May 2019, 89 days after the housing; none of the others.
        "Q56, Q57, Q58: and of those who began long ago",
        f"integration?{BY_MUNICIPALITY}",
        {"code": ENSCHEDE, "law": "wi2013"},
        {
            "persons": 6,
            "inView": None,
            "firstPlans": None,
            "plansLate": None,
            "housedWaitingIntake": 4,
            "housedWaitingPlan": None,
            "routeB1": None,
            "changedRoute": None,
            "extended": 2,
            "exemptedFull": 1,
            "fulfilled": 0,
            "fines": 1,
            "finesCancelled": 1,
            "housingToIntake": 89.0,
            "intakeToPlan": None,
            "housingToPlan": None,
        },
    ),
    (
        # Five events: 1,170 and 1,171 days, 132, 44 and 14.
        "Q59: who delivers late, or puts right what it said?",
        "data-quality?from=2022-07-15&to=2022-07-15&validOn=2022-07-15",
        {"organisation": "00000099100000153000"},
        {
            "events": 5,
            "corrections": 1,
            "withdrawals": 1,
            "rejected": 1,
            "late": 4,
            "medianLateness": 132.0,
            "p90Lateness": 1170.6,
            "findings": 0,
        },
    ),
    (
        "Q59: what does not fit?",
        f"findings?{BY_MUNICIPALITY}",
        {"code": ENSCHEDE, "finding": "linked-again"},
        {"journeys": 1, "events": 1},
    ),
    (
        # Whoever held it.
        "Q64: who was handed over in person?",
        f"handovers?{WINDOW}&{BY_MUNICIPALITY}",
        {"code": UTRECHT},
        {"housed": 1, "warm": 1, "written": 0, "none": 0, "shareWarm": 1.0},
    ),
    (
        "Q64: what was said before the link is not of it",
        f"handovers?{WINDOW}&{BY_MUNICIPALITY}",
        {"code": AMERSFOORT},
        {"housed": 1, "warm": 0, "written": 1, "none": 0, "shareWarm": 0.0},
    ),
    (
        # 18 on 15 October; on 20 March, still in the unit; and of one only the year is known.
        "Q65: which minors come of age?",
        f"minors?{BY_MUNICIPALITY}",
        {"code": UTRECHT},
        {"persons": 3, "turning6": 1, "turning12": 1, "adult": 1, "unknown": 1},
    ),
]


@pytest.mark.parametrize(("question", "request_", "row", "expected"), ASKED, ids=[one[0] for one in ASKED])
def test_a_question_is_answered_as_worked_out_by_hand(
    service: Service, question: str, request_: str, row: dict[str, Any], expected: dict[str, Any]
) -> None:
    items = service.told(f"/v1/figures/{request_}")["items"]
    (found,) = (one for one in items if row.items() <= one.items())

    assert {name: found[name] for name in expected} == expected, question


# The same as lists that people work from


LISTED: list[tuple[str, str, list[tuple[int, dict[str, Any]]]]] = [
    (
        "Q34: of whom is the bsn missing?",
        f"missing=bsn&municipality={UTRECHT}",
        [(3, {"turn": "municipality", "cause": "dossier"}), (7, {"turn": "municipality", "cause": "dossier"})],
    ),
    (
        "Q36: who waits for a decision on their family?",
        f"cause=family&municipality={UTRECHT}",
        [(2, {"phase": "housing", "since": "2022-02-15", "dueOn": "2022-04-26", "daysOver": 65})],
    ),
    (
        "Q37: whose family may come?",
        f"familyAwaited=true&municipality={UTRECHT}",
        [(2, {"matter": "family-awaited", "turn": "municipality", "since": "2022-05-01", "days": 60})],
    ),
    (
        "Q42: who must move on by October?",
        f"expiringUntil=2022-09-30&municipality={AMERSFOORT}",
        [
            (1, {"matter": "temporary-stay", "dueOn": "2022-09-15", "daysOver": 0, "phase": None}),
            (6, {"matter": "temporary-stay", "dueOn": "2022-05-15", "daysOver": 46, "phase": None}),
        ],
    ),
    (
        "Q54: whose plan is late?",
        f"planOverdue=true&municipality={AMSTERDAM}",
        [(12, {"matter": "integration-plan", "turn": "municipality", "dueOn": "2022-05-10", "daysOver": 51})],
    ),
    (
        "Q65: which minors come of age this year, or did?",
        f"comingOfAgeUntil=2022-12-31&municipality={UTRECHT}",
        [
            (3, {"matter": "turning-18", "turn": "coa-and-nidos", "dueOn": "2022-10-01"}),
            (5, {"matter": "turning-18", "turn": "coa-and-nidos", "dueOn": "2022-03-01"}),
        ],
    ),
]


@pytest.mark.parametrize(("question", "sought", "expected"), LISTED, ids=[one[0] for one in LISTED])
def test_who_it_is_is_listed(
    service: Service, question: str, sought: str, expected: list[tuple[int, dict[str, Any]]]
) -> None:
    listed = {one["journey"]: one for one in service.told(f"/v1/journeys?{sought}&{LAST}")["items"]}
    awaited = {service.journey(_person(nth)): row for nth, row in expected}

    assert {
        journey: {name: listed[journey][name] for name in row} for journey, row in awaited.items() if journey in listed
    } == awaited, question
    assert listed.keys() == awaited.keys()


def test_what_falls_due_in_utrecht_is_one_list_in_order_of_days(service: Service) -> None:
    # Seventy days after 15 February, 10 April and 1 May; three months after 10 May; the first days of two months of
    # birth, eighteen years later. Of the third minor only the year is known.
    due = service.told(f"/v1/deadlines?municipality={UTRECHT}&until=2022-12-31&{LAST}")["items"]
    persons = {service.journey(_person(nth)): nth for nth in (2, 3, 5, 7)}

    assert [(one["dueOn"], one["kind"], persons[one["journey"]], one["owner"], one["daysOver"]) for one in due] == [
        ("2022-03-01", "turning-18", 5, "coa-and-nidos", 121),
        ("2022-04-26", "housing-norm", 2, "municipality", 65),
        ("2022-06-19", "housing-norm", 3, "municipality", 11),
        ("2022-07-10", "housing-norm", 7, "municipality", 0),
        ("2022-08-10", "guest-stay", 7, "coa", 0),
        ("2022-10-01", "turning-18", 3, "coa-and-nidos", 0),
    ]


def test_what_falls_due_under_both_laws(service: Service) -> None:
    # A plan that should have been there on 10 May, and one that was, so that only its term is left.
    due = [
        (one["dueOn"], one["kind"], one["owner"])
        for code in (AMSTERDAM, ENSCHEDE)
        for one in service.told(f"/v1/deadlines?municipality={code}&until=2025-12-31&{LAST}")["items"]
        if one["kind"].startswith("integration")
    ]

    assert due == [
        ("2022-05-10", "integration-plan", "municipality"),
        ("2025-12-21", "integration-term", "duo-and-permit-holder"),
        ("2022-11-30", "integration-term", "duo-and-permit-holder"),
        ("2022-11-30", "integration-term", "duo-and-permit-holder"),
        ("2022-12-15", "integration-term", "duo-and-permit-holder"),
        ("2023-01-30", "integration-term", "duo-and-permit-holder"),
        ("2024-05-01", "integration-term", "duo-and-permit-holder"),
    ]
