"""Random histories of appointments against a simple model.

Each step asks the model what should come of it, does it, and compares: the very refusal, or the change. After each
step what is kept must be what the model believes. Further rules are added by subclasses, over `model` and `attempt`.
"""

from datetime import datetime, timedelta
from typing import TypeVar
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
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointmentsQuery
from portal_core.appointments.use_cases.mark_no_show import MarkNoShowCommand
from portal_core.appointments.use_cases.reschedule_appointment import RescheduleAppointmentCommand
from portal_core.appointments.use_cases.reschedule_appointment_for_clients import RescheduleAppointmentForClientsCommand
from portal_core.appointments.views import AppointmentFilter, AppointmentView
from portal_core.kernel.money import Money
from portal_core.kernel.page import PageRequest
from tests.support.contracts.appointments.opening_hours import OpeningHoursStateMachine
from tests.support.contracts.appointments.reference_model import ModelHold
from tests.support.contracts.appointments.world import new_york

T = TypeVar("T")
FEE = Money(40_00)
FIRST, LAST = new_york(1, 0), new_york(31, 0)
DAYS = (3, 3, 3, 3, 4, 9, 2, 27)
"""Mostly tomorrow, so that much meets; also today, after the change of clocks, and further ahead than is allowed."""
TIMES = st.builds(new_york, st.sampled_from(DAYS), st.integers(9, 14), st.sampled_from([0] * 7 + [30] * 4 + [15]))
"""Mostly on the grid of half hours."""


