"""The generated parts of the pages about the database."""

from typing import Final, get_args

from sqlalchemy import Table

from adapters.postgres.engine.columns import Command, Reach
from adapters.postgres.engine.data_classes import class_of, protection
from adapters.postgres.engine.functions import function_names, function_scopes
from adapters.postgres.engine.metadata import metadata
from adapters.postgres.engine.rights import needed_rights
from adapters.postgres.engine.row_level_security import allowed_commands, rows_within_reach

_VERBS: Final[dict[Command, str]] = {"select": "read", "insert": "add", "update": "change", "delete": "delete"}
_SCOPES: Final = {
    "": "outside of a unit of work",
    "record": "client, proxy",
    "visitor": "visitor",
    "practice": "staff, jobs",
}


def tables() -> list[Table]:
    """All of the schema, by name."""
    return sorted(metadata.tables.values(), key=lambda table: table.name)


def row_rights() -> str:
    """Who may do what with the rows of each table."""
    rows = ["| table | client, proxy | visitor | staff, jobs |", "| --- | --- | --- | --- |"]
    for table in tables():
        reached = " | ".join(_reached(table, reach) for reach in get_args(Reach))
        rows.append(f"| `{table.name}` | {reached} |")
    return "\n".join(rows) + "\n"


def _reached(table: Table, reach: Reach) -> str:
    commands = {one: rows_within_reach(table, one, reach) for one in allowed_commands(table)}
    said = []
    for rows in ("own", "all"):
        verbs = [_VERBS[command] for command, within in commands.items() if within == rows]
        if verbs:
            said.append(f"{rows}: {', '.join(verbs)}")
    return "; ".join(said)


def column_rights() -> str:
    """The columns that the role may change, and those that it may not read."""
    rows = ["| table | may change | may not read |", "| --- | --- | --- |"]
    for table in tables():
        names = [column.name for column in table.c]
        changed = [one for one in names if one in _columns(table, "UPDATE")]
        hidden = [one for one in names if one not in _columns(table, "SELECT")]
        unread = "all" if hidden == names else _listed(hidden)
        rows.append(f"| `{table.name}` | {_listed(changed)} | {unread} |")
    return "\n".join(rows) + "\n"


def data_classes() -> str:
    """Every column with its class, how it is stored, and why it is in clear."""
    rows = ["| table | class | stored | columns | why in clear |", "| --- | --- | --- | --- | --- |"]
    for table in tables():
        groups: dict[tuple[str, str, str], list[str]] = {}
        for column in table.c:
            declared = class_of(column)
            groups.setdefault((declared.kind, protection(column), declared.why), []).append(column.name)
        for (kind, stored, why), names in groups.items():
            rows.append(f"| `{table.name}` | {kind} | {stored} | {_listed(names)} | {why} |")
    return "\n".join(rows) + "\n"


def _columns(table: Table, privilege: str) -> set[str]:
    return {right.column for right in needed_rights() if (right.table, right.privilege) == (table.name, privilege)}


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def database_functions() -> str:
    """The functions of the owner's, and the transactions that may call them."""
    rows = ["| function | called by |", "| --- | --- |"]
    for name in sorted(function_names()):
        rows.append(f"| `{name}` | {'; '.join(_SCOPES[scope] for scope in function_scopes(name))} |")
    return "\n".join(rows) + "\n"
