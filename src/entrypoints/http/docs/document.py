"""Generates the OpenAPI document without a database, for `portal openapi` and the snapshot test."""

from typing import Any, cast

from entrypoints.http.app import create_app, openapi_of
from entrypoints.http.controllers import OTHER, PORTAL, PRACTICE
from entrypoints.http.dependencies import HttpParts
from entrypoints.use_case_registry import use_case_classes


def document() -> dict[str, Any]:
    """Return the API's OpenAPI 3.1 document. The app behind it has use case names, but no use cases."""
    nobody = cast(Any, None)
    names: dict[str, object] = dict.fromkeys(use_case_classes())
    parts = HttpParts(
        authenticate=nobody,
        practices=nobody,
        record_refusal=nobody,
        use_cases=names,
        portal=PORTAL,
        practice=PRACTICE,
        other=OTHER,
    )
    return openapi_of(create_app(parts))
