"""What a chart is: two specifications of one drawing, its words, and the table that says the same."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

Specification = dict[str, Any]
"""A Vega-Lite specification as JSON has it, with its data in it."""


class ChartWords(NamedTuple):
    """The words of one chart, in the language of its page."""

    title: str
    """What is to be seen, as a sentence: "Sinds april onder het schema". The page shows it above the drawing."""
    sentence: str
    """What somebody hears who does not see the drawing."""
    heads: tuple[str, ...]
    """The heads of the table, which are also the names in the drawing; each chart says which it takes."""


class Chart(NamedTuple):
    """A chart that can be drawn, and shown as a table where it can't."""

    words: ChartWords
    rows: tuple[tuple[str, ...], ...]
    """The table under the drawing: as many cells a row as there are heads, the first of them its name."""
    wide: Specification
    """For columns of 640 pixels and more."""
    narrow: Specification
    """For a telephone: 320 pixels."""

    def as_json(self) -> dict[str, Any]:
        """Return it as `static/lively.js` takes it, to redraw what is shown."""
        words = self.words
        specifications = {"wide": self.wide, "narrow": self.narrow}
        return {"title": words.title, "sentence": words.sentence, "rows": self.rows, **specifications}

    def digest(self) -> str:
        """Return what this drawing is known by: it changes with whatever can be seen or heard of it."""
        seen = [self.words.title, self.words.sentence, self.wide, self.narrow]
        return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


class DrawnChart(NamedTuple):
    """The two drawings as SVG that can stand in a page as it is."""

    wide: str
    narrow: str
