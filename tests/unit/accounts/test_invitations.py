"""Invitations from creation to the open account, and attacks on them."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from portal_core.access.errors import GrantNotAllowed
from portal_core.access.model import GrantTerms
from portal_core.accounts.errors import AlreadyRegistered, CodeRefused, InvalidPassword
from portal_core.accounts.invitation_errors import InvitationNotOpen, NoEmail
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.invitations import INVITATION_LIFETIME, MAX_INVITATION_ATTEMPTS
from portal_core.accounts.use_cases.accept_invitation import AcceptInvitationCommand
from portal_core.accounts.use_cases.invite_client import InviteClientCommand
from portal_core.accounts.use_cases.invite_proxy import InviteProxyCommand
from portal_core.accounts.use_cases.issue_invitation_code import IssueInvitationCode
from portal_core.accounts.use_cases.list_invitations import ListInvitations, ListInvitationsQuery
from portal_core.accounts.use_cases.withdraw_invitation import WithdrawInvitation
from portal_core.kernel.codes import hash_code
from portal_core.kernel.contact import InvalidEmail
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, RateLimited
from portal_core.kernel.notices import Notice
from tests.support.contracts.people.world import DATE_OF_BIRTH
from tests.support.people.use_cases import ANN, PA, PASSWORD, birthday
from tests.unit.people.memory_world import MemoryPeopleUseCases, MemoryPeopleWorld


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


async def test_client_accepts_invitation(use_cases: MemoryPeopleUseCases) -> None:
    client_id, invitation = await invited_client(use_cases)
    assert use_cases.world.notices() == [
        Notice("invitation", "service", subject_id=invitation.id, deduplication_key=f"invitation:{invitation.id}")
    ]
    code = await use_cases.code(invitation.id)
    view = await use_cases.accepted(f" {ANN.upper()}", f" {code.lower()[:4]}-{code.lower()[4:]} ")
    assert (view.email, view.kind, view.status, view.second_factor) == (ANN, "client", "active", "none")
    account = await use_cases.account(view.id)
    assert (account.client_id, account.version) == (client_id, 1)
    assert await use_cases.password_accepted(view.id)
    actions = [entry.action for entry in await use_cases.world.audit() if entry.record == client_id]
    assert actions == [
        "invitation.created",
        "invitation.code_issued",
        "invitation.code_accepted",
        "account.verified",
        "invitation.accepted",
    ]


async def test_proxy_accepts_invitation_and_gets_grant(use_cases: MemoryPeopleUseCases) -> None:
    terms = GrantTerms("guardian", frozenset({"forms"}), may_write=True, until=date(2030, 1, 1))
    child_id, invitation = await invited_proxy(use_cases, terms)
    view = await use_cases.accepted(PA, await use_cases.code(invitation.id), date_of_birth=None)
    account = await use_cases.account(view.id)
    assert (account.kind, account.client_id) == ("proxy", None)
    async with use_cases.world.begin(use_cases.world.system) as unit:
        ((grant, _),) = await unit.grants.list_held_by(view.id)
    assert (grant.client_id, grant.areas, grant.may_write, grant.until) == (
        child_id,
        terms.areas,
        True,
        date(2030, 1, 1),
    )
    assert grant.granted_by == use_cases.world.staff().account_id
    (created,) = await use_cases.audit_entries("grant.created")
    assert (created.target, created.record) == (grant.id, child_id)


async def test_staff_member_accepts_invitation(use_cases: MemoryPeopleUseCases) -> None:
    member = await use_cases.world.add_staff("sam@elm.example")
    invitation = await use_cases.invite_staff(use_cases.world.staff(), member.id)
    view = await use_cases.accepted(member.email, await use_cases.code(invitation.id))
    account = await use_cases.account(view.id)
    assert (account.kind, account.side, account.staff_id) == ("staff", "practice", member.id)
    assert await use_cases.password_accepted(view.id, side="practice")
    with pytest.raises(AlreadyRegistered):
        await use_cases.invite_staff(use_cases.world.system, member.id)


async def test_only_hash_of_code_is_stored(use_cases: MemoryPeopleUseCases) -> None:
    _, invitation = await invited_client(use_cases)
    code = await use_cases.code(invitation.id)
    async with use_cases.world.begin(use_cases.world.system) as unit:
        stored = await unit.invitations.get(invitation.id)
    assert stored.code_hash == hash_code(invitation.id, code)
    assert code not in repr(use_cases.world.store.tables)
    assert hash_code(invitation.id, code) != hash_code(UUID(int=1), code)
    assert hash_code(invitation.id, "oO0-iIlL1") == hash_code(invitation.id, "000 11111")


async def test_new_code_invalidates_previous_one(use_cases: MemoryPeopleUseCases) -> None:
    _, invitation = await invited_client(use_cases)
    first, second = await use_cases.code(invitation.id), await use_cases.code(invitation.id)
    with pytest.raises(CodeRefused):
        await use_cases.accepted(ANN, first)
    await use_cases.accepted(ANN, second)


async def test_invitation_code_is_single_use_and_expires_after_seven_days(use_cases: MemoryPeopleUseCases) -> None:
    _, invitation = await invited_client(use_cases)
    code = await use_cases.code(invitation.id)
    use_cases.world.clock.advance(INVITATION_LIFETIME)
    with pytest.raises(CodeRefused):
        await use_cases.accepted(ANN, code)
    issue = IssueInvitationCode(use_cases.world.begin, use_cases.world.clock, use_cases.tokens)
    assert await issue(use_cases.world.system, invitation.id) is None
    assert await issue(use_cases.world.system, UUID(int=9)) is None
    use_cases.world.clock.advance(-timedelta(seconds=1))
    await use_cases.accepted(ANN, code)
    with pytest.raises(CodeRefused):
        await use_cases.accepted(ANN, code)


async def test_only_system_issues_codes(use_cases: MemoryPeopleUseCases) -> None:
    _, invitation = await invited_client(use_cases)
    issue = IssueInvitationCode(use_cases.world.begin, use_cases.world.clock, use_cases.tokens)
    for actor in (use_cases.world.staff(), use_cases.world.visitor):
        with pytest.raises(Forbidden):
            await issue(actor, invitation.id)


async def test_invitation_attempt_limit(use_cases: MemoryPeopleUseCases) -> None:
    _, invitation = await invited_client(use_cases)
    code = await use_cases.code(invitation.id)
    for _ in range(MAX_INVITATION_ATTEMPTS // 10):
        for _ in range(10):
            with pytest.raises(CodeRefused):
                await use_cases.accepted(ANN, "WRONG")
        use_cases.world.clock.advance(timedelta(hours=1))
    with pytest.raises(CodeRefused):
        await use_cases.accepted(ANN, code)
    assert len(await use_cases.audit_entries("invitation.code_refused")) == MAX_INVITATION_ATTEMPTS + 1


@pytest.mark.parametrize("known", [True, False])
async def test_attempts_are_limited_for_known_and_unknown_emails(use_cases: MemoryPeopleUseCases, known: bool) -> None:
    if known:
        await invited_client(use_cases)
    for _ in range(10):
        with pytest.raises(CodeRefused):
            await use_cases.accepted(ANN, "WRONG")
    with pytest.raises(RateLimited):
        await use_cases.accepted(ANN, "WRONG")


async def test_refusals_are_indistinguishable(use_cases: MemoryPeopleUseCases) -> None:
    _, invitation = await invited_client(use_cases)
    code = await use_cases.code(invitation.id)
    other = await MemoryPeopleWorld.create(use_cases.world)
    attempts: list[tuple[MemoryPeopleWorld, str, str, date | None]] = [
        (use_cases.world, ANN, "WRONG", DATE_OF_BIRTH),
        (use_cases.world, "nobody@example.org", code, DATE_OF_BIRTH),
        (use_cases.world, ANN, code, DATE_OF_BIRTH + timedelta(days=1)),
        (use_cases.world, ANN, code, None),
        (other, ANN, code, DATE_OF_BIRTH),
    ]
    responses = set()
    for world, email, typed, date_of_birth in attempts:
        with pytest.raises(CodeRefused) as refused:
            await use_cases.accept(world.visitor, AcceptInvitationCommand(email, typed, PASSWORD, date_of_birth))
        responses.add((refused.value.code, str(refused.value), refused.value.fields))
    assert len(responses) == 1
    assert use_cases.pool.people == {}
    async with use_cases.world.begin(use_cases.world.system) as unit:
        assert (await unit.accounts.find_by_email("portal", ANN)) is None


async def test_email_and_password_are_validated_before_code(use_cases: MemoryPeopleUseCases) -> None:
    _, invitation = await invited_client(use_cases)
    code = await use_cases.code(invitation.id)
    for email, typed in ((ANN, code), (ANN, "WRONG"), ("nobody@example.org", code)):
        with pytest.raises(InvalidPassword):
            await use_cases.accepted(email, typed, password="short")
    with pytest.raises(InvalidPassword) as refused:
        await use_cases.accepted(ANN, code, password="Elm Street Street")
    assert refused.value.fields[0].code == "password_from_context"
    with pytest.raises(InvalidEmail):
        await use_cases.accepted("ann", code)
    assert await use_cases.audit_entries("invitation.code_refused") == []
    await use_cases.accepted(ANN, code)


async def test_new_invitation_withdraws_previous_one(use_cases: MemoryPeopleUseCases) -> None:
    client_id, first = await invited_client(use_cases)
    code = await use_cases.code(first.id)
    other_id, _ = await invited_proxy(use_cases)
    second = await use_cases.invite_client(use_cases.world.system, InviteClientCommand(client_id))
    with pytest.raises(CodeRefused):
        await use_cases.accepted(ANN, code)
    page = await ListInvitations(use_cases.world.begin)(use_cases.world.staff("front_desk"), ListInvitationsQuery())
    assert [(one.kind, one.client_id, one.state) for one in page.items] == [
        ("client", client_id, "open"),
        ("proxy", other_id, "open"),
        ("client", client_id, "withdrawn"),
    ]
    assert page.items[0] == second
    (entry,) = await use_cases.audit_entries("invitation.withdrawn")
    assert (entry.target, entry.facts) == (first.id, {"by": "another"})


async def test_invitation_is_withdrawn(use_cases: MemoryPeopleUseCases) -> None:
    _, invitation = await invited_client(use_cases)
    code = await use_cases.code(invitation.id)
    withdraw = WithdrawInvitation(use_cases.world.begin)
    view = await withdraw(use_cases.world.staff("front_desk"), invitation.id)
    assert view.state == "withdrawn"
    with pytest.raises(CodeRefused):
        await use_cases.accepted(ANN, code)
    with pytest.raises(InvitationNotOpen):
        await withdraw(use_cases.world.staff(), invitation.id)
    with pytest.raises(NotFound):
        await withdraw(use_cases.world.staff(), UUID(int=9))
    member = await use_cases.world.add_staff()
    of_staff = await use_cases.invite_staff(use_cases.world.staff(), member.id)
    with pytest.raises(Forbidden):
        await withdraw(use_cases.world.staff("front_desk"), of_staff.id)
    assert (await withdraw(use_cases.world.staff(), of_staff.id)).state == "withdrawn"


async def test_invitation_refusals(use_cases: MemoryPeopleUseCases) -> None:
    world, front_desk = use_cases.world, use_cases.world.staff("front_desk")
    nobody = await world.add_client()
    with pytest.raises(NoEmail):
        await use_cases.invite_client(front_desk, InviteClientCommand(nobody.id))
    with pytest.raises(NotFound):
        await use_cases.invite_client(front_desk, InviteClientCommand(UUID(int=9)))
    account = await use_cases.add_client_with_account()
    assert account.client_id is not None
    with pytest.raises(AlreadyRegistered):
        await use_cases.invite_client(front_desk, InviteClientCommand(account.client_id))
    left = await world.add_staff(active=False)
    for staff_id in (left.id, UUID(int=9)):
        with pytest.raises(NotFound):
            await use_cases.invite_staff(world.staff(), staff_id)
    child = await world.add_client(date_of_birth=birthday(8))
    with pytest.raises(AlreadyRegistered):
        await use_cases.invite_proxy(world.staff(), InviteProxyCommand(child.id, ANN, GrantTerms("parent")))
    with pytest.raises(NotFound):
        await use_cases.invite_proxy(world.staff(), InviteProxyCommand(UUID(int=9), PA, GrantTerms("parent")))
    with pytest.raises(InvalidEmail):
        await use_cases.invite_proxy(world.staff(), InviteProxyCommand(child.id, "pa", GrantTerms("parent")))
    with pytest.raises(GrantNotAllowed):
        await use_cases.invite_proxy(world.staff(), InviteProxyCommand(nobody.id, PA, GrantTerms("parent")))
    with pytest.raises(Invalid):
        await use_cases.invite_proxy(
            world.staff(), InviteProxyCommand(child.id, PA, GrantTerms("parent", until=date(2026, 3, 2)))
        )
