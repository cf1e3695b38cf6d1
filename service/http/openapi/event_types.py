"""The types of events as they are documented: what each is about, who may say it, the schema of its data, an example.

The examples are made up, under the reserved test numbers, and fit to be posted as they stand.
"""

from __future__ import annotations

from typing import Any, get_args

from typing_extensions import TypedDict

from domain.authority import AUTHORITY, OrganisationKind
from domain.codec import json_schema_of
from domain.facts import AREA_FACTS, FACTS, JOURNEY_FACTS, PERIOD_FACTS, EventWithdrawn
from domain.field_types import DATE, KEY, V_NUMBER
from service.foundation.organisations import test_oin
from service.foundation.version import TYPE_PREFIX
from service.intake.validation import MOST_DAYS_AHEAD
from service.queries.events import About

_BESIDE: dict[str, dict[str, Any]] = {
    "effectiveOn": {**DATE.schema, "description": f"The day it held in reality; at most {MOST_DAYS_AHEAD} days ahead"},
    "corrects": {**KEY.schema, "description": "The id of an earlier event of the same source that this one replaces"},
    "correctsSource": {
        **KEY.schema,
        "description": "The source of what it corrects, where that is not the sender's own",
    },
}
_V_NUMBER = {
    **V_NUMBER.schema,
    "x-personal": True,
    "description": "The permit holder; may be left out when `subject` names the journey",
}


def about(topic: str) -> list[About]:
    """What streams an event of this topic can belong to."""
    shape = FACTS[topic]
    if shape is EventWithdrawn:
        return list(get_args(About))
    if shape in JOURNEY_FACTS:
        return ["journey"]
    if shape in AREA_FACTS:
        return ["area"]
    return ["period"] if shape in PERIOD_FACTS else ["reference"]


def data_schema(topic: str) -> dict[str, Any]:
    """JSON Schema of `data`: the fact's own fields, and those that stand beside them in every event."""
    own = json_schema_of(FACTS[topic])
    of_a_person = {"vNumber": _V_NUMBER} if "journey" in about(topic) else {}
    return {
        **own,
        "required": ["effectiveOn", *own["required"]],
        "properties": {**of_a_person, **_BESIDE, **own["properties"]},
    }


class EventType(TypedDict):
    """A type of event: what it is about, who may say it, the JSON Schema of its `data`, and an example.

    `authority` is empty where whoever sent the event it names may say it.
    """

    type: str
    description: str
    about: list[About]
    authority: list[OrganisationKind]
    schema: Any
    example: Any


def event_types() -> list[EventType]:
    """Every type, in the order of the contract."""
    return [
        {
            "type": f"{TYPE_PREFIX}{topic}",
            "description": shape.__doc__ or "",
            "about": about(topic),
            "authority": list(AUTHORITY[topic]),
            "schema": data_schema(topic),
            "example": EXAMPLES[topic],
        }
        for topic, shape in FACTS.items()
    ]


_IND, _COA, _DUO, _MINISTRY, _CBS = (test_oin(number) for number in range(1, 6))
_UTRECHT = test_oin(100_000_344)
_PROVINCE_OF_UTRECHT = test_oin(200_000_026)

#: Reserved for examples and tests.
_FIRST, _SECOND, _THIRD, _FOURTH = "9999000001", "9999000002", "9999000003", "9999000004"


def _example(topic: str, oin: str, system: str, time: str, **data: Any) -> tuple[str, dict[str, Any]]:
    return topic, {
        "specversion": "1.0",
        "id": f"example-{topic.partition('.')[0]}",
        "source": f"urn:nld:oin:{oin}:systeem:{system}",
        "type": f"{TYPE_PREFIX}{topic}",
        "time": time,
        "datacontenttype": "application/json",
        "data": data,
    }


def _of(topic: str, oin: str, system: str, on: str, v_number: str, **data: Any) -> tuple[str, dict[str, Any]]:
    """An event of a permit holder, recorded in the afternoon of the day it held."""
    return _example(topic, oin, system, f"{on}T14:05:00+01:00", vNumber=v_number, effectiveOn=on, **data)


def _quota(topic: str, on: str, **data: Any) -> tuple[str, dict[str, Any]]:
    return _example(topic, _MINISTRY, "taakstelling", f"{on}T09:00:00+01:00", effectiveOn=on, period="2021-II", **data)


_HOME = {"municipality": "GM0344", "accommodation": "regular"}

