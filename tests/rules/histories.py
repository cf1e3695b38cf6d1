"""Histories for tests: events in a few words with literal values, and random histories of one journey.

`given(granted("2021-03-01"), linked("2021-03-10", "GM0344"))` is a log of one journey in the order of arrival. Each
event's sender, id and time follow from what is said unless a test says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, partial
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from domain.authority import AUTHORITY
from domain.codec import parse_fact
from domain.facts import (
    AREA_FACTS,
    FACTS,
    JOURNEY_FACTS,
    PERIOD_FACTS,
    REFERENCE_FACTS,
    Died,
    DossierItemCompleted,
    DossierItemLapsed,
    EventWithdrawn,
    Fact,
    FamilyReunificationApplied,
    HomeOffered,
    HomeReady,
    Housed,
    LeftUnknownDestination,
    Linked,
    LinkEnded,
    OfferAccepted,
    OfferRefused,
    PermitEnded,
    PermitGranted,
    Recorded,
    RefusalAssessed,
    ReturnedToReception,
)

UTRECHT, AMERSFOORT, AMSTERDAM = "GM0344", "GM0307", "GM0363"
WEESP = "GM0457"  # went into Amsterdam on 24 March 2022
HAAREN = "GM0788"  # was split over four on 1 January 2021
NOWHERE = "GM9999"  # no municipality

IND = "urn:nld:oin:00000099000000001000:systeem:indigo"
COA = "urn:nld:oin:00000099000000002000:systeem:tvs"
DUO = "urn:nld:oin:00000099000000003000:systeem:inburgering"
TOWN = "urn:nld:oin:00000099100000344000:systeem:wonen"
SOURCES = {"ind": IND, "coa": COA, "duo": DUO, "municipality": TOWN}

STREAM = UUID("5d1f6c1e-7a0b-5c3e-9a44-0c7e5f1a2b3d")
_RECORDED_FROM = datetime(2026, 1, 1, tzinfo=UTC)


def said(
    on: str | date,
    fact: Fact,
    *,
    id: str = "",  # noqa: A002 - as the envelope names it
    at: str = "",
    source: str = "",
    corrects: str | None = None,
    corrects_source: str | None = None,
) -> Recorded:
    """One event of a journey: what held on a day, sent by whoever has the authority at noon (UTC) of that day, or `at`
    another instant; it gets its id and place in the log from `given`."""
    day = date.fromisoformat(on) if isinstance(on, str) else on
    sent_at = datetime.fromisoformat(at) if at else datetime.combine(day, time(12), UTC)
    kinds = AUTHORITY[fact.TOPIC] or ("coa",)
    return Recorded(
        fact=fact,
        stream=STREAM,
        position=0,
        version=0,
        source=source or SOURCES.get(kinds[0], COA),
        id=id,
        sent_at=sent_at,
        recorded_at=_RECORDED_FROM,
        recorded_by=(source or SOURCES.get(kinds[0], COA)).split(":")[3],
        effective_on=day,
        corrects=corrects,
        corrects_source=corrects_source,
    )


def given(*events: Recorded) -> list[Recorded]:
    """The log of one journey, the events in the order in which they arrived; an event without an id is told apart by
    its place (`e1`, `e2`, ...)."""
    return [
        event._replace(
            id=event.id or f"e{place}",
            position=place,
            version=place,
            recorded_at=_RECORDED_FROM + timedelta(seconds=place),
        )
        for place, event in enumerate(events, 1)
    ]


def arriving(events: Iterable[Recorded]) -> list[Recorded]:
    """The same events, arriving in this order."""
    return given(*events)


def granted(on: str | date, ground: str = "asylum", household: str | None = None, **envelope: Any) -> Recorded:
    return said(on, PermitGranted(ground, household), **envelope)  # type: ignore[arg-type]


def permit_ended(on: str, **envelope: Any) -> Recorded:
    return said(on, PermitEnded("withdrawn"), **envelope)


def linked(on: str | date, municipality: str = UTRECHT, household: str | None = None, **envelope: Any) -> Recorded:
    return said(on, Linked(municipality, household), **envelope)


def link_ended(on: str | date, **envelope: Any) -> Recorded:
    return said(on, LinkEnded("reassigned"), **envelope)


def home_ready(on: str | date, municipality: str = UTRECHT, **envelope: Any) -> Recorded:
    return said(on, HomeReady(municipality, "regular"), **envelope)


def housed(on: str | date, municipality: str = UTRECHT, accommodation: str = "regular", **envelope: Any) -> Recorded:
    return said(on, Housed(municipality, accommodation), **envelope)  # type: ignore[arg-type]


def returned(on: str | date, **envelope: Any) -> Recorded:
    return said(on, ReturnedToReception(), **envelope)


def left(on: str, **envelope: Any) -> Recorded:
    return said(on, LeftUnknownDestination(), **envelope)


def died(on: str, **envelope: Any) -> Recorded:
    return said(on, Died(), **envelope)


def applied(on: str, persons: int = 2, **envelope: Any) -> Recorded:
    return said(on, FamilyReunificationApplied(persons), **envelope)


def completed(on: str | date, *items: str, **envelope: Any) -> list[Recorded]:
    """Items of the file, complete on a day."""
    return [said(on, DossierItemCompleted(item), **envelope) for item in items]  # type: ignore[arg-type]


def lapsed(on: str, item: str, **envelope: Any) -> Recorded:
    return said(on, DossierItemLapsed(item), **envelope)  # type: ignore[arg-type]


def offered(on: str | date, municipality: str = UTRECHT, **envelope: Any) -> Recorded:
    return said(on, HomeOffered(municipality, "regular"), **envelope)


def accepted(on: str | date, municipality: str = UTRECHT, **envelope: Any) -> Recorded:
    return said(on, OfferAccepted(municipality, "regular"), **envelope)


def refused(on: str | date, municipality: str = UTRECHT, reason: str | None = None, **envelope: Any) -> Recorded:
    return said(on, OfferRefused(municipality, "no lift", reason), **envelope)  # type: ignore[arg-type]


def assessed(on: str | date, *, justified: bool, **envelope: Any) -> Recorded:
    return said(on, RefusalAssessed(justified), **envelope)


def withdrawn(withdraws: str, on: str = "2026-06-01", **envelope: Any) -> Recorded:
    return said(on, EventWithdrawn(withdraws, "entered for the wrong person"), **envelope)


# What the contract's section 3 lets senders post, as JSON, written from its tables and not from the code.

_ACCOMMODATION = st.sampled_from(
    ["regular", "intermediate", "transit-home", "transit-location", "hotel", "gva", "minor-unit", "with-family"]
)
_ITEM = st.sampled_from(
    [
        *("bsn", "identity-document", "iban", "brp-registration", "household-composition", "adapted-home-need"),
        *("medical", "client-profile", "health-insurance", "digid", "income"),
    ]
)
_MUNICIPALITY = st.sampled_from([UTRECHT, UTRECHT, AMERSFOORT, AMSTERDAM, WEESP, HAAREN, NOWHERE])
_PERSONS, _SOME_PERSONS = st.integers(0, 12), st.integers(1, 12)
_BEDROOMS, _EUROS = st.integers(0, 20), st.integers(0, 10_000)
_KEY = st.sampled_from(["H-88121", "H-88122", "huishouden/7"])
_TEXT = st.sampled_from(["te klein", "no lift, fourth floor", "Entered twice."])
_V_NUMBER = st.integers(0, 10**10 - 1).map("{:010d}".format)
#: Of nobody in a log of the tests, which counts its permit holders from one: none is made the same person by chance.
_NUMBER_OF_NOBODY = st.integers(5 * 10**9, 10**10 - 1).map(str)
_DAY = st.dates(date(1930, 1, 1), date(2026, 12, 31)).map(date.isoformat)
#: Of many permit holders no more is known than the year, or the month.
_BIRTH_DATE = _DAY | _DAY.map(lambda day: day[:7]) | _DAY.map(lambda day: day[:4])
_PERIOD = st.builds("{}-{}".format, st.integers(2019, 2026), st.sampled_from(["I", "II"]))
_MONTH = st.builds("{}-{:02}".format, st.integers(2019, 2026), st.integers(1, 12))
_HOMES = st.lists(
    st.fixed_dictionaries({"bedrooms": st.integers(0, 6), "adapted": st.booleans(), "number": st.integers(0, 9)}),
    max_size=4,
    unique_by=lambda homes: (homes["bedrooms"], homes["adapted"]),
)


def _object(
    required: Mapping[str, st.SearchStrategy[Any]], optional: Mapping[str, st.SearchStrategy[Any]] | None = None
) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(dict(required), optional=dict(optional or {}))


def _transfers() -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.integers(1, 40).map(
        lambda persons: [
            {"municipality": UTRECHT, "persons": persons},
            {"municipality": AMERSFOORT, "persons": -persons},
        ]
    )


#: Topic to the data that the contract allows for it, `effectiveOn` and `corrects` left out.
DATA: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "permit-granted.v1": _object(
        {"ground": st.sampled_from(["asylum", "resettlement"])},
        {"household": _KEY, "birthDate": _BIRTH_DATE, "unaccompaniedMinor": st.booleans()},
    )
    | _object(
        {"ground": st.just("family")},
        {"household": _KEY, "birthDate": _BIRTH_DATE, "unaccompaniedMinor": st.booleans(), "referent": _V_NUMBER},
    ),
    "permit-ended.v1": _object({"reason": st.sampled_from(["withdrawn", "expired", "naturalised"])}),
    "residence-document-issued.v1": _object({}),
    "family-reunification-applied.v1": _object({"persons": _SOME_PERSONS}),
    "family-reunification-decided.v1": _object({"granted": _PERSONS, "refused": _PERSONS}),
    "family-arrived.v1": _object({"persons": _SOME_PERSONS}, {"direct": st.booleans()}),
    "linked.v1": _object(
        {"municipality": _MUNICIPALITY},
        {
            "household": _KEY,
            "criteria": st.lists(st.sampled_from(["work", "education", "family", "medical", "network"]), unique=True),
        },
    ),
    "link-ended.v1": _object(
        {
            "reason": st.sampled_from(
                ["reassigned", "found-own-home", "moved-in-with-family", "departed", "permit-ended", "other"]
            )
        }
    ),
    "dossier-item-completed.v1": _object({"item": _ITEM}),
    "dossier-item-lapsed.v1": _object({"item": _ITEM}),
    "home-offered.v1": _object(
        {"municipality": _MUNICIPALITY, "accommodation": _ACCOMMODATION}, {"bedrooms": _BEDROOMS}
    ),
    "offer-accepted.v1": _object({"municipality": _MUNICIPALITY, "accommodation": _ACCOMMODATION}),
    "offer-refused.v1": _object(
        {"municipality": _MUNICIPALITY, "reason": _TEXT},
        {
            "reasonCode": st.sampled_from(
                [
                    *("distance", "size", "condition", "neighbourhood", "work-or-education"),
                    *("family", "medical", "rent", "other"),
                ]
            )
        },
    ),
    "refusal-assessed.v1": _object({"justified": st.booleans()}),
    "home-ready.v1": _object(
        {"municipality": _MUNICIPALITY, "accommodation": _ACCOMMODATION}, {"bedrooms": _BEDROOMS, "until": _DAY}
    ),
    "housed.v1": _object({"municipality": _MUNICIPALITY, "accommodation": _ACCOMMODATION}, {"until": _DAY}),
    "returned-to-reception.v1": _object({}),
    "moved-to-permanent-home.v1": _object({"municipality": _MUNICIPALITY}),
    "guest-stay-started.v1": _object({}, {"until": _DAY}),
    "guest-stay-ended.v1": _object({}),
    "left-unknown-destination.v1": _object({}),
    "died.v1": _object({}),
    "integration-duty-started.v1": _object({"law": st.sampled_from(["wi2013", "wi2021"])}),
    "intake-held.v1": _object({"municipality": _MUNICIPALITY}),
    "integration-plan-established.v1": _object(
        {"municipality": _MUNICIPALITY, "route": st.sampled_from(["b1", "education", "self-reliance"])}
    ),
    "v-number-replaced.v1": _object({"replaces": _NUMBER_OF_NOBODY}),
    "fact-doubted.v1": _object(
        {"doubts": st.sampled_from(["e0", "e1", "e3"]), "doubtsSource": st.sampled_from([COA, IND]), "reason": _TEXT}
    ),
    "doubt-answered.v1": _object(
        {
            "doubt": st.sampled_from(["e0", "e1", "e3"]),
            "doubtSource": st.sampled_from([COA, IND]),
            "upheld": st.booleans(),
        },
        {"reason": _TEXT},
    ),
    "adapted-home-needed.v1": _object({"kind": st.sampled_from(["wheelchair", "ground-floor", "other"])}),
    "reception-placed.v1": _object({"region": st.sampled_from(["GR-FR-DR", "OV-GLD", "FL-UT-NH", "ZH-ZL", "NB-LB"])}),
    "family-visa-issued.v1": _object({"persons": _SOME_PERSONS}, {"validUntil": _DAY}),
    "registered-at-address.v1": _object({"municipality": _MUNICIPALITY}),
    "handover-held.v1": _object({"municipality": _MUNICIPALITY, "form": st.sampled_from(["warm", "written"])}),
    "integration-notice-sent.v1": _object({}),
    "integration-term-set.v1": _object({"endsOn": _DAY}),
    "integration-term-extended.v1": _object(
        {"endsOn": _DAY, "ground": st.sampled_from(["after-fine", "no-blame", "literacy", "other"])}
    ),
    "integration-loan-stated.v1": _object({"granted": _EUROS, "used": _EUROS}),
    "integration-exempted.v1": _object({"extent": st.sampled_from(["full", "part"])}),
    "integration-fulfilled.v1": _object(
        {"how": st.sampled_from(["diploma", "exemption", "dispensation", "self-reliance"])}
    ),
    "fine-imposed.v1": _object({"amount": _EUROS, "for": st.sampled_from(["term", "participation", "route"])}),
    "fine-cancelled.v1": _object({"fine": st.sampled_from(["e0", "e1", "e3"])}),
    "quota-forecast.v1": _object({"period": _PERIOD, "persons": _PERSONS}, {"resettlement": _PERSONS}),
    "quota-published.v1": _object(
        {"period": _PERIOD, "persons": _PERSONS}, {"reference": st.just("Stcrt. 2021, 1"), "resettlement": _PERSONS}
    ),
    "quota-revised.v1": _object({"period": _PERIOD, "persons": _PERSONS}, {"reason": _TEXT}),
    "municipal-quota-published.v1": _object({"period": _PERIOD, "municipality": _MUNICIPALITY, "persons": _PERSONS}),
    "opening-balance-recorded.v1": _object(
        {"period": _PERIOD, "municipality": _MUNICIPALITY, "persons": st.integers(-50, 50)}
    ),
    "quota-transferred.v1": _object(
        {"period": _PERIOD, "transfers": _transfers()},
        {"decisions": st.lists(st.fixed_dictionaries({"municipality": _MUNICIPALITY, "on": _DAY}), min_size=1)},
    ),
    "interim-goal-set.v1": _object({"period": _PERIOD, "reduction": _PERSONS}),
    "figure-published.v1": _object(
        {
            "period": _PERIOD,
            "figure": st.sampled_from(["quota", "openingBalance", "realised", "remaining", "backlog"]),
            "of": st.sampled_from(["NL", "PV26", "PV31", UTRECHT, WEESP]),
            "on": _DAY,
            "persons": st.integers(-50, 50),
        },
        {"reference": _TEXT},
    ),
    "permits-forecast-published.v1": _object(
        {"area": st.just("NL"), "from": _DAY, "to": st.just("2026-12-31"), "persons": _PERSONS}
    ),
    "links-announced.v1": _object(
        {"area": _MUNICIPALITY, "month": _MONTH, "persons": _PERSONS},
        {
            "households": _PERSONS,
            "children": st.fixed_dictionaries({}, optional=dict.fromkeys(["0-3", "4-11", "12-15", "16-17"], _PERSONS)),
        },
    ),
    "homes-stated.v1": _object({"area": _MUNICIPALITY, "homes": _HOMES}),
    "temporary-places-stated.v1": _object(
        {
            "area": _MUNICIPALITY,
            "accommodation": st.sampled_from(["intermediate", "transit-home", "transit-location", "hotel", "gva"]),
            "places": _PERSONS,
        }
    ),
    "reception-places-stated.v1": _object({"area": st.sampled_from(["PV20", "PV26", "PV31"]), "places": _PERSONS}),
    "ladder-step-decided.v1": _object(
        {"area": _MUNICIPALITY, "period": _PERIOD, "rung": st.integers(0, 6), "reason": _TEXT}
    ),
    "assessment-suspended.v1": _object(
        {"area": st.sampled_from(["NL", "PV26", UTRECHT, WEESP]), "period": _PERIOD}, {"reason": _TEXT}
    ),
    "inhabitants-counted.v1": _object({"municipality": _MUNICIPALITY, "on": _DAY, "persons": _PERSONS}),
    "municipality-merged.v1": _object(
        {"municipality": _MUNICIPALITY, "into": _MUNICIPALITY, "on": _DAY},
        {"personsMoved": _PERSONS, "name": st.just("Nieuwstad"), "province": st.just("PV26")},
    ),
    "norm-set-published.v1": _object(
        {
            "name": st.sampled_from(["permit-12", "link-16"]),
            "source": _TEXT,
            **dict.fromkeys(["linking", "housing", "departure", "total"], st.integers(0, 100)),
            "totalStarts": st.sampled_from(["permit", "link"]),
            "validFrom": _DAY,
        }
    ),
    "event-withdrawn.v1": _object({"withdraws": st.sampled_from(["tvs-2021-000417", "a/b"]), "reason": _TEXT}),
}


def fact_of(topic: str, data: dict[str, Any]) -> Fact:
    """The fact that this data states."""
    fact, faults = parse_fact(FACTS[topic], data)
    assert not faults, faults
    return fact


#: Made once: a strategy made for every draw is looked through for every draw.
_FACT = {topic: data.map(partial(fact_of, topic)) for topic, data in DATA.items()}


def facts(*topics: str) -> st.SearchStrategy[Fact]:
    """Any fact of these topics."""
    return st.sampled_from(topics).flatmap(_FACT.__getitem__)


_BOUNDARIES = (
    *("permit-granted.v1", "linked.v1", "linked.v1", "link-ended.v1", "home-ready.v1", "housed.v1"),
    *("returned-to-reception.v1", "permit-ended.v1", "left-unknown-destination.v1", "died.v1"),
)
_EVERY = tuple(shape.TOPIC for shape in JOURNEY_FACTS)

#: Mostly what bounds phases, now and then anything that can be said of a journey.
journey_facts = st.one_of(facts(*_BOUNDARIES), facts(*_BOUNDARIES), facts(*_EVERY))
#: Anything that can be said of a half-year, of an area, and of the municipalities.
period_facts = facts(*(shape.TOPIC for shape in PERIOD_FACTS))
area_facts = facts(*(shape.TOPIC for shape in AREA_FACTS))
reference_facts = facts(*(shape.TOPIC for shape in REFERENCE_FACTS))

FIRST_DAY = date(2022, 3, 1)  # Weesp went into Amsterdam on the 24th of that month
LAST_DAY = FIRST_DAY + timedelta(days=45)
#: Days of one spring, few enough for events of one day to be common.
days = st.integers(0, 45).map(lambda after: FIRST_DAY + timedelta(days=after))
_instants = st.integers(0, 6).map(lambda hours: datetime(2022, 6, 1, tzinfo=UTC) + timedelta(hours=hours))
_sources = st.sampled_from([COA, COA, COA, IND])


@st.composite
def plain_histories(
    draw: st.DrawFn, least: int = 0, most: int = 10, of: st.SearchStrategy[Fact] = journey_facts
) -> list[Recorded]:
    """A journey, or whatever these facts are of, in which nothing was ever corrected or withdrawn."""
    drawn = draw(st.lists(st.tuples(of, days, _instants, _sources), min_size=least, max_size=most))
    return given(
        *[
            said(on, fact, id=f"e{place}", source=source)._replace(sent_at=sent_at)
            for place, (fact, on, sent_at, source) in enumerate(drawn)
        ]
    )


_milestones = st.sampled_from([home_ready, home_ready, housed, housed, returned, linked, link_ended])


@st.composite
def crossing_histories(draw: st.DrawFn) -> list[Recorded]:
    """A permit, a link and what bounds the phases after these, in one municipality but on any days."""
    rest = draw(st.lists(st.tuples(_milestones, days), min_size=2, max_size=6))
    return given(granted(draw(days)), linked(draw(days)), *[milestone(on) for milestone, on in rest])


_HOW = st.sampled_from(["says", "says", "says", "corrects", "withdraws", "corrects-a-withdrawal"])
_CORRECTS_SOURCE = st.sampled_from([None, None, None, COA, IND])


@cache
def _ids(size: int) -> st.SearchStrategy[str]:
    """Any event may name any other, itself and one that never comes ("e-never")."""
    return st.sampled_from([*(f"e{place}" for place in range(size)), "e-never"])


@st.composite
def histories(
    draw: st.DrawFn, least: int = 0, most: int = 12, of: st.SearchStrategy[Fact] = journey_facts
) -> list[Recorded]:
    """A journey, or whatever these facts are of, with anything a log can hold: corrections of corrections and in rings,
    withdrawals of withdrawals and in rings, of events that come later or never, across sources, events of one day and
    of one instant."""
    size = draw(st.integers(least, most))
    ids = _ids(size)
    events = []
    for place in range(size):
        how = draw(_HOW)
        withdraws = how in ("withdraws", "corrects-a-withdrawal")
        fact: Fact = EventWithdrawn(draw(ids), "mixed up") if withdraws else draw(of)
        corrects = draw(ids) if how in ("corrects", "corrects-a-withdrawal") else None
        corrects_source = draw(_CORRECTS_SOURCE) if corrects else None
        event = said(
            draw(days),
            fact,
            id=f"e{place}",
            source=draw(_sources),
            corrects=corrects,
            corrects_source=corrects_source,
        )
        events.append(event._replace(sent_at=draw(_instants)))
    return given(*events)


def without_arrival(event: Recorded) -> tuple[Any, ...]:
    """What an event says, apart from when it arrived."""
    return event._replace(position=0, version=0, recorded_at=_RECORDED_FROM)


def known_by(history: Iterable[Recorded], position: int) -> list[Recorded]:
    """The events known at a log position."""
    return [event for event in history if event.position <= position]
