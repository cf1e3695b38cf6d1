"""`ketenspoor token`: tokens of development mode, which the service believes there and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.api.at_once import Command, refused
from tests.api.service_under_test import serving
from tests.api.tokens import bearing, guarded, oin
from tests.posts import COA, ENSCHEDE, linked, permit
from tests.processes import environment


def printed(at_once: Command, *arguments: str, url: str = "sqlite://") -> dict[str, str]:
    """The headers with the token that the command prints."""
    done = at_once("token", *arguments, env=environment(url))
    assert (done.returncode, done.stderr) == (0, "")
    return bearing(done.stdout.strip())


def test_the_token_of_an_organisation_is_believed_and_held_to_the_rules(sqlite_url: str, at_once: Command) -> None:
    with serving(sqlite_url, datetime.now(UTC)) as service:
        for arguments in (["--role", "coa"], ["--organisation", oin(COA)]):
            shown = printed(at_once, *arguments)
            assert service.post(linked(), **shown).status_code in (200, 201)
            assert service.post(permit(), **shown).status_code == 403
        narrow = printed(at_once, "--role", "coa", "--scopes", "events.read", "--minutes", "5")
        assert service.post(linked("l-2"), **narrow).status_code == 403
        assert service.request("GET", "/v1/events", headers=narrow).status_code == 200
        service.clock.forward(minutes=6)
        assert service.request("GET", "/v1/events", headers=narrow).status_code == 401


def test_the_token_of_a_person_has_their_role(sqlite_url: str, at_once: Command) -> None:
    with serving(sqlite_url, datetime.now(UTC)) as service:
        statuses = {}
        for role in ("auditor", "analyst", "administrator"):
            shown = printed(at_once, "--role", role, "--subject", "one")
            statuses[role] = service.request("GET", "/v1/journeys", headers=shown).status_code
        assert statuses == {"auditor": 200, "analyst": 403, "administrator": 403}
        clerk = printed(at_once, "--organisation", oin(ENSCHEDE), "--subject", "clerk")
        assert service.request("GET", "/v1/journeys", headers=clerk).status_code == 200
        assert service.post(linked(), **clerk).status_code == 403


def test_where_there_is_a_master_key_nobody_believes_it_and_none_is_made(sqlite_url: str, at_once: Command) -> None:
    shown = printed(at_once, "--role", "coa")
    with guarded(sqlite_url, datetime.now(UTC)) as service:
        assert service.post(linked(), **shown).status_code == 401
    said = refused(at_once("token", "--role", "coa", env=environment(sqlite_url, master_key="00" * 32)))
    assert "in development mode only" in said


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "say whose token"),
        (["--role", "municipality"], "say whose token"),
        (["--role", "public"], "there is no such role"),
        (["--role", "gebruiker"], "there is no such role"),
        (["--organisation", "00000099000000000000"], "no organisation of this OIN"),
        (["--organisation", oin(COA), "--role", "ind"], "of another kind"),
        (["--role", "coa", "--scopes", "events.wirte"], "no such scopes"),
    ],
)
def test_a_token_of_nobody_is_not_made(at_once: Command, arguments: list[str], told: str) -> None:
    assert told in refused(at_once("token", *arguments, env=environment("sqlite://")))
