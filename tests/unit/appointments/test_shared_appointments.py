"""Shared appointments: staff add and take out clients, and clients join open groups online."""

from datetime import date, timedelta

import pytest
from attrs import evolve

from portal_core.appointments.appointment_request import PreferredTime
from portal_core.appointments.errors import (
    AlreadyAttending,
    AlreadyStarted,
    ClientDischarged,
    NoSeatLeft,
    NotBookable,
    NotBooked,
    OverlappingAppointment,
    TooFar,
    TooSoon,
)
from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.appointments.settings import AppointmentSettings, AppointmentType
from portal_core.appointments.use_cases.add_client_to_appointment import AddClientToAppointmentCommand
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.book_appointment_for_clients import BookAppointmentForClientsCommand
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.cancel_attendance import CancelAttendanceCommand
from portal_core.appointments.use_cases.confirm_appointment_request import ConfirmAppointmentRequestCommand
from portal_core.appointments.use_cases.find_slots import FindSlotsQuery
from portal_core.appointments.use_cases.hold_slot import HoldSlotCommand
from portal_core.appointments.use_cases.join_waitlist import JoinWaitlistCommand
from portal_core.appointments.use_cases.request_appointment import RequestAppointmentCommand
from portal_core.appointments.views import AppointmentView
from portal_core.kernel.actor import ClientActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion
from portal_core.kernel.money import Money
from tests.support.contracts.appointments.world import AUDIT_ENTRY, new_york
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.practice_setup import WEDNESDAY, booked, grey

FEE = Money(80_00)
AT = new_york(4, 10)


async def add_eve(scenario: BookingScenario) -> ClientActor:
    eve = await scenario.world.add_client(given="Eve")
    await scenario.world.join_care_team(eve, scenario.grey)
    return scenario.world.as_client(eve)


async def add_group(scenario: BookingScenario, *clients: ClientActor, **more: object) -> AppointmentType:
    """A type of three seats that clients may book online, and an appointment of these clients on Wednesday at ten."""
    values = {"minutes": 60, "seats": 3, "self_bookable": True, **more}
    group = await scenario.world.add_appointment_type("Group", **values)  # type: ignore[arg-type]
    if clients:
        command = BookAppointmentForClientsCommand(
            choice=scenario.world.choice(scenario.grey, group, AT),
            client_ids=tuple(one.client_id for one in clients),
            outside_hours=True,
        )
        await scenario.use_cases.book_for(scenario.world.front_desk, command)
    return group


def addition(view: PracticeAppointmentView, client: ClientActor, **more: object) -> AddClientToAppointmentCommand:
    values = {"appointment_id": view.id, "client_id": client.client_id, **more}
    return AddClientToAppointmentCommand(**values)  # type: ignore[arg-type]


def removal(view: PracticeAppointmentView, client: ClientActor, **more: object) -> CancelAttendanceCommand:
    values = {"appointment_id": view.id, "client_id": client.client_id, **more}
    return CancelAttendanceCommand(**values)  # type: ignore[arg-type]


