"""What could not be accepted is refused at once and audited; what no longer can be is withdrawn, and staff see it."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
import pytest_asyncio

from portal_core.access.errors import GrantNotAllowed, NoPortalAccount
from portal_core.access.model import GrantTerms
from portal_core.access.use_cases.grant_access import GrantAccess, GrantAccessCommand
from portal_core.accounts.errors import AlreadyRegistered, CodeRefused
from portal_core.accounts.guardians import GuardianColumns
from portal_core.accounts.invitation_errors import (
    AccountNotAllowed,
    Discharged,
    EmailInUse,
    EmailInvited,
    NoEmail,
)
from portal_core.accounts.use_cases.confirm_email_change import ConfirmEmailChangeCommand
from portal_core.accounts.use_cases.import_with_guardians import ImportWithGuardians, ImportWithGuardiansCommand
from portal_core.accounts.use_cases.invite_client import InviteClientCommand
from portal_core.accounts.use_cases.invite_clients import InviteClients, InviteClientsCommand
from portal_core.accounts.use_cases.invite_proxy import InviteProxyCommand
from portal_core.accounts.use_cases.invite_staff import InviteStaff
from portal_core.accounts.use_cases.list_invitations import ListInvitations, ListInvitationsQuery
from portal_core.accounts.use_cases.process_email_request import ProcessEmailRequest
from portal_core.accounts.use_cases.register_account import RegisterAccount, RegisterAccountCommand
from portal_core.accounts.use_cases.request_email_change import RequestEmailChangeCommand
from portal_core.accounts.use_cases.withdraw_disallowed_invitations import WithdrawDisallowedInvitations
from portal_core.accounts.use_cases.withdraw_excluded_invitations import WithdrawExcludedInvitations
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Forbidden, Invalid, PortalError, RecordDestroyed
from portal_core.people.import_rows import ClientRow
from portal_core.people.model import Client
from portal_core.people.use_cases.get_client import GetClient
from portal_core.people.use_cases.import_people import ImportPeople, ImportPeopleCommand
from tests.support.contracts.people.world import DATE_OF_BIRTH
from tests.support.people.use_cases import ANN, PA, PASSWORD, birthday
from tests.unit.accounts.test_minors_accounts import corrected
from tests.unit.accounts.test_staff_oidc import SAM, sign_in_with_token
from tests.unit.accounts.use_cases import STAFF, AccountUseCases
from tests.unit.people.memory_world import MemoryPeopleUseCases

EMAIL = "shared@example.org"


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


async def destroy(use_cases: MemoryPeopleUseCases, client_id: UUID) -> None:
    await use_cases.world.erase(client_id)


# --- no 201 for what cannot succeed -----------------------------------------------------------------------------------


async def discharged(use_cases: MemoryPeopleUseCases) -> Client:
    return await use_cases.world.add_client(email=ANN, status="discharged")


async def destroyed(use_cases: MemoryPeopleUseCases) -> Client:
    client = await use_cases.world.add_client(email=ANN)
    await destroy(use_cases, client.id)
    return client


async def too_young(use_cases: MemoryPeopleUseCases) -> Client:
    return await use_cases.world.add_client(email=ANN, date_of_birth=birthday(8))


async def without_email(use_cases: MemoryPeopleUseCases) -> Client:
    return await use_cases.world.add_client()


async def with_account(use_cases: MemoryPeopleUseCases) -> Client:
    client = await use_cases.world.add_client(email=ANN)
    await use_cases.world.add_account("own@example.org", "client", client_id=client.id)
    return client


async def with_another_persons_email(use_cases: MemoryPeopleUseCases) -> Client:
    await use_cases.world.add_account(ANN)
    return await use_cases.world.add_client(email=ANN)


async def with_anothers_invited_email(use_cases: MemoryPeopleUseCases) -> Client:
    await use_cases.world.add_invitation((await use_cases.world.add_client(email=ANN)).id)
    return await use_cases.world.add_client(email=ANN)


Kind = Callable[[MemoryPeopleUseCases], Awaitable[Client]]
REFUSED_CLIENTS: dict[Kind, type[PortalError]] = {
    discharged: Discharged,
    destroyed: RecordDestroyed,
    too_young: AccountNotAllowed,
    without_email: NoEmail,
    with_account: AlreadyRegistered,
    with_another_persons_email: EmailInUse,
    with_anothers_invited_email: EmailInvited,
}


@pytest.mark.parametrize(("kind", "error"), REFUSED_CLIENTS.items(), ids=lambda one: one.__name__)
async def test_client_who_could_not_accept_is_refused_and_the_refusal_is_audited(
    use_cases: MemoryPeopleUseCases, kind: Kind, error: type[PortalError]
) -> None:
    client = await kind(use_cases)
    before = await use_cases.open_invitations()
    with pytest.raises(error):
        await use_cases.invite_client(use_cases.world.staff("front_desk"), InviteClientCommand(client.id))
    assert await use_cases.open_invitations() == before
    assert use_cases.world.notices() == []
    refusal = AuditEntry("invitation.refused", record=client.id, outcome="failed", facts={"code": error.code})
    assert await use_cases.audit_entries("invitation.refused") == [refusal]
    many = InviteClients(use_cases.world.begin, use_cases.world.clock, use_cases.world.ids)
    (one,) = (await many(use_cases.world.staff("front_desk"), InviteClientsCommand((client.id,)))).items
    assert one.outcome == error.code  # the same words for one and for many


GUARDED: dict[Kind, type[PortalError]] = {discharged: Discharged, destroyed: RecordDestroyed}


@pytest.mark.parametrize(("kind", "error"), GUARDED.items(), ids=lambda one: one.__name__)
async def test_guardian_of_a_closed_record_is_refused_by_every_door(
    use_cases: MemoryPeopleUseCases, kind: Kind, error: type[PortalError]
) -> None:
    client = await kind(use_cases)
    command = InviteProxyCommand(client.id, PA, GrantTerms("representative", frozenset({"profile"})))
    with pytest.raises(error):
        await use_cases.invite_proxy(use_cases.world.staff("clinician"), command)
    refusal = AuditEntry("invitation.refused", record=client.id, outcome="failed", facts={"code": error.code})
    assert await use_cases.audit_entries("invitation.refused") == [refusal]


async def test_import_finds_no_erased_record_and_invites_no_guardian_to_it(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    child = await world.add_client(date_of_birth=birthday(8), external_id="E-1")
    await destroy(use_cases, child.id)
    member = await world.add_staff("boss@elm.example", roles=frozenset({"administrator"}))
    await world.add_account("boss@elm.example", "staff", staff_id=member.id)
    bring = ImportWithGuardians(world.begin, world.clock, world.ids)
    people = ImportPeopleCommand((), (ClientRow(2, "E-1"),))
    report = await bring(world.system, ImportWithGuardiansCommand(people, (GuardianColumns(PA),), "boss@elm.example"))
    (row,) = report.rows
    assert (row.guardians, [fault.code for fault in row.errors]) == (0, ["required"] * 3)
    assert await use_cases.open_invitations() == set()


async def test_refused_grants_are_audited(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    account = await use_cases.add_client_with_account()
    assert account.client_id is not None
    grant = GrantAccess(world.begin, world.clock, world.ids)
    terms = GrantTerms("other", frozenset({"profile"}))
    refused: list[tuple[str, GrantTerms, type[PortalError]]] = [
        ("nobody@example.org", terms, NoPortalAccount),
        (ANN, terms, GrantNotAllowed),
        ("no address", terms, Invalid),
    ]
    for email, wanted, error in refused:
        with pytest.raises(error):
            await grant(world.staff("clinician"), GrantAccessCommand(account.client_id, email, wanted))
    found = await use_cases.audit_entries("grant.refused")
    assert [one.record for one in found] == [account.client_id] * 3
    assert [one.facts["code"] for one in found] == ["no_portal_account", "grant_not_allowed", "email_invalid"]


# --- what changes after the invitation --------------------------------------------------------------------------------


async def discharge(use_cases: MemoryPeopleUseCases, client_id: UUID) -> None:
    await corrected(use_cases, client_id, status="discharged")


async def discharge_by_import(use_cases: MemoryPeopleUseCases, client_id: UUID) -> None:
    world = use_cases.world
    row = ClientRow(2, "E-1", status="discharged")
    await ImportPeople(world.begin, world.clock, world.ids)(world.system, ImportPeopleCommand((), (row,)))


async def correct_birth(use_cases: MemoryPeopleUseCases, client_id: UUID) -> None:
    await corrected(use_cases, client_id, date_of_birth=birthday(8))


CHANGES = (discharge, discharge_by_import, destroy, correct_birth)
every_change = pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
Change = Callable[[MemoryPeopleUseCases, UUID], Awaitable[None]]


@every_change
async def test_code_sent_before_opens_nothing_afterwards(use_cases: MemoryPeopleUseCases, change: Change) -> None:
    client = await use_cases.world.add_client(email=ANN, external_id="E-1")
    invitation = await use_cases.invite_client(use_cases.world.staff("front_desk"), InviteClientCommand(client.id))
    code = await use_cases.code(invitation.id)
    await change(use_cases, client.id)
    for born in (DATE_OF_BIRTH, birthday(8)):
        with pytest.raises(CodeRefused):
            await use_cases.accepted(ANN, code, date_of_birth=born)
    assert use_cases.pool.people == {}


@every_change
async def test_open_invitations_are_withdrawn_and_staff_see_it(use_cases: MemoryPeopleUseCases, change: Change) -> None:
    world, front_desk = use_cases.world, use_cases.world.staff("front_desk")
    client = await world.add_client(email=ANN, external_id="E-1")
    own = await use_cases.invite_client(front_desk, InviteClientCommand(client.id))
    terms = GrantTerms("representative", frozenset({"profile"}))
    proxy = await use_cases.invite_proxy(world.staff("clinician"), InviteProxyCommand(client.id, PA, terms))
    elsewhere = await world.add_invitation((await world.add_client(email=EMAIL)).id, EMAIL)
    await change(use_cases, client.id)
    await use_cases.withdraw_impossible()
    kept = {proxy.id} if change is correct_birth else set[UUID]()  # a child's record may still have a representative
    assert await use_cases.open_invitations() == {elsewhere.id} | kept
    assert (await GetClient(world.begin, world.clock)(front_desk, client.id)).account.status == "none"
    page = await ListInvitations(world.begin)(front_desk, ListInvitationsQuery())
    listed = {one.id: one.state for one in page.items}
    assert (listed[own.id], listed[elsewhere.id]) == ("withdrawn", "open")
    if change is destroy:  # which withdraws them itself
        assert await use_cases.audit_entries("invitation.withdrawn") == []
        return
    withdrawn = (await use_cases.audit_entries("invitation.withdrawn"))[0]
    assert (withdrawn.record, withdrawn.facts) == (client.id, {"by": "record"})


async def test_other_changes_withdraw_nothing(use_cases: MemoryPeopleUseCases) -> None:
    client = await use_cases.world.add_client(email=ANN)
    invitation = await use_cases.invite_client(use_cases.world.staff(), InviteClientCommand(client.id))
    await corrected(use_cases, client.id, email="other@example.org")
    await corrected(use_cases, client.id, date_of_birth=birthday(40))
    await use_cases.withdraw_impossible()
    assert await use_cases.open_invitations() == {invitation.id}


async def test_acceptance_is_checked_again_after_the_provider_was_called(use_cases: MemoryPeopleUseCases) -> None:
    client = await use_cases.world.add_client(email=ANN)
    invitation = await use_cases.invite_client(use_cases.world.staff(), InviteClientCommand(client.id))
    code = await use_cases.code(invitation.id)
    create = use_cases.accept.passwords.create

    async def discharge_meanwhile(*values: object) -> None:
        await create(*values)  # type: ignore[arg-type]
        await discharge(use_cases, client.id)

    object.__setattr__(use_cases.accept.passwords, "create", discharge_meanwhile)
    with pytest.raises(CodeRefused):
        await use_cases.accepted(ANN, code)
    assert (use_cases.world.store.table("accounts"), use_cases.pool.people) == ({}, {})


# --- an account takes the email ---------------------------------------------------------------------------------------


async def change_email(use_cases: MemoryPeopleUseCases) -> None:
    """Somebody else's account gets the email."""
    account = await use_cases.add_client_with_account()
    assert account.client_id is not None
    actor = use_cases.world.as_client(account.client_id, account.id)
    change = await use_cases.request_change(actor, RequestEmailChangeCommand(EMAIL, PASSWORD))
    await use_cases.confirm_change(actor, ConfirmEmailChangeCommand(await use_cases.change_code(account.id, change.id)))


