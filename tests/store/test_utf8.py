"""Small files from outside: with a byte order mark and without, and named where they are something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.access.registry import from_file
from service.foundation import utf8
from service.foundation.organisations import InvalidRegistry
from service.foundation.settings import SettingsError, load
from service.foundation.utf8 import NotUtf8

KEY = bytes(range(32)).hex()
REGISTRY = """
[[organisation]]
oin = "00000099000000002000"
kind = "coa"
name = "Opvang \N{LATIN SMALL LETTER E WITH ACUTE}"
"""
MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize("text", ["", "a", "\u00e9\n", "a\ufeffb", "\ufeff"])
def test_a_text_is_read_without_its_mark_and_with_all_else(tmp_path: Path, text: str) -> None:
    path = tmp_path / "text"
    for content in (MARK + text.encode(), text.encode() if not text.startswith("\ufeff") else MARK + text.encode()):
        path.write_bytes(content)
        assert utf8.read_text(path) == text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("ab".encode("utf-16"), "is UTF-16, and must be UTF-8"),
        ("ab".encode("utf-16-be"), "is UTF-16, and must be UTF-8"),
        ("ab".encode("utf-32"), "is UTF-32, and must be UTF-8"),
        (b"\x1f\x8b\x08", "is gzip, and must be UTF-8"),
        ("\u00e9".encode("latin-1"), "is not UTF-8"),
    ],
)
def test_what_is_no_utf_8_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "text"
    path.write_bytes(content)

    with pytest.raises(NotUtf8) as refused:
        utf8.read_text(path)
    assert str(refused.value) == f"{path} {said}"


def test_no_text_of_ascii_is_taken_for_something_else() -> None:
    assert [
        text
        for text in ("", "a", "{}", "B", "BZ", "P", "PK", "[ ]", "7z", '{"a"')
        if utf8.detect_encoding(text.encode())
    ] == []


def test_a_master_key_is_read_with_a_mark_and_named_in_utf_16(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "key"
    monkeypatch.setenv("KETENSPOOR_MASTER_KEY_FILE", str(path))
    path.write_bytes(MARK + f"{KEY}\r\n".encode())
    assert load().master_key_bytes() == bytes.fromhex(KEY)
    path.write_bytes(f"{KEY}\r\n".encode("utf-16"))
    with pytest.raises(SettingsError, match=f"KETENSPOOR_MASTER_KEY_FILE cannot be read: {path} is UTF-16") as refused:
        load()
    assert KEY not in str(refused.value)


def test_a_secret_is_read_with_a_mark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(MARK + b"between us\r\n")
    monkeypatch.setenv("KETENSPOOR_OIDC_CLIENT_SECRET_FILE", str(tmp_path / "secret"))

    assert load().oidc_secret() == "between us"


def test_a_registry_is_read_with_a_mark_and_named_in_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "registry.toml"
    path.write_bytes(MARK + REGISTRY.encode())
    assert from_file(path).organisations("00000099000000002000") is not None
    path.write_bytes(REGISTRY.encode("utf-16"))
    with pytest.raises(InvalidRegistry, match=f"^{path} is UTF-16, and must be UTF-8$"):
        from_file(path)
