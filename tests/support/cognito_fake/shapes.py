"""Validates requests and responses against botocore's own description of the service.

boto3 checks required members and minimum lengths before it sends; the service also checks maximum lengths,
patterns and enumerations, and so does this module.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel

from .errors import Refusal, invalid_parameter

SERVICE = botocore.session.get_session().get_service_model("cognito-idp")
# Errors of the protocol and of request signing, which no operation lists.
COMMON_ERRORS = frozenset(
    {
        "AccessDeniedException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "SerializationException",
        "ThrottlingException",
        "UnknownOperationException",
        "UnrecognizedClientException",
    }
)
# The model says [\S]+, but the developer guide counts "a non-leading, non-trailing space" as a special character
# of a password, and the service accepts it; so only spaces at the ends are refused.
_PASSWORD = r"\S(?:.*\S)?"
_UNICODE_CLASS = re.compile(r"\\p\{(\w)\}")


def operation_model(name: str) -> OperationModel | None:
    return SERVICE.operation_model(name) if name in SERVICE.operation_names else None


def error_names(model: OperationModel) -> frozenset[str]:
    return COMMON_ERRORS | {shape.name for shape in model.error_shapes}


def check_request(model: OperationModel, payload: Any) -> None:
    """Raises SerializationException for a wrong JSON type and InvalidParameterException for a violated constraint."""
    problems = list(_problems(model.input_shape, payload, ""))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise invalid_parameter(count + "; ".join(problems))


def encode_answer(model: OperationModel, payload: dict[str, Any]) -> Any:
    """The response as JSON values; one that the model does not allow is a bug of this fake."""
    shape = model.output_shape
    if shape is None:
        if payload:
            raise AssertionError(f"{model.name} answers nothing, not {payload}")
        return None
    problems = [*_undeclared(shape, payload, ""), *_problems(shape, payload, "")]
    if problems:
        raise AssertionError(f"{model.name} would answer what Cognito never answers: {problems}")
    return _epochs(payload)


def _epochs(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {key: _epochs(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_epochs(item) for item in value]
    return value


def _undeclared(shape: Any, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for name, item in value.items():
            if name not in shape.members:
                yield f"{path}{name} is not a member"
            else:
                yield from _undeclared(shape.members[name], item, f"{path}{name}.")
    elif shape.type_name == "list":
        for item in value:
            yield from _undeclared(shape.member, item, f"{path}member.")


def _problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    kind: str = shape.type_name
    expected: Any = {
        "structure": dict,
        "map": dict,
        "list": list,
        "string": str,
        "integer": int,
        "boolean": bool,
        "timestamp": datetime,
    }[kind]
    if not isinstance(value, expected) or (kind == "integer" and isinstance(value, bool)):
        raise Refusal("SerializationException", f"{path or 'the request'} is not a {kind}")
    if kind == "structure":
        for name in shape.required_members:
            if value.get(name) is None:
                yield _says(f"{path}{_camel(name)}", "Member must not be null", None)
        for name, item in value.items():
            if name in shape.members and item is not None:
                yield from _problems(shape.members[name], item, f"{path}{_camel(name)}.")
        return
    at = path.rstrip(".")
    shown = None if shape.metadata.get("sensitive") or kind in ("map", "list") else value
    size = value if kind == "integer" else len(value) if kind in ("string", "list", "map") else None
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    noun = "value" if kind == "integer" else "length"
    if size is not None and least is not None and size < least:
        yield _says(at, f"Member must have {noun} greater than or equal to {least}", shown)
    if size is not None and most is not None and size > most:
        yield _says(at, f"Member must have {noun} less than or equal to {most}", shown)
    if kind == "string":
        choices = shape.metadata.get("enum")
        if choices and value not in choices:
            yield _says(at, f"Member must satisfy enum value set: [{', '.join(choices)}]", shown)
        pattern = _PASSWORD if shape.name == "PasswordType" else shape.metadata.get("pattern")
        if pattern and not _matches(pattern, value):
            yield _says(at, f"Member must satisfy regular expression pattern: {pattern}", shown)
    elif kind == "list":
        for number, item in enumerate(value, 1):
            yield from _problems(shape.member, item, f"{path}{number}.member.")
    elif kind == "map":
        for key, item in value.items():
            yield from _problems(shape.key, key, f"{path}key.")
            yield from _problems(shape.value, item, f"{path}{key}.value.")


def _says(at: str, constraint: str, value: Any) -> str:
    named = "Value" if value is None else f"Value '{value}'"
    return f"{named} at '{at}' failed to satisfy constraint: {constraint}"


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _matches(pattern: str, value: str) -> bool:
    return _compiled(pattern).fullmatch(value) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    r"""Java's pattern in Python: \w and \s are ASCII there, and \p{L} is a Unicode category."""
    return re.compile(_UNICODE_CLASS.sub(lambda found: _category(found[1]), pattern), re.ASCII | re.DOTALL)


def _category(letter: str) -> str:
    """The inside of a character class with every character of a Unicode category."""
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in _ranges()[letter])


@cache
def _ranges() -> dict[str, list[list[int]]]:
    ranges: dict[str, list[list[int]]] = {}
    for point in range(0x110000):
        known = ranges.setdefault(unicodedata.category(chr(point))[0], [[point, point]])
        if known[-1][1] >= point - 1:
            known[-1][1] = point
        else:
            known.append([point, point])
    return ranges
