"""Telehealth sessions: who gets in, when, and where they are."""

from datetime import datetime, timedelta

import pytest
from attrs import define, evolve, field

from adapters.local.rooms import ClinicianRooms
from portal_core.appointments.errors import JoinNotOpen, JoinOver, NoRoom, NotBooked, NotTelehealth
from portal_core.appointments.model import Booking
from portal_core.appointments.ports import TelehealthRooms, Visit
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.complete_appointment import CompleteAppointmentCommand
from portal_core.appointments.use_cases.host_session import HostSession
from portal_core.appointments.use_cases.join_session import JoinSession, JoinSessionCommand
from portal_core.appointments.use_cases.mark_no_show import MarkNoShowCommand
from portal_core.kernel.errors import Forbidden, Invalid, NotFound
from tests.support.appointments.use_cases import MemoryAppointmentsWorld
from tests.support.clock import FixedClock
from tests.support.contracts.appointments.video_rooms import TelehealthRoomsContract
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import Scene

TEN = new_york(4, 10)
OPENS = new_york(4, 9, 45)


@define
class WatchedRooms(TelehealthRooms):
    """Remembers who came, and that no unit of work was open meanwhile."""

    world: MemoryAppointmentsWorld
    visits: list[Visit] = field(factory=list)

    async def link(self, visit: Visit, *, lasts: timedelta) -> tuple[str, datetime]:
        assert not self.world.store.lock.locked(), "a vendor is called while a unit is open"
        self.visits.append(visit)
        return f"https://rooms.test/{visit.room}", min(self.world.clock.now() + lasts, visit.ends_at)


@pytest.fixture
def rooms(scene: Scene) -> WatchedRooms:
    return WatchedRooms(scene.world)


@pytest.fixture
async def booking(scene: Scene) -> Booking:
    """Ann's with Dr. Grey, Wednesday at ten; it is the moment when the room opens."""
    made = await scene.world.add_booking(scene.grey, scene.kind, TEN, scene.ann.client_id)
    scene.world.clock.at = OPENS
    return made


def joining(scene: Scene, rooms: TelehealthRooms) -> JoinSession:
    return JoinSession(scene.world.begin, scene.world.clock, scene.world.ids, rooms)


def hosting(scene: Scene, rooms: TelehealthRooms) -> HostSession:
    return HostSession(scene.world.begin, scene.world.clock, rooms)


def here(booking: Booking, **more: str) -> JoinSessionCommand:
    said = {"location": " 12 Elm Street, Springfield ", "callback": " +1 212 555 0100 ", **more}
    return JoinSessionCommand(appointment_id=booking.appointment.id, **said)


class TestWatchedRooms(TelehealthRoomsContract):
    """What the others here are tested with."""

    @pytest.fixture
    def clock(self, scene: Scene) -> FixedClock:
        return scene.world.clock


