"""What an operator may configure, and how the service says that something is amiss without showing secrets."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from pydantic import ValidationError

from service.foundation.settings import SettingsError, load

KEY = bytes(range(32))
HEX = KEY.hex()


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "DATABASE_URL",
        "MASTER_KEY",
        "MASTER_KEY_FILE",
        "NEXT_MASTER_KEY_FILE",
        "CLOCK",
        "HOST",
        "PORT",
        "REGISTRY",
        "FOLLOWER",
    ):
        monkeypatch.delenv(f"KETENSPOOR_{name}", raising=False)


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"KETENSPOOR_{name}", value)


def test_nothing_configured_is_development_on_this_machine() -> None:
    settings = load()
    assert settings.development
    assert settings.master_key_bytes() is None
    assert (settings.database_url, settings.host, settings.port) == ("sqlite:///ketenspoor.db", "127.0.0.1", 8000)
    assert (settings.clock, settings.follower, settings.registry) == ("service", "child", None)


@pytest.mark.parametrize("text", [HEX, HEX.upper(), base64.b64encode(KEY).decode(), f" {HEX}\n"])
def test_a_master_key_is_read_as_hexadecimal_or_base64(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    given(monkeypatch, MASTER_KEY=text)
    assert load().master_key_bytes() == KEY
    assert not load().development


def test_a_master_key_is_read_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(HEX + "\n")
    given(monkeypatch, MASTER_KEY_FILE=str(tmp_path / "key"))
    assert load().master_key_bytes() == KEY
    assert not load().development


def test_the_master_key_that_is_to_follow_is_read_beside_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert load().next_master_key_bytes() is None
    (tmp_path / "next").write_text("22" * 32)
    given(monkeypatch, NEXT_MASTER_KEY_FILE=str(tmp_path / "next"))
    with pytest.raises(SettingsError, match="is to follow a master key, and none is configured"):
        load()
    given(monkeypatch, MASTER_KEY=HEX)
    assert load().next_master_key_bytes() == bytes.fromhex("22" * 32)
    (tmp_path / "next").write_text(HEX)
    with pytest.raises(SettingsError, match="holds the master key that is configured already"):
        load()


def test_with_a_master_key_the_service_may_listen_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, MASTER_KEY=HEX, HOST="0.0.0.0")  # noqa: S104  that is what is tested
    assert load().host == "0.0.0.0"  # noqa: S104


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_development_listens_on_loopback(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    given(monkeypatch, HOST=host)
    assert load().host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "ketenspoor.example"])  # noqa: S104
def test_without_a_master_key_other_addresses_are_refused(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    given(monkeypatch, HOST=host)
    with pytest.raises(SettingsError, match="only listens on loopback: set KETENSPOOR_MASTER_KEY"):
        load()


def test_the_clock_of_the_sender_is_for_development(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, CLOCK="sender")
    assert load().clock == "sender"
    given(monkeypatch, MASTER_KEY=HEX)
    with pytest.raises(SettingsError, match="KETENSPOOR_CLOCK=sender is for development mode only"):
        load()


@pytest.mark.parametrize(
    "values",
    [
        {"MASTER_KEY": "hunter2-hunter2"},
        {"MASTER_KEY": "hunter2" + HEX},
        {"MASTER_KEY": "68756e74657232"},
        {"MASTER_KEY": HEX, "PORT": "hunter2"},
        {"MASTER_KEY": HEX, "CLOCK": "sender"},
    ],
)
def test_no_fault_shows_the_value(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    given(monkeypatch, **values)
    with pytest.raises(SettingsError) as raised:
        load()
    told = str(raised.value) + repr(raised.value)
    assert "hunter2" not in told
    assert HEX not in told
    assert raised.value.__suppress_context__


def test_a_key_of_the_wrong_length_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, MASTER_KEY="abcd")
    with pytest.raises(SettingsError, match="KETENSPOOR_MASTER_KEY must be 32 bytes, written as 64 hexadecimal"):
        load()


def test_two_master_keys_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, MASTER_KEY=HEX, MASTER_KEY_FILE="/dev/null")
    with pytest.raises(SettingsError, match="not both"):
        load()


def test_files_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, REGISTRY="/no/such/file")
    with pytest.raises(SettingsError, match="KETENSPOOR_REGISTRY names a file that is not there: /no/such/file"):
        load()
    given(monkeypatch, MASTER_KEY_FILE="/no/such/key")
    with pytest.raises(SettingsError, match="KETENSPOOR_MASTER_KEY_FILE cannot be read: /no/such/key"):
        load()


def test_all_malformed_variables_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, PORT="70000", CLOCK="sundial", FOLLOWER="thread")
    with pytest.raises(SettingsError) as raised:
        load()
    assert [line.partition(":")[0] for line in str(raised.value).splitlines()] == [
        "KETENSPOOR_PORT",
        "KETENSPOOR_CLOCK",
        "KETENSPOOR_FOLLOWER",
    ]


def test_secrets_are_not_in_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, MASTER_KEY=HEX, DATABASE_URL="postgresql://keten:hunter2@localhost/ketenspoor")
    assert HEX not in repr(load())
    assert "hunter2" not in repr(load())


def test_settings_do_not_change() -> None:
    settings = load()
    with pytest.raises(ValidationError, match="frozen"):
        setattr(settings, "port", 1)  # noqa: B010  the assignment is what must fail; the type checker knows already


def test_machines_show_tokens_of_oauth_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().access == "oauth"
    given(monkeypatch, ACCESS="fsc")
    assert load().access == "fsc"
    given(monkeypatch, ACCESS="basic")
    with pytest.raises(SettingsError, match="KETENSPOOR_ACCESS"):
        load()


def test_tokens_are_for_the_address_of_the_service_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().token_audience is None
    given(monkeypatch, PUBLIC_URL="https://ketenspoor.example")
    assert load().token_audience == "https://ketenspoor.example"
    given(monkeypatch, AUDIENCE="ketenspoor")
    assert load().token_audience == "ketenspoor"


def test_proxies_are_addresses_or_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().proxies == []
    given(monkeypatch, TRUSTED_PROXIES="192.0.2.7, 2001:db8::/32,")
    assert load().proxies == ["192.0.2.7", "2001:db8::/32"]
    for wrong in ("proxy.example", "*", "192.0.2.7/24", "192.0.2.7;192.0.2.8"):
        given(monkeypatch, TRUSTED_PROXIES=wrong)
        with pytest.raises(SettingsError, match="KETENSPOOR_TRUSTED_PROXIES lists addresses or networks"):
            load()
