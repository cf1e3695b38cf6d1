"""Values that others write in another way than we would: taken for what they are, in every form, and kept as that."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from service.intake.cloudevents import BATCH, LINES, ONE
from service.log.keys import bound_to, unseal
from service.log.sealing import JourneyKeys
from service.storage.database import reading
from service.storage.service_tables import events
from tests.api.service_under_test import Service
from tests.posts import COA, MINISTRY, V_NUMBER, Event, body, but, event, lines, linked, permit


def post(service: Service, posted: Event | bytes, form: str = ONE) -> httpx.Response:
    content = posted if isinstance(posted, bytes) else body(posted)
    return service.request("POST", "/v1/events", content=content, headers={"Content-Type": form})


def stored(service: Service) -> list[dict[str, Any]]:
    """The data of every event as the log holds them, with what is sealed opened."""
    with reading(service.context.engine) as connection:
        rows = connection.execute(select(events).order_by(events.c.position)).all()
        keys = JourneyKeys(service.context.keys).open(connection, {row.stream for row in rows})
    found = []
    for row in rows:
        data = json.loads(row.data)
        sealed = data.pop("sealed", None)
        found.append(
            data if sealed is None else data | unseal(keys[row.stream], sealed, bound_to(row.source, row.source_id))
        )
    return found


def told(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


# Whole numbers

QUOTA = event("quota-published", MINISTRY, "q-1", period="2021-II", persons=3)


@pytest.mark.parametrize("written", [b"3.0", b"3e0", b"0.3e1", b"3.000"])
def test_a_whole_number_with_a_point_is_that_number_and_its_repeat_without_one_is_a_repeat(
    service: Service, written: bytes
) -> None:
    first = post(service, body(QUOTA).replace(b'"persons": 3', b'"persons": ' + written))
    again = post(service, QUOTA)

    assert (first.status_code, again.status_code, again.content) == (201, 200, first.content)
    assert stored(service) == [{"effectiveOn": "2021-04-12", "period": "2021-II", "persons": 3}]
    assert type(stored(service)[0]["persons"]) is int
    assert service.told("/v1/realisation", period="2021-II", groupBy="country")["items"][0]["quota"] == 3


def test_the_numbers_of_a_transfer_may_have_points_in_a_batch_and_in_lines(embedded: Service) -> None:
    parts = [{"municipality": "GM0344", "persons": 2.0}, {"municipality": "GM0307", "persons": -2}]
    moved = event("quota-transferred", MINISTRY, "t-1", period="2021-II", transfers=parts)
    assert post(embedded, body([moved]), BATCH).json()["recorded"] == 1
    parts[0]["persons"] = 2
    assert post(embedded, lines([moved]), LINES).json()["repeated"] == 1
    assert repr(stored(embedded)[0]["transfers"][0]["persons"]) == "2"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (b"1e400", "not-finite"),
        (b"NaN", "not-finite"),
        (b"1e20", "out-of-range"),
        (b"-1.0", "out-of-range"),
        (b"3.5", "wrong-type"),
        (b'"3.0"', "wrong-type"),
    ],
)
def test_what_is_no_whole_number_of_persons_is_refused(embedded: Service, written: bytes, code: str) -> None:
    answer = post(embedded, body(QUOTA).replace(b'"persons": 3', b'"persons": ' + written))

    assert answer.status_code == 400
    assert ("/data/persons", code) in told(answer)


# Birth dates


@pytest.mark.parametrize("born", ["1988-05-17", "1988-05", "1988"])
def test_a_birth_date_is_kept_as_far_as_it_is_known(service: Service, born: str) -> None:
    first, again = (post(service, permit(birthDate=born)) for _ in range(2))
    other = post(service, permit(birthDate="1987"))

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert [data["birthDate"] for data in stored(service)] == [born]


def test_a_permit_with_a_birth_date_in_another_form_is_refused_with_the_forms_that_are_taken(embedded: Service) -> None:
    answer = post(embedded, permit(birthDate="1988-00-00"))

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (400, "/data/birthDate", "not-a-date")
    assert "1988-05-17, 1988-05 or 1988" in error["detail"]


# Keys


def test_white_space_around_a_key_is_no_part_of_it(service: Service) -> None:
    plain = linked("l-1", household="H-77", corrects="l-0")
    spaced = but(plain, id=" l-1\t", source=f"{COA} ", data__household="H-77 ", data__corrects="\N{NO-BREAK SPACE}l-0")
    first, again = post(service, spaced), post(service, plain)

    assert (first.status_code, first.json()["id"]) == (201, "l-1")
    assert (again.status_code, again.content) == (200, first.content)
    (data,) = stored(service)
    assert (data["household"], data["corrects"]) == ("H-77", "l-0")
    assert service.told("/v1/events", source=f" {COA}")["items"][0]["source"] == COA


def test_households_whose_keys_differ_in_white_space_are_one_household(embedded: Service) -> None:
    post(embedded, permit("p-1", household="H-77"))
    post(embedded, permit("p-2", "2876540914", household="H-77 "))
    with reading(embedded.context.engine) as connection:
        pseudonyms = {json.loads(data)["household"] for data in connection.execute(select(events.c.data)).scalars()}
    assert pseudonyms == {embedded.context.keys.household("H-77")}


def test_a_withdrawal_takes_out_what_it_names_whatever_white_space_is_around_the_name(embedded: Service) -> None:
    post(embedded, linked(" l-1"))
    withdrawal = event("event-withdrawn", COA, "w-1", vNumber=V_NUMBER, withdraws="l-1 ", reason=" verwisseld ")
    assert post(embedded, withdrawal).status_code == 201

    (event_, _) = embedded.told("/v1/events")["items"]
    assert event_["withdrawnBy"] == {"source": COA, "id": "w-1"}
    # What somebody wrote for people to read is no key.
    assert stored(embedded)[1]["reason"] == " verwisseld "


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\N{NO-BREAK SPACE}"])
def test_a_key_of_white_space_alone_is_empty(embedded: Service, blank: str) -> None:
    assert told(post(embedded, linked(blank, household=blank))) == [("/id", "empty"), ("/data/household", "empty")]
