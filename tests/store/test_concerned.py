"""Which refused events are about a person: whatever form the number, the journey or the names took."""

from __future__ import annotations

import base64
import json

import pytest
from sqlalchemy import Engine

from service.log.submission import Refused, Submission
from service.privacy.refused_events import PersonSearch, numbers_in
from tests.posts import ANOTHER_V_NUMBER, COA, ENSCHEDE, IND, V_NUMBER, but, linked, permit
from tests.store.destroyed import destroyed
from tests.store.recording import KEYS, count, ledger_of, request

WITH_ZERO = "0076540913"
JOURNEY = KEYS.journey(V_NUMBER)
CONCERNED = PersonSearch(frozenset({JOURNEY, KEYS.journey(WITH_ZERO)}), {IND: frozenset({"p-1"})})

ABOUT_THEM = {
    "as it should be": json.dumps(linked("l-1")).encode(),
    "a digit too many": json.dumps(linked("l-1", V_NUMBER + "4")).encode(),
    "with spaces": b'{"vNumber": "2876 540 913"}',
    "with dots": b"2876.540.913",
    "as a number": b'{"vNumber": 2876540913}',
    "as a number without its zeros": b'{"vNumber": 76540913}',
    "escaped": b'{"vNumber": "\\u00328765\\u003409\\u00313"}',
    "percent-encoded": b"vNumber=%32876540913",
    "in UTF-16": json.dumps(linked("l-1")).encode("utf-16"),
    "in other digits": '{"vNumber": "\u0662\u0668\u0667\u0666\u0665\u0664\u0660\u0669\u0661\u0663"}'.encode(),
    "behind a letter": b"V2876540913",
    "cut off": b'{"data": {"vNumber": "2876540913',
    "no text at all": b"\xff\xfe2876540913\xff",
    "in base64": json.dumps({"data_base64": base64.b64encode(b'{"vNumber": "2876540913"}').decode()}).encode(),
    "the journey": json.dumps({"subject": str(JOURNEY)}).encode(),
    "the journey in capitals": str(JOURNEY).upper().encode(),
    "what it corrects": json.dumps(but(linked("l-9", "x"), source=IND, data__corrects="p-1")).encode(),
    "what it withdraws, cut off": json.dumps({"source": IND, "data": {"withdraws": "p-1"}}).encode()[:-2],
    "another's referent": json.dumps(permit("p-7", ANOTHER_V_NUMBER, referent=V_NUMBER)).encode(),
}
NOT_ABOUT_THEM = {
    "another person": json.dumps(linked("l-1", ANOTHER_V_NUMBER)).encode(),
    "the same id of another source": json.dumps({"source": ENSCHEDE, "id": "p-1"}).encode(),
    "nothing": b"null",
    "some digits": b"913",
}


@pytest.mark.parametrize("form", ABOUT_THEM)
def test_what_is_about_a_person_is_found_in_any_form(form: str) -> None:
    assert CONCERNED.matches(KEYS, ABOUT_THEM[form], None, None)


@pytest.mark.parametrize("form", NOT_ABOUT_THEM)
def test_what_is_about_nobody_of_them_is_not_found(form: str) -> None:
    assert not CONCERNED.matches(KEYS, NOT_ABOUT_THEM[form], COA, "l-1")


def test_what_was_refused_under_the_name_of_an_event_is_found() -> None:
    assert CONCERNED.matches(KEYS, b"null", IND, "p-1")
    assert not CONCERNED.matches(KEYS, b"null", COA, "p-1")


def test_every_ten_digits_of_a_longer_run_are_looked_at() -> None:
    assert numbers_in("128765409134") == {"1287654091", "2876540913", "8765409134"}
    assert numbers_in("12345 and 654321") == {"0000654321"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_refused_about_a_destroyed_journey_is_deleted_and_the_rest_stays(engine: Engine) -> None:
    ledger = ledger_of(engine)
    ledger.commit([request(permit("p-1"), linked("l-2", ANOTHER_V_NUMBER))])
    malformed = [Refused((), posted) for posted in (*ABOUT_THEM.values(), *NOT_ABOUT_THEM.values())]
    ledger.commit([Submission(malformed), request(permit("p-1", V_NUMBER, birthDate="1990-05-06"))])
    # All but the one about another, whose number lost its zeros, and with them the one that was in conflict.
    assert destroyed(engine, V_NUMBER).rejections == len(ABOUT_THEM)
    assert count(engine, "rejections") == len(NOT_ABOUT_THEM) + 1
