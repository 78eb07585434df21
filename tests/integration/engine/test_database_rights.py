"""The application's role has the rights that its statements need, and each actor uses them only within their reach.

What is expected is in `docs/reference/database-rights.md`, which is generated from the same declarations.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from attrs import frozen
from psycopg import errors, sql
from sqlalchemy import Table

from adapters.postgres.engine.columns import COMMANDS, Command, Reach
from adapters.postgres.engine.functions import function_names, function_scopes
from adapters.postgres.engine.rights import PRIVILEGES, Right, all_statements, needed_rights
from adapters.postgres.engine.row_level_security import allowed_commands, rows_within_reach
from adapters.postgres.engine.scope import begin_transaction_sql
from portal_core.kernel.actor import Actor, ClientActor, ProxyActor, StaffActor, SystemActor, VisitorActor
from tests.support.engine.clusters import Cluster, drop_database, fresh_database, template_database
from tests.support.engine.postgres import APP, migrate_template
from tests.support.engine.sample_rows import SamplePractice, insert_practice, insert_statement, row, tables

READING = {name: all_statements()[name] for name in sorted(frozenset[str]().union(*needed_rights().values()))}
"""The statements that read or write tables."""
by_table = pytest.mark.parametrize("table", tables(), ids=lambda table: table.name)
by_function = pytest.mark.parametrize("name", function_names())


@frozen
class Database:
    """Two practices with two clients each. `owner` is a superuser that takes the application's role."""

    owner: psycopg.Connection[Any]
    here: SamplePractice
    there: SamplePractice

    def actor(self, reach: Reach) -> Actor:
        """The first client, a visitor or a job of the first practice."""
        match reach:
            case "record":
                return ClientActor(self.here.id, self.here.accounts[0], self.here.clients[0])
            case "visitor":
                return VisitorActor(self.here.id)
            case "practice":
                return SystemActor(self.here.id, "test")

    def act(self, actor: Actor | None) -> None:
        """Begin a transaction of the application's role for an actor, without checks of foreign keys."""
        self.owner.rollback()
        self.run("SET LOCAL session_replication_role = replica")
        for one in begin_transaction_sql(actor).split("; ")[1:] if actor else ():
            self.run(one)
        self.run(f"SET LOCAL ROLE {APP}")

    def run(self, statement: Any, values: Any = None) -> list[Any]:
        cursor = self.owner.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def refuses(self, statement: Any, values: Any = None) -> bool:
        """Whether a right or a policy forbids the statement; another error means that it was allowed."""
        try:
            with self.owner.transaction(force_rollback=True):
                self.owner.execute(statement, values)
        except errors.InsufficientPrivilege:
            return True
        except errors.IntegrityError:
            return False
        return False


@pytest.fixture(scope="module")
def filled(cluster: Cluster) -> Iterator[Database]:
    name = fresh_database(cluster, template_database(cluster, "migrate_template", migrate_template))
    with psycopg.connect(cluster.dsn(database=name), autocommit=True) as filling:
        here, there = (insert_practice(filling, clients=2, rows=2) for _ in range(2))
    with psycopg.connect(cluster.dsn(database=name)) as owner:
        for number, one in enumerate(READING.values()):
            owner.execute(f"PREPARE s{number} AS {one.sql}".encode())
        owner.commit()
        yield Database(owner, here, there)
    drop_database(cluster, name)


def _explained(name: str) -> sql.SQL:
    """Planning a statement checks the rights that it needs, and changes nothing."""
    number, count = list(READING).index(name), len(READING[name].names)
    return sql.SQL(f"EXPLAIN EXECUTE s{number}{_nulls(count)}")  # type: ignore[arg-type]


def _nulls(count: int) -> str:
    return f"({', '.join(['NULL'] * count)})" if count else ""


def _granted(database: Database) -> set[Right]:
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


def test_role_has_the_rights_that_statements_need(filled: Database) -> None:
    assert _granted(filled) == set(needed_rights())
    more = filled.run(
        "SELECT relname FROM pg_class WHERE relnamespace = 'portal'::regnamespace AND relkind IN ('r', 'p')"
        " AND (has_table_privilege(%s, oid, 'TRUNCATE, TRIGGER') OR has_any_column_privilege(%s, oid, 'REFERENCES'))",
        (APP, APP),
    )
    assert more == []


def test_every_statement_runs_with_the_rights_of_the_role(filled: Database) -> None:
    filled.act(filled.actor("practice"))
    assert [name for name in READING if filled.refuses(_explained(name))] == []


