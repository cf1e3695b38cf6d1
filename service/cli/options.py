"""The settings as options of a command: all but those that may hold a secret, which all on the machine would see."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from service.foundation.settings import Settings

_LINK = re.compile(r"\[([^]]+)\]\([^)]+\)")


def with_settings(command: Callable[[Mapping[str, Any]], None]) -> Callable[..., None]:
    """The command with an option for every setting; it is given those that were chosen."""

    def taking_options(**given: object) -> None:
        command({name: value for name, value in given.items() if value is not None})

    taking_options.__doc__ = command.__doc__
    taking_options.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [_parameter(name, field) for name, field in Settings.model_fields.items() if not _may_hold_a_secret(field)]
    )
    return taking_options


def _may_hold_a_secret(field: FieldInfo) -> bool:
    """A key, a password, or an address that may have a password in it."""
    return not field.repr or SecretStr in (field.annotation, *get_args(field.annotation))


def _parameter(name: str, field: FieldInfo) -> inspect.Parameter:
    default = "" if field.default is None else f" (default: {_plain(field.default)})"
    told = typer.Option(help=f"{_plain(field.description)}{default}", show_default=False)
    kind: Any = field.annotation
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, told]
    )


def _plain(value: object) -> str:
    """What is written for the README, for a terminal."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return " ".join(_LINK.sub(r"\1", text).replace("`", "").split())
