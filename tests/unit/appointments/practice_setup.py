"""Dr. Grey's Wednesday, as staff see it and book it."""


from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.appointments.errors import (
    NotBookable,
    NotStarted,
    OutsideAvailability,
    OverlappingAppointment,
    SlotTaken,
    TooSoon,
)
from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.appointments.use_cases.add_availability_exception import AddAvailabilityExceptionCommand
from portal_core.appointments.use_cases.block_time import BlockTimeCommand
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.book_appointment_for_clients import BookAppointmentForClientsCommand
from portal_core.appointments.use_cases.find_slots import FindSlotsQuery
from portal_core.appointments.use_cases.get_day_schedule import GetDayScheduleQuery
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointmentsQuery
from portal_core.appointments.use_cases.publish_availability import Opening, PublishAvailabilityCommand
from portal_core.appointments.use_cases.remove_availability_exception import RemoveAvailabilityExceptionCommand
from portal_core.appointments.views import AppointmentFilter
from portal_core.kernel.actor import StaffActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, PortalError, StaleVersion
from tests.support.contracts.appointments.world import ZONE, new_york
from tests.unit.appointments.conftest import BookingScenario

NINE_TO_TWELVE = Opening(weekday=2, start_time=time(9), end_time=time(12))
WEDNESDAY = date(2026, 3, 4)


def grey(scenario: BookingScenario) -> StaffActor:
    """Dr. Grey, signed in."""
    return scenario.world.as_staff("clinician", clinician_id=scenario.grey, account_id=scenario.grey_account_id)


async def start_times(scenario: BookingScenario, day: date = WEDNESDAY) -> list[datetime]:
    query = FindSlotsQuery(appointment_type_id=scenario.appointment_type.id, first_day=day, last_day=day)
    return [one.starts_at for one in (await scenario.use_cases.find_slots(scenario.ann, query)).items]


async def booked(scenario: BookingScenario, *clients: str, hour: int = 10) -> PracticeAppointmentView:
    """By the front desk, on Wednesday, for Ann or for both."""
    appointment_type = (
        scenario.appointment_type
        if len(clients) < 2
        else await scenario.world.add_appointment_type("Couple", minutes=60, seats=2)
    )
    command = BookAppointmentForClientsCommand(
        choice=scenario.world.choice(scenario.grey, appointment_type, new_york(4, hour)),
        client_ids=tuple(getattr(scenario, name).client_id for name in clients or ("ann",)),
    )
    return await scenario.use_cases.book_for(scenario.world.front_desk, command)
