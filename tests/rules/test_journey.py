"""Where a permit holder stands: links, homes, housing, family, dossier, integration, postings and findings."""

from __future__ import annotations

from datetime import date

import pytest

from domain.accommodation import COUNTED
from domain.codec import parse_fact
from domain.effective import effective_events_on
from domain.facts import (
    JOURNEY_FACTS,
    AdaptedHomeNeeded,
    DossierItemCompleted,
    DossierItemLapsed,
    FamilyArrived,
    FamilyReunificationDecided,
    FamilyVisaIssued,
    GuestStayEnded,
    GuestStayStarted,
    HandoverHeld,
    HomeOffered,
    HomeReady,
    IntakeHeld,
    IntegrationDutyStarted,
    IntegrationExempted,
    IntegrationFulfilled,
    IntegrationLoanStated,
    IntegrationNoticeSent,
    IntegrationPlanEstablished,
    IntegrationTermExtended,
    IntegrationTermSet,
    InterimGoalSet,
    JourneyFact,
    Linked,
    MovedToPermanentHome,
    OfferAccepted,
    OfferRefused,
    PermitGranted,
    ReceptionPlaced,
    Recorded,
    RefusalAssessed,
    RegisteredAtAddress,
    ResidenceDocumentIssued,
)
from domain.family import Arrival, Family
from domain.field_types import PartialDate
from domain.integration import Extension, Integration, Loan, Plan
from domain.journey import Journey, fold
from domain.milestones import GuestStay, Handover, Link, Offer, Permit
from domain.period import Period
from domain.places import Places
from tests.rules.contract_facts import VALID
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    NOWHERE,
    TOWN,
    UTRECHT,
    WEESP,
    applied,
    died,
    given,
    granted,
    home_ready,
    housed,
    left,
    link_ended,
    linked,
    returned,
    said,
    withdrawn,
)

PLACES = Places.shipped()
AFTER = date(2022, 12, 31)


def journey_of(*events: Recorded, on: date = AFTER) -> Journey:
    return fold(effective_events_on(given(*events), on), PLACES)


def postings_of(*events: Recorded) -> list[tuple[str, str, int]]:
    return [(str(one.on), one.municipality, one.persons) for one in journey_of(*events).postings]


def noted(*events: Recorded) -> list[str]:
    """The ids of the events at which something was found."""
    return [finding.id for finding in journey_of(*events).findings]


# Permit, household, municipality


def test_nothing_happened_yet() -> None:
    assert journey_of() == Journey()
    assert Journey().municipality is None


def test_a_permit_holder_has_the_first_permit_in_effective_order() -> None:
    journey = journey_of(granted("2021-03-05", "family"), granted("2021-03-01", "asylum"))
    assert journey.permit is not None
    assert (journey.permit.on, journey.permit.ground) == (date(2021, 3, 1), "asylum")


def test_a_household_is_named_by_the_permit_or_the_link() -> None:
    assert journey_of(granted("2021-03-01", household="H-1")).household == "H-1"
    assert journey_of(granted("2021-03-01"), linked("2021-03-10", household="H-2")).household == "H-2"


def test_a_link_without_a_household_leaves_the_household_known() -> None:
    assert journey_of(granted("2021-03-01", household="H-1"), linked("2021-03-10")).household == "H-1"


def test_a_link_that_changes_nothing_names_the_household_all_the_same() -> None:
    once = (granted("2021-03-01"), linked("2021-03-10", household="H-1"))
    assert journey_of(*once, linked("2021-04-10", household="H-2")).household == "H-2"
    assert journey_of(*once, housed("2021-06-10"), linked("2021-07-10", AMERSFOORT, household="H-2")).household == "H-2"


def test_who_somebody_is_follows_the_newest_permit_that_says_it_and_the_permit_the_first() -> None:
    journey = journey_of(
        said("2021-03-01", PermitGranted("asylum", birth_date=date(2004, 5, 17), unaccompanied_minor=True)),
        said("2021-05-01", PermitGranted("family", birth_date=PartialDate(2003, 11), unaccompanied_minor=False)),
        said("2021-06-01", PermitGranted("family")),
    )
    assert (journey.born, journey.unaccompanied_minor) == (PartialDate(2003, 11), False)
    assert journey.permit == Permit(date(2021, 3, 1), "asylum")


