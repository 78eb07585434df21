"""Video visits: who can join, when, and their check-ins."""

from datetime import datetime, timedelta
from typing import ClassVar

import pytest
from attrs import define, evolve, field

from adapters.local.rooms import ClinicianRooms
from portal_core.appointments.errors import JoinClosed, JoinNotOpen, NoRoom, NotBooked, NotTelehealth
from portal_core.appointments.model import Booking
from portal_core.appointments.ports import TelehealthRooms, VideoVisit
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.complete_appointment import CompleteAppointmentCommand
from portal_core.appointments.use_cases.join_video_visit import JoinVideoVisit, JoinVideoVisitCommand
from portal_core.appointments.use_cases.mark_no_show import MarkNoShowCommand
from portal_core.appointments.use_cases.reschedule_appointment_for_clients import RescheduleAppointmentForClientsCommand
from portal_core.appointments.use_cases.start_video_visit import StartVideoVisit
from portal_core.kernel.errors import Forbidden, Invalid, NotFound
from tests.support.appointments.memory_world import MemoryAppointmentsWorld
from tests.support.clock import FixedClock
from tests.support.contracts.appointments.video_rooms import TelehealthRoomsContract
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import BookingScenario

TEN = new_york(4, 10)
ROOM_OPENS_AT = new_york(4, 9, 45)


@define
class RecordingRooms(TelehealthRooms):
    """Records the participants, and that no unit of work was open."""

    needs_clinician_link: ClassVar = False

    world: MemoryAppointmentsWorld
    visits: list[VideoVisit] = field(factory=list)

    async def link(self, video_visit: VideoVisit, *, valid_for: timedelta) -> tuple[str, datetime]:
        assert not self.world.store.lock.locked(), "the vendor is called while a unit of work is open"
        self.visits.append(video_visit)
        return f"https://rooms.test/{video_visit.room}", min(self.world.clock.now() + valid_for, video_visit.ends_at)


@pytest.fixture
def rooms(scenario: BookingScenario) -> RecordingRooms:
    return RecordingRooms(scenario.world)


@pytest.fixture
async def booking(scenario: BookingScenario) -> Booking:
    """Ann's appointment with Dr. Grey, Wednesday at 10:00; now is when the room opens."""
    made = await scenario.world.add_booking(scenario.grey, scenario.appointment_type, TEN, scenario.ann.client_id)
    scenario.world.clock.at = ROOM_OPENS_AT
    return made


def join_video_visit(scenario: BookingScenario, rooms: TelehealthRooms) -> JoinVideoVisit:
    return JoinVideoVisit(scenario.world.begin, scenario.world.clock, scenario.world.ids, rooms)


def start_video_visit(scenario: BookingScenario, rooms: TelehealthRooms) -> StartVideoVisit:
    return StartVideoVisit(scenario.world.begin, scenario.world.clock, rooms)


def join_command(booking: Booking, **more: str) -> JoinVideoVisitCommand:
    fields = {"client_location": " 12 Elm Street, Springfield ", "callback": " +1 212 555 0100 ", **more}
    return JoinVideoVisitCommand(appointment_id=booking.appointment.id, **fields)


class TestRecordingRooms(TelehealthRoomsContract):
    """The contract of the fake that the other tests use."""

    @pytest.fixture
    def clock(self, scenario: BookingScenario) -> FixedClock:
        return scenario.world.clock


