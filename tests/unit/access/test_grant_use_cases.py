"""Proxies' grants from creation to the last day, in requests, lists and the scheduled job."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from attrs import evolve

from adapters.memory.accounts.live_sessions import MemoryLiveSessions
from portal_core.access.errors import GrantExists, GrantNotActive, GrantNotAllowed, NoPortalAccount
from portal_core.access.minors import ADOLESCENT_RESTRICTED_AREAS
from portal_core.access.model import GrantTerms
from portal_core.access.use_cases.expire_grants import BATCH, ExpireGrants
from portal_core.access.use_cases.grant_access import GrantAccess, GrantAccessCommand
from portal_core.access.use_cases.list_grants import ListGrants
from portal_core.access.use_cases.revoke_grant import RevokeGrant, RevokeGrantCommand
from portal_core.access.views import GrantHolderView, GrantView
from portal_core.accounts.model import Account, Session
from portal_core.accounts.tokens import hash_token
from portal_core.accounts.use_cases.authenticate import Authenticate, AuthenticateCommand
from portal_core.accounts.use_cases.list_records import ListRecords
from portal_core.kernel.actor import AREAS, ProxyActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, Unauthenticated
from portal_core.kernel.notices import Notice
from tests.support.contracts.people.world import AUDIT_ENTRY
from tests.support.people.use_cases import ANN, PA, birthday
from tests.unit.people.memory_world import MemoryPeopleUseCases


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


async def grant_access(
    use_cases: MemoryPeopleUseCases, client_id: UUID, email: str = PA, terms: GrantTerms | None = None
) -> GrantView:
    grant = GrantAccess(use_cases.world.begin, use_cases.world.clock, use_cases.world.ids)
    return await grant(
        use_cases.world.staff("clinician"), GrantAccessCommand(client_id, email, terms or GrantTerms("parent"))
    )


async def actor_on(use_cases: MemoryPeopleUseCases, account: Account, record: UUID) -> ProxyActor:
    """The actor of the account's session on a record, as every request determines it."""
    now = use_cases.world.clock.now()
    session = Session(
        id=use_cases.world.ids.new(),
        account_id=account.id,
        practice_id=account.practice_id,
        kind="bearer",
        access_hash=hash_token(f"t{use_cases.world.ids.new()}"),
        family_hash=b"",
        refresh_hash=b"",
        created_at=now,
        last_active_at=now,
        access_expires_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=8),
        idle_timeout=timedelta(minutes=15),
    )
    token = f"token {session.id}"
    async with use_cases.world.begin(use_cases.world.system) as unit:
        await unit.sessions.add(evolve(session, access_hash=hash_token(token)), AUDIT_ENTRY)
        await unit.commit(None)
    authenticate = Authenticate(MemoryLiveSessions(use_cases.world.store), use_cases.world.begin, use_cases.world.clock)
    found = await authenticate(AuthenticateCommand(account.practice_id, token, active=False, record=record))
    assert isinstance(found.actor, ProxyActor)
    return found.actor


async def test_a_proxy_acts_within_the_grant(use_cases: MemoryPeopleUseCases) -> None:
    child = await use_cases.world.add_client("Kim", date_of_birth=birthday(8))
    proxy = await use_cases.add_proxy_for(
        child.id, terms=GrantTerms("parent", frozenset({"profile", "forms"}), may_write=True)
    )
    actor = await actor_on(use_cases, proxy, child.id)
    assert (actor.client_id, actor.areas, actor.may_write) == (child.id, {"profile", "forms"}, True)
    assert actor.until == date(2036, 3, 2)
    with pytest.raises(NotFound):
        await actor_on(use_cases, proxy, (await use_cases.world.add_client()).id)


async def test_areas_close_on_12th_birthday_without_job(use_cases: MemoryPeopleUseCases) -> None:
    twelfth = date(2026, 3, 10)
    child = await use_cases.world.add_client(date_of_birth=birthday(12, twelfth))
    proxy = await use_cases.add_proxy_for(child.id)
    assert (await actor_on(use_cases, proxy, child.id)).areas == frozenset(AREAS)
    use_cases.world.clock.at = datetime(
        2026, 3, 10, 3, 59, tzinfo=UTC
    )  # 23:59 the day before in New York, daylight time
    assert (await actor_on(use_cases, proxy, child.id)).areas == frozenset(AREAS)
    use_cases.world.clock.at = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
    assert (await actor_on(use_cases, proxy, child.id)).areas == frozenset(AREAS) - ADOLESCENT_RESTRICTED_AREAS
    (record,) = (
        await ListRecords(use_cases.world.begin, use_cases.world.clock)(use_cases.world.as_proxy(proxy.id))
    ).items
    assert set(record.areas) == frozenset(AREAS) - ADOLESCENT_RESTRICTED_AREAS
    (view,) = (await ListGrants(use_cases.world.begin, use_cases.world.clock)(use_cases.world.staff(), child.id)).items
    assert (set(view.granted_areas), view.restricted_from) == (frozenset(AREAS), twelfth)


