"""Access tokens: what is believed, and every way in which one that should not be is turned away."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from domain.authority import Organisation
from service.access import development
from service.access.caller import Caller
from service.access.identification import TokenContext, identify_bearer
from tests.api.service_under_test import NOW, Service, serving
from tests.api.tokens import AUDIENCE, PEOPLE, PURPOSE, Guarded, bearing, guarded, oin, rsa_key, signed, signing_key
from tests.posts import COA, ENSCHEDE, IND, V_NUMBER, body, linked, permit

EC, RSA = signing_key(), rsa_key()
STRANGER = ECKey.generate_key("P-256", {"kid": "ec-1", "alg": "ES256"})
CLIENT = f"system-{oin(COA)}"
SECOND = int(NOW.timestamp())


@pytest.fixture(scope="module")
def locked(shared_sqlite_url: str) -> Iterator[Guarded]:
    """A service for all that is asked of it here, none of which changes anything."""
    with guarded(shared_sqlite_url) as service:
        service.issuer.keys += [RSA, rsa_key(1_024, "RS256"), rsa_key(2_048, "RS256")]
        yield service


def answered(service: Service, headers: Any) -> httpx.Response:
    """A question that anybody may ask, so that only the token can be what is refused."""
    return service.request("GET", "/v1/event-types", headers=headers)


def but(service: Guarded, **claims: Any) -> str:
    """A token that is good but for these claims."""
    return signed(service.claims(CLIENT, **claims))


def unsigned(service: Guarded, algorithm: str = "none") -> str:
    header = {"alg": algorithm, "typ": "at+jwt", "kid": "ec-1"}
    parts = (json.dumps(part).encode() for part in (header, service.claims(CLIENT)))
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""])


def confused(service: Guarded) -> str:
    """Signed by HMAC with the public key as its secret."""
    header = {"alg": "HS256", "typ": "at+jwt", "kid": "ec-1"}
    claims = json.dumps(service.claims(CLIENT)).encode()
    signing_input = _encoded(json.dumps(header).encode(), claims).rpartition(".")[0]
    digest = hmac.digest(EC.as_pem(private=False), signing_input.encode(), "sha256")
    return f"{signing_input}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def with_other_claims(service: Guarded) -> str:
    """The signature of a good token under other claims."""
    header, _, signature = but(service).split(".")
    claims = base64.urlsafe_b64encode(json.dumps(service.claims(f"system-{oin(IND)}")).encode()).decode()
    return f"{header}.{claims.rstrip('=')}.{signature}"


ATTACKS: dict[str, Callable[[Guarded], str]] = {
    "no algorithm": unsigned,
    "no algorithm, in capitals": lambda service: unsigned(service, "None"),
    "HS256 with the public key": confused,
    "RS512": lambda service: signed(service.claims(CLIENT), _as(RSA, "RS512")),
    "an algorithm that the key is not for": lambda service: signed(service.claims(CLIENT), _as(RSA, "RS256")),
    "a key of another kind": lambda service: signed(service.claims(CLIENT), RSA, kid="ec-1"),
    "a key that is too short": lambda service: signed(service.claims(CLIENT), rsa_key(1_024, "RS256")),
    "no kid": lambda service: signed(service.claims(CLIENT), kid=None),
    "an unknown kid": lambda service: signed(service.claims(CLIENT), kid="ec-9"),
    "a kid that is no text": lambda service: _raw({"alg": "ES256", "typ": "at+jwt", "kid": 5}, service),
    "its own key in the header": lambda service: signed(service.claims(CLIENT), STRANGER, jwk=STRANGER.as_dict()),
    "an address for its key": lambda service: signed(service.claims(CLIENT), STRANGER, jku="https://evil.test/jwks"),
    "another's signature": lambda service: signed(service.claims(CLIENT), STRANGER),
    "changed claims": with_other_claims,
    "a header that must be understood": lambda service: _raw(
        {"alg": "ES256", "typ": "at+jwt", "kid": "ec-1", "crit": ["exp"]}, service
    ),
    "a payload that is not encoded": lambda service: _raw(
        {"alg": "ES256", "typ": "at+jwt", "kid": "ec-1", "b64": False}, service
    ),
    "typ of any token": lambda service: signed(service.claims(CLIENT), typ="JWT"),
    "typ of an ID token": lambda service: signed(service.claims(CLIENT), typ="id+jwt"),
    "no typ": lambda service: signed(service.claims(CLIENT), typ=None),
    "a foreign issuer": lambda service: but(service, iss="https://elsewhere.test"),
    "an issuer with a slash": lambda service: but(service, iss=f"{service.issuer.url}/"),
    "the issuer of development mode": lambda service: development.token(NOW, 60, {"organisation": oin(COA)}),
    "no issuer": lambda service: but(service, iss=None),
    "an issuer that is no text": lambda service: but(service, iss=["https://issuer.test"]),
    "another audience": lambda service: but(service, aud="https://elsewhere.test"),
    "other audiences": lambda service: but(service, aud=["https://elsewhere.test", f"{AUDIENCE}/"]),
    "no audience": lambda service: but(service, aud=None),
    "expired": lambda service: but(service, exp=SECOND - 30),
    "exp as text": lambda service: but(service, exp=str(SECOND + 60)),
    "exp with a fraction": lambda service: but(service, exp=SECOND + 60.5),
    "exp in a hundred years": lambda service: but(service, exp=SECOND + 3_155_760_000),
    "exp after six hours and a second": lambda service: but(service, exp=SECOND + 21_601),
    "exp beyond all time": lambda service: but(service, exp=10**300),
    "exp true": lambda service: but(service, exp=True),
    "no exp": lambda service: but(service, exp=None),
    "not valid yet": lambda service: but(service, nbf=SECOND + 31),
    "nbf as text": lambda service: but(service, nbf=str(SECOND)),
    "issued in the future": lambda service: but(service, iat=SECOND + 31),
    "no iat": lambda service: but(service, iat=None),
    "no jti": lambda service: but(service, jti=None),
    "no azp": lambda service: but(service, azp=None),
    "an unknown azp": lambda service: but(service, azp="system-of-nobody"),
    "an azp that is no text": lambda service: but(service, azp=[CLIENT]),
    "azp and client_id that differ": lambda service: but(service, client_id=f"system-{oin(IND)}"),
    "a person without a role": lambda service: but(service, azp="people", sub="somebody", roles=["gebruiker"]),
    "a person who is nobody": lambda service: but(service, azp="people", roles=["analyst"]),
    "too long": lambda service: but(service, jti="j" * 25_000),
    "a header too long": lambda service: signed(service.claims(CLIENT), x5c=["M" * 16_384]),
    "claims that are deep": lambda _: _encoded(b'{"alg":"ES256","typ":"at+jwt","kid":"ec-1"}', b"[" * 9_000),
    "a header that is deep": lambda _: _encoded(b'{"alg":' + b"[" * 9_000, b"{}"),
    "a header that is a list": lambda _: _encoded(b"[1]", b"{}"),
    "claims that are a list": lambda _: _encoded(b'{"alg":"ES256","typ":"at+jwt","kid":"ec-1"}', b"[1]"),
    "no token": lambda _: "",
    "a word": lambda _: "geheim",
    "two dots": lambda _: "..",
    "five parts": lambda service: but(service) + ".a.b",
    "no UTF-8": lambda _: "\xff.\xfe.\xfd",
}


def _as(key: Any, algorithm: str) -> Any:
    """The same key, said to be for another algorithm."""
    return type(key).import_key({**key.as_dict(private=True), "alg": algorithm})


def _raw(header: dict[str, Any], service: Guarded) -> str:
    """Signed as its header says, whatever else that says."""
    signing_input = _encoded(json.dumps(header).encode(), json.dumps(service.claims(CLIENT)).encode()).rpartition(".")[
        0
    ]
    signature = jws.JWSRegistry.algorithms["ES256"].sign(signing_input.encode(), EC)
    return f"{signing_input}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def _encoded(header: bytes, claims: bytes) -> str:
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (header, claims)), "c2ln"])


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_token_that_is_amiss_is_refused_in_the_same_words_whatever_it_is(locked: Guarded, attack: str) -> None:
    token = ATTACKS[attack](locked)
    answer = answered(locked, [(b"authorization", b"Bearer " + token.encode("latin-1"))])
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "The token is not one that this service accepts.",
    }


GOOD: dict[str, Callable[[Guarded], str]] = {
    "ES256": lambda service: signed(service.claims(CLIENT)),
    "PS256": lambda service: signed(service.claims(CLIENT), RSA),
    "RS256": lambda service: signed(service.claims(CLIENT), rsa_key(2_048, "RS256")),
    "typ written in full": lambda service: signed(service.claims(CLIENT), typ="application/at+jwt"),
    "typ in capitals": lambda service: signed(service.claims(CLIENT), typ="AT+JWT"),
    "one audience of several": lambda service: but(service, aud=["https://elsewhere.test", AUDIENCE]),
    "just not expired": lambda service: but(service, exp=SECOND - 29),
    "for six hours": lambda service: but(service, exp=SECOND + 21_600),
    "just valid": lambda service: but(service, nbf=SECOND + 30, iat=SECOND + 30),
    "client_id alone": lambda service: but(service, azp=None, client_id=CLIENT),
    "a chain of certificates": lambda service: signed(service.claims(CLIENT), x5c=["M" * 4_000, "M" * 4_000]),
    "a header of another": lambda service: signed(service.claims(CLIENT), nonce="n-1"),
}


@pytest.mark.parametrize("token", GOOD)
def test_a_token_that_is_right_is_believed(locked: Guarded, token: str) -> None:
    assert locked.request("GET", "/v1/journeys", headers=bearing(GOOD[token](locked))).status_code == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
def test_the_name_of_the_scheme_may_be_written_in_any_case(locked: Guarded, scheme: str) -> None:
    token = signed(locked.claims(CLIENT))
    assert answered(locked, {"Authorization": f"{scheme} {token}"}).status_code == 200


def test_no_other_scheme_and_no_second_header_is_taken(locked: Guarded) -> None:
    token = signed(locked.claims(CLIENT))
    for headers in (
        [("Authorization", f"Basic {token}")],
        [("Authorization", token)],
        [("Authorization", f"Bearer{token}")],
        [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")],
        [("Authorization", f"Bearer {token}, Bearer {token}")],
    ):
        assert answered(locked, headers).status_code == 401


def test_a_token_in_an_address_is_refused_wherever_it_is_shown(locked: Guarded) -> None:
    token = signed(locked.claims(CLIENT))
    for method, path in (("GET", "/v1/municipalities"), ("POST", "/v1/events")):
        answer = locked.request(method, f"{path}?access_token={token}")
        assert (answer.status_code, token in answer.text) == (400, False)


def test_a_token_is_not_believed_any_longer_than_it_says(sqlite_url: str) -> None:
    with guarded(sqlite_url) as service:
        headers = bearing(signed(service.claims(CLIENT, exp=SECOND + 60)))
        assert answered(service, headers).status_code == 200
        service.clock.forward(seconds=89)
        assert answered(service, headers).status_code == 200
        service.clock.forward(seconds=1)
        assert answered(service, headers).status_code == 401


def test_a_token_may_do_what_both_it_and_the_registry_say(sqlite_url: str) -> None:
    with guarded(sqlite_url) as service:
        coa = oin(COA)
        statuses = {
            scope: service.post(linked(), **service.of_organisation(coa, scope)).status_code
            for scope in ("", "events.read journeys.read", "events.write.all", "EVENTS.WRITE", "openid events.write")
        }
        assert list(statuses.values()) == [403, 403, 403, 403, 201]
        for wrong in (["events.write"], {"events.write": True}, 5):
            headers = bearing(signed(service.claims(CLIENT, scope=wrong)))
            assert service.post(linked("l-2"), **headers).status_code == 403


def test_who_shows_nothing_posts_nothing(sqlite_url: str) -> None:
    with guarded(sqlite_url) as service:
        answer = service.post(linked())
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert service.post(linked(), Authorization="Bearer x").status_code == 401
        assert service.post(linked(), **service.of_role("analyst")).status_code == 403
        assert service.request("GET", "/v1/events", headers=service.of_role("auditor")).json()["items"] == []


def test_an_organisation_posts_under_its_own_number_alone(sqlite_url: str) -> None:
    with guarded(sqlite_url) as service:
        for event, number in ((linked(), oin(IND)), (linked(), oin(ENSCHEDE)), (permit(), oin(COA))):
            answer = service.post_as(event, number)
            assert answer.status_code == 403
            assert [error["code"] for error in answer.json()["errors"]] == ["not-your-source"]
            assert V_NUMBER not in answer.text
        assert service.post_as(linked()).status_code == 201


def test_where_one_event_of_a_batch_is_anothers_that_one_is_refused(sqlite_url: str) -> None:
    with guarded(sqlite_url) as service:
        headers = {"Content-Type": "application/cloudevents-batch+json", **service.of_role("coa")}
        told = service.request("POST", "/v1/events", content=body([linked(), permit()]), headers=headers).json()
        assert (told["recorded"], told["rejected"]) == (1, 1)
        assert told["results"][1]["problem"]["errors"][0]["code"] == "not-your-source"


def test_the_platform_looks_after_the_service_without_a_token(locked: Guarded) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        assert locked.request("GET", path, headers={"Authorization": "Bearer x"}).status_code in (200, 503)


def test_development_mode_believes_its_own_issuer_and_then_holds_to_the_rules(sqlite_url: str) -> None:
    with serving(sqlite_url) as service:
        coa = bearing(development.token(NOW, 60, {"organisation": oin(COA)}))
        assert service.post(permit()).status_code == 201
        assert service.post(permit("p-2"), **coa).status_code == 403
        assert service.post(linked(), **coa).status_code == 201
        for role, status in (("analyst", 403), ("auditor", 200), ("gebruiker", 401)):
            shown = bearing(development.token(NOW, 60, {"sub": "somebody", "roles": [role]}))
            assert service.request("GET", "/v1/journeys", headers=shown).status_code == status
        assert answered(service, bearing(signed({"iss": "https://issuer.test"}))).status_code == 401


def test_who_asks_is_known_by_client_or_pseudonym_and_never_by_name(sqlite_url: str) -> None:
    with guarded(sqlite_url, more='[purposes]\nanalyst = "https://register.test/analysis"\n') as service:
        given = TokenContext(service.context.who, service.context.settings, service.context.keys)
        issuer = service.context.who.issuers[service.issuer.url]
        machine = identify_bearer(service.claims(CLIENT, "figures.read"), issuer, given)
        assert machine == Caller(
            CLIENT, frozenset({"coa"}), frozenset({"figures.read"}), machine.organisation, f"{PURPOSE}/coa"
        )
        assert machine.organisation == Organisation(oin(COA), "coa", "COA")
        person = identify_bearer(service.claims(PEOPLE, sub="j.jansen", roles=["analyst"]), issuer, given)
        assert (person.organisation, person.purpose) == (None, "https://register.test/analysis")
        assert person.roles == frozenset({"analyst"})
        assert "jansen" not in person.actor and person.actor.startswith("person:")
