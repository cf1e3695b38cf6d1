"""The catalogue: every table of figures by its name, in the order in which they are listed."""

from __future__ import annotations

from collections.abc import Mapping

from projections.figure import Figure
from projections.figures.backlog import BACKLOG
from projections.figures.bonus import BONUS
from projections.figures.data_quality import DATA_QUALITY
from projections.figures.documents import DOCUMENTS_FIRST_HAD
from projections.figures.dossiers import DOSSIERS
from projections.figures.elip import ELIP
from projections.figures.expected import EXPECTED
from projections.figures.family import FAMILY
from projections.figures.family_arrivals import FAMILY_ARRIVALS
from projections.figures.findings import FINDINGS
from projections.figures.handovers import HANDOVERS
from projections.figures.households import HOUSEHOLDS
from projections.figures.integration import INTEGRATION
from projections.figures.integration_terms import INTEGRATION_TERMS
from projections.figures.ladder import LADDER
from projections.figures.lateness import LATENESS
from projections.figures.links import LINKS
from projections.figures.minors import MINORS
from projections.figures.moves import MOVES
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
from projections.figures.temporary import TEMPORARY
from projections.figures.transfers import TRANSFERS
from projections.figures.waiting import WAITING

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
        LATENESS,
        BONUS,
        WAITING,
        DOSSIERS,
        DOCUMENTS_FIRST_HAD,
        FAMILY,
        FAMILY_ARRIVALS,
        TEMPORARY,
        MOVES,
        MINORS,
        INTEGRATION,
        INTEGRATION_TERMS,
        ELIP,
        HANDOVERS,
        DATA_QUALITY,
        FINDINGS,
    )
}
