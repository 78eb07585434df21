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
from portal_core.kernel.actor import Origin, StaffActor
from portal_core.kernel.errors import Invalid, NotFound
from portal_core.kernel.idempotency import IdempotentRequest, Replayed
from portal_core.notifications.use_cases.get_contact_preferences import GetContactPreferences
from portal_core.people.use_cases.add_client import AddClient, AddClientCommand
from portal_core.people.use_cases.assign_care_team import AssignCareTeam, AssignCareTeamCommand
from portal_core.people.use_cases.change_client import ChangeClient, ChangeClientCommand
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
    view = await add(actor, AddClientCommand(evolve(DETAILS, external_id=None)))
    assert view.care_team == (clinician.id,)
    assert await read(actor, view.id) == view
    nobody = confined(use_cases, None)
    other = await add(nobody, AddClientCommand(evolve(DETAILS, external_id=None)))
    assert other.care_team == ()
    with pytest.raises(NotFound):
        await read(nobody, other.id)


@pytest.mark.parametrize("external_id", ["TAKEN", "FREE"])
async def test_external_id_tells_a_clinician_nothing_of_others(
    use_cases: MemoryPeopleUseCases, external_id: str
) -> None:
    """Another client's gets the same answer as nobody's."""
    world = use_cases.world
    clinician = await world.add_clinician()
    await world.add_client(external_id="TAKEN")
    actor = confined(use_cases, clinician.id)
    add, change = AddClient(world.begin, world.clock, world.ids), ChangeClient(world.begin, world.clock)
    own = await add(actor, AddClientCommand(evolve(DETAILS, external_id=None)))
    asked = evolve(DETAILS, external_id=external_id)
    for attempt in (
        add(actor, AddClientCommand(asked)),
        change(actor, ChangeClientCommand(own.id, asked, own.profile.version)),
    ):
        with pytest.raises(Invalid) as refused:
            await attempt
        assert [(one.path, one.code) for one in refused.value.fields] == [("external_id", "not_allowed")]
    entered = evolve(DETAILS, external_id="E-7")
    one = await change(world.staff("front_desk"), ChangeClientCommand(own.id, entered, own.profile.version))
    same = evolve(entered, pronouns="she/her")
    kept = await change(actor, ChangeClientCommand(own.id, same, one.profile.version))
    assert (kept.external_id, kept.profile.pronouns) == ("E-7", "she/her")


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


async def test_kept_response_is_repeated_while_the_client_is_ones_own(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    clinician = await world.add_clinician()
    actor = confined(use_cases, clinician.id)
    add = AddClient(world.begin, world.clock, world.ids)
    command = AddClientCommand(evolve(DETAILS, external_id=None))

    def keyed() -> StaffActor:
        return evolve(actor, origin=Origin(idempotent_request=IdempotentRequest("add_client", "k", bytes(32))))

    view = await add(keyed(), command)
    with pytest.raises(Replayed):
        await add(keyed(), command)
    await AssignCareTeam(world.begin, world.clock)(world.staff(), AssignCareTeamCommand(view.id, ()))
    with pytest.raises(NotFound):
        await add(keyed(), command)
    anybody = evolve(keyed(), own_clients_only=False)
    with pytest.raises(Replayed):
        await add(anybody, command)
