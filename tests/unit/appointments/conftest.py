"""A practice with one clinician, two clients and one kind, open all week."""

from uuid import UUID

import pytest
from attrs import frozen

from portal_core.appointments.settings import Kind
from portal_core.kernel.actor import ClientActor
from tests.support.appointments.use_cases import Desk, MemoryAppointmentsWorld


@frozen
class Scene:
    """Dr. Grey sees Ann and Bob online, from nine to five; it is Monday, 2 March 2026, ten in the morning."""

    world: MemoryAppointmentsWorld
    desk: Desk
    grey: UUID
    account: UUID
    ann: ClientActor
    bob: ClientActor
    kind: Kind


@pytest.fixture
def world() -> MemoryAppointmentsWorld:
    return MemoryAppointmentsWorld()


@pytest.fixture
async def scene(world: MemoryAppointmentsWorld) -> Scene:
    grey = await world.add_clinician("Dr. Grey", credentials="PhD")
    account = await world.add_account_of(grey)
    ann, bob = await world.add_client(given="Ann"), await world.add_client(given="Bob")
    for client in (ann, bob):
        await world.join_care_team(client, grey)
    kind = await world.add_kind(minutes=60)
    await world.open_week(grey)
    return Scene(world, Desk(world), grey, account, world.as_client(ann), world.as_client(bob), kind)
