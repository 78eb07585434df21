"""Inviting many clients at once, and who has an account."""

from uuid import UUID

import pytest
import pytest_asyncio

from portal_core.accounts.invitation_errors import Discharged
from portal_core.accounts.use_cases.invite_client import InviteClientCommand
from portal_core.accounts.use_cases.invite_clients import InviteClients, InviteClientsCommand
from portal_core.accounts.use_cases.withdraw_invitation import WithdrawInvitation
from portal_core.kernel.errors import Forbidden, Invalid, NotFound
from portal_core.kernel.page import PageRequest
from portal_core.people.model import ClientFilter
from portal_core.people.use_cases.get_client import GetClient
from portal_core.people.use_cases.list_clients import ListClients, ListClientsQuery
from tests.support.people.use_cases import ANN, birthday
from tests.unit.people.memory_world import MemoryPeopleUseCases

NOBODY = UUID(int=9_999)


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


def invite_clients(use_cases: MemoryPeopleUseCases) -> InviteClients:
    return InviteClients(use_cases.world.begin, use_cases.world.clock, use_cases.world.ids)


async def test_result_says_of_each_client_what_was_done(use_cases: MemoryPeopleUseCases) -> None:
    world, front_desk = use_cases.world, use_cases.world.staff("front_desk")
    holder = await use_cases.add_client_with_account()
    open_before = await world.add_client(email="before@example.org")
    before = await use_cases.invite_client(front_desk, InviteClientCommand(open_before.id))
    ben, twin = [await world.add_client(email="ben@example.org") for _ in range(2)]
    added = {
        "no_email": await world.add_client(),
        "account_not_allowed": await world.add_client(email="kid@example.org", date_of_birth=birthday(8)),
        "email_in_use": await world.add_client(email=ANN),
        "discharged": await world.add_client(email="gone@example.org", status="discharged"),
    }
    expected = {one.id: outcome for outcome, one in added.items()} | {
        holder.client_id: "already_registered",
        open_before.id: "already_invited",
        ben.id: "invited",
        twin.id: "email_invited",
        NOBODY: "not_found",
    }
    sent = len(world.notices())
    command = InviteClientsCommand((*expected, ben.id))  # type: ignore[arg-type]
    done = await invite_clients(use_cases)(front_desk, command)
    assert ({one.client_id: one.outcome for one in done.items}, done.next) == (expected, None)
    assert len(done.items) == len(expected)
    assert {one.outcome for one in done.items if one.reason is None} == {"invited"}
    invitations = {one.client_id: one.invitation for one in done.items if one.invitation is not None}
    assert invitations.keys() == {ben.id, open_before.id}
    assert invitations[open_before.id] == before
    assert len(world.notices()) == sent + 1
    again = await invite_clients(use_cases)(front_desk, command)
    assert {one.client_id: one.outcome for one in again.items} == expected | {ben.id: "already_invited"}
    assert len(world.notices()) == sent + 1
    new = invitations[ben.id]
    assert new is not None
    await use_cases.accepted("ben@example.org", await use_cases.code(new.id))


async def test_pages_answer_every_client_once(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    holder = await use_cases.add_client_with_account()
    gone = await world.add_client(email="gone@example.org", status="discharged")
    left = await world.add_client(email="left@example.org")
    await world.add_account("left@example.org", client_id=left.id, status="closed")
    invited = await world.add_client(email="before@example.org")
    before = await use_cases.invite_client(world.staff("front_desk"), InviteClientCommand(invited.id))
    clients = [await world.add_client(f"N{number}", email=f"n{number}@example.org") for number in range(5)]
    child = await world.add_client("Zoe", "Zed", email="zoe@example.org", date_of_birth=birthday(8))
    outcomes, reasons, after = {}, dict[UUID, str | None](), None
    while True:
        page = PageRequest(after, 2)
        done = await invite_clients(use_cases)(world.system, InviteClientsCommand(page=page))
        assert outcomes.keys().isdisjoint(one.client_id for one in done.items)
        outcomes |= {one.client_id: one.outcome for one in done.items}
        reasons |= {one.client_id: one.reason for one in done.items}
        after = done.next
        if after is None:
            break
    not_invited = {
        holder.client_id: "already_registered",
        gone.id: "discharged",
        left.id: "account_closed",
        invited.id: "already_invited",
        child.id: "account_not_allowed",
    }
    assert outcomes == {one.id: "invited" for one in clients} | not_invited
    assert {one for one, reason in reasons.items() if reason} == not_invited.keys()
    assert reasons[gone.id] == Discharged.title
    repeated = await invite_clients(use_cases)(world.system, InviteClientsCommand())
    assert {one.client_id: one.outcome for one in repeated.items} == {
        one.id: "already_invited" for one in clients
    } | not_invited
    assert before in [one.invitation for one in repeated.items]
    (asked,) = (await invite_clients(use_cases)(world.system, InviteClientsCommand((left.id,)))).items
    assert asked.outcome == "invited"


async def test_permissions_and_bounds(use_cases: MemoryPeopleUseCases) -> None:
    invite = invite_clients(use_cases)
    for role in ("biller", "auditor"):
        with pytest.raises(Forbidden):
            await invite(use_cases.world.staff(role), InviteClientsCommand())
    with pytest.raises(NotFound):
        await invite(use_cases.world.visitor, InviteClientsCommand())
    with pytest.raises(Invalid):
        await invite(use_cases.world.staff(), InviteClientsCommand((NOBODY,) * 101))


async def test_staff_see_who_has_an_account(use_cases: MemoryPeopleUseCases) -> None:
    world, front_desk = use_cases.world, use_cases.world.staff("front_desk")
    list_clients, get_client = ListClients(world.begin, world.clock), GetClient(world.begin, world.clock)
    client = await world.add_client(email=ANN, external_id="E-1")

    async def status() -> str:
        view = await get_client(front_desk, client.id)
        for query in (ListClientsQuery(), ListClientsQuery(external_id="E-1")):
            (listed,) = (await list_clients(front_desk, query)).items
            assert listed.account == view.account
        for wanted in ("none", "invited", "active", "suspended", "closed"):
            for by_id in (None, "E-1"):
                found = await list_clients(front_desk, ListClientsQuery(external_id=by_id, wanted=ClientFilter(wanted)))
                assert bool(found.items) == (wanted == view.account.status)
        return view.account.status

    assert await status() == "none"
    invitation = await use_cases.invite_client(front_desk, InviteClientCommand(client.id))
    assert await status() == "invited"
    assert (await get_client(front_desk, client.id)).account.invited_until == invitation.expires_at
    await WithdrawInvitation(world.begin)(front_desk, invitation.id)
    assert await status() == "none"
    again = await use_cases.invite_client(front_desk, InviteClientCommand(client.id))
    await use_cases.accepted(ANN, await use_cases.code(again.id))
    assert await status() == "active"
