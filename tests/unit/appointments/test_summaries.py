"""Answers that list appointments say who comes when and to whom, and each client's record tells that staff read it."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from portal_core.appointments.practice_views import AppointmentSummaryView
from portal_core.appointments.use_cases.add_client_to_appointment import AddClientToAppointmentCommand
from portal_core.appointments.use_cases.add_holidays import AddHolidays, AddHolidaysCommand
from portal_core.appointments.use_cases.cancel_series import CancelSeriesCommand
from portal_core.appointments.use_cases.reassign_appointments import ReassignAppointments, ReassignAppointmentsCommand
from portal_core.appointments.use_cases.reschedule_appointment_for_clients import RescheduleAppointmentForClientsCommand
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.practice_setup import booked, grey
from tests.unit.appointments.series_setup import TUESDAY, book, extend, move


def told(appointments: Iterable[AppointmentSummaryView]) -> list[tuple[int, str, str, list[str]]]:
    """The local day, the clinician and the clients of each."""
    return [
        (one.local_starts_at.day, one.clinician_name, one.status, [part.client_name for part in one.attendances])
        for one in appointments
    ]


async def read_records(scenario: BookingScenario, action: str) -> list[UUID | None]:
    """Whose records were read, oldest first."""
    return [one.record for one in await scenario.world.audit() if one.action == action]


async def test_answers_about_a_series(scenario: BookingScenario) -> None:
    series = await book(scenario, 2)
    assert told(series.appointments) == [(day, "Dr. Grey", "booked", ["Ann Lee"]) for day in (3, 10)]
    extended = await extend(scenario, series, count=1)
    assert told(extended.appointments) == [(day, "Dr. Grey", "booked", ["Ann Lee"]) for day in (3, 10, 17)]
    moved = await move(scenario, series, TUESDAY.replace(day=4))
    assert told(moved.appointments) == [(day, "Dr. Grey", "booked", ["Ann Lee"]) for day in (4, 11, 18)]
    ended = await scenario.use_cases.cancel_series(scenario.world.front_desk, CancelSeriesCommand(series_id=series.id))
    assert told(ended.appointments) == [(day, "Dr. Grey", "cancelled", ["Ann Lee"]) for day in (4, 11, 18)]
    assert await read_records(scenario, "series.read") == [scenario.ann.client_id] * 4


async def test_clinician_is_not_told_who_else_comes_to_a_colleague(scenario: BookingScenario) -> None:
    """A date that was moved to a colleague is in their calendar, and may have clients whom the clinician cannot see."""
    world, use_cases = scenario.world, scenario.use_cases
    green, group = await world.add_clinician("Dr. Green"), await world.add_appointment_type("Group", seats=8)
    series = await book(scenario, 2, appointment_type_id=group.id)
    lent, choice = series.appointments[1].id, world.choice(green, group, new_york(10, 10))
    command = RescheduleAppointmentForClientsCommand(appointment_id=lent, choice=choice, outside_hours=True)
    await use_cases.reschedule_for(world.front_desk, command)
    joining = AddClientToAppointmentCommand(appointment_id=lent, client_id=scenario.bob.client_id)
    await use_cases.add_client(world.front_desk, joining)
    own = await use_cases.get_series(grey(scenario), series.id)
    assert told(own.appointments) == [(3, "Dr. Grey", "booked", ["Ann Lee"])]
    whole = await use_cases.get_series(world.front_desk, series.id)
    assert told(whole.appointments)[1:] == [(10, "Dr. Green", "booked", ["Ann Lee", "Bob Lee"])]
    both = sorted([scenario.ann.client_id, scenario.bob.client_id])
    assert await read_records(scenario, "series.read") == [scenario.ann.client_id] * 2 + both


async def test_answer_about_holidays(scenario: BookingScenario) -> None:
    await booked(scenario)
    holidays = AddHolidays(scenario.world.begin, scenario.world.clock, scenario.world.ids)
    added = await holidays(scenario.world.front_desk, AddHolidaysCommand(first_day=date(2026, 3, 4)))
    assert told(added.conflicts) == [(4, "Dr. Grey", "booked", ["Ann Lee"])]
    assert await read_records(scenario, "appointments.read") == [scenario.ann.client_id]
    free = await holidays(scenario.world.front_desk, AddHolidaysCommand(first_day=date(2026, 3, 5)))
    assert free.conflicts == ()
    assert await read_records(scenario, "appointments.read") == [scenario.ann.client_id]


async def test_answer_about_a_reassignment(scenario: BookingScenario) -> None:
    world, ann, bob = scenario.world, scenario.ann.client_id, scenario.bob.client_id
    green = await world.add_clinician("Dr. Green")
    await world.open_week(green)
    for hour, client_id, clinician_id in ((10, ann, scenario.grey), (12, bob, scenario.grey), (12, ann, green)):
        await world.add_booking(clinician_id, scenario.appointment_type, new_york(4, hour), client_id)
    command = ReassignAppointmentsCommand(from_clinician_id=scenario.grey, to_clinician_id=green)
    view = await ReassignAppointments(world.begin, world.clock)(world.front_desk, command)
    assert told(view.moved) == [(4, "Dr. Green", "booked", ["Ann Lee"])]
    assert told(one.appointment for one in view.refused) == [(4, "Dr. Grey", "booked", ["Bob Lee"])]
    assert [one.client_name for one in view.joined_care_teams] == ["Ann Lee"]
    assert await read_records(scenario, "appointments.read") == sorted([ann, bob])
    assert await read_records(scenario, "client.read") == [ann]
