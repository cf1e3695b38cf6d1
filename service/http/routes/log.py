"""The log as evidence: what was signed, the key to verify it with, and proofs that lead from an event to it.

These speak of the log alone, by positions and sizes; validOn and knownAt mean nothing here.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse
from sqlalchemy import Connection

from service.audit import access_log
from service.evidence import Mismatch, checkpoints, leaf, tree
from service.evidence.directory import Unusable
from service.evidence.signer import Notary, notary
from service.evidence.statement import Checkpoint
from service.evidence.tiles import Tiles
from service.foundation.answers import answer
from service.foundation.parameter_types import Ordinal
from service.foundation.problems import Problem, invalid_parameter
from service.http.routes.described import answers
from service.http.routes.described import log as described
from service.storage.database import reading

router = APIRouter(prefix="/log", tags=["log"])

_log = logging.getLogger("ketenspoor")
_Size = Annotated[Ordinal | None, Query(description="A size of the log (default: that last signed)")]
_SIGNED = "A checkpoint (C2SP tlog-checkpoint) as a signed note"


@router.get(
    "/checkpoint",
    response_class=PlainTextResponse,
    responses=described.text_answers(_SIGNED, 404),
)
def read_checkpoint(
    request: Request,
    position: Annotated[
        Ordinal | None, Query(description="The first that covers this position, instead of the newest")
    ] = None,
) -> Response:
    """The newest checkpoint of the log."""
    with reading(request.app.state.shell.engine) as connection, _evidence():
        return PlainTextResponse(_signed(connection, position).note)


@router.post(
    "/checkpoint",
    response_class=PlainTextResponse,
    responses=described.text_answers(_SIGNED, 415),
)
def make_checkpoint(request: Request) -> Response:
    """Sign the log as it is now; the newest checkpoint again when nothing was recorded since."""
    with _evidence():
        signed = checkpoints.sign_the_log(request.app.state.shell.primary, _notary(request))
    return PlainTextResponse(signed.checkpoint.note)


@router.get("/inclusion", response_model=None, responses=answers(described.Inclusion, 404))
def read_inclusion(
    request: Request,
    position: Annotated[Ordinal, Query(description="The position of an event")],
    size: _Size = None,
) -> Response:
    """The proof that an event is in the log, with the leaf that its hash is made of."""
    with reading(request.app.state.shell.engine) as connection, _evidence():
        stored = Tiles(connection)
        of = _signed(connection).size if size is None else size
        _reached(stored, of, None if size is None else "size")
        if position > of:
            if size is None:
                raise _unsigned()
            raise invalid_parameter("position", "out-of-range", "lies behind the size that is given")
        signed = checkpoints.of_size(connection, of)
        line = _line(connection, position)
        access_log.handed_out(request.scope, position, position)
        return answer(
            {
                "position": position,
                "size": of,
                "root": _text(stored.root(of)),
                "leaf": line.decode(),
                "leafHash": _text(tree.leaf_hash(line)),
                "proof": [_text(one) for one in tree.inclusion(position - 1, of, stored.node)],
                "checkpoint": None if signed is None else signed.note,
            }
        )


@router.get("/consistency", response_model=None, responses=answers(described.Consistency, 404))
def read_consistency(
    request: Request,
    first: Annotated[Ordinal, Query(alias="from", description="The size it had")],
    second: Annotated[
        Ordinal | None, Query(alias="to", description="The size it got (default: that last signed)")
    ] = None,
) -> Response:
    """The proof that the log of one size is the beginning of that of another: nothing before was changed."""
    with reading(request.app.state.shell.engine) as connection, _evidence():
        stored = Tiles(connection)
        to = _signed(connection).size if second is None else second
        _reached(stored, to, None if second is None else "to")
        if first > to:
            raise invalid_parameter("from", "out-of-range", "is more than the size that it got")
        return answer(
            {
                "from": first,
                "to": to,
                "fromRoot": _text(stored.root(first)),
                "toRoot": _text(stored.root(to)),
                "proof": [_text(one) for one in tree.consistency(first, to, stored.node)],
            }
        )


@router.get(
    "/key",
    response_class=PlainTextResponse,
    responses=described.text_answers("The key that verifies checkpoints (C2SP verifier key), on one line"),
)
def read_key(request: Request) -> Response:
    """The key to verify checkpoints with. Keep it: who could change the log could change this answer too."""
    return PlainTextResponse(f"{_notary(request).key}\n")


def _notary(request: Request) -> Notary:
    shell = request.app.state.shell
    return notary(shell.settings, shell.clock, shell.keys)


def _signed(connection: Connection, position: int | None = None) -> Checkpoint:
    """The newest checkpoint, or the first that covers a position."""
    found = checkpoints.newest(connection) if position is None else checkpoints.covering(connection, position)
    if found is None:
        raise _unsigned()
    return found


def _unsigned() -> Problem:
    return Problem(404, "Not signed yet", "No checkpoint covers this yet; POST /v1/log/checkpoint makes one.")


def _reached(stored: Tiles, size: int, asked: str | None) -> None:
    """Refuse a size that the tree has not come to, by the parameter that asked for it if any did."""
    if size <= stored.size:
        return
    if asked is not None:
        raise invalid_parameter(asked, "out-of-range", "the tree over the log has not come so far")
    raise Problem(
        503,
        "The tree is behind",
        f"The tree over the log covers {stored.size} events, and {size} were signed; try again.",
        headers={"Retry-After": "5"},
    )


def _line(connection: Connection, position: int) -> bytes:
    for line in leaf.lines(connection, position - 1, 1):
        return line
    raise Mismatch(f"position {position} is missing from the log")


@contextmanager
def _evidence() -> Iterator[None]:
    """What does not fit is a fault of ours that is told: hiding it would make the evidence worthless."""
    try:
        yield
    except Mismatch as fault:
        _log.error("evidence was asked for that cannot be given: %s", fault)
        raise Problem(500, "The evidence is broken", f"The log does not fit what was signed: {fault}.") from None
    except Unusable as fault:
        _log.error("the log is not signed: %s", fault)
        raise Problem(503, "Not signed", f"Nothing is signed: {fault}.", headers={"Retry-After": "60"}) from None


def _text(hashed: bytes) -> str:
    return base64.b64encode(hashed).decode()
