"""The description of the API, for who has no server at hand."""

from __future__ import annotations

import sys

from service import document
from service.access import table


def openapi() -> None:
    """Print the OpenAPI document of this version."""
    sys.stdout.write(document.text())


def rules() -> None:
    """Print who may do what: every operation with every role, as Markdown."""
    sys.stdout.write(table.text())
