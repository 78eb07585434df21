"""What can go wrong before a use case is reached. The core knows none of these; they share the core's root so that
one renderer, one catalogue and one test cover every problem that the API can answer with.
"""

from typing import ClassVar

from portal_core.kernel.errors import Forbidden, Invalid, NotFound, PortalError


class HttpError(PortalError):
    """An error that HTTP itself defines, with its status."""

    code = "http_error"
    title = "The request could not be understood."
    status: ClassVar[int] = 400


class BadRequest(HttpError):
    """The request is not valid HTTP for this API: a header that cannot be read, say."""

    code = "bad_request"
    title = "The request could not be understood."


class MalformedBody(HttpError):
    """The body is not JSON in UTF-8, is nested deeper than 32 levels, or did not come to its end."""

    code = "malformed_body"
    title = "The body is not well-formed."


class MethodNotAllowed(HttpError):
    """The address exists, and knows other methods: the `Allow` header lists them."""

    code = "method_not_allowed"
    title = "This address does not take that method."
    status = 405

    def __init__(self, allow: str = "") -> None:
        super().__init__()
        self.allow = allow


class BodyTooLarge(HttpError):
    """The body is larger than this address takes: 64 KiB of JSON unless its documentation says more."""

    code = "body_too_large"
    title = "The request is too large."
    status = 413


class UnsupportedMediaType(HttpError):
    """The body is of a kind that this address does not take; `application/json` unless documented otherwise."""

    code = "unsupported_media_type"
    title = "This kind of content is not accepted here."
    status = 415


class UnsupportedEncoding(HttpError):
    """The body came with a `Content-Encoding`; `Accept-Encoding: identity` says that bodies are taken as they are."""

    code = "unsupported_encoding"
    title = "The body may not be compressed."
    status = 415


class InternalError(HttpError):
    """A fault of ours. The log has it under the answer's `request_id`."""

    code = "internal_error"
    title = "Something went wrong on our side."
    status = 500


class UnknownPractice(NotFound):
    """Neither the host name nor the `Portal-Practice` header names a practice of this deployment."""

    code = "unknown_practice"
    title = "There is no such practice here."


class CsrfTokenInvalid(Forbidden):
    """A change was asked for with the session cookie and without the `X-CSRF-Token` header that goes with it."""

    code = "csrf_token_invalid"
    title = "The page is out of date. Load it again and repeat what you did."


class BadIdempotencyKey(Invalid):
    """An `Idempotency-Key` is 1 to 255 printable ASCII characters."""

    code = "idempotency_key_invalid"
    title = "The Idempotency-Key is not usable."
