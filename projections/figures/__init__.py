"""The catalogue: every table of figures by its name, in the order in which they are listed."""

from __future__ import annotations

from collections.abc import Mapping

from projections.figure import Figure
from projections.figures.backlog import BACKLOG
from projections.figures.bonus import BONUS
from projections.figures.expected import EXPECTED
from projections.figures.households import HOUSEHOLDS
from projections.figures.ladder import LADDER
from projections.figures.links import LINKS
from projections.figures.norm_phases import NORM_PHASES
from projections.figures.offset import OFFSET
from projections.figures.permits import PERMITS
from projections.figures.publication import PUBLICATION
from projections.figures.quota_methods import QUOTA_METHODS
from projections.figures.quota_revisions import QUOTA_REVISIONS
from projections.figures.realisation import REALISATION
from projections.figures.reception import RECEPTION
from projections.figures.refusals import REFUSALS
from projections.figures.supervision import SUPERVISION
from projections.figures.supply import SUPPLY
from projections.figures.swaps import SWAPS
from projections.figures.transfers import TRANSFERS

FIGURES: Mapping[str, Figure] = {
    figure.name: figure
    for figure in (
        REALISATION,
        BACKLOG,
        NORM_PHASES,
        QUOTA_METHODS,
        QUOTA_REVISIONS,
        TRANSFERS,
        OFFSET,
        PUBLICATION,
        PERMITS,
        LINKS,
        SUPPLY,
        RECEPTION,
        EXPECTED,
        HOUSEHOLDS,
        SWAPS,
        SUPERVISION,
        LADDER,
        REFUSALS,
        BONUS,
    )
}
