"""Invitations, from the desk to the open account; and what attackers find."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from portal_core.access.errors import GrantNotAllowed
from portal_core.access.model import GrantTerms
from portal_core.accounts.errors import AlreadyRegistered, CodeRefused, PasswordUnfit
from portal_core.accounts.errors_invitations import InvitationNotOpen, NoEmail
from portal_core.accounts.invitations import INVITATION_FOR, INVITATION_TRIES
from portal_core.accounts.use_cases.accept_invitation import AcceptInvitationCommand
from portal_core.accounts.use_cases.invite_client import InviteClientCommand
from portal_core.accounts.use_cases.invite_proxy import InviteProxyCommand
from portal_core.accounts.use_cases.invite_staff import InviteStaffCommand
from portal_core.accounts.use_cases.issue_invitation_code import IssueInvitationCode
from portal_core.accounts.use_cases.list_invitations import ListInvitations
from portal_core.accounts.use_cases.withdraw_invitation import WithdrawInvitation, WithdrawInvitationCommand
from portal_core.accounts.views_invitations import InvitationView
from portal_core.kernel.codes import hash_code
from portal_core.kernel.contact import EmailUnfit
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, RateLimited
from portal_core.kernel.outbox import Notice
from portal_core.kernel.page import PageRequest
from tests.support.contracts.people.world import BORN
from tests.support.people.use_cases import ANN, PA, PASSWORD, birthday
from tests.unit.people.memory_world import MemoryDesk, MemoryPeople


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


async def test_a_client_comes_by_invitation(desk: MemoryDesk) -> None:
    client_id, invitation = await invited_client(desk)
    assert desk.world.notices() == [
        Notice("invitation", "service", about=invitation.id, once=f"invitation:{invitation.id}")
    ]
    code = await desk.code(invitation.id)
    view = await desk.accepted(f" {ANN.upper()}", f" {code.lower()[:4]}-{code.lower()[4:]} ")
    assert (view.email, view.kind, view.status, view.second_factor) == (ANN, "client", "active", "none")
    account = await desk.account(view.id)
    assert (account.client_id, account.version) == (client_id, 1)
    assert await desk.opens(view.id)
    actions = [entry.action for entry in await desk.world.audit() if entry.record == client_id]
    assert actions == [
        "invitation.made",
        "invitation.code_issued",
        "invitation.code_accepted",
        "account.verified",
        "invitation.accepted",
    ]


async def test_a_proxy_comes_by_invitation_with_their_grant(desk: MemoryDesk) -> None:
    terms = GrantTerms("guardian", frozenset({"forms"}), may_write=True, until=date(2030, 1, 1))
    child_id, invitation = await invited_proxy(desk, terms)
    view = await desk.accepted(PA, await desk.code(invitation.id), born=None)
    account = await desk.account(view.id)
    assert (account.kind, account.client_id) == ("proxy", None)
    async with desk.world.begin(desk.world.system) as unit:
        ((grant, _),) = await unit.grants.held_by(view.id)
    assert (grant.client_id, grant.areas, grant.may_write, grant.until) == (
        child_id,
        terms.areas,
        True,
        date(2030, 1, 1),
    )
    assert grant.decided_by == desk.world.staff().account_id
    (made,) = await desk.trail("grant.made")
    assert (made.target, made.record) == (grant.id, child_id)


async def test_staff_come_by_invitation(desk: MemoryDesk) -> None:
    member = await desk.world.add_staff("sam@elm.example")
    invitation = await desk.invite_staff(desk.world.staff(), InviteStaffCommand(member.id))
    view = await desk.accepted(member.email, await desk.code(invitation.id))
    account = await desk.account(view.id)
    assert (account.kind, account.side, account.staff_id) == ("staff", "practice", member.id)
    assert await desk.opens(view.id, side="practice")
    with pytest.raises(AlreadyRegistered):
        await desk.invite_staff(desk.world.system, InviteStaffCommand(member.id))


async def test_what_is_kept_of_a_code_is_a_hash(desk: MemoryDesk) -> None:
    _, invitation = await invited_client(desk)
    code = await desk.code(invitation.id)
    async with desk.world.begin(desk.world.system) as unit:
        kept = await unit.invitations.get(invitation.id)
    assert kept.code_hash == hash_code(invitation.id, code)
    assert code not in repr(desk.world.store.tables)
    assert hash_code(invitation.id, code) != hash_code(UUID(int=1), code)
    assert hash_code(invitation.id, "oO0-iIlL1") == hash_code(invitation.id, "000 11111")


async def test_a_new_code_ends_the_one_before(desk: MemoryDesk) -> None:
    _, invitation = await invited_client(desk)
    first, second = await desk.code(invitation.id), await desk.code(invitation.id)
    with pytest.raises(CodeRefused):
        await desk.accepted(ANN, first)
    await desk.accepted(ANN, second)


async def test_a_code_is_good_once_and_seven_days(desk: MemoryDesk) -> None:
    _, invitation = await invited_client(desk)
    code = await desk.code(invitation.id)
    desk.world.clock.advance(INVITATION_FOR)
    with pytest.raises(CodeRefused):
        await desk.accepted(ANN, code)
    issue = IssueInvitationCode(desk.world.begin, desk.world.clock, desk.tokens)
    assert await issue(desk.world.system, invitation.id) is None
    assert await issue(desk.world.system, UUID(int=9)) is None
    desk.world.clock.advance(-timedelta(seconds=1))
    await desk.accepted(ANN, code)
    with pytest.raises(CodeRefused):
        await desk.accepted(ANN, code)


async def test_only_the_system_has_codes_made(desk: MemoryDesk) -> None:
    _, invitation = await invited_client(desk)
    issue = IssueInvitationCode(desk.world.begin, desk.world.clock, desk.tokens)
    for actor in (desk.world.staff(), desk.world.visitor):
        with pytest.raises(Forbidden):
            await issue(actor, invitation.id)


async def test_a_hundred_tries_and_no_more(desk: MemoryDesk) -> None:
    _, invitation = await invited_client(desk)
    code = await desk.code(invitation.id)
    for _ in range(INVITATION_TRIES // 10):
        for _ in range(10):
            with pytest.raises(CodeRefused):
                await desk.accepted(ANN, "WRONG")
        desk.world.clock.advance(timedelta(hours=1))
    with pytest.raises(CodeRefused):
        await desk.accepted(ANN, code)
    assert len(await desk.trail("invitation.code_refused")) == INVITATION_TRIES + 1


@pytest.mark.parametrize("known", [True, False])
async def test_tries_are_limited_for_known_and_unknown_emails_alike(desk: MemoryDesk, known: bool) -> None:
    if known:
        await invited_client(desk)
    for _ in range(10):
        with pytest.raises(CodeRefused):
            await desk.accepted(ANN, "WRONG")
    with pytest.raises(RateLimited):
        await desk.accepted(ANN, "WRONG")


async def test_all_refusals_are_one(desk: MemoryDesk) -> None:
    _, invitation = await invited_client(desk)
    code = await desk.code(invitation.id)
    other = await MemoryPeople.open(desk.world)
    tries: list[tuple[MemoryPeople, str, str, date | None]] = [
        (desk.world, ANN, "WRONG", BORN),
        (desk.world, "nobody@example.org", code, BORN),
        (desk.world, ANN, code, BORN + timedelta(days=1)),
        (desk.world, ANN, code, None),
        (other, ANN, code, BORN),
    ]
    said = set()
    for world, email, typed, born in tries:
        with pytest.raises(CodeRefused) as refused:
            await desk.accept(world.visitor, AcceptInvitationCommand(email, typed, PASSWORD, born))
        said.add((refused.value.code, str(refused.value), refused.value.fields))
    assert len(said) == 1
    assert desk.pool.people == {}
    async with desk.world.begin(desk.world.system) as unit:
        assert (await unit.accounts.find_by_email("portal", ANN)) is None


async def test_email_and_password_are_judged_before_the_code_is_looked_at(desk: MemoryDesk) -> None:
    _, invitation = await invited_client(desk)
    code = await desk.code(invitation.id)
    for email, typed in ((ANN, code), (ANN, "WRONG"), ("nobody@example.org", code)):
        with pytest.raises(PasswordUnfit):
            await desk.accepted(email, typed, password="short")
    with pytest.raises(PasswordUnfit) as refused:
        await desk.accepted(ANN, code, password="Elm Street Street")
    assert refused.value.fields[0].code == "password_from_context"
    with pytest.raises(EmailUnfit):
        await desk.accepted("ann", code)
    assert await desk.trail("invitation.code_refused") == []
    await desk.accepted(ANN, code)


async def test_inviting_again_withdraws_the_one_before(desk: MemoryDesk) -> None:
    client_id, first = await invited_client(desk)
    code = await desk.code(first.id)
    other_id, _ = await invited_proxy(desk)
    second = await desk.invite_client(desk.world.system, InviteClientCommand(client_id))
    with pytest.raises(CodeRefused):
        await desk.accepted(ANN, code)
    page = await ListInvitations(desk.world.begin)(desk.world.staff("front_desk"), PageRequest())
    assert [(one.kind, one.client_id, one.state) for one in page.items] == [
        ("client", client_id, "open"),
        ("proxy", other_id, "open"),
        ("client", client_id, "withdrawn"),
    ]
    assert page.items[0] == second
    (entry,) = await desk.trail("invitation.withdrawn")
    assert (entry.target, entry.facts) == (first.id, {"by": "another"})


async def test_an_invitation_is_taken_back(desk: MemoryDesk) -> None:
    _, invitation = await invited_client(desk)
    code = await desk.code(invitation.id)
    withdraw = WithdrawInvitation(desk.world.begin)
    view = await withdraw(desk.world.staff("front_desk"), WithdrawInvitationCommand(invitation.id))
    assert view.state == "withdrawn"
    with pytest.raises(CodeRefused):
        await desk.accepted(ANN, code)
    with pytest.raises(InvitationNotOpen):
        await withdraw(desk.world.staff(), WithdrawInvitationCommand(invitation.id))
    with pytest.raises(NotFound):
        await withdraw(desk.world.staff(), WithdrawInvitationCommand(UUID(int=9)))
    member = await desk.world.add_staff()
    of_staff = await desk.invite_staff(desk.world.staff(), InviteStaffCommand(member.id))
    with pytest.raises(Forbidden):
        await withdraw(desk.world.staff("front_desk"), WithdrawInvitationCommand(of_staff.id))
    assert (await withdraw(desk.world.staff(), WithdrawInvitationCommand(of_staff.id))).state == "withdrawn"


async def test_who_cannot_be_invited(desk: MemoryDesk) -> None:
    world, desk_clerk = desk.world, desk.world.staff("front_desk")
    nobody = await world.add_client()
    with pytest.raises(NoEmail):
        await desk.invite_client(desk_clerk, InviteClientCommand(nobody.id))
    with pytest.raises(NotFound):
        await desk.invite_client(desk_clerk, InviteClientCommand(UUID(int=9)))
    account = await desk.client_with_account()
    assert account.client_id is not None
    with pytest.raises(AlreadyRegistered):
        await desk.invite_client(desk_clerk, InviteClientCommand(account.client_id))
    left = await world.add_staff(active=False)
    for staff_id in (left.id, UUID(int=9)):
        with pytest.raises(NotFound):
            await desk.invite_staff(world.staff(), InviteStaffCommand(staff_id))
    child = await world.add_client(born=birthday(8))
    with pytest.raises(AlreadyRegistered):
        await desk.invite_proxy(world.staff(), InviteProxyCommand(child.id, ANN, GrantTerms("parent")))
    with pytest.raises(NotFound):
        await desk.invite_proxy(world.staff(), InviteProxyCommand(UUID(int=9), PA, GrantTerms("parent")))
    with pytest.raises(EmailUnfit):
        await desk.invite_proxy(world.staff(), InviteProxyCommand(child.id, "pa", GrantTerms("parent")))
    with pytest.raises(GrantNotAllowed):
        await desk.invite_proxy(world.staff(), InviteProxyCommand(nobody.id, PA, GrantTerms("parent")))
    with pytest.raises(Invalid):
        await desk.invite_proxy(
            world.staff(), InviteProxyCommand(child.id, PA, GrantTerms("parent", until=date(2026, 3, 2)))
        )
