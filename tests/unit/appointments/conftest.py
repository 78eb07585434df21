"""A practice with one clinician, two clients and one appointment type, available all week."""

from uuid import UUID

import pytest
from attrs import frozen

from portal_core.appointments.settings import AppointmentType
from portal_core.kernel.actor import ClientActor
from tests.support.appointments.memory_world import MemoryAppointmentsWorld
from tests.support.appointments.use_cases import AppointmentUseCases


@frozen
class BookingScenario:
    """Dr. Grey sees Ann and Bob by telehealth, from 9:00 to 17:00; it is Monday, 2 March 2026, 10:00."""

    world: MemoryAppointmentsWorld
    use_cases: AppointmentUseCases
    grey: UUID
    grey_account_id: UUID
    ann: ClientActor
    bob: ClientActor
    appointment_type: AppointmentType


@pytest.fixture
def world() -> MemoryAppointmentsWorld:
    return MemoryAppointmentsWorld()


@pytest.fixture
async def scenario(world: MemoryAppointmentsWorld) -> BookingScenario:
    grey = await world.add_clinician("Dr. Grey", credentials="PhD")
    grey_account_id = await world.add_clinician_account(grey)
    ann, bob = await world.add_client(given="Ann"), await world.add_client(given="Bob")
    for client in (ann, bob):
        await world.join_care_team(client, grey)
    appointment_type = await world.add_appointment_type(minutes=60)
    await world.open_week(grey)
    return BookingScenario(
        world,
        AppointmentUseCases(world),
        grey,
        grey_account_id,
        world.as_client(ann),
        world.as_client(bob),
        appointment_type,
    )