class TestStaffAddClients:
    async def test_added_client_is_notified_and_the_other_sees_no_change(self, scenario: BookingScenario) -> None:
        view = await booked(scenario, "ann", "bob")
        await scenario.use_cases.cancel(scenario.ann, CancelAppointmentCommand(appointment_id=view.id))
        eve = await add_eve(scenario)
        seen = await scenario.use_cases.get_appointment(scenario.bob, view.id)
        notices = len(await scenario.world.notices())
        added = await scenario.use_cases.add_client(
            scenario.world.front_desk, addition(view, eve, version=view.version + 1)
        )
        assert {one.client_name: one.status for one in added.attendances} == {
            "Ann Lee": "cancelled",
            "Bob Lee": "attending",
            "Eve Lee": "attending",
        }
        assert added.version == view.version + 2
        assert (await scenario.use_cases.get_appointment(eve, view.id)).status == "booked"
        assert await scenario.use_cases.get_appointment(scenario.bob, view.id) == seen
        told = [(one.kind, one.to_client or one.to_account) for one in (await scenario.world.notices())[notices:]]
        assert told == [("appointment_booked", eve.client_id), ("appointment_booked", scenario.grey_account_id)]
        written = [one for one in await scenario.world.audit() if one.record == eve.client_id]
        assert (written[0].action, written[0].target) == ("appointment.booked", view.id)

    async def test_client_who_had_cancelled_late_comes_back_and_still_owes_the_fee(
        self, scenario: BookingScenario
    ) -> None:
        await scenario.world.save_appointment_settings(AppointmentSettings(late_cancel="fee", late_cancel_fee=FEE))
        view = await booked(scenario, "ann", "bob")
        scenario.world.clock.at = AT - timedelta(hours=1)
        left = await scenario.use_cases.cancel(
            scenario.ann, CancelAppointmentCommand(appointment_id=view.id, reason="Ill")
        )
        await scenario.use_cases.add_client(grey(scenario), addition(view, scenario.ann))
        back = await scenario.use_cases.get_appointment(scenario.ann, view.id)
        assert (back.status, back.cancelled_at, back.cancelled_late, back.cancel_reason) == (
            "booked",
            None,
            False,
            None,
        )
        assert (back.fee_due, back.version) == (FEE, left.version + 1)

    async def test_no_more_clients_than_seats(self, scenario: BookingScenario) -> None:
        view, eve = await booked(scenario, "ann", "bob"), await add_eve(scenario)
        with pytest.raises(NoSeatLeft):
            await scenario.use_cases.add_client(scenario.world.front_desk, addition(view, eve))
        alone = await booked(scenario, hour=14)
        with pytest.raises(NoSeatLeft):
            await scenario.use_cases.add_client(scenario.world.front_desk, addition(alone, eve))

    async def test_appointment_of_one_is_shared_once_another_joins(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        known = scenario.appointment_type
        async with scenario.world.begin(scenario.world.front_desk) as unit:
            wider = evolve(known, seats=2, self_bookable=False, version=2)
            await unit.setup.save_appointment_type(wider, AUDIT_ENTRY)
            await unit.commit(None)
        assert (await scenario.use_cases.get_appointment(scenario.ann, view.id)).can_reschedule
        await scenario.use_cases.add_client(scenario.world.front_desk, addition(view, scenario.bob))
        assert not (await scenario.use_cases.get_appointment(scenario.ann, view.id)).can_reschedule

    async def test_refusals(self, scenario: BookingScenario) -> None:
        view, eve = await booked(scenario, "ann", "bob"), await add_eve(scenario)
        desk, add = scenario.world.front_desk, scenario.use_cases.add_client
        with pytest.raises(AlreadyAttending):
            await add(desk, addition(view, scenario.ann))
        await scenario.use_cases.cancel(scenario.bob, CancelAppointmentCommand(appointment_id=view.id))
        for refusal, command in (
            (NotFound, addition(view, eve, client_id=scenario.world.ids.new())),
            (NotFound, addition(view, eve, appointment_id=scenario.world.ids.new())),
            (StaleVersion, addition(view, eve, version=view.version)),
        ):
            with pytest.raises(refusal):
                await add(desk, command)
        colleague = scenario.world.as_staff("clinician", clinician_id=await scenario.world.add_clinician())
        for actor, denial in (
            (eve, NotFound),
            (colleague, NotFound),
            (scenario.world.as_staff("biller"), Forbidden),
        ):
            with pytest.raises(denial):
                await add(actor, addition(view, eve))
        await scenario.world.set_status(eve.client_id, "discharged")
        with pytest.raises(ClientDischarged):
            await add(desk, addition(view, eve))
        await scenario.world.set_status(eve.client_id, "active")
        green = await scenario.world.add_clinician("Dr. Green")
        await scenario.world.add_booking(green, scenario.appointment_type, AT + timedelta(minutes=30), eve.client_id)
        with pytest.raises(OverlappingAppointment):
            await add(desk, addition(view, eve))
        assert len((await scenario.use_cases.get_practice_appointment(desk, view.id)).attendances) == 2
        scenario.world.clock.at = AT
        with pytest.raises(AlreadyStarted):
            await add(desk, addition(view, scenario.bob))


class TestStaffTakeClientsOut:
    async def test_one_client_is_told_and_the_other_sees_no_change(self, scenario: BookingScenario) -> None:
        view = await booked(scenario, "ann", "bob")
        seen = await scenario.use_cases.get_appointment(scenario.bob, view.id)
        notices = len(await scenario.world.notices())
        command = removal(view, scenario.ann, reason=" She moved away ", version=view.version)
        left = await scenario.use_cases.cancel_attendance(scenario.world.front_desk, command)
        assert (left.status, left.version) == ("booked", view.version + 1)
        shown = await scenario.use_cases.get_appointment(scenario.ann, view.id)
        assert (shown.status, shown.cancel_reason, shown.cancelled_late, shown.fee_due) == (
            "cancelled",
            "She moved away",
            False,
            None,
        )
        assert shown.version == seen.version + 1
        assert await scenario.use_cases.get_appointment(scenario.bob, view.id) == seen
        told = [(one.kind, one.to_client or one.to_account) for one in (await scenario.world.notices())[notices:]]
        assert told == [
            ("appointment_cancelled", scenario.ann.client_id),
            ("appointment_cancelled", scenario.grey_account_id),
        ]
        with pytest.raises(NotBooked):
            await scenario.use_cases.cancel_attendance(scenario.world.front_desk, removal(view, scenario.ann))

    @pytest.mark.parametrize("offered", [True, False])
    async def test_with_the_last_client_the_appointment_is_cancelled(
        self, scenario: BookingScenario, offered: bool
    ) -> None:
        view = await booked(scenario)
        command = removal(view, scenario.ann, offer_to_waitlist=offered)
        gone = await scenario.use_cases.cancel_attendance(scenario.world.front_desk, command)
        assert gone.status == "cancelled"
        assert not scenario.world.store.table("calendar")
        assert len(await scenario.world.jobs("offer_freed_slot")) == offered

    async def test_late_fee_is_charged_on_demand(self, scenario: BookingScenario) -> None:
        await scenario.world.save_appointment_settings(AppointmentSettings(late_cancel_fee=FEE))
        view = await booked(scenario, "ann", "bob")
        take_out, desk = scenario.use_cases.cancel_attendance, scenario.world.front_desk
        with pytest.raises(Invalid) as refused:
            await take_out(desk, removal(view, scenario.ann, late_fee=True))
        assert [(one.path, one.code) for one in refused.value.fields] == [("late_fee", "in_time")]
        scenario.world.clock.at = AT - timedelta(hours=2)
        await take_out(desk, removal(view, scenario.ann, late_fee=True))
        await take_out(desk, removal(view, scenario.bob))
        ann, bob = [await scenario.use_cases.get_appointment(one, view.id) for one in (scenario.ann, scenario.bob)]
        assert (ann.cancelled_late, ann.fee_due, bob.cancelled_late, bob.fee_due) == (True, FEE, False, None)
        owing = [one.to_client for one in await scenario.world.notices() if one.kind == "late_cancel_fee"]
        assert owing == [scenario.ann.client_id]

    async def test_no_fee_where_the_practice_has_none(self, scenario: BookingScenario) -> None:
        view = await booked(scenario, "ann", "bob")
        scenario.world.clock.at = AT - timedelta(hours=2)
        with pytest.raises(Invalid) as refused:
            await scenario.use_cases.cancel_attendance(grey(scenario), removal(view, scenario.ann, late_fee=True))
        assert [(one.path, one.code) for one in refused.value.fields] == [("late_fee", "no_fee")]
        assert len(scenario.world.store.table("calendar")) == 1

    async def test_refusals(self, scenario: BookingScenario) -> None:
        view, eve = await booked(scenario, "ann", "bob"), await add_eve(scenario)
        take_out, desk = scenario.use_cases.cancel_attendance, scenario.world.front_desk
        colleague = scenario.world.as_staff("clinician", clinician_id=await scenario.world.add_clinician())
        biller = scenario.world.as_staff("biller")
        for actor, denial in ((scenario.ann, NotFound), (colleague, NotFound), (biller, Forbidden)):
            with pytest.raises(denial):
                await take_out(actor, removal(view, scenario.ann))
        for refusal, command in (
            (NotFound, removal(view, eve)),
            (StaleVersion, removal(view, scenario.ann, version=view.version + 1)),
        ):
            with pytest.raises(refusal):
                await take_out(desk, command)
        scenario.world.clock.at = AT
        with pytest.raises(AlreadyStarted):
            await take_out(desk, removal(view, scenario.ann))


class TestClientsJoin:
    async def _book(self, scenario: BookingScenario, client: ClientActor, group: AppointmentType) -> AppointmentView:
        choice = scenario.world.choice(scenario.grey, group, AT)
        return await scenario.use_cases.book(client, BookAppointmentCommand(choice=choice))

    async def _starts(self, scenario: BookingScenario, client: ClientActor, group: AppointmentType) -> list[int]:
        query = FindSlotsQuery(appointment_type_id=group.id, first_day=WEDNESDAY, last_day=WEDNESDAY)
        return [one.starts_at.hour - 5 for one in (await scenario.use_cases.find_slots(client, query)).items]

    async def test_first_opens_the_group_and_others_join_until_it_is_full(self, scenario: BookingScenario) -> None:
        group, eve = await add_group(scenario), await add_eve(scenario)
        late = await add_eve(scenario)
        assert await self._starts(scenario, eve, group) == [9, 10, 11, 12, 13, 14, 15, 16]
        first = await self._book(scenario, scenario.ann, group)
        assert await self._starts(scenario, scenario.ann, group) == [9, 11, 12, 13, 14, 15, 16]
        assert await self._starts(scenario, eve, group) == [9, 10, 11, 12, 13, 14, 15, 16]
        notices = len(await scenario.world.notices())
        second = await self._book(scenario, scenario.bob, group)
        assert (second.id, second.status, second.version, second.can_reschedule) == (first.id, "booked", 0, False)
        told = [(one.kind, one.to_client or one.to_account) for one in (await scenario.world.notices())[notices:]]
        assert told == [
            ("appointment_booked", scenario.bob.client_id),
            ("appointment_booked", scenario.grey_account_id),
        ]
        assert await scenario.use_cases.get_appointment(scenario.ann, first.id) == first
        await self._book(scenario, eve, group)
        assert await self._starts(scenario, late, group) == [9, 11, 12, 13, 14, 15, 16]
        with pytest.raises(NoSeatLeft):
            await self._book(scenario, late, group)
        shown = await scenario.use_cases.get_practice_appointment(scenario.world.front_desk, first.id)
        assert [one.status for one in shown.attendances] == ["attending"] * 3
        assert len(scenario.world.store.table("calendar")) == 1

    async def test_group_outside_published_hours_is_listed_and_joined(self, scenario: BookingScenario) -> None:
        group = await add_group(scenario, scenario.ann)
        await scenario.world.open_week(scenario.grey, appointment_type_ids=[scenario.appointment_type.id])
        assert await self._starts(scenario, scenario.bob, group) == [10]
        assert (await self._book(scenario, scenario.bob, group)).status == "booked"

    async def test_group_at_a_closed_location_is_neither_listed_nor_joined(self, scenario: BookingScenario) -> None:
        group, oak = await add_group(scenario), await scenario.world.add_location("Oak", active=False)
        await scenario.world.add_booking(scenario.grey, group, AT, scenario.bob.client_id, location_id=oak.id)
        assert await self._starts(scenario, scenario.ann, group) == [9, 11, 12, 13, 14, 15, 16]
        choice = scenario.world.choice(scenario.grey, group, AT, oak.id)
        with pytest.raises(NotBookable):
            await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))

    async def test_client_who_left_joins_again(self, scenario: BookingScenario) -> None:
        group = await add_group(scenario, scenario.bob)
        first = await self._book(scenario, scenario.ann, group)
        left = await scenario.use_cases.cancel(scenario.ann, CancelAppointmentCommand(appointment_id=first.id))
        again = await self._book(scenario, scenario.ann, group)
        assert (again.id, again.status, again.cancelled_at) == (first.id, "booked", None)
        assert again.version == left.version + 1
        with pytest.raises(AlreadyAttending):
            await self._book(scenario, scenario.ann, group)

    async def test_client_whom_staff_took_out_joins_again_only_after_staff_added_them(
        self, scenario: BookingScenario
    ) -> None:
        group, eve = await add_group(scenario, scenario.bob), await add_eve(scenario)
        known = await self._book(scenario, scenario.ann, group)
        desk = scenario.world.front_desk
        shown = await scenario.use_cases.get_practice_appointment(desk, known.id)
        shown = await scenario.use_cases.cancel_attendance(desk, removal(shown, scenario.ann))
        before = await scenario.use_cases.get_appointment(scenario.ann, known.id)
        with pytest.raises(NotBookable, match="Ask them to add you again"):
            await self._book(scenario, scenario.ann, group)
        assert await scenario.use_cases.get_appointment(scenario.ann, known.id) == before
        assert 10 not in await self._starts(scenario, scenario.ann, group)
        assert 10 in await self._starts(scenario, eve, group)
        await scenario.use_cases.add_client(desk, addition(shown, scenario.ann))
        await scenario.use_cases.cancel(scenario.ann, CancelAppointmentCommand(appointment_id=known.id))
        assert 10 in await self._starts(scenario, scenario.ann, group)
        assert (await self._book(scenario, scenario.ann, group)).status == "booked"

    async def test_removal_from_one_appointment_closes_no_other(self, scenario: BookingScenario) -> None:
        group = await add_group(scenario, scenario.bob)
        known = await self._book(scenario, scenario.ann, group)
        desk = scenario.world.front_desk
        shown = await scenario.use_cases.get_practice_appointment(desk, known.id)
        for one in (scenario.ann, scenario.bob):
            await scenario.use_cases.cancel_attendance(desk, removal(shown, one))
        assert 10 in await self._starts(scenario, scenario.ann, group)
        assert (await self._book(scenario, scenario.ann, group)).id != known.id

    async def test_notice_and_advance_limit_apply(self, scenario: BookingScenario) -> None:
        soon = await add_group(scenario, scenario.bob, notice_hours=72)
        assert await self._starts(scenario, scenario.ann, soon) == []
        with pytest.raises(TooSoon):
            await self._book(scenario, scenario.ann, soon)
        await scenario.use_cases.cancel(
            scenario.bob, CancelAppointmentCommand(appointment_id=(await self._mine(scenario, scenario.bob)).id)
        )
        far = await add_group(scenario, scenario.bob, advance_days=1)
        with pytest.raises(TooFar):
            await self._book(scenario, scenario.ann, far)
        scenario.world.clock.at = AT
        with pytest.raises(TooSoon):
            await self._book(scenario, scenario.ann, far)

    @staticmethod
    async def _mine(scenario: BookingScenario, client: ClientActor) -> AppointmentView:
        rows = scenario.world.store.table("attendances").values()
        [one] = [row for row in rows if row.client_id == client.client_id and row.status == "attending"]
        return await scenario.use_cases.get_appointment(client, one.appointment_id)

    async def test_time_of_another_appointment_is_refused(self, scenario: BookingScenario) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        await scenario.world.add_booking(
            green, scenario.appointment_type, AT + timedelta(minutes=30), scenario.ann.client_id
        )
        group = await add_group(scenario, scenario.bob)
        assert 10 not in await self._starts(scenario, scenario.ann, group)
        with pytest.raises(OverlappingAppointment):
            await self._book(scenario, scenario.ann, group)

    async def test_several_seats_are_for_staff_unless_the_practice_says_so(self, scenario: BookingScenario) -> None:
        couple = await add_group(scenario, scenario.bob, self_bookable=None)
        assert not couple.self_bookable
        with pytest.raises(NotBookable):
            await self._book(scenario, scenario.ann, couple)
        with pytest.raises(NotBookable):
            await self._starts(scenario, scenario.ann, couple)

    async def test_clients_join_groups_that_the_practice_opens_and_begin_none(self, scenario: BookingScenario) -> None:
        none, group = [await add_group(scenario, *some, clients_may_open=False) for some in ((), (scenario.bob,))]
        assert await self._starts(scenario, scenario.ann, group) == [10]
        with pytest.raises(NotBookable, match="has not opened a group"):
            await self._book(scenario, scenario.ann, none)
        assert (await self._book(scenario, scenario.ann, group)).id == (await self._mine(scenario, scenario.bob)).id

    async def test_seats_are_neither_held_nor_waited_for(self, scenario: BookingScenario) -> None:
        group = await add_group(scenario)
        with pytest.raises(NotBookable):
            command = HoldSlotCommand(scenario.world.choice(scenario.grey, group, AT))
            await scenario.use_cases.hold(scenario.ann, command)
        with pytest.raises(NotBookable):
            wish = JoinWaitlistCommand(
                appointment_type_id=group.id, earliest_date=WEDNESDAY, latest_date=date(2026, 3, 6)
            )
            await scenario.use_cases.join_waitlist(scenario.ann, wish)

    async def test_confirmed_request_joins_the_group(self, scenario: BookingScenario) -> None:
        group = await add_group(scenario, scenario.bob, self_bookable=False)
        wish = PreferredTime(starts_at=AT, ends_at=AT + timedelta(hours=2))
        request = await scenario.use_cases.request_appointment(
            scenario.ann, RequestAppointmentCommand(appointment_type_id=group.id, preferred=(wish,))
        )
        command = ConfirmAppointmentRequestCommand(request_id=request.id, clinician_id=scenario.grey, starts_at=AT)
        view = await scenario.use_cases.confirm_appointment_request(scenario.world.front_desk, command)
        assert view.id == (await self._mine(scenario, scenario.bob)).id
        assert [one.client_name for one in view.attendances] == ["Ann Lee", "Bob Lee"]
