"""Random histories of appointments against a reference model.

Each step asks the model for the expected result, runs the use case, and compares the refusal or the change. After each
step the stored state must equal the model. Subclasses add further rules, using `model` and `attempt`.
"""

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from portal_core.appointments.settings import AppointmentType
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.book_appointment_for_clients import BookAppointmentForClientsCommand
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment_for_clients import CancelAppointmentForClientsCommand
from portal_core.appointments.use_cases.complete_appointment import CompleteAppointmentCommand
from portal_core.appointments.use_cases.find_slots import FindSlotsQuery
from portal_core.appointments.use_cases.hold_slot import HoldSlotCommand
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointmentsQuery
from portal_core.appointments.use_cases.mark_no_show import MarkNoShowCommand
from portal_core.appointments.use_cases.reschedule_appointment import RescheduleAppointmentCommand
from portal_core.appointments.use_cases.reschedule_appointment_for_clients import RescheduleAppointmentForClientsCommand
from portal_core.appointments.views import AppointmentFilter, AppointmentView
from portal_core.kernel.page import PageRequest
from tests.support.contracts.appointments.attendances_state_machine import AttendancesStateMachine
from tests.support.contracts.appointments.reference_model import TIME_ZONE, ModelHold
from tests.support.contracts.appointments.state_machine_base import DAYS, FEE, FIRST, LAST, TIMES
from tests.support.contracts.appointments.world import new_york


