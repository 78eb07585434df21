"""A departed staff member cannot sign in by any method, and has no open session when they return."""

import pytest
from attrs import evolve

from portal_core.accounts.errors import ChallengeNotOpen, RefreshRefused, SignInRefused
from portal_core.accounts.model import Account
from portal_core.accounts.views import SessionTokens
from portal_core.kernel.errors import Unauthenticated
from portal_core.people.details import ClinicianDetails
from portal_core.people.errors import LastAdministrator
from portal_core.people.use_cases.add_clinician import AddClinician, AddClinicianCommand
from portal_core.people.use_cases.change_clinician import ChangeClinician, ChangeClinicianCommand
from portal_core.people.use_cases.change_staff import ChangeStaff, ChangeStaffCommand
from tests.unit.accounts.call_recorder import record_calls
from tests.unit.accounts.test_staff_oidc import SAM, link, sign_in_with_token
from tests.unit.accounts.use_cases import PASSWORD, STAFF, AccountUseCases
from tests.unit.people.memory_world import MemoryPeopleUseCases


async def set_active(use_cases: AccountUseCases, account: Account, active: bool) -> None:
    """An administrator deactivates or reactivates the staff member."""
    assert account.staff_id is not None
    async with use_cases.world.begin(use_cases.system) as unit:
        member = await unit.staff_records.get(account.staff_id)
    command = ChangeStaffCommand(member.id, member.name, member.roles, None, active, member.version)
    await ChangeStaff(use_cases.world.begin, use_cases.world.clock)(use_cases.system, command)


async def enrolled(use_cases: AccountUseCases) -> tuple[Account, SessionTokens, str]:
    account = await use_cases.add_staff_account()
    tokens = await use_cases.signed_in(STAFF, side="practice")
    secret, _ = await use_cases.enrolled(tokens)
    return account, tokens, secret


async def last_refusal(use_cases: AccountUseCases) -> dict[str, object]:
    return dict([one for one in await use_cases.world.audit() if one.action == "sign_in.refused"][-1].facts)


async def test_departed_staff_sign_in_looks_like_wrong_password() -> None:
    use_cases = AccountUseCases()
    account, _, _ = await enrolled(use_cases)
    await set_active(use_cases, account, False)
    with record_calls(use_cases) as wrong, pytest.raises(SignInRefused) as one:
        await use_cases.attempt_sign_in("nobody@elm.example.org", PASSWORD, side="practice")
    with record_calls(use_cases) as right, pytest.raises(SignInRefused) as other:
        await use_cases.attempt_sign_in(STAFF, PASSWORD, side="practice")
    assert (str(one.value), one.value.detail) == (str(other.value), other.value.detail)
    assert wrong.count("passwords.check") == right.count("passwords.check") == 1
    assert await last_refusal(use_cases) == {"side": "practice", "reason": "left"}
    await set_active(use_cases, account, True)
    assert await use_cases.challenge(STAFF, side="practice")


async def test_pending_challenge_of_departed_staff_is_refused() -> None:
    use_cases = AccountUseCases()
    account, _, secret = await enrolled(use_cases)
    challenge = await use_cases.challenge(STAFF, side="practice")
    await set_active(use_cases, account, False)
    with record_calls(use_cases) as calls, pytest.raises(ChallengeNotOpen):
        await use_cases.answer_challenge(challenge, use_cases.totp(secret), side="practice")
    assert calls.count("second_factors.check") == 0
    assert (await use_cases.actions())[-1] == "sign_in.challenge_refused"


async def test_challenge_from_the_moment_of_departure_is_refused() -> None:
    """One that was stored after the others ended, by a sign-in that had begun before."""
    use_cases = AccountUseCases()
    account, _, secret = await enrolled(use_cases)
    challenge = await use_cases.challenge(STAFF, side="practice")
    stored = dict(use_cases.world.store.table("challenges"))
    await set_active(use_cases, account, False)
    use_cases.world.store.table("challenges").update(stored)
    with record_calls(use_cases) as calls, pytest.raises(ChallengeNotOpen):
        await use_cases.answer_challenge(challenge, use_cases.totp(secret), side="practice")
    assert calls.count("second_factors.check") == 0
    assert (await last_refusal(use_cases))["reason"] == "left"


