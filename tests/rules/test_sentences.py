"""The history of a journey in words: every kind of event, in Dutch and in English, and nothing personal in any."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any, Literal, get_args, get_type_hints

import pytest
from hypothesis import given, settings

from domain import effects
from domain.authority import ORGANISATION_KINDS, Organisation
from domain.codec import fields_of, parse_fact
from domain.facts import (
    FACTS,
    Died,
    EventWithdrawn,
    FamilyArrived,
    FamilyReunificationDecided,
    FineCancelled,
    FineImposed,
    GuestStayStarted,
    HomeOffered,
    Homes,
    HomesStated,
    IntegrationLoanStated,
    Linked,
    LinksAnnounced,
    PermitGranted,
    QuotaTransferred,
    Transfer,
    TransferDecision,
)
from domain.norm_sets import NORM_SETS, PHASE_NAMES
from domain.period import Period
from domain.places import Places
from projections.timeline import timeline
from service.foundation.organisations import development
from service.http.openapi.event_types import EXAMPLES
from service.queries.sentences import LANGUAGES, Sentence, sentences
from service.queries.sentences.language import Names
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    COA,
    UTRECHT,
    WEESP,
    granted,
    histories,
    home_ready,
    housed,
    link_ended,
    linked,
    returned,
    said,
    withdrawn,
)
from tests.rules.histories import given as log

PLACES = Places.shipped()
NAMES = Names(PLACES, development)
PERMIT_14 = NORM_SETS["permit-14"]


def dutch(*events: Any, norm: str = "permit-14") -> list[str]:
    """The Dutch sentences without who said so and when it was recorded."""
    entries = timeline(log(*events), NORM_SETS[norm], PLACES)
    return [sentences(entry, NAMES)["nl"].partition("; gemeld door")[0] for entry in entries]


def english(*events: Any) -> list[str]:
    entries = timeline(log(*events), PERMIT_14, PLACES)
    return [sentences(entry, NAMES)["en"].partition("; reported by")[0] for entry in entries]


def alone(fact: Any, **names: str) -> Sentence:
    """What is said of one event of a journey that has no other."""
    (entry,) = timeline(log(said("2021-11-21", fact)), PERMIT_14, PLACES)
    return sentences(entry, NAMES)


# Every kind of event


@pytest.mark.parametrize("topic", FACTS)
def test_every_type_has_a_sentence_in_both_languages(topic):
    data = {name: value for name, value in EXAMPLES[topic]["data"].items() if name not in ("effectiveOn", "vNumber")}
    fact, faults = parse_fact(FACTS[topic], data)
    told = alone(fact)

    assert faults == []
    assert told["nl"].startswith("Op 21 november 2021 ") and told["en"].startswith("On 21 November 2021 ")
    for text in (told["nl"], told["en"]):
        assert text.endswith(".") and not re.search(r"[{}]|None|  |\.\.|;;|\(\)|GM\d{4}", text)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_knows_all_types_and_no_other(code):
    assert LANGUAGES[code].facts.keys() == LANGUAGES[code].labels.keys() == FACTS.keys()


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_has_words_for_every_value_that_a_field_can_have(code):
    missing = {
        (topic, field.name, value)
        for topic, shape in FACTS.items()
        for field in fields_of(shape)
        for value in _choices(get_type_hints(shape)[field.name])
        if value not in LANGUAGES[code].words[field.name]
    }

    assert missing == set()


def _choices(annotation: Any) -> tuple[Any, ...]:
    """The values that a field can have, where they are listed."""
    if getattr(annotation, "__origin__", None) is Literal:
        return get_args(annotation)
    if annotation is bool:
        return (True, False)
    return tuple(choice for inner in get_args(annotation) for choice in _choices(inner))


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_has_words_for_every_change_phase_and_kind_of_organisation(code):
    language = LANGUAGES[code]

    assert {*get_args(effects.EffectKind), "discounted", "phase-counted-anew"} - language.changes.keys() == {
        "link-began"
    }
    assert language.phases.keys() == set(PHASE_NAMES)
    assert language.organisations.keys() == set(ORGANISATION_KINDS)


def test_no_personal_field_stands_in_a_template():
    personal = {field.name for shape in FACTS.values() for field in fields_of(shape) if field.type.personal}
    of_others = {field.name for shape in FACTS.values() for field in fields_of(shape) if not field.type.personal}
    named = {
        name for each in LANGUAGES.values() for text in each.facts.values() for name in re.findall(r"{(\w+)}", text)
    }

    assert personal == {"birth_date", "referent", "reason", "replaces"}
    assert named <= of_others and not named & (personal - of_others)


def test_a_personal_field_that_would_be_filled_is_left_out():
    fact = PermitGranted("family", birth_date=date(1990, 5, 17), referent="9999000009")
    withdrawal = EventWithdrawn("e1", "Entered for 9999000001")
    entries = timeline(
        log(said("2021-03-01", fact), said("2021-04-01", withdrawal, source=said("2021-03-01", fact).source)),
        PERMIT_14,
        PLACES,
    )
    text = " ".join(one for entry in entries for one in (sentences(entry, NAMES)["nl"], sentences(entry, NAMES)["en"]))

    assert not re.search(r"1990|9999|Entered", text)


def test_what_is_said_of_an_area_is_told_with_its_numbers():
    announced = alone(LinksAnnounced(UTRECHT, "2021-10", 42, 15, {"0-3": 6, "4-11": 0}))
    homes = alone(HomesStated(UTRECHT, (Homes(1, False, 6), Homes(3, True, 1))))
    none_free = alone(HomesStated(UTRECHT, ()))

    assert (
        "heeft het COA aangekondigd in oktober 2021 42 personen te koppelen aan de gemeente Utrecht (huishoudens: 15), "
        "kinderen naar leeftijd: 0-3: 6 en 4-11: 0;"
    ) in announced["nl"]
    assert "(number × bedrooms): 6 × 1 and 1 × 3 adapted;" in homes["en"]
    assert "(aantal × slaapkamers): 0;" in none_free["nl"]


def test_who_decided_on_a_transfer_and_when_is_told_with_it():
    parts = Transfer(UTRECHT, 10), Transfer(AMERSFOORT, -10)
    told = alone(QuotaTransferred(Period(2021, 2), parts, (TransferDecision(AMERSFOORT, date(2021, 8, 31)),)))
    undecided = alone(QuotaTransferred(Period(2021, 2), parts))

    assert "Utrecht +10 and Amersfoort −10 (decided by Amersfoort, 31 August 2021);" in told["en"]
    assert "Utrecht +10 and Amersfoort −10;" in undecided["en"]


# What is said


def test_the_worked_case_reads_as_the_contract_counts_it():
    worked = granted("2021-03-01"), linked("2021-03-10"), home_ready("2021-06-01"), housed("2021-06-10")

    assert dutch(*worked) == [
        (
            "Op 1 maart 2021 is aan de vergunninghouder bekendgemaakt dat een verblijfsvergunning asiel is verleend; "
            "daardoor begonnen de koppelfase en de totale doorlooptijd"
        ),
        (
            "Op 10 maart 2021 is de vergunninghouder gekoppeld aan de gemeente Utrecht; daardoor eindigde de "
            "koppelfase na 9 dagen (binnen de norm van 14 dagen) en begon de huisvestingsfase van de gemeente Utrecht"
        ),
        (
            "Op 1 juni 2021 was in de gemeente Utrecht een reguliere woning gereed voor de vergunninghouder; daardoor "
            "eindigde de huisvestingsfase van de gemeente Utrecht na 83 dagen (13 dagen over de norm van 70 dagen) en "
            "begon de vertrekfase"
        ),
        (
            "Op 10 juni 2021 is de vergunninghouder gehuisvest in de gemeente Utrecht, in een reguliere woning, en "
            "afgemeld bij het COA; daardoor eindigde de vertrekfase na 9 dagen (binnen de norm van 14 dagen), eindigde "
            "de totale doorlooptijd na 101 dagen (3 dagen over de norm van 98 dagen) en telt 1 persoon mee voor de "
            "taakstelling van de gemeente Utrecht in de eerste helft van 2021"
        ),
    ]
    assert english(*worked)[3] == (
        "On 10 June 2021 the permit holder was housed in the municipality of Utrecht, in a regular home, and signed "
        "off at COA; as a result the departure phase ended after 9 days (within the norm of 14 days), the total lead "
        "time ended after 101 days (3 days over the norm of 98 days) and 1 person counts towards the quota of the "
        "municipality of Utrecht in the first half of 2021"
    )


def test_counted_from_the_link_the_total_begins_with_the_housing_phase():
    worked = granted("2021-03-01"), linked("2021-03-10"), home_ready("2021-06-01"), housed("2021-06-10")
    told = dutch(*worked, norm="link-12")

    assert told[0].endswith("daardoor begon de koppelfase")
    assert told[1].endswith("begonnen de huisvestingsfase van de gemeente Utrecht en de totale doorlooptijd")
    assert "eindigde de totale doorlooptijd na 92 dagen (8 dagen over de norm van 84 dagen)" in told[3]


def test_a_phase_that_began_and_ended_with_one_fact_is_named_once():
    known_late = granted("2022-01-01"), linked("2022-01-17"), housed("2022-05-05"), home_ready("2022-06-29")

    assert dutch(*known_late, norm="link-12")[3].partition("; ")[2] == (
        "daardoor begon op 17 januari 2022 en eindigde op 5 mei 2022 de huisvestingsfase van de gemeente Utrecht na "
        "108 dagen (38 dagen over de norm van 70 dagen) en begon en eindigde op 5 mei 2022 de vertrekfase na 0 dagen "
        "(binnen de norm van 14 dagen)"
    )
    assert english(*known_late)[3].partition("; ")[2] == (
        "as a result the housing phase of the municipality of Utrecht began on 17 January 2022 and ended on 5 May 2022 "
        "after 108 days (38 days over the norm of 70 days) and the departure phase began and ended on 5 May 2022 after "
        "0 days (within the norm of 14 days)"
    )


def test_a_phase_that_began_on_the_day_of_the_fact_and_ended_before_it_says_both_days():
    assert english(linked("2021-03-01"), granted("2021-03-10"))[1].partition("; ")[2] == (
        "as a result the linking phase began on 10 March 2021 and ended on 1 March 2021 after 0 days (within the norm "
        "of 14 days) and the housing phase of the municipality of Utrecht and the total lead time began"
    )


def test_a_source_and_both_dates_and_who_recorded_it_close_the_sentence():
    late = log(housed("2021-06-10"))[0]._replace(recorded_at=datetime(2022, 7, 15, 22, 30, tzinfo=UTC))
    (entry,) = timeline([late], PERMIT_14, PLACES)
    told = sentences(entry, NAMES)

    assert told["nl"].startswith("Op 10 juni 2021 is ")
    assert told["nl"].endswith(
        "; gemeld door het COA (urn:nld:oin:00000099000000002000:systeem:tvs) en geregistreerd op 16 juli 2022."
    )
    assert told["en"].endswith(
        "; reported by COA (urn:nld:oin:00000099000000002000:systeem:tvs) and recorded on 16 July 2022."
    )


def test_an_organisation_that_is_not_registered_is_named_by_its_number():
    (entry,) = timeline(log(housed("2021-06-10")), PERMIT_14, PLACES)

    assert "de organisatie met OIN 00000099000000002000" in sentences(entry, Names(PLACES, lambda _: None))["nl"]


def test_a_registered_municipality_is_named():
    registry = {"00000099100000344000": Organisation("00000099100000344000", "municipality", "Utrecht (Stad)", UTRECHT)}
    (entry,) = timeline(log(home_ready("2021-06-01")), PERMIT_14, PLACES)

    assert "gemeld door de gemeente Utrecht (Stad) (" in sentences(entry, Names(PLACES, registry.get))["nl"]


def test_another_link_says_which_it_ended():
    told = dutch(granted("2021-03-01"), linked("2021-03-10"), linked("2021-04-10", AMERSFOORT))

    assert told[2] == (
        "Op 10 april 2021 is de vergunninghouder gekoppeld aan de gemeente Amersfoort; daardoor eindigde de koppeling "
        "aan de gemeente Utrecht, telt de koppelfase nu 9 dagen (binnen de norm van 14 dagen), verviel de "
        "huisvestingsfase van de gemeente Utrecht en begon de huisvestingsfase van de gemeente Amersfoort"
    )


def test_a_link_that_ends_gives_its_reason_and_its_municipality():
    told = dutch(granted("2021-03-01"), linked("2021-03-10"), link_ended("2021-04-20"))

    assert told[2] == (
        "Op 20 april 2021 is de koppeling beëindigd omdat de vergunninghouder aan een andere gemeente wordt gekoppeld; "
        "daardoor eindigde de koppeling aan de gemeente Utrecht, liep de koppelfase weer door en verviel de "
        "huisvestingsfase van de gemeente Utrecht"
    )


def test_a_return_says_what_is_taken_off_and_runs_on():
    told = dutch(
        *(granted("2021-03-01"), linked("2021-03-10"), home_ready("2021-06-01"), housed("2021-06-10")),
        returned("2021-09-01"),
    )

    assert told[4] == (
        "Op 1 september 2021 is de vergunninghouder teruggekeerd in de opvang; daardoor liep de huisvestingsfase van "
        "de gemeente Utrecht weer door, verviel de vertrekfase, liep de totale doorlooptijd weer door en gaat 1 "
        "persoon af van de realisatie van de gemeente Utrecht in de tweede helft van 2021"
    )


def test_an_end_without_housing_closes_the_journey():
    assert dutch(granted("2021-03-01"), said("2021-05-01", Died()))[1] == (
        "Op 1 mei 2021 is de vergunninghouder overleden; daardoor is het traject gesloten zonder huisvesting"
    )


def test_criteria_are_told_where_there_are_any():
    with_criteria = said("2021-03-10", Linked(UTRECHT, criteria=("work", "family", "network")))

    assert english(with_criteria) == [
        (
            "On 10 March 2021 the permit holder was linked to the municipality of Utrecht because of work, family and "
            "a social network"
        )
    ]


@pytest.mark.parametrize(
    ("granted_", "refused", "told"),
    [
        (2, 1, "2 personen toegelaten en 1 persoon afgewezen"),
        (0, 3, "geen personen toegelaten en 3 personen afgewezen"),
        (1200, 0, "1.200 personen toegelaten en geen personen afgewezen"),
    ],
)
def test_persons_are_counted_in_words_of_the_language(granted_, refused, told):
    assert told in alone(FamilyReunificationDecided(granted_, refused))["nl"]


# Municipalities through time


def test_what_is_posted_for_a_municipality_that_was_merged_counts_for_its_successor_by_name():
    told = dutch(granted("2022-01-03"), linked("2022-01-10", WEESP), housed("2022-05-02", WEESP))

    assert "gehuisvest in de gemeente Weesp" in told[2]
    assert "telt 1 persoon mee voor de taakstelling van de gemeente Amsterdam in de eerste helft van 2022" in told[2]


def test_before_the_merger_it_counts_for_itself():
    told = dutch(granted("2022-01-03"), linked("2022-01-10", WEESP), housed("2022-03-23", WEESP))

    assert "de taakstelling van de gemeente Weesp in" in told[2]


def test_a_municipality_that_a_posted_merger_brought_has_its_name():
    places = PLACES.with_merger(AMSTERDAM, "GM9363", date(2022, 1, 1), name="Groot-Amsterdam", province="PV27")
    (entry,) = timeline(log(linked("2022-01-10", "GM9363")), PERMIT_14, places)

    assert "gekoppeld aan de gemeente Groot-Amsterdam" in sentences(entry, Names(places, development))["nl"]


def test_amounts_are_in_euros_rooms_are_counted_and_what_was_left_out_is_not_told():
    assert dutch(said("2022-04-01", IntegrationLoanStated(10000, 7600))) == [
        "Op 1 april 2022 heeft DUO opgave gedaan van de lening voor inburgering: € 10.000 toegekend, € 7.600 gebruikt"
    ]
    assert english(
        said("2022-04-01", HomeOffered(UTRECHT, "hotel", 2)),
        said("2022-04-02", HomeOffered(UTRECHT, "hotel")),
        said("2022-04-03", GuestStayStarted(date(2022, 6, 30))),
        said("2022-04-04", FamilyArrived(2, direct=True)),
        said("2022-04-05", FamilyArrived(2)),
    ) == [
        (
            "On 1 April 2022 the municipality of Utrecht offered the permit holder a place under the hotel and "
            "accommodation arrangement (bedrooms: 2)"
        ),
        (
            "On 2 April 2022 the municipality of Utrecht offered the permit holder a place under the hotel and "
            "accommodation arrangement"
        ),
        (
            "On 3 April 2022 the permit holder went to stay with hosts under the guest arrangement, until 30 June "
            "2022 at the latest"
        ),
        (
            "On 4 April 2022 family that follows the permit holder arrived in the Netherlands (2 persons), straight "
            "into the home"
        ),
        "On 5 April 2022 family that follows the permit holder arrived in the Netherlands (2 persons)",
    ]


def test_the_fine_that_was_cancelled_is_told_by_what_it_is_called_or_by_its_id():
    fine = said("2022-09-05", FineImposed(340, "participation"), id="f")
    assert english(fine, said("2022-10-03", FineCancelled("f")), said("2022-10-04", FineCancelled("g"))) == [
        "On 5 September 2022 DUO imposed a fine of €340 for not taking part",
        "On 3 October 2022 DUO took back the fine of the report ‘fine imposed’ of 5 September 2022 (position 1)",
        "On 4 October 2022 DUO took back the fine of a report with the id ‘g’ (not known in this journey)",
    ]


# What became of it


def test_a_correction_and_what_it_corrects_point_at_each_other():
    told = dutch(housed("2021-06-10"), housed("2021-06-20", at="2021-08-01T10:00+00:00", corrects="e1"))

    assert told[0] == (
        "Op 10 juni 2021 is de vergunninghouder gehuisvest in de gemeente Utrecht, in een reguliere woning, en "
        "afgemeld bij het COA; deze melding geldt niet meer, want zij is op 1 januari 2026 gecorrigeerd door de "
        "melding ‘gehuisvest’ over 20 juni 2021 (positie 2)"
    )
    assert told[1].endswith("; deze melding corrigeert de melding ‘gehuisvest’ over 10 juni 2021 (positie 1)")


def test_a_correction_of_what_is_not_known_says_so():
    assert english(housed("2021-06-20", corrects="e9"))[0].endswith(
        "; this report corrects a report with the id ‘e9’ (not known in this journey)"
    )


def test_a_withdrawal_and_what_it_withdraws_point_at_each_other_until_it_is_withdrawn():
    events = linked("2021-03-10"), withdrawn("e1", on="2021-08-03")

    assert dutch(*events) == [
        (
            "Op 10 maart 2021 is de vergunninghouder gekoppeld aan de gemeente Utrecht; deze melding geldt niet meer, "
            "want zij is op 1 januari 2026 ingetrokken door de melding ‘intrekking’ over 3 augustus 2021 (positie 2)"
        ),
        "Op 3 augustus 2021 is de melding ‘gekoppeld’ over 10 maart 2021 (positie 1) ingetrokken",
    ]
    again = dutch(*events, withdrawn("e2", on="2021-08-04"))
    assert "geldt niet meer" not in again[0]
    assert again[1].endswith("ingetrokken door de melding ‘intrekking’ over 4 augustus 2021 (positie 3)")
    assert again[2] == "Op 4 augustus 2021 is de melding ‘intrekking’ over 3 augustus 2021 (positie 2) ingetrokken"


def test_a_withdrawal_without_effect_says_so():
    assert dutch(withdrawn("e9"))[0].endswith(
        "een melding met kenmerk ‘e9’ (in dit traject niet bekend) ingetrokken; deze intrekking heeft geen gevolg"
    )
    ring = english(withdrawn("e2", on="2021-08-03"), withdrawn("e1", on="2021-08-04"))
    assert [text.endswith("; this withdrawal has no effect") for text in ring] == [True, True]


def test_a_withdrawal_that_also_corrects_what_it_withdraws_has_its_effect():
    told = english(linked("2021-03-10"), withdrawn("e1", on="2021-08-03", source=COA, corrects="e1"))

    assert told[0].endswith("corrected on 1 January 2026 by the report ‘withdrawal’ of 3 August 2021 (position 2)")
    assert told[1] == (
        "On 3 August 2021 the report ‘linked’ of 10 March 2021 (position 1) was withdrawn; this report corrects the "
        "report ‘linked’ of 10 March 2021 (position 1)"
    )


@settings(max_examples=60, deadline=None)
@given(histories())
def test_every_event_of_any_history_is_told_in_whole_sentences(told):
    for entry in timeline(told, PERMIT_14, PLACES):
        sentence = sentences(entry, NAMES)
        for text in (sentence["nl"], sentence["en"]):
            assert text.endswith(".") and not re.search(r"[{}]|None|  ", text)
