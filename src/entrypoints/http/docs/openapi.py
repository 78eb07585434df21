"""Generates the OpenAPI 3.1 document from the app's routes."""

from http import HTTPStatus
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.typing import FieldDefinition

from entrypoints.http.contract.route_plan import RouteConfig, body_media_type, parameters_of
from entrypoints.http.dependencies import HttpSettings
from entrypoints.http.docs.problem_catalogue import error_classes
from entrypoints.http.docs.schemas import NamedTexts, Schema, Schemas
from entrypoints.http.server import errors as http
from entrypoints.http.server.cookies import SessionCookies
from entrypoints.http.server.problems import MEDIA_TYPE, Problem, status_of
from portal_core.kernel import errors as core
from portal_core.kernel.field_codes import FieldCode
from portal_core.kernel.notices import NOTICE_KINDS, NoticeKindName

ABOUT = """The client portal of a mental-health practice.

Sign in with `POST /api/v1/portal/auth/login`. Programs send `Authorization: Bearer`; browsers keep the session in a
cookie that scripts cannot read, and send `X-CSRF-Token` with every change. Errors are problems (RFC 9457) with a
stable `code`. Every list has `items` and `next`: pass `next` of one page as `after` to get the next page; it is null on
the last. Absent values are null, never an empty string; a request may also omit them. PUT replaces a resource, PATCH
changes the named fields, POST creates or acts, DELETE removes. Times are UTC."""


def openapi_document(routes: dict[HTTPRouteHandler, list[str]], settings: HttpSettings) -> dict[str, Any]:
    """Return the document as JSON values. The same routes always give the same document."""
    shown = {handler: paths for handler, paths in routes.items() if handler.resolve_include_in_schema()}
    kinds: list[Any] = [Problem]
    for handler in shown:
        kinds += [field.raw for field in parameters_of(handler).values()]
        if handler.parsed_data_field is not None:
            kinds.append(_body_kind(handler.parsed_data_field))
        kinds += [_answer_kind(handler), handler.opt.get("event")]
    schemas = Schemas([kind for kind in kinds if _has_schema(kind)], _named_texts())
    described: dict[str, dict[str, Any]] = {}
    raised: set[type[core.PortalError]] = set()
    for handler, paths in shown.items():
        for path in paths:
            for method in sorted(handler.http_methods):
                operation, errors = _operation(handler, path, schemas)
                described.setdefault(path, {})[method.lower()] = operation
                raised |= errors
    shared = _share_problems([operation for methods in described.values() for operation in methods.values()])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Client portal", "version": "1", "description": ABOUT, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": settings.public_url}],
        "paths": {path: dict(sorted(described[path].items())) for path in sorted(described)},
        "components": {
            "schemas": schemas.components,
            "responses": shared,
            "examples": {kind.code: _problem_example(kind) for kind in sorted(raised, key=lambda kind: kind.code)},
            "parameters": PARAMETERS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": SessionCookies(settings).access_name},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
            },
        },
    }


def _named_texts() -> dict[Any, NamedTexts]:
    """The codes and names that programs compare; a field that is refused for a state has the code of that problem."""
    problems = {kind.code for kind in error_classes()}
    return {
        core.ProblemCode: NamedTexts("ProblemCode", problems),
        FieldCode: NamedTexts("FieldCode", {*get_args(FieldCode), *problems}),
        NoticeKindName: NamedTexts("NoticeKindName", NOTICE_KINDS),
    }


