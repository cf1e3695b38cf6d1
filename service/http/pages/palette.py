"""The colours of the pages, and the only place where they stand: in light, and each one's counterpart in dark.

Charts and the map carry the light ones as attributes of their shapes; the style sheet says under which other colour
each is shown in dark (`svg [fill="#154273"] {fill: var(--accent)}`), so a drawing is made once for both.
"""

from typing import Final, Literal

PAPER: Final = "#ffffff"
THEN: Final = "#faf6ee"
"""The paper of a page that shows what was known in the past."""
INK: Final = "#1b1f24"
ACCENT: Final = "#154273"

#: How somebody stands to a task that is to be done in time.
PaceState = Literal["ahead", "pace", "behind"]
# Three states, told apart by eyes that see no red or no green; always beside a sign, a word or a number.
AHEAD: Final = "#2166ac"
# A fill and never a line or a letter: it is too light to be seen by itself, so what it fills carries ink.
PACE: Final = "#c8ccd1"
BEHIND: Final = "#b35806"

MUTED: Final = "#57606a"
"""Words that explain: labels of axes, notes."""
EARLIER: Final = "#848d97"
"""What is compared with: the last half-year, what is only expected; dark enough for a line."""
GRID: Final = "#e2e5e9"
"""Thin lines that help the eye along and say nothing themselves."""

DARK: Final = {
    PAPER: "#14181d",
    THEN: "#2a2518",
    INK: "#e6e9ec",
    ACCENT: "#a5c8f0",
    AHEAD: "#5aa2e6",
    PACE: "#4b535d",
    BEHIND: "#ec9a4f",
    MUTED: "#a3abb5",
    EARLIER: "#7c8692",
    GRID: "#2c323a",
}
"""Every colour by its counterpart in dark. No two are shown alike."""

PAPERS: Final = (PAPER, THEN)
LETTERS: Final = (INK, ACCENT, AHEAD, BEHIND, MUTED)
"""What words may be written in, on either paper."""
GRAPHICS: Final = (INK, ACCENT, AHEAD, BEHIND, MUTED, EARLIER)
"""What a line or a shape may be told by, on either paper."""
WRITTEN_ON: Final = {PAPER: INK, PACE: INK, ACCENT: PAPER, AHEAD: PAPER, BEHIND: PAPER, GRID: INK}
"""The colour of words that stand on a filled shape."""


NAMES: Final = {
    "paper": PAPER,
    "ink": INK,
    "accent": ACCENT,
    "ahead": AHEAD,
    "pace": PACE,
    "behind": BEHIND,
    "muted": MUTED,
    "earlier": EARLIER,
    "grid": GRID,
    "then": THEN,
}
"""Every colour by what the style sheet calls it: `var(--accent)`."""


def style_sheet() -> str:
    """Return the colours for the style sheet: in dark others, also of shapes that carry the light ones."""
    light = "".join(f"--{name}:{colour};" for name, colour in NAMES.items())
    dark = "".join(f"--{name}:{DARK[colour]};" for name, colour in NAMES.items())
    shapes = "".join(
        f'svg [{kind}="{colour}"]{{{kind}:var(--{name})}}'
        for name, colour in NAMES.items()
        for kind in ("fill", "stroke")
    )
    then = "".join(f'.then .chart [{kind}="{PAPER}"]{{{kind}:var(--then)}}' for kind in ("fill", "stroke"))
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}{shapes}{then}\n"