def test_no_right_is_superfluous(filled: Database) -> None:
    """Without any one of them, a statement that is said to need it is refused."""
    superfluous = []
    for right, names in needed_rights().items():
        filled.act(filled.actor("practice"))
        filled.run("RESET ROLE")
        columns = f' ("{right.column}")' if right.column else ""
        filled.run(f"REVOKE {right.privilege}{columns} ON portal.{right.table} FROM {APP}")
        filled.run(f"SET LOCAL ROLE {APP}")
        if not any(filled.refuses(_explained(name)) for name in sorted(names)):
            superfluous.append(right)
    assert superfluous == []


def _columns(table: Table, privilege: str) -> set[str]:
    """The columns on which the role has the privilege."""
    return {right.column for right in needed_rights() if (right.table, right.privilege) == (table.name, privilege)}


def _owner_columns(table: Table) -> list[str]:
    return [name for name in ("practice_id", "client_id", "account_id", "id") if name in table.c]


def _rows(filled: Database, table: Table, command: Command, actor: Actor | None) -> list[dict[str, Any]] | None:
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


def _is_own(filled: Database, table: Table, found: dict[str, Any]) -> bool:
    if table.name == "appointments":
        return bool(found["id"] == filled.here.ids["appointments"][0])
    key = {"clients": "id", "accounts": "id"}.get(table.name, "client_id" if "client_id" in table.c else "account_id")
    return found[key] in (filled.here.clients[0], filled.here.accounts[0])