async def register(use_cases: MemoryPeopleUseCases) -> None:
    """A client with this email on file registers."""
    world = use_cases.world
    await world.add_client("Bob", email=EMAIL, date_of_birth=birthday(40))
    request = RegisterAccount(world.begin, world.clock, world.ids, use_cases.limits)
    await request(world.visitor, RegisterAccountCommand(EMAIL, birthday(40)))
    (ids,) = [ids for name, ids in await world.jobs() if name == "process_email_request"]
    await ProcessEmailRequest(world.begin, world.clock, world.ids)(world.system, ids["email_request_id"])


async def accept(use_cases: MemoryPeopleUseCases) -> None:
    """Another invitation to the email, made at the same time, is accepted."""
    other = await use_cases.world.add_invitation((await use_cases.world.add_client()).id, EMAIL)
    await use_cases.accepted(EMAIL, await use_cases.code(other.id))


@pytest.mark.parametrize("door", [change_email, register, accept], ids=lambda one: one.__name__)
async def test_invitations_to_an_email_that_an_account_gets_are_withdrawn(
    use_cases: MemoryPeopleUseCases, door: Callable[[MemoryPeopleUseCases], Awaitable[None]]
) -> None:
    world, front_desk = use_cases.world, use_cases.world.staff("front_desk")
    client = await world.add_client(email=EMAIL)
    invitation = await world.add_invitation(client.id, EMAIL)
    child = await world.add_client(date_of_birth=birthday(8))
    proxy = await world.add_invitation(child.id, EMAIL, kind="proxy", terms=GrantTerms("parent"))
    bystander = await world.add_invitation((await world.add_client()).id, "other@example.org")
    await door(use_cases)
    assert invitation.id in await use_cases.open_invitations()
    await use_cases.withdraw_impossible()
    # What the proxy was invited to is added to the account that has the email.
    assert await use_cases.open_invitations() == {proxy.id, bystander.id}
    assert (await GetClient(world.begin, world.clock)(front_desk, client.id)).account.status == "none"
    (withdrawn,) = await use_cases.audit_entries("invitation.withdrawn")
    assert (withdrawn.target, withdrawn.record, withdrawn.facts) == (invitation.id, client.id, {"by": "account"})
    with pytest.raises(EmailInUse):
        await use_cases.invite_client(front_desk, InviteClientCommand(client.id))