def test_of_a_birth_date_no_more_than_the_month_is_kept() -> None:
    assert journey_of(said("2021-03-01", PermitGranted("asylum", birth_date=date(1990, 5, 17)))).born == (1990, 5)
    assert journey_of(said("2021-03-01", PermitGranted("asylum", birth_date=PartialDate(1990)))).born == (1990, None)


def test_reception_is_in_the_region_stated_last() -> None:
    moved = (said("2021-03-01", ReceptionPlaced("NB-LB")), said("2021-06-01", ReceptionPlaced("GR-FR-DR")))
    assert journey_of(*moved, on=date(2021, 5, 31)).region == "NB-LB"
    assert journey_of(*moved).region == "GR-FR-DR"


def test_every_need_of_an_adapted_home_has_the_day_it_was_known() -> None:
    journey = journey_of(
        said("2021-06-01", AdaptedHomeNeeded("wheelchair")), said("2021-04-01", AdaptedHomeNeeded("ground-floor"))
    )
    assert journey.adapted_needs == ((date(2021, 4, 1), "ground-floor"), (date(2021, 6, 1), "wheelchair"))


def test_a_link_says_why_it_was_made_and_why_it_ended() -> None:
    journey = journey_of(
        said("2021-03-10", Linked(UTRECHT, criteria=("work", "network"))),
        said("2021-03-20", Linked(UTRECHT, criteria=("family",))),
        linked("2021-04-10", AMERSFOORT),
        link_ended("2021-05-01"),
        linked("2021-06-01", AMSTERDAM),
    )
    assert journey.links == (
        Link(UTRECHT, date(2021, 3, 10), date(2021, 4, 10), ("work", "network"), "replaced"),
        Link(AMERSFOORT, date(2021, 4, 10), date(2021, 5, 1), (), "reassigned"),
        Link(AMSTERDAM, date(2021, 6, 1)),
    )


def test_a_journey_belongs_to_the_municipality_of_its_current_link() -> None:
    assert journey_of(linked("2021-03-10"), linked("2021-04-10", AMERSFOORT)).municipality == AMERSFOORT


def test_without_a_current_link_it_belongs_to_the_newest() -> None:
    journey = journey_of(linked("2021-03-10"), linked("2021-04-10", AMERSFOORT), link_ended("2021-05-01"))
    assert journey.current_link is None
    assert journey.municipality == AMERSFOORT


def test_without_any_link_it_belongs_where_the_permit_holder_is_housed() -> None:
    assert journey_of(granted("2021-03-01"), housed("2021-06-10", AMSTERDAM)).municipality == AMSTERDAM


def test_a_link_goes_before_the_housing_elsewhere() -> None:
    assert journey_of(linked("2021-03-10"), housed("2021-06-10", AMSTERDAM)).municipality == UTRECHT


def test_without_link_or_housing_it_belongs_to_no_municipality() -> None:
    assert journey_of(granted("2021-03-01"), home_ready("2021-06-01")).municipality is None


# What counts for the quota


def test_a_housing_counts_one_person_on_its_day() -> None:
    assert postings_of(linked("2021-03-10"), housed("2021-06-10")) == [("2021-06-10", UTRECHT, 1)]


def test_a_housing_counts_where_it_was_not_where_the_link_was() -> None:
    assert postings_of(linked("2021-03-10"), housed("2021-06-10", AMERSFOORT)) == [("2021-06-10", AMERSFOORT, 1)]


def test_a_return_takes_the_housing_back_on_its_own_day_in_the_same_municipality() -> None:
    assert postings_of(linked("2021-03-10"), housed("2021-06-10"), returned("2021-08-01")) == [
        ("2021-06-10", UTRECHT, 1),
        ("2021-08-01", UTRECHT, -1),
    ]


def test_housed_returned_and_housed_elsewhere_counts_there() -> None:
    assert postings_of(
        linked("2021-03-10"), housed("2021-06-10"), returned("2021-08-01"), housed("2021-09-01", AMERSFOORT)
    ) == [("2021-06-10", UTRECHT, 1), ("2021-08-01", UTRECHT, -1), ("2021-09-01", AMERSFOORT, 1)]


