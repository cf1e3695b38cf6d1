"""`If-Match` (RFC 9110, 13.1.1): post only if the stream is as it was known; its ETag is its version."""

from __future__ import annotations

import re

#: Entity tags that compare strongly, as they are written; or `*`, for any version there is.
Tags = frozenset[bytes]

_ANY = b"*"
_TAG = re.compile(rb'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_LIST = re.compile(rb'[\t ,]*(?:(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"[\t ]*(?:,[\t ,]*|\Z))+')


def etag(version: int) -> bytes:
    """The entity tag of a version."""
    return b'"%d"' % version


def tags_in(value: bytes) -> Tags | None:
    """The tags that a header lists, of which weak ones match nothing; None where it is no list of tags."""
    if value == _ANY:
        return frozenset({_ANY})
    if not _LIST.fullmatch(value):
        return None
    return frozenset(tag for weak, tag in _TAG.findall(value) if not weak)


def is_met(tags: Tags, version: int) -> bool:
    """Whether a stream of this version, 0 where it has no events, is one that the sender knew."""
    return version > 0 and not tags.isdisjoint((_ANY, etag(version)))
