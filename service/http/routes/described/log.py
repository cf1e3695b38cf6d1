"""The answers about the log as evidence."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from service.http.routes.described import Described, answers


class Inclusion(Described):
    """That an event is in the log: `proof` leads from the hash of its line, `leaf`, to the root. Hashes are base64."""

    position: int
    size: int
    root: str
    leaf: str
    leaf_hash: str
    proof: list[str]
    checkpoint: Annotated[
        str | None, Field(description="The signed note of exactly this size; null where none was signed at it")
    ]


class Consistency(Described):
    """That the log of the first size is the beginning of that of the second. Hashes are base64."""

    from_: Annotated[int, Field(alias="from")]
    to: int
    from_root: str
    to_root: str
    proof: list[str]


def text_answers(description: str, *refusals: int) -> dict[int | str, dict[str, Any]]:
    """The answers of a read that is plain text, for its route."""
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {**answers(Described, *refusals), 200: {"description": description, "content": text}}
