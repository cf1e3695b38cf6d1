"""Who may do what: every operation of the served document with every role, by real tokens, against the table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from service.access import rules
from service.access.caller import ANYONE, DEVELOPER, ROLES, SCOPES, Caller, Role
from service.foundation.problems import Problem
from service.http import routes
from service.http.documentation import access_rules
from service.http.openapi import specification
from service.http.routes import index
from tests.api.tokens import Guarded, guarded, oin
from tests.posts import COA, ENSCHEDE

WRITTEN = Path(__file__).parents[2] / "docs" / "who-may-what.md"
JOURNEY = "0f4d1c1e-7a0b-8c3e-9a44-0c7e5f1a2b3d"

#: What a refusal of each kind says, whatever was asked: nobody learns from it what there is.
UNAUTHENTICATED = {"title": "Unauthorized", "status": 401}
FORBIDDEN = {"title": "Forbidden", "status": 403}


def operations() -> list[tuple[str, str]]:
    """The method and address of everything in the document as it is served."""
    served = json.loads(specification.text())
    return [
        (method.upper(), f"/v1{path}".removesuffix("/")) for path, some in served["paths"].items() for method in some
    ]


def written() -> dict[tuple[str, str], dict[str, str]]:
    """The table as it is written down: the extent of each role, by method and address."""
    lines = WRITTEN.read_text("utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| Operation "))
    heads, _, *rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in lines[start:] if line.startswith("|")
    ]
    found = {}
    for row in rows:
        if not row[0].startswith("`") or " /" not in row[0]:
            break
        method, _, address = row[0].strip("`").partition(" ")
        found[method, address] = dict(zip(heads[2:], row[2:], strict=True))
    return found


@pytest.fixture
def service(sqlite_url: str) -> Iterator[Guarded]:
    """The service with its doors locked."""
    with guarded(sqlite_url, client_rate=0, public_rate=0) as running:
        yield running


def test_the_table_that_is_written_down_is_the_one_that_requests_are_held_against():
    assert WRITTEN.read_text("utf-8") == access_rules.text(), "run `ketenspoor rules`"


def test_every_operation_of_the_document_stands_in_the_table_and_nothing_else():
    assert sorted(written()) == sorted({*operations(), ("GET", index.OPENAPI)})


def test_every_role_gets_as_far_as_the_table_says_with_every_operation(service):
    expected, found = {}, {}
    shown = {role: service.of_role(role) for role in ROLES}
    for (method, address), extents in written().items():
        there = address.format(journey=JOURNEY, position=1, id=1, area="NL")
        for role in ROLES:
            answer = service.request(method, f"{there}?notAParameter=1", headers=shown[role])
            refused = "no token" if role == "public" else "refused"
            expected[method, address, role] = "let in" if extents[role] else refused
            found[method, address, role] = {401: "no token", 403: "refused"}.get(answer.status_code, "let in")

    assert len(expected) == len(written()) * len(ROLES)
    assert {asked: way for asked, way in found.items() if way != expected[asked]} == {}


def test_a_refusal_is_the_same_whatever_is_asked_and_says_what_to_show(service):
    for address in ("/v1/journeys", f"/v1/journeys/{JOURNEY}", "/v1/rejections/1", "/v1/log/inclusion?position=1"):
        nobody = service.request("GET", address)
        analyst = service.request("GET", address, headers=service.of_role("analyst"))

        assert nobody.headers["www-authenticate"] == "Bearer"
        assert nobody.json().items() >= UNAUTHENTICATED.items()
        assert analyst.json().items() >= FORBIDDEN.items()
        assert "www-authenticate" not in analyst.headers


def test_head_is_as_open_as_get(service):
    coa = service.of_role("coa")

    assert service.request("HEAD", "/v1/journeys", headers=service.of_role("analyst")).status_code == 403
    assert service.request("HEAD", "/v1/journeys").status_code == 401
    assert service.request("HEAD", "/v1/journeys", headers=coa).status_code == 200


def test_a_token_is_good_for_what_it_was_issued_for_and_for_what_is_public(service):
    figures = service.of_organisation(oin(COA), scopes="figures.read")

    assert service.request("GET", "/v1/journeys", headers=figures).status_code == 403
    assert service.request("POST", "/v1/events", headers=figures).status_code == 403
    assert service.request("GET", "/v1/realisation?period=2021-II", headers=figures).json()["disclosure"] == {
        "rule": "exact",
        "exactFor": [],
    }
    for scopes in ("", "events.write"):
        shown = service.of_organisation(oin(COA), scopes=scopes)
        told = service.request("GET", "/v1/realisation?period=2021-II", headers=shown)
        assert told.json()["disclosure"]["rule"] == "rounded-to-5"


# The table itself


def caller(*roles: Role) -> Caller:
    return Caller("somebody", frozenset(roles), rules.scopes_of(roles))


def test_of_several_roles_the_widest_extent_holds():
    assert rules.extent("read_norm_phases", caller("analyst", "municipality")) == "own"
    assert rules.extent("read_norm_phases", caller("analyst", "coa")) == "exact"
    assert rules.extent("read_journey", caller("municipality", "coa")) == "all"


def test_an_auditor_with_another_role_is_an_auditor_alone():
    both = caller("auditor", "coa")

    assert rules.extent("read_journey", both) == "masked"
    with pytest.raises(Problem) as refused:
        rules.extent("find_journey", both)
    assert refused.value.status == 403


def test_what_has_no_rule_nobody_may():
    for one in (ANYONE, caller(*set(ROLES) - {"auditor"})):
        with pytest.raises(Problem) as refused:
            rules.extent("print_everything", one)
        assert refused.value.status == 403


def test_the_service_does_not_start_with_a_route_that_has_no_rule():
    router = APIRouter()
    router.get("/everything", name="print_everything")(lambda: None)

    with pytest.raises(rules.Unruled, match="print_everything"):
        rules.check(names_in(router))
    for part in routes.PARTS:
        rules.check(names_in(part))


def names_in(router: APIRouter) -> list[str]:
    return [route.name for route in router.routes if isinstance(route, APIRoute)]


def test_somebody_without_a_role_may_what_everybody_may():
    nobody = Caller("somebody", frozenset(), frozenset(SCOPES))

    assert rules.extent("read_realisation", nobody) == "rounded"
    with pytest.raises(Problem):
        rules.extent("list_events", nobody)


def test_in_development_mode_without_a_token_everything_is_open():
    assert {rules.extent(name, DEVELOPER) for name in rules.RULES} == {"all"}


def test_nobody_gets_at_journeys_or_at_the_log_of_who_looked_without_the_role_for_it():
    to_journeys = {role for role in ROLES if "find_journey" in names_of(role)}
    to_accounts = {role for role in ROLES if "list_audited" in names_of(role)}

    assert to_journeys == {"ind", "coa", "duo", "municipality"}
    assert to_accounts == {"auditor"}
    assert {role for role in ROLES if rules.RULES["read_journey"].extents.get(role) == "all"} == {"ind", "coa", "duo"}
    assert "list_journeys" not in names_of("analyst") | names_of("public") | names_of("administrator")


def names_of(role: Role) -> set[str]:
    return {name for name, rule in rules.RULES.items() if role in rule.extents}


def test_a_municipality_that_asks_for_another_one_is_refused(service):
    enschede = service.of_organisation(oin(ENSCHEDE))

    for address in (
        "/v1/journeys?municipality=GM0164",
        "/v1/figures/realisation/_explanation?period=2021-II&column=realised&code=GM0164",
        "/v1/figures/realisation/_explanation?period=2021-II&column=realised&code=NL",
        "/v1/figures/norm-phases/_explanation?from=2021-01-01&to=2021-12-31&column=totalCompletedCount&code=PV23",
        "/v1/rejections?organisation=00000099000000002000",
    ):
        assert service.request("GET", address, headers=enschede).status_code == 403, address