class AppointmentsStateMachine(AttendancesStateMachine):
    """Random appointment histories compared with the reference model."""

    @rule(minutes=st.sampled_from([3, 7, 10, 45, 45, 240, 18 * 60]))
    def advance_clock(self, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))

    @precondition(lambda self: self.model.active_appointments())
    @rule(data=st.data(), minutes=st.sampled_from([0, 5, 60]))
    def advance_clock_to_appointment(self, data: st.DataObject, minutes: int) -> None:
        at = data.draw(st.sampled_from(self.model.active_appointments())).at
        self.world.clock.at = max(self.now, at + timedelta(minutes=minutes))

    @rule(data=st.data(), at=TIMES)
    def hold(self, data: st.DataObject, at: datetime) -> None:
        client, clinician, appointment_type, location = self.draw_choice(data)
        at = self.draw_nearby(data, clinician, at)
        expected = self.model.discharged_refusal(client) or self._not_reservable(appointment_type, location)
        if (
            expected is None
            and sum(one.client == client for one in self.model.active_holds(self.now))
            >= self.model.max_holds_per_client
        ):
            expected = "too_many_holds"
        expected = expected or self.model.refusal(clinician, appointment_type, location, at, [client], self.now)
        choice = self.world.choice(clinician, appointment_type, at, location)
        view = self.attempt(self.use_cases.hold(self.world.as_client(client), HoldSlotCommand(choice)), expected)
        if view is not None:
            expires = min(self.now + self.model.hold_duration, at)
            assert view.expires_at == expires
            for one in self.model.holds.values():
                one.removed = one.removed or (one.client == client and one.expires <= self.now - timedelta(days=1))
            self.model.holds[view.id] = ModelHold(view.id, client, clinician, appointment_type, location, at, expires)

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        hold = data.draw(st.sampled_from(list(self.model.holds.values())))
        client = data.draw(st.sampled_from(self.clients))
        expected = "not_found" if hold.removed or client != hold.client else None
        self.attempt(self.use_cases.release(self.world.as_client(client), hold.id), expected)
        hold.removed = hold.removed or expected is None

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def book_hold(self, data: st.DataObject) -> None:
        hold = data.draw(st.sampled_from(list(self.model.holds.values())))
        client = data.draw(st.sampled_from([hold.client, hold.client, *self.clients]))
        self.toggle_discharged(data, client)
        expected: str | None = None
        if hold.removed or client != hold.client:
            expected = "not_found"
        elif hold.expires <= self.now:
            expected = (
                self.model.discharged_refusal(client)
                or self._not_self_bookable(hold.appointment_type, hold.location)
                or "hold_expired"
            )
        else:
            expected = self.model.refusal(
                hold.clinician, hold.appointment_type, hold.location, hold.at, [client], self.now, excluding=hold.id
            )
        command = BookAppointmentCommand(hold_id=hold.id)
        view = self.attempt(self.use_cases.book(self.world.as_client(client), command), expected)
        if view is not None:
            hold.removed = True
            self.record_booking(view.id, hold.clinician, hold.appointment_type, hold.location, hold.at, [client])

    @rule(data=st.data(), at=TIMES)
    def book(self, data: st.DataObject, at: datetime) -> None:
        client, clinician, appointment_type, location = self.draw_choice(data)
        at = self.draw_nearby(data, clinician, at)
        self._book(client, clinician, appointment_type, location, at)

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def book_held_time(self, data: st.DataObject) -> None:
        """Book the time of a hold without naming the hold."""
        hold = data.draw(st.sampled_from(list(self.model.holds.values())))
        client = data.draw(st.sampled_from([hold.client, hold.client, *self.clients]))
        appointment_type = data.draw(
            st.sampled_from([hold.appointment_type, hold.appointment_type, *self.appointment_types])
        )
        self._book(client, hold.clinician, appointment_type, hold.location, hold.at)

    def _book(
        self, client: UUID, clinician: UUID, appointment_type: AppointmentType, location: UUID | None, at: datetime
    ) -> None:
        expected = self.model.discharged_refusal(client) or self._not_self_bookable(appointment_type, location)
        matching_hold = self.model.matching_hold(client, (clinician, appointment_type, location, at), self.now)
        excluding = matching_hold.id if matching_hold else None
        shared = self.model.shared_at(clinician, appointment_type, location, at)
        if shared is not None:
            expected = expected or self.model.online_join_refusal(shared, client, self.now)
        else:
            expected = expected or self.model.refusal(
                clinician, appointment_type, location, at, [client], self.now, excluding=excluding
            )
        command = BookAppointmentCommand(choice=self.world.choice(clinician, appointment_type, at, location))
        view = self.attempt(self.use_cases.book(self.world.as_client(client), command), expected)
        if view is not None:
            if matching_hold is not None:
                self.model.consume_hold(matching_hold)
            if shared is not None:
                assert view.id == shared.id
                self.record_join(shared, client)
            else:
                self.record_booking(view.id, clinician, appointment_type, location, at, [client])

    @rule(data=st.data(), at=TIMES, count=st.sampled_from([1, 2]))
    def book_for_clients(self, data: st.DataObject, at: datetime, count: int) -> None:
        _, clinician, _, location = self.draw_choice(data)
        at = self.draw_nearby(data, clinician, at)
        appointment_type = data.draw(
            st.sampled_from([self.appointment_types[0], self.appointment_types[2], *self.appointment_types[2:]])
        )
        clients = data.draw(st.permutations(self.clients))[:count]
        self.toggle_discharged(data, clients[-1])
        expected = (
            "not_bookable" if location in self.model.closed else "invalid" if count > appointment_type.seats else None
        )
        expected = expected or self.model.refusal(
            clinician, appointment_type, location, at, clients, self.now, by_staff=True
        )
        choice = self.world.choice(clinician, appointment_type, at, location)
        command = BookAppointmentForClientsCommand(choice=choice, client_ids=tuple(clients))
        view = self.attempt(self.use_cases.book_for(self.world.front_desk, command), expected)
        if view is not None:
            self.record_booking(view.id, clinician, appointment_type, location, at, clients)

    @precondition(lambda self: self.model.appointments)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        booking = self._draw_appointment(data)
        client = data.draw(st.sampled_from([*booking.attendances] * 3 + self.clients))
        attendance = booking.attendances.get(client)
        expected = self.model.change_refusal(booking, client, self.now) if attendance else "not_found"
        late = self.model.is_late(booking, self.now)
        command = CancelAppointmentCommand(appointment_id=booking.id, reason="Something came up")
        view = self.attempt(self.use_cases.cancel(self.world.as_client(client), command), expected)
        if view is not None and attendance is not None:
            attendance.status, attendance.version = "cancelled", attendance.version + 1
            attendance.fee = attendance.fee or (late and self.model.late_cancel == "fee")
            assert view.cancelled_late == late
            if not booking.attending:
                booking.status = "cancelled"

    @precondition(lambda self: self.model.appointments)
    @rule(data=st.data(), at=TIMES)
    def reschedule(self, data: st.DataObject, at: datetime) -> None:
        booking = self._draw_appointment(data)
        client = data.draw(st.sampled_from(list(booking.attendances)))
        self.toggle_discharged(data, client)
        _, clinician, _, location = self.draw_choice(data)
        at = self.draw_nearby(data, clinician, at)
        expected = self.model.change_refusal(booking, client, self.now)
        if expected in (None, "late_cancel_refused") and booking.appointment_type.seats > 1:
            expected = "reschedule_by_practice"
        same = (clinician, location, at) == (booking.clinician, booking.location, booking.at)
        if not same:
            expected = expected or self.model.refusal(
                clinician, booking.appointment_type, location, at, [client], self.now, excluding=booking.id
            )
        elif expected == "late_cancel_refused":
            expected = None
        late = self.model.is_late(booking, self.now)
        command = RescheduleAppointmentCommand(
            appointment_id=booking.id, clinician_id=clinician, location_id=location, starts_at=at
        )
        view = self.attempt(self.use_cases.reschedule(self.world.as_client(client), command), expected)
        if view is not None and not same:
            attendance = booking.attendances[client]
            attendance.fee = attendance.fee or (late and self.model.late_cancel == "fee")
            self._record_reschedule(booking, clinician, location, at)

    @precondition(lambda self: self.model.appointments)
    @rule(data=st.data(), at=TIMES)
    def reschedule_appointment_for_clients(self, data: st.DataObject, at: datetime) -> None:
        booking = self._draw_appointment(data)
        _, clinician, _, location = self.draw_choice(data)
        at = self.draw_nearby(data, clinician, at)
        expected = "not_bookable" if location in self.model.closed else self._closed_refusal(booking)
        expected = expected or self._move_refusal(booking, clinician, location, at)
        command = RescheduleAppointmentForClientsCommand(
            appointment_id=booking.id, choice=self.world.choice(clinician, booking.appointment_type, at, location)
        )
        if self.attempt(self.use_cases.reschedule_for(self.world.front_desk, command), expected) is not None:
            self._record_reschedule(booking, clinician, location, at)

    @precondition(lambda self: self.model.appointments)
    @rule(data=st.data())
    def cancel_appointment_for_clients(self, data: st.DataObject) -> None:
        booking = self._draw_appointment(data)
        command = CancelAppointmentForClientsCommand(appointment_id=booking.id)
        if (
            self.attempt(self.use_cases.cancel_for(self.world.front_desk, command), self._closed_refusal(booking))
            is not None
        ):
            self._record_cancellation(booking)

    @precondition(lambda self: self.model.appointments)
    @rule(data=st.data())
    def mark_no_show(self, data: st.DataObject) -> None:
        booking = self._draw_appointment(data)
        client = data.draw(st.sampled_from([*booking.attendances] * 3 + self.clients))
        attendance = booking.attendances.get(client)
        expected = self._not_started_refusal(booking)
        if expected is None and (attendance is None or attendance.status != "booked"):
            expected = "appointment_not_booked" if attendance else "not_found"
        command = MarkNoShowCommand(appointment_id=booking.id, client_id=client)
        if (
            self.attempt(self.use_cases.no_show(self.world.front_desk, command), expected) is not None
            and attendance is not None
        ):
            attendance.status, attendance.version = "no_show", attendance.version + 1
            if not booking.attending:
                booking.status = "no_show"

    @precondition(lambda self: self.model.appointments)
    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        booking = self._draw_appointment(data)
        command = CompleteAppointmentCommand(appointment_id=booking.id)
        if (
            self.attempt(self.use_cases.complete(self.world.front_desk, command), self._not_started_refusal(booking))
            is not None
        ):
            booking.status = "completed"
            for client in booking.attending:
                booking.attendances[client].status = "completed"
            self._bump_versions(booking)

    @rule(data=st.data())
    def find_slots(self, data: st.DataObject) -> None:
        """Exactly the listed slots can be booked."""
        client, _, _, _ = self.draw_choice(data)
        appointment_type = data.draw(st.sampled_from([one for one in self.appointment_types if one.self_bookable]))
        day = data.draw(st.sampled_from(DAYS))
        query = FindSlotsQuery(
            appointment_type_id=appointment_type.id,
            first_day=new_york(day, 12).date(),
            last_day=new_york(day, 12).date(),
        )
        page = self.attempt(
            self.use_cases.find_slots(self.world.as_client(client), query), self.model.discharged_refusal(client)
        )
        if page is None:
            return
        expected = {
            (clinician, location, at)
            for clinician in self.clinicians
            for location in self.locations
            for at in (new_york(day, hour, minute) for hour in range(24) for minute in (0, 15, 30, 45))
            if self.model.refusal(clinician, appointment_type, location, at, [client], self.now) is None
        }
        expected |= {
            (one.clinician, one.location, one.at)
            for one in self.model.appointments.values()
            if one.status == "booked"
            and one.appointment_type == appointment_type
            and appointment_type.seats > 1
            and one.location not in self.model.closed
            and one.at.astimezone(TIME_ZONE).date() == new_york(day, 12).date()
            and self.model.online_join_refusal(one, client, self.now) is None
        }
        assert {(one.clinician_id, one.location_id, one.starts_at) for one in page.items} == expected

    # Invariants

    @invariant()
    def calendar_matches_model(self) -> None:
        entries = type(self).run(self._calendar())
        exclusive = [one for one in entries if one[0] != "block"]
        model = self.model
        expected = [("appointment", one.clinician, one.at, one.until) for one in model.active_appointments()]
        expected += [
            ("hold", one.clinician, one.at, one.at + one.appointment_type.timing.duration)
            for one in model.active_holds(self.now)
        ]
        assert sorted(exclusive) == sorted(expected)
        blocks = [("block", one.clinician, one.at, one.until) for one in model.blocks.values()]
        assert sorted(one for one in entries if one[0] == "block") == sorted(blocks)
        times = [one for one in model.busy_times(self.now) if one not in model.blocks.values()]
        for number, one in enumerate(times):
            for other in times[:number]:
                assert one.clinician != other.clinician or not one.too_close(other), "two entries overlap"

    async def _calendar(self) -> list[tuple[str, UUID, datetime, datetime]]:
        async with self.world.begin(self.world.front_desk) as unit:
            found = await unit.calendar.busy(self.clinicians, FIRST, LAST, self.now)
        return [(one.purpose, one.clinician_id, one.starts_at, one.ends_at) for one in found]

    @invariant()
    def appointments_match_model(self) -> None:
        for client in self.clients:
            views = type(self).run(self._history(client))
            expected = {one.id: one for one in self.model.appointments.values() if client in one.attendances}
            assert {view.id for view in views} == set(expected)
            for view in views:
                booking = expected[view.id]
                attendance = booking.attendances[client]
                assert (view.status, view.version) == (attendance.status, attendance.version)
                assert (view.clinician_id, view.location_id, view.starts_at) == (attendance.left or booking.occasion)
                assert view.fee_due == (FEE if attendance.fee else None)
                assert view.can_cancel == (self.model.change_refusal(booking, client, self.now) is None)

    async def _history(self, client: UUID) -> list[AppointmentView]:
        found: list[AppointmentView] = []
        after: str | None = None
        while True:
            query = ListMyAppointmentsQuery(AppointmentFilter("all"), PageRequest(after, 5))
            page = await self.use_cases.list_mine(self.world.as_client(client), query)
            found += page.items
            after = page.next
            if not after:
                return found
