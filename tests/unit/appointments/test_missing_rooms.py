"""Clinicians without a room, where video visits take place in the clinicians' own rooms."""

from datetime import date, time
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.appointments.errors import NotBookable
from portal_core.appointments.use_cases.add_availability_exception import AddAvailabilityExceptionCommand
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.book_appointment_for_clients import BookAppointmentForClientsCommand
from portal_core.appointments.use_cases.complete_appointment import CompleteAppointmentCommand
from portal_core.appointments.use_cases.find_slots import FindSlotsQuery
from portal_core.appointments.use_cases.get_booking_options import GetBookingOptions
from portal_core.appointments.use_cases.get_schedule import GetScheduleQuery
from portal_core.appointments.use_cases.hold_slot import HoldSlotCommand
from portal_core.appointments.use_cases.publish_availability import Opening, PublishAvailabilityCommand
from portal_core.appointments.use_cases.reschedule_appointment import RescheduleAppointmentCommand
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.practice_setup import NINE_TO_TWELVE, WEDNESDAY
from tests.unit.appointments.waitlist_setup import current_offer, free_slot, join_waitlist_as, offer_slot_to_ann

TEN = new_york(4, 10)


@pytest.fixture
def scenario(scenario: BookingScenario) -> BookingScenario:
    """Dr. Grey has no room."""
    scenario.world.use_clinician_rooms()
    return scenario


def give_room(scenario: BookingScenario) -> None:
    clinicians, key = scenario.world.store.table("clinicians"), (scenario.world.practice_id, scenario.grey)
    clinicians[key] = evolve(clinicians[key], room_link="https://rooms.test/grey")


async def found(scenario: BookingScenario, **more: object) -> set[tuple[str, bool]]:
    query = FindSlotsQuery(
        appointment_type_id=scenario.appointment_type.id,
        first_day=WEDNESDAY,
        last_day=WEDNESDAY,
        **more,  # type: ignore[arg-type]
    )
    page = await scenario.use_cases.find_slots(scenario.ann, query)
    return {(one.clinician_name, one.telehealth) for one in page.items}


class TestClients:
    """They are not offered video visits with a clinician who has no room, and cannot book them."""

    async def test_video_is_not_among_the_free_times(self, scenario: BookingScenario) -> None:
        world = scenario.world
        office = await world.add_location()
        green = await world.add_clinician("Dr. Green", room_link="https://rooms.test/green")
        await world.join_care_team(scenario.ann.client_id, green)
        await world.open_week(green, start_time=time(9), end_time=time(10))
        assert await found(scenario) == {("Dr. Green", True)}
        assert await found(scenario, clinician_id=scenario.grey) == set()
        assert await found(scenario, clinician_id=scenario.grey, telehealth=True) == set()
        await world.open_week(scenario.grey, location_id=office.id)
        assert await found(scenario) == {("Dr. Green", True), ("Dr. Grey", False)}

    async def test_a_group_by_video_is_not_among_the_free_times(self, scenario: BookingScenario) -> None:
        world = scenario.world
        group = await world.add_appointment_type("Group", seats=8, self_bookable=True, clients_may_open=False)
        await world.add_booking(scenario.grey, group, TEN, scenario.bob.client_id)
        query = FindSlotsQuery(appointment_type_id=group.id, first_day=WEDNESDAY, last_day=WEDNESDAY)
        assert (await scenario.use_cases.find_slots(scenario.ann, query)).items == ()
        choice = world.choice(scenario.grey, group, TEN)
        with pytest.raises(NotBookable):
            await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
        give_room(scenario)
        assert len((await scenario.use_cases.find_slots(scenario.ann, query)).items) == 1

    async def test_video_is_neither_held_nor_booked(self, scenario: BookingScenario) -> None:
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, TEN)
        with pytest.raises(NotBookable):
            await scenario.use_cases.hold(scenario.ann, HoldSlotCommand(choice))
        with pytest.raises(NotBookable):
            await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
        give_room(scenario)
        await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))

    async def test_an_appointment_at_a_location_is_booked_and_does_not_move_to_video(
        self, scenario: BookingScenario
    ) -> None:
        office = await scenario.world.add_location()
        await scenario.world.open_week(scenario.grey, location_id=office.id)
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, TEN, office.id)
        booked = await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
        command = RescheduleAppointmentCommand(
            appointment_id=booked.id, clinician_id=scenario.grey, starts_at=new_york(4, 11)
        )
        with pytest.raises(NotBookable):
            await scenario.use_cases.reschedule(scenario.ann, command)

    async def test_waitlist_for_video_needs_a_room(self, scenario: BookingScenario) -> None:
        for more in ({}, {"clinician_id": scenario.grey}):
            with pytest.raises(NotBookable):
                await join_waitlist_as(scenario, scenario.ann, telehealth_only=True, **more)
        assert (await join_waitlist_as(scenario, scenario.bob)).any_location, "Dr. Grey may see him at a location"
        green = await scenario.world.add_clinician("Dr. Green", room_link="https://rooms.test/green")
        await scenario.world.join_care_team(scenario.ann.client_id, green)
        assert not (await join_waitlist_as(scenario, scenario.ann, telehealth_only=True)).any_location

    async def test_freed_video_visit_is_not_offered(self, scenario: BookingScenario) -> None:
        await join_waitlist_as(scenario, scenario.ann)
        scenario.world.store.needs_clinician_link = False
        freed = await free_slot(scenario)
        scenario.world.use_clinician_rooms()
        await scenario.use_cases.offer_freed_slot(scenario.world.system, freed)
        assert await current_offer(scenario, scenario.ann) is None

    async def test_offer_of_a_room_that_is_gone_is_not_accepted(self, scenario: BookingScenario) -> None:
        scenario.world.store.needs_clinician_link = False
        offer = await offer_slot_to_ann(scenario)
        scenario.world.use_clinician_rooms()
        with pytest.raises(NotBookable):
            await scenario.use_cases.accept_offer(scenario.ann, offer.id)

    async def test_options_show_that_there_is_no_video(self, scenario: BookingScenario) -> None:
        options = GetBookingOptions(scenario.world.begin, scenario.world.clock)
        view = await options(scenario.ann)
        assert [(one.name, one.room_missing) for one in view.clinicians] == [("Dr. Grey", True)]
        assert view.appointment_types == (), "all hours are for video"
        give_room(scenario)
        view = await options(scenario.ann)
        assert [(one.name, one.room_missing) for one in view.clinicians] == [("Dr. Grey", False)]
        assert len(view.appointment_types) == 1


