"""May this event be recorded? What the judgement of one event depends on, without a database."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.places import Places
from service import organisations, streams
from service.intake.admission import Admitted, Circumstances, Refused, admit
from service.intake.cloudevents import Malformed, ambiguities, decode, from_headers
from service.intake.envelope import parse_instant
from service.keys import Keyring
from service.question import today
from tests.posts import (
    ABSENT,
    CBS,
    COA,
    DUO,
    ENSCHEDE,
    HENGELO,
    IND,
    MINISTRY,
    OVERIJSSEL,
    V_NUMBER,
    Event,
    but,
    event,
    linked,
    permit,
)

KEYS = Keyring(bytes(range(32)))
JOURNEY = str(KEYS.journey(V_NUMBER))
GIVEN = Circumstances(date(2022, 7, 15), Places.shipped(), organisations.development, KEYS)


def admitted(posted: Any, given: Circumstances = GIVEN) -> Admitted:
    judged = admit(posted, given)
    assert isinstance(judged, Admitted), judged
    return judged


def faults(posted: Any, given: Circumstances = GIVEN) -> set[tuple[str, str]]:
    judged = admit(posted, given)
    assert isinstance(judged, Refused), judged
    return {(fault.pointer, fault.code) for fault in judged.faults}


# --- whose fact may be corrected


def test_a_successor_may_correct_the_events_of_the_municipality_it_took_over() -> None:
    amsterdam, weesp = (f"urn:nld:oin:00000099{number}000:systeem:wonen" for number in ("100000363", "100000457"))
    taken_over = event(
        "intake-held", amsterdam, vNumber=V_NUMBER, municipality="GM0363", corrects="w-1", correctsSource=weesp
    )
    assert admitted(taken_over).data["correctsSource"] == weesp
    the_other_way = event(
        "intake-held", weesp, vNumber=V_NUMBER, municipality="GM0457", corrects="a-1", correctsSource=amsterdam
    )
    assert faults(the_other_way) == {("/data/correctsSource", "not-yours-to-correct")}


def test_an_organisation_may_correct_what_another_system_of_its_own_posted() -> None:
    own = "urn:nld:oin:00000099000000002000:systeem:vroeger"
    assert admitted(but(linked(), data__corrects="x-1", data__correctsSource=own)).data["correctsSource"] == own


# --- who is meant


def test_a_v_number_names_the_journey_of_its_hmac() -> None:
    judged = admitted(linked())
    assert (judged.stream, judged.v_number) == (UUID(JOURNEY), V_NUMBER)


def test_a_subject_names_the_journey_without_its_v_number() -> None:
    judged = admitted(but(linked(), data__vNumber=ABSENT, subject=JOURNEY))
    assert (judged.stream, judged.v_number) == (UUID(JOURNEY), None)


def test_subject_and_v_number_may_agree() -> None:
    assert admitted(but(linked(), subject=JOURNEY)).stream == UUID(JOURNEY)


def test_subject_and_v_number_may_not_disagree() -> None:
    other = str(KEYS.journey("2876540914"))
    assert faults(but(linked(), subject=other)) == {("/subject", "disagrees")}


def test_a_journey_event_must_name_somebody() -> None:
    assert faults(but(linked(), data__vNumber=ABSENT)) == {("/data/vNumber", "required")}


@pytest.mark.parametrize(
    "subject",
    [
        V_NUMBER,
        "",
        "journey",
        5,
        True,
        [JOURNEY],
        {"journey": JOURNEY},
        JOURNEY.upper(),
        JOURNEY.replace("-", ""),
        f"{{{JOURNEY}}}",
        f"urn:uuid:{JOURNEY}",
        f" {JOURNEY}",
        f"{JOURNEY}\n",
    ],
)
def test_a_subject_is_a_journey_id_exactly_as_the_service_writes_it(subject: Any) -> None:
    assert faults(but(linked(), data__vNumber=ABSENT, subject=subject)) == {("/subject", "not-a-journey")}
    assert faults(but(linked(), subject=subject)) == {("/subject", "not-a-journey")}


@pytest.mark.parametrize(
    ("v_number", "code"),
    [
        ("287654091", "not-a-v-number"),
        ("28765409130", "not-a-v-number"),
        ("V876540913", "not-a-v-number"),
        ("2876 540913", "not-a-v-number"),
        ("287654091\N{ARABIC-INDIC DIGIT THREE}", "not-a-v-number"),
        (f"{V_NUMBER}\n", "not-a-v-number"),
        ("", "not-a-v-number"),
        (2876540913, "wrong-type"),
        ([V_NUMBER], "wrong-type"),
        ({}, "wrong-type"),
        (True, "wrong-type"),
    ],
)
def test_a_v_number_is_ten_digits_in_a_string(v_number: Any, code: str) -> None:
    assert faults(but(linked(), data__vNumber=v_number)) == {("/data/vNumber", code)}


@pytest.mark.parametrize(
    "posted",
    [
        event("quota-published", MINISTRY, period="2021-I", persons=13_500),
        event("inhabitants-counted", CBS, municipality="GM0153", on="2021-01-01", persons=159_640),
    ],
)
def test_a_public_event_is_about_no_permit_holder(posted: Event) -> None:
    assert faults(but(posted, subject=JOURNEY)) == {("/subject", "not-of-a-journey")}
    assert faults(but(posted, data__vNumber=V_NUMBER)) == {("/data", "unknown-field")}


def test_quota_events_belong_to_the_stream_of_their_period() -> None:
    first = admitted(event("quota-published", MINISTRY, period="2021-I", persons=13_500))
    second = admitted(event("opening-balance-recorded", MINISTRY, period="2021-I", municipality="GM0153", persons=-4))
    other = admitted(event("quota-published", MINISTRY, period="2021-II", persons=11_000))
    assert first.stream == second.stream != other.stream
    assert not first.of_a_person


def test_reference_events_form_one_stream() -> None:
    counted = admitted(event("inhabitants-counted", CBS, municipality="GM0153", on="2021-01-01", persons=159_640))
    merged = event("municipality-merged", CBS, effectiveOn="2023-01-01", on="2023-01-01", municipality="GM0164")
    assert counted.stream == admitted(but(merged, data__into="GM0153")).stream == streams.REFERENCE


# --- withdrawals


def test_a_withdrawal_belongs_where_it_says() -> None:
    withdrawal = event("event-withdrawn", COA, withdraws="l-1", reason="verwisseld")
    assert admitted(but(withdrawal, data__vNumber=V_NUMBER)).stream == UUID(JOURNEY)
    assert admitted(but(withdrawal, subject=JOURNEY)).stream == UUID(JOURNEY)
    period = admitted(event("quota-published", MINISTRY, period="2021-I", persons=13_500)).stream
    assert admitted(but(withdrawal, source=MINISTRY, data__period="2021-I")).stream == period
    assert admitted(but(withdrawal, source=CBS)).stream == streams.REFERENCE


@pytest.mark.parametrize("source", [IND, COA, DUO, MINISTRY, OVERIJSSEL, ENSCHEDE])
def test_a_withdrawal_names_a_permit_holder_or_a_period(source: str) -> None:
    withdrawal = event("event-withdrawn", source, withdraws="l-1", reason="verwisseld")
    assert faults(withdrawal) == {("/data/vNumber", "required")}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"data__withdraws": ABSENT}, {("/data/withdraws", "required")}),
        ({"data__reason": ABSENT}, {("/data/reason", "required")}),
        ({"data__reason": "  "}, {("/data/reason", "empty")}),
        ({"data__withdraws": V_NUMBER}, {("/data/withdraws", "personal-number")}),
        (
            {"data__withdraws": 5, "data__reason": ABSENT},
            {("/data/withdraws", "wrong-type"), ("/data/reason", "required")},
        ),
    ],
)
def test_a_withdrawal_says_what_and_why(change: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    withdrawal = event("event-withdrawn", COA, vNumber=V_NUMBER, withdraws="l-1", reason="verwisseld")
    assert faults(but(withdrawal, **change)) == expected


# --- dates


def at(now: datetime) -> Circumstances:
    return GIVEN._replace(today=today(lambda: now))


@pytest.mark.parametrize(
    ("now", "last", "first_too_far"),
    [
        (datetime(2022, 7, 15, 10, 0, tzinfo=UTC), "2023-08-19", "2023-08-20"),
        # In winter the day in Amsterdam begins an hour before the day in UTC, in summer two hours.
        (datetime(2022, 1, 10, 22, 59, tzinfo=UTC), "2023-02-14", "2023-02-15"),
        (datetime(2022, 1, 10, 23, 30, tzinfo=UTC), "2023-02-15", "2023-02-16"),
        (datetime(2022, 7, 15, 21, 59, tzinfo=UTC), "2023-08-19", "2023-08-20"),
        (datetime(2022, 7, 15, 22, 0, tzinfo=UTC), "2023-08-20", "2023-08-21"),
    ],
)
def test_four_hundred_days_ahead_are_counted_in_amsterdam(now: datetime, last: str, first_too_far: str) -> None:
    assert admitted(but(linked(), data__effectiveOn=last), at(now)).effective_on == date.fromisoformat(last)
    too_far = {("/data/effectiveOn", "too-far-ahead")}
    assert faults(but(linked(), data__effectiveOn=first_too_far), at(now)) == too_far


def test_a_day_may_lie_in_the_past_without_limit() -> None:
    assert admitted(but(linked(), data__effectiveOn="0001-01-01")).effective_on == date.min


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2021-02-29", "not-a-date"),
        ("2021-13-01", "not-a-date"),
        ("0000-01-01", "not-a-date"),
        ("2021-4-12", "not-a-date"),
        ("20210412", "not-a-date"),
        ("2021-W15-1", "not-a-date"),
        ("2021-04-12T00:00:00Z", "not-a-date"),
        ("12-04-2021", "not-a-date"),
        ("", "not-a-date"),
        (20210412, "wrong-type"),
        (["2021-04-12"], "wrong-type"),
        (ABSENT, "required"),
        (None, "required"),
    ],
)
def test_effective_on_is_a_calendar_day(day: Any, code: str) -> None:
    assert faults(but(linked(), data__effectiveOn=day)) == {("/data/effectiveOn", code)}


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2021-04-12T09:30:00Z", datetime(2021, 4, 12, 9, 30, tzinfo=UTC)),
        ("2021-04-12t09:30:00z", datetime(2021, 4, 12, 9, 30, tzinfo=UTC)),
        ("2021-04-12T09:30:00+02:00", datetime(2021, 4, 12, 7, 30, tzinfo=UTC)),
        ("2021-04-12T00:30:00+02:00", datetime(2021, 4, 11, 22, 30, tzinfo=UTC)),
        ("2021-04-12T09:30:00-11:30", datetime(2021, 4, 12, 21, 0, tzinfo=UTC)),
        ("2021-04-12T09:30:00.5Z", datetime(2021, 4, 12, 9, 30, 0, 500_000, tzinfo=UTC)),
        ("2021-04-12T09:30:00.123456789Z", datetime(2021, 4, 12, 9, 30, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_time_is_an_instant_at_any_offset(text: str, instant: datetime) -> None:
    assert parse_instant(text) == instant
    assert admitted(but(linked(), time=text)).sent_at == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2021-04-12",
        "2021-04-12T09:30:00",
        "2021-04-12T09:30Z",
        "2021-04-12T09:30:00+0200",
        "2021-04-12T09:30:00 Z",
        "2021-04-12T25:30:00Z",
        "2021-02-29T09:30:00Z",
        "2021-04-12T09:30:00+25:00",
        "0001-01-01T00:00:00+02:00",
        "9999-12-31T23:59:59-02:00",
        "20210412T093000Z",
        "1618212600",
        "2021-04-12T09:30:00,5Z",
        "\N{ARABIC-INDIC DIGIT TWO}021-04-12T09:30:00Z",
        "2021-04-12T09:30:00Z\n",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    assert faults(but(linked(), time=text)) == {("/time", "not-an-instant")}


# --- what is ambiguous


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"data": {"persons": 9007199254740992}}', []),
        ('{"data": {"persons": -9007199254740992}}', []),
        ('{"data": {"persons": 9007199254740993}}', [("/data/persons", "integer-too-large")]),
        ('{"data": {"persons": -9007199254740993}}', [("/data/persons", "integer-too-large")]),
        ('{"data": {"persons": 1%s}}' % ("0" * 5000), [("/data/persons", "integer-too-large")]),
        ('{"data": {"persons": 1e308}}', []),
        ('{"data": {"persons": 1e400}}', [("/data/persons", "not-finite")]),
        ('{"data": {"persons": NaN}}', [("/data/persons", "not-finite")]),
        ('{"data": {"persons": Infinity}}', [("/data/persons", "not-finite")]),
        ('{"data": {"persons": -Infinity}}', [("/data/persons", "not-finite")]),
        ('{"data": {"reason": "a\\u0000b"}}', [("/data/reason", "nul")]),
        ('{"data": {"reason": "\\ud83d"}}', [("/data/reason", "lone-surrogate")]),
        ('{"data": {"reason": "\\udc00\\ud800"}}', [("/data/reason", "lone-surrogate")]),
        ('{"data": {"reason": "\\ud83c\\udfe0"}}', []),
        ('{"data": {"persons": 1, "persons": 1}}', [("/data", "doubled-key")]),
        ('{"id": "a", "id": "b"}', [("", "doubled-key")]),
        ('{"data": {"transfers": [{"persons": 1, "persons": 2}]}}', [("/data/transfers/0", "doubled-key")]),
        ('{"data": {"a\\u0000": 1}}', [("/data", "unreadable-key")]),
        ('{"data": {"\\ud800": 1}}', [("/data", "unreadable-key")]),
        ('{"data": {"id": [NaN, "\\u0000"]}}', [("/data/id/0", "not-finite"), ("/data/id/1", "nul")]),
        ('{"data": %s}' % ("[" * 15 + "]" * 15), []),
        ('{"data": %s}' % ("[" * 16 + "]" * 16), [("/data" + "/0" * 15, "too-deep")]),
    ],
)
def test_what_two_readers_could_understand_differently_is_found(text: str, found: list[tuple[str, str]]) -> None:
    decoded = decode(text.encode())
    assert [(fault.pointer, fault.code) for fault in ambiguities(decoded.value)] == found


def test_the_name_of_an_unknown_field_is_not_repeated() -> None:
    (fault,) = ambiguities(decode(b'{"data": {"2876540913": NaN}}').value)
    assert "2876540913" not in "".join(fault)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"{} {}", "not-json"),
        (b"{'id': 1}", "not-json"),
        (b"\xef\xbb\xbf{}", "not-json"),
        (b'{"id": "\x00"}', "not-json"),
        (b"[" * 100_000, "not-json"),
        (b'{"id":' * 100_000, "not-json"),
        (b'{"id": "\xff"}', "not-utf-8"),
        ('{"id": "é"}'.encode("latin-1"), "not-utf-8"),
        ("{}".encode("utf-16"), "not-utf-8"),
        (b'{"id": "\xed\xa0\x80"}', "not-utf-8"),
    ],
)
def test_bytes_that_are_no_json_in_utf_8_are_malformed(text: bytes, code: str) -> None:
    with pytest.raises(Malformed) as malformed:
        decode(text)
    assert malformed.value.code == code


def test_the_attributes_of_binary_mode_are_percent_encoded() -> None:
    headers = [(b"ce-id", b"caf%C3%A9%20%22x%22"), (b"ce-specversion", b"1.0"), (b"content-type", b"application/json")]
    read = from_headers(headers, decode(b'{"a": 1}'))
    assert read.value == {"id": 'café "x"', "specversion": "1.0", "data": {"a": 1}}


@pytest.mark.parametrize("value", [b"caf\xe9", b"caf%E9", b"%ff"])
def test_a_header_that_is_not_percent_encoded_utf_8_is_malformed(value: bytes) -> None:
    with pytest.raises(Malformed):
        from_headers([(b"ce-id", value)], decode(b"{}"))


def test_a_header_that_stands_there_twice_is_malformed() -> None:
    with pytest.raises(Malformed):
        from_headers([(b"ce-id", b"a"), (b"ce-id", b"b")], decode(b"{}"))


# --- who may say what


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        (but(linked(), source=IND), {("/source", "no-authority")}),
        (but(permit(), source=COA), {("/source", "no-authority")}),
        (but(linked(), source=ENSCHEDE), {("/source", "no-authority")}),
        (event("quota-published", OVERIJSSEL, period="2021-I", persons=5), {("/source", "no-authority")}),
        (
            event("intake-held", HENGELO, vNumber=V_NUMBER, municipality="GM0153"),
            {("/data/municipality", "not-your-municipality")},
        ),
        (but(linked(), source="urn:nld:oin:0000009900000000200:x"), {("/source", "no-oin")}),
        (but(linked(), source=f"{IND} {COA}"), {("/source", "no-oin")}),
        (but(linked(), source="tvs"), {("/source", "no-oin")}),
        (but(linked(), source="urn:nld:oin:00000004003214345000:x"), {("/source", "unknown-organisation")}),
    ],
)
def test_an_organisation_says_what_is_its_own_to_say(posted: Event, expected: set[tuple[str, str]]) -> None:
    assert faults(posted) == expected


def test_a_municipality_speaks_for_one_it_succeeded() -> None:
    # Weesp went into Amsterdam on 24 March 2022.
    amsterdam = "urn:nld:oin:00000099100000363000:systeem:wonen"
    posted = event("intake-held", amsterdam, vNumber=V_NUMBER, municipality="GM0457")
    assert admitted(posted).recorded_by == "00000099100000363000"


@pytest.mark.parametrize("source", [IND, COA, ENSCHEDE])
def test_more_than_one_kind_may_say_that_somebody_died(source: str) -> None:
    assert admitted(event("died", source, vNumber=V_NUMBER)).topic == "died.v1"


# --- every fault at once


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        (
            but(linked(), source=IND, data__vNumber="1", data__municipality=ABSENT),
            {
                ("/source", "no-authority"),
                ("/data/vNumber", "not-a-v-number"),
                ("/data/municipality", "required"),
            },
        ),
        (
            event("housed", COA, vNumber=V_NUMBER, municipality="GM9999"),
            {("/data/municipality", "unknown-municipality"), ("/data/accommodation", "required")},
        ),
        (
            event("home-ready", HENGELO, vNumber=V_NUMBER, municipality="GM0153", accommodation="tent"),
            {("/data/municipality", "not-your-municipality"), ("/data/accommodation", "not-one-of")},
        ),
        (
            event("home-ready", HENGELO, vNumber=V_NUMBER, municipality="GM9999", accommodation="regular"),
            {("/data/municipality", "not-your-municipality"), ("/data/municipality", "unknown-municipality")},
        ),
        (but(linked(), source=IND, data=ABSENT), {("/source", "no-authority"), ("/data", "required")}),
        (
            event(
                "municipality-merged", CBS, municipality="GM0153", into="GM0153", on="2021-05-01", personsMoved="many"
            ),
            {("/data/into", "disagrees"), ("/data/on", "disagrees"), ("/data/personsMoved", "wrong-type")},
        ),
        (
            event(
                "quota-transferred",
                OVERIJSSEL,
                period="2021-3",
                transfers=[{"municipality": "GM9998", "persons": 1}, {"municipality": "GM9999", "persons": -1}],
            ),
            {
                ("/data/period", "not-a-period"),
                ("/data/transfers/0/municipality", "unknown-municipality"),
                ("/data/transfers/1/municipality", "unknown-municipality"),
            },
        ),
        (
            {},
            {
                ("/specversion", "not-one-of"),
                ("/id", "required"),
                ("/source", "required"),
                ("/type", "required"),
                ("/time", "required"),
                ("/data", "required"),
            },
        ),
        (
            but(
                linked(),
                specversion="0.3",
                id=V_NUMBER,
                time="gisteren",
                type="nl.ketenspoor.koppeling.v1",
                datacontenttype="text/xml",
                data_base64="eA==",
                data__effectiveOn="2030-01-01",
            ),
            {
                ("/specversion", "not-one-of"),
                ("/id", "personal-number"),
                ("/time", "not-an-instant"),
                ("/type", "unknown-type"),
                ("/datacontenttype", "not-one-of"),
                ("/data_base64", "unknown-field"),
                ("/data/effectiveOn", "too-far-ahead"),
            },
        ),
    ],
)
def test_every_fault_of_an_event_is_told_at_once(posted: Event, expected: set[tuple[str, str]]) -> None:
    assert faults(posted) == expected


# --- what makes a repeat the same


def same(one: Event, other: Event) -> bool:
    return admitted(one).content == admitted(other).content


def test_extension_attributes_order_of_keys_and_offset_play_no_part_in_the_content() -> None:
    posted = linked(household="H-88", criteria=["work", "family"])
    assert same(posted, but(posted, traceparent="00-abc-01", partition=5))
    assert same(posted, but(posted, time="2021-04-12T07:30:00.000Z"))
    assert same(posted, dict(reversed(but(posted, data=dict(reversed(posted["data"].items()))).items())))
    assert same(posted, but(posted, datacontenttype=ABSENT))
    assert same(posted, but(posted, data__vNumber=ABSENT, subject=JOURNEY))
    assert same(posted, but(posted, subject=JOURNEY))


@pytest.mark.parametrize(
    "change",
    [
        {"time": "2021-04-12T09:30:00.001+02:00"},
        {"time": "2021-04-12T09:30:00Z"},
        {"data__effectiveOn": "2021-04-13"},
        {"data__municipality": "GM0164"},
        {"data__household": "H-89"},
        {"data__household": ABSENT},
        {"data__criteria": ["family", "work"]},
        {"data__corrects": "l-0"},
        {"data__vNumber": "2876540914"},
    ],
)
def test_another_value_is_another_content(change: dict[str, Any]) -> None:
    posted = linked(household="H-88", criteria=["work", "family"])
    assert not same(posted, but(posted, **change))


# --- what is personal


def test_personal_fields_are_parted_from_what_may_stand_in_the_open() -> None:
    judged = admitted(permit(birthDate="1990-05-06", ground="family", referent="2876540914", household="H-1"))
    assert judged.personal == {"birthDate": "1990-05-06"}
    assert judged.data == {
        "effectiveOn": "2021-04-12",
        "ground": "family",
        "household": "H-1",
        "referent": str(KEYS.journey("2876540914")),
    }


def test_free_text_about_a_person_is_personal() -> None:
    refused = admitted(event("offer-refused", ENSCHEDE, vNumber=V_NUMBER, municipality="GM0153", reason="te ver"))
    withdrawn = admitted(event("event-withdrawn", COA, vNumber=V_NUMBER, withdraws="l-1", reason="verwisseld"))
    assert (refused.personal, withdrawn.personal) == ({"reason": "te ver"}, {"reason": "verwisseld"})
    assert "reason" not in json.dumps([refused.data, withdrawn.data])


# --- what names a refused event


@pytest.mark.parametrize("number", [V_NUMBER, "111222333", "NL91ABNA0417164300", "NL91 ABNA 0417 1643 00"])
@pytest.mark.parametrize("form", ["{}", "tvs-{}-1", "tvs {} x", "urn:{}", "tvs_{}"])
def test_an_id_with_a_personal_number_is_refused_and_forgotten(number: str, form: str) -> None:
    judged = admit(but(linked(), id=form.format(number)), GIVEN)
    assert isinstance(judged, Refused)
    assert judged.id is None
    assert [(fault.pointer, fault.code) for fault in judged.faults] == [("/id", "personal-number")]


@pytest.mark.parametrize("id_", ["tvs-2021-000417", "111222334", "28765409130", "123", "NL92ABNA0417164300", "é"])
def test_an_id_with_another_number_is_fine(id_: str) -> None:
    assert admitted(but(linked(), id=id_)).id == id_


@pytest.mark.parametrize("number", [V_NUMBER, "111222333", "NL91ABNA0417164300"])
def test_a_source_with_a_personal_number_is_refused_and_forgotten(number: str) -> None:
    judged = admit(but(linked(), source=f"{COA}:{number}"), GIVEN)
    assert isinstance(judged, Refused)
    assert (judged.source, judged.oin, judged.id) == (None, None, "l-1")
    assert [(fault.pointer, fault.code) for fault in judged.faults] == [("/source", "personal-number")]


@pytest.mark.parametrize(
    ("value", "code"),
    [("", "empty"), ("  ", "empty"), ("x" * 257, "too-long"), (5, "wrong-type"), (["x"], "wrong-type")],
)
def test_an_id_is_a_text_of_at_most_256_characters(value: Any, code: str) -> None:
    assert faults(but(linked(), id=value)) == {("/id", code)}
    assert admitted(but(linked(), id="x" * 256)).id == "x" * 256