class TestJoinVideoVisit:
    async def test_join_returns_short_lived_link(
        self, scenario: BookingScenario, rooms: RecordingRooms, booking: Booking
    ) -> None:
        view = await join_video_visit(scenario, rooms)(scenario.ann, join_command(booking))
        assert view.url == f"https://rooms.test/{booking.appointment.room}"
        assert (view.expires_at, view.starts_at, view.ends_at) == (
            ROOM_OPENS_AT + timedelta(minutes=5),
            TEN,
            new_york(4, 11),
        )
        visit = rooms.visits[0]
        assert (visit.display_name, visit.moderator) == ("Ann Lee", False)
        assert (visit.opens_at, visit.ends_at) == (ROOM_OPENS_AT, new_york(4, 11))

    async def test_check_in_records_client_location(
        self, scenario: BookingScenario, rooms: RecordingRooms, booking: Booking
    ) -> None:
        people, key = scenario.world.store.table("clients"), (scenario.world.practice_id, scenario.ann.client_id)
        people[key] = evolve(people[key], pronouns="she/her")
        await join_video_visit(scenario, rooms)(scenario.ann, join_command(booking))
        scenario.world.clock.advance(timedelta(minutes=20))
        await join_video_visit(scenario, rooms)(scenario.ann, join_command(booking, client_location="In the car, I-95"))
        seen = (await scenario.use_cases.list_check_ins(scenario.world.front_desk, booking.appointment.id)).items
        assert {(one.client_id, one.client_name, one.client_pronouns) for one in seen} == {
            (scenario.ann.client_id, "Ann Lee", "she/her")
        }
        assert [(one.client_location, one.callback) for one in seen] == [
            ("In the car, I-95", "+12125550100"),
            ("12 Elm Street, Springfield", "+12125550100"),
        ]
        actions = [(one.action, one.record) for one in await scenario.world.audit() if one.record]
        assert actions[-1] == ("check_ins.read", scenario.ann.client_id)
        assert actions.count(("video_visit.joined", scenario.ann.client_id)) == 2
        facts = [one.facts for one in await scenario.world.audit()]
        assert "Elm" not in str(facts)

    @pytest.mark.parametrize(
        ("fields", "path"),
        [
            ({"client_location": "  "}, "client_location"),
            ({"client_location": "x" * 501}, "client_location"),
            ({"callback": "mine"}, "callback"),
            ({"callback": "555 010"}, "callback"),
            ({"callback": "555 0100"}, "callback"),
            ({"callback": "555 0100 #4"}, "callback"),
            ({"callback": "1" * 16}, "callback"),
            ({"callback": "1 " * 7 + "-" * 30}, "callback"),
            ({"client_location": "abc\u202ecba"}, "client_location"),
            ({"client_location": "abc\x07"}, "client_location"),
            ({"callback": "5550100000<script>"}, "callback"),
            ({"callback": "call 212 555 0100 or 212 555 0101"}, "callback"),
            ({"callback": "212 555 0100\x07"}, "callback"),
            ({"callback": "ext. 2125550100"}, "callback"),
        ],
    )
    def test_invalid_check_in_is_refused(self, booking: Booking, fields: dict[str, str], path: str) -> None:
        with pytest.raises(Invalid) as caught:
            join_command(booking, **fields)
        assert [one.path for one in caught.value.fields] == [path]

    @pytest.mark.parametrize(
        ("written", "normalized"),
        [
            ("+1 (212) 555-0100", "+12125550100"),
            ("(212) 555.0100", "+12125550100"),
            ("212/555-0100 ext. 12", "+12125550100 ext. 12"),
            ("212 555 0100, Ext 12", "+12125550100 ext. 12"),
            ("212-555-0100x12", "+12125550100 ext. 12"),
            ("212 555 0100 #4", "+12125550100 ext. 4"),
            ("0043 (0)1 58858-0", "+431588580"),
            ("\u202a212\u2011555\u20130100\u202c", "+12125550100"),
            ("+43\u00a01\u00a058858", "+43158858"),
            ("\uff0b\uff14\uff13\uff1158858", "+43158858"),
        ],
    )
    def test_phone_number_is_normalized(self, booking: Booking, written: str, normalized: str) -> None:
        assert join_command(booking, callback=written).callback == normalized

    def test_location_whitespace_is_normalized(self, booking: Booking) -> None:
        assert (
            join_command(booking, client_location="At home \n\n 12  Elm Street").client_location
            == "At home\n12 Elm Street"
        )

    async def test_client_can_join_during_the_join_window_only(
        self, scenario: BookingScenario, rooms: RecordingRooms, booking: Booking
    ) -> None:
        join, instant = join_video_visit(scenario, rooms), timedelta.resolution
        for at, refusal in ((ROOM_OPENS_AT - instant, JoinNotOpen), (new_york(4, 11), JoinClosed)):
            scenario.world.clock.at = at
            with pytest.raises(refusal):
                await join(scenario.ann, join_command(booking))
        assert not scenario.world.store.table("check_ins")
        scenario.world.clock.at = new_york(4, 11) - instant
        await join(scenario.ann, join_command(booking))

    async def test_other_clients_visit_is_not_found(
        self, scenario: BookingScenario, rooms: RecordingRooms, booking: Booking
    ) -> None:
        join = join_video_visit(scenario, rooms)
        for actor in (
            scenario.bob,
            scenario.world.front_desk,
            scenario.world.as_proxy(scenario.bob.client_id, may_write=True),
        ):
            with pytest.raises(NotFound):
                await join(actor, join_command(booking))
        with pytest.raises(Forbidden):
            await join(scenario.world.as_proxy(scenario.ann.client_id, may_write=False), join_command(booking))
        await join(scenario.world.as_proxy(scenario.ann.client_id, may_write=True), join_command(booking))
        assert len(rooms.visits) == 1

    async def test_only_active_telehealth_appointments_can_be_joined(
        self, scenario: BookingScenario, rooms: RecordingRooms, booking: Booking
    ) -> None:
        join, location = join_video_visit(scenario, rooms), await scenario.world.add_location()
        appointment_type, green = (
            await scenario.world.add_appointment_type(seats=2),
            await scenario.world.add_clinician(),
        )
        there = await scenario.world.add_booking(
            green, appointment_type, TEN, scenario.ann.client_id, location_id=location.id
        )
        with pytest.raises(NotTelehealth):
            await join(scenario.ann, join_command(there))
        both = await scenario.world.add_booking(
            green, appointment_type, new_york(5, 10), scenario.ann.client_id, scenario.bob.client_id
        )
        scenario.world.clock.at = new_york(4, 9)
        await scenario.use_cases.cancel(scenario.ann, CancelAppointmentCommand(appointment_id=both.appointment.id))
        scenario.world.clock.at = new_york(5, 10)
        with pytest.raises(NotBooked):
            await join(scenario.ann, join_command(both))
        await join(scenario.bob, join_command(both))

    async def test_completed_appointment_cannot_be_joined(
        self, scenario: BookingScenario, rooms: RecordingRooms, booking: Booking
    ) -> None:
        scenario.world.clock.at = TEN
        closed = CompleteAppointmentCommand(appointment_id=booking.appointment.id)
        await scenario.use_cases.complete(scenario.world.front_desk, closed)
        with pytest.raises(NotBooked):
            await join_video_visit(scenario, rooms)(scenario.ann, join_command(booking))
        with pytest.raises(NotBooked):
            clinician = scenario.world.as_staff("clinician", clinician_id=scenario.grey)
            await start_video_visit(scenario, rooms)(clinician, booking.appointment.id)

    async def test_appointment_that_was_moved_online_has_a_room(
        self, scenario: BookingScenario, rooms: RecordingRooms
    ) -> None:
        office = await scenario.world.add_location()
        await scenario.world.open_week(scenario.grey, location_id=office.id)
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, TEN, office.id)
        booked = await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
        online = scenario.world.choice(scenario.grey, scenario.appointment_type, TEN)
        command = RescheduleAppointmentForClientsCommand(appointment_id=booked.id, choice=online, outside_hours=True)
        await scenario.use_cases.reschedule_for(scenario.world.front_desk, command)
        scenario.world.clock.at = ROOM_OPENS_AT
        join = JoinVideoVisitCommand(appointment_id=booked.id, client_location="Home", callback="+1 212 555 0100")
        await join_video_visit(scenario, rooms)(scenario.ann, join)
        assert [one.room for one in rooms.visits] == ["token-1"]

    async def test_check_in_is_kept_when_room_fails(self, scenario: BookingScenario, booking: Booking) -> None:
        with pytest.raises(NoRoom):
            await join_video_visit(scenario, ClinicianRooms())(scenario.ann, join_command(booking))
        assert len(scenario.world.store.table("check_ins")) == 1

    async def test_clinician_room_url(self, scenario: BookingScenario, booking: Booking) -> None:
        clinicians = scenario.world.store.table("clinicians")
        key = (scenario.world.practice_id, scenario.grey)
        clinicians[key] = evolve(clinicians[key], room_link="https://rooms.test/grey")
        view = await join_video_visit(scenario, ClinicianRooms())(scenario.ann, join_command(booking))
        assert (view.url, view.expires_at) == ("https://rooms.test/grey", new_york(4, 11))