def _header(name: str, description: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


PARAMETERS = {
    "practice": _header(
        "Portal-Practice",
        "The practice's slug. Not needed when the host name identifies the practice or the deployment has only one.",
        {"type": "string", "maxLength": 63},
    ),
    "client": _header(
        "Portal-Client",
        "For proxies: the client whose record the request is about. `GET /api/v1/portal/auth/records` lists them.",
        {"type": "string", "format": "uuid"},
    ),
    "record": {
        "name": "record",
        "in": "query",
        "required": False,
        "description": "The same as Portal-Client, for links, which send no headers.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "idempotency_key": _header(
        "Idempotency-Key",
        "Repeating a request with the same key within 24 hours has no further effect and returns the same response.",
        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    ),
}


def _operation(handler: HTTPRouteHandler, path: str, schemas: Schemas) -> tuple[dict[str, Any], set[Any]]:
    route_config: RouteConfig = handler.opt["route_config"]
    words = cleandoc(handler.description or handler.fn.__doc__ or "")
    summary, _, rest = words.partition("\n")
    errors = set(route_config.raises) | _implied(route_config, handler, path)
    operation: dict[str, Any] = {
        "operationId": route_config.operation,
        "summary": handler.summary or summary or route_config.operation.replace("_", " ").capitalize(),
        "tags": handler.resolve_tags(),
    }
    if rest.strip():
        operation["description"] = rest.strip()
    if handler.deprecated:
        operation["deprecated"] = True
    parameters = [
        {
            "name": field.kwarg_definition.name or name,  # type: ignore[union-attr]  # a parameter has one
            "in": field.kwarg_definition.param_type.value,  # type: ignore[union-attr]  # a parameter has one
            "required": field.is_required or f"{{{name}}}" in path,
            "schema": _with_default(schemas.of(field.raw), field.default),
        }
        for name, field in parameters_of(handler).items()
    ]
    names = [] if route_config.auth == "public" else ["practice"]
    names += ["client"] if route_config.auth == "portal" else []
    names += ["record"] if route_config.auth == "portal" and not route_config.unsafe else []
    names += ["idempotency_key"] if route_config.idempotent else []
    operation["parameters"] = parameters + [{"$ref": f"#/components/parameters/{name}"} for name in names]
    if (data := handler.parsed_data_field) is not None:
        content: dict[str, Any] = {}
        if _has_schema(kind := _body_kind(data)):
            schema = schemas.of(kind)
            content = {"schema": schema, "example": schemas.example(schema)}
        operation["requestBody"] = {"required": data.is_required, "content": {body_media_type(data): content}}
    if route_config.receives_content:
        binary: Schema = {"type": "string", "format": "binary"}
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": {"schema": binary}}}
    operation["responses"] = {**_success(handler, schemas), **_problems(errors)}
    if route_config.auth in ("portal", "practice"):
        cookie: dict[str, list[str]] = {"cookie": [], "csrf": []} if route_config.unsafe else {"cookie": []}
        operation["security"] = [{"bearer": []}, cookie]
    return operation, errors


def _body_kind(data: FieldDefinition) -> Any:
    """The type of the body, without the None that stands for one that is left out."""
    if data.is_required:
        return data.raw
    (kind,) = (one for one in get_args(data.annotation) if one is not NoneType)
    return kind


def _implied(route_config: RouteConfig, handler: HTTPRouteHandler, path: str) -> set[type[core.PortalError]]:
    """Return the errors that any route with this configuration may return."""
    found: set[type[core.PortalError]] = set()
    if route_config.auth != "public":
        found |= {core.RateLimited, core.Invalid, http.BadRequest, http.UnknownPractice}
    if route_config.auth in ("portal", "practice"):
        found |= {core.Unauthenticated, core.NotFound}
        found |= {http.CsrfTokenInvalid} if route_config.unsafe else set()
    if handler.parsed_data_field is not None:
        found |= {core.Invalid, http.UnsupportedMediaType}
    if handler.parsed_data_field is not None or route_config.idempotent or route_config.receives_content:
        found |= {http.MalformedBody, http.BodyTooLarge, http.BodyTooSlow, http.UnsupportedEncoding, core.Overloaded}
    if parameters_of(handler):
        found.add(core.Invalid)
    if "{" in path:
        found.add(core.NotFound)
    if route_config.idempotent:
        found |= {core.IdempotencyMismatch, http.BadIdempotencyKey}
        found |= {core.RecordDestroyed} if route_config.auth == "portal" else set()
    return found


def _success(handler: HTTPRouteHandler, schemas: Schemas) -> dict[str, Any]:
    status = handler.status_code
    answer: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    kind = _answer_kind(handler)
    if (event := handler.opt.get("event")) is not None:
        answer["content"] = {"text/event-stream": {"schema": _event_schema(schemas.of(event))}}
    elif kind not in (None, type(None)):
        media_type = str(getattr(handler.media_type, "value", handler.media_type) or "application/json")
        content: dict[str, Any] = {"schema": {"type": "string"}}
        if media_type == "application/json" and _has_schema(kind):
            schema = schemas.of(kind)
            content = {"schema": schema, "example": handler.opt.get("example", schemas.example(schema))}
        answer["content"] = {media_type: content}
    if handler.opt.get("conditional"):
        answer["headers"] = {"ETag": {"schema": {"type": "string"}}}
        return {str(status): answer, "304": {"description": HTTPStatus(304).phrase}}
    return {str(status): answer}


def _event_schema(data: Schema) -> Schema:
    """The schema of one event of a stream (as OpenAPI 3.2 has it). Its data is a text with JSON."""
    text = {"type": "string", "contentMediaType": "application/json", "contentSchema": data}
    fields = {"event": {"type": "string"}, "data": text, "retry": {"type": "integer"}}
    return {"type": "object", "properties": fields, "required": ["data"]}


def _problems(errors: set[type[core.PortalError]]) -> dict[str, Any]:
    by_status: dict[int, list[type[core.PortalError]]] = {}
    for kind in sorted(errors, key=lambda kind: (status_of(kind), kind.code)):
        by_status.setdefault(status_of(kind), []).append(kind)
    described: dict[str, Any] = {}
    for status, kinds in by_status.items():
        content = {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "examples": {kind.code: {"$ref": f"#/components/examples/{kind.code}"} for kind in kinds},
        }
        described[str(status)] = {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: content}}
        if status in (429, 503):
            described[str(status)]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return described