def test_a_second_housing_without_a_return_counts_nothing() -> None:
    assert postings_of(housed("2021-06-10"), housed("2021-10-01", AMERSFOORT)) == [("2021-06-10", UTRECHT, 1)]


def test_a_return_without_a_housing_counts_nothing() -> None:
    assert postings_of(linked("2021-03-10"), returned("2021-08-01")) == []


def test_a_second_return_counts_nothing() -> None:
    assert len(postings_of(housed("2021-06-10"), returned("2021-08-01"), returned("2021-08-02"))) == 2


def test_the_accommodation_of_the_housing_is_taken_back_with_it() -> None:
    postings = journey_of(housed("2021-06-10", accommodation="hotel"), returned("2021-08-01")).postings
    assert [(one.accommodation, one.persons) for one in postings] == [("hotel", 1), ("hotel", -1)]


def test_a_guest_stay_is_no_housing() -> None:
    journey = journey_of(linked("2021-03-10"), said("2021-04-01", GuestStayStarted()))
    assert (journey.housing, journey.postings) == (None, ())
    assert journey.guest_since == date(2021, 4, 1)


def test_a_kind_of_accommodation_that_does_not_count_is_no_housing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.journey.COUNTED", COUNTED - {"hotel"})
    stay = (
        granted("2021-01-01"),
        said("2021-01-20", HomeReady(UTRECHT, "hotel")),
        housed("2021-02-01", accommodation="hotel"),
    )
    there = journey_of(*stay)
    assert (there.homes, there.housing, there.postings) == ((), None, ())
    assert postings_of(*stay, returned("2021-03-01")) == []
    assert postings_of(*stay, housed("2021-04-01", AMERSFOORT)) == [("2021-04-01", AMERSFOORT, 1)]


def test_a_death_after_the_housing_leaves_it_counted() -> None:
    assert postings_of(housed("2021-06-10"), died("2021-07-01")) == [("2021-06-10", UTRECHT, 1)]


def test_a_withdrawn_housing_counts_nothing_and_a_withdrawn_return_leaves_it() -> None:
    assert postings_of(housed("2021-06-10", id="h"), withdrawn("h")) == []
    assert postings_of(housed("2021-06-10"), returned("2021-08-01", id="r"), withdrawn("r")) == [
        ("2021-06-10", UTRECHT, 1)
    ]


def test_when_the_first_of_two_housings_is_withdrawn_the_second_counts() -> None:
    assert postings_of(housed("2021-06-10", id="h"), housed("2021-10-01", AMERSFOORT), withdrawn("h")) == [
        ("2021-10-01", AMERSFOORT, 1)
    ]


def test_a_corrected_municipality_counts_there_alone() -> None:
    assert postings_of(
        housed("2021-06-10", id="h"), housed("2021-06-10", AMERSFOORT, at="2021-07-01T09:00:00Z", corrects="h")
    ) == [("2021-06-10", AMERSFOORT, 1)]


# Family, dossier, refusals, integration


def test_family_applied_decided_and_arrived_is_counted_in_persons() -> None:
    journey = journey_of(
        applied("2021-04-01", 4),
        said("2021-07-01", FamilyReunificationDecided(3, 1)),
        said("2021-10-01", FamilyArrived(2)),
    )
    decided, arrived = date(2021, 7, 1), (Arrival(date(2021, 10, 1), 2),)
    assert journey.family == Family(date(2021, 4, 1), 4, decided, 3, 1, 2, granted_on=decided, arrivals=arrived)


def test_what_family_waits_for_is_in_persons_and_never_below_nought() -> None:
    decided = (applied("2021-04-01", 4), said("2021-07-01", FamilyReunificationDecided(2, 1)))
    assert (journey_of(*decided).family.undecided, journey_of(*decided).family.awaited) == (1, 2)
    more = journey_of(
        *decided, said("2021-08-01", FamilyReunificationDecided(0, 3)), said("2021-09-01", FamilyArrived(3))
    )
    assert (more.family.undecided, more.family.awaited) == (0, 0)
    assert (more.family.decided_on, more.family.granted_on) == (date(2021, 8, 1), date(2021, 7, 1))


