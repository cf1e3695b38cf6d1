"""The national scenario: repeatable, admitted as it says it is, and exact where figures were published."""

from __future__ import annotations

import io
from collections import Counter
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from domain.codec import fields_of
from domain.effective import Finding, effective_events_on
from domain.facts import (
    AREA_FACTS,
    FACTS,
    AssessmentSuspended,
    DossierItemCompleted,
    EventWithdrawn,
    Fact,
    FamilyReunificationApplied,
    FineCancelled,
    FineImposed,
    HomesStated,
    InhabitantsCounted,
    IntakeHeld,
    IntegrationDutyStarted,
    LadderStepDecided,
    Linked,
    LinksAnnounced,
    MovedToPermanentHome,
    MunicipalityMerged,
    PermitsForecastPublished,
    QuotaPublished,
    QuotaTransferred,
    ReceptionPlaced,
    Recorded,
)
from domain.identifiers import holds_personal_number
from domain.journey import fold
from domain.period import Period
from domain.quota import PeriodFigures, quotas
from projections import streams
from service.access.caller import DEVELOPER
from service.demo import simulation
from service.foundation.organisations import development
from service.intake.references import Poster
from service.intake.validation import ValidationContext, validate_event
from service.log.keys import Keyring
from service.log.submission import Refused
from tests.rules.histories import known_by
from tests.rules.national import (
    LAST_DAY,
    P2021_I,
    P2021_II,
    P2022_I,
    PLACES,
    National,
    figures,
    mean_weeks,
    phase_days,
    postings,
    realised,
    recorded,
    standing,
)

Said = TypeVar("Said", bound=Fact)

#: A small country, for what does not depend on how many there are.
SMALL = 40


@pytest.fixture(scope="module")
def national() -> National:
    out = io.BytesIO()
    summary = simulation.write(out)
    events: list[dict[str, Any]] = [msgspec.json.decode(line) for line in out.getvalue().splitlines()]
    keys = Keyring(b"a key that only this test knows.")
    given = ValidationContext(date(2022, 12, 31), PLACES, development, keys, Poster(DEVELOPER))
    seen: set[tuple[str, str]] = set()
    faults: dict[int, set[str]] = {}
    histories: dict[UUID, list[Recorded]] = {}
    for position, event in enumerate(events, start=1):
        judged = validate_event(event, given)
        if isinstance(judged, Refused):
            faults[position] = {fault.code for fault in judged.faults}
        elif (judged.source, judged.id) not in seen:
            seen.add((judged.source, judged.id))
            histories.setdefault(judged.stream, []).append(recorded(event, judged, position))
    public = {streams.REFERENCE, *(streams.of_period(period) for period in (P2021_I, P2021_II, P2022_I))}
    public.add(streams.of_period(P2022_I.next))
    public |= {streams.of_area(event["data"]["area"]) for event in events if "area" in event["data"]}
    journeys = {
        stream: fold(effective_events_on(history, LAST_DAY), PLACES)
        for stream, history in histories.items()
        if stream not in public
    }
    return National(summary, events, faults, histories, journeys)


def said(national: National, kind: type[Said]) -> list[tuple[Recorded, Said]]:
    """Every event of a kind in effect at the end, with its fact, in order of stream."""
    return [
        (event, event.fact)
        for history in national.streams.values()
        for event in effective_events_on(history, LAST_DAY)
        if isinstance(event.fact, kind)
    ]


def small(seed: int) -> bytes:
    out = io.BytesIO()
    simulation.write(out, seed, one_in=SMALL)
    return out.getvalue()


# Repeatable


def test_a_seed_gives_the_same_bytes_every_time():
    assert small(seed=7) == small(seed=7)


def test_another_seed_gives_another_country():
    assert small(seed=7) != small(seed=8)


def test_progress_ends_with_everybody_told():
    told: list[tuple[int, int]] = []
    simulation.write(io.BytesIO(), one_in=SMALL, progress=lambda *counts: told.append(counts))

    assert told[0][0] == 1
    assert told[-1][0] == told[-1][1] == len(told)


def test_the_events_are_those_that_are_written():
    written = [msgspec.json.decode(line) for line in small(seed=7).splitlines()]

    assert list(simulation.events(7, one_in=SMALL)) == written


# What is sent


