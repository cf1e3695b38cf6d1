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
from pydantic import Field
from sqlalchemy import Connection
from typing_extensions import TypedDict

from service.audit import access_log
from service.evidence import Mismatch, tree
from service.evidence.checkpoints import (
    Checkpoint,
    DirectoryUnusable,
    checkpoint_covering,
    checkpoint_of_size,
    newest_checkpoint,
)
from service.evidence.leaves import read_leaves
from service.evidence.signing import CheckpointSigner, checkpoint_signer, sign_the_log
from service.evidence.tiles import Tiles
from service.foundation.answers import answer
from service.foundation.parameter_types import Ordinal
from service.foundation.problems import Problem, invalid_parameter
from service.http.openapi.responses import responses_of, text_responses
from service.storage.database import reading

router = APIRouter(prefix="/log", tags=["log"])

_log = logging.getLogger("ketenspoor")
_Size = Annotated[Ordinal | None, Query(description="A size of the log (default: that last signed)")]
_CHECKPOINT = "A checkpoint (C2SP tlog-checkpoint) as a signed note"


class Inclusion(TypedDict):
    """That an event is in the log: `proof` leads from the hash of its line, `leaf`, to the root. Hashes are base64."""

    position: int
    size: int
    root: str
    leaf: str
    leafHash: str
    proof: list[str]
    checkpoint: Annotated[
        str | None, Field(description="The signed note of exactly this size; null where none was signed at it")
    ]


Consistency = TypedDict("Consistency", {"from": int, "to": int, "fromRoot": str, "toRoot": str, "proof": list[str]})
Consistency.__doc__ = "That the log of the first size is the beginning of that of the second. Hashes are base64."


@router.get(
    "/checkpoint",
    response_class=PlainTextResponse,
    responses=text_responses(_CHECKPOINT, 404),
)
def read_checkpoint(
    request: Request,
    position: Annotated[
        Ordinal | None, Query(description="The first that covers this position, instead of the newest")
    ] = None,
) -> Response:
    """The newest checkpoint of the log."""
    with reading(request.app.state.context.engine) as connection, _reported_mismatches():
        return PlainTextResponse(_require_checkpoint(connection, position).note)


@router.post(
    "/checkpoint",
    response_class=PlainTextResponse,
    responses=text_responses(_CHECKPOINT, 415),
)
def make_checkpoint(request: Request) -> Response:
    """Sign the log as it is now; the newest checkpoint again when nothing was recorded since."""
    with _reported_mismatches():
        signed = sign_the_log(request.app.state.context.primary, _checkpoint_signer(request))
    return PlainTextResponse(signed.checkpoint.note)


@router.get("/inclusion", response_model=None, responses=responses_of(Inclusion, 404))
def read_inclusion(
    request: Request,
    position: Annotated[Ordinal, Query(description="The position of an event")],
    size: _Size = None,
) -> Response:
    """The proof that an event is in the log, with the leaf that its hash is made of."""
    with reading(request.app.state.context.engine) as connection, _reported_mismatches():
        stored = Tiles(connection)
        of = _require_checkpoint(connection).size if size is None else size
        _refuse_larger(stored, of, None if size is None else "size")
        if position > of:
            if size is None:
                raise _not_signed()
            raise invalid_parameter("position", "out-of-range", "lies behind the size that is given")
        signed = checkpoint_of_size(connection, of)
        leaf = _read_leaf(connection, position)
        access_log.log_handed_out(request.scope, position, position)
        body: Inclusion = {
            "position": position,
            "size": of,
            "root": _base64(stored.root(of)),
            "leaf": leaf.decode(),
            "leafHash": _base64(tree.leaf_hash(leaf)),
            "proof": [_base64(one) for one in tree.inclusion(position - 1, of, stored.node)],
            "checkpoint": None if signed is None else signed.note,
        }
        return answer(body)


@router.get("/consistency", response_model=None, responses=responses_of(Consistency, 404))
def read_consistency(
    request: Request,
    first: Annotated[Ordinal, Query(alias="from", description="The size it had")],
    second: Annotated[
        Ordinal | None, Query(alias="to", description="The size it got (default: that last signed)")
    ] = None,
) -> Response:
    """The proof that the log of one size is the beginning of that of another: nothing before was changed."""
    with reading(request.app.state.context.engine) as connection, _reported_mismatches():
        stored = Tiles(connection)
        to = _require_checkpoint(connection).size if second is None else second
        _refuse_larger(stored, to, None if second is None else "to")
        if first > to:
            raise invalid_parameter("from", "out-of-range", "is more than the size that it got")
        body: Consistency = {
            "from": first,
            "to": to,
            "fromRoot": _base64(stored.root(first)),
            "toRoot": _base64(stored.root(to)),
            "proof": [_base64(one) for one in tree.consistency(first, to, stored.node)],
        }
        return answer(body)


@router.get(
    "/key",
    response_class=PlainTextResponse,
    responses=text_responses("The key that verifies checkpoints (C2SP verifier key), on one line"),
)
def read_key(request: Request) -> Response:
    """The key to verify checkpoints with. Keep it: who could change the log could change this answer too."""
    return PlainTextResponse(f"{_checkpoint_signer(request).key}\n")


def _checkpoint_signer(request: Request) -> CheckpointSigner:
    context = request.app.state.context
    return checkpoint_signer(context.settings, context.clock, context.keys)


def _require_checkpoint(connection: Connection, position: int | None = None) -> Checkpoint:
    """The newest checkpoint, or the first that covers a position."""
    found = newest_checkpoint(connection) if position is None else checkpoint_covering(connection, position)
    if found is None:
        raise _not_signed()
    return found


def _not_signed() -> Problem:
    return Problem(404, "Not signed yet", "No checkpoint covers this yet; POST /v1/log/checkpoint makes one.")


def _refuse_larger(stored: Tiles, size: int, asked: str | None) -> None:
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


def _read_leaf(connection: Connection, position: int) -> bytes:
    for line in read_leaves(connection, position - 1, 1):
        return line
    raise Mismatch(f"position {position} is missing from the log")


@contextmanager
def _reported_mismatches() -> Iterator[None]:
    """Answer with what does not fit: to hide such a fault of ours would make the evidence worthless."""
    try:
        yield
    except Mismatch as fault:
        _log.error("evidence was asked for that cannot be given: %s", fault)
        raise Problem(500, "The evidence is broken", f"The log does not fit what was signed: {fault}.") from None
    except DirectoryUnusable as fault:
        _log.error("the log is not signed: %s", fault)
        raise Problem(503, "Not signed", f"Nothing is signed: {fault}.", headers={"Retry-After": "60"}) from None


def _base64(hashed: bytes) -> str:
    return base64.b64encode(hashed).decode()
