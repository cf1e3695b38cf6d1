"""How the door turns somebody away: in the same words whatever was wrong, so that nobody learns how to pass."""

from __future__ import annotations

from service.foundation.problems import Problem


def invalid_token() -> Problem:
    """To who showed a token that is not believed, whatever the reason."""
    return Problem(
        401,
        "Unauthorized",
        "The token is not one that this service accepts.",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def token_in_query() -> Problem:
    """To who puts a token where it ends up in logs."""
    return Problem(
        400,
        "Invalid request",
        "A token stands in the header Authorization, never in an address.",
        headers={"WWW-Authenticate": 'Bearer error="invalid_request"'},
    )


def no_transaction() -> Problem:
    """With FSC every request is one transaction, which is found by its id in the logs of both sides."""
    detail = "Behind an inway every request has the header Fsc-Transaction-Id, with one UUID."
    return Problem(400, "Invalid request", detail)