async def test_access_ends_at_practice_midnight_of_birthday_before_job_runs(
    use_cases: MemoryPeopleUseCases,
) -> None:
    child = await use_cases.world.add_client(date_of_birth=birthday(18, date(2026, 3, 10)), time_zone="Asia/Tokyo")
    proxy = await use_cases.add_proxy_for(child.id)
    use_cases.world.clock.at = datetime(2026, 3, 10, 3, 59, tzinfo=UTC)
    await actor_on(use_cases, proxy, child.id)
    use_cases.world.clock.at = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
    with pytest.raises(NotFound):
        await actor_on(use_cases, proxy, child.id)
    assert (
        await ListRecords(use_cases.world.begin, use_cases.world.clock)(use_cases.world.as_proxy(proxy.id))
    ).items == ()
    (view,) = (await ListGrants(use_cases.world.begin, use_cases.world.clock)(use_cases.world.staff(), child.id)).items
    assert (view.in_force, view.areas, view.ended_at) == (False, (), None)


async def test_expire_grants_notifies_once(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    expire = ExpireGrants(world.begin, world.clock)
    child = await world.add_client(date_of_birth=birthday(18, date(2026, 3, 10)))
    young = await world.add_client(date_of_birth=birthday(8))
    proxy = await use_cases.add_proxy_for(child.id)
    await grant_access(use_cases, young.id)
    world.clock.at = datetime(2026, 3, 10, 3, 59, tzinfo=UTC)
    assert await expire(world.system) == 0
    world.clock.at = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
    before = len(world.notices())
    assert await expire(world.system) == 1
    assert await expire(world.system) == 0
    (view,) = (await ListGrants(world.begin, world.clock)(world.staff(), child.id)).items
    assert view.ended_at == world.clock.now()
    assert world.notices()[before:] == [
        Notice(
            "grant_ended",
            "service",
            to_account=proxy.id,
            subject_id=view.id,
            deduplication_key=f"grant_ended:{view.id}",
        )
    ]
    (entry,) = await use_cases.audit_entries("grant.ended")
    assert (entry.target, entry.record) == (view.id, child.id)
    (young_view,) = (await ListGrants(world.begin, world.clock)(world.staff(), young.id)).items
    assert young_view.in_force
    with pytest.raises(Forbidden):
        await expire(world.staff())


async def test_expire_grants_continues_past_one_batch(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    proxy = await world.add_account(PA)
    for _ in range(BATCH + 1):
        client = await world.add_client()
        await world.add_grant(client.id, proxy.id, starts_on=date(2026, 2, 1), until=date(2026, 3, 1))
    assert await ExpireGrants(world.begin, world.clock)(world.system) == BATCH + 1


async def test_a_grant_revoked_while_the_job_runs_stays_revoked(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    proxy = await world.add_account(PA)
    client = await world.add_client()
    grant = await world.add_grant(client.id, proxy.id, starts_on=date(2026, 2, 1), until=date(2026, 3, 1))
    opened = 0

    def begin(actor):  # type: ignore[no-untyped-def]
        nonlocal opened
        opened += 1
        if opened == 2:  # the unit that would end it: a concurrent request revokes it first
            revoked = grant.revoke(world.clock.now())
            world.store.table("grants")[world.practice_id, grant.id] = revoked
        return world.begin(actor)

    assert await ExpireGrants(begin, world.clock)(world.system) == 0
    (view,) = (await ListGrants(world.begin, world.clock)(world.staff(), client.id)).items
    assert (view.revoked_at, view.ended_at) == (world.clock.now(), None)
    assert world.notices() == []


async def test_revoking_ends_access_at_once(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    child = await world.add_client(date_of_birth=birthday(8))
    proxy = await use_cases.add_proxy_for(child.id)
    (view,) = (await ListGrants(world.begin, world.clock)(world.staff("clinician"), child.id)).items
    revoke = RevokeGrant(world.begin, world.clock)
    for wrong in (RevokeGrantCommand(UUID(int=9), view.id), RevokeGrantCommand(child.id, UUID(int=9))):
        with pytest.raises(NotFound):
            await revoke(world.staff("clinician"), wrong)
    with pytest.raises(Forbidden):
        await revoke(world.staff("front_desk"), RevokeGrantCommand(child.id, view.id))
    done = await revoke(world.staff("clinician"), RevokeGrantCommand(child.id, view.id))
    assert (done.revoked_at, done.in_force, done.areas) == (world.clock.now(), False, ())
    with pytest.raises(NotFound):
        await actor_on(use_cases, proxy, child.id)
    with pytest.raises(GrantNotActive):
        await revoke(world.staff("clinician"), RevokeGrantCommand(child.id, view.id))
    assert [notice.kind for notice in world.notices()].count("grant_ended") == 1
    again = await grant_access(use_cases, child.id)
    assert again.in_force
    assert (await actor_on(use_cases, proxy, child.id)).grant_id == again.id


async def test_existing_account_holder_is_granted_access(use_cases: MemoryPeopleUseCases) -> None:
    parent = await use_cases.add_client_with_account(ANN)
    child = await use_cases.world.add_client("Kim", date_of_birth=birthday(8), state="CA")
    view = await grant_access(use_cases, child.id, ANN.upper())
    assert (view.account_id, view.until) == (parent.id, date(2030, 3, 2))
    assert (await actor_on(use_cases, parent, child.id)).grant_id == view.id
    with pytest.raises(GrantExists):
        await grant_access(use_cases, child.id, ANN)
    actor = use_cases.world.as_client(parent.client_id or UUID(int=0), parent.id)
    records = (await ListRecords(use_cases.world.begin, use_cases.world.clock)(actor)).items
    assert [(one.client_id, one.relationship) for one in records] == [(parent.client_id, None), (child.id, "parent")]
    assert records[0].areas == AREAS
    assert len(await use_cases.audit_entries("record.listed")) == 2


async def test_grant_access_refusals(use_cases: MemoryPeopleUseCases) -> None:
    adult = await use_cases.add_client_with_account(ANN)
    child = await use_cases.world.add_client(date_of_birth=birthday(8))
    assert adult.client_id is not None
    with pytest.raises(NoPortalAccount):
        await grant_access(use_cases, child.id, "nobody@example.org")
    with pytest.raises(GrantNotAllowed):
        await grant_access(use_cases, adult.client_id, ANN, GrantTerms("representative", frozenset({"forms"})))
    with pytest.raises(GrantNotAllowed):
        await grant_access(use_cases, (await use_cases.world.add_client()).id, ANN)
    with pytest.raises(NotFound):
        await grant_access(use_cases, UUID(int=9), ANN)
    with pytest.raises(Invalid):
        await grant_access(use_cases, child.id, ANN, GrantTerms("parent", frozenset()))
    for role in ("front_desk", "biller", "auditor"):
        grant = GrantAccess(use_cases.world.begin, use_cases.world.clock, use_cases.world.ids)
        with pytest.raises(Forbidden):
            await grant(use_cases.world.staff(role), GrantAccessCommand(child.id, ANN, GrantTerms("parent")))
    async with use_cases.world.begin(use_cases.world.system) as unit:
        await unit.accounts.save(adult.close(use_cases.world.clock.now()), AUDIT_ENTRY)
        await unit.commit(None)
    with pytest.raises(NoPortalAccount):
        await grant_access(use_cases, child.id, ANN)


async def test_staff_see_who_has_access(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    child, clinician = await world.add_client(date_of_birth=birthday(8)), await world.add_clinician()
    mother = await world.add_client("Mia", email="ma@example.org")
    account = await world.add_account("ma@example.org", "client", client_id=mother.id)
    await world.add_grant(child.id, account.id)
    async with world.begin(world.system) as unit:
        await unit.care_teams.assign(child.with_next_version(), (clinician.id,), AUDIT_ENTRY)
        await unit.commit(None)
    list_grants = ListGrants(world.begin, world.clock)
    (view,) = (await list_grants(world.staff("front_desk"), child.id)).items
    assert (view.account_id, view.holder) == (account.id, GrantHolderView("ma@example.org", "Mia Lee"))
    confined = evolve(world.staff("clinician"), clinician_id=clinician.id, own_clients_only=True)
    (view,) = (await list_grants(confined, child.id)).items
    assert view.holder == GrantHolderView("ma@example.org"), "the name is another client's"


async def test_a_client_sees_who_has_access_and_a_proxy_does_not(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    client = await world.add_client(email=ANN)
    other = await world.add_client()
    terms = GrantTerms("representative", frozenset({"forms"}))
    proxy = await use_cases.add_proxy_for(client.id, terms=terms)
    list_grants = ListGrants(world.begin, world.clock)
    (view,) = (await list_grants(world.as_client(client.id), client.id)).items
    assert (view.account_id, view.until, view.areas) == (proxy.id, None, ("forms",))
    assert view.holder == GrantHolderView()
    for actor, client_id in (
        (world.as_client(client.id), other.id),
        (world.as_proxy(proxy.id, client.id), client.id),
        (world.staff(), UUID(int=9)),
    ):
        with pytest.raises(NotFound):
            await list_grants(actor, client_id)
    with pytest.raises(Forbidden):
        await list_grants(world.staff("auditor"), client.id)
    assert [entry.record for entry in await use_cases.audit_entries("grants.read")] == [client.id]


async def test_list_records_permissions(use_cases: MemoryPeopleUseCases) -> None:
    list_records = ListRecords(use_cases.world.begin, use_cases.world.clock)
    with pytest.raises(NotFound):
        await list_records(use_cases.world.staff())
    for actor in (use_cases.world.visitor, use_cases.world.system):
        with pytest.raises(Unauthenticated):
            await list_records(actor)
    assert (await list_records(use_cases.world.as_client(UUID(int=9)))).items == ()