def test_visas_add_up_and_family_arrives_straight_into_the_home_by_way_of_reception_or_unstated() -> None:
    family = journey_of(
        said("2021-08-01", FamilyVisaIssued(2, date(2021, 10, 29))),
        said("2021-09-01", FamilyVisaIssued(3)),
        said("2021-10-01", FamilyArrived(1, direct=True)),
        said("2021-10-02", FamilyArrived(2, direct=False)),
        said("2021-10-03", FamilyArrived(4)),
    ).family
    assert (family.visas, family.visa_on) == (5, date(2021, 9, 1))
    assert (family.arrived, family.arrived_direct, family.arrived_through_reception) == (7, 1, 2)


def test_an_item_of_the_dossier_is_there_from_its_day_until_it_lapses() -> None:
    events = (said("2021-04-01", DossierItemCompleted("iban")), said("2021-06-01", DossierItemLapsed("iban")))
    assert journey_of(*events, on=date(2021, 5, 31)).dossier == (("iban", date(2021, 4, 1)),)
    assert journey_of(*events, on=date(2021, 6, 1)).dossier == ()


def test_an_item_completed_again_after_it_lapsed_is_there_again() -> None:
    journey = journey_of(
        said("2021-04-01", DossierItemCompleted("iban")),
        said("2021-06-01", DossierItemLapsed("iban")),
        said("2021-07-01", DossierItemCompleted("iban")),
        said("2021-07-02", DossierItemCompleted("bsn")),
    )
    assert dict(journey.dossier) == {"iban": date(2021, 7, 1), "bsn": date(2021, 7, 2)}


def test_a_refusal_is_judged_by_the_assessment_after_it() -> None:
    journey = journey_of(
        said("2021-04-01", OfferRefused(UTRECHT, "too small")), said("2021-04-09", RefusalAssessed(True))
    )
    (refusal,) = journey.refusals
    assert (refusal.on, refusal.municipality) == (date(2021, 4, 1), UTRECHT)
    assert (refusal.assessed_on, refusal.justified) == (date(2021, 4, 9), True)


def test_a_refusal_judged_unjustified_is_not_one_that_was_never_judged() -> None:
    judged = journey_of(
        said("2021-04-01", OfferRefused(UTRECHT, "too small")), said("2021-04-09", RefusalAssessed(False))
    )
    open_still = journey_of(said("2021-04-01", OfferRefused(UTRECHT, "too small")))
    assert judged.refusals[0].justified is False
    assert open_still.refusals[0].justified is None


def test_an_assessment_is_of_the_newest_refusal_before_it_and_of_several_the_newest_counts() -> None:
    journey = journey_of(
        said("2021-04-01", OfferRefused(UTRECHT, "too small", "size")),
        said("2021-04-20", OfferRefused(UTRECHT, "too far")),
        said("2021-04-22", HomeOffered(UTRECHT, "regular")),
        said("2021-04-25", RefusalAssessed(True)),
        said("2021-05-03", RefusalAssessed(False), id="again"),
        said("2021-05-10", OfferAccepted(UTRECHT, "regular")),
    )
    assert journey.offers == (
        Offer("refused", date(2021, 4, 1), UTRECHT, "size"),
        Offer("refused", date(2021, 4, 20), UTRECHT, None, date(2021, 4, 25), False),
        Offer("offered", date(2021, 4, 22), UTRECHT),
        Offer("accepted", date(2021, 5, 10), UTRECHT),
    )
    assert journey.refusals == journey.offers[:2]
    assert [(found.code, found.id) for found in journey.findings] == [("refusal-assessed-again", "again")]


def test_integration_runs_from_duty_to_plan() -> None:
    journey = journey_of(
        said("2022-01-10", IntegrationDutyStarted("wi2021")),
        said("2022-02-10", IntakeHeld(UTRECHT)),
        said("2022-03-10", IntegrationPlanEstablished(UTRECHT, "b1")),
    )
    assert journey.integration == Integration(
        date(2022, 1, 10),
        "wi2021",
        date(2022, 2, 10),
        date(2022, 3, 10),
        "b1",
        first_intake_on=date(2022, 2, 10),
        first_plan=Plan(date(2022, 3, 10), "b1"),
    )


