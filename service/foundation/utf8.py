"""Text from outside is UTF-8: a byte order mark before it is passed over, and what is something else is named."""

from __future__ import annotations

import codecs
from pathlib import Path

#: The byte order mark, which some programs write before UTF-8 too; RFC 8259 lets who reads JSON pass over it.
BYTE_ORDER_MARK = codecs.BOM_UTF8

#: How begins what is no UTF-8. The mark of UTF-32 begins with that of UTF-16.
_BEGINNINGS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip, as .xlsx and .ods are",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"\x04\x22\x4d\x18": "lz4",
    b"\xd0\xcf\x11\xe0": "a workbook of Excel (.xls)",
}
#: Where the NULs are in the first four bytes of what is mostly ASCII and has no mark.
_NULS: dict[tuple[bool, ...], str] = {
    (True, True, True, False): "UTF-32",
    (False, True, True, True): "UTF-32",
    (True, False, True, False): "UTF-16",
    (False, True, False, True): "UTF-16",
}
#: So many bytes tell what something is.
DETECTION_BYTES = max(map(len, _BEGINNINGS))


class NotUtf8(UnicodeError):
    """A file is no UTF-8; says which one, and what it is instead where its beginning tells."""


def detect_encoding(content: bytes) -> str | None:
    """What this is by its beginning, where that is no UTF-8; None where nothing says so."""
    for beginning, name in _BEGINNINGS.items():
        if content.startswith(beginning):
            return name
    return _NULS.get(tuple(byte == 0 for byte in content[:4]))


def read_text(path: Path) -> str:
    """The text of a small file, without a mark; OSError, NotUtf8."""
    content = path.read_bytes()
    if (name := detect_encoding(content)) is not None:
        raise NotUtf8(f"{path} is {name}, and must be UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotUtf8(f"{path} is not UTF-8") from None