@by_table
@pytest.mark.parametrize("command", [one for one in COMMANDS if one != "insert"])
@pytest.mark.parametrize("reach", ["record", "visitor", "practice"])
def test_actor_reaches_the_rows_that_are_expected(
    filled: Database, table: Table, command: Command, reach: Reach
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
def test_nobody_reaches_nothing(filled: Database, table: Table, command: Command) -> None:
    assert not _rows(filled, table, command, None)


@by_table
@pytest.mark.parametrize("reach", ["record", "visitor", "practice", None])
def test_actor_adds_the_rows_that_are_expected(filled: Database, table: Table, reach: Reach | None) -> None:
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
def test_function_is_called_within_its_scopes_only(filled: Database, name: str) -> None:
    """In any other transaction, and for another practice, it is refused before it does anything."""
    arguments = _arguments(filled, name)
    scopes = function_scopes(name)
    for scope in ("", "record", "visitor", "practice"):
        filled.act(filled.actor(scope) if scope else None)  # type: ignore[arg-type]
        with filled.owner.transaction(force_rollback=True):
            if scope in scopes:
                assert not filled.refuses(*_call(name, arguments)), scope
            else:
                assert filled.refuses(*_call(name, arguments)), scope
    if "" not in scopes and name != "notify":  # which takes the practice of the transaction
        foreign = _arguments(filled, name, filled.there)
        filled.act(filled.actor(scopes[0]))  # type: ignore[arg-type]
        assert filled.refuses(*_call(name, foreign))


def _call(name: str, arguments: dict[str, Any]) -> tuple[sql.Composed, list[Any]]:
    values = sql.SQL(", ").join(
        sql.SQL("{} => %s::{}").format(sql.Identifier(key), sql.SQL(kind)) for key, (kind, _) in arguments.items()
    )
    statement = sql.SQL("SELECT * FROM {}({})").format(sql.Identifier("portal", name), values)
    return statement, [value for _, value in arguments.values()]


def _arguments(filled: Database, name: str, practice: SamplePractice | None = None) -> dict[str, Any]:
    """The practice, one of its accounts and so on by the parameters' names, or any value of their types."""
    practice = practice or filled.here
    filled.owner.rollback()
    [(names, kinds)] = filled.run(
        "SELECT coalesce(proargnames[1:pronargs], '{}'),"
        " ARRAY(SELECT format_type(t, NULL) FROM unnest(proargtypes) AS t)"
        " FROM pg_proc WHERE pronamespace = 'portal'::regnamespace AND proname = %s",
        (name,),
    )
    known = {
        "practice": practice.id,
        "account": practice.accounts[0],
        "client": practice.clients[0],
        "arguments": f'{{"practice_id": "{practice.id}"}}',
        "kind": "test",
        "notice_class": "service",
    }
    values = {
        "uuid": uuid4(),
        "uuid[]": [uuid4()],
        "bytea": b"x",
        "timestamp with time zone": "2026-03-02 00:00:00+00",
        "date": "2026-03-02",
        "text": "x",
        "integer": 5,
        "double precision": 60.0,
    }
    return {one: (kind, known.get(one, values.get(kind))) for one, kind in zip(names, kinds, strict=True)}


def test_no_other_function_is_called_by_the_role(filled: Database) -> None:
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


@pytest.mark.parametrize("reach", ["record", "visitor", "practice"])
def test_audit_entry_cannot_be_forged(filled: Database, reach: Reach) -> None:
    """It is of the actor of the transaction, and a client's or proxy's is about their own record."""
    own = {
        "record": {"actor_kind": "client", "account_id": filled.here.accounts[0], "record": filled.here.clients[0]},
        "visitor": {"actor_kind": "visitor", "account_id": None, "record": filled.here.clients[0]},
        "practice": {"actor_kind": "system", "account_id": None, "record": filled.here.clients[0]},
    }[reach]
    forged: list[dict[str, Any]] = [
        {"account_id": filled.here.accounts[1]},
        {"practice_id": filled.there.id},
        *({"actor_kind": kind} for kind in ("client", "staff", "system", "visitor") if kind != own["actor_kind"]),
    ]
    if reach == "record":
        forged += [{"record": filled.here.clients[1]}, {"grant_id": uuid4()}, {"account_id": None}]
    filled.act(filled.actor(reach))
    for change in ({}, *forged):
        values = row(_table("audit_entries"), filled.here, 0, **{**own, **change})
        assert filled.refuses(*insert_statement(_table("audit_entries"), values)) == bool(change), change


def test_staff_entries_are_of_the_member_who_acts(filled: Database) -> None:
    filled.act(StaffActor(filled.here.id, filled.here.accounts[0], frozenset({"auditor"})))
    for account, kind, refused in (
        (filled.here.accounts[0], "staff", False),
        (filled.here.accounts[1], "staff", True),
        (None, "system", True),
        (filled.here.accounts[0], "client", True),
    ):
        values = row(_table("audit_entries"), filled.here, 0, account_id=account, actor_kind=kind)
        assert filled.refuses(*insert_statement(_table("audit_entries"), values)) == refused


def _table(name: str) -> Table:
    return next(table for table in tables() if table.name == name)


def test_keys_are_neither_deleted_nor_changed(filled: Database) -> None:
    actors = (*map(filled.actor, ("record", "visitor", "practice")), ProxyActor(filled.here.id, uuid4()))
    for actor in (*actors, None):
        for name in ("practice_keys", "client_keys", "former_practice_keys"):
            filled.act(actor)
            assert filled.refuses(f"DELETE FROM portal.{name}".encode())
            assert filled.refuses(f"UPDATE portal.{name} SET wrapped = 'x'".encode())


@pytest.mark.parametrize("reach", ["visitor", "practice"])
def test_no_statement_ends_the_sessions_of_several_accounts(filled: Database, reach: Reach) -> None:
    filled.act(filled.actor(reach))
    ending = "UPDATE portal.sessions SET ended_at = now() WHERE practice_id = %s"
    assert filled.refuses(ending, (filled.here.id,))
    for function in ("end_sessions", "delete_expired", "mark_active"):
        arguments = _arguments(filled, function) | {"instant": ("timestamptz", "2999-01-01")}
        filled.act(filled.actor(reach) if function == "end_sessions" else None)
        filled.run("RESET ROLE")
        filled.run("UPDATE portal.sessions SET ends_at = '2999-01-01'")
        before = _live(filled)
        filled.run(f"SET LOCAL ROLE {APP}")
        filled.run(*_call(function, arguments))
        filled.run("RESET ROLE")
        assert len(before - _live(filled)) <= 1, function


def _live(filled: Database) -> set[UUID]:
    filled.run("RESET ROLE")
    rows = filled.run("SELECT id FROM portal.sessions WHERE ended_at IS NULL AND practice_id = %s", (filled.here.id,))
    return {one for (one,) in rows}


def test_client_ends_no_other_account_s_sessions(filled: Database) -> None:
    filled.act(filled.actor("record"))
    other = _arguments(filled, "end_sessions") | {"account": ("uuid", filled.here.accounts[1])}
    filled.act(filled.actor("record"))
    assert filled.refuses(*_call("end_sessions", other))


def test_every_table_has_a_policy_for_each_command_that_it_allows(filled: Database) -> None:
    filled.owner.rollback()
    rows = filled.run("SELECT tablename, lower(cmd) FROM pg_policies WHERE schemaname = 'portal'")
    assert sorted(rows) == sorted((table.name, one) for table in tables() for one in allowed_commands(table))
