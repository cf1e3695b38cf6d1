"""The regions in which COA houses permit holders near where they will live, by their provinces (uitstroomregio's)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from domain.facts.linking import OutflowRegion

REGIONS: tuple[OutflowRegion, ...] = get_args(OutflowRegion)
#: The region of each province.
REGION_OF: Mapping[str, OutflowRegion] = {
    "PV20": "GR-FR-DR",
    "PV21": "GR-FR-DR",
    "PV22": "GR-FR-DR",
    "PV23": "OV-GLD",
    "PV25": "OV-GLD",
    "PV24": "FL-UT-NH",
    "PV26": "FL-UT-NH",
    "PV27": "FL-UT-NH",
    "PV28": "ZH-ZL",
    "PV29": "ZH-ZL",
    "PV30": "NB-LB",
    "PV31": "NB-LB",
}
