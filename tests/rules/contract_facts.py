"""The facts of the contract's section 3, written out and not taken from the code, with an example of each."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from domain.codec import json_schema_of, parse_fact
from domain.facts import (
    FACTS,
)
from tests.rules.histories import COA, TOWN

# The fields of the contract's section 3, required ones first, written out and not taken from the code.
CONTRACT: dict[str, tuple[str, str]] = {
    "permit-granted": ("ground", "household birthDate unaccompaniedMinor referent"),
    "permit-ended": ("reason", ""),
    "residence-document-issued": ("", ""),
    "family-reunification-applied": ("persons", ""),
    "family-reunification-decided": ("granted refused", ""),
    "family-arrived": ("persons", "direct"),
    "linked": ("municipality", "household criteria"),
    "link-ended": ("reason", ""),
    "dossier-item-completed": ("item", ""),
    "dossier-item-lapsed": ("item", ""),
    "home-offered": ("municipality accommodation", "bedrooms"),
    "offer-accepted": ("municipality accommodation", ""),
    "offer-refused": ("municipality reason", "reasonCode"),
    "refusal-assessed": ("justified", ""),
    "home-ready": ("municipality accommodation", "bedrooms until"),
    "housed": ("municipality accommodation", "until"),
    "returned-to-reception": ("", ""),
    "moved-to-permanent-home": ("municipality", ""),
    "guest-stay-started": ("", "until"),
    "guest-stay-ended": ("", ""),
    "left-unknown-destination": ("", ""),
    "died": ("", ""),
    "integration-duty-started": ("law", ""),
    "intake-held": ("municipality", ""),
    "integration-plan-established": ("municipality route", ""),
    "v-number-replaced": ("replaces", ""),
    "fact-doubted": ("doubts doubtsSource reason", ""),
    "doubt-answered": ("doubt doubtSource upheld", "reason"),
    "adapted-home-needed": ("kind", ""),
    "reception-placed": ("region", ""),
    "family-visa-issued": ("persons", "validUntil"),
    "registered-at-address": ("municipality", ""),
    "handover-held": ("municipality form", ""),
    "integration-notice-sent": ("", ""),
    "integration-term-set": ("endsOn", ""),
    "integration-term-extended": ("endsOn ground", ""),
    "integration-loan-stated": ("granted used", ""),
    "integration-exempted": ("extent", ""),
    "integration-fulfilled": ("how", ""),
    "fine-imposed": ("amount for", ""),
    "fine-cancelled": ("fine", ""),
    "event-withdrawn": ("withdraws reason", "period area name"),
    "quota-forecast": ("period persons", "resettlement"),
    "quota-published": ("period persons", "reference resettlement"),
    "quota-revised": ("period persons", "reason"),
    "municipal-quota-published": ("period municipality persons", ""),
    "opening-balance-recorded": ("period municipality persons", ""),
    "quota-transferred": ("period transfers", "decisions"),
    "interim-goal-set": ("period reduction", ""),
    "figure-published": ("period figure of on persons", "reference"),
    "permits-forecast-published": ("area from to persons", ""),
    "links-announced": ("area month persons", "households children"),
    "homes-stated": ("area homes", ""),
    "temporary-places-stated": ("area accommodation places", ""),
    "reception-places-stated": ("area places", ""),
    "ladder-step-decided": ("area period rung reason", ""),
    "assessment-suspended": ("area period", "reason"),
    "inhabitants-counted": ("municipality on persons", ""),
    "municipality-merged": ("municipality into on", "personsMoved name province"),
    "norm-set-published": ("name source linking housing departure total totalStarts validFrom", ""),
}

TOPICS = sorted(FACTS)


def faults_of(topic: str, data: dict[str, Any]) -> list[tuple[str, str]]:
    """Where and what, of every fault."""
    _, faults = parse_fact(FACTS[topic], data)
    return [(fault.pointer, fault.code) for fault in faults]


@cache
def validator(topic: str) -> Draft202012Validator:
    return Draft202012Validator(json_schema_of(FACTS[topic]), format_checker=Draft202012Validator.FORMAT_CHECKER)


def agrees(topic: str, data: dict[str, Any]) -> bool:
    """Whether data fits the schema of a topic, dates included."""
    return bool(validator(topic).is_valid(data))


VALID: dict[str, dict[str, Any]] = {
    "permit-granted.v1": {
        "ground": "family",
        "household": "H-88121",
        "birthDate": "1990-02-28",
        "unaccompaniedMinor": False,
        "referent": "0123456789",
    },
    "permit-ended.v1": {"reason": "naturalised"},
    "residence-document-issued.v1": {},
    "family-reunification-applied.v1": {"persons": 3},
    "family-reunification-decided.v1": {"granted": 2, "refused": 0},
    "family-arrived.v1": {"persons": 2, "direct": False},
    "linked.v1": {"municipality": "GM0344", "household": "H-88121", "criteria": ["work", "network"]},
    "link-ended.v1": {"reason": "found-own-home"},
    "dossier-item-completed.v1": {"item": "brp-registration"},
    "dossier-item-lapsed.v1": {"item": "identity-document"},
    "home-offered.v1": {"municipality": "GM0344", "accommodation": "regular", "bedrooms": 0},
    "offer-accepted.v1": {"municipality": "GM0344", "accommodation": "intermediate"},
    "offer-refused.v1": {"municipality": "GM0344", "reason": "no lift, fourth floor", "reasonCode": "condition"},
    "refusal-assessed.v1": {"justified": False},
    "home-ready.v1": {
        "municipality": "GM0344",
        "accommodation": "transit-home",
        "bedrooms": 20,
        "until": "2022-08-31",
    },
    "housed.v1": {"municipality": "GM0344", "accommodation": "hotel", "until": "2022-01-31"},
    "returned-to-reception.v1": {},
    "moved-to-permanent-home.v1": {"municipality": "GM0344"},
    "guest-stay-started.v1": {"until": "2021-09-30"},
    "guest-stay-ended.v1": {},
    "left-unknown-destination.v1": {},
    "died.v1": {},
    "integration-duty-started.v1": {"law": "wi2021"},
    "intake-held.v1": {"municipality": "GM0344"},
    "integration-plan-established.v1": {"municipality": "GM0344", "route": "self-reliance"},
    "v-number-replaced.v1": {"replaces": "0123456789"},
    "fact-doubted.v1": {"doubts": "tvs-2021-000417", "doubtsSource": COA, "reason": "another municipality"},
    "doubt-answered.v1": {"doubt": "d-1", "doubtSource": TOWN, "upheld": True, "reason": "mixed up"},
    "adapted-home-needed.v1": {"kind": "ground-floor"},
    "reception-placed.v1": {"region": "FL-UT-NH"},
    "family-visa-issued.v1": {"persons": 2, "validUntil": "2021-12-29"},
    "registered-at-address.v1": {"municipality": "GM0344"},
    "handover-held.v1": {"municipality": "GM0344", "form": "warm"},
    "integration-notice-sent.v1": {},
    "integration-term-set.v1": {"endsOn": "2025-03-01"},
    "integration-term-extended.v1": {"endsOn": "2025-09-01", "ground": "no-blame"},
    "integration-loan-stated.v1": {"granted": 10000, "used": 7600},
    "integration-exempted.v1": {"extent": "part"},
    "integration-fulfilled.v1": {"how": "diploma"},
    "fine-imposed.v1": {"amount": 0, "for": "participation"},
    "fine-cancelled.v1": {"fine": "duo-2021-000417"},
    "quota-forecast.v1": {"period": "2021-II", "persons": 11000, "resettlement": 500},
    "quota-published.v1": {
        "period": "2021-II",
        "persons": 11000,
        "reference": "Stcrt. 2021, 1",
        "resettlement": 0,
    },
    "quota-revised.v1": {"period": "2019-I", "persons": 6000, "reason": "fewer permits than expected"},
    "municipal-quota-published.v1": {"period": "2021-II", "municipality": "GM0344", "persons": 0},
    "opening-balance-recorded.v1": {"period": "2021-II", "municipality": "GM0344", "persons": -12},
    "quota-transferred.v1": {
        "period": "2021-II",
        "transfers": [{"municipality": "GM0344", "persons": 3}, {"municipality": "GM0307", "persons": -3}],
        "decisions": [{"municipality": "GM0307", "on": "2021-08-24"}],
    },
    "interim-goal-set.v1": {"period": "2021-II", "reduction": 1500},
    "figure-published.v1": {
        "period": "2021-II",
        "figure": "openingBalance",
        "of": "PV31",
        "on": "2021-07-01",
        "persons": -7,
        "reference": "a letter of 7 January 2022",
    },
    "permits-forecast-published.v1": {"area": "NL", "from": "2021-07-01", "to": "2021-12-31", "persons": 9500},
    "links-announced.v1": {
        "area": "GM0344",
        "month": "2021-10",
        "persons": 42,
        "households": 15,
        "children": {"0-3": 6, "4-11": 0, "12-15": 3, "16-17": 1},
    },
    "homes-stated.v1": {
        "area": "GM0344",
        "homes": [
            {"bedrooms": 0, "adapted": False, "number": 6},
            {"bedrooms": 3, "adapted": False, "number": 4},
            {"bedrooms": 3, "adapted": True, "number": 0},
        ],
    },
    "temporary-places-stated.v1": {"area": "GM0344", "accommodation": "gva", "places": 60},
    "reception-places-stated.v1": {"area": "PV20", "places": 250},
    "ladder-step-decided.v1": {"area": "GM0344", "period": "2021-II", "rung": 0, "reason": "caught up"},
    "assessment-suspended.v1": {"area": "PV31", "period": "2021-II", "reason": "late publication"},
    "inhabitants-counted.v1": {"municipality": "GM0344", "on": "2021-01-01", "persons": 359370},
    "municipality-merged.v1": {
        "municipality": "GM0457",
        "into": "GM0363",
        "on": "2022-03-24",
        "personsMoved": 20766,
        "name": "Amsterdam",
        "province": "PV27",
    },
    "norm-set-published.v1": {
        "name": "permit-12",
        "source": "a letter",
        "linking": 14,
        "housing": 56,
        "departure": 0,
        "total": 84,
        "totalStarts": "permit",
        "validFrom": "2022-07-01",
    },
    "event-withdrawn.v1": {
        "withdraws": "tvs-2021-000417",
        "reason": "entered twice",
        "period": "2021-II",
        "area": "PV26",
        "name": "permit-12",
    },
}
