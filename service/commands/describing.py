"""The description of the API, for who has no server at hand."""

from __future__ import annotations

import sys

from service import document


def openapi() -> None:
    """Print the OpenAPI document of this version."""
    sys.stdout.write(document.text())
