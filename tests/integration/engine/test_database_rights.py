"""The application's role has the rights that its statements need, and each actor uses them only within their reach.

What is expected is in `docs/reference/database-rights.md`, which is generated from the same declarations.
"""

from typing import Any

import pytest
from psycopg import errors, sql
from sqlalchemy import Table

from adapters.postgres.engine.columns import COMMANDS, Command, Reach
from adapters.postgres.engine.functions import function_names, function_scopes
from adapters.postgres.engine.rights import PRIVILEGES, Right, needed_rights
from adapters.postgres.engine.row_level_security import allowed_commands, rows_within_reach
from portal_core.kernel.actor import Actor
from tests.support.engine.acting_database import READING, ActingDatabase, arguments_of, call
from tests.support.engine.postgres import APP
from tests.support.engine.sample_rows import insert_statement, row, tables

by_table = pytest.mark.parametrize("table", tables(), ids=lambda table: table.name)
by_function = pytest.mark.parametrize("name", function_names())


def _explained(name: str) -> sql.SQL:
    """Planning a statement checks the rights that it needs, and changes nothing."""
    number, count = list(READING).index(name), len(READING[name].names)
    return sql.SQL(f"EXPLAIN EXECUTE s{number}{_nulls(count)}")  # type: ignore[arg-type]


def _explained_without(right: Right, name: str) -> sql.Composed:
    """The same without a right that the role has, in one round trip; whoever rolls it back gives the right again."""
    columns = f' ("{right.column}")' if right.column else ""
    revoke = f"REVOKE {right.privilege}{columns} ON portal.{right.table} FROM {APP}"
    return sql.SQL(f"RESET ROLE; {revoke}; SET LOCAL ROLE {APP}; ") + _explained(name)  # type: ignore[arg-type]


def _nulls(count: int) -> str:
    return f"({', '.join(['NULL'] * count)})" if count else ""


def _granted(database: ActingDatabase) -> set[Right]:
    """The rights that the role has on columns, and to delete, by the catalog."""
    database.owner.rollback()
    found = set[Right]()
    for privilege in PRIVILEGES[:3]:
        rows = database.run(
            "SELECT c.relname, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = 'portal'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
            " AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(%s, c.oid, a.attnum, %s)",
            (APP, privilege),
        )
        found |= {Right(table, privilege, column) for table, column in rows}
    rows = database.run(
        "SELECT relname FROM pg_class WHERE relnamespace = 'portal'::regnamespace AND relkind IN ('r', 'p')"
        " AND has_table_privilege(%s, oid, 'DELETE')",
        (APP,),
    )
    return found | {Right(table, "DELETE") for (table,) in rows}


def test_role_has_the_rights_that_statements_need(filled: ActingDatabase) -> None:
    assert _granted(filled) == set(needed_rights())
    more = filled.run(
        "SELECT relname FROM pg_class WHERE relnamespace = 'portal'::regnamespace AND relkind IN ('r', 'p')"
        " AND (has_table_privilege(%s, oid, 'TRUNCATE, TRIGGER') OR has_any_column_privilege(%s, oid, 'REFERENCES'))",
        (APP, APP),
    )
    assert more == []


def test_every_statement_runs_with_the_rights_of_the_role(filled: ActingDatabase) -> None:
    filled.act(filled.actor("practice"))
    assert [name for name in READING if filled.refuses(_explained(name))] == []


def test_no_right_is_superfluous(filled: ActingDatabase) -> None:
    """Without any one of them, a statement that is said to need it is refused."""
    filled.act(filled.actor("practice"))
    assert [
        right
        for right, names in needed_rights().items()
        if not any(filled.refuses(_explained_without(right, name)) for name in sorted(names))
    ] == []


def _columns(table: Table, privilege: str) -> set[str]:
    """The columns on which the role has the privilege."""
    return {right.column for right in needed_rights() if (right.table, right.privilege) == (table.name, privilege)}


def _owner_columns(table: Table) -> list[str]:
    return [name for name in ("practice_id", "client_id", "account_id", "id") if name in table.c]


def _rows(filled: ActingDatabase, table: Table, command: Command, actor: Actor | None) -> list[dict[str, Any]] | None:
    """The rows on which the actor can use the command without a condition; None where it is refused."""
    filled.act(actor)
    name = sql.Identifier("portal", table.name)
    readable, changed = (_columns(table, privilege) for privilege in ("SELECT", "UPDATE"))
    shown = [one for one in _owner_columns(table) if one in readable]
    columns = sql.SQL(", ").join(map(sql.Identifier, shown)) if shown else sql.SQL("1")
    column = next((one for one in sorted(changed) if one in readable), next(iter(table.c)).name)
    statements = {
        "select": sql.SQL("SELECT {1} FROM {0}"),
        "update": sql.SQL("UPDATE {0} SET {2} = {2} RETURNING {1}"),
        "delete": sql.SQL("DELETE FROM {0} RETURNING {1}"),
    }
    statement = statements[command].format(name, columns, sql.Identifier(column))
    try:
        return [dict(zip(shown, one, strict=True)) for one in filled.run(statement)]
    except errors.InsufficientPrivilege:
        return None


