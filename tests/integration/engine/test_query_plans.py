"""No statement's cost grows with the deployment or with a practice; each is planned as the application's role.

The database has one large practice and many small ones. Every statement is explained under row-level security with
typical parameters. It may not scan a whole table, and in the large practice it may examine no more rows of a big
table than a page needs: row-level security keeps operators that are not leakproof out of index scans, so that a
statement with the right index can still scan the whole practice.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from attrs import frozen
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import bindparam, func, select
from sqlalchemy import types as kinds
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.sql.dml import Delete, Insert

from adapters.postgres.appointments.reads import MAX_INSTANT, MIN_INSTANT
from adapters.postgres.appointments.tables import attendances, holds
from adapters.postgres.engine.columns import Instant
from adapters.postgres.engine.pool import open_pool
from adapters.postgres.engine.read_only import scoped_read
from adapters.postgres.engine.scope import actor_settings, begin_transaction_sql
from adapters.postgres.engine.statements import Statement, compile_statement, only_reads, read_together
from portal_core.kernel.actor import Actor, ClientActor, SystemActor
from tests.support.engine.clusters import Cluster, drop_database, fresh_database, template_database
from tests.support.engine.postgres import APP, migrate_template
from tests.support.engine.sample_rows import ROW_LIMITS, START, SamplePractice, insert_practice
from tests.support.engine.statements import DIALECT, all_statements

# Without calls of functions, which have no plan of their own.
_CALLS = ("outbox.", "record_erasures.erase", "sessions.end_all", "download_links.unscoped_by_hash")
REGISTRY = {name: one for name, one in all_statements().items() if not name.startswith(_CALLS)}

LARGE = {"clients": 400, "rows": 2400}
SMALL = {"clients": 8, "rows": 24}
SMALL_PRACTICES = 30
MAX_ROWS = 150
"""Rows that a statement may examine for one page of 20, or for one client: here at most 30 rows per table."""

SMALL_TABLES = dict.fromkeys(ROW_LIMITS, "a practice has few rows in it, whatever its size")
SCAN_NODES = {
    "email_requests.list_requested_before": "jobs process each within seconds; only interrupted ones remain",
    "waitlist.matching": "all entries for the appointment type are read, since the core decides which ones match",
    "waitlist.list_for_practice": "all who wait now are read to be put in order: in that order one would walk over all"
    " who once waited, and whose last date is past",
    "booking_options.published_hours": "all dates to come on which a clinician of the care team differs: a handful",
    "clients.search_first_page": "all words that begin so are read, to be put in order of the clients' names",
    "clients.search_next_page": "as the first page",
    "appointments.count_with_clinicians": "only imports ask, and count all that clinicians who left have to come",
    "appointments.upcoming": "rules of time zones seldom change, and concern all that is to come",
    "appointments.upcoming_at_location": "a location seldom changes, and all that is to come there follows",
    "freed_slots.pending_ids": "a practice has a handful: they are forgotten as soon as nobody waits for them",
}
"""Statements that may examine more rows, each with its reason."""


@frozen
class QueryPlanner:
    """A filled database and a connection of the application's role to it."""

    practice: SamplePractice
    pool: Any
    runner: asyncio.Runner

    @property
    def client(self) -> UUID:
        return self.practice.clients[7]

    @property
    def account(self) -> UUID:
        return self.practice.accounts[7]

    def explain(self, one: Statement, values: dict[str, Any]) -> dict[str, Any]:
        """The plan, and the actual row counts if the statement can be run without changing data that matters."""
        actor: Actor = ClientActor(self.practice.id, self.account, self.client)
        if one.scope_exemption or _is_staff_only(one):
            actor = SystemActor(self.practice.id, "test")
        run = "" if isinstance(one.source, Insert) else "ANALYZE, TIMING OFF, "
        return self.runner.run(self._explain(begin_transaction_sql(actor), one.sql, one.arguments(values), run))

    def explain_read_only(self, one: Statement, values: dict[str, Any]) -> dict[str, Any]:
        """The plan of a read as a client's read-only unit sends it, which is made before the scope is set."""
        actor = ClientActor(self.practice.id, self.account, self.client)
        arguments = [*one.arguments(values), *actor_settings(actor), self.practice.id, []]
        return self.runner.run(self._explain("BEGIN", scoped_read(one), arguments, "ANALYZE, TIMING OFF, "))

    async def _explain(self, begin: str, statement: str, values: list[Any], run: str) -> dict[str, Any]:
        async with self.pool.acquire() as connection:
            # A prepared statement, so that it is planned as in production: a generic plan, or one for these values.
            await connection.execute(f"{begin}; PREPARE explained AS {statement}")
            try:
                given = ", ".join(_literal(value) for value in values)
                arguments = f"({given})" if given else ""
                rows = await connection.fetchval(f"EXPLAIN ({run}FORMAT JSON) EXECUTE explained{arguments}")
            finally:
                await connection.execute("ROLLBACK; DEALLOCATE explained")
        plan: dict[str, Any] = rows[0]["Plan"]
        return plan


