"""Every problem that the API can answer with, found by walking the errors of the core and of HTTP.

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
    401: "nobody is signed in",
    403: "not allowed",
    404: "not there, or not there for you",
    405: "another method",
    409: "the state of things does not allow it",
    413: "too large",
    415: "another kind of content",
    422: "fields need another look",
    429: "too many tries; `Retry-After` says when to come back",
    500: "our fault",
    503: "a part does not answer; `Retry-After` says when to come back",
}
HIDDEN = (http_errors.HttpError,)


@frozen
class Entry:
    """One problem."""

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
    """Entries by code."""
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
        "Every refusal is `application/problem+json` (RFC 9457) with a `code` that programs may rely on, a `title` for",
        "people, the answer's `request_id`, and for status 422 `errors`: one entry for each field that is wrong, with",
        "its `path`, a `code` and a `message`. What one may not see is answered as if it were not there (404).",
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
    """What a person sees who follows a problem's `type`."""
    return (
        f"<h1>{escape(entry.title)}</h1><p>{escape(entry.meaning)}</p>"
        f"<p>Code <code>{escape(entry.code)}</code>, HTTP status {entry.status}: {escape(REASONS[entry.status])}.</p>"
        '<p><a href="/docs">The API\'s documentation</a></p>'
    )


if __name__ == "__main__":
    print(as_markdown(), end="")  # noqa: T201  (a command)
