"""Row-level security hides rows of other clients and practices, whatever the statement. Cases come from the tables."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from attrs import frozen
from psycopg import errors, sql
from sqlalchemy import Table

from adapters.postgres.engine.metadata import metadata
from adapters.postgres.engine.row_level_security import allowed_commands, rows_within_reach
from adapters.postgres.engine.scope import begin_transaction_sql
from portal_core.kernel.actor import Actor, ClientActor, ProxyActor, StaffActor, SystemActor, VisitorActor
from tests.support.engine.clusters import Cluster, fresh_database, template_database
from tests.support.engine.postgres import APP, migrate_template
from tests.support.engine.sample_rows import SamplePractice, insert_practice, insert_statement, reach, row, tables

SECURED = [table for table in tables() if reach(table) != "function_only"]
OF_CLIENTS = [table for table in tables() if reach(table) == "client"]
OF_ACCOUNTS = [table for table in tables() if reach(table) == "account"]
READABLE = [table for table in SECURED if "select" in allowed_commands(table)]
by_name = pytest.mark.parametrize("table", READABLE, ids=lambda table: table.name)
client_tables = pytest.mark.parametrize("table", OF_CLIENTS, ids=lambda table: table.name)


def named(name: str) -> Table:
    return metadata.tables[f"portal.{name}"]


@frozen
class FilledDatabase:
    """Two practices with two clients each, and rows in every table."""

    owner: psycopg.Connection[Any]
    app: psycopg.Connection[Any]
    here: SamplePractice
    there: SamplePractice

    @property
    def ann(self) -> UUID:
        return self.here.clients[0]

    @property
    def bob(self) -> UUID:
        return self.here.clients[1]

    @property
    def as_ann(self) -> ClientActor:
        return ClientActor(self.here.id, self.here.accounts[0], self.ann)

    @property
    def everyone(self) -> list[Actor]:
        """One actor of every type, all of the same practice."""
        return [
            self.as_ann,
            ProxyActor(self.here.id, uuid4(), self.ann),
            ProxyActor(self.here.id, self.here.accounts[0]),
            StaffActor(self.here.id, uuid4(), frozenset({"administrator"})),
            SystemActor(self.here.id, "test"),
            VisitorActor(self.here.id),
        ]

    def count(self, table: Table, column: str, value: object, *, other: bool = False) -> int:
        """The number of visible rows with that value in the column, or with any other value."""
        statement = sql.SQL("SELECT count(*) FROM {} WHERE {} {} %s").format(
            sql.Identifier("portal", table.name),
            sql.Identifier(column),
            sql.SQL("IS DISTINCT FROM" if other else "="),
        )
        found = self.app.execute(statement, [value]).fetchone()
        assert found is not None
        return int(found[0])

    def act(self, actor: Actor) -> None:
        """Begin a transaction of the actor, replacing the current one."""
        self.app.rollback()
        for one in begin_transaction_sql(actor).split("; ")[1:]:
            self.app.execute(one)  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def database(cluster: Cluster) -> Iterator[FilledDatabase]:
    name = fresh_database(cluster, template_database(cluster, "migrate_template", migrate_template))
    with (
        psycopg.connect(cluster.dsn(database=name), autocommit=True) as owner,
        psycopg.connect(cluster.dsn(APP, name)) as app,
    ):
        yield FilledDatabase(
            owner, app, insert_practice(owner, clients=2, rows=2), insert_practice(owner, clients=2, rows=2)
        )


@pytest.fixture
def filled(database: FilledDatabase) -> Iterator[FilledDatabase]:
    yield database
    database.app.rollback()


def test_every_table_of_the_schema_is_secured(filled: FilledDatabase) -> None:
    """Reads the catalog, so that tables without a definition are found as well."""
    rows = filled.owner.execute(
        "SELECT c.relname, c.relrowsecurity, c.relispartition,"
        " (SELECT count(*) FROM pg_policy AS p WHERE p.polrelid = c.oid),"
        " has_any_column_privilege(%s, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')"
        " OR has_table_privilege(%s, c.oid, 'DELETE, TRUNCATE, TRIGGER')"
        " FROM pg_class AS c WHERE c.relnamespace = 'portal'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')",
        (APP, APP),
    ).fetchall()
    with_policy = {name for name, enabled, _, policies, _ in rows if enabled and policies}
    out_of_reach = {name for name, _, _, _, reached in rows if not reached}
    partitions = {name for name, _, partition, _, _ in rows if partition}
    assert {table.name for table in SECURED} == with_policy
    assert {name for name, *_ in rows} == with_policy | out_of_reach
    assert out_of_reach >= {table.name for table in tables() if reach(table) == "function_only"} | partitions
    assert partitions


def test_application_role_owns_nothing_and_cannot_bypass_policies(filled: FilledDatabase) -> None:
    assert filled.owner.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = %s",
        (APP,),
    ).fetchone() == (False, False, False, False, False)
    memberships = "SELECT count(*) FROM pg_auth_members WHERE member = %s::regrole"
    owned = "SELECT count(*) FROM pg_shdepend WHERE refobjid = %s::regrole AND deptype = 'o'"
    for question in (memberships, owned):
        assert filled.owner.execute(question, (APP,)).fetchone() == (0,)  # type: ignore[call-overload]
    schemas = "SELECT has_schema_privilege(%s, 'portal', 'CREATE'), has_schema_privilege(%s, 'jobs', 'USAGE')"
    assert filled.owner.execute(schemas, (APP, APP)).fetchone() == (False, False)


def test_security_definer_functions_pin_their_search_path(filled: FilledDatabase) -> None:
    rows = filled.owner.execute(
        "SELECT proname, proconfig FROM pg_proc WHERE pronamespace = 'portal'::regnamespace AND prosecdef"
    ).fetchall()
    assert rows
    assert [name for name, config in rows if not any(one.startswith("search_path=") for one in config or ())] == []


@by_name
def test_no_rows_without_actor(filled: FilledDatabase, table: Table) -> None:
    assert filled.count(table, "id" if table.name == "practices" else "practice_id", uuid4(), other=True) == 0


@by_name
def test_actor_does_not_leak_between_transactions(filled: FilledDatabase, table: Table) -> None:
    """A setting once used in a session reads as an empty string afterwards."""
    filled.act(SystemActor(filled.here.id, "test"))
    filled.app.rollback()
    assert filled.count(table, "id" if table.name == "practices" else "practice_id", uuid4(), other=True) == 0


@by_name
def test_staff_and_jobs_see_only_their_practice(filled: FilledDatabase, table: Table) -> None:
    practice = "id" if table.name == "practices" else "practice_id"
    for actor in (SystemActor(filled.here.id, "t"), StaffActor(filled.here.id, uuid4(), frozenset({"clinician"}))):
        filled.act(actor)
        expected = rows_within_reach(table, "select", "practice") == "all"
        assert (filled.count(table, practice, filled.here.id) > 0) == expected
        assert filled.count(table, practice, filled.here.id, other=True) == 0


@by_name
def test_no_actor_sees_another_practice(filled: FilledDatabase, table: Table) -> None:
    practice = "id" if table.name == "practices" else "practice_id"
    for actor in filled.everyone:
        filled.act(actor)
        assert filled.count(table, practice, filled.here.id, other=True) == 0, actor


@client_tables
def test_client_sees_only_own_rows(filled: FilledDatabase, table: Table) -> None:
    client = "id" if table.name == "clients" else "client_id"
    for actor in (filled.as_ann, ProxyActor(filled.here.id, uuid4(), filled.ann)):
        filled.act(actor)
        assert (filled.count(table, client, filled.ann) > 0) == (rows_within_reach(table, "select", "record") == "own")
        assert filled.count(table, client, filled.ann, other=True) == 0


@client_tables
def test_visitor_sees_no_client_rows(filled: FilledDatabase, table: Table) -> None:
    filled.act(VisitorActor(filled.here.id))
    assert filled.count(table, "practice_id", filled.here.id) == 0


@pytest.mark.parametrize("table", OF_ACCOUNTS, ids=lambda table: table.name)
def test_account_holder_sees_only_own_account_rows(filled: FilledDatabase, table: Table) -> None:
    filled.act(filled.as_ann)
    expected = rows_within_reach(table, "select", "record") == "own"
    assert (filled.count(table, "account_id", filled.here.accounts[0]) > 0) == expected
    assert filled.count(table, "account_id", filled.here.accounts[0], other=True) == 0


def test_appointment_is_visible_to_its_attendees(filled: FilledDatabase) -> None:
    filled.act(filled.as_ann)
    seen = filled.app.execute("SELECT id FROM portal.appointments").fetchall()
    own = filled.app.execute("SELECT appointment_id FROM portal.attendances").fetchall()
    assert sorted(seen) == sorted(own) == [(filled.here.ids["appointments"][0],)]


@pytest.mark.parametrize("name", ["staff", "notices", "appointment_series", "invitations"])
def test_practice_only_rows_are_hidden_from_clients(filled: FilledDatabase, name: str) -> None:
    filled.act(filled.as_ann)
    assert filled.count(named(name), "practice_id", filled.here.id) == 0


@client_tables
def test_client_cannot_move_own_rows_to_another(filled: FilledDatabase, table: Table) -> None:
    client = "id" if table.name == "clients" else "client_id"
    filled.act(filled.as_ann)
    given = sql.SQL("UPDATE {} SET {} = %s").format(sql.Identifier("portal", table.name), sql.Identifier(client))
    with pytest.raises(errors.InsufficientPrivilege):
        filled.app.execute(given, [filled.bob])


@pytest.mark.parametrize(
    "table", [table for table in SECURED if reach(table) != "append"], ids=lambda table: table.name
)
def test_no_actor_writes_into_another_practice(filled: FilledDatabase, table: Table) -> None:
    practice = "id" if table.name == "practices" else "practice_id"
    for actor in filled.everyone:
        filled.act(actor)
        with pytest.raises(errors.InsufficientPrivilege):
            filled.app.execute(*insert_statement(table, row(table, filled.there, 1)))
        assert _moved(filled, actor, table, practice) == 0


def _moved(filled: FilledDatabase, actor: Actor, table: Table, practice: str) -> int:
    """How many rows the actor could move to the other practice."""
    filled.act(actor)
    move = sql.SQL("UPDATE {} SET {} = %s").format(sql.Identifier("portal", table.name), sql.Identifier(practice))
    try:
        return filled.app.execute(move, [filled.there.id]).rowcount
    except errors.InsufficientPrivilege:
        return 0


@pytest.mark.parametrize(
    "name",
    ["locations", "appointment_types", "availability_rules", "availability_exceptions", "practices", "clinicians"],
)
def test_clients_read_booking_options_and_cannot_change_them(filled: FilledDatabase, name: str) -> None:
    table = named(name)
    filled.act(filled.as_ann)
    assert filled.app.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier("portal", name))).fetchone()
    with pytest.raises(errors.InsufficientPrivilege):
        filled.app.execute(
            sql.SQL("UPDATE {} SET {} = {}").format(
                sql.Identifier("portal", name), sql.Identifier(key := next(iter(table.c)).name), sql.Identifier(key)
            )
        )
    filled.act(filled.as_ann)
    if name != "practices":
        with pytest.raises(errors.InsufficientPrivilege):
            filled.app.execute(*insert_statement(table, row(table, filled.here, 1)))
    else:
        assert filled.app.execute("SELECT count(*) FROM portal.practices").fetchone() == (1,)
