"""Billers read all appointments, and of each what bills need."""

import pytest

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
