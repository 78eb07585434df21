"""People who share an email: each gets an account, and nobody gets an invitation that cannot be accepted."""

from uuid import UUID

import pytest
import pytest_asyncio

from portal_core.access.model import GrantTerms
from portal_core.accounts.errors import AlreadyRegistered, CodeRefused
from portal_core.accounts.invitation_errors import EmailInUse, EmailInvited, NoEmail
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.use_cases.invite_client import InviteClientCommand
from portal_core.accounts.use_cases.invite_proxy import InviteProxyCommand
from portal_core.accounts.use_cases.issue_invitation_code import IssueInvitationCode
from portal_core.accounts.use_cases.list_invitations import ListInvitations, ListInvitationsQuery
from portal_core.accounts.use_cases.withdraw_invitation import WithdrawInvitation
from portal_core.kernel.contact import InvalidEmail
from portal_core.people.use_cases.get_client import GetClient
from tests.support.people.use_cases import ANN, PA, birthday
from tests.unit.people.memory_world import MemoryPeopleUseCases

SHARED = "couple@example.org"
OWN = "bob@example.org"


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


async def invite(use_cases: MemoryPeopleUseCases, client_id: UUID, email: str | None = None) -> InvitationView:
    return await use_cases.invite_client(use_cases.world.staff("front_desk"), InviteClientCommand(client_id, email))


async def couple(use_cases: MemoryPeopleUseCases) -> tuple[UUID, UUID]:
    """Two clients with one email on file."""
    return (await use_cases.world.add_client("Ann", email=SHARED)).id, (
        await use_cases.world.add_client("Bob", email=SHARED)
    ).id


async def test_couple_with_one_email_gets_two_accounts(use_cases: MemoryPeopleUseCases) -> None:
    ann, bob = await couple(use_cases)
    first = await use_cases.accepted(SHARED, await use_cases.code((await invite(use_cases, ann)).id))
    invitation = await invite(use_cases, bob, f" {OWN.upper()} ")
    second = await use_cases.accepted(OWN, await use_cases.code(invitation.id))
    assert (invitation.email, second.email) == (OWN, OWN)
    assert [(await use_cases.account(one.id)).client_id for one in (first, second)] == [ann, bob]
    shown = (await GetClient(use_cases.world.begin, use_cases.world.clock)(use_cases.world.staff(), bob)).profile
    assert (shown.email, shown.sign_in_email) == (SHARED, OWN)


async def test_email_of_another_persons_account_is_refused_at_once(use_cases: MemoryPeopleUseCases) -> None:
    ann, bob = await couple(use_cases)
    for status in ("unverified", "active"):
        use_cases = await MemoryPeopleUseCases.create()
        ann, bob = await couple(use_cases)
        await use_cases.world.add_account(SHARED, "client", client_id=ann, status=status)  # type: ignore[arg-type]
        before = use_cases.world.notices().copy()
        for email in (None, SHARED):
            with pytest.raises(EmailInUse):
                await invite(use_cases, bob, email)
        assert use_cases.world.notices() == before


async def test_email_of_a_proxys_account_is_refused_at_once(use_cases: MemoryPeopleUseCases) -> None:
    _, bob = await couple(use_cases)
    await use_cases.world.add_account(SHARED)
    with pytest.raises(EmailInUse):
        await invite(use_cases, bob)


async def test_email_with_another_persons_open_invitation_is_refused_at_once(use_cases: MemoryPeopleUseCases) -> None:
    ann, bob = await couple(use_cases)
    child = await use_cases.world.add_client(date_of_birth=birthday(8))
    proxy = InviteProxyCommand(child.id, SHARED, GrantTerms("parent"))
    clinician = use_cases.world.staff("clinician")
    first = await invite(use_cases, ann)
    with pytest.raises(EmailInvited):
        await invite(use_cases, bob)
    with pytest.raises(EmailInvited):
        await use_cases.invite_proxy(clinician, proxy)
    assert (await invite(use_cases, ann)).id != first.id  # the same person may be invited again
    use_cases.world.clock.advance(first.expires_at - first.created_at)
    parents = await use_cases.invite_proxy(clinician, proxy)  # what has expired is not in the way
    with pytest.raises(EmailInvited):
        await invite(use_cases, bob)
    await WithdrawInvitation(use_cases.world.begin)(clinician, parents.id)
    await use_cases.accepted(SHARED, await use_cases.code((await invite(use_cases, bob)).id))