def test_the_summary_counts_every_line_and_what_becomes_of_it(national: National):
    stored = sum(len(history) for history in national.streams.values())

    assert national.summary.lines == len(national.events)
    assert national.summary.recorded == sum(national.summary.by_topic.values()) == stored
    assert national.summary.rejected == len(national.faults) == 20
    assert national.summary.conflicts == 1
    assert 10 <= national.summary.repeated <= 100


def test_it_stays_below_the_number_of_events_that_a_demonstration_can_load(national: National):
    assert 320_000 <= national.summary.lines <= 356_000


def test_every_refused_line_has_one_fault_and_every_kind_comes_five_times(national: National):
    assert all(len(codes) == 1 for codes in national.faults.values())
    assert Counter(code for codes in national.faults.values() for code in codes) == {
        "unknown-municipality": 5,
        "no-authority": 5,
        "not-a-v-number": 5,
        "required": 5,
    }


def test_an_id_that_comes_again_says_the_same_except_once(national: National):
    first: dict[tuple[str, str], dict[str, Any]] = {}
    again = Counter[bool]()
    for event in national.events:
        before = first.setdefault((event["source"], event["id"]), event)
        if before is not event:
            again[before == event] += 1

    assert again == {True: national.summary.repeated, False: national.summary.conflicts}


def test_every_type_of_the_contract_occurs(national: National):
    assert national.summary.by_topic.keys() == FACTS.keys()


def test_every_field_of_every_type_is_told_but_a_few_that_nobody_here_has_to_say(national: National):
    told: dict[str, set[str]] = {}
    for event in national.events:
        told.setdefault(event["type"].removeprefix("nl.ketenspoor."), set()).update(event["data"])
    untold = {
        (topic, field.json_name)
        for topic, fact in FACTS.items()
        for field in fields_of(fact)
        if field.json_name not in told[topic]
    }

    assert untold == {
        ("municipality-merged.v1", "name"),
        ("municipality-merged.v1", "province"),
        ("doubt-answered.v1", "reason"),
        ("event-withdrawn.v1", "name"),  # of a norm set
    }


def test_every_source_says_that_it_is_a_simulation(national: National):
    assert all(":systeem:simulatie-" in event["source"] for event in national.events)


def test_no_id_and_no_household_holds_the_number_of_a_person(national: National):
    shown = {event["id"] for event in national.events} | {
        event["data"]["household"] for event in national.events if "household" in event["data"]
    }

    assert not any(holds_personal_number(text) for text in shown)


def test_every_permit_holder_has_a_reserved_number_of_its_own(national: National):
    numbers = {
        event["data"]["vNumber"]
        for event in national.events
        if "vNumber" in event["data"] and len(event["data"]["vNumber"]) == 10
    }

    assert all(number.startswith("9999") for number in numbers)
    assert len(numbers - {"9999990001"}) == len(national.journeys)


def test_senders_record_on_working_days_and_never_before_it_held(national: National):
    amsterdam = ZoneInfo("Europe/Amsterdam")
    instants = [(datetime.fromisoformat(event["time"]), event["data"]["effectiveOn"]) for event in national.events]

    assert all(at.date() >= date.fromisoformat(on) for at, on in instants)
    assert all(at.weekday() < 5 and 8 <= at.hour < 17 and at.microsecond == 0 for at, _ in instants)
    assert all(at.utcoffset() == at.astimezone(amsterdam).utcoffset() for at, _ in instants)


def test_some_lines_come_later_than_what_was_recorded_after_them(national: National):
    late, newest = 0, datetime.min.replace(tzinfo=UTC)
    for event in national.events:
        at = datetime.fromisoformat(event["time"])
        late += at < newest
        newest = max(at, newest)

    assert 0.005 * len(national.events) < late < 0.03 * len(national.events)


def test_two_in_a_hundred_events_are_corrected_or_withdrawn_afterwards(national: National):
    every = [event for history in national.streams.values() for event in history]
    put_right = {(event.corrects_source or event.source, event.corrects) for event in every if event.corrects}
    put_right |= {(event.source, event.fact.withdraws) for event in every if isinstance(event.fact, EventWithdrawn)}

    assert abs(Fraction(len(put_right), len(every)) - Fraction(2, 100)) < Fraction(1, 1000)


