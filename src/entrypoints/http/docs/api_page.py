"""The API's documentation: one plain HTML page, generated from the OpenAPI document. Works offline, without scripts."""

import json
from html import escape
from itertools import groupby
from typing import Any


def docs_body(document: dict[str, Any]) -> str:
    """Return the body of the page."""
    info = document["info"]
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    operations.sort(key=lambda entry: (_tag(entry[2]), entry[0]))
    groups = [(tag, list(entries)) for tag, entries in groupby(operations, key=lambda entry: _tag(entry[2]))]
    contents = "".join(
        f'<li><a href="#{_anchor(tag)}">{escape(tag)}</a> ({len(entries)})</li>' for tag, entries in groups
    )
    sections = "".join(
        f'<h2 id="{_anchor(tag)}">{escape(tag)}</h2>' + "".join(_operation(document, *entry) for entry in entries)
        for tag, entries in groups
    )
    return (
        f"<h1>{escape(info['title'])}</h1>{_paragraphs(info['description'])}"
        f'<p><a href="/openapi.json">The OpenAPI 3.1 document</a></p><nav><ul>{contents}</ul></nav>{sections}'
    )


def _operation(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> str:
    parts = [
        f'<h3 id="{operation["operationId"]}"><code>{method.upper()} {escape(path)}</code></h3>',
        f"<p>{escape(operation['summary'])}</p>{_paragraphs(operation.get('description', ''))}",
        _parameters(document, operation["parameters"]),
    ]
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(_example(f"Request body, {media_type}", content))
    for status, answer in operation["responses"].items():
        if status < "400":
            content = answer.get("content", {})
            parts.append("".join(_example(f"Response {status}, {kind}", shown) for kind, shown in content.items()))
            parts.append("" if content else f"<p>Response {status}, without a body.</p>")
    problems = [
        f'<li>{status} <a href="/problems/{escape(code)}"><code>{escape(code)}</code></a></li>'
        for status, answer in operation["responses"].items()
        if status >= "400"
        for code in _resolved(document, answer)["content"]["application/problem+json"]["examples"]
    ]
    if problems:
        parts.append(f"<details><summary>Problems ({len(problems)})</summary><ul>{''.join(problems)}</ul></details>")
    if "security" not in operation:
        parts.append("<p>No sign-in needed.</p>")
    return f"<section>{''.join(parts)}</section>"


def _parameters(document: dict[str, Any], parameters: list[dict[str, Any]]) -> str:
    rows = []
    for parameter in (_resolved(document, one) for one in parameters):
        schema = parameter["schema"]
        limits = ", ".join(
            f"{key} {value}"
            for key, value in schema.items()
            if key in ("format", "minimum", "maximum", "maxLength", "default", "enum") and value not in ("", None)
        )
        words = parameter.get("description") or schema.get("description", "")
        rows.append(
            f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{parameter['in']}"
            f"{', required' if parameter['required'] else ''}</td><td>{escape(words)} {escape(limits)}</td></tr>"
        )
    return f"<table><tbody>{''.join(rows)}</tbody></table>" if rows else ""


def _resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Return a part of an operation, or the component that it refers to."""
    if "$ref" not in part:
        return part
    _, _, group, name = part["$ref"].split("/")
    return dict(document["components"][group][name])


def _example(title: str, content: dict[str, Any]) -> str:
    if "example" not in content:
        return f"<p>{escape(title)}</p>"
    text = json.dumps(content["example"], indent=2, ensure_ascii=False)
    return f"<p>{escape(title)}</p><pre>{escape(text)}</pre>"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(' '.join(part.split()))}</p>" for part in text.split("\n\n") if part.strip())


def _tag(operation: dict[str, Any]) -> str:
    return next(iter(operation["tags"] or ()), "Other")


def _anchor(tag: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in tag.lower())
