"""What two readers could understand differently is malformed."""

from __future__ import annotations

import pytest

from service.intake.cloudevents import Malformed, ambiguities, decode, from_headers

# --- what is ambiguous


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"data": {"persons": 9007199254740992}}', []),
        ('{"data": {"persons": -9007199254740992}}', []),
        ('{"data": {"persons": 9007199254740993}}', [("/data/persons", "integer-too-large")]),
        ('{"data": {"persons": -9007199254740993}}', [("/data/persons", "integer-too-large")]),
        ('{"data": {"persons": 1%s}}' % ("0" * 5000), [("/data/persons", "integer-too-large")]),
        ('{"data": {"persons": 1e308}}', []),
        ('{"data": {"persons": 1e400}}', [("/data/persons", "not-finite")]),
        ('{"data": {"persons": NaN}}', [("/data/persons", "not-finite")]),
        ('{"data": {"persons": Infinity}}', [("/data/persons", "not-finite")]),
        ('{"data": {"persons": -Infinity}}', [("/data/persons", "not-finite")]),
        ('{"data": {"reason": "a\\u0000b"}}', [("/data/reason", "nul")]),
        ('{"data": {"reason": "\\ud83d"}}', [("/data/reason", "lone-surrogate")]),
        ('{"data": {"reason": "\\udc00\\ud800"}}', [("/data/reason", "lone-surrogate")]),
        ('{"data": {"reason": "\\ud83c\\udfe0"}}', []),
        ('{"data": {"persons": 1, "persons": 1}}', [("/data", "doubled-key")]),
        ('{"id": "a", "id": "b"}', [("", "doubled-key")]),
        ('{"data": {"transfers": [{"persons": 1, "persons": 2}]}}', [("/data/transfers/0", "doubled-key")]),
        ('{"data": {"a\\u0000": 1}}', [("/data", "unreadable-key")]),
        ('{"data": {"\\ud800": 1}}', [("/data", "unreadable-key")]),
        ('{"data": {"id": [NaN, "\\u0000"]}}', [("/data/id/0", "not-finite"), ("/data/id/1", "nul")]),
        ('{"data": %s}' % ("[" * 15 + "]" * 15), []),
        ('{"data": %s}' % ("[" * 16 + "]" * 16), [("/data" + "/0" * 15, "too-deep")]),
    ],
)
def test_what_two_readers_could_understand_differently_is_found(text: str, found: list[tuple[str, str]]) -> None:
    decoded = decode(text.encode())
    assert [(fault.pointer, fault.code) for fault in ambiguities(decoded.value)] == found


def test_the_name_of_an_unknown_field_is_not_repeated() -> None:
    (fault,) = ambiguities(decode(b'{"data": {"2876540913": NaN}}').value)
    assert "2876540913" not in "".join(fault)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"{} {}", "not-json"),
        (b"{'id': 1}", "not-json"),
        (b'{"id": "\x00"}', "not-json"),
        (b"[" * 100_000, "not-json"),
        (b'{"id":' * 100_000, "not-json"),
        (b'{"id": "\xff"}', "not-utf-8"),
        ('{"id": "é"}'.encode("latin-1"), "not-utf-8"),
        ("{}".encode("utf-16"), "not-utf-8"),
        (b'{"id": "\xed\xa0\x80"}', "not-utf-8"),
    ],
)
def test_bytes_that_are_no_json_in_utf_8_are_malformed(text: bytes, code: str) -> None:
    with pytest.raises(Malformed) as malformed:
        decode(text)
    assert malformed.value.code == code


@pytest.mark.parametrize("text", [b"\xef\xbb\xbf{}", b"\xef\xbb\xbf \n{} \n"])
def test_a_byte_order_mark_is_no_part_of_the_json_behind_it(text: bytes) -> None:
    assert (decode(text).value, decode(text).raw) == ({}, text.removeprefix(b"\xef\xbb\xbf"))


def test_the_attributes_of_binary_mode_are_percent_encoded() -> None:
    headers = [(b"ce-id", b"caf%C3%A9%20%22x%22"), (b"ce-specversion", b"1.0"), (b"content-type", b"application/json")]
    read = from_headers(headers, decode(b'{"a": 1}'))
    assert read.value == {"id": 'café "x"', "specversion": "1.0", "data": {"a": 1}}


@pytest.mark.parametrize("value", [b"caf\xe9", b"caf%E9", b"%ff"])
def test_a_header_that_is_not_percent_encoded_utf_8_is_malformed(value: bytes) -> None:
    with pytest.raises(Malformed):
        from_headers([(b"ce-id", value)], decode(b"{}"))


def test_a_header_that_stands_there_twice_is_malformed() -> None:
    with pytest.raises(Malformed):
        from_headers([(b"ce-id", b"a"), (b"ce-id", b"b")], decode(b"{}"))
