"""Errors that occur before a use case is called. The core does not know them.

They share the core's base class, so one renderer, one catalog and one test cover every problem of the API.
"""

from typing import ClassVar

from portal_core.kernel.errors import Forbidden, Invalid, NotFound, PortalError


class HttpError(PortalError):
    """An error that HTTP itself defines, with its status."""

    code = "http_error"
    title = "The request could not be understood."
    status: ClassVar[int] = 400


class BadRequest(HttpError):
    """The request is not valid HTTP for this API, for example because a header cannot be read."""

    code = "bad_request"
    title = "The request could not be understood."


class MalformedBody(HttpError):
    """The body is not JSON in UTF-8, is nested more than 32 levels deep, or is incomplete."""

    code = "malformed_body"
    title = "The body is not well-formed."


class MethodNotAllowed(HttpError):
    """The path exists but does not support this method. The `Allow` header lists the supported ones."""

    code = "method_not_allowed"
    title = "This path does not support that method."
    status = 405

    def __init__(self, allow: str = "") -> None:
        super().__init__()
        self.allow = allow


class BodyTooLarge(HttpError):
    """The body is larger than this route allows: 64 KiB unless its documentation states another limit."""

    code = "body_too_large"
    title = "The request is too large."
    status = 413


class BodyTooSlow(HttpError):
    """The body did not arrive in time: it may take 20 seconds, and a second more for every 8 KiB of it."""

    code = "body_too_slow"
    title = "The request took too long to arrive. Try again with a better connection."
    status = 408


class UnsupportedMediaType(HttpError):
    """This route does not accept the body's media type. Send `application/json` unless documented otherwise."""

    code = "unsupported_media_type"
    title = "This media type is not accepted here."
    status = 415


class UnsupportedEncoding(HttpError):
    """The body has a `Content-Encoding`. Only `identity` is accepted, as the `Accept-Encoding` header states."""

    code = "unsupported_encoding"
    title = "The body must not be compressed."
    status = 415


class RangeNotSatisfiable(HttpError):
    """The range begins behind the end of the content, whose `size` in bytes the `Content-Range` header states."""

    code = "range_not_satisfiable"
    title = "The requested range is outside of the file."
    status = 416

    def __init__(self, size: int = 0) -> None:
        super().__init__()
        self.size = size


class InternalError(HttpError):
    """An error in the portal. It is logged with the response's `request_id`."""

    code = "internal_error"
    title = "Something went wrong on our side."
    status = 500


class UnknownPractice(NotFound):
    """Neither the host name nor the `Portal-Practice` header names a practice of this deployment."""

    code = "unknown_practice"
    title = "Practice not found."


class CsrfTokenInvalid(Forbidden):
    """The request would change something with a session cookie, but lacks the matching `X-CSRF-Token` header."""

    code = "csrf_token_invalid"
    title = "This page is out of date. Reload it and try again."


class BadIdempotencyKey(Invalid):
    """The `Idempotency-Key` is not 1 to 255 printable ASCII characters."""

    code = "idempotency_key_invalid"
    title = "The Idempotency-Key is not valid."
