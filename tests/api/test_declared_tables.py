"""Declared tables over HTTP: the catalogue, flat rows, why a cell is so and why it changed, and who may ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from projections.figures import FIGURES
from tests.api.every_operation import DOCUMENT, told_as_problem
from tests.api.reports import AMERSFOORT, UTRECHT, Event, granted, housed, linked, quota, returned, withdrawn
from tests.api.service_under_test import NOW, Service, serving
from tests.api.test_formats import address, history
from tests.api.tokens import Guarded, guarded, oin
from tests.posts import COA, ENSCHEDE, HENGELO

A, B, C = (f"999900000{n}" for n in range(1, 4))
FIRST, LATER = housed(A, "2021-07-20"), housed(B, "2021-08-10", accommodation="hotel")
EVENTS: list[Event] = [
    quota("quota-published", "2021-03-29", persons=352),
    quota("municipal-quota-published", "2021-03-29", municipality=UTRECHT, persons=10),
    FIRST,
    LATER,
    returned(B, "2021-09-05"),
    housed(C, "2021-08-20", AMERSFOORT),
]
HALF = "period=2021-II&validOn=2021-12-31"

every_figure = pytest.mark.parametrize("name", FIGURES)


@pytest.fixture
def told(embedded: Service) -> Service:
    embedded.post_all(EVENTS)
    embedded.follow()
    return embedded


@pytest.fixture(scope="module")
def service(shared_sqlite_url: str) -> Iterator[Service]:
    with serving(shared_sqlite_url) as running:
        running.post_all(history())
        running.follow()
        yield running


def body(service: Service, url: str, **headers: str) -> dict[str, Any]:
    answer = service.request("GET", url, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def faults(url: str, answered: dict[str, Any]) -> list[str]:
    """How an answer departs from what the document says of its address."""
    schema = DOCUMENT["paths"][url.partition("?")[0].removeprefix("/v1")]["get"]["responses"]["200"]["content"]
    whole = {**schema["application/json"]["schema"], "components": DOCUMENT["components"]}
    return [error.message for error in OAS31Validator(whole).iter_errors(answered)]


# The catalogue


def test_the_catalogue_says_everything_of_every_table_in_both_languages(refusing):
    items = body(refusing, "/v1/figures")["items"]

    assert [one["figure"] for one in items] == [*FIGURES]
    for one, figure in zip(items, FIGURES.values(), strict=True):
        assert one["title"] == figure.title._asdict() and one["href"] == f"/v1/figures/{figure.name}"
        assert [column["name"] for column in one["columns"]] == [column.name for column in figure.columns]
        words = [one[name] for name in ("title", "definition", "counts")]
        words += [each["label"] for each in (*one["columns"], *one["dimensions"])]
        assert all(word["nl"] and word["en"] for word in words)
        assert all({*column["groupBy"]} <= {*one["groupBy"]} for column in one["columns"])
    assert faults("/v1/figures", {"items": items}) == []


@every_figure
def test_a_table_is_described_with_its_own_parameters_questions_and_columns(name):
    figure, described = FIGURES[name], DOCUMENT["paths"][f"/figures/{name}"]["get"]
    parameters = {one["name"]: one for one in described["parameters"]}

    assert described["x-questions"] == [f"Q{number}" for number in figure.questions]
    assert {one.name for one in figure.parameters} <= parameters.keys()
    assert [one.name for one in figure.parameters if not one.required and parameters[one.name]["required"]] == []
    groups = parameters["groupBy"]["schema"]
    assert groups.get("enum", [groups.get("const")]) == [*figure.group_by]
    assert parameters["format"]["schema"]["enum"] == ["json", "csv", "xlsx", "parquet"]
    assert len(described["responses"]["200"]["content"]) == 4


@every_figure
@pytest.mark.parametrize("group_by", ["country", "province", "municipality"])
def test_a_table_answers_as_it_is_described(service, name, group_by):
    url = address(name, group_by)
    answered = body(service, url)

    assert faults(url, answered) == []
    assert [*answered][:3] == ["validOn", "knownAt", "position"]
    assert answered["definition"] == {"version": FIGURES[name].version, "href": f"/v1/figures#{name}"}
    for item in answered["items"]:
        assert [*item][:2] == ["code", "name"]
        assert all(value is None or isinstance(value, str | int | float) for value in item.values())


def test_flat_rows_of_the_norm_phases_are_never_all_zero(service):
    window = "from=2021-10-01&to=2021-10-01&validOn=2022-03-01&groupBy=municipality"
    flat = body(service, f"/v1/figures/norm-phases?{window}")["items"]
    nested = body(service, f"/v1/norm-phases?{window}")["items"]

    assert all(any(value for name, value in item.items() if name not in ("code", "name")) for item in flat)
    assert {item["code"] for item in flat} < {item["code"] for item in nested}


# Why it is so


def test_the_parts_of_a_cell_add_up_to_it_with_the_events_that_made_each(told):
    url = f"/v1/figures/realisation/_explanation?{HALF}&code={UTRECHT}&column=realised"
    answered = body(told, url)

    assert faults(url, answered) == []
    cell = answered["cell"]
    assert (cell["code"], cell["name"], cell["column"], cell["value"]) == (UTRECHT, "Utrecht", "realised", 1)
    assert [(part["adds"], len(part["events"])) for part in answered["parts"]] == [(1, 1), (1, 1), (-1, 2)]
    assert sum(part["adds"] for part in answered["parts"]) == cell["value"]
    assert {part["journey"] for part in answered["parts"]} == {told.journey(A), told.journey(B)}
    assert answered["parts"][0]["events"][0]["id"] == FIRST["id"]


def test_an_explanation_comes_in_pages_that_together_add_up(told):
    url = f"/v1/figures/realisation/_explanation?{HALF}&code=NL&column=realised&limit=1"
    found, links = [], 0
    while url:
        answer = told.request("GET", url)
        assert answer.json()["cell"]["value"] == 2
        found += answer.json()["parts"]
        url, links = answer.links.get("next", {}).get("url", ""), links + 1

    assert ([part["adds"] for part in found], links) == ([1, 1, 1, -1], 4)


def test_a_ratio_a_mean_and_a_backlog_of_a_day_are_explained_too(service):
    window = "from=2021-01-01&to=2022-02-28&validOn=2022-03-01"
    for url, sums in (
        (
            f"/v1/figures/norm-phases/_explanation?{window}&code=NL&column=totalCompletedWithinNorm",
            lambda cell, parts: (
                cell["value"] == round(sum(p["numerator"] for p in parts) / sum(p["denominator"] for p in parts), 4)
            ),
        ),
        (
            f"/v1/figures/norm-phases/_explanation?{window}&code=NL&column=totalCompletedMean",
            lambda cell, parts: cell["value"] == round(sum(p["value"] for p in parts) / len(parts), 2),
        ),
        (
            f"/v1/figures/backlog/_explanation?{window}&code=GM0344&column=remaining&on=2022-01-31",
            lambda cell, parts: cell["value"] == sum(p["adds"] for p in parts),
        ),
    ):
        answered = body(service, f"{url}&limit=1000")
        assert faults(url, answered) == []
        assert answered["parts"] and sums(answered["cell"], answered["parts"]), url


def test_a_merged_municipality_is_explained_as_the_one_it_counts_for(service):
    url = "/v1/figures/realisation/_explanation?period=2022-I&validOn=2022-03-01&code=GM0153&column=realised"

    assert body(service, url)["cell"]["code"] == "GM9153"


def test_a_row_that_is_not_there_has_no_explanation(service):
    for url in (
        "/v1/figures/backlog/_explanation?from=2021-01-01&to=2021-12-31&code=NL&column=task&on=2030-01-05",
        "/v1/figures/norm-phases/_explanation?from=2021-01-01&to=2021-12-31&code=GM0518&column=closedWithoutHousing",
    ):
        told_as_problem(service.request("GET", url), 404)


# Why it changed


def test_a_change_names_what_moved_the_cell_and_the_amounts_add_up_to_the_difference(told):
    before = told.position()
    told.clock.forward(days=1)
    told.post_all([withdrawn(A, FIRST, at="2022-07-16T08:00:00Z")])
    told.follow()
    url = f"/v1/figures/realisation/_changes?{HALF}&code={UTRECHT}&column=realised&fromPosition={before}"
    answered = body(told, url)

    assert faults(url, answered) == []
    assert (answered["then"], answered["now"], answered["difference"]) == (1, 0, -1)
    ((adds, was, became, journey, events),) = (
        (part["adds"], part["before"], part["after"], part["journey"], part["events"]) for part in answered["parts"]
    )
    assert (adds, was, became, journey) == (-1, 1, 0, told.journey(A))
    assert [event["type"] for event in events] == ["nl.ketenspoor.event-withdrawn.v1"]
    assert answered["thenKnown"]["position"] == before and answered["nowKnown"]["position"] == before + 1


def test_two_instants_are_named_from_and_to_and_where_a_table_has_a_window_known_from_and_known_to(told):
    told.clock.forward(days=1)
    told.post_all([housed("9999000009", "2021-10-01")])
    told.follow()
    then, now = NOW.strftime("%Y-%m-%dT23:00:00Z"), told.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    realised = f"/v1/figures/realisation/_changes?{HALF}&code=NL&column=realised&from={then}&to={now}"
    window = "from=2021-07-01&to=2021-12-31&step=month&validOn=2021-12-31"
    backlog = f"/v1/figures/backlog/_changes?{window}&code=NL&column=realised&on=2021-12-31"

    assert body(told, realised)["difference"] == 1
    assert body(told, f"{backlog}&knownFrom={then}&knownTo={now}")["difference"] == 1


# What is refused


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("realisation?period=bad&groupBy=town", "period not-a-period, groupBy not-one-of"),
        ("norm-phases?from=2021-02-01&to=2021-01-01&knownBy=sender", "to before-from, knownAt required"),
        (
            "norm-phases?from=x&to=y&norm=z&family=no&groupBy=no",
            "from not-a-date, to not-a-date, norm not-one-of, family not-one-of, groupBy not-one-of",
        ),
        ("backlog?from=2000-01-01&to=2020-12-31&step=day", "from too-many-points"),
        ("permits?from=0001-01-01&to=9999-12-31", "from too-many-points"),
        (
            "realisation/_explanation?period=2021-II&code=GM0344&column=behind&knownAt=2030-01-01T00:00:00Z",
            "column not-of-the-row, knownAt in-the-future",
        ),
        ("realisation/_explanation?period=2021-II&code=GM9999&column=task", "code unknown-municipality"),
        ("realisation/_explanation?period=2021-II&code=PV99&column=task", "code unknown-province"),
        (
            "realisation/_explanation?period=x&code=Utrecht&column=best&limit=0",
            "period not-a-period, code wrong-pattern, column not-one-of, limit out-of-range",
        ),
        (
            "backlog/_explanation?from=2021-01-01&to=2021-12-31&code=NL&column=task&cursor=none",
            "on required",
        ),
        ("realisation/_changes?period=2021-II&code=NL&column=task", "from required"),
        (
            (
                "realisation/_changes?period=2021-II&code=NL&column=task&from=2030-01-01T00:00:00Z"
                "&to=2030-01-02T00:00:00Z&knownBy=sender&knownAt=2022-01-01T00:00:00Z"
            ),
            "from in-the-future, to in-the-future, knownBy not-of-changes, knownAt disagrees",
        ),
    ],
)
def test_all_that_is_wrong_is_told_at_once(refusing, url, expected):
    problem = told_as_problem(refusing.request("GET", f"/v1/figures/{url}"), 400)

    assert {f"{one['parameter']} {one['code']}" for one in problem["errors"]} == set(expected.split(", "))


def test_a_table_that_is_not_declared_is_not_there(refusing):
    told_as_problem(refusing.request("GET", "/v1/figures/everything"), 404)


# Who may


@pytest.fixture(scope="module")
def locked_tables(another_sqlite_url: Any) -> Iterator[Guarded]:
    with guarded(another_sqlite_url(), client_rate=0, public_rate=0) as running:
        events = [quota("quota-published", "2021-03-29", persons=352)]
        for n in range(7):
            town = "GM0153" if n < 6 else "GM0164"
            person = f"99990000{n:02d}"
            events += [granted(person, "2021-06-01"), linked(person, "2021-06-10", town)]
            events.append(housed(person, "2021-07-20", town))
        for one in events:
            assert running.post_as(one).status_code == 201
        running.follow()
        yield running


def test_who_may_see_no_journeys_is_refused_the_parts_and_reads_the_rows(locked_tables):
    cell = f"{HALF}&code=NL&column=realised"
    for role in ("public", "analyst", "ministry", "province"):
        headers = locked_tables.of_role(role)
        for url in (f"_explanation?{cell}", f"_changes?{cell}&fromPosition=0"):
            answer = locked_tables.request("GET", f"/v1/figures/realisation/{url}", headers=headers)
            told_as_problem(answer, 401 if role == "public" else 403)
        assert body(locked_tables, f"/v1/figures/realisation?{HALF}", **headers)["items"][0]["realised"] == 7


@pytest.mark.parametrize("role", ["public", "analyst", "ministry", "province", "municipality"])
def test_where_no_part_can_be_a_journeys_who_may_read_the_table_may_ask_why(locked_tables, role):
    headers = locked_tables.of_role(role)
    methods, revisions = f"{HALF}&code=NL&column=computed", f"{HALF}&code=NL&column=quota&on=2021-03-29"
    for name, cell in (("quota-methods", methods), ("quota-revisions", revisions)):
        why = body(locked_tables, f"/v1/figures/{name}/_explanation?{cell}", **headers)
        assert (why["cell"]["value"], why["cell"]["sum"]) == (352, 352)
        assert why["parts"] and not any("journey" in part for part in why["parts"])
        changed = body(locked_tables, f"/v1/figures/{name}/_changes?{cell}&fromPosition=0", **headers)
        assert (changed["difference"], [one for one in changed["parts"] if "journey" in one]) == (352, [])
    nobody = f"/v1/figures/transfers/_explanation?{HALF}&code=GM0153&column=after&transfer=1"
    told_as_problem(locked_tables.request("GET", nobody, headers=headers), 404)


def test_a_municipality_has_its_own_row_explained_and_no_other_and_no_changes(locked_tables):
    own, other = (locked_tables.of_organisation(oin(by)) for by in (ENSCHEDE, HENGELO))
    cell = f"/v1/figures/realisation/_explanation?{HALF}&column=realised&code="

    assert body(locked_tables, f"{cell}GM0153", **own)["cell"]["value"] == 6
    assert body(locked_tables, f"{cell}GM0164", **other)["cell"]["value"] == 1
    for url in (f"{cell}GM0164", f"{cell}NL", f"{cell}PV23"):
        told_as_problem(locked_tables.request("GET", url, headers=own), 403)
    changes = f"/v1/figures/realisation/_changes?{HALF}&code=GM0153&column=realised&fromPosition=0"
    told_as_problem(locked_tables.request("GET", changes, headers=own), 403)
    assert body(locked_tables, changes, **locked_tables.of_organisation(oin(COA)))["difference"] == 6


def test_small_numbers_are_rounded_in_every_format_and_the_rule_is_told(locked_tables):
    phases = "/v1/figures/norm-phases?from=2021-07-01&to=2021-12-31&validOn=2021-12-31&groupBy=municipality"
    exact, rounded = (
        {one["code"]: one for one in body(locked_tables, phases, **locked_tables.of_role(role))["items"]}
        for role in ("coa", "analyst")
    )
    told = {
        name: (exact["GM0153"][name], rounded["GM0153"][name])
        for name in ("totalCompletedCount", "totalCompletedMean", "totalOpenCount", "totalOpenMean")
    }
    assert [*told.values()] == [(6, 5), (49, 50), (0, 0), (None, None)]
    assert (exact["GM0164"]["totalCompletedCount"], [*rounded]) == (1, ["GM0153"])

    kinds = f"/v1/figures/realisation?{HALF}&groupBy=municipality"
    by_kind = {one["code"]: one for one in body(locked_tables, kinds)["items"]}
    assert (by_kind["GM0153"]["realised"], by_kind["GM0153"]["realisedRegular"]) == (6, 5)
    assert by_kind["GM0153"]["realisedHotel"] == 0
    # One in all: whichever way is told to be rounded, it is not told.
    assert (by_kind["GM0164"]["realised"], by_kind["GM0164"]["realisedRegular"]) == (1, None)
    lines = locked_tables.request("GET", f"{kinds}&format=csv").text.split("\r\n")
    (line,) = (line for line in lines if line.startswith("GM0153"))
    assert line.split(",")[7:10] == ["6", "5", "0"]
    assert body(locked_tables, kinds)["disclosure"] == {"rule": "rounded-to-5", "exactFor": []}
    assert body(locked_tables, "/v1/figures/backlog?from=2021-07-01&to=2021-12-31")["disclosure"] == {
        "rule": "exact",
        "exactFor": [],
    }


@every_figure
def test_what_measures_persons_says_how_many_they_are(name):
    figure = FIGURES[name]
    if figure.audience == "public":
        return
    measured = [one for one in figure.columns if one.unit in ("days", "share", "percent", "pace")]

    assert [one.name for one in measured if one.persons is None and not one.from_rounded] == []
