"""Refusals as RFC 9457 problem details: what is the matter, all of it, and never the value that was sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from domain.field_types import Fault
from service.foundation import answers

MEDIA_TYPE = "application/problem+json"
_NOTHING_THERE = "There is nothing at this address."

#: What pydantic calls a fault of a parameter, in the words used for events.
_CODES = {
    "missing": "required",
    "enum": "not-one-of",
    "literal_error": "not-one-of",
    "int_parsing": "wrong-type",
    "int_parsing_size": "wrong-type",
    "bool_parsing": "wrong-type",
    "string_pattern_mismatch": "wrong-pattern",
    "date_from_datetime_parsing": "not-a-date",
    "date_parsing": "not-a-date",
    "datetime_from_date_parsing": "not-an-instant",
    "datetime_parsing": "not-an-instant",
    "uuid_parsing": "not-a-journey",
    "not-a-period": "not-a-period",
    "number-of-days": "number-of-days",
    "greater_than_equal": "out-of-range",
    "less_than_equal": "out-of-range",
    "extra_forbidden": "unknown-field",
    "json_invalid": "not-json",
}
_DETAILS = {
    "required": "is required",
    "not-one-of": "is not one of the values that the documentation lists",
    "wrong-type": "is not of the type that the documentation gives",
    "wrong-pattern": "is not written as the documentation says",
    "not-a-date": "must be a date like 2021-03-10",
    "not-an-instant": "must be an RFC 3339 instant, like 2021-03-10T14:05:00Z",
    "not-a-journey": "must be the id of a journey",
    "not-a-period": "must be a half-year like 2021-II",
    "number-of-days": "lists fewer or more days than the documentation says",
    "out-of-range": "is outside the range that the documentation gives",
    "unknown-field": "is not a field of this request",
    "not-json": "the body is not JSON",
    "invalid": "is not valid",
}


#: A fault of a query parameter as it stands in a problem: parameter, code and detail.
ParameterFault = answers.Fault


class Problem(Exception):
    """A refusal: its status, a title that is the same for every refusal of its kind, and all that is wrong."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        errors: Iterable[answers.Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status, self.title, self.detail = status, title, detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def body(self) -> answers.Problem:
        """The problem details as JSON has them."""
        body: answers.Problem = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = self.errors
        return body

    def response(self) -> Response:
        """The HTTP answer."""
        return Response(msgspec.json.encode(self.body()), self.status, self.headers, MEDIA_TYPE)


def busy() -> Problem:
    """Come back: what is asked can't be done just now."""
    return Problem(503, "Busy", "The service is busy; try again.", headers={"Retry-After": "5"})


def too_large(what: str) -> Problem:
    """What is asked, or what it is read from, does not fit into the memory that figures may take."""
    return Problem(503, "Too large", f"{what[:1].upper()}{what[1:]}.", headers={"Retry-After": "60"})


def not_computed() -> Problem:
    """What is asked cannot be computed, of whatever was posted: a fault of our own."""
    return Problem(500, "Not computed", "What is asked cannot be computed; the fault is in the log of the service.")


def nothing_there() -> Problem:
    """An address that the service does not have."""
    return Problem(404, "Not Found", _NOTHING_THERE)


def ours() -> Problem:
    """A fault of our own."""
    return Problem(500, "Internal fault", "The service failed; the fault is in its log.")


def faults(found: Iterable[Fault]) -> list[answers.Fault]:
    """Faults of an event as they stand in a problem."""
    return [{"pointer": pointer, "code": code, "detail": detail} for pointer, code, detail in found]


def parameter(name: str, code: str, detail: str) -> ParameterFault:
    """A fault of a query parameter as it stands in a problem."""
    return {"parameter": name, "code": code, "detail": detail}


def invalid_request(faults: Sequence[ParameterFault]) -> Problem:
    """Query parameters can't be used, for all these faults."""
    return Problem(400, "Invalid request", "The request can't be answered as it is.", faults)


def invalid_parameter(name: str, code: str, detail: str) -> Problem:
    """One query parameter can't be used."""
    return invalid_request([parameter(name, code, detail)])


def refuse(faults: Sequence[ParameterFault]) -> None:
    """Refuse a request that has faults."""
    if faults:
        raise invalid_request(faults)


def install(app: FastAPI) -> None:
    """Answer every refusal as problem details, those of the framework too."""

    @app.exception_handler(Problem)
    async def _ours(_: Request, problem: Problem) -> Response:
        return problem.response()

    @app.exception_handler(RequestValidationError)
    async def _validation(_: Request, refusal: RequestValidationError) -> Response:
        return invalid_request([_error(error) for error in refusal.errors()]).response()

    @app.exception_handler(HTTPException)
    async def _framework(_: Request, refusal: HTTPException) -> Response:
        title = HTTPStatus(refusal.status_code).phrase
        detail = {404: _NOTHING_THERE, 405: "This address does not know this method."}
        return Problem(
            refusal.status_code, title, detail.get(refusal.status_code, title), headers=refusal.headers
        ).response()


def _error(error: Mapping[str, Any]) -> answers.Fault:
    code = _CODES.get(error["type"], "invalid")
    place, *names = [str(part) for part in error["loc"]]
    if place == "body":
        return {"pointer": "".join(f"/{name}" for name in names), "code": code, "detail": _DETAILS[code]}
    return parameter(names[0] if names else place, code, _DETAILS[code])
