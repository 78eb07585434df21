"""Accepting an invitation: as the invited do, and as attackers and crashes do."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from attrs import define, evolve

from portal_core.access.model import GrantTerms
from portal_core.accounts.errors import CodeRefused
from portal_core.accounts.identity import Credential, Passwords
from portal_core.accounts.use_cases.accept_invitation import AcceptInvitationCommand
from portal_core.accounts.use_cases.invite_client import InviteClientCommand
from portal_core.accounts.use_cases.invite_proxy import InviteProxyCommand
from portal_core.accounts.use_cases.invite_staff import InviteStaffCommand
from portal_core.accounts.use_cases.list_invitations import ListInvitations
from portal_core.accounts.use_cases.withdraw_invitation import WithdrawInvitation, WithdrawInvitationCommand
from portal_core.accounts.views_invitations import InvitationView
from portal_core.kernel.actor import SystemActor
from portal_core.kernel.errors import Forbidden, NotFound, Unavailable
from portal_core.kernel.page import PageRequest
from tests.support.contracts.people.world import BORN
from tests.support.people.use_cases import ANN, PA, PASSWORD, birthday
from tests.unit.people.memory_world import MemoryDesk


@pytest_asyncio.fixture
async def desk() -> MemoryDesk:
    return await MemoryDesk.open()


async def invited_client(desk: MemoryDesk, **more: Any) -> tuple[UUID, InvitationView]:
    client = await desk.world.add_client(email=ANN, **more)
    return client.id, await desk.invite_client(desk.world.staff("front_desk"), InviteClientCommand(client.id))


async def invited_proxy(desk: MemoryDesk, terms: GrantTerms | None = None, **more: Any) -> tuple[UUID, InvitationView]:
    child = await desk.world.add_client(**({"born": birthday(8)} | more))
    command = InviteProxyCommand(child.id, PA, terms or GrantTerms("parent"))
    return child.id, await desk.invite_proxy(desk.world.staff("clinician"), command)


async def test_who_may_invite(desk: MemoryDesk) -> None:
    world = desk.world
    client = await world.add_client(email=ANN, born=birthday(8))
    member = await world.add_staff()
    proxy = InviteProxyCommand(client.id, PA, GrantTerms("parent"))
    for role in ("biller", "auditor"):
        with pytest.raises(Forbidden):
            await desk.invite_client(world.staff(role), InviteClientCommand(client.id))
    for role in ("front_desk", "biller", "auditor"):
        with pytest.raises(Forbidden):
            await desk.invite_proxy(world.staff(role), proxy)
    for role in ("clinician", "front_desk", "biller", "auditor"):
        with pytest.raises(Forbidden):
            await desk.invite_staff(world.staff(role), InviteStaffCommand(member.id))
    with pytest.raises(NotFound):
        await desk.invite_proxy(world.system, proxy)
    for actor in (world.as_client(client.id), world.visitor):
        with pytest.raises(NotFound):
            await desk.invite_client(actor, InviteClientCommand(client.id))
    assert world.notices() == []


async def test_a_birthday_between_invitation_and_acceptance_counts(desk: MemoryDesk) -> None:
    eighteen_on = date(2026, 3, 5)
    _, invitation = await invited_proxy(desk, born=birthday(18, eighteen_on))
    code = await desk.code(invitation.id)
    desk.world.clock.advance(timedelta(days=3))
    with pytest.raises(CodeRefused):
        await desk.accepted(PA, code)
    assert desk.pool.people == {}


async def test_terms_whose_own_day_has_come_are_refused(desk: MemoryDesk) -> None:
    _, invitation = await invited_proxy(desk, GrantTerms("parent", until=date(2026, 3, 3)))
    code = await desk.code(invitation.id)
    desk.world.clock.advance(timedelta(days=1))
    with pytest.raises(CodeRefused):
        await desk.accepted(PA, code)


async def test_a_parent_of_two_keeps_one_account_and_its_password(desk: MemoryDesk) -> None:
    first_child, first = await invited_proxy(desk)
    second_child, second = await invited_proxy(desk)
    assert first_child != second_child
    one = await desk.accepted(PA, await desk.code(first.id))
    two = await desk.accepted(PA, await desk.code(second.id), password="another one entirely")
    assert one.id == two.id
    assert await desk.opens(one.id)
    assert not await desk.opens(one.id, "another one entirely")
    async with desk.world.begin(desk.world.system) as unit:
        held = await unit.grants.held_by(one.id)
    assert {grant.client_id for grant, _ in held} == {first_child, second_child}


async def test_somebody_who_has_registered_is_verified_by_the_invitation(desk: MemoryDesk) -> None:
    client_id, invitation = await invited_client(desk)
    account = await desk.world.add_account(ANN, "client", client_id=client_id)
    async with desk.world.begin(desk.world.system) as unit:
        unit.tx.table("accounts")[desk.world.practice_id, account.id] = evolve(account, status="unverified")
        await unit.commit(None)
    view = await desk.accepted(ANN, await desk.code(invitation.id))
    assert (view.id, view.status) == (account.id, "active")
    assert await desk.opens(account.id)


async def test_an_email_that_signs_in_for_somebody_else_is_refused(desk: MemoryDesk) -> None:
    _, invitation = await invited_client(desk)
    code = await desk.code(invitation.id)
    other = await desk.world.add_client()
    account = await desk.world.add_account(ANN, "client", client_id=other.id)
    with pytest.raises(CodeRefused):
        await desk.accepted(ANN, code)
    async with desk.world.begin(desk.world.system) as unit:
        unit.tx.table("accounts")[desk.world.practice_id, account.id] = evolve(account, status="unverified")
        await unit.commit(None)
    with pytest.raises(CodeRefused):
        await desk.accepted(ANN, code)


async def test_a_client_is_no_proxy_of_themself(desk: MemoryDesk) -> None:
    child_id, invitation = await invited_proxy(desk)
    await desk.world.add_account(PA, "client", client_id=child_id)
    with pytest.raises(CodeRefused):
        await desk.accepted(PA, await desk.code(invitation.id))


async def test_a_member_who_left_is_refused(desk: MemoryDesk) -> None:
    member = await desk.world.add_staff()
    invitation = await desk.invite_staff(desk.world.staff(), InviteStaffCommand(member.id))
    code = await desk.code(invitation.id)
    async with desk.world.begin(desk.world.system) as unit:
        await unit.staff_records.save(member.amended(active=False), None)
        await unit.commit(None)
    with pytest.raises(CodeRefused):
        await desk.accepted(member.email, code)


@define
class Interrupted(Passwords):
    """An identity provider during whose call something else happens."""

    inner: Passwords
    meanwhile: Any

    async def create(self, credential: Credential, password: str) -> None:
        await self.inner.create(credential, password)
        await self.meanwhile()

    async def check(self, credential: Credential, password: str) -> Any:
        return await self.inner.check(credential, password)

    async def set(self, credential: Credential, password: str) -> None:
        await self.inner.set(credential, password)


async def test_a_crash_after_the_provider_goes_on_with_the_same_account(desk: MemoryDesk) -> None:
    _, invitation = await invited_client(desk)
    code = await desk.code(invitation.id)
    whole = desk.accept

    async def crash() -> None:
        raise Unavailable

    desk.accept = evolve(whole, passwords=Interrupted(whole.passwords, crash))
    with pytest.raises(Unavailable):
        await desk.accepted(ANN, code)
    ((_, orphan),) = desk.pool.people
    desk.accept = whole
    view = await desk.accepted(ANN, code, password="the second password")
    assert view.id == orphan
    assert await desk.opens(view.id, "the second password")


async def test_of_two_with_one_code_one_is_refused_and_the_account_stays(desk: MemoryDesk) -> None:
    _, invitation = await invited_client(desk)
    code = await desk.code(invitation.id)
    whole = desk.accept
    views = []

    async def another() -> None:
        desk.accept = whole
        views.append(await desk.accepted(ANN, code))

    desk.accept = evolve(whole, passwords=Interrupted(whole.passwords, another))
    with pytest.raises(CodeRefused):
        await desk.accepted(ANN, code)
    assert (await desk.account(views[0].id)).status == "active"
    assert await desk.opens(views[0].id)


async def test_when_the_email_is_taken_meanwhile_the_provider_forgets_the_credential(desk: MemoryDesk) -> None:
    _, invitation = await invited_client(desk)
    code = await desk.code(invitation.id)

    async def taken() -> None:
        await desk.world.add_account(ANN, "proxy")

    desk.accept = evolve(desk.accept, passwords=Interrupted(desk.accept.passwords, taken))
    with pytest.raises(CodeRefused):
        await desk.accepted(ANN, code)
    assert desk.pool.people == {}


async def test_when_the_invitation_is_withdrawn_meanwhile_nothing_is_left(desk: MemoryDesk) -> None:
    _, invitation = await invited_client(desk)
    code = await desk.code(invitation.id)

    async def withdrawn() -> None:
        await WithdrawInvitation(desk.world.begin)(desk.world.staff(), WithdrawInvitationCommand(invitation.id))

    desk.accept = evolve(desk.accept, passwords=Interrupted(desk.accept.passwords, withdrawn))
    with pytest.raises(CodeRefused):
        await desk.accepted(ANN, code)
    assert desk.pool.people == {}


async def test_who_registered_meanwhile_and_used_the_code_for_that_account_wins(desk: MemoryDesk) -> None:
    client_id, invitation = await invited_client(desk)
    code = await desk.code(invitation.id)
    whole = desk.accept
    account = None

    async def crash() -> None:
        raise Unavailable

    async def registered() -> None:
        nonlocal account
        account = await desk.world.add_account(ANN, "client", client_id=client_id)
        account = evolve(account, status="unverified")
        desk.world.store.table("accounts")[desk.world.practice_id, account.id] = account
        desk.accept = evolve(whole, passwords=Interrupted(whole.passwords, crash))
        with pytest.raises(Unavailable):
            await desk.accepted(ANN, code)

    desk.accept = evolve(whole, passwords=Interrupted(whole.passwords, registered))
    with pytest.raises(CodeRefused):
        await desk.accept(desk.world.visitor, AcceptInvitationCommand(ANN, code, PASSWORD, BORN))
    assert account is not None
    assert list(desk.pool.people) == [("portal", account.id)]
    desk.accept = whole
    assert (await desk.accepted(ANN, code)).id == account.id


async def test_listing_invitations_is_for_those_who_make_them(desk: MemoryDesk) -> None:
    show = ListInvitations(desk.world.begin)
    for actor in (desk.world.staff("biller"), desk.world.staff("auditor")):
        with pytest.raises(Forbidden):
            await show(actor, PageRequest())
    with pytest.raises(NotFound):
        await show(desk.world.visitor, PageRequest())
    client_id, invitation = await invited_client(desk)
    for actor in (desk.world.staff("front_desk"), SystemActor(desk.world.practice_id, "job")):
        assert (await show(actor, PageRequest())).items == (invitation,)
    assert [entry.record for entry in await desk.trail("invitations.read")] == [client_id] * 2
