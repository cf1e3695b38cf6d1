"""The answers of the two logs of who consulted what."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from service.audit.records import Result, Status
from service.http.routes.described import Described

_SPAN = Field(pattern="^[0-9a-f]{16}$")
_TRACE = Field(pattern="^[0-9a-f]{32}$", description="A trace of W3C Trace Context")


class ProcessingAttributes(BaseModel):
    """The attributes that Logboek Dataverwerkingen names; those of a person where the line is of one."""

    model_config = ConfigDict(extra="forbid")

    processing_activity_id: str = Field(alias="dpl.core.processing_activity_id")
    data_subject_id: UUID | None = Field(
        None,
        alias="dpl.core.data_subject_id",
        description="The id of a journey, which is a pseudonym of the person under a key",
    )
    data_subject_id_type: str | None = Field(None, alias="dpl.core.data_subject_id_type")
    foreign_processor: str | None = Field(
        None,
        alias="dpl.core.foreign_operation.processor",
        description="The organisation whose application asked, as urn:nld:oin:<OIN>",
    )


class ResourceAttributes(Described):
    """The application that did it."""

    name: str
    version: str


class Resource(Described):
    """What did it."""

    attributes: ResourceAttributes


class Processing(Described):
    """One line of the log of processing: of one person, or the request above the lines of several."""

    trace_id: str = _TRACE
    span_id: str = _SPAN
    parent_span_id: str | None = _SPAN
    status: Status
    name: str
    start_time: datetime
    end_time: datetime
    resource: Resource
    attributes: ProcessingAttributes


class Processings(Described):
    """Lines of the log of processing, the oldest first."""

    known_at: datetime
    items: list[Processing]


class Audited(Described):
    """One line of the audit log; `lastPosition` is null where a stream was handed out that had not ended."""

    id: int
    recorded_at: datetime
    actor: str
    organisation: str | None
    action: str
    object: str
    journey: UUID | None
    first_position: int | None
    last_position: int | None
    result: Result
    origin: str
    purpose: str | None
    reason: str | None
    trace_id: str = _TRACE
    request_id: str = _SPAN
    transaction_id: str | None


class AuditLines(Described):
    """Lines of the audit log, the oldest first."""

    known_at: datetime
    items: list[Audited]
