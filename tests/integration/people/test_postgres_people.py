"""The people contract suites on PostgreSQL, and tests that need a real database."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from attrs import define, field
from psycopg.rows import dict_row

from adapters.postgres.engine.scope import begin_transaction_sql
from adapters.postgres.people.clients import NEXT_CLIENTS
from adapters.postgres.people.practices import PostgresPracticeDirectory, PostgresPracticeFactory
from portal_core.access.model import GrantTerms
from portal_core.access.use_cases.expire_grants import ExpireGrants
from portal_core.access.use_cases.grant_access import GrantAccess, GrantAccessCommand
from portal_core.access.use_cases.revoke_grant import RevokeGrant, RevokeGrantCommand
from portal_core.accounts.errors import AlreadyRegistered
from portal_core.accounts.use_cases.confirm_email_change import ConfirmEmailChangeCommand
from portal_core.accounts.use_cases.invite_client import InviteClientCommand
from portal_core.accounts.use_cases.invite_clients import InviteClients, InviteClientsCommand
from portal_core.accounts.use_cases.list_records import ListRecords
from portal_core.accounts.use_cases.request_email_change import RequestEmailChangeCommand
from portal_core.kernel.actor import AccountHolder, Origin, StaffActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.contact import ContactChanges
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.page import PageRequest
from portal_core.kernel.sources import IdSource
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.model import Practice
from portal_core.people.use_cases.add_practice import AddPractice, AddPracticeCommand
from portal_core.people.use_cases.change_practice import ChangePractice, ChangePracticeCommand
from portal_core.people.use_cases.change_profile import ChangeProfile, ChangeProfileCommand
from portal_core.people.use_cases.get_practice import GetPractice
from portal_core.people.use_cases.get_profile import GetProfile
from portal_core.people.use_cases.import_people import ImportPeople, ImportPeopleCommand
from tests.support.clock import FixedClock
from tests.support.contracts.access.grants_and_invitations import (
    EmailChangesContract,
    GrantsContract,
    InvitationsContract,
)
from tests.support.contracts.people.care_teams import CareTeamsContract
from tests.support.contracts.people.client_accounts import ClientAccountsContract
from tests.support.contracts.people.client_pages import ClientPagesContract
from tests.support.contracts.people.destroyed_records import DestroyedRecordContract
from tests.support.contracts.people.many_clients import ManyClientsContract
from tests.support.contracts.people.people import ClientRecordsContract, PracticeContract, StaffContract
from tests.support.contracts.people.world import DATE_OF_BIRTH, PeopleWorld
from tests.support.engine.postgres import PortalDatabase
from tests.support.people.use_cases import PA, PASSWORD, PeopleUseCases, birthday


@define
class PostgresPeopleWorld(PeopleWorld):
    """A practice in a database that other tests use as well."""

    database: PortalDatabase
    clock: FixedClock = field(factory=FixedClock)
    ids: IdSource = field(init=False)
    practice: Practice = field(init=False)
    forbidden = (asyncpg.InsufficientPrivilegeError, StaleVersion)

    @classmethod
    async def create(cls, database: PortalDatabase, clock: FixedClock) -> "PostgresPeopleWorld":
        world = cls(database, clock)
        world.ids = database.ids
        world.begin = database.begin_with(clock, world.ids)
        world.practice_factory = PostgresPracticeFactory(database.pool, database.keys, clock, world.ids)
        world.directory = PostgresPracticeDirectory(database.pool, seconds=0.0)
        world.practice = await world.add_practice()
        return world

    async def other_practice(self) -> "PostgresPeopleWorld":
        return await PostgresPeopleWorld.create(self.database, self.clock)

    async def audit(self) -> list[AuditEntry]:
        with self.database.owner.cursor(row_factory=dict_row) as cursor:
            cursor.execute(
                "SELECT action, target, record, outcome, facts FROM portal.audit_entries WHERE practice_id = %s"
                " ORDER BY at, id",
                (self.practice_id,),
            )
            return [AuditEntry(**row) for row in cursor.fetchall()]

    async def jobs(self) -> list[tuple[str, dict[str, UUID]]]:
        rows = self.database.owner.execute(
            "SELECT task_name, args - 'practice_id' FROM jobs.procrastinate_jobs"
            " WHERE args->>'practice_id' = %s AND task_name <> 'deliver_notice' ORDER BY id",
            (str(self.practice_id),),
        ).fetchall()
        return [(name, {key: UUID(value) for key, value in ids.items()}) for name, ids in rows]


@pytest_asyncio.fixture
async def world(shared_database: PortalDatabase) -> PostgresPeopleWorld:
    return await PostgresPeopleWorld.create(shared_database, FixedClock())


class TestPostgresPractice(PracticeContract): ...


class TestPostgresClientRecords(ClientRecordsContract): ...


class TestPostgresClientPages(ClientPagesContract): ...


class TestPostgresClientAccounts(ClientAccountsContract): ...


class TestPostgresDestroyedRecords(DestroyedRecordContract): ...


class TestPostgresManyClients(ManyClientsContract): ...


class TestPostgresCareTeams(CareTeamsContract): ...


class TestPostgresStaff(StaffContract): ...


class TestPostgresInvitations(InvitationsContract): ...


class TestPostgresGrants(GrantsContract): ...


class TestPostgresEmailChanges(EmailChangesContract): ...


async def test_address_is_encrypted_and_unreadable_without_the_clients_key(world: PostgresPeopleWorld) -> None:
    client = await world.add_client(address="1 Elm Street")
    owner = world.database.owner
    sealed = owner.execute("SELECT address FROM portal.clients WHERE id = %s", (client.id,)).fetchone()
    assert sealed is not None
    assert sealed[0]
    assert b"Elm" not in sealed[0]
    owner.execute("DELETE FROM portal.client_keys WHERE client_id = %s", (client.id,))
    world.database.keys.forget(client.id)
    async with world.begin(world.system) as unit:
        found = await unit.client_records.get(client.id)
    assert found is not None
    assert (found.address, found.date_of_birth) == (None, DATE_OF_BIRTH)


async def test_practice_is_created_completely_or_not_at_all(world: PostgresPeopleWorld) -> None:
    owner = world.database.owner

    def rows() -> list[object]:
        return [
            owner.execute(f"SELECT count(*) FROM portal.{table}").fetchone()
            for table in ("practices", "practice_keys", "practice_hosts", "audit_entries")
        ]

    host = f"{world.ids.new().hex}.example"
    await world.add_practice(hosts=(host,))
    before = rows()
    with pytest.raises(Exception, match="host"):
        await world.add_practice(hosts=(f"a{host}", host))
    assert rows() == before


async def test_practice_directory_is_cached(shared_database: PortalDatabase, world: PostgresPeopleWorld) -> None:
    kept = PostgresPracticeDirectory(shared_database.pool)
    before = await kept.all()
    await world.add_practice()
    assert await kept.all() == before
    assert len(await world.directory.all()) == len(before) + 1


async def test_late_page_reads_no_more_rows_than_the_first(world: PostgresPeopleWorld) -> None:
    owner = world.database.owner
    owner.execute(
        "INSERT INTO portal.clients"
        " (practice_id, id, given_name, family_name, sort_name, date_of_birth, status, created_at)"
        " SELECT %s, gen_random_uuid(), 'A', n::text, lpad(n::text, 6, '0'), '1990-01-01', 'active', %s"
        " FROM generate_series(1, 5000) AS n",
        (world.practice_id, world.clock.now()),
    )
    owner.execute("ANALYZE portal.clients")
    marked = owner.execute(
        "SELECT id FROM portal.clients WHERE practice_id = %s AND sort_name = '004900'", (world.practice_id,)
    ).fetchone()
    assert marked is not None
    values = {"practice_id": world.practice_id, "size": 21, "after": marked[0]}
    values |= {"now": world.clock.now(), "today": world.clock.now().date(), "account_status": None, "care_team": None}
    async with world.database.pool.acquire() as connection:
        await connection.execute(begin_transaction_sql(world.staff()))
        sql = f"EXPLAIN (ANALYZE, BUFFERS OFF) {NEXT_CLIENTS.sql}"
        plan = "\n".join(row[0] for row in await connection.fetch(sql, *NEXT_CLIENTS.arguments(values)))
        await connection.execute("ROLLBACK")
    assert "clients_practice_id_sort_name_id_idx" in plan
    assert "Rows Removed" not in plan
    async with world.begin(world.staff()) as unit:
        page = await unit.client_records.page(PageRequest(str(marked[0]), 2), world.clock.now())
    assert [one.name for one in page.items] == ["A 4901", "A 4902"]


# --- whole use cases under row-level security -------------------------------------------------------------------------


async def test_proxy_accepts_invitation_and_sees_granted_records(world: PostgresPeopleWorld) -> None:
    use_cases = PeopleUseCases(world)
    child, second = (
        await world.add_client("Kim", date_of_birth=birthday(8)),
        await world.add_client("Lou", date_of_birth=birthday(9)),
    )
    proxy = await use_cases.add_proxy_for(child.id, terms=GrantTerms("parent", frozenset({"profile"}), may_write=True))
    grant = GrantAccess(world.begin, world.clock, world.ids)
    view = await grant(world.staff("clinician"), GrantAccessCommand(second.id, PA, GrantTerms("parent")))
    show = ListRecords(world.begin, world.clock)
    found = (await show(world.as_proxy(proxy.id))).items
    assert [(one.name, one.relationship) for one in found] == [("Kim Lee", "parent"), ("Lou Lee", "parent")]
    assert (await show(world.as_proxy(proxy.id, second.id))).items == found
    on_child = world.as_proxy(proxy.id, child.id)
    changed = await ChangeProfile(world.begin)(on_child, ChangeProfileCommand(ContactChanges(address="Elm 1"), 1))
    assert changed.address == "Elm 1"
    assert await GetProfile(world.begin)(world.as_client(child.id)) == changed
    revoke = RevokeGrant(world.begin, world.clock)
    await revoke(world.staff("clinician"), RevokeGrantCommand(second.id, view.id))
    assert (await show(world.as_proxy(proxy.id))).items == found[:1]
    world.clock.advance(timedelta(days=365 * 11))
    assert (await show(world.as_proxy(proxy.id))).items == ()


async def test_scheduled_job_ends_grants(world: PostgresPeopleWorld) -> None:
    use_cases = PeopleUseCases(world)
    child = await world.add_client(date_of_birth=birthday(18, date(2026, 3, 10)))
    await use_cases.add_proxy_for(child.id)
    expire = ExpireGrants(world.begin, world.clock)
    assert await expire(world.system) == 0
    world.clock.advance(timedelta(days=8))
    assert await expire(world.system) == 1
    assert await expire(world.system) == 0


@pytest.mark.parametrize("kind", ["client", "proxy"])
async def test_account_holder_changes_their_email(world: PostgresPeopleWorld, kind: str) -> None:
    use_cases = PeopleUseCases(world)
    if kind == "client":
        account = await use_cases.add_client_with_account()
        assert account.client_id is not None
        actor: AccountHolder = world.as_client(account.client_id, account.id)
    else:
        child = await world.add_client(date_of_birth=birthday(8))
        account = await use_cases.add_proxy_for(child.id)
        actor = world.as_proxy(account.id, child.id)
    taken = await world.add_account("taken@example.org")
    for email in (taken.email, "new@example.org"):
        change = await use_cases.request_change(actor, RequestEmailChangeCommand(email, PASSWORD))
        code = await use_cases.change_code(account.id, change.id)
        confirming = use_cases.confirm_change(actor, ConfirmEmailChangeCommand(code))
        if email == taken.email:
            with pytest.raises(AlreadyRegistered):
                await confirming
        else:
            await confirming
    assert (await use_cases.account(account.id)).email == "new@example.org"
    if account.client_id is not None:
        shown = await GetProfile(world.begin)(actor)
        assert (shown.email, shown.sign_in_email) == ("new@example.org", "new@example.org")


async def test_import_can_be_repeated(world: PostgresPeopleWorld) -> None:
    bring = ImportPeople(world.begin, world.clock, world.ids)
    clinicians = [ClinicianRow(2, "C-1", "Dr. Grey")]
    rows = [
        ClientRow(n, f"E-{n}", "Ann", f"Lee {n}", "1990-05-17", address="Elm 1", clinicians="C-1") for n in range(60)
    ]
    bad = ClientRow(99, "E-99", "Ann", "Lee", "1990-02-30")
    first = await bring(world.system, ImportPeopleCommand(clinicians, [*rows, bad]))
    assert (first.added, [one.line for one in first.rows if one.errors]) == (61, [99])
    second = await bring(world.system, ImportPeopleCommand(clinicians, [*rows, bad]))
    assert (second.added, second.changed, second.unchanged) == (0, 0, 61)


async def test_administrator_manages_the_practice(world: PostgresPeopleWorld) -> None:
    add = AddPractice(world.practice_factory, world.clock, world.ids)
    name = f"p{world.ids.new().hex}"
    made = await add(Origin("127.0.0.1"), AddPracticeCommand(name[:32], "Oak", "UTC", "ny", (f"{name}.example",)))
    administrator = StaffActor(made.id, world.ids.new(), frozenset({"administrator"}))
    changed = await ChangePractice(world.begin, world.clock)(
        administrator, ChangePracticeCommand("Oak Street", "UTC", "NY", 1)
    )
    assert changed.name == "Oak Street"
    shown = await GetPractice(world.begin)(administrator)
    assert (shown.version, shown.hosts, shown.state) == (2, (f"{name}.example",), "NY")
    assert made.id in {one.id for one in await world.directory.all()}


async def test_concurrent_invitations_leave_one_that_can_be_accepted(world: PostgresPeopleWorld) -> None:
    use_cases, front = PeopleUseCases(world), world.staff("front_desk")
    ann, bob = await world.add_client(), await world.add_client()
    twice = [InviteClientCommand(ann.id, f"ann{number}@example.org") for number in range(4)]
    await asyncio.gather(*(use_cases.invite_client(front, one) for one in twice))
    async with world.begin(world.system) as unit:
        opened = [one for one in (await unit.invitations.page(PageRequest(size=100))).items if one.state == "open"]
    assert [one.client_id for one in opened] == [ann.id]
    shared = [InviteClientCommand(one.id, "shared@example.org") for one in (ann, bob)]
    ends = await asyncio.gather(*(use_cases.invite_client(front, one) for one in shared), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["EmailInvited", "InvitationView"]


async def test_invitation_at_the_same_time_as_an_email_change_does_not_stay_open(world: PostgresPeopleWorld) -> None:
    use_cases, email = PeopleUseCases(world), "new@example.org"
    account = await use_cases.add_client_with_account()
    assert account.client_id is not None
    actor = world.as_client(account.client_id, account.id)
    others = [await world.add_client() for _ in range(4)]
    change = await use_cases.request_change(actor, RequestEmailChangeCommand(email, PASSWORD))
    code = await use_cases.change_code(account.id, change.id)
    invite = [use_cases.invite_client(world.staff(), InviteClientCommand(one.id, email)) for one in others]
    confirm = use_cases.confirm_change(actor, ConfirmEmailChangeCommand(code))
    ends = await asyncio.gather(*invite[:2], confirm, *invite[2:], return_exceptions=True)
    assert {type(end).__name__ for end in ends} <= {"AccountView", "InvitationView", "EmailInvited", "EmailInUse"}
    await asyncio.gather(use_cases.withdraw_impossible(), use_cases.withdraw_impossible())
    assert (await use_cases.account(account.id)).email == email
    assert await use_cases.open_invitations() == set()


async def test_clients_invited_at_once_by_several_are_invited_once(world: PostgresPeopleWorld) -> None:
    clients = [await world.add_client(email=f"client{number}@example.org") for number in range(3)]
    invite = InviteClients(world.begin, world.clock, world.ids)
    command = InviteClientsCommand(tuple(one.id for one in clients))
    pages = await asyncio.gather(*(invite(world.staff("front_desk"), command) for _ in range(4)))
    outcomes = sorted(one.outcome for page in pages for one in page.items)
    assert outcomes == ["already_invited"] * 9 + ["invited"] * 3
