"""Accepting an invitation, with attacks, races and crashes."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from attrs import define, evolve

from portal_core.access.model import GrantTerms
from portal_core.accounts.errors import CodeRefused
from portal_core.accounts.identity_provider import Credential, Passwords
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.use_cases.accept_invitation import AcceptInvitationCommand
from portal_core.accounts.use_cases.invite_client import InviteClientCommand
from portal_core.accounts.use_cases.invite_proxy import InviteProxyCommand
from portal_core.accounts.use_cases.list_invitations import ListInvitations, ListInvitationsQuery
from portal_core.accounts.use_cases.withdraw_invitation import WithdrawInvitation
from portal_core.kernel.actor import SystemActor
from portal_core.kernel.errors import Forbidden, NotFound, Unavailable
from tests.support.contracts.people.world import DATE_OF_BIRTH
from tests.support.people.use_cases import ANN, PA, PASSWORD, birthday
from tests.unit.people.memory_world import MemoryPeopleUseCases


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


async def invited_client(use_cases: MemoryPeopleUseCases, **more: Any) -> tuple[UUID, InvitationView]:
    client = await use_cases.world.add_client(email=ANN, **more)
    return client.id, await use_cases.invite_client(use_cases.world.staff("front_desk"), InviteClientCommand(client.id))


async def invited_proxy(
    use_cases: MemoryPeopleUseCases, terms: GrantTerms | None = None, **more: Any
) -> tuple[UUID, InvitationView]:
    child = await use_cases.world.add_client(**({"date_of_birth": birthday(8)} | more))
    command = InviteProxyCommand(child.id, PA, terms or GrantTerms("parent"))
    return child.id, await use_cases.invite_proxy(use_cases.world.staff("clinician"), command)


async def test_invite_permissions(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    client = await world.add_client(email=ANN, date_of_birth=birthday(8))
    member = await world.add_staff()
    proxy = InviteProxyCommand(client.id, PA, GrantTerms("parent"))
    for role in ("biller", "auditor"):
        with pytest.raises(Forbidden):
            await use_cases.invite_client(world.staff(role), InviteClientCommand(client.id))
    for role in ("front_desk", "biller", "auditor"):
        with pytest.raises(Forbidden):
            await use_cases.invite_proxy(world.staff(role), proxy)
    for role in ("clinician", "front_desk", "biller", "auditor"):
        with pytest.raises(Forbidden):
            await use_cases.invite_staff(world.staff(role), member.id)
    with pytest.raises(NotFound):
        await use_cases.invite_proxy(world.system, proxy)
    for actor in (world.as_client(client.id), world.visitor):
        with pytest.raises(NotFound):
            await use_cases.invite_client(actor, InviteClientCommand(client.id))
    assert world.notices() == []


async def test_birthday_between_invitation_and_acceptance_is_respected(use_cases: MemoryPeopleUseCases) -> None:
    eighteen_on = date(2026, 3, 5)
    _, invitation = await invited_proxy(use_cases, date_of_birth=birthday(18, eighteen_on))
    code = await use_cases.code(invitation.id)
    use_cases.world.clock.advance(timedelta(days=3))
    with pytest.raises(CodeRefused):
        await use_cases.accepted(PA, code)
    assert use_cases.pool.people == {}


async def test_invitation_with_expired_terms_is_refused(use_cases: MemoryPeopleUseCases) -> None:
    _, invitation = await invited_proxy(use_cases, GrantTerms("parent", until=date(2026, 3, 3)))
    code = await use_cases.code(invitation.id)
    use_cases.world.clock.advance(timedelta(days=1))
    with pytest.raises(CodeRefused):
        await use_cases.accepted(PA, code)


async def test_parent_of_two_keeps_one_account_and_password(use_cases: MemoryPeopleUseCases) -> None:
    first_child, first = await invited_proxy(use_cases)
    second_child, second = await invited_proxy(use_cases)
    assert first_child != second_child
    one = await use_cases.accepted(PA, await use_cases.code(first.id))
    two = await use_cases.accepted(PA, await use_cases.code(second.id), password="another one entirely")
    assert one.id == two.id
    assert await use_cases.password_accepted(one.id)
    assert not await use_cases.password_accepted(one.id, "another one entirely")
    async with use_cases.world.begin(use_cases.world.system) as unit:
        held = await unit.grants.list_held_by(one.id)
    assert {grant.client_id for grant, _ in held} == {first_child, second_child}


async def test_invitation_verifies_registered_account(use_cases: MemoryPeopleUseCases) -> None:
    client_id, invitation = await invited_client(use_cases)
    account = await use_cases.world.add_account(ANN, "client", client_id=client_id)
    async with use_cases.world.begin(use_cases.world.system) as unit:
        unit.tx.table("accounts")[use_cases.world.practice_id, account.id] = evolve(account, status="unverified")
        await unit.commit(None)
    view = await use_cases.accepted(ANN, await use_cases.code(invitation.id))
    assert (view.id, view.status) == (account.id, "active")
    assert await use_cases.password_accepted(account.id)


async def test_invitation_to_email_of_another_account_is_refused(use_cases: MemoryPeopleUseCases) -> None:
    _, invitation = await invited_client(use_cases)
    code = await use_cases.code(invitation.id)
    other = await use_cases.world.add_client()
    account = await use_cases.world.add_account(ANN, "client", client_id=other.id)
    with pytest.raises(CodeRefused):
        await use_cases.accepted(ANN, code)
    async with use_cases.world.begin(use_cases.world.system) as unit:
        unit.tx.table("accounts")[use_cases.world.practice_id, account.id] = evolve(account, status="unverified")
        await unit.commit(None)
    with pytest.raises(CodeRefused):
        await use_cases.accepted(ANN, code)


async def test_client_cannot_be_own_proxy(use_cases: MemoryPeopleUseCases) -> None:
    child_id, invitation = await invited_proxy(use_cases)
    await use_cases.world.add_account(PA, "client", client_id=child_id)
    with pytest.raises(CodeRefused):
        await use_cases.accepted(PA, await use_cases.code(invitation.id))


async def test_departed_staff_member_cannot_accept_invitation(use_cases: MemoryPeopleUseCases) -> None:
    member = await use_cases.world.add_staff()
    invitation = await use_cases.invite_staff(use_cases.world.staff(), member.id)
    code = await use_cases.code(invitation.id)
    async with use_cases.world.begin(use_cases.world.system) as unit:
        await unit.staff_records.save(member.with_changes(active=False), None)
        await unit.commit(None)
    with pytest.raises(CodeRefused):
        await use_cases.accepted(member.email, code)


@define
class InterruptedPasswords(Passwords):
    """An identity provider that runs a callback during a call."""

    inner: Passwords
    meanwhile: Any

    async def create(self, credential: Credential, password: str) -> None:
        await self.inner.create(credential, password)
        await self.meanwhile()

    async def check(self, credential: Credential, password: str) -> Any:
        return await self.inner.check(credential, password)

    async def set(self, credential: Credential, password: str) -> None:
        await self.inner.set(credential, password)


async def test_acceptance_resumes_with_same_account_after_crash(use_cases: MemoryPeopleUseCases) -> None:
    _, invitation = await invited_client(use_cases)
    code = await use_cases.code(invitation.id)
    original = use_cases.accept

    async def crash() -> None:
        raise Unavailable

    use_cases.accept = evolve(original, passwords=InterruptedPasswords(original.passwords, crash))
    with pytest.raises(Unavailable):
        await use_cases.accepted(ANN, code)
    ((_, orphan),) = use_cases.pool.people
    use_cases.accept = original
    view = await use_cases.accepted(ANN, code, password="the second password")
    assert view.id == orphan
    assert await use_cases.password_accepted(view.id, "the second password")


async def test_concurrent_acceptance_of_one_code(use_cases: MemoryPeopleUseCases) -> None:
    _, invitation = await invited_client(use_cases)
    code = await use_cases.code(invitation.id)
    original = use_cases.accept
    views = []

    async def another() -> None:
        use_cases.accept = original
        views.append(await use_cases.accepted(ANN, code))

    use_cases.accept = evolve(original, passwords=InterruptedPasswords(original.passwords, another))
    with pytest.raises(CodeRefused):
        await use_cases.accepted(ANN, code)
    assert (await use_cases.account(views[0].id)).status == "active"
    assert await use_cases.password_accepted(views[0].id)


async def test_credential_is_deleted_when_email_is_taken_meanwhile(
    use_cases: MemoryPeopleUseCases,
) -> None:
    _, invitation = await invited_client(use_cases)
    code = await use_cases.code(invitation.id)

    async def taken() -> None:
        await use_cases.world.add_account(ANN, "proxy")

    use_cases.accept = evolve(use_cases.accept, passwords=InterruptedPasswords(use_cases.accept.passwords, taken))
    with pytest.raises(CodeRefused):
        await use_cases.accepted(ANN, code)
    assert use_cases.pool.people == {}


async def test_credential_is_deleted_when_invitation_is_withdrawn_meanwhile(use_cases: MemoryPeopleUseCases) -> None:
    _, invitation = await invited_client(use_cases)
    code = await use_cases.code(invitation.id)

    async def withdrawn() -> None:
        await WithdrawInvitation(use_cases.world.begin)(use_cases.world.staff(), invitation.id)

    use_cases.accept = evolve(use_cases.accept, passwords=InterruptedPasswords(use_cases.accept.passwords, withdrawn))
    with pytest.raises(CodeRefused):
        await use_cases.accepted(ANN, code)
    assert use_cases.pool.people == {}


async def test_concurrent_registration_wins(use_cases: MemoryPeopleUseCases) -> None:
    client_id, invitation = await invited_client(use_cases)
    code = await use_cases.code(invitation.id)
    original = use_cases.accept
    account = None

    async def crash() -> None:
        raise Unavailable

    async def registered() -> None:
        nonlocal account
        account = await use_cases.world.add_account(ANN, "client", client_id=client_id)
        account = evolve(account, status="unverified")
        use_cases.world.store.table("accounts")[use_cases.world.practice_id, account.id] = account
        use_cases.accept = evolve(original, passwords=InterruptedPasswords(original.passwords, crash))
        with pytest.raises(Unavailable):
            await use_cases.accepted(ANN, code)

    use_cases.accept = evolve(original, passwords=InterruptedPasswords(original.passwords, registered))
    with pytest.raises(CodeRefused):
        await use_cases.accept(use_cases.world.visitor, AcceptInvitationCommand(ANN, code, PASSWORD, DATE_OF_BIRTH))
    assert account is not None
    assert list(use_cases.pool.people) == [("portal", account.id)]
    use_cases.accept = original
    assert (await use_cases.accepted(ANN, code)).id == account.id


async def test_list_invitations_permissions(use_cases: MemoryPeopleUseCases) -> None:
    list_invitations = ListInvitations(use_cases.world.begin)
    for actor in (use_cases.world.staff("biller"), use_cases.world.staff("auditor")):
        with pytest.raises(Forbidden):
            await list_invitations(actor, ListInvitationsQuery())
    with pytest.raises(NotFound):
        await list_invitations(use_cases.world.visitor, ListInvitationsQuery())
    client_id, invitation = await invited_client(use_cases)
    for actor in (use_cases.world.staff("front_desk"), SystemActor(use_cases.world.practice_id, "job")):
        assert (await list_invitations(actor, ListInvitationsQuery())).items == (invitation,)
    assert [entry.record for entry in await use_cases.audit_entries("invitations.read")] == [client_id] * 2
