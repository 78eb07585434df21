"""A client who was discharged, and still has a care team: nothing new, by nobody; what they have stays theirs."""

from datetime import date, timedelta

import pytest
from attrs import evolve

from portal_core.appointments.errors import ClientDischarged
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.book_for_client import BookForClientCommand
from portal_core.appointments.use_cases.book_series import BookSeriesCommand
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.confirm_request import ConfirmRequestCommand
from portal_core.appointments.use_cases.decline_request import DeclineRequestCommand
from portal_core.appointments.use_cases.find_slots import FindSlotsQuery
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointmentsQuery
from portal_core.appointments.use_cases.move_for_clients import MoveForClientsCommand
from portal_core.appointments.use_cases.request_appointment import RequestAppointmentCommand
from portal_core.appointments.use_cases.reschedule_appointment import RescheduleAppointmentCommand
from portal_core.appointments.use_cases.show_offering import ShowOffering
from portal_core.appointments.views import AppointmentView
from portal_core.appointments.waiting import PreferredTime
from portal_core.kernel.page import PageRequest
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import Scene
from tests.unit.appointments.waitlist_setup import free, made, offer_to, wait, wish

DAY = date(2026, 3, 4)
ASKED = PreferredTime(starts_at=new_york(4, 9), ends_at=new_york(4, 12))


async def discharge(scene: Scene, *, again: bool = False) -> None:
    await scene.world.set_status(scene.ann.client_id, "active" if again else "discharged")


def at(scene: Scene, hour: int, day: int = 4) -> BookAppointmentCommand:
    return BookAppointmentCommand(choice=scene.world.choice(scene.grey, scene.kind, new_york(day, hour)))


async def booked(scene: Scene) -> AppointmentView:
    return await scene.desk.book(scene.ann, at(scene, 10))


async def everything_new(scene: Scene) -> None:
    """All that a client may ask for, each refused by the same word."""
    desk, choice = scene.desk, scene.world.choice(scene.grey, scene.kind, new_york(4, 13))
    proxy = scene.world.as_proxy(scene.ann.client_id, may_write=True)
    slots = FindSlotsQuery(kind_id=scene.kind.id, first_day=DAY, last_day=DAY)
    asked = RequestAppointmentCommand(kind_id=scene.kind.id, preferred=(ASKED,))
    for actor in (scene.ann, proxy):
        for refused in (
            desk.find_slots(actor, slots),
            desk.hold(actor, choice),
            desk.book(actor, BookAppointmentCommand(choice=choice)),
            desk.request_appointment(actor, asked),
            desk.join_waitlist(actor, wish(scene)),
        ):
            with pytest.raises(ClientDischarged):
                await refused


async def test_nothing_new_whatever_is_asked_for(scene: Scene) -> None:
    await discharge(scene)
    before = {name: dict(rows) for name, rows in scene.world.store.tables.items() if name != "audit" and rows}
    await everything_new(scene)
    after = {name: dict(rows) for name, rows in scene.world.store.tables.items() if name != "audit" and rows}
    assert after == before


async def test_it_is_said_also_of_what_could_not_be_booked_anyway(scene: Scene) -> None:
    """Without a clinician, and with none who may be booked: the reason is the record, not the choice."""
    await discharge(scene)
    scene.world.store.table("care_team").clear()
    await everything_new(scene)


async def test_others_are_not_concerned(scene: Scene) -> None:
    await discharge(scene)
    assert (await scene.desk.book(scene.bob, at(scene, 10))).status == "booked"


async def test_active_again_is_as_before(scene: Scene) -> None:
    await discharge(scene)
    await discharge(scene, again=True)
    assert (await booked(scene)).status == "booked"


async def test_a_hold_from_before_is_not_booked_and_can_be_given_back(scene: Scene) -> None:
    hold = await scene.desk.hold(scene.ann, scene.world.choice(scene.grey, scene.kind, new_york(4, 10)))
    await discharge(scene)
    with pytest.raises(ClientDischarged):
        await scene.desk.book(scene.ann, BookAppointmentCommand(hold_id=hold.id))
    await scene.desk.release(scene.ann, hold.id)
    assert (await scene.desk.book(scene.bob, at(scene, 10))).status == "booked"


async def test_what_was_booked_is_read_and_cancelled_and_not_moved(scene: Scene) -> None:
    view = await booked(scene)
    await discharge(scene)
    assert await scene.desk.show(scene.ann, view.id) == view
    assert (await scene.desk.list_mine(scene.ann, ListMyAppointmentsQuery())).items == (view,)
    assert "BEGIN:VEVENT" in (await scene.desk.export(scene.ann, view.id)).content
    move = RescheduleAppointmentCommand(
        appointment_id=view.id, clinician_id=scene.grey, starts_at=new_york(4, 13), version=view.version
    )
    with pytest.raises(ClientDischarged):
        await scene.desk.reschedule(scene.ann, move)
    assert await scene.desk.show(scene.ann, view.id) == view
    cancelled = await scene.desk.cancel(scene.ann, CancelAppointmentCommand(appointment_id=view.id))
    assert cancelled.status == "cancelled"


