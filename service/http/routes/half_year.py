"""The half-year that a request is about."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from domain.period import Period
from service.foundation.parameter_types import HalfYear


def asked_period(
    period: Annotated[
        HalfYear, Query(description="Half-year, like 2021-II", json_schema_extra={"pattern": "^[12][0-9]{3}-(I|II)$"})
    ],
) -> Period:
    """The half-year as it was asked."""
    return Period.parse(period)


AskedPeriod = Annotated[Period, Depends(asked_period)]
