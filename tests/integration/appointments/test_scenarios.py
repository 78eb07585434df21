"""What random histories do not cover: video visits, feeds and reminders on PostgreSQL, under row-level security."""

from datetime import timedelta

import pytest
import pytest_asyncio

from adapters.local.rooms import ClinicianRooms
from portal_core.appointments.errors import NoRoom
from portal_core.appointments.use_cases.join_video_visit import JoinVideoVisit, JoinVideoVisitCommand
from portal_core.appointments.use_cases.read_calendar_feed import ReadCalendarFeedQuery
from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.errors import NotFound
from tests.support.appointments.postgres_world import PostgresAppointmentsWorld
from tests.support.appointments.use_cases import AppointmentUseCases
from tests.support.contracts.appointments.world import new_york
from tests.support.engine.postgres import PortalDatabase

TEN = new_york(4, 10)


@pytest_asyncio.fixture
async def world(shared_database: PortalDatabase) -> PostgresAppointmentsWorld:
    return await PostgresAppointmentsWorld.create(shared_database)


async def test_video_visit_feed_and_reminder(world: PostgresAppointmentsWorld) -> None:
    use_cases = AppointmentUseCases(world)
    grey, appointment_type = await world.add_clinician(), await world.add_appointment_type(minutes=60)
    ann = world.as_client(await world.add_client(given="Ann"))
    bob = world.as_client(await world.add_client(given="Bob"))
    booking = await world.add_booking(grey, appointment_type, TEN, ann.client_id)
    appointment_id = booking.appointment.id

    world.clock.at = TEN - timedelta(hours=24)
    for _ in range(2):
        await use_cases.send_appointment_reminders(world.system)
    reminders = [one for one in await world.notices() if one.kind == "appointment_reminder"]
    assert [(one.to_client, one.subject_id) for one in reminders] == [(ann.client_id, appointment_id)]

    world.clock.at = TEN
    join = JoinVideoVisit(world.begin, world.clock, world.ids, ClinicianRooms())
    here = JoinVideoVisitCommand(
        appointment_id=appointment_id, client_location="12 Elm Street", callback="+1 212 555 0100"
    )
    with pytest.raises(NotFound):
        await join(bob, here)
    with pytest.raises(NoRoom):
        await join(ann, here)
    seen = (await use_cases.list_check_ins(world.front_desk, appointment_id)).items
    assert [(one.client_name, one.client_location) for one in seen] == [("Ann Lee", "12 Elm Street")]

    for one in (ann, bob):
        await world.add_account(one)
    feed = await use_cases.create_calendar_feed(ann)
    visitor = VisitorActor(world.practice_id)
    file = await use_cases.read_calendar_feed(visitor, ReadCalendarFeedQuery(feed.token))
    assert f"UID:{appointment_id}" in file.content
    other = await use_cases.create_calendar_feed(bob)
    assert "VEVENT" not in (await use_cases.read_calendar_feed(visitor, ReadCalendarFeedQuery(other.token))).content
    await use_cases.remove_calendar_feed(ann)
    with pytest.raises(NotFound):
        await use_cases.read_calendar_feed(visitor, ReadCalendarFeedQuery(feed.token))
