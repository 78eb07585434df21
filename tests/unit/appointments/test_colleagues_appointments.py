"""Clinicians do not learn of appointments in a colleague's calendar, not even by a version."""

from typing import Any
from uuid import UUID

import pytest

from portal_core.appointments.use_cases.add_client_to_appointment import AddClientToAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment_for_clients import CancelAppointmentForClientsCommand
from portal_core.appointments.use_cases.cancel_attendance import CancelAttendanceCommand
from portal_core.appointments.use_cases.complete_appointment import CompleteAppointmentCommand
from portal_core.appointments.use_cases.correct_appointment import CorrectAppointmentCommand
from portal_core.appointments.use_cases.mark_no_show import MarkNoShowCommand
from portal_core.appointments.use_cases.reschedule_appointment_for_clients import RescheduleAppointmentForClientsCommand
from portal_core.appointments.use_cases.waive_fee import WaiveFeeCommand
from portal_core.kernel.errors import NotFound, StaleVersion
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import BookingScenario


def changes(scenario: BookingScenario, appointment_id: UUID, clinician_id: UUID, version: int) -> list[tuple[Any, Any]]:
    """Each of the practice's changes of one appointment, with its command; moved, it becomes the clinician's."""
    of = {"appointment_id": appointment_id, "version": version}
    ann, use_cases = {"client_id": scenario.ann.client_id}, scenario.use_cases
    choice = scenario.world.choice(clinician_id, scenario.appointment_type, new_york(5, 10))
    return [
        (use_cases.complete, CompleteAppointmentCommand(**of)),
        (use_cases.no_show, MarkNoShowCommand(**of, **ann)),
        (use_cases.cancel_for, CancelAppointmentForClientsCommand(**of)),
        (use_cases.cancel_attendance, CancelAttendanceCommand(**of, **ann)),
        (use_cases.add_client, AddClientToAppointmentCommand(**of, client_id=scenario.bob.client_id)),
        (use_cases.correct, CorrectAppointmentCommand(**of, **ann, status="no_show", reason="Wrong row")),
        (use_cases.waive_fee, WaiveFeeCommand(**of, **ann, reason="An emergency")),
        (use_cases.reschedule_for, RescheduleAppointmentForClientsCommand(**of, choice=choice)),
    ]


@pytest.mark.parametrize("number", range(8))
async def test_access_is_checked_before_the_version(scenario: BookingScenario, number: int) -> None:
    world = scenario.world
    booking = await world.add_booking(scenario.grey, scenario.appointment_type, new_york(4, 10), scenario.ann.client_id)
    green = await world.add_clinician("Dr. Green")
    colleague = world.as_staff("clinician", clinician_id=green)
    for version in (booking.appointment.version, 99):
        run, command = changes(scenario, booking.appointment.id, green, version)[number]
        with pytest.raises(NotFound):
            await run(colleague, command)
    with pytest.raises(StaleVersion):
        await run(world.front_desk, command)
    async with world.begin(world.front_desk) as unit:
        assert await unit.appointments.get_for_practice(booking.appointment.id) == booking
