"""The page of deliveries: what arrived, what was refused and why, and a form of each refused event that is taken."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import domain
from service.http.pages.corrected import correct, corrected_lines, refused_lines
from service.http.pages.fault_words import FAULT_WORDS
from service.intake.cloudevents import BATCH
from tests.api.refused_events import REFUSED
from tests.api.service_under_test import Service, serving
from tests.pages.history import refused

ROOT = Path(domain.__file__).parents[1]
ALMERE_OIN = "00000099100000034000"
#: Faults of what can't be read as an event at all, for which one text stands.
OF_THE_BODY = {
    "doubled-key",
    "integer-too-large",
    "lone-surrogate",
    "not-an-array",
    "not-an-object",
    "not-base64",
    "not-finite",
    "not-gzip",
    "not-json",
    "not-utf-8",
    "nul",
    "too-deep",
    "too-large",
    "unreadable-key",
}


@pytest.fixture
def service(sqlite_url: str) -> Iterator[Service]:
    with serving(sqlite_url) as started:
        yield started


def page(service: Service, address: str) -> str:
    """What a page says, in one line, without its marks."""
    service.follow()
    answer = service.request("GET", address, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    text = re.sub(r"<(script|style).*?</\\1>", "", answer.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def post(service: Service, *events: Any) -> None:
    service.request("POST", "/v1/events", json=list(events), headers={"Content-Type": BATCH})


def event_types(service: Service) -> list[dict[str, Any]]:
    types: list[dict[str, Any]] = service.told("/v1/event-types")["items"]
    return types


def test_a_corrected_form_is_taken_of_every_refused_event_that_is_of_a_type(service):
    types = event_types(service)
    registry = service.context.registry
    corrected_ones, refused_again = 0, []
    for name, case in REFUSED.items():
        post(service, case.posted)
        told = service.told("/v1/rejections", limit=1000)["items"][-1]
        kept = service.told(f"/v1/rejections/{told['id']}")["rejection"]
        sender = registry(told["organisation"] or "")
        form = correct(kept["event"], kept["errors"], types, None if sender is None else sender.code)
        if form is None:
            assert not isinstance(kept["event"], dict) or any(one["pointer"] == "/type" for one in kept["errors"]), name
            continue
        corrected_ones += 1
        answer = service.post({**form.event, "id": f"mended-{corrected_ones}"})
        if answer.status_code != 201:
            refused_again.append((name, form.event, answer.json().get("errors")))
    assert refused_again == []
    assert corrected_ones > 90


def test_what_is_wrong_or_lacking_is_marked_where_it_stands():
    event = {"id": "a", "data": {"effectiveOn": "2022-13-01", "homes": [{"bedrooms": "two"}]}}
    lines = refused_lines(event, ["/data/effectiveOn", "/data/municipality", "/data/homes/0/bedrooms"])

    assert [line.text.strip() for line in lines if line.mark == "fault"] == [
        '"effectiveOn": "2022-13-01",',
        '"bedrooms": "two"',
    ]
    assert [line.text.strip() for line in lines if line.mark == "lacking"] == ['"municipality": …']


def test_what_was_right_stays_and_what_came_from_the_example_is_marked(service):
    first = refused()[0]
    faults = [{"pointer": "/data/accommodation", "code": "required", "detail": "is required"}]
    form = correct(first, faults, event_types(service), "GM0034")

    assert form is not None
    assert form.mended == {"/data/accommodation"}
    assert form.event == {**first, "data": {**first["data"], "accommodation": "regular"}}
    assert [line.text.strip() for line in corrected_lines(form) if line.mark] == ['"accommodation": "regular"']


def test_every_fault_that_an_event_can_have_says_what_to_do():
    """Every code in the source of the domain and the intake, however it is written there."""
    codes = set()
    for path in [*(ROOT / "domain").rglob("*.py"), *(ROOT / "service" / "intake").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                at = {"Fault": 1, "because": 0, "Malformed": 0, "_pattern": 1}.get(called)
                named = node.args[at] if at is not None and len(node.args) > at else None
                if isinstance(named, ast.Constant):
                    codes.add(named.value)
    assert {"required", "no-authority", "not-a-date", "conflict"} - codes <= {"conflict"}
    assert codes - FAULT_WORDS.keys() - OF_THE_BODY == set()


def test_the_page_counts_groups_and_opens_what_was_refused(service):
    for event in refused():
        post(service, event)
    today = service.clock.now.date().isoformat()
    shown = page(service, f"/aanleveren?organisation={ALMERE_OIN}&validOn={today}")

    assert "Aangeleverd door gemeente Almere" in shown
    assert re.search(r"Geweigerd 4\b", shown), shown[300:1200]
    assert "1 × Een veld ontbreekt. Voeg het toe" in shown
    assert "/data/accommodation · required" in shown
    assert "/data/municipality · not-your-municipality" in shown
    assert "/data/vNumber" not in shown, "COA's is not Almere's"
    assert "Zo is het gestuurd" not in shown, "whom an event tells of is not read unasked"

    opened = page(service, f"/aanleveren?organisation={ALMERE_OIN}&validOn={today}&rejection=1#event")
    assert "Geweigerde gebeurtenis almere-1" in opened
    assert '"accommodation": … ← ontbreekt' in opened
    assert '"accommodation": "regular" ← vul de juiste waarde in' in opened


def test_days_without_a_refusal_say_so_and_an_unknown_number_is_not_there(service):
    post(service, refused()[0])
    shown = page(service, "/aanleveren?validOn=2022-06-30&rejection=99")

    assert "Van 24 juni 2022 tot en met 30 juni 2022 is niets geweigerd." in shown
    assert "Niet gevonden" in shown


@pytest.mark.parametrize(
    ("role", "says"),
    [
        ("public", "Dit is te zien voor: IND, COA, DUO"),
        ("analyst", "Dit is te zien voor: IND, COA, DUO"),
        ("auditor", "alle organisaties"),
        ("GM0034", "Aangeleverd door gemeente Almere"),
    ],
)
def test_who_may_not_see_refusals_reads_who_may(service, role, says):
    post(service, refused()[0])
    assert says in page(service, f"/aanleveren?as={role}")


def test_a_sender_reads_its_own_refusal_and_an_auditor_not_what_was_sent(service):
    post(service, refused()[0], refused()[4])
    own = page(service, "/aanleveren?as=GM0034&rejection=1")
    other = page(service, "/aanleveren?as=GM0034&rejection=2")
    auditor = page(service, "/aanleveren?as=auditor&rejection=1")

    v_number = refused()[0]["data"]["vNumber"]
    assert v_number in own
    assert "Niet gevonden" in other
    assert "Wat is gestuurd ziet alleen de afzender" in auditor
    assert v_number not in auditor
    assert "Zo ziet een goede gebeurtenis eruit" in auditor


def test_a_form_is_told_of_what_is_another_s_to_send_and_has_no_data(service):
    example = next(one["example"] for one in event_types(service) if one["authority"] == ["coa"])
    faults = [{"code": "no-authority", "pointer": "/source"}, {"code": "not-an-object", "pointer": "/data"}]
    form = correct({**example, "data": 1}, faults, event_types(service), "GM0034")
    assert form is not None
    assert isinstance(form.event["data"], dict)