def test_corrections_are_corrected_and_withdrawals_withdrawn(national: National):
    every = {(event.source, event.id): event for history in national.streams.values() for event in history}
    corrected = [every[each.corrects_source or each.source, each.corrects] for each in every.values() if each.corrects]
    withdrawn = [
        every[each.source, each.fact.withdraws] for each in every.values() if type(each.fact) is EventWithdrawn
    ]

    assert any(each.corrects for each in corrected)
    assert any(isinstance(each.fact, EventWithdrawn) for each in withdrawn)


def test_a_municipality_that_is_named_exists_that_day_and_so_does_the_one_that_speaks(national: National):
    named = [
        (event.fact.municipality, event.effective_on)
        for history in national.streams.values()
        for event in history
        if hasattr(event.fact, "municipality") and not isinstance(event.fact, MunicipalityMerged)
    ]
    speaking = [
        (organisation.code, event.sent_at.date())
        for history in national.streams.values()
        for event in history
        if (organisation := development(event.recorded_by)) and organisation.kind == "municipality"
    ]

    named += [
        (event.fact.area, event.effective_on)
        for history in national.streams.values()
        for event in history
        if isinstance(event.fact, AREA_FACTS) and event.fact.area.startswith("GM")
    ]

    assert all(PLACES.exists(code, on) for code, on in named)
    assert all(code is not None and PLACES.exists(code, on) for code, on in speaking)


def test_nothing_but_the_withdrawals_holds_after_june_2022(national: National):
    days = [
        event.effective_on
        for history in national.streams.values()
        for event in history
        if not isinstance(event.fact, EventWithdrawn)
    ]

    assert max(days) == LAST_DAY


# The quota


@pytest.mark.parametrize(("period", "persons"), [(P2021_I, 9_596), (P2021_II, 12_858), (P2022_I, 11_934)])
def test_as_many_are_housed_as_was_published(national: National, period: Period, persons: int):
    assert realised(national, period) == persons


def test_of_those_housed_in_2021_ii_71_are_in_hotels(national: National):
    assert sum(kinds["hotel"] for kinds in postings(national, P2021_II).values()) == 71


def test_2021_i_opens_with_1644_persons_and_has_a_quota_of_13500(national: National):
    said = figures(national.streams[streams.of_period(P2021_I)], P2021_I.last)

    assert sum(said.openings.values()) == 1_644
    assert said.national == 13_500


def test_every_municipality_of_1_july_2021_has_an_opening_and_they_sum_to_5586(national: National):
    said = figures(national.streams[streams.of_period(P2021_II)], P2021_II.first)

    assert tuple(sorted(said.openings)) == PLACES.codes_on(date(2021, 7, 1))
    assert sum(said.openings.values()) == 5_586
    assert min(said.openings.values()) < 0


def test_at_the_end_of_september_2021_the_opening_was_known_as_5580(national: National):
    history = national.streams[streams.of_period(P2021_II)]
    then = [event for event in history if event.sent_at < datetime(2021, 9, 30, tzinfo=UTC)]

    assert sum(figures(then, P2021_II.first).openings.values()) == 5_580


def test_2021_ii_ends_with_3728_persons_to_go_and_the_goal_passed_by_358(national: National):
    rows = standing(national, P2021_II, P2021_II.last)
    goal = figures(national.streams[streams.of_period(P2021_II)], P2021_II.last).reduction

    assert sum(row.quota or 0 for row in rows) == 11_000
    assert sum(row.remaining or 0 for row in rows) == 3_728
    assert goal == 1_500
    assert sum(row.realised for row in rows) - (11_000 + goal) == 358


def test_some_municipalities_are_behind_some_exact_some_ahead(national: National):
    left = [row.remaining or 0 for row in standing(national, P2021_II, P2021_II.last)]

    assert sum(persons > 0 for persons in left) > 150
    assert sum(persons == 0 for persons in left) > 20
    assert sum(persons < 0 for persons in left) > 20


def test_the_task_of_2022_i_is_13728_on_its_first_day(national: National):
    rows = {row.code: row for row in standing(national, P2022_I, P2022_I.first)}

    assert figures(national.streams[streams.of_period(P2022_I)], P2022_I.last).openings == {}
    assert sum(row.task or 0 for row in rows.values()) == 13_728
    assert (rows["GM0363"].quota, rows["GM1735"].quota) == (492, 20)


