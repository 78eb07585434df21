"""Dr. Grey's Wednesday, as staff see it and book it."""

from datetime import date, datetime, time

from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.appointments.use_cases.book_appointment_for_clients import BookAppointmentForClientsCommand
from portal_core.appointments.use_cases.find_slots import FindSlotsQuery
from portal_core.appointments.use_cases.publish_availability import Opening
from portal_core.kernel.actor import StaffActor
from tests.support.contracts.appointments.world import new_york
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