async def test_verified_registration_withdraws_the_clients_own_invitations() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    jobs = [ids for name, ids in await use_cases.world.jobs() if name == "withdraw_excluded_invitations"]
    assert jobs == [{"account_id": account.id}] * 2  # once registered, once verified


async def test_account_of_the_client_withdraws_invitations_to_their_own_record(
    use_cases: MemoryPeopleUseCases,
) -> None:
    """Their own by another address, and one to act as a proxy of themselves."""
    world = use_cases.world
    client = await world.add_client(email=ANN)
    await world.add_invitation(client.id, "second@example.org")
    await world.add_invitation(client.id, ANN, kind="proxy")
    account = await world.add_account(ANN, "client", client_id=client.id)
    await WithdrawExcludedInvitations(world.begin)(world.system, account.id)
    assert await use_cases.open_invitations() == set()


async def test_unverified_registration_leaves_the_clients_own_invitation_open(use_cases: MemoryPeopleUseCases) -> None:
    client = await use_cases.world.add_client(email=ANN)
    invitation = await use_cases.world.add_invitation(client.id, ANN)
    account = await use_cases.world.add_account(ANN, "client", client_id=client.id, status="unverified")
    await WithdrawExcludedInvitations(use_cases.world.begin)(use_cases.world.system, account.id)
    assert await use_cases.open_invitations() == {invitation.id}
    await use_cases.accepted(ANN, await use_cases.code(invitation.id))


