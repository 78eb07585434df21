"""A clinician who leaves: appointments are answered, what is only reserved is released, nothing more is booked."""

from typing import Any, cast

import pytest

from portal_core.appointments.errors import NotBookable, OfferClosed
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.hold_slot import HoldSlotCommand
from portal_core.kernel.errors import NotFound
from portal_core.kernel.uow import Begin
from portal_core.people.details import ClinicianDetails
from portal_core.people.import_rows import ClinicianRow
from portal_core.people.use_cases.change_clinician import ChangeClinician, ChangeClinicianCommand
from portal_core.people.use_cases.import_people import ImportPeople, ImportPeopleCommand
from portal_core.people.views import ChangedClinicianView
from tests.support.contracts.appointments.world import ids_of, new_york
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.practice_setup import booked, start_times
from tests.unit.appointments.waitlist_setup import current_offer, offer_slot_to_ann


async def leave(scenario: BookingScenario, version: int = 1) -> ChangedClinicianView:
    change = ChangeClinician(cast(Begin[Any], scenario.world.begin), scenario.world.clock)
    details = ClinicianDetails("Dr. Grey", active=False)
    command = ChangeClinicianCommand(scenario.grey, details, version)
    return await change(scenario.world.as_staff("administrator"), command)


async def test_appointments_of_a_clinician_who_leaves_are_listed(scenario: BookingScenario) -> None:
    started, later, sooner = [await booked(scenario, hour=hour) for hour in (9, 16, 10)]
    scenario.world.clock.at = new_york(4, 9, 30)
    left = await leave(scenario)
    assert left.conflicts == (sooner.id, later.id)
    assert (await leave(scenario, left.version)).conflicts == (sooner.id, later.id), "for as long as there are any"
    front = scenario.world.front_desk
    assert ids_of((await scenario.use_cases.get_availability(front, scenario.grey)).conflicts) == (sooner.id, later.id)
    for one in (started, later, sooner):
        assert (await scenario.use_cases.get_practice_appointment(front, one.id)).status == "booked"


async def test_nothing_more_is_booked_with_a_clinician_who_left(scenario: BookingScenario) -> None:
    choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 12))
    held = await scenario.use_cases.hold(scenario.ann, HoldSlotCommand(choice))
    await leave(scenario)
    with pytest.raises(NotFound):
        await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(hold_id=held.id))
    with pytest.raises(NotBookable):
        await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
    with pytest.raises(NotBookable):
        await start_times(scenario)
    actions = [one.action for one in await scenario.world.audit()]
    assert actions.count("reservations.released") == 1
    await leave(scenario, 2)
    assert [one.action for one in await scenario.world.audit()].count("reservations.released") == 1


async def test_clinician_who_leaves_by_an_import_leaves_in_the_same_way(scenario: BookingScenario) -> None:
    world = scenario.world
    begin = cast(Begin[Any], world.begin)
    change = ChangeClinician(begin, world.clock)
    details = ClinicianDetails("Dr. Grey", external_id="C-1")
    await change(world.as_staff("administrator"), ChangeClinicianCommand(scenario.grey, details, 1))
    await scenario.use_cases.hold(
        scenario.ann, HoldSlotCommand(world.choice(scenario.grey, scenario.appointment_type, new_york(4, 12)))
    )
    command = ImportPeopleCommand(clinicians=[ClinicianRow(2, "C-1", active="no")])
    for _ in range(2):
        await ImportPeople(begin, world.clock, world.ids)(world.as_staff("administrator"), command)
    assert not world.store.table("holds")
    assert [one.action for one in await world.audit()].count("reservations.released") == 1


async def test_open_offer_of_a_clinician_who_left_ends(scenario: BookingScenario) -> None:
    offer = await offer_slot_to_ann(scenario)
    await leave(scenario)
    assert await current_offer(scenario, scenario.ann) is None
    with pytest.raises(OfferClosed):
        await scenario.use_cases.accept_offer(scenario.ann, offer.id)
    assert not scenario.world.store.table("calendar")
    assert not scenario.world.store.table("freed_slots"), "nobody else is offered the time"
