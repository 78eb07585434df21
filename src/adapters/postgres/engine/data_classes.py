"""What kind of data each column holds, and why what is personal is in clear. Declared beside each feature's tables.

    CLASSES = {"goals": [health("title notes"), health("completed_at", why="sorts the list"), operational("client_id")]}

`practice_id`, `id` and `version` are operational in every table. A test refuses a column without a class, and personal
or health data in clear without a reason. `docs/reference/data-classification.md` shows the result.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Literal

from attrs import frozen
from sqlalchemy import Column, LargeBinary
from sqlalchemy.dialects.postgresql import ARRAY

import adapters.postgres
from adapters.feature_discovery import feature_modules
from adapters.postgres.engine.metadata import metadata

DataClass = Literal["public", "operational", "personal", "health", "secret"]
Protection = Literal["sealed", "hashed", "clear"]
"""`sealed`: encrypted with the client's or the practice's key; `hashed`: a digest of what is not stored."""
EVERYWHERE: Final = ("practice_id", "id", "version")


@frozen
class Classified:
    """Columns of a table with one class. `why` they are in clear, where they are."""

    kind: DataClass
    columns: tuple[str, ...]
    why: str = ""


def _classified(kind: DataClass, columns: str, why: str = "") -> Classified:
    return Classified(kind, tuple(columns.split()), why)


public = partial(_classified, "public")
"""The practice publishes it."""
operational = partial(_classified, "operational")
"""Says nothing about a person without the rest of the row: ids, states and times of the portal's own work."""
personal = partial(_classified, "personal")
"""Identifies or locates a person, or tells how to reach them."""
health = partial(_classified, "health")
"""Tells about a client's care: PHI (45 CFR 160.103)."""
secret = partial(_classified, "secret")
"""A person who knows it can sign in, act for another, or decrypt."""


def classes() -> Mapping[str, list[Classified]]:
    """The declarations of all features, by table."""
    found: dict[str, list[Classified]] = {}
    for module in feature_modules(adapters.postgres, "classification"):
        found |= module.CLASSES
    return found


def class_of(column: Column[Any]) -> Classified:
    """The declaration of a column.

    Raises:
        LookupError: there is none.
    """
    if column.name in EVERYWHERE:
        return operational(column.name)
    declared = [one for one in classes().get(column.table.name, ()) if column.name in one.columns]
    if len(declared) != 1:
        raise LookupError(f"{column} has {len(declared)} classes: declare one in classification.py beside its table")
    return declared[0]


def protection(column: Column[Any]) -> Protection:
    """How the column is stored."""
    if column.info.get("sealed"):
        return "sealed"
    stored = column.type.item_type if isinstance(column.type, ARRAY) else column.type
    return "hashed" if isinstance(stored, LargeBinary) else "clear"


def unclear(column: Column[Any]) -> str:
    """What is wrong with the declaration of a column; empty if nothing is."""
    declared = class_of(column)
    must_say = declared.kind in ("personal", "health", "secret") and protection(column) == "clear"
    if must_say and not declared.why:
        return f"{column} is {declared.kind} data in clear: seal it, or say why"
    if declared.why and not must_say:
        return f"{column} needs no reason"
    return ""


def all_columns() -> list[Column[Any]]:
    """Every column, by table."""
    return [column for table in sorted(metadata.tables.values(), key=lambda one: one.name) for column in table.c]
