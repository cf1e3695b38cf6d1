"""What the answer about who asks looks like."""

from __future__ import annotations

from datetime import datetime

from service.http.routes.described import Described


class OrganisationTold(Described):
    """An organisation of the chain; `code` is the CBS code of a municipality or province."""

    oin: str
    kind: str
    code: str | None


class SessionTold(Described):
    """Who asks. `endsAt` moves on while somebody is active; `csrfToken` goes with what is no mere read."""

    signed_in: bool
    roles: list[str]
    organisation: OrganisationTold | None
    ends_at: datetime | None
    csrf_token: str | None
