"""Which administrators are the two persons of an erasure, and who is told."""

import pytest

from portal_core.accounts.errors import (
    AdministratorTooNew,
    RequesterNotAdministrator,
    SecondFactorRequired,
)
from portal_core.accounts.model import ExternalIdentity
from portal_core.accounts.second_person import ADMINISTRATOR_TRIAL
from portal_core.accounts.use_cases.confirm_record_erasure import ConfirmRecordErasureCommand
from portal_core.accounts.use_cases.request_record_erasure import RequestRecordErasureCommand
from portal_core.accounts.use_cases.withdraw_record_erasure import WithdrawRecordErasureCommand
from portal_core.kernel.actor import Role, StaffActor
from portal_core.kernel.audit import AuditEntry
from portal_core.people.use_cases.add_staff import AddStaff, AddStaffCommand
from portal_core.people.use_cases.place_legal_hold import PlaceLegalHold
from tests.unit.accounts.test_record_erasure import Administrator, Practice
from tests.unit.accounts.use_cases import PASSWORD


async def test_administrator_whom_another_just_appointed_is_no_second_person() -> None:
    """They may be the same person with another account: neither of the two requests by them, nor a confirmation."""
    practice = await Practice.create()
    other = await practice.appointed()
    asked = await practice.ask()
    with pytest.raises(AdministratorTooNew):
        await practice.confirmed(asked, other)
    await practice.withdraw(practice.first.actor, WithdrawRecordErasureCommand(practice.client_id, asked.id))
    with pytest.raises(AdministratorTooNew):
        await practice.request(
            other.actor, RequestRecordErasureCommand(practice.client_id, PASSWORD, practice.code(other))
        )
    assert (await practice.client()).given_name == "Ann"
    practice.use_cases.world.clock.advance(ADMINISTRATOR_TRIAL)
    assert (await practice.confirmed(await practice.ask(), other)).state == "completed"


async def test_administrator_counts_since_they_have_an_account() -> None:
    """Whoever appoints an administrator early and opens their account late has not been seen by the others."""
    practice = await Practice.create()
    world = practice.use_cases.world
    add = AddStaff(world.begin, world.clock, world.ids)
    command = AddStaffCommand("Mal", "mallory@elm.example", frozenset({"administrator"}))
    member = await add(practice.first.actor, command)
    world.clock.advance(ADMINISTRATOR_TRIAL)
    late = await practice._administrator(practice.use_cases, "mallory@elm.example", member.id)
    with pytest.raises(AdministratorTooNew):
        await practice.confirmed(await practice.ask(), late)


async def test_member_who_becomes_administrator_again_counts_from_then() -> None:
    practice = await Practice.create()
    await practice.change_staff(practice.first, frozenset({"biller"}))
    await practice.change_staff(practice.first, frozenset({"administrator"}))
    with pytest.raises(AdministratorTooNew):
        await practice.ask()
    practice.use_cases.world.clock.advance(ADMINISTRATOR_TRIAL)
    assert (await practice.ask()).state == "open"
    await practice.change_staff(practice.first, frozenset({"administrator", "biller"}))
    assert (await practice.confirmed((await practice.listed(practice.second.actor)).items[0], practice.second)).state


@pytest.mark.parametrize(("roles", "active"), [(("biller",), True), (("administrator",), False)])
async def test_requester_is_still_an_administrator_at_the_confirmation(roles: tuple[Role, ...], active: bool) -> None:
    practice = await Practice.create()
    asked = await practice.ask()
    await practice.change_staff(practice.first, frozenset(roles), active=active)
    with pytest.raises(RequesterNotAdministrator):
        await practice.confirmed(asked, practice.second)
    operator = ConfirmRecordErasureCommand(practice.client_id, asked.id)
    with pytest.raises(RequesterNotAdministrator):
        await practice.confirm(practice.use_cases.system, operator)
    assert (await practice.client()).given_name == "Ann"


async def test_every_administrator_is_told_of_each_step() -> None:
    practice = await Practice.create()
    await practice.use_cases.world.account("bo@elm.example", kind="staff")
    place = PlaceLegalHold(practice.use_cases.world.begin, practice.use_cases.world.clock)
    await place(practice.first.actor, practice.client_id)
    await practice.lifted(practice.first)
    await practice.lifted(practice.first)  # there is none
    await practice.confirmed(await practice.ask(), practice.second)
    both = {practice.first.actor.account_id, practice.second.actor.account_id}
    told = practice.told()
    assert len(told) == 6
    assert [kind for kind, _ in told[::2]] == ["legal_hold_lifted", "erasure_requested", "erasure_confirmed"]
    assert {account for _, account in told} == both
    assert all(kind == other for (kind, _), (other, _) in zip(told[::2], told[1::2], strict=True))


async def test_administrator_of_the_identity_provider_alone_takes_no_part() -> None:
    """A token of theirs is no proof, since an administrator chooses the provider."""
    practice = await Practice.create()
    world, email = practice.use_cases.world, "olga@elm.example"
    staff_id = await world.add_staff(email, ["administrator"])
    account = await world.account(email, kind="staff", staff_id=staff_id)
    async with world.begin(world.system) as unit:
        linked = account.link(ExternalIdentity("https://idp.example", "olga"))
        await unit.accounts.save(linked, AuditEntry("test.linked"))
        await unit.commit(None)
    olga = Administrator(StaffActor(world.practice_id, account.id, frozenset({"administrator"})), "")
    asked = await practice.ask()
    with pytest.raises(SecondFactorRequired) as refused:
        await practice.confirm(olga.actor, ConfirmRecordErasureCommand(practice.client_id, asked.id, PASSWORD, "1"))
    assert refused.value.detail == "Ask an administrator who signs in with a password and an authenticator app."
    with pytest.raises(SecondFactorRequired):
        await practice.lifted(olga, code="1")
    assert "legal_hold.lift_refused" in await practice.use_cases.actions()