class AppointmentsStateMachine(OpeningHoursStateMachine):
    """Random histories against the model."""

    @rule(minutes=st.sampled_from([3, 7, 10, 45, 45, 240, 18 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))

    @precondition(lambda self: self.model.active_appointments())
    @rule(data=st.data(), minutes=st.sampled_from([0, 5, 60]))
    def an_appointment_begins(self, data: st.DataObject, minutes: int) -> None:
        at = data.draw(st.sampled_from(self.model.active_appointments())).at
        self.world.clock.at = max(self.now, at + timedelta(minutes=minutes))

    @rule(data=st.data(), at=TIMES)
    def hold(self, data: st.DataObject, at: datetime) -> None:
        client, clinician, appointment_type, location = self.draw_choice(data)
        at = self.draw_nearby(data, clinician, at)
        expected = self.model.discharged_refusal(client) or self._not_online(appointment_type, location)
        if (
            expected is None
            and sum(one.client == client for one in self.model.live_holds(self.now)) >= self.model.max_holds_per_client
        ):
            expected = "too_many_holds"
        expected = expected or self.model.refusal(clinician, appointment_type, location, at, [client], self.now)
        choice = self.world.choice(clinician, appointment_type, at, location)
        view = self.attempt(self.use_cases.hold(self.world.as_client(client), choice), expected)
        if view is not None:
            expires = min(self.now + self.model.hold_duration, at)
            assert view.expires_at == expires
            for one in self.model.held.values():
                one.gone = one.gone or (one.client == client and one.expires <= self.now - timedelta(days=1))
            self.model.held[view.id] = ModelHold(view.id, client, clinician, appointment_type, location, at, expires)

    @precondition(lambda self: self.model.held)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        held = data.draw(st.sampled_from(list(self.model.held.values())))
        client = data.draw(st.sampled_from(self.clients))
        expected = "not_found" if held.gone or client != held.client else None
        self.attempt(self.use_cases.release(self.world.as_client(client), held.id), expected)
        held.gone = held.gone or expected is None

    @precondition(lambda self: self.model.held)
    @rule(data=st.data())
    def book_what_was_held(self, data: st.DataObject) -> None:
        held = data.draw(st.sampled_from(list(self.model.held.values())))
        client = data.draw(st.sampled_from([held.client, held.client, *self.clients]))
        self.toggle_discharged(data, client)
        expected: str | None = None
        if held.gone or client != held.client:
            expected = "not_found"
        elif held.expires <= self.now:
            expected = (
                self.model.discharged_refusal(client)
                or self._not_online(held.appointment_type, held.location)
                or "hold_expired"
            )
        else:
            expected = self.model.refusal(
                held.clinician, held.appointment_type, held.location, held.at, [client], self.now, but=held.id
            )
        command = BookAppointmentCommand(hold_id=held.id)
        view = self.attempt(self.use_cases.book(self.world.as_client(client), command), expected)
        if view is not None:
            held.gone = True
            self.note_booked(view.id, held.clinician, held.appointment_type, held.location, held.at, [client])

    @rule(data=st.data(), at=TIMES)
    def book(self, data: st.DataObject, at: datetime) -> None:
        client, clinician, appointment_type, location = self.draw_choice(data)
        at = self.draw_nearby(data, clinician, at)
        self._book(client, clinician, appointment_type, location, at)

    @precondition(lambda self: self.model.held)
    @rule(data=st.data())
    def book_the_time_that_was_held(self, data: st.DataObject) -> None:
        """Without naming the hold."""
        held = data.draw(st.sampled_from(list(self.model.held.values())))
        client = data.draw(st.sampled_from([held.client, held.client, *self.clients]))
        appointment_type = data.draw(
            st.sampled_from([held.appointment_type, held.appointment_type, *self.appointment_types])
        )
        self._book(client, held.clinician, appointment_type, held.location, held.at)

    def _book(
        self, client: UUID, clinician: UUID, appointment_type: AppointmentType, location: UUID | None, at: datetime
    ) -> None:
        expected = self.model.discharged_refusal(client) or self._not_online(appointment_type, location)
        matching_hold = self.model.matching_hold(client, (clinician, appointment_type, location, at), self.now)
        but = matching_hold.id if matching_hold else None
        expected = expected or self.model.refusal(
            clinician, appointment_type, location, at, [client], self.now, but=but
        )
        command = BookAppointmentCommand(choice=self.world.choice(clinician, appointment_type, at, location))
        view = self.attempt(self.use_cases.book(self.world.as_client(client), command), expected)
        if view is not None:
            if matching_hold is not None:
                self.model.consume_hold(matching_hold)
            self.note_booked(view.id, clinician, appointment_type, location, at, [client])

    @rule(data=st.data(), at=TIMES, count=st.sampled_from([1, 2]))
    def book_for_clients(self, data: st.DataObject, at: datetime, count: int) -> None:
        _, clinician, _, location = self.draw_choice(data)
        at = self.draw_nearby(data, clinician, at)
        appointment_type = data.draw(
            st.sampled_from([self.appointment_types[0], self.appointment_types[2], self.appointment_types[2]])
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
            self.note_booked(view.id, clinician, appointment_type, location, at, clients)

    @precondition(lambda self: self.model.booked)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        booking = self._any(data)
        client = data.draw(st.sampled_from([*booking.parts] * 3 + self.clients))
        part = booking.parts.get(client)
        expected = self.model.change_refusal(booking, client, self.now) if part else "not_found"
        late = self.model.is_late(booking, self.now)
        command = CancelAppointmentCommand(appointment_id=booking.id, reason="Something came up")
        view = self.attempt(self.use_cases.cancel(self.world.as_client(client), command), expected)
        if view is not None and part is not None:
            part.status, part.seen = "cancelled", part.seen + 1
            part.fee = part.fee or (late and self.model.late == "fee")
            assert view.cancelled_late == late
            if not booking.attending:
                booking.status = "cancelled"

    @precondition(lambda self: self.model.booked)
    @rule(data=st.data(), at=TIMES)
    def reschedule(self, data: st.DataObject, at: datetime) -> None:
        booking = self._any(data)
        client = data.draw(st.sampled_from(list(booking.parts)))
        self.toggle_discharged(data, client)
        _, clinician, _, location = self.draw_choice(data)
        at = self.draw_nearby(data, clinician, at)
        expected = self.model.change_refusal(booking, client, self.now)
        if expected in (None, "late_cancel_refused") and booking.appointment_type.seats > 1:
            expected = "reschedule_by_practice"
        same = (clinician, location, at) == (booking.clinician, booking.location, booking.at)
        if not same:
            expected = expected or self.model.refusal(
                clinician, booking.appointment_type, location, at, [client], self.now, but=booking.id
            )
        elif expected == "late_cancel_refused":
            expected = None
        late = self.model.is_late(booking, self.now)
        command = RescheduleAppointmentCommand(
            appointment_id=booking.id, clinician_id=clinician, location_id=location, starts_at=at
        )
        view = self.attempt(self.use_cases.reschedule(self.world.as_client(client), command), expected)
        if view is not None and not same:
            part = booking.parts[client]
            part.fee = part.fee or (late and self.model.late == "fee")
            self._note_moved(booking, clinician, location, at)

    @precondition(lambda self: self.model.booked)
    @rule(data=st.data(), at=TIMES)
    def reschedule_appointment_for_clients(self, data: st.DataObject, at: datetime) -> None:
        booking = self._any(data)
        _, clinician, _, location = self.draw_choice(data)
        at = self.draw_nearby(data, clinician, at)
        expected = "not_bookable" if location in self.model.closed else self._closed(booking)
        expected = expected or self.model.refusal(
            clinician,
            booking.appointment_type,
            location,
            at,
            booking.attending,
            self.now,
            but=booking.id,
            by_staff=True,
            moving=True,
        )
        command = RescheduleAppointmentForClientsCommand(
            appointment_id=booking.id, choice=self.world.choice(clinician, booking.appointment_type, at, location)
        )
        if self.attempt(self.use_cases.move_for(self.world.front_desk, command), expected) is not None:
            self._note_moved(booking, clinician, location, at)

    @precondition(lambda self: self.model.booked)
    @rule(data=st.data())
    def cancel_appointment_for_clients(self, data: st.DataObject) -> None:
        booking = self._any(data)
        command = CancelAppointmentForClientsCommand(appointment_id=booking.id)
        if self.attempt(self.use_cases.cancel_for(self.world.front_desk, command), self._closed(booking)) is not None:
            for client in booking.attending:
                booking.parts[client].status = "cancelled"
            booking.status = "cancelled"
            self._all_see_a_change(booking)

    @precondition(lambda self: self.model.booked)
    @rule(data=st.data())
    def mark_no_show(self, data: st.DataObject) -> None:
        booking = self._any(data)
        client = data.draw(st.sampled_from([*booking.parts] * 3 + self.clients))
        part = booking.parts.get(client)
        expected = self._not_begun(booking)
        if expected is None and (part is None or part.status != "booked"):
            expected = "appointment_not_booked" if part else "not_found"
        command = MarkNoShowCommand(appointment_id=booking.id, client_id=client)
        if (
            self.attempt(self.use_cases.no_show(self.world.front_desk, command), expected) is not None
            and part is not None
        ):
            part.status, part.seen = "no_show", part.seen + 1
            if not booking.attending:
                booking.status = "no_show"

    @precondition(lambda self: self.model.booked)
    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        booking = self._any(data)
        command = CompleteAppointmentCommand(appointment_id=booking.id)
        if self.attempt(self.use_cases.complete(self.world.front_desk, command), self._not_begun(booking)) is not None:
            booking.status = "completed"
            for client in booking.attending:
                booking.parts[client].status = "completed"
            self._all_see_a_change(booking)

    @rule(data=st.data())
    def look_for_slots(self, data: st.DataObject) -> None:
        """What is listed is what can be booked: all of it, and nothing else."""
        client, _, _, _ = self.draw_choice(data)
        appointment_type = data.draw(st.sampled_from(self.appointment_types[:2]))
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
        assert {(one.clinician_id, one.location_id, one.starts_at) for one in page.items} == expected

    # What must always hold

    @invariant()
    def the_calendar_is_what_was_booked_held_and_blocked(self) -> None:
        entries = type(self).run(self._calendar())
        apart = [one for one in entries if one[0] != "block"]
        model = self.model
        believed = [("appointment", one.clinician, one.at, one.until) for one in model.active_appointments()]
        believed += [
            ("hold", one.clinician, one.at, one.at + one.appointment_type.timing.duration)
            for one in model.live_holds(self.now)
        ]
        assert sorted(apart) == sorted(believed)
        blocks = [("block", one.clinician, one.at, one.until) for one in model.blocks.values()]
        assert sorted(one for one in entries if one[0] == "block") == sorted(blocks)
        times = [one for one in model.taken(self.now) if one not in model.blocks.values()]
        for number, one in enumerate(times):
            for other in times[:number]:
                assert one.clinician != other.clinician or not one.too_close(other), "two at one time"

    async def _calendar(self) -> list[tuple[str, UUID, datetime, datetime]]:
        async with self.world.begin(self.world.front_desk) as unit:
            found = await unit.calendar.busy(self.clinicians, FIRST, LAST, self.now)
        return [(one.purpose, one.clinician_id, one.starts_at, one.ends_at) for one in found]

    @invariant()
    def nothing_vanishes_and_every_change_is_seen(self) -> None:
        for client in self.clients:
            views = type(self).run(self._history(client))
            believed = {one.id: one for one in self.model.booked.values() if client in one.parts}
            assert {view.id for view in views} == set(believed)
            for view in views:
                booking = believed[view.id]
                part = booking.parts[client]
                assert (view.status, view.version) == (part.status, part.seen)
                assert (view.starts_at, view.clinician_id) == (booking.at, booking.clinician)
                assert view.fee_due == (FEE if part.fee else None)
                assert view.can_cancel == (self.model.change_refusal(booking, client, self.now) is None)

    async def _history(self, client: UUID) -> list[AppointmentView]:
        found: list[AppointmentView] = []
        after = ""
        while True:
            query = ListMyAppointmentsQuery(AppointmentFilter("all"), PageRequest(after, 5))
            page = await self.use_cases.list_mine(self.world.as_client(client), query)
            found += page.items
            after = page.next
            if not after:
                return found

    # What subclasses need too