def test_the_first_notice_and_plan_of_integration_are_kept_and_the_newest_of_the_rest() -> None:
    integration = journey_of(
        said("2022-01-10", IntegrationNoticeSent()),
        said("2022-02-10", IntegrationNoticeSent()),
        said("2022-03-10", IntegrationPlanEstablished(UTRECHT, "b1")),
        said("2022-09-10", IntegrationPlanEstablished(UTRECHT, "self-reliance")),
        said("2022-04-01", IntegrationLoanStated(10000, 0)),
        said("2022-10-01", IntegrationLoanStated(10000, 7600)),
        said("2022-05-01", IntegrationExempted("full")),
        said("2022-06-01", IntegrationExempted("part")),
        said("2022-11-01", IntegrationFulfilled("diploma")),
        said("2022-12-01", IntegrationFulfilled("dispensation")),
    ).integration
    assert integration.notice_on == date(2022, 1, 10)
    assert integration.first_plan == Plan(date(2022, 3, 10), "b1")
    assert (integration.plan_on, integration.route) == (date(2022, 9, 10), "self-reliance")
    assert (integration.loan, integration.exempted) == (Loan(10000, 7600), "part")
    assert (integration.fulfilled_on, integration.fulfilled_how) == (date(2022, 11, 1), "dispensation")


def test_the_term_ends_on_the_day_that_was_set_or_extended_to_last() -> None:
    told = (
        said("2022-01-10", IntegrationTermSet(date(2025, 1, 10))),
        said("2022-03-10", IntegrationTermExtended(date(2025, 7, 10), "no-blame")),
        said("2022-05-10", IntegrationTermExtended(date(2027, 1, 10), "after-fine")),
    )
    assert journey_of(*told, on=date(2022, 3, 9)).integration.term_ends_on == date(2025, 1, 10)
    assert journey_of(*told).integration.term_ends_on == date(2027, 1, 10)
    assert journey_of(*told).integration.extensions == (
        Extension(date(2025, 7, 10), "no-blame"),
        Extension(date(2027, 1, 10), "after-fine"),
    )
    anew = (*told, said("2022-06-10", IntegrationTermSet(date(2025, 3, 1))))
    assert journey_of(*anew).integration.term_ends_on == date(2025, 3, 1)


def test_who_is_registered_at_an_address_is_so_from_the_first_time_on() -> None:
    journey = journey_of(
        said("2021-07-01", RegisteredAtAddress(UTRECHT)), said("2021-06-14", RegisteredAtAddress(AMERSFOORT))
    )
    assert journey.registered_on == date(2021, 6, 14)


def test_every_handover_is_kept_by_whomever_it_was_held() -> None:
    journey = journey_of(
        said("2021-05-20", HandoverHeld(UTRECHT, "written"), source=TOWN),
        said("2021-05-31", HandoverHeld(UTRECHT, "warm")),
    )
    assert journey.handovers == (
        Handover(date(2021, 5, 20), UTRECHT, "written"),
        Handover(date(2021, 5, 31), UTRECHT, "warm"),
    )


def test_a_handover_or_registration_in_a_municipality_that_is_not_there_is_a_finding() -> None:
    assert noted(said("2021-05-20", HandoverHeld(NOWHERE, "warm"), id="odd")) == ["odd"]
    assert noted(said("2022-05-20", RegisteredAtAddress(WEESP), id="odd")) == ["odd"]


def test_the_residence_document_and_the_permanent_home_have_their_days() -> None:
    journey = journey_of(
        said("2021-04-01", ResidenceDocumentIssued()),
        linked("2021-04-02"),
        housed("2021-06-10", accommodation="hotel"),
        said("2021-09-01", MovedToPermanentHome(UTRECHT)),
    )
    assert (journey.document_on, journey.permanent_home_on) == (date(2021, 4, 1), date(2021, 9, 1))


# Findings


