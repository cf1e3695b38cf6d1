"""Attacks on the doors that came further than they may: what each asks is refused, or tells nothing."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event as listening

from domain.places import Places
from service.access.key_sets import read_keys
from service.access.registry import from_file
from service.foundation.organisations import InvalidRegistry
from service.queries.feed import Feed, Limits
from service.queries.visibility import own_rows
from tests.api.listening import Listener, told
from tests.api.reports import granted, housed, linked, said
from tests.api.tokens import Guarded, bearing, guarded, oin, registry_text, rsa_key, signed
from tests.posts import CBS, COA, ENSCHEDE, HENGELO, event

OURS, THEIRS = "GM0153", "GM0164"
A, B, C = "9999000011", "9999000022", "9999000033"
MERGED = "2023-01-01"


@contextmanager
def knowing(url: str, *events: dict[str, Any]) -> Iterator[Guarded]:
    """The service with these events recorded."""
    with guarded(url, rate=0, public_rate=0) as running:
        for one in events:
            assert running.post_as(one).status_code == 201, one
        running.follow()
        yield running


def asked(service: Guarded, url: str, by: str = ENSCHEDE) -> httpx.Response:
    return service.request("GET", url, headers=service.of_organisation(oin(by)))


# Tokens and keys


def test_a_token_whose_times_no_clock_has_is_refused_like_any_other(sqlite_url: str) -> None:
    with guarded(sqlite_url) as service:
        claims = service.claims(f"system-{oin(COA)}")
        for times in ({"iat": 1.5, "exp": 10**400}, {"exp": 10**400}, {"iat": -(10**400)}, {"iat": float("-inf")}):
            answer = service.request("GET", "/v1/events", headers=bearing(signed({**claims, **times})))
            assert answer.status_code == 401, times


@pytest.mark.parametrize("said", [5, None, {}, "verify", [["verify"]]])
def test_one_key_that_says_nonsense_does_not_take_the_others_with_it(said: Any) -> None:
    good = rsa_key().as_dict(private=False)
    nonsense = {**good, "kid": "nonsense", "key_ops": said}

    assert read_keys(json.dumps({"keys": [nonsense, good]}).encode()).keys() == {good["kid"]}


def test_clients_of_two_organisations_are_not_called_the_same(tmp_path: Path) -> None:
    other = (
        '[[issuer]]\nurl = "https://other.test"\njwks = "https://other.test/jwks"\n'
        f'[[client]]\nid = "system-{oin(COA)}"\nissuer = "https://other.test"\npurpose = "https://register.test/x"\n'
        'organisation = "{}"\n'
    )
    registry = tmp_path / "registry.toml"

    def written(organisation: str) -> Path:
        text = registry_text({"https://issuer.test": "https://issuer.test/jwks"}, other.format(organisation))
        registry.write_text(text, "utf-8")
        return registry

    assert from_file(written(oin(COA)), "https://ketenspoor.test").clients
    with pytest.raises(InvalidRegistry, match="is that of another organisation's client"):
        from_file(written(oin(ENSCHEDE)), "https://ketenspoor.test")


def test_a_stream_outlives_the_token_it_was_asked_with_by_minutes_only(sqlite_url: str) -> None:
    with knowing(sqlite_url, granted(A, "2022-05-01"), granted(B, "2022-05-01")) as service:
        service.app.state.feed = Feed(service.context.engine, service.clock, Limits(longest=0.2))
        shown = service.of_organisation(oin(COA))

        async def heard(last_event_id: str = "") -> Listener:
            listener = Listener(service.app, "/v1/events", shown=shown, last_event_id=last_event_id)
            await listener.left()
            return listener

        assert [block.id for block in told(service.run(heard()).text)] == ["1", "2"]
        assert [block.id for block in told(service.run(heard("1")).text)] == ["2"]
        service.clock.forward(hours=2)
        assert service.run(heard("1")).status == 401


def test_who_an_issuer_calls_by_what_is_no_text_is_somebody_all_the_same(sqlite_url: str) -> None:
    with guarded(sqlite_url) as service:
        answers = [
            service.request("GET", "/v1/audit-log", headers=service.of_person("auditor", subject=subject))
            for subject in ("\ud800", "\udfff", "\ud800")
        ]
        assert [answer.status_code for answer in answers] == [200] * 3
        actors = {line["actor"] for line in answers[-1].json()["items"]}
        assert len(actors) == 2


# Addresses and limits


@pytest.mark.parametrize("path", ["/v1/municipalities%0A", "/v1/events%0A", "/livez%0A", "/metrics%0A"])
def test_an_address_with_a_line_break_behind_it_is_none(sqlite_url: str, path: str) -> None:
    with guarded(sqlite_url) as service:
        for method in ("GET", "HEAD", "POST"):
            answer = service.request(method, path, headers=service.of_organisation(oin(COA)))
            assert answer.status_code == 404


def test_cookies_of_nobody_ask_the_database_no_more_often_than_their_address_may(sqlite_url: str) -> None:
    people: dict[str, Any] = {
        "oidc_issuer": "https://login.test",
        "oidc_client_id": "us",
        "public_url": "https://ketenspoor.test",
    }
    with guarded(sqlite_url, public_rate=1, **people) as service:
        looked: list[str] = []

        def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            looked.extend([statement] if "sessions" in statement else [])

        listening.listen(service.context.primary, "before_cursor_execute", look)
        answers = [
            service.request("GET", "/v1/event-types", headers={"Cookie": f"__Host-ketenspoor={number:043d}"})
            for number in range(20)
        ]

    assert answers[-1].status_code == 429
    assert 1 <= len(looked) <= 4


def test_who_waits_for_what_is_never_recorded_keeps_nobody_else_waiting(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.queries.question._LONGEST_WAIT", 0.5)
    with knowing(sqlite_url) as service:

        async def work() -> tuple[int, set[int]]:
            waiting = [
                asyncio.create_task(service.client.get("/v1/municipalities?minPosition=1000000")) for _ in range(80)
            ]
            await asyncio.sleep(0.05)
            plain = await service.client.get("/v1/periods")
            assert not all(one.done() for one in waiting[:40]), "who came last was answered before the first gave up"
            return plain.status_code, {answer.status_code for answer in await asyncio.gather(*waiting)}

        assert service.run(work()) == (200, {503})


# Cursors


def test_a_cursor_shows_nothing_of_who_was_left_out_of_a_page(sqlite_url: str) -> None:
    left = linked(A, "2022-07-01", THEIRS)
    with knowing(sqlite_url, granted(A, "2022-05-01"), linked(A, "2022-06-01", OURS), left, granted(B, "2022-05-01"),
                 linked(B, "2022-06-01", OURS)) as service:  # fmt: skip
        hidden, url, seen = str(service.context.keys.journey(A)), "/v1/journeys?validOn=2022-06-15&limit=1", []
        page = asked(service, url)
        assert page.content == asked(service, url).content
        while link := page.links.get("next"):
            assert link == asked(service, url).links["next"], "one page has one cursor"
            cursor = httpx.URL(url := link["url"]).params["cursor"]
            opened = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            assert not any(plain.encode() in opened for plain in (hidden[:8], "2022-0"))
            assert len(cursor) <= 200
            page = asked(service, url)
            seen += [item["journey"] for item in page.json()["items"]]

        assert seen in ([], [str(service.context.keys.journey(B))])


# What is a municipality's own


def _merger() -> dict[str, Any]:
    return event("municipality-merged", CBS, "m-1", effectiveOn=MERGED, on=MERGED, municipality=THEIRS, into=OURS)


def test_a_merger_to_come_opens_nothing_of_the_others_before_its_day(sqlite_url: str) -> None:
    persons = [
        one
        for number, (v_number, municipality) in enumerate([(A, OURS), (B, THEIRS), (C, THEIRS)])
        for one in (granted(v_number, "2022-05-01"), linked(v_number, f"2022-06-0{number + 1}", municipality))
    ]
    with knowing(sqlite_url, *persons, _merger()) as service:
        window = f"from=2022-01-01&to=2023-06-30&validOn={MERGED}"
        table = f"/v1/norm-phases?{window}&groupBy=municipality"
        why = f"/v1/figures/norm-phases/_explanation?{window}&column=totalOpenCount&code={OURS}"
        kinds = f"/v1/figures/realisation/_explanation?period=2023-I&column=realised&code={OURS}&validOn={MERGED}"
        for by in (ENSCHEDE, HENGELO):
            assert asked(service, table, by).json()["disclosure"]["exactFor"] == []
        for url in (why, kinds, f"/v1/journeys?validOn={MERGED}"):
            assert asked(service, url).status_code == 403, url
        headers = {**service.of_organisation(oin(ENSCHEDE)), "Content-Type": "text/csv"}
        list_of = f"vNumber,housedOn\n{B},2023-01-01\n"
        compared = f"/v1/reconciliations?period=2023-I&validOn={MERGED}"
        assert service.request("POST", compared, content=list_of, headers=headers).status_code == 403
        assert asked(service, table.replace(MERGED, "2022-07-15")).json()["disclosure"]["exactFor"] == [OURS]

        service.clock.now = datetime(2023, 1, 1, 10, tzinfo=UTC)
        assert asked(service, table).json()["disclosure"]["exactFor"] == [OURS]
        assert asked(service, why).json()["cell"]["value"] == 3
        assert asked(service, table, HENGELO).json()["disclosure"]["exactFor"] == []


def test_of_a_half_year_is_a_municipality_s_own_what_its_rows_are_on_its_days_whichever_day_is_asked(
    sqlite_url: str,
) -> None:
    def own(service: Guarded, period: str, **more: str) -> tuple[list[str], int, int]:
        """Which rows are exact, whether one is explained, and whether a list is compared with it."""
        about = "&".join([f"period={period}", *(f"{name}={value}" for name, value in more.items())])
        table = asked(service, f"/v1/realisation?{about}&groupBy=municipality").json()
        why = asked(service, f"/v1/figures/realisation/_explanation?{about}&column=realised&code={OURS}")
        headers = {**service.of_organisation(oin(ENSCHEDE)), "Content-Type": "text/csv"}
        list_of = f"vNumber,housedOn\n{A},2022-06-01\n"
        compared = service.request("POST", f"/v1/reconciliations?{about}", content=list_of, headers=headers)
        return table["disclosure"]["exactFor"], why.status_code, compared.status_code

    with knowing(sqlite_url, _merger()) as service:
        assert own(service, "2022-I", validOn=MERGED) == ([OURS], 200, 200)
        assert own(service, "2022-II") == ([OURS], 200, 200)
        # It begins with the merger.
        assert own(service, "2023-I") == own(service, "2023-I", validOn=MERGED) == ([], 403, 403)

        service.clock.now = datetime(2023, 1, 1, 10, tzinfo=UTC)
        assert own(service, "2022-II") == ([OURS, THEIRS], 200, 200)
        assert own(service, "2023-I") == ([OURS], 200, 200)


def test_a_row_that_was_split_is_of_who_took_most_of_it_and_a_new_one_of_nobody_before_its_day() -> None:
    new, before, on, today = "GM9999", date(2022, 12, 31), date.fromisoformat(MERGED), date(2023, 6, 1)
    split = Places.shipped().with_merger(THEIRS, OURS, on, persons_moved=60_000)
    split = split.with_merger(THEIRS, new, on, persons_moved=20_000, name="Nieuwstad", province="PV23")

    assert own_rows(OURS, split, before, today) == {OURS, THEIRS}
    assert own_rows(new, split, before, today) == set()
    assert own_rows(OURS, split, on, today) == {OURS}
    assert own_rows(new, split, on, today) == {new}


def test_a_reconciliation_does_not_tell_where_somebody_went(database_url: str) -> None:
    moved = [
        granted(A, "2022-01-01"), linked(A, "2022-01-05", OURS), housed(A, "2022-01-10", OURS),
        said("returned-to-reception", "2022-02-01", A), linked(A, "2022-02-05", THEIRS),
        housed(A, "2022-07-03", THEIRS),
    ]  # fmt: skip
    with knowing(database_url, *moved) as service:

        def compared(by: str, period: str, on: str) -> Any:
            headers = {**service.of_organisation(oin(by)), "Content-Type": "text/csv"}
            url = f"/v1/reconciliations?period={period}&municipality={OURS}"
            (item,) = service.request("POST", url, content=f"vNumber,housedOn\n{A},{on}\n", headers=headers).json()[
                "items"
            ]
            return item

        gone = compared(ENSCHEDE, "2022-II", "2022-07-03")
        assert (gone["category"], gone["reason"], gone["ours"]) == ("only-there", "unknown", None)
        # In the half-year in which the figure counts the person, it is told what it counts and no more.
        counted = compared(ENSCHEDE, "2022-I", "2022-01-10")
        assert (counted["reason"], counted["ours"]["housing"]["municipality"]) == ("returned", OURS)
        assert compared(COA, "2022-II", "2022-07-03")["ours"]["housing"]["municipality"] == THEIRS