class TestJoining:
    async def test_a_short_lived_link_into_ones_room(self, scene: Scene, rooms: WatchedRooms, booking: Booking) -> None:
        view = await joining(scene, rooms)(scene.ann, here(booking))
        assert view.url == f"https://rooms.test/{booking.appointment.room}"
        assert (view.expires_at, view.starts_at, view.ends_at) == (OPENS + timedelta(minutes=5), TEN, new_york(4, 11))
        visit = rooms.visits[0]
        assert (visit.display_name, visit.moderator) == ("Ann Lee", False)
        assert (visit.opens_at, visit.ends_at) == (OPENS, new_york(4, 11))

    async def test_the_practice_knows_where_to_send_help(
        self, scene: Scene, rooms: WatchedRooms, booking: Booking
    ) -> None:
        people, key = scene.world.store.table("clients"), (scene.world.practice_id, scene.ann.client_id)
        people[key] = evolve(people[key], pronouns="she/her")
        await joining(scene, rooms)(scene.ann, here(booking))
        scene.world.clock.advance(timedelta(minutes=20))
        await joining(scene, rooms)(scene.ann, here(booking, location="In the car, I-95"))
        seen = await scene.desk.list_check_ins(scene.world.desk, booking.appointment.id)
        assert {(one.client_id, one.client_name, one.client_pronouns) for one in seen} == {
            (scene.ann.client_id, "Ann Lee", "she/her")
        }
        assert [(one.location, one.callback) for one in seen] == [
            ("In the car, I-95", "+1 212 555 0100"),
            ("12 Elm Street, Springfield", "+1 212 555 0100"),
        ]
        actions = [(one.action, one.record) for one in await scene.world.audit() if one.record]
        assert actions[-1] == ("check_ins.read", scene.ann.client_id)
        assert actions.count(("appointment.joined", scene.ann.client_id)) == 2
        facts = [one.facts for one in await scene.world.audit()]
        assert "Elm" not in str(facts)

    @pytest.mark.parametrize(
        ("said", "path"),
        [
            ({"location": "  "}, "location"),
            ({"location": "x" * 501}, "location"),
            ({"callback": "mine"}, "callback"),
            ({"callback": "555 010"}, "callback"),
            ({"callback": "1" * 16}, "callback"),
            ({"callback": "1 " * 7 + "-" * 30}, "callback"),
            ({"location": "abc\u202ecba"}, "location"),
            ({"location": "abc\x07"}, "location"),
            ({"callback": "5550100000<script>"}, "callback"),
            ({"callback": "call 212 555 0100 or 212 555 0101"}, "callback"),
            ({"callback": "212 555 0100\x07"}, "callback"),
            ({"callback": "ext. 2125550100"}, "callback"),
        ],
    )
    def test_nothing_said_is_not_enough(self, booking: Booking, said: dict[str, str], path: str) -> None:
        with pytest.raises(Invalid) as caught:
            here(booking, **said)
        assert [one.path for one in caught.value.fields] == [path]

    @pytest.mark.parametrize(
        ("written", "kept"),
        [
            ("+1 (212) 555-0100", "+1 (212) 555-0100"),
            ("(212) 555.0100", "(212) 555.0100"),
            ("212/555-0100 ext. 12", "212/555-0100 ext. 12"),
            ("212 555 0100, Ext 12", "212 555 0100, Ext 12"),
            ("212-555-0100x12", "212-555-0100x12"),
            ("555 0100 #4", "555 0100 #4"),
            ("0043 (0)1 58858-0", "0043 (0)1 58858-0"),
            ("\u202a212\u2011555\u20130100\u202c", "212-555-0100"),
            ("+43\u00a01\u00a058858", "+43 1 58858"),
            ("\uff0b\uff14\uff13\uff1158858", "+43158858"),
        ],
    )
    def test_a_number_as_people_write_it(self, booking: Booking, written: str, kept: str) -> None:
        assert here(booking, callback=written).callback == kept

    def test_a_place_of_several_lines(self, booking: Booking) -> None:
        assert here(booking, location="At home \n\n 12  Elm Street").location == "At home\n12 Elm Street"

    async def test_from_a_quarter_of_an_hour_before_to_the_end(
        self, scene: Scene, rooms: WatchedRooms, booking: Booking
    ) -> None:
        join, instant = joining(scene, rooms), timedelta.resolution
        for at, refusal in ((OPENS - instant, JoinNotOpen), (new_york(4, 11), JoinOver)):
            scene.world.clock.at = at
            with pytest.raises(refusal):
                await join(scene.ann, here(booking))
        assert not scene.world.store.table("check_ins")
        scene.world.clock.at = new_york(4, 11) - instant
        await join(scene.ann, here(booking))

    async def test_another_clients_session_does_not_exist(
        self, scene: Scene, rooms: WatchedRooms, booking: Booking
    ) -> None:
        join = joining(scene, rooms)
        for actor in (scene.bob, scene.world.desk, scene.world.as_proxy(scene.bob.client_id, may_write=True)):
            with pytest.raises(NotFound):
                await join(actor, here(booking))
        with pytest.raises(Forbidden):
            await join(scene.world.as_proxy(scene.ann.client_id, may_write=False), here(booking))
        await join(scene.world.as_proxy(scene.ann.client_id, may_write=True), here(booking))
        assert len(rooms.visits) == 1

    async def test_only_what_stands_and_is_online(self, scene: Scene, rooms: WatchedRooms, booking: Booking) -> None:
        join, place = joining(scene, rooms), await scene.world.add_place()
        kind, green = await scene.world.add_kind(seats=2), await scene.world.add_clinician()
        there = await scene.world.add_booking(green, kind, TEN, scene.ann.client_id, place_id=place.id)
        with pytest.raises(NotTelehealth):
            await join(scene.ann, here(there))
        both = await scene.world.add_booking(green, kind, new_york(5, 10), scene.ann.client_id, scene.bob.client_id)
        scene.world.clock.at = new_york(4, 9)
        await scene.desk.cancel(scene.ann, CancelAppointmentCommand(appointment_id=both.appointment.id))
        scene.world.clock.at = new_york(5, 10)
        with pytest.raises(NotBooked):
            await join(scene.ann, here(both))
        await join(scene.bob, here(both))

    async def test_not_after_it_was_closed(self, scene: Scene, rooms: WatchedRooms, booking: Booking) -> None:
        scene.world.clock.at = TEN
        closed = CompleteAppointmentCommand(appointment_id=booking.appointment.id)
        await scene.desk.complete(scene.world.desk, closed)
        with pytest.raises(NotBooked):
            await joining(scene, rooms)(scene.ann, here(booking))
        with pytest.raises(NotBooked):
            clinician = scene.world.as_staff("clinician", clinician_id=scene.grey)
            await hosting(scene, rooms)(clinician, booking.appointment.id)

    async def test_where_one_is_stays_known_when_there_is_no_room(self, scene: Scene, booking: Booking) -> None:
        with pytest.raises(NoRoom):
            await joining(scene, ClinicianRooms())(scene.ann, here(booking))
        assert len(scene.world.store.table("check_ins")) == 1

    async def test_the_clinicians_own_room(self, scene: Scene, booking: Booking) -> None:
        clinicians = scene.world.store.table("clinicians")
        key = (scene.world.practice_id, scene.grey)
        clinicians[key] = evolve(clinicians[key], room_link="https://rooms.test/grey")
        view = await joining(scene, ClinicianRooms())(scene.ann, here(booking))
        assert (view.url, view.expires_at) == ("https://rooms.test/grey", new_york(4, 11))