class TestStaff:
    """They are not refused, and every answer says that the room is missing."""

    @pytest.mark.parametrize("has_room", [False, True])
    @pytest.mark.parametrize("online", [False, True])
    async def test_published_hours(self, scenario: BookingScenario, has_room: bool, online: bool) -> None:
        if has_room:
            give_room(scenario)
        office = await scenario.world.add_location()
        opening: Opening = evolve(NINE_TO_TWELVE, location_id=None if online else office.id)
        front, missing = scenario.world.front_desk, online and not has_room
        published = await scenario.use_cases.publish(
            front, PublishAvailabilityCommand(clinician_id=scenario.grey, openings=(opening,))
        )
        assert published.room_missing is missing
        assert (await scenario.use_cases.get_availability(front, scenario.grey)).room_missing is missing
        await scenario.use_cases.publish(front, PublishAvailabilityCommand(clinician_id=scenario.grey, openings=()))
        for available in (False, True):
            assert await self._with_exception(scenario, opening.location_id, available) is (missing and available)

    async def _with_exception(self, scenario: BookingScenario, location_id: UUID | None, available: bool) -> bool:
        command = AddAvailabilityExceptionCommand(
            clinician_id=scenario.grey,
            date=date(2026, 3, 7),
            available=available,
            start_time=time(9),
            end_time=time(12),
            location_id=location_id,
        )
        front = scenario.world.front_desk
        added = await scenario.use_cases.add_exception(front, command)
        week = await scenario.use_cases.get_availability(front, scenario.grey)
        assert added.room_missing is week.room_missing
        return added.room_missing

    async def test_booked_video_visit(self, scenario: BookingScenario) -> None:
        world, front = scenario.world, scenario.world.front_desk
        command = BookAppointmentForClientsCommand(
            choice=world.choice(scenario.grey, scenario.appointment_type, TEN), client_ids=(scenario.ann.client_id,)
        )
        booked = await scenario.use_cases.book_for(front, command)
        assert booked.room_missing
        query = GetScheduleQuery(first_day=WEDNESDAY, last_day=WEDNESDAY)
        assert [one.room_missing for one in (await scenario.use_cases.get_schedule(front, query)).appointments] == [
            True
        ]
        world.clock.at = TEN
        completed = await scenario.use_cases.complete(front, CompleteAppointmentCommand(appointment_id=booked.id))
        assert not completed.room_missing, "it was, wherever they met"
