"""The email that the practice has on file, and the email with which the client signs in."""

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


async def test_correcting_contact_email_keeps_sign_in_email_and_shows_both() -> None:
    use_cases = await MemoryPeopleUseCases.create()
    world, get_client = use_cases.world, GetClient(use_cases.world.begin, use_cases.world.clock)
    account = await use_cases.add_client_with_account()
    assert account.client_id is not None
    clinician = await world.add_clinician()
    front_desk = world.staff("front_desk")
    assigned = await AssignCareTeam(world.begin, world.clock)(
        front_desk, AssignCareTeamCommand(account.client_id, (clinician.id,))
    )
    assert assigned == await get_client(front_desk, account.client_id)
    details = ClientDetails("Ann", "Lee", DATE_OF_BIRTH, email="other@example.org")
    command = ChangeClientCommand(account.client_id, details, assigned.profile.version)
    changed = await ChangeClient(world.begin, world.clock)(front_desk, command)
    assert (changed.profile.email, changed.profile.sign_in_email) == ("other@example.org", account.email)
    assert changed.care_team == (clinician.id,)
    assert changed == await get_client(front_desk, account.client_id)
    profile = await GetProfile(world.begin)(world.as_client(account.client_id, account.id))
    assert profile == changed.profile
    contact = ChangeProfileCommand(ContactChanges(language="en"), profile.version)
    touched = await ChangeProfile(world.begin)(world.as_client(account.client_id, account.id), contact)
    assert touched.sign_in_email == account.email
    proxy = await use_cases.add_proxy_for(
        account.client_id, "pa@example.org", GrantTerms("representative", frozenset({"profile"}))
    )
    proxy_actor = world.as_proxy(proxy.id, account.client_id)
    assert (await GetProfile(world.begin)(proxy_actor)).sign_in_email is None
    with pytest.raises(AlreadyRegistered):
        await use_cases.invite_client(front_desk, InviteClientCommand(account.client_id))
    unverified = await world.add_client(email="eve@example.org")
    await world.add_account("eve@example.org", "client", client_id=unverified.id, status="unverified")
    assert (await get_client(front_desk, unverified.id)).profile.sign_in_email is None
