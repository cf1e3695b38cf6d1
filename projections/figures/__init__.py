"""The catalogue: every table of figures by its name, in the order in which they are listed."""

from __future__ import annotations

from collections.abc import Mapping

from projections.figure import Figure
from projections.figures.backlog import BACKLOG
from projections.figures.bonus import BONUS
from projections.figures.norm_phases import NORM_PHASES
from projections.figures.realisation import REALISATION

FIGURES: Mapping[str, Figure] = {
    figure.name: figure
    for figure in (
        REALISATION,
        BACKLOG,
        NORM_PHASES,
        BONUS,
    )
}
