"""A discharged client on a care team gets nothing new, not even from staff, and keeps what they have."""

from datetime import date, timedelta

import pytest
from attrs import evolve

from portal_core.appointments.appointment_request import PreferredTime
from portal_core.appointments.errors import ClientDischarged
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.book_appointment_for_clients import BookAppointmentForClientsCommand
from portal_core.appointments.use_cases.book_series import BookSeriesCommand
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.confirm_appointment_request import ConfirmAppointmentRequestCommand
from portal_core.appointments.use_cases.decline_appointment_request import DeclineAppointmentRequestCommand
from portal_core.appointments.use_cases.find_slots import FindSlotsQuery
from portal_core.appointments.use_cases.get_booking_options import GetBookingOptions
from portal_core.appointments.use_cases.hold_slot import HoldSlotCommand
from portal_core.appointments.use_cases.list_appointment_requests import ListAppointmentRequestsQuery
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointmentsQuery
from portal_core.appointments.use_cases.request_appointment import RequestAppointmentCommand
from portal_core.appointments.use_cases.reschedule_appointment import RescheduleAppointmentCommand
from portal_core.appointments.use_cases.reschedule_appointment_for_clients import RescheduleAppointmentForClientsCommand
from portal_core.appointments.views import AppointmentView
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.waitlist_setup import (
    current_offer,
    free_slot,
    join_waitlist_as,
    require_offer,
    waitlist_command,
)

DAY = date(2026, 3, 4)
PREFERRED_TIME = PreferredTime(starts_at=new_york(4, 9), ends_at=new_york(4, 12))


async def discharge(scenario: BookingScenario, *, reactivate: bool = False) -> None:
    await scenario.world.set_status(scenario.ann.client_id, "active" if reactivate else "discharged")


def at(scenario: BookingScenario, hour: int, day: int = 4) -> BookAppointmentCommand:
    return BookAppointmentCommand(
        choice=scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(day, hour))
    )


async def booked(scenario: BookingScenario) -> AppointmentView:
    return await scenario.use_cases.book(scenario.ann, at(scenario, 10))


async def expect_all_refused(scenario: BookingScenario) -> None:
    """All client actions that create something are refused with the same code."""
    use_cases, choice = (
        scenario.use_cases,
        scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 13)),
    )
    proxy = scenario.world.as_proxy(scenario.ann.client_id, may_write=True)
    slots = FindSlotsQuery(appointment_type_id=scenario.appointment_type.id, first_day=DAY, last_day=DAY)
    asked = RequestAppointmentCommand(appointment_type_id=scenario.appointment_type.id, preferred=(PREFERRED_TIME,))
    for actor in (scenario.ann, proxy):
        for refused in (
            use_cases.find_slots(actor, slots),
            use_cases.hold(actor, HoldSlotCommand(choice)),
            use_cases.book(actor, BookAppointmentCommand(choice=choice)),
            use_cases.request_appointment(actor, asked),
            use_cases.join_waitlist(actor, waitlist_command(scenario)),
        ):
            with pytest.raises(ClientDischarged):
                await refused


async def test_discharged_client_cannot_book_anything_new(scenario: BookingScenario) -> None:
    await discharge(scenario)
    before = {name: dict(rows) for name, rows in scenario.world.store.tables.items() if name != "audit" and rows}
    await expect_all_refused(scenario)
    after = {name: dict(rows) for name, rows in scenario.world.store.tables.items() if name != "audit" and rows}
    assert after == before


async def test_discharge_refusal_takes_precedence(scenario: BookingScenario) -> None:
    """Without a clinician, and with none who is bookable: the refusal names the discharge, not the choice."""
    await discharge(scenario)
    scenario.world.store.table("care_team").clear()
    await expect_all_refused(scenario)


async def test_other_clients_are_unaffected(scenario: BookingScenario) -> None:
    await discharge(scenario)
    assert (await scenario.use_cases.book(scenario.bob, at(scenario, 10))).status == "booked"


async def test_reactivated_client_can_book(scenario: BookingScenario) -> None:
    await discharge(scenario)
    await discharge(scenario, reactivate=True)
    assert (await booked(scenario)).status == "booked"


async def test_existing_hold_cannot_be_booked_but_can_be_released(scenario: BookingScenario) -> None:
    hold = await scenario.use_cases.hold(
        scenario.ann, HoldSlotCommand(scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10)))
    )
    await discharge(scenario)
    with pytest.raises(ClientDischarged):
        await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(hold_id=hold.id))
    await scenario.use_cases.release(scenario.ann, hold.id)
    assert (await scenario.use_cases.book(scenario.bob, at(scenario, 10))).status == "booked"


async def test_existing_appointment_can_be_cancelled_but_not_rescheduled(scenario: BookingScenario) -> None:
    view = await booked(scenario)
    await discharge(scenario)
    assert await scenario.use_cases.get_appointment(scenario.ann, view.id) == view
    assert (await scenario.use_cases.list_mine(scenario.ann, ListMyAppointmentsQuery())).items == (view,)
    assert "BEGIN:VEVENT" in (await scenario.use_cases.export(scenario.ann, view.id)).content
    move = RescheduleAppointmentCommand(
        appointment_id=view.id, clinician_id=scenario.grey, starts_at=new_york(4, 13), version=view.version
    )
    with pytest.raises(ClientDischarged):
        await scenario.use_cases.reschedule(scenario.ann, move)
    assert await scenario.use_cases.get_appointment(scenario.ann, view.id) == view
    cancelled = await scenario.use_cases.cancel(scenario.ann, CancelAppointmentCommand(appointment_id=view.id))
    assert cancelled.status == "cancelled"