async def test_staff_who_sign_in_by_the_issuer_need_no_invitation_any_more() -> None:
    use_cases = AccountUseCases()
    world = use_cases.world
    staff_id = await world.add_staff(STAFF)
    invitation = await InviteStaff(world.begin, world.clock, world.ids)(use_cases.system, staff_id)
    await sign_in_with_token(use_cases, SAM)
    (ids,) = [ids for name, ids in await world.jobs() if name == "withdraw_excluded_invitations"]
    await WithdrawExcludedInvitations(world.begin)(use_cases.system, ids["account_id"])
    async with world.begin(use_cases.system) as unit:
        stored = await unit.invitations.get(invitation.id)
    assert stored is not None
    assert stored.state == "withdrawn"


async def test_an_account_on_one_side_leaves_the_invitations_of_the_other(use_cases: MemoryPeopleUseCases) -> None:
    member = await use_cases.world.add_staff(EMAIL)
    invitation = await use_cases.world.add_invitation(None, EMAIL, kind="staff", staff_id=member.id)
    account = await use_cases.world.add_account(EMAIL)
    await WithdrawExcludedInvitations(use_cases.world.begin)(use_cases.world.system, account.id)
    assert await use_cases.open_invitations() == {invitation.id}


async def test_jobs_are_the_systems_and_ignore_what_is_gone(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    client = await world.add_client(email=ANN)
    invitation = await world.add_invitation(client.id, ANN)
    closed = await world.add_account(ANN, status="closed")
    excluded, disallowed = (
        WithdrawExcludedInvitations(world.begin),
        WithdrawDisallowedInvitations(world.begin, world.clock),
    )
    for account_id in (closed.id, world.ids.new()):
        await excluded(world.system, account_id)
    await disallowed(world.system, world.ids.new())
    assert await use_cases.open_invitations() == {invitation.id}
    for job in (excluded, disallowed):
        with pytest.raises(Forbidden):
            await job(world.staff(), client.id)  # type: ignore[arg-type]
