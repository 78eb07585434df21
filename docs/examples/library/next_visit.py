"""A module of an EHR that books a client's next visit. It imports use cases only, and no adapter."""

from datetime import date, timedelta
from uuid import UUID

from attrs import frozen

from portal_core import Actor
from portal_core.appointments.booking import SlotChoice
from portal_core.appointments.errors import SlotTaken
from portal_core.appointments.use_cases.book_appointment import BookAppointment, BookAppointmentCommand
from portal_core.appointments.use_cases.find_slots import FindSlots, FindSlotsQuery
from portal_core.appointments.views import AppointmentView

TWO_WEEKS = timedelta(days=13)


@frozen
class NextVisit:
    """Books the first free slot on or after a day. Returns None if there is none within two weeks."""

    find_slots: FindSlots
    book_appointment: BookAppointment

    async def __call__(self, actor: Actor, appointment_type_id: UUID, first_day: date) -> AppointmentView | None:
        query = FindSlotsQuery(
            appointment_type_id=appointment_type_id, first_day=first_day, last_day=first_day + TWO_WEEKS
        )
        for slot in (await self.find_slots(actor, query)).items:
            choice = SlotChoice(
                clinician_id=slot.clinician_id,
                appointment_type_id=appointment_type_id,
                location_id=slot.location_id,
                starts_at=slot.starts_at,
            )
            try:
                return await self.book_appointment(actor, BookAppointmentCommand(choice=choice))
            except SlotTaken:
                continue  # another booking was faster; try the next slot
        return None
