"""Billers read all appointments, and of each what bills need."""

import pytest
from attrs import evolve, fields_dict

from portal_core.appointments.practice_views import AttendanceView, PracticeAppointmentView
from portal_core.appointments.use_cases.book_appointment_for_clients import BookAppointmentForClientsCommand
from portal_core.appointments.use_cases.cancel_appointment_for_clients import CancelAppointmentForClientsCommand
from portal_core.appointments.use_cases.get_schedule import GetScheduleQuery
from portal_core.appointments.use_cases.list_client_appointments import ListClientAppointmentsQuery
from portal_core.kernel.errors import Forbidden
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import BookingScenario


async def test_billers_read_who_came_when_for_what_fee_and_not_why(scenario: BookingScenario) -> None:
    world, use_cases = scenario.world, scenario.use_cases
    client_id = await world.add_client(pronouns="she/her")
    session = await world.add_appointment_type(cpt_code="90834")
    choice = world.choice(scenario.grey, session, new_york(4, 10))
    command = BookAppointmentForClientsCommand(choice=choice, client_ids=(client_id,))
    booked = await use_cases.book_for(world.front_desk, command)
    cancel = CancelAppointmentForClientsCommand(appointment_id=booked.id, reason="a private reason")
    whole = await use_cases.cancel_for(world.front_desk, cancel)
    (part,) = whole.attendances
    assert (part.reason, part.client_pronouns) == ("a private reason", "she/her")
    biller = world.as_staff("biller")
    query = GetScheduleQuery(first_day=choice.starts_at.date(), last_day=choice.starts_at.date())
    schedule = await use_cases.get_schedule(biller, query)
    page = await use_cases.list_client_appointments(biller, ListClientAppointmentsQuery(client_id))
    single = await use_cases.get_practice_appointment(biller, booked.id)
    for shown in (*schedule.appointments, *page.items, single):
        assert shown == whole.for_bills()
        assert shown.cpt_code == "90834"
        (seen,) = shown.attendances
        assert (seen.reason, seen.client_pronouns) == (None, None)
        assert (seen.client_name, seen.status, seen.fee_due) == (part.client_name, part.status, part.fee_due)
    assert schedule.busy == ()
    read = [one.record for one in await world.audit() if one.action == "appointments.read"]
    assert read == [client_id] * 3
    with pytest.raises(Forbidden):
        await use_cases.cancel_for(biller, cancel)


SHOWN = {
    *("id", "status", "starts_at", "ends_at", "time_zone", "clinician_id", "clinician_name", "appointment_type_id"),
    *("appointment_type_name", "location_id", "location_name", "telehealth", "attendances", "version", "cpt_code"),
}
SHOWN_OF_ATTENDANCE = {"client_id", "client_name", "status", "cancelled_at", "cancelled_late", "fee_due"}


def test_every_field_of_an_appointment_that_a_biller_sees_is_one_that_bills_need() -> None:
    """A field that is added to a view is put on one of the two sides, and on the page of roles."""
    whole = PracticeAppointmentView(**dict.fromkeys(fields_dict(PracticeAppointmentView), "x"))  # type: ignore[arg-type]
    attendance = AttendanceView(**dict.fromkeys(fields_dict(AttendanceView), "x"))  # type: ignore[arg-type]
    part = evolve(whole, attendances=(attendance,)).for_bills()
    assert {name for name in fields_dict(PracticeAppointmentView) if getattr(part, name) is not None} == SHOWN
    (seen,) = part.attendances
    assert {name for name in fields_dict(AttendanceView) if getattr(seen, name) is not None} == SHOWN_OF_ATTENDANCE
    assert fields_dict(PracticeAppointmentView).keys() - SHOWN == {"series_id", "room_missing"}
    assert fields_dict(AttendanceView).keys() - SHOWN_OF_ATTENDANCE == {"reason", "internal_note", "client_pronouns"}