@pytest.mark.parametrize("shape", JOURNEY_FACTS, ids=lambda shape: shape.TOPIC)
def test_every_fact_of_a_journey_has_its_step(shape: type[JourneyFact]) -> None:
    fact, faults = parse_fact(shape, VALID[shape.TOPIC])
    assert faults == []
    assert "not-of-a-journey" not in [found.code for found in journey_of(said("2021-04-01", fact)).findings]
    assert [found.code for found in journey_of(said("2021-04-01", InterimGoalSet(Period(2021, 1), 5))).findings] == [
        "not-of-a-journey"
    ]


@pytest.mark.parametrize(
    "events",
    [
        (linked("2021-03-10"), linked("2021-04-10", id="odd")),
        (linked("2021-03-10"), housed("2021-06-10"), linked("2021-07-10", AMERSFOORT, id="odd")),
        (housed("2021-06-10"), housed("2021-07-10", id="odd")),
        (linked("2021-03-10", NOWHERE, id="odd"),),
        (linked("2022-04-10", WEESP, id="odd"),),
        (linked("2021-03-10"), link_ended("2021-04-01"), link_ended("2021-04-02", id="odd")),
        (linked("2021-03-10"), returned("2021-04-01", id="odd")),
    ],
    ids=[
        "linked again",
        "linked after the housing",
        "housed twice",
        "a municipality that never was",
        "a municipality that is no more",
        "a link ended twice",
        "returned without a housing",
    ],
)
def test_what_contradicts_is_a_finding_at_its_event_and_not_refused(events: tuple[Recorded, ...]) -> None:
    assert noted(*events) == ["odd"]


def test_an_event_for_a_municipality_that_is_no_more_counts_all_the_same() -> None:
    assert postings_of(housed("2022-04-10", WEESP)) == [("2022-04-10", WEESP, 1)]


def test_an_event_for_a_municipality_on_its_last_day_is_no_finding() -> None:
    assert noted(linked("2022-03-23", WEESP)) == []
    assert noted(linked("2022-03-24", WEESP, id="odd")) == ["odd"]


@pytest.mark.parametrize(
    "ordinary",
    [
        said("2021-04-01", HomeOffered(UTRECHT, "regular")),
        said("2021-04-01", OfferAccepted(UTRECHT, "regular")),
        said("2021-04-01", ResidenceDocumentIssued()),
        said("2021-04-01", DossierItemCompleted("bsn")),
        said("2021-04-01", GuestStayStarted()),
        applied("2021-04-01"),
        left("2021-04-01"),
        died("2021-04-01"),
    ],
    ids=lambda event: event.fact.TOPIC,
)
def test_what_ordinarily_happens_is_no_finding(ordinary: Recorded) -> None:
    assert noted(granted("2021-03-01"), linked("2021-03-10"), ordinary) == []


def test_a_guest_stay_that_ended_is_over() -> None:
    journey = journey_of(said("2021-04-01", GuestStayStarted()), said("2021-06-01", GuestStayEnded()))
    assert (journey.guest_since, journey.findings) == (None, ())


def test_a_housing_that_counts_ends_the_guest_stay_also_when_it_is_undone() -> None:
    stay = (said("2021-04-01", GuestStayStarted(date(2021, 6, 30))), housed("2021-06-10"))
    assert journey_of(*stay, on=date(2021, 6, 9)).guest_stay == GuestStay(date(2021, 4, 1), date(2021, 6, 30))
    assert journey_of(*stay).guest_since is None
    assert journey_of(*stay, returned("2021-08-01")).guest_since is None
    assert noted(*stay, said("2021-06-11", GuestStayEnded())) == []
    assert journey_of(*stay, said("2021-08-02", GuestStayStarted())).guest_since == date(2021, 8, 2)


def test_a_second_housing_that_does_not_count_ends_no_guest_stay() -> None:
    twice = (housed("2021-06-10"), said("2021-07-01", GuestStayStarted()), housed("2021-08-01"))
    assert journey_of(*twice).guest_since == date(2021, 7, 1)


def test_a_withdrawn_contradiction_is_no_finding_any_more() -> None:
    assert noted(housed("2021-06-10"), housed("2021-07-10", id="odd"), withdrawn("odd")) == []


def test_a_finding_is_not_seen_before_its_day() -> None:
    events = (housed("2021-06-10"), housed("2021-07-10", id="odd"))
    assert journey_of(*events, on=date(2021, 7, 9)).findings == ()
