"""State-machine rules by which staff change single clients' parts: who attends, what is corrected, what is waived."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from portal_core.appointments.use_cases.add_client_to_appointment import AddClientToAppointmentCommand
from portal_core.appointments.use_cases.cancel_attendance import CancelAttendanceCommand
from portal_core.appointments.use_cases.correct_appointment import CorrectAppointmentCommand
from portal_core.appointments.use_cases.waive_fee import WaiveFeeCommand
from tests.support.contracts.appointments.opening_hours import OpeningHoursStateMachine


class AttendancesStateMachine(OpeningHoursStateMachine):
    """The practice's rules for parts in appointments that others make."""

    @precondition(lambda self: self.model.appointments)
    @rule(data=st.data())
    def add_client(self, data: st.DataObject) -> None:
        booking = self._draw_appointment(data, several_seats=True)
        client = data.draw(st.sampled_from(self.clients))
        self.toggle_discharged(data, client)
        expected = self.model.discharged_refusal(client)
        if expected is None and booking.location in self.model.closed:
            expected = "not_bookable"
        expected = expected or self._closed_refusal(booking) or self.model.join_refusal(booking, client)
        command = AddClientToAppointmentCommand(appointment_id=booking.id, client_id=client)
        if self.attempt(self.use_cases.add_client(self.world.front_desk, command), expected) is not None:
            self.record_join(booking, client)

    @precondition(lambda self: self.model.appointments)
    @rule(data=st.data(), late_fee=st.booleans())
    def cancel_attendance(self, data: st.DataObject, *, late_fee: bool) -> None:
        booking = self._draw_appointment(data, several_seats=True)
        client = data.draw(st.sampled_from([*booking.attendances] * 3 + self.clients))
        part = booking.attendances.get(client)
        expected = self._closed_refusal(booking)
        if expected is None and late_fee and not self.model.is_late(booking, self.now):
            expected = "invalid"
        if expected is None and (part is None or part.status != "booked"):
            expected = "appointment_not_booked" if part else "not_found"
        command = CancelAttendanceCommand(appointment_id=booking.id, client_id=client, late_fee=late_fee)
        if (
            self.attempt(self.use_cases.cancel_attendance(self.world.front_desk, command), expected) is not None
            and part
        ):
            part.status, part.version, part.fee = "cancelled", part.version + 1, part.fee or late_fee
            part.removed = True
            if not booking.attending:
                booking.status = "cancelled"

    @precondition(lambda self: self.model.appointments)
    @rule(
        data=st.data(),
        status=st.sampled_from(["attending", "no_show", "cancelled"]),
        fee=st.sampled_from(["keep", "keep", "charge", "waive"]),
    )
    def correct(self, data: st.DataObject, status: Any, fee: Any) -> None:
        """Of one client's part, or of all that are not cancelled and have another status."""
        booking = self._draw_appointment(data, closed=True)
        client = data.draw(st.sampled_from([None, *booking.attendances] * 2 + self.clients))
        shown = status if status != "attending" else "booked" if booking.status == "booked" else "completed"
        if client is None:
            parts = {one: part for one, part in booking.attendances.items() if part.status not in ("cancelled", shown)}
        else:
            parts = {one: part for one, part in booking.attendances.items() if one == client}
        owes = {one: {"keep": part.fee, "charge": True, "waive": False}[fee] for one, part in parts.items()}
        expected: str | None = None
        if client is not None and not parts:
            expected = "not_found"
        elif booking.status == "cancelled":
            expected = "appointment_not_booked"
        elif self.now < booking.at:
            expected = "appointment_not_started"
        elif not parts or any((part.status, part.fee) == (shown, owes[one]) for one, part in parts.items()):
            expected = "nothing_to_correct"
        elif status == "attending" and self.model.overlaps(booking, list(parts)):
            expected = "overlapping_appointment"
        command = CorrectAppointmentCommand(
            appointment_id=booking.id, client_id=client, status=status, fee=fee, reason="Wrong row"
        )
        if self.attempt(self.use_cases.correct(self.world.front_desk, command), expected) is None:
            return
        for one, part in parts.items():
            part.left = part.left if shown == "cancelled" else None
            part.status, part.fee, part.version = shown, owes[one], part.version + 1
        statuses = {part.status for part in booking.attendances.values()}
        for outcome in ("booked", "completed", "no_show", "cancelled"):
            if outcome in statuses:
                booking.status = outcome
                break

    @precondition(lambda self: self.model.appointments)
    @rule(data=st.data())
    def waive_fee(self, data: st.DataObject) -> None:
        booking = self._draw_appointment(data, closed=True)
        client = data.draw(st.sampled_from([*booking.attendances] * 3 + self.clients))
        part = booking.attendances.get(client)
        expected = "not_found" if part is None else None if part.fee else "no_fee_due"
        command = WaiveFeeCommand(appointment_id=booking.id, client_id=client, reason="An emergency")
        if self.attempt(self.use_cases.waive_fee(self.world.front_desk, command), expected) is not None and part:
            part.fee, part.version = False, part.version + 1