class TestStartVideoVisit:
    async def test_clinician_moderates_same_room(
        self, scenario: BookingScenario, rooms: RecordingRooms, booking: Booking
    ) -> None:
        clinician = scenario.world.as_staff("clinician", clinician_id=scenario.grey)
        view = await start_video_visit(scenario, rooms)(clinician, booking.appointment.id)
        assert view.url == f"https://rooms.test/{booking.appointment.room}"
        assert (rooms.visits[0].display_name, rooms.visits[0].moderator) == ("Dr. Grey", True)

    async def test_only_own_clinician_starts_visit(
        self, scenario: BookingScenario, rooms: RecordingRooms, booking: Booking
    ) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        for actor in (
            scenario.ann,
            scenario.world.as_staff("clinician"),
            scenario.world.as_staff("clinician", clinician_id=green),
        ):
            with pytest.raises(NotFound):
                await start_video_visit(scenario, rooms)(actor, booking.appointment.id)
        with pytest.raises(Forbidden):
            await start_video_visit(scenario, rooms)(scenario.world.front_desk, booking.appointment.id)
        clinician = scenario.world.as_staff("clinician", clinician_id=scenario.grey)
        with pytest.raises(NotFound):
            await start_video_visit(scenario, rooms)(clinician, scenario.world.ids.new())

    async def test_colleagues_check_ins_are_not_found(self, scenario: BookingScenario, booking: Booking) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        colleague = scenario.world.as_staff("clinician", clinician_id=green)
        for actor in (scenario.ann, colleague):
            with pytest.raises(NotFound):
                await scenario.use_cases.list_check_ins(actor, booking.appointment.id)
        with pytest.raises(NotFound):
            await scenario.use_cases.list_check_ins(scenario.world.front_desk, scenario.world.ids.new())
        own = scenario.world.as_staff("clinician", clinician_id=scenario.grey)
        assert (await scenario.use_cases.list_check_ins(own, booking.appointment.id)).items == ()

    async def test_no_show_client_cannot_join(
        self, scenario: BookingScenario, rooms: RecordingRooms, booking: Booking
    ) -> None:
        scenario.world.clock.at = TEN
        missed = MarkNoShowCommand(appointment_id=booking.appointment.id, client_id=scenario.ann.client_id)
        await scenario.use_cases.no_show(scenario.world.front_desk, missed)
        with pytest.raises(NotBooked):
            await join_video_visit(scenario, rooms)(scenario.ann, join_command(booking))
