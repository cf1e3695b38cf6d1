"""Addresses as pages write them: relative, so that they hold behind any sub-path, and with what moves along: the two
dates, the language, and in development mode as whom one looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

#: Parameters that every page has, and every link between pages takes along.
VALID_ON, KNOWN_AT, LOOK_AS = "validOn", "knownAt", "as"
KEPT = (VALID_ON, KNOWN_AT, LOOK_AS)


class ApiAddress(NamedTuple):
    """A question to the API: its path, and its parameters in order, as they are written in an address."""

    path: str
    parameters: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, path: str, given: Mapping[str, Any]) -> ApiAddress:
        """With these parameters; None leaves one out."""
        return cls(path, tuple(written(given)))

    def __str__(self) -> str:
        return f"{self.path}?{self.query}" if self.parameters else self.path

    @property
    def query(self) -> str:
        """Its parameters as an address has them."""
        return encoded_query(self.parameters)

    def with_parameters(self, **given: Any) -> ApiAddress:
        """The same with these parameters instead of any of their names."""
        kept = [(name, value) for name, value in self.parameters if name not in given]
        return ApiAddress(self.path, (*kept, *written(given)))


def encoded_query(parameters: Iterable[tuple[str, str]]) -> str:
    """Parameters as an address has them; what browsers need not have encoded stays legible."""
    return urlencode(list(parameters), safe=":,", quote_via=quote)


def written(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Parameters as text: days as they are written everywhere; None is left out."""
    return [
        (name, value.isoformat() if isinstance(value, date) else str(value))
        for name, value in given.items()
        if value is not None
    ]


def path_to_top(path: str) -> str:
    """From the page of a path back to where all pages begin: `./` or so many `../`."""
    return "../" * (path.count("/") - 1) or "./"