async def test_proxy_of_two_children_may_have_two_open_invitations(use_cases: MemoryPeopleUseCases) -> None:
    children = [await use_cases.world.add_client(date_of_birth=birthday(age)) for age in (6, 8)]
    invitations = [
        await use_cases.invite_proxy(
            use_cases.world.staff("clinician"), InviteProxyCommand(child.id, PA, GrantTerms("parent"))
        )
        for child in children
    ]
    accounts = {(await use_cases.accepted(PA, await use_cases.code(one.id))).id for one in invitations}
    assert len(accounts) == 1


async def test_mails_to_one_address_have_labels_that_staff_see(use_cases: MemoryPeopleUseCases) -> None:
    world, clinician = use_cases.world, use_cases.world.staff("clinician")
    children = [await world.add_client(date_of_birth=birthday(age)) for age in (6, 8)]
    invitations = [
        await use_cases.invite_proxy(clinician, InviteProxyCommand(child.id, PA, GrantTerms("parent")))
        for child in children
    ]
    issue = IssueInvitationCode(world.begin, world.clock, use_cases.tokens)
    mailed = [await issue(world.system, one.id) for one in invitations]
    listed = (await ListInvitations(world.begin)(clinician, ListInvitationsQuery())).items
    labels = [one.label for one in invitations]
    assert [one.label for one in mailed if one is not None] == labels
    assert {one.id: one.label for one in listed} == {one.id: one.label for one in invitations}
    assert len(set(labels)) == 2
    again = await issue(world.system, invitations[0].id)
    assert again is not None
    assert mailed[0] is not None
    assert (again.label, again.code == mailed[0].code) == (labels[0], False)


async def test_proxys_code_never_opens_the_account_that_a_client_registered(use_cases: MemoryPeopleUseCases) -> None:
    ann, _ = await couple(use_cases)
    child = await use_cases.world.add_client(date_of_birth=birthday(8))
    command = InviteProxyCommand(child.id, SHARED, GrantTerms("parent"))
    invitation = await use_cases.invite_proxy(use_cases.world.staff("clinician"), command)
    registered = await use_cases.world.add_account(SHARED, "client", client_id=ann, status="unverified")
    with pytest.raises(CodeRefused):
        await use_cases.accepted(SHARED, await use_cases.code(invitation.id))
    assert await use_cases.account(registered.id) == registered
    with pytest.raises(EmailInUse):
        await use_cases.invite_proxy(use_cases.world.staff("clinician"), command)


async def test_invitation_by_another_address_replaces_unverified_registration(use_cases: MemoryPeopleUseCases) -> None:
    client = await use_cases.world.add_client(email=ANN)
    registered = await use_cases.world.add_account(ANN, "client", client_id=client.id, status="unverified")
    invitation = await invite(use_cases, client.id, OWN)
    accepted = await use_cases.accepted(OWN, await use_cases.code(invitation.id))
    assert (await use_cases.account(accepted.id)).client_id == client.id
    assert (await use_cases.account(registered.id)).status == "closed"
    (closed,) = await use_cases.audit_entries("account.closed")
    assert (closed.target, closed.record, closed.facts) == (registered.id, client.id, {"by": "invitation"})


async def test_client_with_an_account_is_not_invited_by_another_address(use_cases: MemoryPeopleUseCases) -> None:
    account = await use_cases.add_client_with_account()
    assert account.client_id is not None
    for email in (None, OWN):
        with pytest.raises(AlreadyRegistered):
            await invite(use_cases, account.client_id, email)


async def test_new_invitation_withdraws_one_by_another_address(use_cases: MemoryPeopleUseCases) -> None:
    client = await use_cases.world.add_client(email=ANN)
    first = await invite(use_cases, client.id)
    code = await use_cases.code(first.id)
    await invite(use_cases, client.id, OWN)
    with pytest.raises(CodeRefused):
        await use_cases.accepted(ANN, code)


async def test_client_without_email_is_invited_by_the_given_one(use_cases: MemoryPeopleUseCases) -> None:
    client = await use_cases.world.add_client()
    with pytest.raises(NoEmail):
        await invite(use_cases, client.id)
    with pytest.raises(InvalidEmail):
        await invite(use_cases, client.id, "nobody")
    assert (await invite(use_cases, client.id, OWN)).email == OWN


async def test_audit_log_says_whether_the_address_is_the_one_on_file(use_cases: MemoryPeopleUseCases) -> None:
    client = await use_cases.world.add_client(email=ANN)
    await use_cases.world.add_staff("sam@elm.example")
    for email in (None, OWN, "sam@elm.example"):
        await invite(use_cases, client.id, email)
    created = await use_cases.audit_entries("invitation.created")
    assert [one.facts["address"] for one in created] == ["on_file", "other", "of_staff"]