def _literal(value: Any) -> str:
    return sql.Literal(Jsonb(value) if isinstance(value, dict) or value == [] else value).as_string()


def _is_staff_only(one: Statement) -> bool:
    """Whether clients can see no rows of it, so that only a staff actor shows its plan."""
    area = one.name.split(".")[0]
    return one.name in ("accounts.find_by_clients", "availability.remove_exception") or area in (
        "audit",
        "clients",
        "invitations",
        "notices",
        "series",
        "staff",
    )


@pytest.fixture(scope="module")
def planner(cluster: Cluster) -> Iterator[QueryPlanner]:
    name = fresh_database(cluster, template_database(cluster, "migrate_template", migrate_template))
    with psycopg.connect(cluster.dsn(database=name), autocommit=True) as owner, asyncio.Runner() as runner:
        practice = insert_practice(owner, **LARGE)
        for _ in range(SMALL_PRACTICES):
            insert_practice(owner, **SMALL)
        owner.execute("ANALYZE")
        pool = runner.run(open_pool(cluster.dsn(APP, name), min_size=1, max_size=1))
        yield QueryPlanner(practice, pool, runner)
        runner.run(pool.close())
    drop_database(cluster, name)


def parameters(one: Statement, planner: QueryPlanner) -> dict[str, Any]:
    """Typical values for the statement's parameters, chosen by name, else by type."""
    ids = planner.practice.ids
    middle = START + timedelta(hours=LARGE["rows"] // 2)
    named: dict[str, Any] = {
        "practice_id": planner.practice.id,
        "client_id": planner.client,
        "client": planner.client,
        "client_ids": [planner.client],
        "account_id": planner.account,
        "account": planner.account,
        "clinician_id": ids["clinicians"][3],
        "clinicians": ids["clinicians"][:2],
        "appointment_type_id": ids["appointment_types"][1],
        "appointment_id": ids["appointments"][7],
        "since": middle,
        "until": middle + timedelta(days=1),
        "status": "pending",
        "side": "portal",
    }
    if one.name.startswith("clients."):
        named |= {
            "begins": ["word 7"],
            "ends": ["word 8"],
            "terms": [0],
            "term_count": 1,
            "account_status": None,
            "care_team": None,
        }
    if one.name in ("appointments.save_all", "attendances.save_all", "series.save_all", "calendar.change_all"):
        named |= {"rows": [], "entries": []}
    if one.name.startswith("appointments.list_"):
        named |= {"since": MIN_INSTANT, "until": MAX_INSTANT}
    binds = one.source.compile(dialect=DIALECT).binds  # type: ignore[attr-defined]
    missing = (bind for key, bind in binds.items() if key not in named and key in one.names)
    return named | {bind.key: typical(bind.type, middle) for bind in missing}


def typical(type_: Any, middle: datetime) -> Any:
    """A value of the type from the middle of the stored range."""
    match type_:
        case kinds.Uuid():
            return uuid4()
        case kinds.DateTime():
            return middle
        case kinds.Date():
            return middle.date()
        case kinds.Time():
            return time(9)
        case kinds.Boolean():
            return True
        case kinds.Integer() | kinds.NullType():
            return 20
        case kinds.LargeBinary():
            return bytes(32)
        case ARRAY():
            return [typical(type_.item_type, middle)]
        case JSONB():
            return {}
    return "x"


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The plan nodes that read tables."""
    if "Relation Name" in plan and plan["Node Type"] != "ModifyTable":
        yield plan
    for child in plan.get("Plans", ()):
        yield from scans(child)


def rows_examined(node: dict[str, Any], *, clearing: bool) -> float:
    """The number of rows the node examined, without the rows that a DELETE removes when `clearing`."""
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    kept = 0 if clearing else node.get("Actual Rows", 0)
    return float((kept + removed) * node.get("Actual Loops", 0))


def plan_problems(one: Statement, plan: dict[str, Any]) -> list[str]:
    """The problems of a plan of the statement."""
    found = []
    for node in scans(plan):
        table = node["Relation Name"]
        rows = rows_examined(node, clearing=isinstance(one.source, Delete))
        if table in SMALL_TABLES:
            continue
        if node["Node Type"] == "Seq Scan":
            found.append(f"it scans all of {table}: {node}")
        elif rows > MAX_ROWS and one.name not in SCAN_NODES:
            found.append(f"it examines {rows} rows of {table}: {node}")
    return found


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_statement_finds_its_rows_by_an_index(planner: QueryPlanner, name: str) -> None:
    one = REGISTRY[name]
    assert plan_problems(one, planner.explain(one, parameters(one, planner))) == []


@pytest.mark.parametrize(
    "name",
    sorted(
        name for name, one in REGISTRY.items() if only_reads(one) and not (one.scope_exemption or _is_staff_only(one))
    ),
)
def test_read_of_a_record_begins_with_its_scope(planner: QueryPlanner, name: str) -> None:
    """Nothing is read before the scope is set, and the plan, made without it, is as good."""
    one = REGISTRY[name]
    plan = planner.explain_read_only(one, parameters(one, planner))
    assert plan_problems(one, plan) == []
    first, second = (part for part in plan["Plans"] if part.get("Parent Relationship") in ("Outer", "Inner"))
    assert plan["Node Type"] == "Nested Loop"
    assert (first["Node Type"], first["CTE Name"]) == ("CTE Scan", "scope")
    assert list(scans(first)) == []
    assert second["Actual Loops"] == 1
    assert "scope.is_set" in second.get("One-Time Filter", second.get("Filter", ""))


@pytest.mark.parametrize("name", sorted(name for name, one in REGISTRY.items() if only_reads(one)))
def test_rows_read_together_are_as_read_alone(planner: QueryPlanner, name: str) -> None:
    one = REGISTRY[name]
    values = one.arguments(parameters(one, planner))

    async def read() -> tuple[list[Any], list[Any], list[Any]]:
        async with planner.pool.acquire() as connection:
            await connection.execute(begin_transaction_sql(SystemActor(planner.practice.id, "test")))
            try:
                alone = await connection.fetch(one.sql, *values)
                first, second = await connection.fetchrow(read_together((one, one)).sql, *values, *values)
            finally:
                await connection.execute("ROLLBACK")
        return list(map(tuple, alone)), first, second

    alone, first, second = planner.runner.run(read())
    assert alone == first == second


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("made.no_index", select(holds.c.id).where(holds.c.appointment_type_id == bindparam("appointment_type_id"))),
        # The times are indexed, but row-level security keeps this operator out of the index scan.
        (
            "made.not_leakproof",
            select(attendances.c.status).where(
                func.tstzrange(attendances.c.starts_at, attendances.c.starts_at, "[]").op("&&")(
                    func.tstzrange(bindparam("since", type_=Instant), bindparam("until", type_=Instant))
                ),
            ),
        ),
    ],
)
def test_growing_statement_is_reported(planner: QueryPlanner, name: str, source: Any) -> None:
    table = next(iter(source.get_final_froms()))
    made = compile_statement(name, source.where(table.c.practice_id == bindparam("practice_id")), "shown to fail")
    assert plan_problems(made, planner.explain(made, parameters(made, planner))) != []
