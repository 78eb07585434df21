"""Contract of what a clinician finds who sees own clients only. Subclasses provide the fixture `world`."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest_asyncio
from attrs import evolve, frozen

from portal_core.accounts.invitations import INVITATION_LIFETIME, Invitation
from portal_core.kernel.actor import Role, StaffActor
from portal_core.kernel.page import PageRequest
from portal_core.people.model import Client
from portal_core.people.search import search_terms
from tests.support.contracts.appointments.world import AUDIT_ENTRY, AppointmentsWorld, new_york


@frozen
class Caseload:
    """Grey's clients: `team` is on the care team, `seen` has an appointment. `others` is neither."""

    world: AppointmentsWorld
    grey: UUID
    team: UUID
    seen: UUID
    others: UUID

    def clinician(self, *more: Role, clinician_id: UUID | None = None) -> StaffActor:
        """A clinician who sees own clients only."""
        actor = self.world.as_staff("clinician", *more, clinician_id=clinician_id or self.grey)
        return evolve(actor, own_clients_only=True)


async def add_client(world: AppointmentsWorld, number: int) -> UUID:
    """A client with an external id, whom others find by name, and an open invitation."""
    now = world.clock.now()
    client = Client(world.ids.new(), world.practice_id, "Ann", f"Lee{number}", date(1990, 5, 17), now, f"E-{number}")
    invitation = Invitation(
        id=world.ids.new(),
        practice_id=world.practice_id,
        kind="client",
        email=f"ann{number}@example.org",
        created_at=now,
        expires_at=now + INVITATION_LIFETIME,
        client_id=client.id,
    )
    async with world.begin(world.system) as unit:
        every: Any = unit
        await every.client_records.add(client, AUDIT_ENTRY)
        await every.invitations.add(invitation, AUDIT_ENTRY)
        await unit.commit(None)
    return client.id


async def make_caseload(world: AppointmentsWorld) -> Caseload:
    grey, green = await world.add_clinician("Dr. Grey"), await world.add_clinician("Dr. Green")
    team, seen, others = [await add_client(world, number) for number in range(3)]
    await world.join_care_team(team, grey)
    await world.join_care_team(others, green)
    kind = await world.add_appointment_type()
    await world.add_booking(grey, kind, new_york(4, 10), seen)
    await world.add_booking(green, kind, new_york(4, 10), others)
    return Caseload(world, grey, team, seen, others)


async def found(caseload: Caseload, actor: StaffActor) -> list[set[UUID]]:
    """The clients that the actor finds by each way."""
    every = {caseload.team, caseload.seen, caseload.others}
    world, now = caseload.world, caseload.world.clock.now()
    async with world.begin(actor) as unit:
        of: Any = unit
        by_id = {one for one in every if await of.client_records.get(one) is not None}
        by_external_id = [await of.client_records.find_by_external_id(f"E-{number}") for number in range(3)]
        listed, searched, invited = list[Any](), list[Any](), list[Any]()
        for read, into in (
            (lambda page: of.client_records.page(page, now), listed),
            (lambda page: of.client_records.search(search_terms("ann", "text"), page, now), searched),
            (lambda page: of.invitations.page(page), invited),
        ):
            after: str | None = None
            while True:
                page = await read(PageRequest(after, 1))
                into += page.items
                after = page.next
                if after is None:
                    break
        named = [set(await of.directory.clients([one])) for one in every]
        return [
            by_id,
            {one.id for one in by_external_id if one is not None},
            {one.id for one in listed},
            {one.id for one in searched},
            {one.client_id for one in invited},
            set().union(*named),
            set(await of.directory.clients(list(every))),
        ]


class OwnClientsContract:
    """What `own_clients_of` confines."""

    @pytest_asyncio.fixture
    async def caseload(self, world: AppointmentsWorld) -> Caseload:
        return await make_caseload(world)

    async def test_own_clients_are_those_of_the_care_team_and_of_appointments(self, caseload: Caseload) -> None:
        assert await found(caseload, caseload.clinician()) == [{caseload.team, caseload.seen}] * 7

    async def test_clinician_without_clients_finds_nobody(self, caseload: Caseload) -> None:
        new = await caseload.world.add_clinician("Dr. New")
        nobody = evolve(caseload.world.as_staff("clinician"), own_clients_only=True)
        for actor in (caseload.clinician(clinician_id=new), nobody):
            assert await found(caseload, actor) == [set[UUID]()] * 7

    async def test_other_roles_and_practices_that_let_them_find_all(self, caseload: Caseload) -> None:
        world, every = caseload.world, {caseload.team, caseload.seen, caseload.others}
        for actor in (
            world.as_staff("clinician", clinician_id=caseload.grey),
            world.front_desk,
            *(caseload.clinician(role) for role in ("front_desk", "biller", "administrator")),
        ):
            assert await found(caseload, actor) == [every] * 7
        assert await found(caseload, caseload.clinician("auditor")) == [{caseload.team, caseload.seen}] * 7

    async def test_pages_are_in_order_and_complete(self, caseload: Caseload) -> None:
        world = caseload.world
        more = [await add_client(world, number) for number in range(3, 8)]
        for one in more:
            await world.join_care_team(one, caseload.grey)
        async with world.begin(caseload.clinician()) as unit:
            of: Any = unit
            first = await of.client_records.page(PageRequest(size=4), world.clock.now())
            second = await of.client_records.page(PageRequest(first.next, 4), world.clock.now())
        names = [one.name for one in (*first.items, *second.items)]
        assert names == [f"Ann Lee{number}" for number in (0, 1, 3, 4, 5, 6, 7)]
        assert second.next is None

    async def test_another_practices_appointments_and_teams_count_for_nothing(self, caseload: Caseload) -> None:
        other = await caseload.world.other_practice()
        stranger = evolve(other.as_staff("clinician", clinician_id=caseload.grey), own_clients_only=True)
        async with other.begin(stranger) as unit:
            of: Any = unit
            assert await of.client_records.get(caseload.team) is None
            assert (await of.client_records.page(PageRequest(), other.clock.now() + timedelta())).items == ()
