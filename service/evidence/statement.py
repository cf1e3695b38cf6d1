"""What a checkpoint says, in the form that C2SP specifies (tlog-checkpoint): signed text, read and written."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import NamedTuple

from service.evidence import tree
from service.evidence.note import NoteRefused, VerifierKey, exactly, opened
from service.foundation.time import written

_SIZE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_TIME = "time "
_SIMULATED = "clock simulated"


class Checkpoint(NamedTuple):
    """A signed statement: at this time the log was of this size, with this root."""

    size: int
    root: bytes
    signed_at: datetime
    note: str

    @property
    def simulated(self) -> bool:
        """Whether it says that the instants of recording follow the senders' clocks."""
        return _SIMULATED in self.note.partition("\n\n")[0].split("\n")


def statement(origin: str, size: int, root: bytes, at: datetime, *, simulated: bool) -> str:
    """The text to be signed; `at` in whole milliseconds."""
    lines = [origin, str(size), base64.b64encode(root).decode(), _TIME + written(at)]
    return "".join(f"{line}\n" for line in [*lines, *([_SIMULATED] if simulated else [])])


def checkpoint(note: bytes, key: VerifierKey) -> Checkpoint:
    """A checkpoint that this key signed; NoteRefused when it is none."""
    origin, *lines = opened(note, key).removesuffix("\n").split("\n")
    if origin != key.name:
        raise NoteRefused("is a checkpoint of another log")
    root = exactly(lines[1]) if len(lines) >= 3 else None
    if root is None or len(root) != tree.HASH_BYTES or not _SIZE.fullmatch(lines[0]):
        raise NoteRefused("is no checkpoint")
    return Checkpoint(int(lines[0]), root, _signed_at(lines[2:]), note.decode())


def _signed_at(extensions: list[str]) -> datetime:
    for line in extensions:
        if line.startswith(_TIME):
            try:
                return datetime.fromisoformat(line.removeprefix(_TIME)).astimezone(UTC)
            except ValueError:
                break
    raise NoteRefused("is a checkpoint without a time")
