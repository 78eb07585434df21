"""Decodes JSON bodies into the declared type, or refuses them with one entry for each invalid field."""

import re
from typing import Any, get_args

import msgspec
from msgspec import inspect

from entrypoints.http.contract.fields import absent_as_null, field_error
from entrypoints.http.server.errors import MalformedBody
from portal_core.kernel.errors import FieldError, Invalid

MAX_DEPTH = 32
MAX_ERRORS = 50
_BLANK = re.compile(rb'"\s*"')
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_BRACKET = re.compile(rb"[\[\]{}]")
_PATH = re.compile(r" - at `(?:key in )?\$\.?(.*)`\Z")
_INDEX = re.compile(r"\[(\d+|\.\.\.)\]")


def decode_body(body: bytes, decoder: "msgspec.json.Decoder[Any]") -> Any:
    """Decode the body into the decoder's type.

    Raises:
        MalformedBody: it is not JSON, not UTF-8, or nested too deeply.
        Invalid: the JSON does not match the type, or a text holds a NUL character, which PostgreSQL cannot store.
    """
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH:
        _refuse_depth(body)
    try:
        value = decoder.decode(body) if not _BLANK.search(body) else _convert(_json(body, decoder.type), decoder.type)
    except msgspec.ValidationError as error:
        raise Invalid(*_faults(body, decoder.type, str(error))) from None
    except (ValueError, RecursionError):
        raise MalformedBody from None
    except Invalid as error:
        raise Invalid(*(_faults(body, decoder.type, "") or error.fields), detail=error.detail) from None
    if b"\\u0000" in body:
        _refuse_nul(msgspec.json.decode(body), "")
    return value


def _json(body: bytes, kind: Any) -> Any:
    """The body as JSON values, with null for the blank strings that stand for absent texts."""
    return absent_as_null(msgspec.json.decode(body), inspect.type_info(kind))


def _convert(value: Any, kind: Any) -> Any:
    return msgspec.convert(value, kind, str_keys=True)


def _refuse_depth(body: bytes) -> None:
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise MalformedBody


def _refuse_nul(value: Any, path: str) -> None:
    if isinstance(value, str) and "\x00" in value:
        raise Invalid.at(path, "characters_invalid", "Must not contain NUL characters.")
    if isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_nul(item, f"{path}.{index}".lstrip("."))
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_nul(key, path)
            _refuse_nul(item, f"{path}.{key}".lstrip("."))


def _faults(body: bytes, kind: Any, words: str) -> list[FieldError]:
    try:
        return explain(_json(body, kind), kind, words)
    except (ValueError, RecursionError):
        return [_at("", words)] if words else []


def explain(value: Any, kind: Any, words: str) -> list[FieldError]:
    """Return an error for every invalid field; msgspec itself stops at the first.

    `words` is msgspec's message for the first error. It is used when checking field by field finds nothing, because the
    whole value is wrong (a list instead of an object, for example).
    """
    found: list[FieldError] = []
    _look(value, inspect.type_info(kind), kind, "", found)
    return found[:MAX_ERRORS] or ([_at("", words)] if words else [])


def _look(value: Any, info: inspect.Type, kind: Any, path: str, found: list[FieldError]) -> None:
    if isinstance(info, inspect.UnionType) and isinstance(value, dict | list):
        info, kind = _alternative(value, info, kind)
    if isinstance(info, inspect.StructType) and isinstance(value, dict) and not info.tag_field:
        before = len(found)
        known = {field.encode_name: field for field in info.fields}
        hints = {field.encode_name: field.type for field in msgspec.structs.fields(info.cls)}
        found.extend(
            field_error(_join(path, key), "Object contains unknown field") for key in value if key not in known
        )
        for name, field in known.items():
            if name in value:
                _look(value[name], field.type, hints[name], _join(path, name), found)
            elif field.required:
                found.append(field_error(_join(path, name), "Object missing required field"))
        if len(found) > before:
            return
    elif isinstance(info, inspect.ListType | inspect.VarTupleType) and isinstance(value, list):
        before = len(found)
        item = next(iter(get_args(_bare(kind))), Any)
        for index, one in enumerate(value[:MAX_ERRORS]):
            _look(one, info.item_type, item, _join(path, str(index)), found)
        if len(found) > before:
            return
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        fault = _at(path, str(error))
        choices = _choices(info)
        if fault.code == "unknown_value" and choices:
            fault = FieldError(fault.path, fault.code, f"Must be one of: {', '.join(choices)}.")
        found.append(fault)
    except Invalid as error:
        found.extend(FieldError(_join(path, one.path), one.code, one.message) for one in error.fields)


def _alternative(value: Any, info: inspect.Type, kind: Any) -> tuple[inspect.Type, Any]:
    """Return the one struct (or list) of a union that an object (or array) can be meant for, or the union."""
    shape = inspect.StructType if isinstance(value, dict) else inspect.ListType | inspect.VarTupleType
    meant = [(one, part) for part in get_args(_bare(kind)) if isinstance(one := inspect.type_info(part), shape)]
    return meant[0] if len(meant) == 1 else (info, kind)


def _bare(kind: Any) -> Any:
    """Return the type without its annotations."""
    return kind.__origin__ if hasattr(kind, "__metadata__") else kind


def _choices(info: inspect.Type) -> list[str]:
    """Return the allowed values of a literal or enum type."""
    match info:
        case inspect.Metadata(type=inner):
            return _choices(inner)
        case inspect.LiteralType(values=values):
            return [str(value) for value in values]
        case inspect.EnumType(cls=cls):
            return [str(member.value) for member in cls]
        case inspect.UnionType(types=types):
            return [choice for inner in types for choice in _choices(inner)]
    return []


def _at(path: str, words: str) -> FieldError:
    match = _PATH.search(words)
    if match is not None:
        path = _join(path, _INDEX.sub(lambda index: f".{index[1]}", match[1]).lstrip("."))
        words = words[: match.start()]
    return field_error(path, words)


def _join(path: str, name: str) -> str:
    return (f"{path}.{name}" if path and name else path or name)[:200]
