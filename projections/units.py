"""What the columns of tables of figures count or measure, and to how many decimals that is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from domain.rounding import SHARE_DECIMALS

#: What a column counts or measures. Whole numbers: persons, links, offers, events, fines, households and what they need
#: (bedrooms), homes, places, nights, municipalities, inhabitants, a plain number (a rung, a position, 1 for yes).
UnitOfPersons = Literal["persons", "links", "offers", "events", "fines", "households", "bedrooms"]
_Counted = Literal[UnitOfPersons, "homes", "places", "nights", "municipalities"]
#: With two decimals: days, percent, pace and estimate (persons). With four: share. Besides: date and text.
Unit = Literal[_Counted, "inhabitants", "number", "days", "share", "percent", "pace", "estimate", "date", "text"]
DECIMALS: Mapping[Unit, int] = {"days": 2, "percent": 2, "pace": 2, "estimate": 2, "share": SHARE_DECIMALS}
