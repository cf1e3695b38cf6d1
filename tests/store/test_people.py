"""What a person's claims make of them: roles that fit, what they may, for what, under a name that tells nothing."""

from __future__ import annotations

import pytest

from domain.authority import Organisation
from service.access.identification import identify_person, person_with_roles
from service.access.registry import WhoIsWho
from service.foundation.settings import Settings
from service.log.keys import Keyring

COA = Organisation("00000099000000002000", "coa", "COA")
SUPPLIER = Organisation("00000099000000009000", "intermediary", "Supplier")
REGISTER = "https://register.test/"
WHO = WhoIsWho(
    {each.oin: each for each in (COA, SUPPLIER)}.get,
    purposes={"coa": f"{REGISTER}placement", "auditor": f"{REGISTER}supervision"},
)
KEYS = Keyring(bytes(32))
SETTINGS = Settings(_env_file=None)


@pytest.mark.parametrize(
    ("roles", "oin", "kept", "purpose"),
    [
        (["coa"], COA.oin, {"coa"}, "placement"),
        (["coa", "auditor"], COA.oin, {"coa", "auditor"}, "placement"),
        (["coa", "auditor"], None, {"auditor"}, "supervision"),
        (["analyst"], COA.oin, {"analyst"}, None),
        (["coa", "ministry"], SUPPLIER.oin, set(), None),
        (["public"], COA.oin, set(), None),
    ],
)
def test_roles_of_an_organisation_are_for_its_people_and_bring_the_purpose(roles, oin, kept, purpose):
    found = person_with_roles("person:x", roles, oin, WHO)

    assert found.roles == kept
    assert found.purpose == (None if purpose is None else REGISTER + purpose)
    assert not found.open and not found.mandates


def test_a_person_may_read_what_their_roles_may_and_post_nothing():
    assert person_with_roles("person:x", ["coa"], COA.oin, WHO).scopes == {
        "events.read",
        "figures.read",
        "journeys.read",
    }
    assert person_with_roles("person:x", ["analyst"], None, WHO).scopes == {"figures.read"}
    assert person_with_roles("person:x", [], None, WHO).scopes == frozenset()


def test_the_pseudonym_follows_from_the_issuer_the_subject_and_the_key():
    def actor(issuer: str, subject: str, keys: Keyring = KEYS) -> str:
        return identify_person({"sub": subject}, issuer, SETTINGS, WHO, keys).actor

    assert actor("https://id.test", "7f3a") == actor("https://id.test", "7f3a")
    others = {
        actor("https://id.test", "7f3a"),
        actor("https://id.test", "7f3b"),
        actor("https://id.test/7", "f3a"),
        actor("https://id.test", "7f3a", Keyring(bytes(31) + b"\1")),
    }
    assert len(others) == 4
    assert not any("7f3" in actor and "id.test" in actor for actor in others)
