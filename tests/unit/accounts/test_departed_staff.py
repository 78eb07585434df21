"""A member of staff who does not work here any more comes in by no door, and finds nothing open when they come back."""

import pytest
from attrs import evolve

from portal_core.accounts.errors import ChallengeOver, RefreshRefused, SignInRefused
from portal_core.accounts.model import Account
from portal_core.accounts.views import SessionTokens
from portal_core.kernel.errors import Unauthenticated
from portal_core.people.errors import LastAdministrator
from portal_core.people.use_cases.change_staff import ChangeStaff, ChangeStaffCommand
from tests.unit.accounts.call_recorder import counted
from tests.unit.accounts.test_staff_oidc import SAM, come
from tests.unit.accounts.use_cases import PASSWORD, STAFF, FrontDoor
from tests.unit.people.memory_world import MemoryDesk


async def set_active(door: FrontDoor, account: Account, active: bool) -> None:
    """An administrator ends their work here, or takes them back."""
    assert account.staff_id is not None
    async with door.world.begin(door.system) as unit:
        member = await unit.staff_records.get(account.staff_id)
    command = ChangeStaffCommand(member.id, member.name, member.roles, None, active, member.version)
    await ChangeStaff(door.world.begin, door.world.clock)(door.system, command)


async def enrolled(door: FrontDoor) -> tuple[Account, SessionTokens, str]:
    account = await door.hired()
    tokens = await door.signed_in(STAFF, side="practice")
    secret, _ = await door.enrolled(tokens)
    return account, tokens, secret


async def last_refusal(door: FrontDoor) -> dict[str, object]:
    return dict([one for one in await door.world.audit() if one.action == "session.refused"][-1].facts)


async def test_a_right_password_of_one_who_left_is_refused_as_a_wrong_one_is() -> None:
    door = FrontDoor()
    account, _, _ = await enrolled(door)
    await set_active(door, account, False)
    with counted(door) as wrong, pytest.raises(SignInRefused) as one:
        await door.try_in("nobody@elm.example.org", PASSWORD, side="practice")
    with counted(door) as right, pytest.raises(SignInRefused) as other:
        await door.try_in(STAFF, PASSWORD, side="practice")
    assert (str(one.value), one.value.detail) == (str(other.value), other.value.detail)
    assert wrong.count("passwords.check") == right.count("passwords.check") == 1
    assert await last_refusal(door) == {"side": "practice", "why": "left"}
    await set_active(door, account, True)
    assert await door.asked(STAFF, side="practice")


async def test_a_sign_in_that_was_halfway_is_over() -> None:
    door = FrontDoor()
    account, _, secret = await enrolled(door)
    asked = await door.asked(STAFF, side="practice")
    await set_active(door, account, False)
    with counted(door) as calls, pytest.raises(ChallengeOver):
        await door.answered(asked, door.totp(secret), side="practice")
    assert calls.count("second_factors.check") == 0
    assert (await last_refusal(door))["why"] == "left"


async def test_the_issuer_vouches_in_vain_for_one_who_left() -> None:
    door = FrontDoor()
    account = await door.hired()
    await set_active(door, account, False)
    with pytest.raises(SignInRefused):
        await come(door)
    assert (await door.account(STAFF, "practice")).external is None
    await set_active(door, account, True)
    await come(door)
    await set_active(door, account, False)
    with pytest.raises(SignInRefused):
        await come(door, evolve(SAM, email="other@example.org"))
    assert await last_refusal(door) == {"side": "practice", "why": "left"}


async def test_sessions_end_at_once_and_stay_over() -> None:
    door = FrontDoor()
    account, tokens, _ = await enrolled(door)
    await set_active(door, account, False)
    ended = [one for one in await door.world.audit() if one.action == "sessions.ended"]
    assert (ended[-1].target, ended[-1].facts) == (account.id, {"by": "staff_left"})
    late = await door.signed_in_as(account)  # they were signing in while they left
    for opened in (tokens, late):
        with pytest.raises(RefreshRefused):
            await door.refreshed(opened.refresh_token, side="practice")
    await set_active(door, account, True)
    for opened in (tokens, late):
        with pytest.raises(Unauthenticated):
            await door.who(opened)
        with pytest.raises(RefreshRefused):
            await door.refreshed(opened.refresh_token, side="practice")


async def test_the_last_administrator_stays_one() -> None:
    desk = await MemoryDesk.open()
    world, change = desk.world, ChangeStaff(desk.world.begin, desk.world.clock)
    admin = await world.add_staff("ada@elm.example", roles=frozenset({"administrator"}))
    await world.add_staff("bob@elm.example", roles=frozenset({"administrator"}), active=False)
    stays = ChangeStaffCommand(admin.id, "Ada", admin.roles, None, True, 1)
    gone, demoted = evolve(stays, active=False), evolve(stays, roles=frozenset({"clinician"}))
    for command in (gone, demoted):
        for actor in (world.staff(), world.system):
            with pytest.raises(LastAdministrator):
                await change(actor, command)
    assert await desk.trail("staff.changed") == []
    assert (await change(world.staff(), evolve(stays, roles=frozenset({"administrator", "biller"})))).version == 2
    await world.add_staff("eve@elm.example", roles=frozenset({"administrator"}))
    assert (await change(world.staff(), evolve(gone, version=2))).active is False