async def test_a_request_is_read_withdrawn_or_declined_and_not_confirmed(scene: Scene) -> None:
    asked = RequestAppointmentCommand(kind_id=scene.kind.id, preferred=(ASKED,))
    first, second = [await scene.desk.request_appointment(scene.ann, asked) for _ in range(2)]
    await discharge(scene)
    yes = ConfirmRequestCommand(request_id=first.id, clinician_id=scene.grey, starts_at=ASKED.starts_at)
    with pytest.raises(ClientDischarged):
        await scene.desk.confirm_request(scene.world.desk, yes)
    page = await scene.desk.list_requests(scene.ann, PageRequest())
    assert {one.status for one in page.items} == {"pending"}
    await scene.desk.withdraw_request(scene.ann, second.id)
    await scene.desk.decline_request(scene.world.desk, DeclineRequestCommand(request_id=first.id))
    page = await scene.desk.list_requests(scene.ann, PageRequest())
    assert {one.status for one in page.items} == {"withdrawn", "declined"}


async def test_an_offer_is_not_accepted_and_passes_on_when_it_is_declined(scene: Scene) -> None:
    await wait(scene, scene.ann)
    await wait(scene, scene.bob)
    await free(scene)
    await scene.desk.offer_what_was_freed()
    offer = await made(scene, scene.ann)
    await discharge(scene)
    with pytest.raises(ClientDischarged):
        await scene.desk.accept_offer(scene.ann, offer.id)
    assert await offer_to(scene, scene.ann) == offer
    await scene.desk.decline_offer(scene.ann, offer.id)
    await scene.desk.offer_what_was_freed()
    await scene.desk.accept_offer(scene.bob, (await made(scene, scene.bob)).id)


async def test_freed_time_is_offered_past_them_and_they_may_leave(scene: Scene) -> None:
    entry = await wait(scene, scene.ann)
    await wait(scene, scene.bob)
    await discharge(scene)
    await free(scene)
    await scene.desk.offer_what_was_freed()
    assert await offer_to(scene, scene.ann) is None
    assert await offer_to(scene, scene.bob) is not None
    await scene.desk.leave_waitlist(scene.ann, entry.id)
    assert await scene.desk.list_waitlist(scene.ann) == ()


async def test_staff_make_them_active_before_they_book(scene: Scene) -> None:
    couple = await scene.world.add_kind("Couple", minutes=60, seats=2)
    both = (scene.bob.client_id, scene.ann.client_id)
    choice = scene.world.choice(scene.grey, couple, new_york(4, 10))
    command = BookForClientCommand(choice=choice, client_ids=both)
    weekly = BookSeriesCommand(
        clinician_id=scene.grey,
        kind_id=scene.kind.id,
        client_ids=[scene.ann.client_id],
        first_start=new_york(4, 10).replace(tzinfo=None),
        count=2,
        skip_conflicts=True,
    )
    await discharge(scene)
    for actor in (scene.world.desk, scene.world.as_staff("clinician", clinician_id=scene.grey), scene.world.system):
        with pytest.raises(ClientDischarged):
            await scene.desk.book_for(actor, command)
        with pytest.raises(ClientDischarged):
            await scene.desk.book_series(actor, weekly)
    assert not scene.world.store.table("appointments")
    await discharge(scene, again=True)
    assert len((await scene.desk.book_for(scene.world.desk, command)).attendances) == 2


async def test_staff_move_what_was_booked_before_for_all_who_come(scene: Scene) -> None:
    couple = await scene.world.add_kind("Couple", minutes=60, seats=2)
    choice = scene.world.choice(scene.grey, couple, new_york(4, 10))
    both = (scene.ann.client_id, scene.bob.client_id)
    view = await scene.desk.book_for(scene.world.desk, BookForClientCommand(choice=choice, client_ids=both))
    await discharge(scene)
    later = evolve(choice, starts_at=choice.starts_at + timedelta(hours=2))
    moved = await scene.desk.move_for(scene.world.desk, MoveForClientsCommand(appointment_id=view.id, choice=later))
    assert moved.starts_at == new_york(4, 12)


async def test_a_booking_screen_offers_nothing(scene: Scene) -> None:
    show = ShowOffering(scene.world.begin)
    assert (await show(scene.ann)).kinds
    await discharge(scene)
    assert (await show(scene.ann)).kinds == ()
    assert (await show(scene.bob)).kinds