#: By topic, in the order of the contract.
EXAMPLES: dict[str, dict[str, Any]] = dict(
    (
        _of(
            "permit-granted.v1",
            _IND,
            "indigo",
            "2021-03-01",
            _FIRST,
            ground="asylum",
            household="H-88121",
            birthDate="1990-05-17",
            unaccompaniedMinor=False,
        ),
        _of("permit-ended.v1", _IND, "indigo", "2022-06-01", _SECOND, reason="withdrawn"),
        _of("residence-document-issued.v1", _IND, "indigo", "2021-03-22", _FIRST),
        _of("family-reunification-applied.v1", _IND, "indigo", "2021-03-15", _FIRST, persons=3),
        _of("family-reunification-decided.v1", _IND, "indigo", "2021-09-20", _FIRST, granted=3, refused=0),
        _of("family-arrived.v1", _IND, "indigo", "2021-11-30", _FIRST, persons=3, direct=True),
        _of(
            "linked.v1",
            _COA,
            "tvs",
            "2021-03-10",
            _FIRST,
            municipality="GM0344",
            household="H-88121",
            criteria=["work", "network"],
        ),
        _of("link-ended.v1", _COA, "tvs", "2021-04-20", _SECOND, reason="reassigned"),
        _of("dossier-item-completed.v1", _COA, "tvs", "2021-03-24", _FIRST, item="bsn"),
        _of("dossier-item-lapsed.v1", _COA, "tvs", "2021-05-03", _FIRST, item="medical"),
        _of("home-offered.v1", _UTRECHT, "wonen", "2021-05-10", _FIRST, **_HOME, bedrooms=3),
        _of("offer-accepted.v1", _UTRECHT, "wonen", "2021-05-12", _FIRST, **_HOME),
        _of(
            "offer-refused.v1",
            _UTRECHT,
            "wonen",
            "2021-05-12",
            _SECOND,
            municipality="GM0344",
            reason="The stairs are too steep for a wheelchair",
            reasonCode="medical",
        ),
        _of("refusal-assessed.v1", _COA, "tvs", "2021-05-19", _SECOND, justified=True),
        _of("home-ready.v1", _UTRECHT, "wonen", "2021-06-01", _FIRST, **_HOME, bedrooms=3),
        _of("housed.v1", _COA, "tvs", "2021-06-10", _FIRST, **_HOME),
        _of("returned-to-reception.v1", _COA, "tvs", "2021-08-02", _SECOND),
        _of("moved-to-permanent-home.v1", _UTRECHT, "wonen", "2022-02-01", _FIRST, municipality="GM0344"),
        _of("guest-stay-started.v1", _COA, "tvs", "2021-04-01", _FIRST, until="2021-06-30"),
        _of("guest-stay-ended.v1", _COA, "tvs", "2021-05-28", _FIRST),
        _of("left-unknown-destination.v1", _COA, "tvs", "2021-09-06", _SECOND),
        _of("died.v1", _COA, "tvs", "2021-10-11", _THIRD),
        _of("integration-duty-started.v1", _DUO, "inburgering", "2022-01-03", _FIRST, law="wi2021"),
        _of("intake-held.v1", _UTRECHT, "inburgering", "2022-02-14", _FIRST, municipality="GM0344"),
        _of(
            "integration-plan-established.v1",
            _UTRECHT,
            "inburgering",
            "2022-03-14",
            _FIRST,
            municipality="GM0344",
            route="b1",
        ),
        _of("v-number-replaced.v1", _IND, "indigo", "2021-05-04", _FIRST, replaces=_FOURTH),
        _of(
            "fact-doubted.v1",
            _UTRECHT,
            "wonen",
            "2021-04-12",
            _FIRST,
            doubts="example-linked",
            doubtsSource=f"urn:nld:oin:{_COA}:systeem:tvs",
            reason="The permit holder lives in Amersfoort and says that nobody spoke of Utrecht",
        ),
        _of(
            "doubt-answered.v1",
            _COA,
            "tvs",
            "2021-04-15",
            _FIRST,
            doubt="example-fact-doubted",
            doubtSource=f"urn:nld:oin:{_UTRECHT}:systeem:wonen",
            upheld=False,
            reason="The link was discussed on 9 March, with an interpreter",
        ),
        _of("adapted-home-needed.v1", _COA, "tvs", "2021-03-08", _SECOND, kind="wheelchair"),
        _of("reception-placed.v1", _COA, "tvs", "2021-03-02", _FIRST, region="FL-UT-NH"),
        _of("family-visa-issued.v1", _IND, "indigo", "2021-10-18", _FIRST, persons=3, validUntil="2022-01-15"),
        _of("registered-at-address.v1", _UTRECHT, "brp", "2021-06-14", _FIRST, municipality="GM0344"),
        _of("handover-held.v1", _COA, "tvs", "2021-05-31", _FIRST, municipality="GM0344", form="warm"),
        _of("integration-notice-sent.v1", _DUO, "inburgering", "2022-01-10", _FIRST),
        _of("integration-term-set.v1", _DUO, "inburgering", "2022-03-21", _FIRST, endsOn="2025-03-21"),
        _of(
            "integration-term-extended.v1",
            _DUO,
            "inburgering",
            "2022-06-20",
            _FIRST,
            endsOn="2025-09-21",
            ground="no-blame",
        ),
        _of("integration-loan-stated.v1", _DUO, "inburgering", "2021-12-15", _SECOND, granted=10000, used=7600),
        _of("integration-exempted.v1", _DUO, "inburgering", "2022-06-01", _SECOND, extent="part"),
        _of("integration-fulfilled.v1", _DUO, "inburgering", "2022-07-04", _SECOND, how="exemption"),
        _of("fine-imposed.v1", _DUO, "inburgering", "2022-05-09", _SECOND, **{"amount": 340, "for": "participation"}),
        _of("fine-cancelled.v1", _DUO, "inburgering", "2022-06-13", _SECOND, fine="example-fine-imposed"),
        _quota("quota-forecast.v1", "2021-01-15", persons=11500, resettlement=500),
        _quota("quota-published.v1", "2021-03-29", persons=11000, reference="Staatscourant, 29 March 2021"),
        _quota("quota-revised.v1", "2021-07-05", persons=11000, reason="Confirmed without change"),
        _quota("municipal-quota-published.v1", "2021-03-29", municipality="GM0344", persons=226),
        _quota("opening-balance-recorded.v1", "2021-07-01", municipality="GM0344", persons=35),
        _example(
            "quota-transferred.v1",
            _PROVINCE_OF_UTRECHT,
            "toezicht",
            "2021-09-01T11:30:00+02:00",
            effectiveOn="2021-09-01",
            period="2021-II",
            transfers=[{"municipality": "GM0344", "persons": 10}, {"municipality": "GM0307", "persons": -10}],
            decisions=[{"municipality": "GM0344", "on": "2021-08-24"}, {"municipality": "GM0307", "on": "2021-08-31"}],
        ),
        _quota("interim-goal-set.v1", "2021-07-01", reduction=1500),
        _example(
            "figure-published.v1",
            _MINISTRY,
            "taakstelling",
            "2021-09-30T09:00:00+02:00",
            effectiveOn="2021-09-30",
            period="2021-II",
            figure="openingBalance",
            of="NL",
            on="2021-07-01",
            persons=5580,
            reference="Rijksoverheid, 30 September 2021",
        ),
        _example(
            "permits-forecast-published.v1",
            _IND,
            "prognoses",
            "2021-06-15T10:00:00+02:00",
            effectiveOn="2021-06-15",
            area="NL",
            **{"from": "2021-07-01"},
            to="2021-12-31",
            persons=9500,
        ),
        _example(
            "links-announced.v1",
            _COA,
            "tvs",
            "2021-09-15T10:00:00+02:00",
            effectiveOn="2021-09-15",
            area="GM0344",
            month="2021-10",
            persons=42,
            households=15,
            children={"0-3": 6, "4-11": 9, "12-15": 3, "16-17": 1},
        ),
        _example(
            "homes-stated.v1",
            _UTRECHT,
            "wonen",
            "2021-09-01T16:20:00+02:00",
            effectiveOn="2021-09-01",
            area="GM0344",
            homes=[
                {"bedrooms": 1, "adapted": False, "number": 6},
                {"bedrooms": 3, "adapted": False, "number": 4},
                {"bedrooms": 3, "adapted": True, "number": 1},
            ],
        ),
        _example(
            "temporary-places-stated.v1",
            _UTRECHT,
            "wonen",
            "2021-09-01T16:25:00+02:00",
            effectiveOn="2021-09-01",
            area="GM0344",
            accommodation="hotel",
            places=60,
        ),
        _example(
            "reception-places-stated.v1",
            _PROVINCE_OF_UTRECHT,
            "toezicht",
            "2021-10-04T09:15:00+02:00",
            effectiveOn="2021-10-01",
            area="PV26",
            places=250,
        ),
        _example(
            "ladder-step-decided.v1",
            _PROVINCE_OF_UTRECHT,
            "toezicht",
            "2022-02-01T11:30:00+01:00",
            effectiveOn="2022-02-01",
            area="GM0344",
            period="2021-II",
            rung=2,
            reason="Behind by more than the margin, and homes were not made ready in time",
        ),
        _example(
            "assessment-suspended.v1",
            _MINISTRY,
            "taakstelling",
            "2021-12-20T09:00:00+01:00",
            effectiveOn="2021-12-20",
            area="NL",
            period="2021-II",
            reason="The number was published too late to build on",
        ),
        _example(
            "inhabitants-counted.v1",
            _CBS,
            "bevolking",
            "2021-05-31T09:00:00+02:00",
            effectiveOn="2021-01-01",
            municipality="GM0344",
            on="2021-01-01",
            persons=359370,
        ),
        _example(
            "municipality-merged.v1",
            _CBS,
            "gemeenten",
            "2022-03-24T09:00:00+01:00",
            effectiveOn="2022-03-24",
            municipality="GM0457",
            into="GM0363",
            on="2022-03-24",
            personsMoved=20766,
        ),
        _example(
            "norm-set-published.v1",
            _MINISTRY,
            "normtijden",
            "2022-06-01T09:00:00+02:00",
            effectiveOn="2022-06-01",
            name="permit-12",
            source="An example: 12 weeks from the permit, of which 2 for linking and 8 for housing",
            linking=14,
            housing=56,
            departure=14,
            total=84,
            totalStarts="permit",
            validFrom="2022-07-01",
        ),
        _of(
            "event-withdrawn.v1",
            _COA,
            "tvs",
            "2021-10-12",
            _THIRD,
            withdraws="example-died",
            reason="Entered for the wrong person",
        ),
    )
)