async def test_request_can_be_closed_but_not_confirmed(scenario: BookingScenario) -> None:
    asked = RequestAppointmentCommand(appointment_type_id=scenario.appointment_type.id, preferred=(PREFERRED_TIME,))
    first, second = [await scenario.use_cases.request_appointment(scenario.ann, asked) for _ in range(2)]
    await discharge(scenario)
    yes = ConfirmAppointmentRequestCommand(
        request_id=first.id, clinician_id=scenario.grey, starts_at=PREFERRED_TIME.starts_at
    )
    with pytest.raises(ClientDischarged):
        await scenario.use_cases.confirm_appointment_request(scenario.world.front_desk, yes)
    page = await scenario.use_cases.list_appointment_requests(scenario.ann, ListAppointmentRequestsQuery())
    assert {one.status for one in page.items} == {"pending"}
    await scenario.use_cases.withdraw_appointment_request(scenario.ann, second.id)
    await scenario.use_cases.decline_appointment_request(
        scenario.world.front_desk, DeclineAppointmentRequestCommand(request_id=first.id)
    )
    page = await scenario.use_cases.list_appointment_requests(scenario.ann, ListAppointmentRequestsQuery())
    assert {one.status for one in page.items} == {"withdrawn", "declined"}


async def test_offer_can_be_declined_but_not_accepted(scenario: BookingScenario) -> None:
    await join_waitlist_as(scenario, scenario.ann)
    await join_waitlist_as(scenario, scenario.bob)
    await free_slot(scenario)
    await scenario.use_cases.run_freed_slot_jobs()
    offer = await require_offer(scenario, scenario.ann)
    await discharge(scenario)
    with pytest.raises(ClientDischarged):
        await scenario.use_cases.accept_offer(scenario.ann, offer.id)
    assert await current_offer(scenario, scenario.ann) == offer
    await scenario.use_cases.decline_offer(scenario.ann, offer.id)
    await scenario.use_cases.run_freed_slot_jobs()
    await scenario.use_cases.accept_offer(scenario.bob, (await require_offer(scenario, scenario.bob)).id)


async def test_waitlist_skips_discharged_client(scenario: BookingScenario) -> None:
    entry = await join_waitlist_as(scenario, scenario.ann)
    await join_waitlist_as(scenario, scenario.bob)
    await discharge(scenario)
    await free_slot(scenario)
    await scenario.use_cases.run_freed_slot_jobs()
    assert await current_offer(scenario, scenario.ann) is None
    assert await current_offer(scenario, scenario.bob) is not None
    await scenario.use_cases.leave_waitlist(scenario.ann, entry.id)
    assert (await scenario.use_cases.list_waitlist(scenario.ann)).items == ()


async def test_staff_cannot_book_discharged_client(scenario: BookingScenario) -> None:
    couple = await scenario.world.add_appointment_type("Couple", minutes=60, seats=2)
    both = (scenario.bob.client_id, scenario.ann.client_id)
    choice = scenario.world.choice(scenario.grey, couple, new_york(4, 10))
    command = BookAppointmentForClientsCommand(choice=choice, client_ids=both)
    weekly = BookSeriesCommand(
        clinician_id=scenario.grey,
        appointment_type_id=scenario.appointment_type.id,
        client_ids=[scenario.ann.client_id],
        first_start=new_york(4, 10).replace(tzinfo=None),
        count=2,
        skip_conflicts=True,
    )
    await discharge(scenario)
    for actor in (
        scenario.world.front_desk,
        scenario.world.as_staff("clinician", clinician_id=scenario.grey),
        scenario.world.system,
    ):
        with pytest.raises(ClientDischarged):
            await scenario.use_cases.book_for(actor, command)
        with pytest.raises(ClientDischarged):
            await scenario.use_cases.book_series(actor, weekly)
    assert not scenario.world.store.table("appointments")
    await discharge(scenario, reactivate=True)
    assert len((await scenario.use_cases.book_for(scenario.world.front_desk, command)).attendances) == 2


async def test_staff_can_reschedule_existing_appointment(scenario: BookingScenario) -> None:
    couple = await scenario.world.add_appointment_type("Couple", minutes=60, seats=2)
    choice = scenario.world.choice(scenario.grey, couple, new_york(4, 10))
    both = (scenario.ann.client_id, scenario.bob.client_id)
    view = await scenario.use_cases.book_for(
        scenario.world.front_desk, BookAppointmentForClientsCommand(choice=choice, client_ids=both)
    )
    await discharge(scenario)
    later = evolve(choice, starts_at=choice.starts_at + timedelta(hours=2))
    moved = await scenario.use_cases.reschedule_for(
        scenario.world.front_desk, RescheduleAppointmentForClientsCommand(appointment_id=view.id, choice=later)
    )
    assert moved.starts_at == new_york(4, 12)


async def test_discharged_client_has_no_booking_options(scenario: BookingScenario) -> None:
    get_options = GetBookingOptions(scenario.world.begin, scenario.world.clock)
    assert (await get_options(scenario.ann)).appointment_types
    await discharge(scenario)
    assert (await get_options(scenario.ann)).appointment_types == ()
    assert (await get_options(scenario.bob)).appointment_types