def _is_own(filled: ActingDatabase, table: Table, found: dict[str, Any]) -> bool:
    if table.name == "appointments":
        return bool(found["id"] == filled.here.ids["appointments"][0])
    key = {"clients": "id", "accounts": "id"}.get(table.name, "client_id" if "client_id" in table.c else "account_id")
    return found[key] in (filled.here.clients[0], filled.here.accounts[0])


@by_table
@pytest.mark.parametrize("command", [one for one in COMMANDS if one != "insert"])
@pytest.mark.parametrize("reach", ["record", "visitor", "practice"])
def test_actor_reaches_the_rows_that_are_expected(
    filled: ActingDatabase, table: Table, command: Command, reach: Reach
) -> None:
    found = _rows(filled, table, command, filled.actor(reach))
    practice = "id" if table.name == "practices" else "practice_id"
    assert all(one[practice] == filled.here.id for one in found or ())
    match rows_within_reach(table, command, reach):
        case "none":
            assert not found
        case "all":
            assert found
        case "own" if reach == "record":
            assert found
            assert all(_is_own(filled, table, one) for one in found)
        case "own":
            assert not found


@by_table
@pytest.mark.parametrize("command", [one for one in COMMANDS if one != "insert"])
def test_nobody_reaches_nothing(filled: ActingDatabase, table: Table, command: Command) -> None:
    assert not _rows(filled, table, command, None)


@by_table
@pytest.mark.parametrize("reach", ["record", "visitor", "practice", None])
def test_actor_adds_the_rows_that_are_expected(filled: ActingDatabase, table: Table, reach: Reach | None) -> None:
    addable = _columns(table, "INSERT")
    client = {"clients": "id"}.get(table.name, "client_id" if "client_id" in table.c else "account_id")
    own, other = (filled.here.clients, filled.here.accounts)[client == "account_id"][:2]
    rows = {
        "own": row(table, filled.here, 0, **({client: own} if client in table.c else {})),
        "other": row(table, filled.here, 1, **({client: other} if client in table.c else {})),
        "foreign": row(table, filled.there, 0),
    }
    if table.name == "accounts":
        rows["own"]["id"], rows["other"]["id"] = filled.here.accounts
    actor = filled.actor(reach) if reach else None
    if table.name == "audit_entries":
        kinds = {"record": "client", "visitor": "visitor", "practice": "system", None: "system"}
        account = filled.here.accounts[0] if reach == "record" else None
        rows["own"] |= {"actor_kind": kinds[reach], "account_id": account, "record": None}
    if table.info.get("signed"):
        return  # see below
    filled.act(actor)
    refused = {
        whose: filled.refuses(*insert_statement(table, {k: v for k, v in values.items() if k in addable}))
        if addable
        else True
        for whose, values in rows.items()
    }
    expected = rows_within_reach(table, "insert", reach) if reach else "none"
    assert refused["foreign"]
    assert refused["own"] == (expected == "none")
    assert refused["other"] == (expected != "all")


@by_function
def test_function_is_called_within_its_scopes_only(filled: ActingDatabase, name: str) -> None:
    """In any other transaction, and for another practice, it is refused before it does anything."""
    arguments = arguments_of(filled, name)
    scopes = function_scopes(name)
    for scope in ("", "record", "visitor", "practice"):
        filled.act(filled.actor(scope) if scope else None)  # type: ignore[arg-type]
        with filled.owner.transaction(force_rollback=True):
            if scope in scopes:
                assert not filled.refuses(*call(name, arguments)), scope
            else:
                assert filled.refuses(*call(name, arguments)), scope
    if "" not in scopes and name != "notify":  # which takes the practice of the transaction
        foreign = arguments_of(filled, name, filled.there)
        filled.act(filled.actor(scopes[0]))  # type: ignore[arg-type]
        assert filled.refuses(*call(name, foreign))


def test_no_other_function_is_called_by_the_role(filled: ActingDatabase) -> None:
    filled.owner.rollback()
    rows = filled.run(
        "SELECT proname, prosecdef, has_function_privilege(%s, oid, 'EXECUTE'),"
        " EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0)"
        " FROM pg_proc WHERE pronamespace = 'portal'::regnamespace",
        (APP,),
    )
    assert sorted(name for name, _, executable, _ in rows if executable) == sorted(function_names())
    assert [name for name, definer, executable, _ in rows if definer and not executable] == []
    assert [name for name, *_, public in rows if public] == []


def test_every_table_has_a_policy_for_each_command_that_it_allows(filled: ActingDatabase) -> None:
    filled.owner.rollback()
    rows = filled.run("SELECT tablename, lower(cmd) FROM pg_policies WHERE schemaname = 'portal'")
    assert sorted(rows) == sorted((table.name, one) for table in tables() for one in allowed_commands(table))
