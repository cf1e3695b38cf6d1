"""A projection that failed: where in the log and in the code, and nothing of what it read, which may be personal."""

from __future__ import annotations

import traceback
from pathlib import Path
from uuid import UUID

_ROOT = Path(__file__).parent.parent


class ProjectionError(Exception):
    """Projections that cannot be computed; the message names the type of the error and its place in the code and log.

    `position` is the last event that they knew then, `stream` the pseudonym of what it was about; both are None where
    it was not one stream. It goes from one process to another.
    """

    def __init__(
        self, projections: tuple[str, ...], error: str, where: str, stream: UUID | None, position: int | None
    ) -> None:
        super().__init__(projections, error, where, stream, position)
        self.projections = projections
        self.error = error
        self.where = where
        self.stream = stream
        self.position = position

    def __str__(self) -> str:
        what = f"{' and '.join(self.projections)} cannot be computed: {self.error} at {self.where}"
        return what if self.stream is None else f"{what}, at position {self.position}, of stream {self.stream}"

    @classmethod
    def of(
        cls, error: Exception, projections: tuple[str, ...], stream: UUID | None = None, position: int | None = None
    ) -> ProjectionError:
        """What may be said of an error that these projections met."""
        return cls(projections, type(error).__qualname__, _where(error), stream, position)


def _where(error: BaseException) -> str:
    """The innermost line of our own code that an error came from."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _ROOT in Path(frame.filename).parents and ".venv" not in frame.filename]
    if not ours:
        return "no code of ours"
    last = ours[-1]
    return f"{Path(last.filename).relative_to(_ROOT)}:{last.lineno} in {last.name}"


class Refused(Exception):
    """A question that a table does not answer: the parameter, a code and an explanation."""

    def __init__(self, parameter: str, code: str, explanation: str) -> None:
        super().__init__(explanation)
        self.parameter, self.code, self.explanation = parameter, code, explanation
