"""The email that the practice has on file, and the one with which the client signs in."""

import pytest

from portal_core.access.model import GrantTerms
from portal_core.accounts.errors import AlreadyRegistered
from portal_core.accounts.use_cases.invite_client import InviteClientCommand
from portal_core.kernel.contact import ContactChanges
from portal_core.people.details import ClientDetails
from portal_core.people.use_cases.assign_care_team import AssignCareTeam, AssignCareTeamCommand
from portal_core.people.use_cases.change_client import ChangeClient, ChangeClientCommand
from portal_core.people.use_cases.change_profile import ChangeProfile, ChangeProfileCommand
from portal_core.people.use_cases.get_client import GetClient
from portal_core.people.use_cases.get_profile import GetProfile
from tests.support.contracts.people.world import DATE_OF_BIRTH
from tests.unit.people.memory_world import MemoryPeopleUseCases


async def test_a_corrected_email_leaves_the_one_that_signs_in_and_both_are_shown() -> None:
    use_cases = await MemoryPeopleUseCases.open()
    world, show = use_cases.world, GetClient(use_cases.world.begin)
    account = await use_cases.add_client_with_account()
    assert account.client_id is not None
    clinician = await world.add_clinician()
    desk_staff = world.staff("front_desk")
    assigned = await AssignCareTeam(world.begin)(desk_staff, AssignCareTeamCommand(account.client_id, (clinician.id,)))
    assert assigned == await show(desk_staff, account.client_id)
    details = ClientDetails("Ann", "Lee", DATE_OF_BIRTH, email="other@example.org")
    command = ChangeClientCommand(account.client_id, details, assigned.profile.version)
    changed = await ChangeClient(world.begin, world.clock)(desk_staff, command)
    assert (changed.profile.email, changed.profile.sign_in_email) == ("other@example.org", account.email)
    assert changed.care_team == (clinician.id,)
    assert changed == await show(desk_staff, account.client_id)
    shown = await GetProfile(world.begin)(world.as_client(account.client_id, account.id))
    assert shown == changed.profile
    contact = ChangeProfileCommand(ContactChanges(language="en"), shown.version)
    touched = await ChangeProfile(world.begin)(world.as_client(account.client_id, account.id), contact)
    assert touched.sign_in_email == account.email
    proxy = await use_cases.add_proxy_for(
        account.client_id, "pa@example.org", GrantTerms("representative", frozenset({"profile"}))
    )
    subject_id = world.as_proxy(proxy.id, account.client_id)
    assert (await GetProfile(world.begin)(subject_id)).sign_in_email is None
    with pytest.raises(AlreadyRegistered):
        await use_cases.invite_client(desk_staff, InviteClientCommand(account.client_id))
    unproven = await world.add_client(email="eve@example.org")
    await world.add_account("eve@example.org", "client", client_id=unproven.id, status="unverified")
    assert (await show(desk_staff, unproven.id)).profile.sign_in_email is None
