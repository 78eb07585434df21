"""What a practice decides that clinicians see, and what follows for whoever names another clinician's client."""

from uuid import UUID

import pytest
import pytest_asyncio
from attrs import evolve

from portal_core.access.model import GrantTerms
from portal_core.access.use_cases.revoke_grant import RevokeGrant, RevokeGrantCommand
from portal_core.accounts.settings import AccountSettings
from portal_core.accounts.use_cases.change_account_settings import ChangeAccountSettings, ChangeAccountSettingsCommand
from portal_core.accounts.use_cases.invite_proxy import InviteProxyCommand
from portal_core.accounts.use_cases.withdraw_invitation import WithdrawInvitation
from portal_core.kernel.actor import StaffActor
from portal_core.kernel.errors import Invalid, NotFound
from portal_core.notifications.use_cases.get_contact_preferences import GetContactPreferences
from portal_core.people.use_cases.add_client import AddClient, AddClientCommand
from portal_core.people.use_cases.assign_care_team import AssignCareTeam, AssignCareTeamCommand
from portal_core.people.use_cases.get_client import GetClient
from tests.support.people.use_cases import PA, birthday
from tests.unit.accounts.use_cases import STAFF, AccountUseCases
from tests.unit.people.memory_world import MemoryPeopleUseCases
from tests.unit.people.test_practice_administration import DETAILS


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


def confined(use_cases: MemoryPeopleUseCases, clinician_id: UUID | None) -> StaffActor:
    """A clinician who sees own clients only."""
    return evolve(use_cases.world.staff("clinician"), clinician_id=clinician_id, own_clients_only=True)


async def test_what_is_read_of_a_client_without_them_needs_the_client_too(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    clinician = await world.add_clinician()
    child = await world.add_client(date_of_birth=birthday(8))
    proxy = await world.add_account(PA)
    grant = await world.add_grant(child.id, proxy.id)
    terms = InviteProxyCommand(child.id, "ma@example.org", GrantTerms("parent"))
    invitation = await use_cases.invite_proxy(world.staff("clinician"), terms)
    actor = confined(use_cases, clinician.id)
    revoke, withdraw = RevokeGrant(world.begin, world.clock), WithdrawInvitation(world.begin)
    preferences = GetContactPreferences(world.begin)

    async def all_of_them() -> None:
        await preferences(actor, child.id)
        await revoke(actor, RevokeGrantCommand(child.id, grant.id))
        await withdraw(actor, invitation.id)

    for attempt in (
        preferences(actor, child.id),
        revoke(actor, RevokeGrantCommand(child.id, grant.id)),
        withdraw(actor, invitation.id),
    ):
        with pytest.raises(NotFound) as refused:
            await attempt
        assert (refused.value.kind, refused.value.target_id) == ("client", child.id)
    await AssignCareTeam(world.begin, world.clock)(world.staff(), AssignCareTeamCommand(child.id, (clinician.id,)))
    await all_of_them()


async def test_whom_a_clinician_adds_is_their_client(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    clinician = await world.add_clinician()
    add, read = AddClient(world.begin, world.clock, world.ids), GetClient(world.begin, world.clock)
    actor = confined(use_cases, clinician.id)
    view = await add(actor, AddClientCommand(DETAILS))
    assert view.care_team == (clinician.id,)
    assert await read(actor, view.id) == view
    nobody = confined(use_cases, None)
    other = await add(nobody, AddClientCommand(evolve(DETAILS, external_id="E-2")))
    assert other.care_team == ()
    with pytest.raises(NotFound):
        await read(nobody, other.id)


async def test_setting_decides_what_the_next_request_sees() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_staff_account()
    tokens = await use_cases.open_session_for(account)
    change = ChangeAccountSettings(use_cases.world.begin)
    for see, only in (("all_clients", False), ("own_clients", True), ("all_clients", False)):
        command = ChangeAccountSettingsCommand(AccountSettings(clinicians_see=see))  # type: ignore[arg-type]
        await change(use_cases.system, command)
        actor = await use_cases.holder(tokens)
        assert isinstance(actor, StaffActor)
        assert actor.own_clients_only is only
    assert account.email == STAFF


def test_setting_is_one_of_two() -> None:
    with pytest.raises(Invalid) as refused:
        AccountSettings(clinicians_see="none")  # type: ignore[arg-type]
    assert [one.path for one in refused.value.fields] == ["clinicians_see"]
