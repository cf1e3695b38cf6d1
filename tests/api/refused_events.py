"""Events that are refused, each with every fault that is told of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.posts import (
    ABSENT,
    ANOTHER_V_NUMBER,
    BSN,
    CBS,
    COA,
    ENSCHEDE,
    HENGELO,
    IBAN,
    IND,
    MINISTRY,
    NOBODY,
    OVERIJSSEL,
    V_NUMBER,
    Event,
    but,
    event,
    linked,
    permit,
)

PARTS = [{"municipality": "GM0153", "persons": 4}, {"municipality": "GM0164", "persons": -4}]
HOMES = [{"bedrooms": 2, "adapted": False, "number": 7}]
MERGER = {"municipality": "GM0164", "into": "GM0153", "on": "2021-04-12"}


class Case(NamedTuple):
    """What is posted, and what is answered: the status and every pointer with its code."""

    posted: Event
    status: int
    faults: list[tuple[str, str]]


def transfer(**data: Any) -> Event:
    return event("quota-transferred", OVERIJSSEL, **{"period": "2021-I", "transfers": PARTS, **data})


REFUSED = {
    # the attributes
    "no specversion": Case(but(linked(), specversion=ABSENT), 400, [("/specversion", "not-one-of")]),
    "another specversion": Case(but(linked(), specversion="0.3"), 400, [("/specversion", "not-one-of")]),
    "a number for specversion": Case(but(linked(), specversion=1.0), 400, [("/specversion", "not-one-of")]),
    "no id": Case(but(linked(), id=ABSENT), 400, [("/id", "required")]),
    "no source": Case(but(linked(), source=ABSENT), 400, [("/source", "required")]),
    "no type": Case(but(linked(), type=ABSENT), 400, [("/type", "required")]),
    "no time": Case(but(linked(), time=ABSENT), 400, [("/time", "required")]),
    "no data": Case(but(linked(), data=ABSENT), 400, [("/data", "required")]),
    "null for data": Case(but(linked(), data=None), 400, [("/data", "required")]),
    "a list for data": Case(but(linked(), data=["Lariks"]), 400, [("/data", "wrong-type")]),
    "a text for data": Case(but(linked(), data="Lariks"), 400, [("/data", "wrong-type")]),
    "data in base64": Case(but(linked(), data_base64="TGFyaWtz"), 400, [("/data_base64", "unknown-field")]),
    "data that is no JSON": Case(but(linked(), datacontenttype="text/xml"), 400, [("/datacontenttype", "not-one-of")]),
    "an id that is a number": Case(but(linked(), id=70071), 400, [("/id", "wrong-type")]),
    "a blank id": Case(but(linked(), id=" "), 400, [("/id", "empty")]),
    "a very long id": Case(but(linked(), id="x" * 257), 400, [("/id", "too-long")]),
    # the type
    "an unknown type": Case(but(linked(), type="nl.ketenspoor.gehuisvest.v1"), 400, [("/type", "unknown-type")]),
    "a later version": Case(but(linked(), type="nl.ketenspoor.linked.v7"), 400, [("/type", "unknown-type")]),
    "a type of another chain": Case(but(linked(), type="nl.elders.linked.v1"), 400, [("/type", "unknown-type")]),
    "a type that is a number": Case(but(linked(), type=70071), 400, [("/type", "wrong-type")]),
    # who says it
    "an organisation without authority": Case(but(linked(), source=IND), 403, [("/source", "no-authority")]),
    "a municipality that links": Case(but(linked(), source=ENSCHEDE), 403, [("/source", "no-authority")]),
    "an unknown organisation": Case(but(linked(), source=NOBODY), 403, [("/source", "unknown-organisation")]),
    "another municipality": Case(
        event("intake-held", HENGELO, vNumber=V_NUMBER, municipality="GM0153"),
        403,
        [("/data/municipality", "not-your-municipality")],
    ),
    "a source without OIN": Case(but(linked(), source="urn:x:lariks"), 400, [("/source", "no-oin")]),
    "a source with two OINs": Case(but(linked(), source=f"{COA}:{IND}"), 400, [("/source", "no-oin")]),
    # personal numbers in the open
    "an id with a V-number": Case(but(linked(), id=f"tvs-{V_NUMBER}"), 400, [("/id", "personal-number")]),
    "an id with a BSN": Case(but(linked(), id=f"tvs {BSN}"), 400, [("/id", "personal-number")]),
    "an id with an IBAN": Case(but(linked(), id=f"tvs-{IBAN}"), 400, [("/id", "personal-number")]),
    "a source with a V-number": Case(but(linked(), source=f"{COA}:{V_NUMBER}"), 400, [("/source", "personal-number")]),
    "a source with a BSN": Case(but(linked(), source=f"{COA}:{BSN}"), 400, [("/source", "personal-number")]),
    "a source with an IBAN": Case(but(linked(), source=f"{COA}:{IBAN}"), 400, [("/source", "personal-number")]),
    "a V-number as subject": Case(
        but(linked(), data__vNumber=ABSENT, subject=V_NUMBER), 400, [("/subject", "not-a-journey")]
    ),
    "a BSN as subject": Case(but(linked(), subject=BSN), 400, [("/subject", "not-a-journey")]),
    "an IBAN as subject": Case(but(linked(), subject=IBAN), 400, [("/subject", "not-a-journey")]),
    "a household that is a V-number": Case(
        but(linked(), data__household=ANOTHER_V_NUMBER), 400, [("/data/household", "personal-number")]
    ),
    "a correction of a BSN": Case(but(linked(), data__corrects=BSN), 400, [("/data/corrects", "personal-number")]),
    # who it is about
    "nobody": Case(but(linked(), data__vNumber=ABSENT), 400, [("/data/vNumber", "required")]),
    "a V-number of nine digits": Case(
        but(linked(), data__vNumber="287654091"), 400, [("/data/vNumber", "not-a-v-number")]
    ),
    "a V-number with a letter": Case(
        but(linked(), data__vNumber="V876540913"), 400, [("/data/vNumber", "not-a-v-number")]
    ),
    "a V-number that is a number": Case(
        but(linked(), data__vNumber=2876540913), 400, [("/data/vNumber", "wrong-type")]
    ),
    "a subject that was never issued": Case(
        but(linked(), data__vNumber=ABSENT, subject="a3e1f6c0-5b7d-8c11-9d2e-4f5a6b7c8d9e"),
        400,
        [("/subject", "unknown-journey")],
    ),
    "a subject that disagrees": Case(
        but(linked(), subject="a3e1f6c0-5b7d-8c11-9d2e-4f5a6b7c8d9e"), 400, [("/subject", "disagrees")]
    ),
    "a referent that is no V-number": Case(
        permit(ground="family", referent="Lariks"), 400, [("/data/referent", "not-a-v-number")]
    ),
    # when
    "no day": Case(but(linked(), data__effectiveOn=ABSENT), 400, [("/data/effectiveOn", "required")]),
    "no day of the calendar": Case(
        but(linked(), data__effectiveOn="2021-02-29"), 400, [("/data/effectiveOn", "not-a-date")]
    ),
    "an instant for a day": Case(
        but(linked(), data__effectiveOn="2021-04-12T00:00:00Z"), 400, [("/data/effectiveOn", "not-a-date")]
    ),
    "401 days ahead": Case(
        but(linked(), data__effectiveOn="2023-08-20"), 400, [("/data/effectiveOn", "too-far-ahead")]
    ),
    "a time without offset": Case(but(linked(), time="2021-04-12T09:31:00"), 400, [("/time", "not-an-instant")]),
    "a day for a time": Case(but(linked(), time="2021-04-12"), 400, [("/time", "not-an-instant")]),
    "a number for a time": Case(but(linked(), time=1618212600), 400, [("/time", "wrong-type")]),
    # the data
    "a missing field": Case(but(linked(), data__municipality=ABSENT), 400, [("/data/municipality", "required")]),
    "null for a required field": Case(
        but(linked(), data__municipality=None), 400, [("/data/municipality", "required")]
    ),
    "a misspelt field": Case(but(linked(), data__huishouden="H-88"), 400, [("/data", "unknown-field")]),
    "a field of another type": Case(but(linked(), data__ground="asylum"), 400, [("/data", "unknown-field")]),
    "an unknown choice": Case(permit(ground="verblijf"), 400, [("/data/ground", "not-one-of")]),
    "an unknown choice in a list": Case(
        but(linked(), data__criteria=["work", "verblijf"]), 400, [("/data/criteria/1", "not-one-of")]
    ),
    "a text for a list": Case(but(linked(), data__criteria="verblijf"), 400, [("/data/criteria", "wrong-type")]),
    "an unknown municipality": Case(
        but(linked(), data__municipality="GM9999"), 400, [("/data/municipality", "unknown-municipality")]
    ),
    "no municipality's code": Case(
        but(linked(), data__municipality="Lariks"), 400, [("/data/municipality", "not-a-municipality-code")]
    ),
    "a municipality that is a number": Case(
        but(linked(), data__municipality=70153), 400, [("/data/municipality", "wrong-type")]
    ),
    "a text for a number": Case(
        event("family-arrived", IND, vNumber=V_NUMBER, persons="7007"), 400, [("/data/persons", "wrong-type")]
    ),
    "a fraction of a person": Case(
        event("family-arrived", IND, vNumber=V_NUMBER, persons=70.07), 400, [("/data/persons", "wrong-type")]
    ),
    "nobody arrived": Case(
        event("family-arrived", IND, vNumber=V_NUMBER, persons=-7007), 400, [("/data/persons", "out-of-range")]
    ),
    "a text for yes or no": Case(
        event("refusal-assessed", COA, vNumber=V_NUMBER, justified="Lariks"), 400, [("/data/justified", "wrong-type")]
    ),
    "an integer beyond 2^53": Case(
        event("quota-published", MINISTRY, period="2021-I", persons=2**53 + 1),
        400,
        [("/data/persons", "integer-too-large"), ("/data/persons", "wrong-type")],
    ),
    "a period that is none": Case(
        event("quota-published", MINISTRY, period="2021-3", persons=5), 400, [("/data/period", "not-a-period")]
    ),
    "transfers that do not sum to nought": Case(
        transfer(transfers=[PARTS[0], {"municipality": "GM0164", "persons": -7007}]),
        400,
        [("/data/transfers", "sum-not-zero")],
    ),
    "a transfer of one": Case(
        transfer(transfers=[{"municipality": "GM0153", "persons": 0}]), 400, [("/data/transfers", "too-few")]
    ),
    "a transfer of nobody": Case(transfer(transfers=[]), 400, [("/data/transfers", "too-few")]),
    "a transfer to an unknown municipality": Case(
        transfer(transfers=[PARTS[0], {"municipality": "GM9999", "persons": -4}]),
        400,
        [("/data/transfers/1/municipality", "unknown-municipality")],
    ),
    "a transfer with a hole": Case(
        transfer(transfers=[PARTS[0], {"persons": -4}]), 400, [("/data/transfers/1/municipality", "required")]
    ),
    "a decision of an unknown municipality": Case(
        transfer(decisions=[{"municipality": "GM9999", "on": "2021-03-30"}]),
        400,
        [("/data/decisions/0/municipality", "unknown-municipality")],
    ),
    # areas
    "homes of another municipality": Case(
        event("homes-stated", HENGELO, area="GM0153", homes=HOMES), 403, [("/data/area", "not-your-municipality")]
    ),
    "homes of one size twice": Case(
        event("homes-stated", ENSCHEDE, area="GM0153", homes=[*HOMES, *HOMES]), 400, [("/data/homes/1", "doubled")]
    ),
    "a home with a hole": Case(
        event("homes-stated", ENSCHEDE, area="GM0153", homes=[{"bedrooms": 70, "adapted": "Lariks"}]),
        400,
        [
            ("/data/homes/0/bedrooms", "out-of-range"),
            ("/data/homes/0/adapted", "wrong-type"),
            ("/data/homes/0/number", "required"),
        ],
    ),
    "a municipality of another province": Case(
        event("ladder-step-decided", OVERIJSSEL, area="GM0344", period="2021-I", rung=1, reason="Lariks"),
        403,
        [("/data/area", "not-your-area")],
    ),
    "an area that nobody knows": Case(
        event("links-announced", COA, area="GM9999", month="2021-05", persons=5),
        400,
        [("/data/area", "unknown-municipality")],
    ),
    "a province that there is not": Case(
        event("reception-places-stated", COA, area="PV19", places=5), 400, [("/data/area", "not-a-province-code")]
    ),
    "a month that there is not": Case(
        event("links-announced", COA, area="GM0153", month="2021-13", persons=5), 400, [("/data/month", "not-a-month")]
    ),
    "a forecast that ends before it begins": Case(
        event("permits-forecast-published", IND, area="NL", persons=5, **{"from": "2021-07-01", "to": "2021-06-30"}),
        400,
        [("/data/to", "before-from")],
    ),
    "a permit holder's number in a text about an area": Case(
        event("assessment-suspended", MINISTRY, area="NL", period="2021-I", reason=f"Lariks {V_NUMBER}"),
        400,
        [("/data/reason", "personal-number")],
    ),
    "a withdrawal of an area's and a period's event": Case(
        event("event-withdrawn", COA, area="NL", withdraws="x-1", reason="Lariks", period="2021-I"),
        400,
        [("/data/period", "disagrees")],
    ),
    "a correction in another source of nothing": Case(
        but(linked(), data__correctsSource="urn:nld:oin:00000099000000002000:systeem:lariks"),
        400,
        [("/data/corrects", "required")],
    ),
    "a correction of another organisation's event": Case(
        but(linked(), data__corrects="p-1", data__correctsSource=IND),
        403,
        [("/data/correctsSource", "not-yours-to-correct")],
    ),
    "a correction of a neighbour's event": Case(
        event("intake-held", ENSCHEDE, vNumber=V_NUMBER, municipality="GM0153", corrects="x-1", correctsSource=HENGELO),
        403,
        [("/data/correctsSource", "not-yours-to-correct")],
    ),
    "a withdrawal of a permit holder's and a period's event": Case(
        event("event-withdrawn", COA, vNumber=V_NUMBER, withdraws="x-1", reason="Lariks", period="2021-I"),
        400,
        [("/data/period", "disagrees")],
    ),
    "a permit holder's number in a text about nobody": Case(
        event("quota-revised", MINISTRY, period="2021-I", persons=8008, reason=f"Lariks {V_NUMBER}"),
        400,
        [("/data/reason", "personal-number")],
    ),
    "a correction that is a number": Case(but(linked(), data__corrects=70071), 400, [("/data/corrects", "wrong-type")]),
    "a withdrawal of nobody's event": Case(
        event("event-withdrawn", COA, withdraws="x-1", reason="Lariks"), 400, [("/data", "required")]
    ),
    "a withdrawal without a reason": Case(
        event("event-withdrawn", COA, vNumber=V_NUMBER, withdraws="x-1"), 400, [("/data/reason", "required")]
    ),
    "a merger on another day": Case(
        event("municipality-merged", CBS, **{**MERGER, "on": "2021-04-13"}), 400, [("/data/on", "disagrees")]
    ),
    "a merger into itself": Case(
        event("municipality-merged", CBS, **{**MERGER, "into": "GM0164"}), 400, [("/data/into", "disagrees")]
    ),
    # several at once
    "two missing fields": Case(
        event("home-ready", ENSCHEDE, vNumber=V_NUMBER),
        400,
        [("/data/municipality", "required"), ("/data/accommodation", "required")],
    ),
    "who and what": Case(
        but(linked(), source=IND, data__municipality="GM9999", data__vNumber="287654091"),
        400,
        [
            ("/source", "no-authority"),
            ("/data/municipality", "unknown-municipality"),
            ("/data/vNumber", "not-a-v-number"),
        ],
    ),
    "everything": Case(
        but(
            linked(),
            specversion="2.0",
            id=IBAN,
            source=f"{COA}:{BSN}",
            time="gisteren",
            subject=V_NUMBER,
            datacontenttype="text/xml",
            data__effectiveOn="2030-01-01",
            data__municipality="Lariks",
            data__criteria=["verblijf"],
            data__household=V_NUMBER,
            data__corrects=BSN,
            data__vNumber=BSN,
            data__naam="van der Lariks",
        ),
        400,
        [
            ("/specversion", "not-one-of"),
            ("/id", "personal-number"),
            ("/source", "personal-number"),
            ("/time", "not-an-instant"),
            ("/subject", "not-a-journey"),
            ("/datacontenttype", "not-one-of"),
            ("/data", "unknown-field"),
            ("/data/effectiveOn", "too-far-ahead"),
            ("/data/municipality", "not-a-municipality-code"),
            ("/data/criteria/0", "not-one-of"),
            ("/data/household", "personal-number"),
            ("/data/corrects", "personal-number"),
            ("/data/vNumber", "not-a-v-number"),
        ],
    ),
}
