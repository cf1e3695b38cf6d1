"""The OpenAPI document of the service (being written)."""

from __future__ import annotations

from fastapi import FastAPI


def install(app: FastAPI) -> None: ...
def text() -> str:
    return "{}\n"
