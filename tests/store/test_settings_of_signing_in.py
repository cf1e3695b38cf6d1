"""What an operator configures so that people can sign in, and what is refused before the service starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.foundation.settings import SettingsError, load

WHOLE = {
    "PUBLIC_URL": "https://keten.example.org",
    "OIDC_ISSUER": "https://id.example.org/realms/keten",
    "OIDC_CLIENT_ID": "ketenspoor",
}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch):
    def give(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"KETENSPOOR_{name}", value)

    return give


def test_a_provider_needs_no_more_than_three_settings(given):
    given(**WHOLE)
    settings = load()

    assert (settings.oidc_roles_claim, settings.oidc_organisation_claim) == ("roles", "oin")
    assert (settings.oidc_secret(), settings.oidc_acr) == (None, None)


@pytest.mark.parametrize("missing", ["PUBLIC_URL", "OIDC_CLIENT_ID"])
def test_a_provider_without_what_belongs_to_it_is_refused(given, missing):
    given(**{name: value for name, value in WHOLE.items() if name != missing})

    with pytest.raises(SettingsError, match="OIDC_ISSUER needs KETENSPOOR_OIDC_CLIENT_ID and KETENSPOOR_PUBLIC_URL"):
        load()


@pytest.mark.parametrize("name", ["PUBLIC_URL", "OIDC_ISSUER"])
def test_plain_http_is_for_this_machine_only(given, name):
    given(**WHOLE | {name: "http://127.0.0.1:8080"})
    load()
    given(**{name: "http://keten.example.org"})

    with pytest.raises(SettingsError, match=f"KETENSPOOR_{name} is an https address"):
        load()


@pytest.mark.parametrize(
    "url", ["keten.example.org", "https://keten.example.org/", "https://keten.example.org/a?b=c", ""]
)
def test_where_the_service_is_reached_is_an_address_without_a_slash_behind_it(given, url):
    given(PUBLIC_URL=url)
    if not url:
        assert load().public_url is None
        return
    with pytest.raises(SettingsError, match="KETENSPOOR_PUBLIC_URL"):
        load()


def test_the_secret_is_given_as_it_is_or_in_a_file_and_never_shown(given, tmp_path: Path):
    secret = tmp_path / "client-secret"
    secret.write_text("between them\n")
    given(**WHOLE, OIDC_CLIENT_SECRET_FILE=str(secret))
    assert load().oidc_secret() == "between them"

    given(OIDC_CLIENT_SECRET="between us")
    with pytest.raises(SettingsError, match="not both") as refused:
        load()
    assert "between" not in str(refused.value)

    given(OIDC_CLIENT_SECRET_FILE="")
    settings = load()
    assert settings.oidc_secret() == "between us"
    assert "between" not in repr(settings)


def test_a_file_of_the_secret_that_is_not_there_is_told_at_the_start(given, tmp_path: Path):
    given(**WHOLE, OIDC_CLIENT_SECRET_FILE=str(tmp_path / "nowhere"))

    with pytest.raises(SettingsError, match="OIDC_CLIENT_SECRET_FILE cannot be read"):
        load()


@pytest.mark.parametrize("path", ["", "/spoor", "/keten/spoor.v1"])
def test_behind_a_sub_path_the_origin_of_its_pages_is_that_of_the_host(given, path):
    given(PUBLIC_URL=f"https://keten.example.org:8443{path}")

    assert load().public_url == f"https://keten.example.org:8443{path}"
    assert load().public_origin == "https://keten.example.org:8443"
