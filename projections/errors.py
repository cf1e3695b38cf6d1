"""What is told of a projection that raised: where it stood in the log and in the code, and nothing of what it read."""

from __future__ import annotations

import traceback
from pathlib import Path
from uuid import UUID

_ROOT = Path(__file__).parent.parent


class Raised(Exception):
    """Projections raised; the message names the kind of the fault, its place in the code, and where in the log.

    `position` is the last event that was known to them then, `stream` the pseudonym of what it was about; both are None
    where it was not one stream. It goes from one process to another.
    """

    def __init__(
        self, projections: tuple[str, ...], fault: str, where: str, stream: UUID | None, position: int | None
    ) -> None:
        super().__init__(projections, fault, where, stream, position)
        self.projections = projections
        self.fault = fault
        self.where = where
        self.stream = stream
        self.position = position

    def __str__(self) -> str:
        what = f"{' and '.join(self.projections)} cannot be computed: {self.fault} at {self.where}"
        return what if self.stream is None else f"{what}, at position {self.position}, of stream {self.stream}"

    @classmethod
    def by(
        cls, fault: Exception, projections: tuple[str, ...], stream: UUID | None = None, position: int | None = None
    ) -> Raised:
        """What is told of a fault."""
        return cls(projections, type(fault).__qualname__, _where(fault), stream, position)


def _where(fault: BaseException) -> str:
    """The innermost line of our own code that a fault came from."""
    frames = traceback.extract_tb(fault.__traceback__)
    ours = [frame for frame in frames if _ROOT in Path(frame.filename).parents and ".venv" not in frame.filename]
    if not ours:
        return "no code of ours"
    last = ours[-1]
    return f"{Path(last.filename).relative_to(_ROOT)}:{last.lineno} in {last.name}"
