"""The catalog of every problem that the API can return, collected from the error classes of the core and of HTTP.

`python -m entrypoints.http.docs.problem_catalogue > docs/reference/problems.md` renews the page; a test compares it.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from html import escape
from inspect import cleandoc

from attrs import frozen

import portal_core
from entrypoints.http.server import errors as http_errors
from entrypoints.http.server.problems import status_of
from portal_core.kernel.errors import PortalError

REASONS = {
    400: "the request cannot be read",
    401: "not signed in",
    403: "not allowed",
    404: "not found, or not visible to the caller",
    405: "method not supported",
    408: "the body did not arrive in time",
    409: "the current state does not allow it",
    413: "the body is too large",
    415: "the body's media type or encoding is not accepted",
    416: "the requested range is outside of the file",
    422: "some fields are not valid",
    429: "too many attempts; `Retry-After` gives the seconds to wait",
    500: "an error in the portal",
    503: "a service does not respond, or there is too much to do; `Retry-After` gives the seconds to wait",
}
HIDDEN = (http_errors.HttpError,)


@frozen
class Entry:
    """One problem of the catalog."""

    code: str
    title: str
    status: int
    meaning: str


def error_classes() -> list[type[PortalError]]:
    """All error classes of the core and of this entry point, by code. Imports every module of the core."""
    for module in pkgutil.walk_packages(portal_core.__path__, "portal_core."):
        importlib.import_module(module.name)
    ours = {kind for kind in _below(PortalError) if kind.__module__.partition(".")[0] in ("portal_core", "entrypoints")}
    return sorted(ours.difference(HIDDEN), key=lambda kind: (kind.code, kind.__qualname__))


def _below(kind: type[PortalError]) -> Iterator[type[PortalError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def catalogue() -> dict[str, Entry]:
    """Return the entries by code."""
    return {
        kind.code: Entry(kind.code, kind.title, status_of(kind), " ".join(cleandoc(kind.__doc__ or "").split()))
        for kind in error_classes()
    }


def as_markdown() -> str:
    """`docs/reference/problems.md`."""
    entries = sorted(catalogue().values(), key=lambda entry: (entry.status, entry.code))
    lines = [
        "# Problems",
        "",
        "Every error is `application/problem+json` (RFC 9457) with a `code` that programs may rely on, a `title` for",
        "people and the response's `request_id`. With status 422 it also has `errors`: one entry for each invalid",
        "field, with its `path`, a `code` and a `message`. Objects that the caller may not see are reported as not",
        "found (404).",
        "",
        "This page is generated from the code:",
        "`python -m entrypoints.http.docs.problem_catalogue > docs/reference/problems.md`.",
    ]
    status = 0
    for entry in entries:
        if entry.status != status:
            status = entry.status
            lines += ["", f"## {status}: {REASONS[status]}", "", "| code | title | when |", "| --- | --- | --- |"]
        lines.append(f"| `{entry.code}` | {entry.title} | {entry.meaning.replace('|', '/')} |")
    return "\n".join(lines) + "\n"


def as_page(entry: Entry) -> str:
    """Return the HTML page that a problem's `type` leads to."""
    return (
        f"<h1>{escape(entry.title)}</h1><p>{escape(entry.meaning)}</p>"
        f"<p>Code <code>{escape(entry.code)}</code>, HTTP status {entry.status}: {escape(REASONS[entry.status])}.</p>"
        '<p><a href="/docs">The API\'s documentation</a></p>'
    )


if __name__ == "__main__":
    print(as_markdown(), end="")  # noqa: T201  (a command)
