"""What the intake reads in the head of a request: which form its body has, and how long it says it is."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from service.foundation.header_values import media_type
from service.intake.content_coding import CODING, is_packed

_READ = frozenset({b"content-type", CODING, b"content-length", b"ce-specversion"})
_IF_MATCH = b"if-match"


class Head(NamedTuple):
    """`form` is a media type in small letters; `readable`: UTF-8; `packed`: gzip; `length` is as it was written, and so
    is `if_match`, of several in a row."""

    form: str
    readable: bool
    packed: bool
    length: str | None
    binary_mode: bool
    if_match: bytes | None


def head_of(headers: Collection[tuple[bytes, bytes]]) -> Head:
    """The head of a request with these headers, whose names are in small letters; of two alike the first one counts,
    but codings are a list. Refused (415) where the body is coded in a way that is not undone.
    """
    read: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _READ:
            read.setdefault(name, value)
        elif name == _IF_MATCH:
            read[name] = b"%b, %b" % (read[name], value) if name in read else value
    form, readable = media_type(read.get(b"content-type", b""))
    length = read.get(b"content-length")
    return Head(
        form,
        readable,
        packed=CODING in read and is_packed(headers),
        length=None if length is None else length.decode("latin-1"),
        binary_mode=b"ce-specversion" in read,
        if_match=read.get(_IF_MATCH),
    )
