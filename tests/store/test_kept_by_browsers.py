"""What a browser keeps or hands us on the way of signing in can be trusted no further than it proves itself."""

from __future__ import annotations

import base64
import os
from urllib.parse import urljoin, urlsplit

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.access.sessions import SealedCookie, cookie_of
from service.http.signing_in import is_local

HERE = "https://ketenspoor.test"
KEY = bytes(range(32))


class Kept(msgspec.Struct, frozen=True):
    text: str
    number: int


@given(st.builds(Kept, st.text(), st.integers(-(2**63), 2**63)))
def test_what_was_sealed_is_read_again_and_does_not_show(kept: Kept):
    closed = SealedCookie(KEY, Kept).closed(kept)

    assert SealedCookie(KEY, Kept).opened(closed) == kept
    assert SealedCookie(os.urandom(32), Kept).opened(closed) is None
    assert all(character.isascii() and (character.isalnum() or character in "-_") for character in closed)


@given(st.data())
def test_a_sealed_cookie_that_was_changed_anywhere_is_none(data: st.DataObject):
    closed = SealedCookie(KEY, Kept).closed(Kept("state", 1))
    sealed = bytearray(base64.urlsafe_b64decode(closed + "=" * (-len(closed) % 4)))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))

    assert SealedCookie(KEY, Kept).opened(base64.urlsafe_b64encode(sealed).decode().rstrip("=")) is None


@given(st.text())
@example("===")
@example("A")
@example("é")
def test_what_was_never_sealed_is_none(text: str):
    assert SealedCookie(KEY, Kept).opened(text) is None


@given(st.text("/\\.:@?#&ab \t\n\rhtps%0", max_size=12))
@example("/\t/elsewhere.example")
@example("/\\elsewhere.example")
@example("//elsewhere.example")
@example("https:elsewhere.example")
def test_an_address_that_is_taken_for_ours_is_ours_in_every_browser(address: str):
    # As browsers do: tabs and ends of lines are left out, and a backslash is a slash.
    as_browsers_read_it = address.strip().translate(str.maketrans("\\", "/", "\t\n\r"))

    if is_local(address):
        there = urlsplit(urljoin(HERE, as_browsers_read_it))
        assert f"{there.scheme}://{there.netloc}" == HERE


@pytest.mark.parametrize("address", ["/", "/docs", "/v1/realisation?period=2021-II&groupBy=country", "/docs#figures"])
def test_a_path_of_ours_is_taken(address):
    assert is_local(address)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        (b"a=1", "1"),
        (b"b=2; a=1", "1"),
        (b"b=2;a=1;c", "1"),
        (b'a="1"', '"1"'),
        (b"a=1; a=2", None),
        (b"aa=1; ba=2", None),
        (b"A=1", None),
        (b"", None),
        (b";;=;", None),
        (b"a=\xff", "ÿ"),
        (b"a=1=2", "1=2"),
    ],
)
def test_a_cookie_is_read_by_its_whole_name_and_only_when_there_is_one(header, value):
    assert cookie_of([(b"host", b"x"), (b"cookie", header)], "a") == value
