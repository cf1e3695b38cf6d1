"""What a process keeps of the tokens that it verified, and the tokens that a command is shown."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from service.access import development, tokens
from service.access.key_sets import KeySets
from service.access.registry import WhoIsWho
from service.access.tokens import TokenRefused, Verifier, caller_of_token
from service.foundation.organisations import development as reserved
from service.foundation.organisations import test_oin as oin_of
from service.foundation.settings import Settings
from service.log.keys import DEVELOPMENT_KEY, Keyring

NOW = datetime(2022, 7, 15, 10, 0, tzinfo=UTC)
COA = oin_of(2)
KEYS = Keyring(DEVELOPMENT_KEY)


@pytest.fixture
def verifier() -> Verifier:
    def clock() -> datetime:
        return NOW

    return Verifier(Settings(), WhoIsWho(reserved), KEYS, KeySets(clock), clock)


def token(**claims: object) -> bytes:
    return development.token(NOW, 60, {"organisation": COA, **claims}).encode()


def verified(verifier: Verifier, *shown: bytes) -> None:
    for one in shown:
        asyncio.run(verifier.caller(one, "development"))


def test_a_token_is_verified_once_and_then_known(verifier: Verifier) -> None:
    shown = token()
    assert verifier.remembered(shown) is None
    verified(verifier, shown)
    known = verifier.remembered(shown)
    assert known is not None and known.actor == f"development-{COA}"
    assert verifier.remembered(shown) is known
    assert verifier.remembered(shown + b" ") is None
    assert verifier.remembered(shown[:-1]) is None


def test_of_many_tokens_those_shown_longest_ago_are_forgotten(
    verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "MOST_REMEMBERED", 2)
    one, two, three = token(), token(), token()
    verified(verifier, one, two)
    assert verifier.remembered(one)
    verified(verifier, three)
    assert [verifier.remembered(each) is not None for each in (one, two, three)] == [True, False, True]


def test_a_token_of_an_issuer_of_another_kind_is_refused_and_not_remembered(verifier: Verifier) -> None:
    shown = token()
    with pytest.raises(TokenRefused, match="issuer"):
        asyncio.run(verifier.caller(shown, "oauth", "fsc"))
    assert verifier.remembered(shown) is None


def test_a_command_learns_who_shows_a_token() -> None:
    def shown(subject: str, role: str = "administrator") -> str:
        return development.token(NOW, 60, {"sub": subject, "roles": [role]}) + "\n"

    one, again, other = (caller_of_token(shown(who), Settings(), KEYS, lambda: NOW) for who in ("a", "a", "b"))
    assert one.roles == {"administrator"}
    assert one.actor == again.actor != other.actor
    with pytest.raises(TokenRefused) as refused:
        caller_of_token(shown("a"), Settings(), KEYS, lambda: NOW + timedelta(minutes=61))
    assert str(refused.value) == "the token is refused: expired"
    with pytest.raises(TokenRefused, match="form"):
        caller_of_token("geheim", Settings(), KEYS, lambda: NOW)
