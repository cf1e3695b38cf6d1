"""Supply, supervision and the ladder over HTTP: who reads them exactly, what others are told, and why a cell is so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.reports import granted, housed, linked, said
from tests.api.tokens import Guarded, guarded, oin
from tests.posts import COA, ENSCHEDE, MINISTRY, OVERIJSSEL, event

OURS, THEIRS = "GM0153", "GM0164"
ROUNDED = {"rule": "rounded-to-5", "exactFor": []}
EXACT = {"rule": "exact", "exactFor": []}
STEP = {"area": OURS, "period": "2021-II", "rung": 1, "reason": "behind"}
ASKED = "period=2021-II&groupBy=municipality&validOn=2022-01-31"


def _waiting(nth: int, municipality: str, *, ready: bool) -> Iterator[dict[str, Any]]:
    person = f"99993101{nth:02d}"
    yield granted(person, "2021-07-02")
    if ready:
        for item in ("bsn", "identity-document", "iban"):
            yield said("dossier-item-completed", "2021-07-03", person, item=item, id=f"{item} {nth}")
        yield said("residence-document-issued", "2021-07-03", person)
    yield linked(person, "2021-07-10", municipality)


@pytest.fixture(scope="module")
def service(shared_sqlite_url: str) -> Iterator[Guarded]:
    """Enschede has eight waiting, three without a complete file, and is on the first rung; Hengelo has two waiting."""
    with guarded(shared_sqlite_url, client_rate=0, public_rate=0) as running:
        posts = [
            event("quota-published", MINISTRY, "q-1", period="2021-II", persons=0, reference="1"),
            event("municipal-quota-published", MINISTRY, "q-2", period="2021-II", municipality=OURS, persons=11),
            event("municipal-quota-published", MINISTRY, "q-3", period="2021-II", municipality=THEIRS, persons=2),
            *(one for nth in range(8) for one in _waiting(nth, OURS, ready=nth > 2)),
            *(one for nth in range(8, 10) for one in _waiting(nth, THEIRS, ready=True)),
            granted("9999310199", "2021-07-02"),
            linked("9999310199", "2021-07-10", OURS),
            housed("9999310199", "2021-08-10", OURS),
            event("ladder-step-decided", OVERIJSSEL, "s-1", effectiveOn="2022-01-20", **STEP),
        ]
        for one in posts:
            answer = running.post_as(one)
            assert answer.status_code == 201, answer.text
        running.follow()
        yield running


def read(service: Guarded, url: str, headers: dict[str, str]) -> tuple[Any, dict[str, dict[str, Any]]]:
    answer = service.request("GET", url, headers=headers)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return body["disclosure"], {one["code"]: one for one in body["items"]}


@pytest.mark.parametrize("role", ["coa", "ministry", "auditor", "province"])
def test_who_supervises_links_or_audits_reads_supervision_exactly(service, role):
    headers = service.of_organisation(oin(OVERIJSSEL)) if role == "province" else service.of_role(role)
    disclosure, rows = read(service, f"/v1/figures/supervision?{ASKED}", headers)

    assert disclosure == EXACT
    names = ("gross", "open", "supplyGap", "excusedDossier", "excused", "attributable", "stack", "margin", "proposed")
    assert [rows[OURS][name] for name in names] == [10, 8, 2, 3, 3, 5, 5, 1, 1]
    assert [rows[THEIRS][name] for name in names] == [2, 2, 0, 0, 0, 2, 2, 1, 1]


@pytest.mark.parametrize("role", ["ind", "analyst", "cbs", "public"])
def test_others_are_told_of_supervision_what_follows_from_rounded_numbers(service, role):
    disclosure, rows = read(service, f"/v1/figures/supervision?{ASKED}", service.of_role(role))

    assert disclosure == ROUNDED
    told = ("task", "realised", "gross", "open", "excused", "margin", "rungNow")
    # Eight are about ten, and three about five; two are none.
    assert [rows[OURS][name] for name in told] == [11, 1, 10, 10, 5, 1, 1]
    assert [rows[THEIRS][name] for name in told] == [2, 0, 2, 0, 0, 1, 0]
    derived = ("supplyGap", "attributable", "stacked", "proposed", "inRow", "light")
    # 10 - 10 = 0 was never linked for, and 10 - 5 = 5 are its own: as if they were ten and five.
    assert [rows[OURS][name] for name in derived] == [0, 5, 1, 1, 1, "red"]
    # Of two waiting nothing is told: as if nobody were ever linked, none is its own, and no step follows.
    assert [rows[THEIRS][name] for name in derived] == [2, 0, 0, 0, 0, "amber"]


def test_a_municipality_reads_its_own_supervision_exactly(service):
    disclosure, rows = read(service, f"/v1/figures/supervision?{ASKED}", service.of_organisation(oin(ENSCHEDE)))

    assert disclosure == {**ROUNDED, "exactFor": [OURS]}
    assert (rows[OURS]["open"], rows[OURS]["supplyGap"], rows[THEIRS]["open"]) == (8, 2, 0)


def test_supply_is_public_in_numbers_of_the_quota_and_rounded_in_persons(service):
    url = f"/v1/figures/supply?{ASKED}"
    (exact_rule, exact), (rule, told) = (read(service, url, service.of_role(role)) for role in ("ind", "public"))
    names = ("task", "realised", "linked", "needed", "shortage", "reference", "shortageAtReference")

    assert (exact_rule, rule) == (EXACT, ROUNDED)
    assert [exact[OURS][name] for name in names] == [11, 1, 8, 10, 2, "2021-10-01", 2]
    assert [told[OURS][name] for name in names] == [11, 1, 10, 10, 0, "2021-10-01", 0]


def test_the_ladder_tells_what_was_known_then_and_now(service):
    (_, exact), (rule, told) = (
        read(service, "/v1/figures/ladder?validOn=2022-01-31", service.of_role(role)) for role in ("ministry", "public")
    )
    names = ("on", "period", "rung", "attributableThen", "attributableNow", "differs")

    assert rule == ROUNDED
    assert [exact[OURS][name] for name in names] == ["2022-01-20", "2021-II", 1, 5, 5, 0]
    assert [told[OURS][name] for name in names] == ["2022-01-20", "2021-II", 1, 5, 5, 0]


@pytest.mark.parametrize("role", ["coa", "ministry", "auditor", "province", "ind", "analyst", "cbs", "duo", "public"])
def test_the_ladder_is_exact_for_whom_supervision_is(service, role):
    headers = service.of_organisation(oin(OVERIJSSEL)) if role == "province" else service.of_role(role)
    disclosure, rows = read(service, "/v1/figures/ladder?validOn=2022-01-31", headers)

    assert disclosure == (EXACT if role in ("coa", "ministry", "auditor", "province") else ROUNDED)
    assert rows[OURS]["rung"] == 1


def test_a_municipality_reads_the_ladder_of_itself_exactly(service):
    disclosure, _ = read(service, "/v1/figures/ladder?validOn=2022-01-31", service.of_organisation(oin(ENSCHEDE)))

    assert disclosure == {**ROUNDED, "exactFor": [OURS]}


def test_what_has_nothing_in_the_way_is_told_as_the_rounded_numbers_leave_it(service):
    _, rows = read(service, f"/v1/figures/supervision?{ASKED}&days=0", service.of_role("public"))

    # About ten less about five; five of eight would be about five as well, but two of nine would be none.
    assert [rows[OURS][name] for name in ("open", "excused", "stack")] == [10, 5, 5]


@pytest.mark.parametrize(
    ("column", "value", "topics"),
    [
        ("excusedDossier", 3, {"linked"}),
        ("attributable", 5, {"linked"}),
        ("rungNow", 1, {"ladder-step-decided"}),
        ("supplyGap", 2, {"municipal-quota-published", "housed", "linked"}),
        ("realised", 1, {"housed"}),
    ],
)
def test_a_cell_of_supervision_is_explained_by_the_events_behind_it(service, column, value, topics):
    url = f"/v1/figures/supervision/_explanation?period=2021-II&validOn=2022-01-31&code={OURS}&column={column}"
    answer = service.request("GET", url, headers=service.of_organisation(oin(COA)))
    assert answer.status_code == 200, answer.text
    body = answer.json()

    assert (body["cell"]["value"], body["cell"]["sum"]) == (value, value)
    assert sum(part["adds"] for part in body["parts"]) == value
    found = {
        one["type"].removeprefix("nl.ketenspoor.").removesuffix(".v1")
        for part in body["parts"]
        for one in part["events"]
    }
    assert topics <= found


def test_a_step_on_the_ladder_is_explained_by_its_decision_and_compared_over_time(service):
    headers = service.of_organisation(oin(COA))
    _, rows = read(service, "/v1/figures/ladder?validOn=2022-01-31", headers)
    cell = f"validOn=2022-01-31&code={OURS}&decided={rows[OURS]['decided']}&column=attributableNow"
    explained, compared = (
        service.request("GET", f"/v1/figures/ladder/{address}", headers=headers).json()
        for address in (f"_explanation?{cell}", f"_changes?{cell}&fromPosition=0")
    )

    assert [explained["cell"][name] for name in ("value", "sum")] == [5, 5]
    assert [one["type"] for part in explained["parts"] for one in part["events"]] == [
        "nl.ketenspoor.ladder-step-decided.v1"
    ]
    assert [compared[name] for name in ("then", "now", "difference")] == [None, 5, 5]
