"""People sign in with the OpenID provider: what they are then, what is kept of them, and how it ends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from service.intake.cloudevents import ONE
from tests.api.browsers import FROM_HERE, SESSION, UNDER_WAY, Browser
from tests.api.provider import Provider
from tests.api.service_under_test import NOW, Service, StandingClock, serving
from tests.api.signed_in import PLACE, UTRECHT, kept, settings
from tests.api.tokens import guarded
from tests.posts import V_NUMBER, event


@pytest.fixture
def provider(openid_provider: Provider) -> Provider:
    openid_provider.reset()
    openid_provider.person = {"sub": "7f3a", "roles": ["auditor"]}
    openid_provider.now = StandingClock(NOW)
    return openid_provider


@pytest.fixture
def service(sqlite_url: str, provider: Provider) -> Iterator[Service]:
    with serving(sqlite_url, **settings(provider)) as started:
        yield started


@pytest.fixture
def browser(service: Service) -> Browser:
    return Browser(service)


def test_who_signs_in_comes_back_to_where_they_were(browser):
    answer = browser.sign_in("/v1/realisation?period=2021-II")

    assert (answer.status_code, answer.headers["location"]) == (303, "../v1/realisation?period=2021-II")
    assert answer.url.join(answer.headers["location"]).path == "/v1/realisation"
    told = browser.session()
    assert (told["signedIn"], told["roles"], told["organisation"]) == (True, ["auditor"], None)
    assert told["endsAt"] == "2022-07-15T10:30:00.000Z"
    assert len(told["csrfToken"]) == 43


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_people_sign_in_and_out_on_postgresql_too(database_url, provider):
    with serving(database_url, **settings(provider)) as service:
        browser = Browser(service)
        browser.sign_in()
        (row,) = kept(service)

        assert browser.session()["roles"] == ["auditor"]
        assert row["expires_at"].isoformat() == "2022-07-15T10:30:00+00:00"
        assert browser.sign_out().status_code == 204
        assert kept(service) == []


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256"])
def test_the_provider_may_sign_with_any_of_three_algorithms(browser, provider, algorithm):
    def sign(header, claims):
        header |= {"alg": algorithm, "kid": "ec" if algorithm == "ES256" else "rsa"}

    provider.change = sign
    assert browser.sign_in().status_code == 303
    assert browser.session()["signedIn"] is True


@pytest.mark.parametrize(
    ("claims", "roles", "organisation"),
    [
        ({"roles": "analyst"}, ["analyst"], None),
        ({"roles": ["auditor", "owner", 7, "public"]}, ["auditor"], None),
        ({"roles": ["municipality"], "oin": UTRECHT}, ["municipality"], PLACE),
        ({"roles": ["administrator", "coa"], "oin": UTRECHT}, ["administrator"], PLACE),
        ({"roles": ["administrator", "municipality"], "oin": "00000099999999999000"}, ["administrator"], None),
    ],
)
def test_roles_are_those_that_are_known_and_fit_the_organisation(browser, provider, claims, roles, organisation):
    provider.person = {"sub": "7f3a", **claims}
    browser.sign_in()

    told = browser.session()
    assert (told["roles"], told["organisation"]) == (roles, organisation)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"roles": []},
        {"roles": ["owner"]},
        {"roles": {"auditor": True}},
        {"roles": ["public"]},
        {"roles": ["municipality"]},
        {"roles": ["municipality"], "oin": "00000099999999999000"},
        {"roles": ["coa"], "oin": UTRECHT},
        {"roles": ["municipality"], "oin": [UTRECHT]},
    ],
)
def test_who_has_no_role_here_does_not_get_in(service, browser, provider, claims):
    provider.person = {"sub": "7f3a", **claims}
    answer = browser.sign_in()

    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert browser.cookie is None
    assert kept(service) == []


def test_claims_may_stand_within_others(sqlite_url, provider):
    named = {"oidc_roles_claim": "realm_access.roles", "oidc_organisation_claim": "https://example.org/oin"}
    provider.person = {"sub": "7f3a", "realm_access": {"roles": ["municipality"]}, "https://example.org/oin": UTRECHT}
    with serving(sqlite_url, **settings(provider, **named)) as service:
        browser = Browser(service)
        browser.sign_in()

        assert browser.session()["organisation"] == PLACE


def test_the_cookies_are_for_this_host_a_secure_connection_and_no_script(browser):
    going = browser.get("/sign-in").headers["set-cookie"]
    coming = browser.sign_in().headers.get_list("set-cookie")

    begun = next(cookie for cookie in coming if cookie.startswith(f"{SESSION}="))
    for cookie in (going, begun):
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert attributes >= {"secure", "httponly", "samesite=lax", "path=/"}
        assert not any(part.startswith("domain") for part in attributes)
    assert going.startswith(f"{UNDER_WAY}=")
    assert any(cookie.startswith(f'{UNDER_WAY}="";') and "Max-Age=0" in cookie for cookie in coming)


def test_nothing_personal_and_no_id_that_could_be_used_is_kept(service, browser, provider):
    provider.person |= {"name": "Somebody's name", "email": "somebody@example.org", "given_name": "Somebody"}
    browser.sign_in()
    (row,) = kept(service)

    assert browser.cookie is not None
    assert row["id_digest"] == hashlib.sha256(browser.cookie.encode()).digest()
    text = repr(row).lower()
    assert not any(known in text for known in ("somebody", "7f3a", browser.cookie.lower(), provider.issuer))
    assert row["actor"].startswith("person:") and len(row["actor"]) == 39
    assert set(row) == {
        *("id_digest", "sign_in_digest", "actor", "roles", "organisation", "created_at", "used_at", "expires_at")
    }


def test_a_person_has_one_pseudonym_and_another_has_another(service, browser, provider):
    browser.sign_in()
    Browser(service).sign_in()
    provider.person |= {"sub": "8b21"}
    Browser(service).sign_in()

    actors = [row["actor"] for row in kept(service)]
    assert len(actors) == 3 and len(set(actors)) == 2


def test_every_sign_in_has_an_id_of_its_own_and_the_earlier_one_is_over(service, browser):
    browser.sign_in()
    first = browser.cookie
    browser.sign_in()

    assert browser.cookie not in (None, first)
    assert len(kept(service)) == 1


def test_an_id_that_was_chosen_by_another_is_not_taken_over(service, browser):
    chosen = "a" * 43
    browser.client.cookies.set(SESSION, chosen, domain="ketenspoor.test")
    browser.sign_in()

    # The jar holds what was put there and what the service set: a browser would send the latter alone.
    assert chosen not in [cookie.value for cookie in browser.client.cookies.jar if cookie.domain == "ketenspoor.test"]
    (row,) = kept(service)
    assert row["id_digest"] != hashlib.sha256(chosen.encode()).digest()


def test_a_session_ends_after_half_an_hour_without_use(service, browser):
    browser.sign_in()
    service.clock.forward(minutes=29)
    assert browser.session()["endsAt"] == "2022-07-15T10:30:00.000Z"
    assert browser.session()["endsAt"] == "2022-07-15T10:59:00.000Z"
    service.clock.forward(minutes=30)

    assert browser.session()["signedIn"] is False


def test_a_session_ends_after_eight_hours_however_much_it_is_used(service, browser):
    browser.sign_in()
    for _ in range(23):
        service.clock.forward(minutes=20)
        assert browser.session()["signedIn"] is True
    assert browser.session()["endsAt"] == "2022-07-15T18:00:00.000Z"
    service.clock.forward(minutes=20)

    assert browser.session()["signedIn"] is False


def test_sessions_that_are_over_are_deleted_when_somebody_signs_in(service, browser, provider):
    browser.sign_in()
    service.clock.forward(minutes=31)
    provider.now = service.clock
    Browser(service).sign_in()

    assert [row["created_at"].isoformat() for row in kept(service)] == ["2022-07-15T10:31:00+00:00"]


def test_signing_out_ends_the_session_for_whoever_kept_its_cookie(service, browser):
    browser.sign_in()
    kept_back = browser.cookie
    answer = browser.sign_out()

    assert answer.status_code == 204
    assert browser.cookie is None
    assert kept(service) == []
    again = browser.get("/v1/session", headers={"Cookie": f"{SESSION}={kept_back}"})
    assert again.json()["signedIn"] is False


def test_without_a_provider_there_is_nowhere_to_sign_in(sqlite_url):
    with serving(sqlite_url) as service:
        for method, url in (("GET", "/sign-in"), ("GET", "/sign-in/callback"), ("POST", "/sign-out")):
            answer = service.request(method, url)
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert service.request("GET", "/v1/session").json()["signedIn"] is False


def test_a_provider_that_is_away_is_to_be_tried_again(browser, provider):
    provider.away = True
    answer = browser.get("/sign-in")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_provider_that_goes_away_meanwhile_lets_nobody_in(service, browser, provider):
    back = browser.sent_back()
    provider.away = True
    answer = browser.get(back)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert kept(service) == []


def test_the_provider_is_asked_once_what_it_is_and_has(service, browser, provider):
    browser.sign_in()
    Browser(service).sign_in()

    assert provider.asked == ["/.well-known/openid-configuration", "/token", "/keys", "/token"]


def test_nobody_posts_from_a_browser(service, browser, provider):
    provider.person = {"sub": "7f3a", "roles": ["municipality"], "oin": UTRECHT}
    browser.sign_in()
    told = event("home-offered", f"urn:nld:oin:{UTRECHT}:systeem:wonen", vNumber=V_NUMBER, municipality="GM0344")
    headers = {"Content-Type": ONE, "X-CSRF-Token": browser.session()["csrfToken"], **FROM_HERE}
    answer = browser.request("POST", "/v1/events", json=told, headers=headers)

    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")


def test_who_is_signed_in_has_their_roles_and_no_more_even_in_development_mode(browser, provider):
    provider.person = {"sub": "7f3a", "roles": ["analyst"]}
    browser.sign_in()

    assert browser.get("/v1/journeys").status_code == 403
    assert browser.get("/v1/periods").status_code == 200


def test_coming_and_going_stand_in_the_audit_log_under_a_pseudonym(service, browser):
    browser.sign_in()
    (row,) = kept(service)
    browser.sign_out()
    lines = [line for line in service.told("/v1/audit-log")["items"] if line["object"] == "session"]

    assert [(line["actor"], line["action"], line["object"], line["result"]) for line in lines] == [
        (row["actor"], "signed in", "session", "succeeded"),
        (row["actor"], "signed out", "session", "succeeded"),
    ]


def test_who_works_for_an_organisation_that_is_no_longer_registered_is_nobody(sqlite_url, provider, tmp_path):
    registry = tmp_path / "registry.toml"
    utrecht = f'[[organisation]]\noin = "{UTRECHT}"\nkind = "municipality"\nname = "Utrecht"\ncode = "GM0344"\n'
    coa = '[[organisation]]\noin = "00000099000000002000"\nkind = "coa"\nname = "COA"\n'
    provider.person = {"sub": "7f3a", "roles": ["municipality"], "oin": UTRECHT}
    registry.write_text(coa + utrecht)
    with serving(sqlite_url, **settings(provider, registry=registry)) as service:
        browser = Browser(service)
        browser.sign_in()
        cookie = {"Cookie": f"{SESSION}={browser.cookie}"}
        assert browser.session()["organisation"] == PLACE
    registry.write_text(coa)
    with serving(sqlite_url, **settings(provider, registry=registry)) as service:
        assert Browser(service).get("/v1/session", headers=cookie).json()["signedIn"] is False


def test_behind_locked_doors_a_session_opens_what_its_role_may(sqlite_url, provider):
    with guarded(sqlite_url, **settings(provider)) as service:
        browser = Browser(service)
        before = browser.get("/v1/journeys")
        browser.sign_in()

        assert (before.status_code, before.headers["www-authenticate"]) == (401, "Bearer")
        assert browser.get("/v1/journeys").status_code == 200
        assert browser.get("/v1/reconciliations").status_code == 405
        headers = {**FROM_HERE, "X-CSRF-Token": browser.session()["csrfToken"]}
        assert browser.request("POST", "/v1/log/checkpoint", headers=headers).status_code < 400
        assert browser.request("POST", "/v1/reconciliations", headers=headers).status_code == 403
        browser.sign_out()
        assert browser.session() == {
            "signedIn": False,
            "roles": ["public"],
            "organisation": None,
            "endsAt": None,
            "csrfToken": None,
        }
        assert browser.get("/v1/journeys").status_code == 401


@pytest.mark.parametrize(
    "says",
    [
        {"issuer": "https://elsewhere.example"},
        {"issuer": None},
        {"token_endpoint": "ftp://127.0.0.1/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "http://["},
        {"jwks_uri": 7},
    ],
)
def test_a_provider_that_describes_itself_otherwise_is_not_gone_to(browser, provider, says):
    provider.says = says

    assert browser.get("/sign-in").status_code == 503


@pytest.mark.parametrize("says", [{"token_endpoint": "http://127.0.0.1:1/token"}, {"token_endpoint": "http://a b/"}])
def test_a_provider_that_cannot_be_asked_lets_nobody_in(service, browser, provider, says):
    provider.says = says

    assert browser.sign_in().status_code == 503
    assert kept(service) == []


def test_a_provider_that_takes_the_secret_in_the_form_gets_it_there(browser, provider):
    provider.says = {"token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"]}

    assert browser.sign_in().status_code == 303
