"""Errors as problem documents (RFC 9457), which name the field, its value and what is allowed."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from pharos.indexing.errors import IndexUnavailable
from pharos.indexing.filters import FilterError
from pharos.ingest.records import FeatureError
from pharos.serving.api.middleware import SECURITY_HEADERS
from pharos.serving.api.validation import FieldError, InvalidRequest, field_errors, readable, shown
from pharos.serving.errors import (
    Conflict,
    InvalidRecord,
    NotOffered,
    NotReady,
    NotTheirs,
    StoreError,
    UnknownBundle,
    UnknownEvent,
    UnknownItem,
    UnknownJob,
    UnknownUser,
)
from pharos.serving.operations.logs import REQUEST_ID

MEDIA_TYPE: Final = "application/problem+json"

logger = logging.getLogger(__name__)


class Problem(BaseModel):
    """A problem document."""

    type: str = Field("about:blank", description="what kind of problem; about:blank: just what the status says")
    title: str
    status: int
    detail: str
    instance: str = Field(description="the path of the request, shortened")
    errors: list[FieldError] = Field([], description="what is wrong with the request, value by value")
    request_id: str = Field(description="the id of the request, which the server's log names too")
    parts: dict[str, str] = Field({}, description="the parts that are not ready, and why")


def problem_response(
    request: Request,
    status: HTTPStatus,
    detail: str,
    *,
    kind: str | None = None,
    errors: Sequence[FieldError] = (),
    parts: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A response with a problem document. kind: the last part of its type."""
    problem = Problem(
        type=f"urn:pharos:problem:{kind}" if kind else "about:blank",
        title=kind.replace("-", " ").capitalize() if kind else status.phrase,
        status=status,
        detail=readable(detail),
        instance=str(shown(request.scope["path"])),
        errors=list(errors),
        request_id=REQUEST_ID.get(),
        parts={name: readable(reason) for name, reason in (parts or {}).items()},
    )
    return Response(problem.model_dump_json(), status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make the application answer every error with a problem document."""
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(InvalidRequest)(_refused)
    app.exception_handler(FilterError)(_refused)
    app.exception_handler(FeatureError)(_refused)
    app.exception_handler(UnknownItem)(_unknown_item)
    app.exception_handler(InvalidRecord)(_refused)
    app.exception_handler(NotOffered)(_refused)
    app.exception_handler(UnknownUser)(_unknown_user)
    app.exception_handler(UnknownEvent)(_unknown_event)
    app.exception_handler(NotTheirs)(_not_theirs)
    app.exception_handler(UnknownBundle)(_unknown_bundle)
    app.exception_handler(UnknownJob)(_unknown_job)
    app.exception_handler(Conflict)(_conflict)
    app.exception_handler(StoreError)(_unavailable)
    app.exception_handler(NotReady)(_unavailable)
    app.exception_handler(IndexUnavailable)(_unavailable)
    app.exception_handler(HTTPException)(_plain)
    app.exception_handler(Exception)(_unexpected)


def _invalid(request: Request, error: RequestValidationError) -> Response:
    found = error.errors()
    if found and found[0]["type"] == "json_invalid":
        position, reason = found[0]["loc"][-1], found[0]["ctx"]["error"]
        detail = f"the body is no JSON: {reason} at character {position}"
        errors = [FieldError(field="body", value=shown(error.body), allowed="a JSON object")]
        return problem_response(request, HTTPStatus.BAD_REQUEST, detail, kind="broken-body", errors=errors)
    errors = field_errors(found)
    detail = "; ".join(f"{entry.field} is {entry.value!r}; allowed: {entry.allowed}" for entry in errors)
    return problem_response(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, kind="invalid-request", errors=errors)


def _refused(
    request: Request, error: InvalidRequest | InvalidRecord | NotOffered | FilterError | FeatureError
) -> Response:
    field = error.field
    if isinstance(error, FilterError) and field != "filter":
        field = f"filter.{field}"
    elif isinstance(error, FeatureError):
        field = f"user_features.{field}"
    entry = FieldError(field=str(shown(field)), value=shown(error.value), allowed=readable(error.allowed))
    return problem_response(
        request, HTTPStatus.UNPROCESSABLE_ENTITY, str(error), kind="invalid-request", errors=[entry]
    )


def _unknown_item(request: Request, error: UnknownItem) -> Response:
    entry = FieldError(field="item_id", value=shown(error.item_id), allowed="the id of an item of the catalogue")
    return problem_response(request, HTTPStatus.NOT_FOUND, str(error), kind="unknown-item", errors=[entry])


def _unknown_user(request: Request, error: UnknownUser) -> Response:
    entry = FieldError(
        field="user_id", value=shown(error.user_id), allowed="the id of a user of whom something is known"
    )
    return problem_response(request, HTTPStatus.NOT_FOUND, str(error), kind="unknown-user", errors=[entry])


def _unknown_event(request: Request, error: UnknownEvent) -> Response:
    allowed = "the event_id of one of the user's events, as their list has it"
    entry = FieldError(field="event_id", value=shown(error.event_id), allowed=allowed)
    return problem_response(request, HTTPStatus.NOT_FOUND, str(error), kind="unknown-event", errors=[entry])


def _not_theirs(request: Request, error: NotTheirs) -> Response:
    entry = FieldError(field="user_id", value=shown(error.user_id), allowed="the user that the API key is for")
    return problem_response(request, HTTPStatus.FORBIDDEN, str(error), kind="another-user", errors=[entry])


def _unknown_bundle(request: Request, error: UnknownBundle) -> Response:
    allowed = f"one of {', '.join(error.known)}"
    entry = FieldError(field="bundle", value=shown(error.bundle), allowed=readable(allowed))
    return problem_response(
        request, HTTPStatus.UNPROCESSABLE_ENTITY, str(error), kind="invalid-request", errors=[entry]
    )


def _unknown_job(request: Request, error: UnknownJob) -> Response:
    entry = FieldError(field="job_id", value=shown(error.job_id), allowed="the id of a job")
    return problem_response(request, HTTPStatus.NOT_FOUND, str(error), kind="unknown-job", errors=[entry])


def _conflict(request: Request, error: Conflict) -> Response:
    return problem_response(request, HTTPStatus.CONFLICT, str(error), kind="conflict")


def _unavailable(request: Request, error: StoreError | NotReady | IndexUnavailable) -> Response:
    return problem_response(
        request, HTTPStatus.SERVICE_UNAVAILABLE, str(error), kind="not-available", headers={"Retry-After": "1"}
    )


def _plain(request: Request, error: HTTPException) -> Response:
    status = HTTPStatus(error.status_code)
    detail = f"there is nothing at {shown(request.scope['path'])}" if status is HTTPStatus.NOT_FOUND else error.detail
    return problem_response(request, status, detail, headers=error.headers)


def _unexpected(request: Request, error: Exception) -> Response:
    # The server logs the trace. This answer is made outside of all middleware.
    logger.error("a request failed: %r", error)
    return problem_response(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "the server failed at this request; its log says why",
        headers={**SECURITY_HEADERS, "X-Request-ID": REQUEST_ID.get()},
    )
