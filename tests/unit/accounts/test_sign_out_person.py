"""An administrator signs another person out."""

import pytest

from portal_core.accounts.use_cases.sign_out_person import SignOutPersonCommand
from portal_core.kernel.actor import Role
from portal_core.kernel.errors import Forbidden, NotFound, Unauthenticated
from tests.unit.accounts.test_reset_second_factor import add_signed_in_staff
from tests.unit.accounts.use_cases import BOB, STAFF, AccountUseCases


async def test_administrator_signs_a_client_out_everywhere() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    await use_cases.add_client_account(BOB)
    mine, other, bystander = await use_cases.signed_in(), await use_cases.signed_in(), await use_cases.signed_in(BOB)
    admin = await add_signed_in_staff(use_cases, "administrator")
    assert account.client_id is not None
    command = SignOutPersonCommand("portal", account.client_id)
    await use_cases.sign_out_person(admin, command)
    await use_cases.sign_out_person(admin, command)
    for ended in (mine, other):
        with pytest.raises(Unauthenticated):
            await use_cases.authenticated(ended)
    assert await use_cases.authenticated(bystander)
    entry = next(one for one in await use_cases.world.audit() if one.action == "sessions.ended")
    assert (entry.target, entry.record, entry.facts) == (account.id, account.client_id, {"by": "administrator"})
    await use_cases.signed_in()


async def test_administrator_signs_staff_out_everywhere() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_staff_account()
    tokens = await use_cases.signed_in(STAFF, side="practice")
    assert account.staff_id is not None
    admin = await add_signed_in_staff(use_cases, "administrator")
    await use_cases.sign_out_person(admin, SignOutPersonCommand("practice", account.staff_id))
    with pytest.raises(Unauthenticated):
        await use_cases.authenticated(tokens)


@pytest.mark.parametrize("role", ["front_desk", "biller", "clinician"])
async def test_other_staff_sign_nobody_out(role: Role) -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    tokens = await use_cases.signed_in()
    assert account.client_id is not None
    with pytest.raises(Forbidden):
        await use_cases.sign_out_person(
            await add_signed_in_staff(use_cases, role), SignOutPersonCommand("portal", account.client_id)
        )
    with pytest.raises((NotFound, Forbidden)):
        await use_cases.sign_out_person(
            await use_cases.holder(tokens), SignOutPersonCommand("portal", account.client_id)
        )
    assert await use_cases.authenticated(tokens)


async def test_unknown_people_and_people_without_an_account() -> None:
    use_cases = AccountUseCases()
    admin = await add_signed_in_staff(use_cases, "administrator")
    client_id = await use_cases.world.add_client(BOB)
    await use_cases.sign_out_person(admin, SignOutPersonCommand("portal", client_id))
    for command in (
        SignOutPersonCommand("portal", use_cases.world.ids.new()),
        SignOutPersonCommand("practice", client_id),
    ):
        with pytest.raises(NotFound):
            await use_cases.sign_out_person(admin, command)
