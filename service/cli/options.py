"""Options that commands share: the settings, and the two times of a question.

Settings that may hold a secret are no options: everybody on the machine sees how a command was started.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, get_args

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from domain.field_types import InvalidValue, parse_day
from service.foundation.problems import Problem
from service.foundation.settings import Settings
from service.foundation.time import parse_instant

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
    option = typer.Option(help=f"{_plain(field.description)}{default}", show_default=False)
    kind: Any = field.annotation
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )


def _plain(value: object) -> str:
    """What is written for the README, for a terminal."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return " ".join(_LINK.sub(r"\1", text).replace("`", "").split())


def valid_on_day(text: str | None) -> date | None:
    """The day of --valid-on."""
    try:
        return None if text is None else parse_day(text)
    except InvalidValue:
        raise typer.BadParameter("must be a day like 2021-12-31", param_hint="--valid-on") from None


def known_at_instant(text: str | None, now: datetime) -> datetime | None:
    """The instant of --known-at."""
    if text is None:
        return None
    parsed = parse_instant(text)
    if parsed is None or parsed > now:
        raise typer.BadParameter("must be a past instant like 2021-12-31T23:59:59Z", param_hint="--known-at")
    return parsed


def refusal_lines(problem: Problem) -> str:
    """A refusal in lines."""
    faults = (
        f"{error['parameter']} {error['detail']}" if "parameter" in error else error["detail"]
        for error in problem.errors
    )
    return "\n  ".join([problem.detail, *faults])