def test_what_cbs_says_changes_no_quota(national: National):
    said = PLACES
    for event in national.streams[streams.REFERENCE]:
        match event.fact:
            case MunicipalityMerged() as fact:
                said = said.with_merger(fact.municipality, fact.into, fact.on, fact.persons_moved)
            case InhabitantsCounted() as fact:
                said = said.with_counts({(fact.municipality, fact.on): fact.persons})

    later = Period.parse("2023-I")
    assert said is not PLACES
    assert quotas(P2022_I, PeriodFigures(national=10_000), said) == quotas(
        P2022_I, PeriodFigures(national=10_000), PLACES
    )
    assert said.inhabitants(2022, later.first) == PLACES.inhabitants(2022, later.first)


def test_before_the_corrections_were_known_another_number_was_housed(national: National):
    def housed_as_known_at(position: int) -> int:
        found = 0
        for stream in national.journeys:
            journey = fold(effective_events_on(known_by(national.streams[stream], position), P2021_II.last), PLACES)
            found += sum(posting.persons for posting in journey.postings if Period.of(posting.on) == P2021_II)
        return found

    new_year = next(
        position for position, event in enumerate(national.events) if event["time"] >= "2022-01-01T00:00:00+01:00"
    )

    assert 12_000 < housed_as_known_at(new_year) != 12_858


# The waiting


@pytest.mark.parametrize(("family", "weeks"), [(False, 19), (True, 27)])
def test_the_average_wait_is_the_one_that_was_reported(national: National, family: bool, weeks: int):
    assert abs(mean_weeks(national, family=family) - weeks) < Fraction(7, 10)


@pytest.mark.parametrize("name", ["linking", "departure"])
def test_linking_and_departure_are_within_a_fortnight_on_average_and_for_most(national: National, name: str):
    took = phase_days(national, name)

    assert sum(took) <= 14 * len(took)
    assert sum(days <= 14 for days in took) > 0.75 * len(took)


def test_housing_takes_more_than_its_seventy_days(national: National):
    took = phase_days(national, "housing")

    assert sum(took) > 100 * len(took)
    assert 0 < sum(days <= 70 for days in took) < 0.4 * len(took)


def test_family_that_follows_has_a_journey_and_names_a_referent_who_applied(national: National):
    keys = Keyring(b"a key that only this test knows.")
    referents = {keys.journey(event["data"]["referent"]) for event in national.events if "referent" in event["data"]}

    assert len(referents) > 1_000
    assert all(
        any(isinstance(event.fact, FamilyReunificationApplied) for event in national.streams[referent])
        for referent in referents
    )


def test_thousands_are_still_waiting_and_some_have_gone(national: National):
    waiting = [each for each in national.journeys.values() if each.housing is None and each.closing is None]
    gone = [each for each in national.journeys.values() if each.closing is not None]

    assert len(waiting) > 3_000
    assert Counter(each.closing.reason for each in gone if each.closing).keys() == {
        "died",
        "left-unknown-destination",
        "permit-ended",
    }


def test_what_does_not_fit_in_a_journey_is_rare_and_of_a_few_kinds(national: National):
    found: list[Finding] = [finding for journey in national.journeys.values() for finding in journey.findings]

    assert {finding.code for finding in found} <= {"housed-twice", "linked-again", "item-lapsed-before-completion"}
    assert 0 < len(found) < 200


# The chain around it


def test_of_whoever_waits_at_the_end_the_file_is_mostly_complete_when_they_are_linked(national: National):
    required = {"bsn", "identity-document", "iban"}
    complete = []
    for stream, journey in national.journeys.items():
        if journey.housing is not None or journey.closing is not None or journey.current_link is None:
            continue
        had = {
            event.fact.item
            for event in national.streams[stream]
            if isinstance(event.fact, DossierItemCompleted) and event.effective_on <= journey.current_link.on
        }
        complete.append(had >= required)

    assert len(complete) > 3_000
    assert 0.7 < sum(complete) / len(complete) < 0.9


