"""The half-year that a request is about."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from domain.kinds import Wrong, parse_period
from domain.period import Period
from service.problems import invalid_parameter


def asked_period(
    period: Annotated[
        str, Query(description="Half-year, like 2021-II", json_schema_extra={"pattern": "^[12][0-9]{3}-(I|II)$"})
    ],
) -> Period:
    """The half-year as it was asked."""
    try:
        return parse_period(period)
    except Wrong:
        raise invalid_parameter("period", "not-a-period", "must be a half-year like 2021-II") from None


AskedPeriod = Annotated[Period, Depends(asked_period)]