async def test_departed_staff_oidc_token_is_refused() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_staff_account()
    await set_active(use_cases, account, False)
    with pytest.raises(SignInRefused):
        await sign_in_with_token(use_cases)
    await set_active(use_cases, account, True)
    await link(use_cases)
    await set_active(use_cases, account, False)
    with pytest.raises(SignInRefused):
        await sign_in_with_token(use_cases, evolve(SAM, email="other@example.org"))
    assert await last_refusal(use_cases) == {"side": "practice", "reason": "left"}


async def test_deactivation_ends_sessions() -> None:
    use_cases = AccountUseCases()
    account, tokens, _ = await enrolled(use_cases)
    await set_active(use_cases, account, False)
    ended = [one for one in await use_cases.world.audit() if one.action == "sessions.ended"]
    assert (ended[-1].target, ended[-1].facts) == (account.id, {"by": "staff_left"})
    late = await use_cases.open_session_for(account)  # they were signing in while they were deactivated
    for opened in (tokens, late):
        with pytest.raises(RefreshRefused):
            await use_cases.refreshed(opened.refresh_token, side="practice")
    await set_active(use_cases, account, True)
    for opened in (tokens, late):
        with pytest.raises(Unauthenticated):
            await use_cases.authenticated(opened)
        with pytest.raises(RefreshRefused):
            await use_cases.refreshed(opened.refresh_token, side="practice")


async def test_last_administrator_cannot_be_removed() -> None:
    use_cases = await MemoryPeopleUseCases.create()
    world, change = use_cases.world, ChangeStaff(use_cases.world.begin, use_cases.world.clock)
    admin = await world.add_staff("ada@elm.example", roles=frozenset({"administrator"}))
    await world.add_staff("bob@elm.example", roles=frozenset({"administrator"}), active=False)
    stays = ChangeStaffCommand(admin.id, "Ada", admin.roles, None, True, 1)
    gone, demoted = evolve(stays, active=False), evolve(stays, roles=frozenset({"clinician"}))
    for command in (gone, demoted):
        for actor in (world.staff(), world.system):
            with pytest.raises(LastAdministrator):
                await change(actor, command)
    assert await use_cases.audit_entries("staff.changed") == []
    assert (await change(world.staff(), evolve(stays, roles=frozenset({"administrator", "biller"})))).version == 2
    await world.add_staff("eve@elm.example", roles=frozenset({"administrator"}))
    assert (await change(world.staff(), evolve(gone, version=2))).active is False


async def test_clinician_who_leaves_is_signed_out_and_signs_in_no_more() -> None:
    use_cases = AccountUseCases()
    account, tokens, _ = await enrolled(use_cases)
    begin, clock, ids = use_cases.world.begin, use_cases.world.clock, use_cases.world.ids
    grey = await AddClinician(begin, ids)(use_cases.system, AddClinicianCommand(ClinicianDetails("Dr. Grey")))
    staff = ChangeStaffCommand(account.staff_id, "Sam Wu", frozenset({"clinician"}), grey.id, True, 1)
    await ChangeStaff(begin, clock)(use_cases.system, staff)
    assert await use_cases.authenticated(tokens)
    gone = ChangeClinicianCommand(grey.id, ClinicianDetails("Dr. Grey", active=False), 1)
    left = await ChangeClinician(begin, clock)(use_cases.system, gone)
    assert [(one.id, one.active) for one in left.staff] == [(account.staff_id, False)]
    with pytest.raises(Unauthenticated):
        await use_cases.authenticated(tokens)
    with pytest.raises(SignInRefused):
        await use_cases.attempt_sign_in(STAFF, PASSWORD, side="practice")
    ended = [one for one in await use_cases.world.audit() if one.action == "sessions.ended"]
    assert (ended[-1].target, ended[-1].facts) == (account.id, {"by": "staff_left"})
