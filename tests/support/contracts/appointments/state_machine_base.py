"""Base of the appointments' state machine: the practice, the model, and how steps are run."""

from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from portal_core.appointments.settings import AppointmentSettings, AppointmentType, Location
from portal_core.kernel.errors import PortalError
from portal_core.kernel.money import Money
from tests.support.appointments.use_cases import AppointmentUseCases
from tests.support.contracts.appointments.reference_model import (
    ModelAppointment,
    ModelAttendance,
    ModelHours,
    PracticeModel,
)
from tests.support.contracts.appointments.world import AppointmentsWorld, new_york

T = TypeVar("T")
FEE = Money(40_00)
FIRST, LAST = new_york(1, 0), new_york(31, 0)
DAYS = (3, 3, 3, 3, 4, 9, 2, 27)
"""Mostly tomorrow, so that steps conflict often; also today, after the change of clocks, and beyond the advance limit.
"""
TIMES = st.builds(new_york, st.sampled_from(DAYS), st.integers(9, 14), st.sampled_from([0] * 7 + [30] * 4 + [15]))
"""Mostly on the half-hour grid."""


class AppointmentsStateMachineBase(RuleBasedStateMachine):
    """Two clinicians, three clients, four appointment types. Subclasses create the world and run coroutines."""

    make_world: ClassVar[Callable[[], Awaitable[AppointmentsWorld]]]
    run: ClassVar[Callable[[Coroutine[Any, Any, Any]], Any]]

    world: AppointmentsWorld
    model: PracticeModel
    clinicians: list[UUID]
    clients: list[UUID]
    appointment_types: list[AppointmentType]
    locations: list[UUID | None]
    office: Location

    @initialize()
    def open_the_practice(self) -> None:
        self.model = PracticeModel()
        type(self).run(self._open())
        self.use_cases = AppointmentUseCases(self.world)

    async def _open(self) -> None:
        world = self.world = await type(self).make_world()
        self.clinicians = [await world.add_clinician("Dr. Grey"), await world.add_clinician("Dr. Green")]
        self.clients = [await world.add_client(given=name) for name in ("Ann", "Bob", "Cleo")]
        for client in self.clients:
            for clinician in self.clinicians:
                await world.join_care_team(client, clinician)
        self.appointment_types = [
            await world.add_appointment_type(
                "Session", minutes=50, before=10, after=10, step=30, notice_hours=2, advance_days=14
            ),
            await world.add_appointment_type("Long session", minutes=80, before=20, after=5, step=30, advance_days=14),
            await world.add_appointment_type("Couple", minutes=60, step=30, seats=2),
            await world.add_appointment_type(
                "Group", minutes=60, step=30, seats=2, notice_hours=1, advance_days=14, self_bookable=True
            ),
        ]
        self.office = await world.add_location()
        self.locations = [None, self.office.id]
        await world.save_appointment_settings(self.current_settings())
        for number, clinician in enumerate(self.clinicians):
            self.model.hours[clinician] = ModelHours(self.locations[number], 9, 17)
            await world.open_week(clinician, location_id=self.locations[number])

    # Helpers for rules

    def attempt(self, operation: Coroutine[Any, Any, T], expected: str | None) -> T | None:
        """Run it and compare the result with the expected one: a refusal's code, or None for success."""
        answer: T | None = None
        outcome: str | None = None
        try:
            answer = type(self).run(operation)
        except PortalError as error:
            outcome = error.code
        assert outcome == expected
        return answer

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    def current_settings(self) -> AppointmentSettings:
        """The settings that the model has."""
        late_cancel: Any = self.model.late_cancel
        return AppointmentSettings(cancel_notice=self.model.cancel_notice, late_cancel=late_cancel, late_cancel_fee=FEE)

    def record_booking(
        self,
        booking_id: UUID,
        clinician: UUID,
        appointment_type: AppointmentType,
        location: UUID | None,
        at: datetime,
        clients: list[UUID],
    ) -> None:
        """Add a new booking to the model."""
        attendances = {client: ModelAttendance() for client in clients}
        self.model.appointments[booking_id] = ModelAppointment(
            booking_id, clinician, appointment_type, location, at, attendances
        )

    def _record_reschedule(
        self, booking: ModelAppointment, clinician: UUID, location: UUID | None, at: datetime
    ) -> None:
        for attendance in booking.attendances.values():
            if attendance.status == "cancelled":
                attendance.left = attendance.left or booking.occasion
        booking.clinician, booking.location, booking.at = clinician, location, at
        self._bump_versions(booking)

    def _record_cancellation(self, booking: ModelAppointment) -> None:
        """By the practice, for all clients."""
        self._bump_versions(booking)
        for client in booking.attending:
            booking.attendances[client].status = "cancelled"
        booking.status = "cancelled"

    def record_join(self, booking: ModelAppointment, client: UUID) -> None:
        """Add the client to the booking, or bring them back, in the model."""
        known = booking.attendances.get(client)
        if known is None:
            booking.attendances[client] = ModelAttendance(version=booking.sequence)
        else:
            known.status, known.version, known.left, known.removed = "booked", known.version + 1, None, False

    def _bump_versions(self, booking: ModelAppointment) -> None:
        """For all but the clients who had cancelled, whose events stay as they were."""
        booking.sequence += 1
        for attendance in booking.attendances.values():
            attendance.version += attendance.status != "cancelled"

    def draw_nearby(self, data: st.DataObject, clinician: UUID, at: datetime) -> datetime:
        """The given time, or often one at or close to a busy time of the clinician."""
        busy_starts = [one.at for one in self.model.busy_times(self.now) if one.clinician == clinician]
        nearby = data.draw(st.sampled_from([at, *busy_starts]))
        return nearby if nearby == at else nearby + timedelta(minutes=data.draw(st.sampled_from([0, 30, 60, -60, 90])))

    def draw_choice(self, data: st.DataObject) -> tuple[UUID, UUID, AppointmentType, UUID | None]:
        """A client, a clinician, an appointment type and a location."""
        client, clinician = data.draw(st.sampled_from(self.clients)), data.draw(st.sampled_from(self.clinicians))
        self.toggle_discharged(data, client)
        # Mostly at the clinician's location.
        location = data.draw(st.sampled_from([self.model.hours[clinician].location] * 8 + self.locations))
        return (
            client,
            clinician,
            data.draw(
                st.sampled_from(
                    self.appointment_types[:2] * 3 + self.appointment_types[2:] + self.appointment_types[3:]
                )
            ),
            location,
        )

    def toggle_discharged(self, data: st.DataObject, client: UUID) -> None:
        """Sometimes, just before a client's step."""
        was = client in self.model.discharged
        if was != data.draw(st.sampled_from([was] * 5 + [False] * 4 + [True])):
            type(self).run(self.world.set_status(client, "active" if was else "discharged"))
            self.model.discharged ^= {client}

    def _draw_appointment(
        self, data: st.DataObject, *, closed: bool = False, several_seats: bool = False
    ) -> ModelAppointment:
        """Mostly a booked one; with `closed`, mostly one that is not; with `several_seats`, mostly such a one."""
        everything = list(self.model.appointments.values())
        preferred = [
            one
            for one in everything
            if (one.status == "booked") != closed and (one.appointment_type.seats > 1 or not several_seats)
        ]
        return data.draw(st.sampled_from(preferred * 4 + everything))

    def _not_self_bookable(self, appointment_type: AppointmentType, location: UUID | None) -> str | None:
        return None if appointment_type.self_bookable and location not in self.model.closed else "not_bookable"

    def _not_reservable(self, appointment_type: AppointmentType, location: UUID | None) -> str | None:
        return "not_bookable" if appointment_type.seats > 1 else self._not_self_bookable(appointment_type, location)

    def _closed_refusal(self, booking: ModelAppointment) -> str | None:
        if booking.status != "booked":
            return "appointment_not_booked"
        return "appointment_started" if booking.at <= self.now else None

    def _move_refusal(
        self, booking: ModelAppointment, clinician: UUID, location: UUID | None, at: datetime
    ) -> str | None:
        """Why the practice cannot move it there, while it is booked."""
        return self.model.refusal(
            clinician,
            booking.appointment_type,
            location,
            at,
            booking.attending,
            self.now,
            excluding=booking.id,
            by_staff=True,
            moving=True,
        )

    def _not_started_refusal(self, booking: ModelAppointment) -> str | None:
        if booking.status != "booked":
            return "appointment_not_booked"
        return "appointment_not_started" if self.now < booking.at else None