def test_whoever_waits_at_the_end_is_placed_in_every_region_but_not_as_the_municipalities_are(national: National):
    waiting = {stream for stream, each in national.journeys.items() if each.housing is None and each.closing is None}
    regions = Counter(fact.region for event, fact in said(national, ReceptionPlaced) if event.stream in waiting)

    assert regions.keys() == {"GR-FR-DR", "OV-GLD", "FL-UT-NH", "ZH-ZL", "NB-LB"}
    assert regions["GR-FR-DR"] > 1.5 * regions.total() / 10  # a tenth of the inhabitants live there


def test_the_registration_and_every_required_item_are_told_of_hundreds_and_some_lapse(national: National):
    completed = Counter(fact.item for _, fact in said(national, DossierItemCompleted))

    assert all(completed[item] > 400 for item in ("bsn", "identity-document", "iban", "brp-registration"))
    assert len(completed) == 11


def test_intakes_are_held_under_both_laws(national: National):
    laws = {event.stream: fact.law for event, fact in said(national, IntegrationDutyStarted)}
    held = Counter(laws[event.stream] for event, _ in said(national, IntakeHeld))

    assert held["wi2013"] > 300
    assert held["wi2021"] > 300


def test_most_minors_move_on_when_they_come_of_age_and_some_stay_where_they_are(national: National):
    moved = {event.stream for event, _ in said(national, MovedToPermanentHome)}
    in_a_unit = Counter(
        stream in moved
        for stream, each in national.journeys.items()
        if each.housing and each.housing.accommodation == "minor-unit"
    )

    assert 100 < in_a_unit[True] < in_a_unit[False]


def test_links_are_announced_a_month_ahead_and_not_quite_as_they_come(national: National):
    announced: Counter[str] = Counter()
    for event, fact in said(national, LinksAnnounced):
        assert f"{event.effective_on:%Y-%m}" < fact.month
        assert sum((fact.children or {}).values()) <= fact.persons
        announced[fact.month] += fact.persons
    came = Counter(f"{event.effective_on:%Y-%m}" for event, _ in said(national, Linked))
    errors = [announced[month] / came[month] - 1 for month in announced if month <= "2022-05"]

    assert len(announced) == 19
    assert all(abs(error) < 0.15 for error in errors)
    assert any(error for error in errors)


def test_half_of_the_municipalities_say_every_month_which_homes_they_have(national: National):
    months = Counter(f"{event.effective_on:%Y-%m}" for event, _ in said(national, HomesStated))

    assert len(months) == 12
    assert all(140 < number < 230 for number in months.values())


def test_permits_are_expected_near_what_is_granted(national: National):
    expected = {(fact.from_, fact.to): fact.persons for _, fact in said(national, PermitsForecastPublished)}
    granted = Counter(Period.of(each.permit.on) for each in national.journeys.values() if each.permit)

    for period in (P2021_I, P2021_II, P2022_I):
        assert 0.85 < expected[period.first, period.last] / granted[period] < 1.2


def test_provinces_decide_on_steps_of_the_ladder_mostly_low_ones_and_not_where_nothing_is_judged(national: National):
    steps = said(national, LadderStepDecided)
    rungs = Counter(fact.rung for _, fact in steps)
    suspended = {(fact.area, fact.period) for _, fact in said(national, AssessmentSuspended)}

    assert sum(rungs[rung] for rung in (1, 2, 3)) > 0.6 * rungs.total() > 100
    assert rungs[4] + rungs[5] > 0
    assert suspended == {("NL", P2021_I), ("PV31", P2021_II)}
    assert all(fact.period < Period.of(event.effective_on) for event, fact in steps)
    assert not {(PLACES.province(fact.area), fact.period) for _, fact in steps} & suspended
    assert P2021_I not in {fact.period for _, fact in steps}


def test_those_who_are_resettled_are_within_the_numbers_and_some_transfers_lack_a_decision(national: National):
    decided = [len(fact.decisions) for _, fact in said(national, QuotaTransferred)]

    assert {fact.resettlement for _, fact in said(national, QuotaPublished)} == {250}
    assert set(decided) == {1, 2}


def test_a_fine_that_is_taken_back_was_imposed(national: National):
    fines = {event.id for event, _ in said(national, FineImposed)}
    cancelled = [fact.fine for _, fact in said(national, FineCancelled)]

    assert 0 < len(cancelled) < len(fines)
    assert fines > set(cancelled)
