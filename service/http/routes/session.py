"""Who somebody is to this service: what they may be shown, for whom they work, and until when they are signed in."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from service.access.caller import ROLES, caller_of
from service.access.sessions import session_of
from service.foundation.answers import answer
from service.foundation.time import written
from service.http.routes.described import answers
from service.http.routes.described import session as described

router = APIRouter(tags=["session"])


@router.get("/session", response_model=None, responses=answers(described.SessionTold))
def read_session(request: Request) -> Response:
    """Who asks, as the service takes it: somebody who is signed in, who shows a token, or anybody."""
    caller, session = caller_of(request.scope), session_of(request.scope)
    told: dict[str, Any] = {
        "signedIn": session is not None,
        "roles": [role for role in ROLES if role in caller.roles],
        "organisation": None,
        "endsAt": None if session is None else written(session.expires_at),
        "csrfToken": None if session is None else session.csrf_token,
    }
    if caller.organisation is not None:
        told["organisation"] = {
            "oin": caller.organisation.oin,
            "kind": caller.organisation.kind,
            "code": caller.organisation.code,
        }
    return answer(told)
