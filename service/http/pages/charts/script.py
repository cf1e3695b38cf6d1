"""The script that draws charts in a browser, for pages that redraw one while something is moved.

It comes from the drawing library, is made once by the worker when somebody first asks for it, and never changes as long
as that library does not: so its address holds the version, and whoever has it asks no more.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from typing import Final

SNIPPET: Final = "window.vegaEmbed = vegaEmbed;"
"""What it leaves behind for ours."""

_MADE_FROM: Final = f"{version('vl-convert-python')} {SNIPPET}"

NAME: Final = f"vega.{hashlib.sha256(_MADE_FROM.encode()).hexdigest()[:16]}.js"
"""Its name among the files of the pages."""
