"""What every unit of work provides: scope, audit, denial, idempotency, and keys."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import ARRAY, bindparam, func, select
from sqlalchemy.dialects import postgresql

from adapters.postgres.engine.audit import ADD_ENTRIES, entry_rows
from adapters.postgres.engine.limits import PostgresRateLimits
from adapters.postgres.engine.metadata import metadata
from adapters.postgres.engine.outbox import DEFER
from adapters.postgres.engine.pool import open_pool
from adapters.postgres.engine.scope import SETTINGS
from adapters.postgres.engine.statements import compile_statement
from adapters.postgres.people.practices import ADD_HOST
from adapters.postgres.people.tables import clients, practice_hosts
from portal_core.kernel.actor import Actor, ClientActor, Origin, StaffActor, SystemActor, VisitorActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Conflict, IdempotencyMismatch, NotFound, RateLimited, Unavailable
from portal_core.kernel.idempotency import IdempotentRequest, Replayed
from portal_core.kernel.limits import Limit
from tests.support.clock import FixedClock
from tests.support.engine.postgres import PortalDatabase


class DoIt:
    """A stand-in for a use case."""


async def _client(database: PortalDatabase, idempotent_request: IdempotentRequest | None = None) -> ClientActor:
    practice = await database.practice()
    client = await database.client(practice)
    return ClientActor(practice, uuid4(), client, origin=Origin("203.0.113.9", "Firefox", "r-1", idempotent_request))


async def test_only_committed_changes_are_stored(shared_database: PortalDatabase) -> None:
    actor = await _client(shared_database)
    async with shared_database.begin(actor) as unit:
        await unit.audit.record(AuditEntry("thing.read", record=actor.client_id, facts={"n": "1"}))
        await unit.outbox.defer(DoIt, thing_id=actor.client_id)
        await unit.commit(None)
    async with shared_database.begin(actor) as unit:
        await unit.audit.record(AuditEntry("thing.lost", record=actor.client_id))
    rows = shared_database.owner.execute(
        "SELECT action, actor_kind, account_id, record, facts, address, device, request_id, outcome"
        " FROM portal.audit_entries WHERE practice_id = %s",
        (actor.practice_id,),
    ).fetchall()
    assert rows == [
        (
            "thing.read",
            "client",
            actor.account_id,
            actor.client_id,
            {"n": "1"},
            "203.0.113.9",
            "Firefox",
            "r-1",
            "done",
        )
    ]
    jobs = shared_database.owner.execute(
        "SELECT task_name, args FROM jobs.procrastinate_jobs WHERE args->>'practice_id' = %s", (str(actor.practice_id),)
    ).fetchall()
    assert jobs == [("do_it", {"thing_id": str(actor.client_id), "practice_id": str(actor.practice_id)})]


async def test_denial_is_audited_when_the_rest_rolls_back(shared_database: PortalDatabase) -> None:
    actor = await _client(shared_database)
    target = uuid4()
    with pytest.raises(NotFound):
        async with shared_database.begin(actor) as unit:
            await unit.audit.record(AuditEntry("thing.read"))
            raise NotFound("thing", target)
    rows = shared_database.owner.execute(
        "SELECT action, outcome, target FROM portal.audit_entries WHERE practice_id = %s", (actor.practice_id,)
    ).fetchall()
    assert rows == [("access.denied", "denied", target)]


async def test_idempotency_key_has_one_effect_and_one_response(shared_database: PortalDatabase) -> None:
    actor = await _client(shared_database, IdempotentRequest("makeThing", "k1", b"same"))
    async with shared_database.begin(actor) as unit:
        await unit.commit({"id": "first"})
    again = IdempotentRequest("makeThing", "k1", b"same")
    with pytest.raises(Replayed) as replayed:
        async with shared_database.begin(_with(actor, again)) as unit:
            pytest.fail("the unit must not open")
    assert replayed.value.response == b'{"id":"first"}'
    with pytest.raises(IdempotencyMismatch):
        async with shared_database.begin(_with(actor, IdempotentRequest("makeThing", "k1", b"other"))):
            pytest.fail("the unit must not open")
    body = shared_database.owner.execute(
        "SELECT body FROM portal.idempotent_responses WHERE practice_id = %s", (actor.practice_id,)
    ).fetchone()
    assert body is not None
    assert b"first" not in body[0]


async def test_rolled_back_attempt_can_be_repeated(shared_database: PortalDatabase) -> None:
    actor = await _client(shared_database, IdempotentRequest("makeThing", "k2", b"same"))
    with pytest.raises(ValueError, match="broken"):
        async with shared_database.begin(actor):
            raise ValueError("broken")
    async with shared_database.begin(_with(actor, IdempotentRequest("makeThing", "k2", b"same"))) as unit:
        assert await unit.commit("made") == "made"


async def test_read_only_unit_releases_idempotency_claim(shared_database: PortalDatabase) -> None:
    actor = await _client(shared_database, IdempotentRequest("makeThing", "k5", b"same"))
    async with shared_database.begin(actor):
        pass
    async with shared_database.begin(actor) as unit:
        assert await unit.commit("made") == "made"
    async with shared_database.begin(actor) as unit:  # the same request continues
        await unit.audit.record(AuditEntry("thing.mailed"))
        await unit.commit("made and mailed")
    with pytest.raises(Replayed) as replayed:
        async with shared_database.begin(_with(actor, IdempotentRequest("makeThing", "k5", b"same"))):
            raise AssertionError("it was done before")
    assert replayed.value.response == b'"made and mailed"'


async def test_concurrent_requests_with_one_key_take_effect_once(shared_database: PortalDatabase) -> None:
    actor = await _client(shared_database)
    effects = 0

    async def deduplication_key() -> str:
        nonlocal effects
        try:
            async with shared_database.begin(_with(actor, IdempotentRequest("makeThing", "k3", b"d"))) as unit:
                effects += 1
                await asyncio.sleep(0)
                return str(await unit.commit("made"))
        except Replayed as replayed:
            return replayed.response.decode()

    answers = await asyncio.gather(*(deduplication_key() for _ in range(8)))
    assert effects == 1
    assert sorted(set(answers)) == ['"made"', "made"]


async def test_idempotent_response_is_deleted_after_a_day(shared_database: PortalDatabase) -> None:
    actor = await _client(shared_database, IdempotentRequest("makeThing", "k4", b"d"))
    async with shared_database.begin(actor) as unit:
        await unit.commit("first")
    later = type(shared_database.clock)(shared_database.clock.at + timedelta(hours=24))
    begin = shared_database.begin_with(later, shared_database.ids)
    async with begin(_with(actor, IdempotentRequest("makeThing", "k4", b"e"))) as unit:
        assert await unit.commit("second") == "second"


async def test_limits_are_exact_across_connections(shared_database: PortalDatabase) -> None:
    limits = PostgresRateLimits(shared_database.pool, shared_database.clock)
    limit = Limit(f"t-{uuid4()}", 5, timedelta(minutes=15))
    practice = uuid4()
    outcomes = await asyncio.gather(
        *(limits.take(practice, limit, "a@b.example") for _ in range(20)), return_exceptions=True
    )
    refused = [error for error in outcomes if isinstance(error, RateLimited)]
    assert len(refused) == 15
    assert {error.retry_after for error in refused} == {900}


async def test_unknown_practice_has_no_units_of_work(shared_database: PortalDatabase) -> None:
    with pytest.raises(NotFound):
        async with shared_database.begin(SystemActor(uuid4(), "job")):
            pytest.fail("the unit must not open")


async def test_later_units_do_not_call_the_master_key(database: PortalDatabase) -> None:
    actor = await _client(database)
    calls = database.master.calls
    for _ in range(5):
        async with database.begin(actor) as unit:
            sealed = await unit.tx.seal(actor.client_id, clients.c.address, actor.client_id, "words")
            assert await unit.tx.unseal(actor.client_id, clients.c.address, actor.client_id, sealed) == "words"
    assert database.master.calls == calls


async def test_destroyed_key_makes_content_unreadable_and_keeps_the_audit_log(database: PortalDatabase) -> None:
    actor = await _client(database)
    async with database.begin(actor) as unit:
        sealed = await unit.tx.seal(actor.client_id, clients.c.address, actor.client_id, "words")
        await unit.audit.record(AuditEntry("thing.read", record=actor.client_id))
        await unit.commit(None)
    database.owner.execute("DELETE FROM portal.client_keys WHERE client_id = %s", (actor.client_id,))
    database.keys.forget(actor.client_id)
    async with database.begin(actor) as unit:
        assert await unit.tx.unseal(actor.client_id, clients.c.address, actor.client_id, sealed) is None
    count = database.owner.execute("SELECT count(*) FROM portal.audit_entries").fetchone()
    assert count == (1,)


async def test_lost_database_raises_unavailable(database: PortalDatabase) -> None:
    actor = await _client(database)
    await database.pool.close()
    with pytest.raises(Unavailable):
        async with database.begin(actor):
            pytest.fail("the unit must not open")


async def _settings(database: PortalDatabase) -> set[tuple[str, ...]]:
    """The settings of the scope and of plans on every connection of the pool."""
    names = (*SETTINGS, "plan_cache_mode")
    columns = ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in names)
    async with AsyncExitStack() as stack:
        connections = [
            await stack.enter_async_context(database.pool.acquire()) for _ in range(database.pool.get_size())
        ]
        return {tuple(await one.fetchrow(f"SELECT {columns}")) for one in connections}


async def test_no_setting_outlives_its_transaction(database: PortalDatabase) -> None:
    """Whoever gets the connection next is nobody until they say who they are."""
    actor = await _client(database)
    keyed = _with(actor, IdempotentRequest("makeThing", "k6", b"same"))
    staff = StaffActor(actor.practice_id, uuid4(), frozenset({"front_desk"}))

    async def read(who: Actor, *, read_only: bool, end: str) -> None:
        async with database.begin(who, read_only=read_only) as unit:
            await unit.audit.record(AuditEntry("thing.read"))
            await unit.read_together(unit.client_records.get(actor.client_id), unit.practice_record.get())
            if end == "waits":
                await asyncio.sleep(60)
            elif end == "denied":
                raise NotFound("thing", uuid4())
            elif end == "fails":
                await unit.tx.connection.fetch("SELECT 1 / 0")
            elif end == "commits":
                await unit.commit(None)

    for who in (actor, keyed, staff, SystemActor(actor.practice_id, "job"), VisitorActor(actor.practice_id)):
        for read_only in (True, False):
            for end in ("commits", "leaves", "denied", "fails", "waits"):
                task = asyncio.create_task(read(who, read_only=read_only, end=end))
                await asyncio.wait([task], timeout=0.05 if end == "waits" else None)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                assert await _settings(database) == {("", "", "", "", "force_generic_plan")}


async def test_read_only_unit_sees_its_own_record(database: PortalDatabase) -> None:
    actor = await _client(database)
    other = await database.client(actor.practice_id)
    foreign = await _client(database)
    async with database.begin(actor, read_only=True) as unit:
        found = await unit.read_together(
            *(unit.client_records.get(one) for one in (other, actor.client_id, foreign.client_id))
        )
        assert [one and one.id for one in found] == [None, actor.client_id, None]
        assert await unit.client_records.get(other) is None
        assert await unit.client_records.get(actor.client_id)
        # Whatever a statement asks for: row-level security decides.
        rows = await unit.tx.fetch(compile_statement("test.everybody", select(clients.c.id)))
        assert [row["id"] for row in rows] == [actor.client_id]


async def test_read_only_unit_runs_reads_only(database: PortalDatabase) -> None:
    actor = await _client(database)
    async with database.begin(actor, read_only=True) as unit:
        with pytest.raises(TypeError, match="cannot run"):
            await unit.tx.execute(ADD_ENTRIES, entries=[])
        with pytest.raises(TypeError, match="cannot run"):
            unit.tx.write_later(ADD_ENTRIES, entries=[])
        with pytest.raises(TypeError, match="cannot run"):
            await unit.tx.fetch(DEFER, task="x", job_arguments={})


async def test_only_reads_are_sent_together(database: PortalDatabase) -> None:
    actor = await _client(database)
    async with database.begin(actor) as unit:
        with pytest.raises(TypeError, match="only reads"):
            await unit.read_together(unit.practice_record.get(), unit.tx.execute(ADD_ENTRIES, entries=[]))
        with pytest.raises(TypeError, match="only reads"):
            await unit.read_together(unit.practice_record.get(), asyncio.sleep(0))
        locking = compile_statement("test.lock", select(clients.c.id).with_for_update())
        for one in (locking, DEFER):
            with pytest.raises(TypeError, match="only reads"):
                await unit.read_together(unit.tx.fetch(one, task="x", job_arguments={}))
        assert await unit.practice_record.get()
        await unit.audit.record(AuditEntry("thing.read"))
        await unit.commit(None)


async def test_reads_see_what_was_to_be_written_later(database: PortalDatabase) -> None:
    actor = await _client(database)
    system = SystemActor(actor.practice_id, "job")
    async with database.begin(system) as unit:
        for host in ("one.example", "two.example"):
            unit.tx.write_later(ADD_HOST, host=host)
        counted = (
            select(func.count())
            .select_from(practice_hosts)
            .where(practice_hosts.c.practice_id == bindparam("practice_id"))
        )
        assert (await unit.tx.fetchrow(compile_statement("test.count", counted)))[0] == 2


async def test_violated_constraint_of_a_later_write_is_the_core_s_error(database: PortalDatabase) -> None:
    actor = await _client(database)
    system = SystemActor(actor.practice_id, "job")
    rows = entry_rows(system, [AuditEntry("one")], FixedClock(), database.ids)
    with pytest.raises(Conflict):
        async with database.begin(system) as unit:
            for _ in range(10):
                unit.tx.write_later(ADD_ENTRIES, entries=rows)
            await unit.commit(None)
    assert database.owner.execute("SELECT count(*) FROM portal.audit_entries").fetchone() == (0,)


def _with(actor: ClientActor, idempotent_request: IdempotentRequest) -> ClientActor:
    origin = Origin("203.0.113.9", "Firefox", "r-2", idempotent_request)
    return ClientActor(actor.practice_id, actor.account_id, actor.client_id, origin=origin)


async def test_new_connection_decodes_arrays_within_records(shared_database: PortalDatabase) -> None:
    """Rows that are read together are records, whose types the driver does not look up."""
    columns = [column for table in metadata.tables.values() for column in table.c if isinstance(column.type, ARRAY)]
    kinds = {str(column.type.compile(postgresql.dialect())) for column in columns}
    assert len(kinds) >= 3
    pool = await open_pool(shared_database.app_dsn, min_size=1, max_size=1)
    try:
        for kind in kinds:
            assert await pool.fetchval(f"SELECT ARRAY(SELECT ROW(NULL::{kind}, '{{}}'::{kind}))") == [(None, [])]
    finally:
        await pool.close()