class TestHosting:
    async def test_the_clinician_moderates_the_same_room(
        self, scene: Scene, rooms: WatchedRooms, booking: Booking
    ) -> None:
        clinician = scene.world.as_staff("clinician", clinician_id=scene.grey)
        view = await hosting(scene, rooms)(clinician, booking.appointment.id)
        assert view.url == f"https://rooms.test/{booking.appointment.room}"
        assert (rooms.visits[0].display_name, rooms.visits[0].moderator) == ("Dr. Grey", True)

    async def test_nobody_else_does(self, scene: Scene, rooms: WatchedRooms, booking: Booking) -> None:
        green = await scene.world.add_clinician("Dr. Green")
        for actor in (
            scene.ann,
            scene.world.as_staff("clinician"),
            scene.world.as_staff("clinician", clinician_id=green),
        ):
            with pytest.raises(NotFound):
                await hosting(scene, rooms)(actor, booking.appointment.id)
        with pytest.raises(Forbidden):
            await hosting(scene, rooms)(scene.world.desk, booking.appointment.id)
        clinician = scene.world.as_staff("clinician", clinician_id=scene.grey)
        with pytest.raises(NotFound):
            await hosting(scene, rooms)(clinician, scene.world.ids.new())

    async def test_check_ins_of_a_colleagues_session_do_not_exist(self, scene: Scene, booking: Booking) -> None:
        green = await scene.world.add_clinician("Dr. Green")
        colleague = scene.world.as_staff("clinician", clinician_id=green)
        for actor in (scene.ann, colleague):
            with pytest.raises(NotFound):
                await scene.desk.list_check_ins(actor, booking.appointment.id)
        with pytest.raises(NotFound):
            await scene.desk.list_check_ins(scene.world.desk, scene.world.ids.new())
        own = scene.world.as_staff("clinician", clinician_id=scene.grey)
        assert await scene.desk.list_check_ins(own, booking.appointment.id) == ()

    async def test_a_no_show_does_not_come_in_after_all(
        self, scene: Scene, rooms: WatchedRooms, booking: Booking
    ) -> None:
        scene.world.clock.at = TEN
        missed = MarkNoShowCommand(appointment_id=booking.appointment.id, client_id=scene.ann.client_id)
        await scene.desk.no_show(scene.world.desk, missed)
        with pytest.raises(NotBooked):
            await joining(scene, rooms)(scene.ann, here(booking))
