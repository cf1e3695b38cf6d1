"""Settings of a service at which people sign in, and fixtures of one with its provider."""

from __future__ import annotations

from typing import Any

from tests.api.browsers import ORIGIN
from tests.api.provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.api.service_under_test import Service

UTRECHT = "00000099100000344000"
PLACE = {"oin": UTRECHT, "kind": "municipality", "code": "GM0344"}


def settings(provider: Provider, **others: Any) -> dict[str, Any]:
    """What a service is told of its provider."""
    return {
        "public_url": ORIGIN,
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": CLIENT_SECRET,
        **others,
    }


def kept(service: Service) -> list[dict[str, Any]]:
    """The table of sessions."""
    from sqlalchemy import select

    from service.storage.database import reading
    from service.storage.service_tables import sessions

    with reading(service.context.primary) as connection:
        return [dict(row) for row in connection.execute(select(sessions)).mappings()]