def _share_problems(operations: list[dict[str, Any]]) -> dict[str, Any]:
    """Put a reference in place of each problem response that several operations have, and return what they refer to.

    A response is named after its codes (`not_found_or_unknown_practice`), so no name changes when a route is added.
    """
    places: dict[str, list[tuple[dict[str, Any], str]]] = {}
    for operation in operations:
        for status, response in operation["responses"].items():
            if status >= "400":
                name = "_or_".join(response["content"][MEDIA_TYPE]["examples"])
                places.setdefault(name, []).append((operation["responses"], status))
    shared = {}
    for name, found in sorted(places.items()):
        if len(found) > 1:
            for responses, status in found:
                shared[name] = responses[status]
                responses[status] = {"$ref": f"#/components/responses/{name}"}
    return shared


def _problem_example(kind: type[core.PortalError]) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "type": f"/problems/{kind.code}",
        "title": kind.title,
        "status": status_of(kind),
        "code": kind.code,
        "request_id": "5f0c6a1e9b7d4c3f8a2e1d0c9b8a7f6e",
    }
    return {"summary": kind.title, "value": problem}


def _with_default(schema: Schema, default: Any) -> Schema:
    return {**schema, "default": default} if isinstance(default, str | int) and default != "" else schema


def _answer_kind(handler: HTTPRouteHandler) -> Any:
    kind = handler.parsed_return_field.raw
    if get_origin(kind) in (Union, UnionType) and all(get_origin(one) is Response for one in get_args(kind)):
        return Union[tuple(_answered(one) for one in get_args(kind))]  # noqa: UP007  (built at run time)
    return _answered(kind)


def _answered(kind: Any) -> Any:
    if isinstance(get_origin(kind) or kind, type) and issubclass(get_origin(kind) or kind, Response):
        kind = next(iter(get_args(kind)), None)
    return kind


def _has_schema(kind: Any) -> bool:
    if kind in (None, type(None), bytes, Any):
        return False
    try:
        Schemas([kind])
    except (TypeError, RuntimeError):
        return False
    return True
