"""Renders every error as RFC 9457 `application/problem+json`, and maps error categories to HTTP statuses."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from entrypoints.http.contract.fields import field_error
from entrypoints.http.contract.parameters import query_faults
from entrypoints.http.server.errors import (
    BadRequest,
    BodyTooLarge,
    HttpError,
    InternalError,
    MethodNotAllowed,
    RangeNotSatisfiable,
    UnsupportedEncoding,
)
from entrypoints.observability.logs import describe_error
from portal_core.kernel.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Overloaded,
    PortalError,
    ProblemCode,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from portal_core.kernel.idempotency import Replayed

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_OUTAGE_SECONDS = 30
RETRY_AFTER_OVERLOAD_SECONDS = 5
"""The `Retry-After` of a 503: when something outside does not respond, and when there is too much to do."""

STATUSES: dict[type[PortalError], int] = {
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Invalid: 422,
    RateLimited: 429,
    Overloaded: 503,
    Unavailable: 503,
}
"""The core's error categories. A subclass has its category's status."""

log = structlog.get_logger()


class Problem(msgspec.Struct, omit_defaults=True):
    """The body of a problem. Programs may rely on `code`; `errors` has one entry for each invalid field."""

    type: str
    title: str
    status: int
    code: ProblemCode
    request_id: str = ""
    detail: str = ""
    errors: tuple[FieldError, ...] = ()


def status_of(kind: type[PortalError]) -> int:
    """Return the HTTP status of an error class."""
    if issubclass(kind, HttpError):
        return kind.status
    return next((STATUSES[base] for base in kind.__mro__ if base in STATUSES), 500)


def render(error: PortalError, request_id: str) -> tuple[int, bytes, dict[str, str]]:
    """Return the status, body and extra headers of the response to an error."""
    status = status_of(type(error))
    headers: dict[str, str] = {}
    match error:
        case Unauthenticated():
            headers["www-authenticate"] = 'Bearer realm="portal"'
        case RateLimited(retry_after=seconds):
            headers["retry-after"] = str(seconds)
        case Unavailable():
            headers["retry-after"] = str(RETRY_AFTER_OUTAGE_SECONDS)
        case Overloaded():
            headers["retry-after"] = str(RETRY_AFTER_OVERLOAD_SECONDS)
        case MethodNotAllowed(allow=allow) if allow:
            headers["allow"] = allow
        case RangeNotSatisfiable(size=size):
            headers["content-range"] = f"bytes */{size}"  # RFC 9110, section 15.5.17
        case UnsupportedEncoding():
            headers["accept-encoding"] = "identity"  # RFC 9110, section 15.5.16
    problem = Problem(
        type=f"/problems/{error.code}",
        title=error.title,
        status=status,
        code=ProblemCode(error.code),
        request_id=request_id,
        detail=error.detail,
        errors=error.fields if isinstance(error, Invalid) else (),
    )
    return status, msgspec.json.encode(problem), headers


def as_portal_error(error: Exception) -> PortalError:
    """Convert any exception to a portal error. Unexpected exceptions become an `InternalError`."""
    match error:
        case PortalError():
            return error
        case NotFoundException():
            return NotFound()
        case MethodNotAllowedException():
            return MethodNotAllowed(allow_header((error.headers or {}).get("allow", "").split(", ")))
        case RequestEntityTooLarge():
            return BodyTooLarge()
        case ValidationException():
            return _invalid(error)
        case HTTPException(status_code=status) if 400 <= status < 500:
            return BadRequest()
        case _:
            return InternalError()


def allow_header(methods: Iterable[str]) -> str:
    """Return the `Allow` header for a path's methods. HEAD is added for GET, and OPTIONS always."""
    known = set(methods) | {"OPTIONS"}
    return ", ".join(sorted(known | {"HEAD"} if "GET" in known else known))


def _invalid(error: ValidationException) -> PortalError:
    found: list[FieldError] = []
    extra = error.extra if isinstance(error.extra, list) else []
    if extra and all(entry.get("source") == "path" for entry in extra):
        return NotFound()
    for entry in extra:
        path = entry.get("key", "")
        if path == "data":
            found.append(FieldError("", "required", "Send a JSON object as the body."))
        else:
            found.append(field_error(path, entry.get("message", "")))
    return Invalid(*found)


def problem_response(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's exception handler for all exceptions."""
    known = as_portal_error(error)
    if isinstance(error, ValidationException) and isinstance(known, Invalid):
        faults = query_faults(request.route_handler.fn, request.query_params)
        known = Invalid(*faults) if faults else known
    if status_of(type(known)) == 500:
        log.error("request.failed", code=known.code, **describe_error(error))
    status, body, headers = render(known, request.scope["portal"].request_id)  # type: ignore[typeddict-item]  # our own key
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def replayed_response(request: Request[Any, Any, Any], error: Replayed) -> Response[bytes]:
    """Return the stored response for this Idempotency-Key again."""
    status = request.route_handler.status_code
    return Response(
        b"" if status == 204 else error.response,
        status_code=status,
        media_type="application/json",
        headers={"idempotency-replayed": "true"},
    )


HANDLERS: dict[int | type[Exception], Callable[..., Response[bytes]]] = {
    Replayed: replayed_response,
    Exception: problem_response,
}
