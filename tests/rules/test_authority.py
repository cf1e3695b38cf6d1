"""Who may say what: the table of the contract's section 3, row by row."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.authority import AUTHORITY, ORGANISATION_KINDS, Mandate, Organisation, OrganisationKind, check_authority
from domain.facts import FACTS
from domain.field_types import Fault
from domain.places import Places
from tests.rules.histories import AMSTERDAM, COA, TOWN, UTRECHT, WEESP, fact_of

PLACES = Places.shipped()
PROVINCE = "PV26"

# As the contract's tables have it, written out and not taken from the code.
CONTRACT = {
    "permit-granted": "ind",
    "permit-ended": "ind",
    "residence-document-issued": "ind",
    "family-reunification-applied": "ind",
    "family-reunification-decided": "ind",
    "family-arrived": "ind",
    "linked": "coa",
    "link-ended": "coa",
    "dossier-item-completed": "coa",
    "dossier-item-lapsed": "coa",
    "home-offered": "municipality",
    "offer-accepted": "municipality",
    "offer-refused": "municipality",
    "refusal-assessed": "coa",
    "home-ready": "municipality",
    "housed": "coa",
    "returned-to-reception": "coa",
    "moved-to-permanent-home": "municipality",
    "guest-stay-started": "coa",
    "guest-stay-ended": "coa",
    "left-unknown-destination": "coa",
    "died": "ind coa municipality",
    "integration-duty-started": "duo",
    "intake-held": "municipality",
    "integration-plan-established": "municipality",
    "v-number-replaced": "ind",
    "fact-doubted": "ind coa duo ministry cbs province municipality",
    "doubt-answered": "ind coa duo ministry cbs province municipality",
    "quota-forecast": "ministry",
    "quota-published": "ministry",
    "quota-revised": "ministry",
    "municipal-quota-published": "ministry",
    "opening-balance-recorded": "ministry",
    "quota-transferred": "province ministry",
    "interim-goal-set": "ministry",
    "figure-published": "ministry province coa",
    "permits-forecast-published": "ind ministry",
    "links-announced": "coa",
    "homes-stated": "municipality",
    "temporary-places-stated": "municipality",
    "reception-places-stated": "province coa",
    "ladder-step-decided": "province",
    "assessment-suspended": "province ministry",
    "inhabitants-counted": "cbs",
    "municipality-merged": "cbs",
    "norm-set-published": "ministry",
    "adapted-home-needed": "coa",
    "reception-placed": "coa",
    "family-visa-issued": "ind",
    "registered-at-address": "municipality",
    "handover-held": "coa municipality",
    "integration-notice-sent": "duo",
    "integration-term-set": "duo",
    "integration-term-extended": "duo",
    "integration-loan-stated": "duo",
    "integration-exempted": "duo",
    "integration-fulfilled": "duo",
    "fine-imposed": "duo",
    "fine-cancelled": "duo",
    "event-withdrawn": "ind coa duo ministry cbs province municipality",
}

# Data that every topic accepts, with Utrecht where there is a municipality.
DATA: dict[str, dict[str, Any]] = {
    "permit-granted": {"ground": "asylum"},
    "permit-ended": {"reason": "expired"},
    "family-reunification-applied": {"persons": 3},
    "family-reunification-decided": {"granted": 2, "refused": 1},
    "family-arrived": {"persons": 2},
    "linked": {"municipality": UTRECHT},
    "link-ended": {"reason": "other"},
    "dossier-item-completed": {"item": "bsn"},
    "dossier-item-lapsed": {"item": "bsn"},
    "home-offered": {"municipality": UTRECHT, "accommodation": "regular"},
    "offer-accepted": {"municipality": UTRECHT, "accommodation": "regular"},
    "offer-refused": {"municipality": UTRECHT, "reason": "too small"},
    "refusal-assessed": {"justified": True},
    "home-ready": {"municipality": UTRECHT, "accommodation": "regular"},
    "housed": {"municipality": UTRECHT, "accommodation": "regular"},
    "moved-to-permanent-home": {"municipality": UTRECHT},
    "integration-duty-started": {"law": "wi2021"},
    "intake-held": {"municipality": UTRECHT},
    "integration-plan-established": {"municipality": UTRECHT, "route": "b1"},
    "v-number-replaced": {"replaces": "0123456789"},
    "fact-doubted": {"doubts": "tvs-2021-000417", "doubtsSource": COA, "reason": "another municipality"},
    "doubt-answered": {"doubt": "d-1", "doubtSource": TOWN, "upheld": True},
    "quota-forecast": {"period": "2021-II", "persons": 11000},
    "quota-published": {"period": "2021-II", "persons": 11000},
    "quota-revised": {"period": "2021-II", "persons": 11000},
    "municipal-quota-published": {"period": "2021-II", "municipality": UTRECHT, "persons": 230},
    "opening-balance-recorded": {"period": "2021-II", "municipality": UTRECHT, "persons": -4},
    "quota-transferred": {
        "period": "2021-II",
        "transfers": [{"municipality": UTRECHT, "persons": 3}, {"municipality": AMSTERDAM, "persons": -3}],
    },
    "interim-goal-set": {"period": "2021-II", "reduction": 1500},
    "figure-published": {
        "period": "2021-II",
        "figure": "realised",
        "of": "NL",
        "on": "2021-08-01",
        "persons": 2101,
    },
    "permits-forecast-published": {"area": "NL", "from": "2021-07-01", "to": "2021-12-31", "persons": 9000},
    "links-announced": {"area": UTRECHT, "month": "2021-10", "persons": 40},
    "homes-stated": {"area": UTRECHT, "homes": [{"bedrooms": 2, "adapted": False, "number": 4}]},
    "temporary-places-stated": {"area": UTRECHT, "accommodation": "hotel", "places": 30},
    "reception-places-stated": {"area": PROVINCE, "places": 120},
    "ladder-step-decided": {"area": UTRECHT, "period": "2021-I", "rung": 2, "reason": "behind"},
    "assessment-suspended": {"area": UTRECHT, "period": "2021-I"},
    "inhabitants-counted": {"municipality": UTRECHT, "on": "2021-01-01", "persons": 359370},
    "municipality-merged": {"municipality": WEESP, "into": AMSTERDAM, "on": "2022-03-24"},
    "norm-set-published": {
        "name": "permit-12",
        "source": "a letter",
        **dict.fromkeys(["linking", "housing", "departure"], 28),
        "total": 84,
        "totalStarts": "permit",
        "validFrom": "2022-07-01",
    },
    "adapted-home-needed": {"kind": "wheelchair"},
    "reception-placed": {"region": "ZH-ZL"},
    "family-visa-issued": {"persons": 2},
    "registered-at-address": {"municipality": UTRECHT},
    "handover-held": {"municipality": UTRECHT, "form": "warm"},
    "integration-term-set": {"endsOn": "2024-03-01"},
    "integration-term-extended": {"endsOn": "2024-09-01", "ground": "no-blame"},
    "integration-loan-stated": {"granted": 10000, "used": 2500},
    "integration-exempted": {"extent": "full"},
    "integration-fulfilled": {"how": "diploma"},
    "fine-imposed": {"amount": 1250, "for": "term"},
    "fine-cancelled": {"fine": "f-1"},
    "event-withdrawn": {"withdraws": "tvs-2021-000417", "reason": "entered twice"},
}


def organisation(kind: OrganisationKind, code: str | None = UTRECHT) -> Organisation:
    own = PROVINCE if kind == "province" and code == UTRECHT else code
    return Organisation("00000099000000002000", kind, "Testorganisatie", own)


def province_of(code: str) -> str | None:
    return PLACES.province(code) if PLACES.known(code) else None


def faults_of(speaker: Organisation, topic: str, data: dict[str, Any]) -> list[Fault]:
    return check_authority(speaker, f"{topic}.v1", data, PLACES.is_successor_of, province_of)


def may_say(speaker: Organisation, topic: str, **other: object) -> bool:
    data = {**DATA.get(topic, {}), **other}
    fact_of(f"{topic}.v1", data)
    return not faults_of(speaker, topic, data)


def test_every_fact_has_a_row_in_the_table_and_no_other_has() -> None:
    assert set(AUTHORITY) == set(FACTS) == {f"{topic}.v1" for topic in CONTRACT}


def test_the_kinds_of_organisation_are_the_seven_of_the_registry() -> None:
    assert set(ORGANISATION_KINDS) == {"ind", "coa", "duo", "ministry", "cbs", "province", "municipality"}


@pytest.mark.parametrize("topic", CONTRACT)
def test_only_the_authorities_of_the_contract_may_say_it(topic: str) -> None:
    assert {kind for kind in ORGANISATION_KINDS if may_say(organisation(kind), topic)} == set(CONTRACT[topic].split())


def test_whoever_has_no_authority_is_told_so_by_its_source() -> None:
    (fault,) = faults_of(organisation("duo", None), "linked", {"municipality": "GM0344"})
    assert fault.pointer == "/source"
    assert fault.code == "no-authority"


MUNICIPAL = [topic for topic, kinds in CONTRACT.items() if kinds == "municipality"]


@pytest.mark.parametrize("topic", MUNICIPAL)
def test_a_municipality_speaks_for_its_own_code_only(topic: str) -> None:
    assert may_say(organisation("municipality", UTRECHT), topic)
    assert not may_say(organisation("municipality", "GM0307"), topic)


def test_speaking_for_another_municipality_is_a_fault_of_that_field_without_its_value() -> None:
    (fault,) = faults_of(organisation("municipality", "GM0307"), "intake-held", {"municipality": "GM0344"})
    assert fault.pointer == "/data/municipality"
    assert UTRECHT not in fault.detail


def test_a_successor_speaks_for_the_municipality_it_took_over() -> None:
    assert may_say(organisation("municipality", AMSTERDAM), "home-ready", municipality=WEESP)


def test_a_municipality_does_not_speak_for_its_successor() -> None:
    assert not may_say(organisation("municipality", WEESP), "home-ready", municipality=AMSTERDAM)


def test_a_municipality_without_a_code_speaks_for_none() -> None:
    assert not may_say(organisation("municipality", None), "home-ready")


def test_any_municipality_may_report_a_death() -> None:
    assert may_say(organisation("municipality", "GM0307"), "died")


def test_a_municipality_states_homes_and_places_of_its_own_and_of_those_it_took_over() -> None:
    for topic in ("homes-stated", "temporary-places-stated"):
        assert may_say(organisation("municipality", AMSTERDAM), topic, area=WEESP)
        (fault,) = faults_of(organisation("municipality", WEESP), topic, {"area": AMSTERDAM})
        assert (fault.pointer, fault.code) == ("/data/area", "not-your-municipality")


def test_a_province_speaks_for_itself_and_for_the_municipalities_in_it() -> None:
    province = organisation("province", PROVINCE)
    assert may_say(province, "reception-places-stated", area=PROVINCE)
    assert may_say(province, "assessment-suspended", area=PROVINCE)
    assert may_say(province, "ladder-step-decided", area=UTRECHT)
    for area in (AMSTERDAM, "PV27", "NL"):
        (fault,) = faults_of(province, "assessment-suspended", {"area": area})
        assert (fault.pointer, fault.code) == ("/data/area", "not-your-area")
        assert area not in fault.detail


def test_the_ministry_suspends_anywhere_and_coa_states_places_of_any_province() -> None:
    for area in (AMSTERDAM, "PV27", "NL"):
        assert may_say(organisation("ministry", None), "assessment-suspended", area=area)
    assert may_say(organisation("coa", None), "reception-places-stated", area="PV27")


def test_whoever_withdraws_names_the_area_of_its_own_event_whatever_became_of_it() -> None:
    assert may_say(organisation("province", PROVINCE), "event-withdrawn", area=AMSTERDAM)
    assert may_say(organisation("municipality", WEESP), "event-withdrawn", area=AMSTERDAM)


def test_coa_links_to_any_municipality() -> None:
    assert may_say(organisation("coa", None), "linked", municipality=AMSTERDAM)
    assert may_say(organisation("coa", None), "housed", municipality=AMSTERDAM)


def test_an_intermediary_says_nothing_of_its_own():
    supplier = Organisation("00000099000000009000", "intermediary", "Supplier")
    for topic in AUTHORITY:
        data = {"municipality": UTRECHT, "area": UTRECHT}
        (fault,) = check_authority(supplier, topic, data, lambda _code, _earlier: True, lambda _code: "PV26")
        assert (fault.pointer, fault.code) == ("/source", "no-authority")


def test_a_mandate_covers_its_organisation_its_topics_and_its_days():
    mandate = Mandate("holder", "of", frozenset({"housed.v1"}), date(2022, 1, 1), date(2022, 12, 31))
    assert mandate.covers("of", "housed.v1", date(2022, 1, 1))
    assert mandate.covers("of", "housed.v1", date(2022, 12, 31))
    assert not mandate.covers("holder", "housed.v1", date(2022, 6, 1))
    assert not mandate.covers("of", "linked.v1", date(2022, 6, 1))
    assert not mandate.covers("of", "housed.v1", date(2021, 12, 31))
    assert not mandate.covers("of", "housed.v1", date(2023, 1, 1))
    lasting = mandate._replace(topics=None, until=None)
    assert lasting.covers("of", "linked.v1", date(2049, 1, 1))
