"""Contract of what a client reads of an appointment that they left while it goes on for the others."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

import pytest
from attrs import define

from portal_core.appointments.calendar_feed import FeedToken
from portal_core.appointments.settings import AppointmentType, Location
from portal_core.appointments.use_cases.add_client_to_appointment import AddClientToAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.cancel_attendance import CancelAttendanceCommand
from portal_core.appointments.use_cases.complete_appointment import CompleteAppointmentCommand
from portal_core.appointments.use_cases.correct_appointment import CorrectAppointmentCommand
from portal_core.appointments.use_cases.define_location import DefineLocation, DefineLocationCommand
from portal_core.appointments.use_cases.list_client_appointments import ListClientAppointmentsQuery
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointmentsQuery
from portal_core.appointments.use_cases.mark_no_show import MarkNoShowCommand
from portal_core.appointments.use_cases.read_calendar_feed import ReadCalendarFeedQuery
from portal_core.appointments.use_cases.reassign_appointments import ReassignAppointments, ReassignAppointmentsCommand
from portal_core.appointments.use_cases.reschedule_appointment import RescheduleAppointmentCommand
from portal_core.appointments.use_cases.reschedule_appointment_for_clients import RescheduleAppointmentForClientsCommand
from portal_core.appointments.views import AppointmentFilter, AppointmentView
from portal_core.kernel.actor import ClientActor, VisitorActor
from portal_core.kernel.errors import Conflict
from portal_core.kernel.page import PageRequest
from portal_core.notifications.ports import NotificationsUnit
from tests.support.appointments.use_cases import AppointmentUseCases
from tests.support.contracts.appointments.world import AUDIT_ENTRY, AppointmentsWorld, new_york


@define
class CoupleSession:
    """Bob shares an appointment with Ann, and has one of his own before and after it."""

    world: AppointmentsWorld
    use_cases: AppointmentUseCases
    couple: AppointmentType
    office: Location
    ann: UUID
    bob: ClientActor
    eve: UUID
    grey: UUID
    green: UUID
    id: UUID

    @classmethod
    async def book(cls, world: AppointmentsWorld) -> "CoupleSession":
        grey, green = await world.add_clinician("Dr. Grey"), await world.add_clinician("Dr. Green")
        ann, bob, eve = [await world.add_client(given=name) for name in ("Ann", "Bob", "Eve")]
        couple, office = await world.add_appointment_type("Couple", minutes=60, seats=3), await world.add_location()
        booked = [
            await world.add_booking(grey, couple, new_york(day, 10), *clients, location_id=office.id)
            for day, clients in ((9, (bob,)), (10, (ann, bob)), (11, (bob,)))
        ]
        use_cases, actor = AppointmentUseCases(world), world.as_client(bob)
        feed = FeedToken(
            id=world.ids.new(),
            practice_id=world.practice_id,
            client_id=bob,
            account_id=actor.account_id,
            token_hash=sha256(str(shared := booked[1].appointment.id).encode()).digest(),
            created_at=world.clock.now(),
        )
        async with world.begin(actor) as unit:
            await unit.feeds.replace(feed, AUDIT_ENTRY)
            await unit.commit(None)
        return cls(world, use_cases, couple, office, ann, actor, eve, grey, green, shared)

    async def read(self) -> dict[str, Any]:
        """All that Bob can read of it; in the file, the time at which it was made is left out."""
        use_cases, bob = self.use_cases, self.bob
        found: dict[str, Any] = {
            category: await use_cases.list_mine(
                bob, ListMyAppointmentsQuery(AppointmentFilter(category), PageRequest(size=20))
            )
            for category in ("upcoming", "past", "cancelled", "all")
        }
        file = await use_cases.export(bob, self.id)
        async with self.world.begin(self.world.system) as unit:
            times = cast("NotificationsUnit", unit).appointment_times
            notice = [await times.starts_at(bob.client_id, self.id, state) for state in ("booked", "cancelled")]
        day = AppointmentFilter("all", since=new_york(10, 0), until=new_york(11, 0))
        return found | {
            "of the day": await use_cases.list_mine(bob, ListMyAppointmentsQuery(day, PageRequest(size=20))),
            "notice": notice,
            "one": await self.view(),
            "file": [line for line in file.content.splitlines() if not line.startswith("DTSTAMP")],
            "feed": await use_cases.read_calendar_feed(
                VisitorActor(self.world.practice_id), ReadCalendarFeedQuery(str(self.id))
            ),
        }

    async def view(self, client_id: UUID | None = None) -> AppointmentView:
        actor = self.bob if client_id is None else self.world.as_client(client_id)
        return await self.use_cases.get_appointment(actor, self.id)

    async def refusals(self) -> list[str]:
        """Why Bob can no longer change it."""
        commands: list[Callable[[], Awaitable[object]]] = [
            lambda: self.use_cases.cancel(self.bob, CancelAppointmentCommand(appointment_id=self.id)),
            lambda: self.use_cases.reschedule(
                self.bob,
                RescheduleAppointmentCommand(
                    appointment_id=self.id, clinician_id=self.grey, location_id=None, starts_at=new_york(12, 9)
                ),
            ),
        ]
        found = list[str]()
        for command in commands:
            with pytest.raises(Conflict) as refused:
                await command()
            found.append(refused.value.code)
        return found

    async def leave(self, by: str) -> None:
        if by == "client":
            await self.use_cases.cancel(self.bob, CancelAppointmentCommand(appointment_id=self.id))
        else:
            command = CancelAttendanceCommand(appointment_id=self.id, client_id=self.bob.client_id)
            await self.use_cases.cancel_attendance(self.world.front_desk, command)

    async def join(self, client_id: UUID) -> None:
        command = AddClientToAppointmentCommand(appointment_id=self.id, client_id=client_id)
        await self.use_cases.add_client(self.world.front_desk, command)

    async def move(self, day: int, hour: int, *, video: bool = False) -> None:
        location_id = None if video else self.office.id
        choice = self.world.choice(self.green, self.couple, new_york(day, hour), location_id)
        command = RescheduleAppointmentForClientsCommand(appointment_id=self.id, choice=choice, outside_hours=True)
        await self.use_cases.reschedule_for(self.world.front_desk, command)

    async def reassign(self) -> None:
        command = ReassignAppointmentsCommand(
            from_clinician_id=self.green, to_clinician_id=self.grey, outside_hours=True
        )
        await ReassignAppointments(self.world.begin, self.world.clock)(self.world.front_desk, command)

    async def change_zone(self) -> None:
        command = DefineLocationCommand(
            location_id=self.office.id, name=self.office.name, time_zone="America/Chicago", address=self.office.address
        )
        change = DefineLocation(self.world.begin, self.world.clock, self.world.ids)
        await change(self.world.as_staff("administrator"), command)


class LeavingContract:
    """A client who left reads what it was then; the practice reads what it is."""

    @pytest.mark.parametrize("by", ["client", "practice"])
    async def test_client_who_left_reads_nothing_of_what_becomes_of_it(self, world: AppointmentsWorld, by: str) -> None:
        session = await CoupleSession.book(world)
        await session.leave(by)
        before, others = await session.read(), await session.view(session.ann)

        async def unchanged(change: str) -> None:
            nonlocal others
            now = await session.read()
            for what, value in before.items():
                assert now[what] == value, (change, what)
            assert await session.refusals() == ["appointment_not_booked"] * 2
            seen = await session.view(session.ann)
            assert seen != others or change == "add", f"Ann sees the change: {change}"
            others = seen

        world.clock.advance(timedelta(minutes=1))
        await session.join(session.eve)
        await unchanged("add")
        await session.move(8, 15, video=True)
        await unchanged("move before the others, to video")
        await session.move(12, 16)
        await unchanged("move behind the others, to the office")
        await session.reassign()
        await unchanged("reassign")
        world.clock.at = new_york(12, 16)
        before = await session.read()
        missed = MarkNoShowCommand(appointment_id=session.id, client_id=session.ann)
        await session.use_cases.no_show(world.front_desk, missed)
        await unchanged("no-show")
        correct = CorrectAppointmentCommand(
            appointment_id=session.id, client_id=session.ann, status="attending", fee="keep", reason="She was here"
        )
        await session.use_cases.correct(world.front_desk, correct)
        await unchanged("correction")
        await session.use_cases.complete(world.front_desk, CompleteAppointmentCommand(appointment_id=session.id))
        await unchanged("complete")

    async def test_client_who_left_never_reads_the_internal_note(self, world: AppointmentsWorld) -> None:
        session = await CoupleSession.book(world)
        out = CancelAttendanceCommand(
            appointment_id=session.id, client_id=session.bob.client_id, reason="We moved.", internal_note="xyzzy"
        )
        seen = await session.use_cases.cancel_attendance(world.front_desk, out)
        noted = {one.client_id: (one.reason, one.internal_note) for one in seen.attendances}
        assert noted == {session.ann: (None, None), session.bob.client_id: ("We moved.", "xyzzy")}
        found = await session.read()
        assert found["one"].cancel_reason == "We moved."
        assert "xyzzy" not in str(found)
        assert "xyzzy" not in str(await world.notices())
        bills = await session.use_cases.get_practice_appointment(world.as_staff("biller"), session.id)
        assert {(one.reason, one.internal_note) for one in bills.attendances} == {(None, None)}
        await session.join(session.bob.client_id)
        back = await session.use_cases.get_practice_appointment(world.front_desk, session.id)
        assert {one.internal_note for one in back.attendances} == {None}

    async def test_client_who_left_keeps_the_time_zone_of_then(self, world: AppointmentsWorld) -> None:
        session = await CoupleSession.book(world)
        await session.leave("practice")
        before = await session.view()
        await session.change_zone()
        after, others = await session.view(), await session.view(session.ann)
        assert (after, others.time_zone) == (before, "America/Chicago")
        assert others.starts_at != after.starts_at

    async def test_client_who_comes_back_reads_what_it_is_now(self, world: AppointmentsWorld) -> None:
        session = await CoupleSession.book(world)
        await session.leave("client")
        left = await session.view()
        await session.move(12, 16, video=True)
        await session.join(session.bob.client_id)
        back, others = await session.view(), await session.view(session.ann)
        assert (back.starts_at, back.clinician_id, back.location_id, back.status) == (
            others.starts_at,
            session.green,
            None,
            "booked",
        )
        assert back.version > left.version
        async with world.begin(world.front_desk) as unit:
            whole = await unit.appointments.get_for_practice(session.id)
        assert whole is not None
        assert [one.left for one in whole.attendances] == [None, None]

    async def test_what_it_was_is_stored_with_the_part(self, world: AppointmentsWorld) -> None:
        session = await CoupleSession.book(world)
        async with world.begin(world.front_desk) as unit:
            booked = await unit.appointments.get_for_practice(session.id)
        await session.leave("client")
        await session.move(12, 16)
        async with world.begin(world.front_desk) as unit:
            moved = await unit.appointments.get_for_practice(session.id)
        assert booked is not None
        assert moved is not None
        bob = session.bob.client_id
        assert moved.attendance_of(bob).left == moved.occasion_for(bob) == booked.appointment.occasion
        assert moved.occasion_for(session.ann) == moved.appointment.occasion != booked.appointment.occasion

    async def test_practice_reads_what_it_is_at_its_place_in_the_clients_own_list(
        self, world: AppointmentsWorld
    ) -> None:
        session = await CoupleSession.book(world)
        await session.leave("practice")
        await session.move(12, 16)
        ids, after = list[UUID](), None
        for _ in range(3):
            query = ListClientAppointmentsQuery(
                client_id=session.bob.client_id, filters=AppointmentFilter("all"), page=PageRequest(after, 1)
            )
            page = await session.use_cases.list_client_appointments(world.front_desk, query)
            ids += [one.id for one in page.items]
            if page.items[0].id == session.id:
                assert (page.items[0].starts_at, page.items[0].clinician_id) == (new_york(12, 16), session.green)
            after = page.next
        assert after is None
        own = await session.use_cases.list_mine(
            session.bob, ListMyAppointmentsQuery(AppointmentFilter("all"), PageRequest(size=20))
        )
        assert ids == [one.id for one in own.items]
        assert ids[1] == session.id
