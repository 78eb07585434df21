"""A time with a clinician, as requests name it: the very fields that `GET /appointments/slots` answers."""

from uuid import UUID

from entrypoints.http.contract.fields import Instant, Request
from portal_core.appointments.booking import SlotChoice


class SlotRequest(Request, frozen=True):
    """A time with a clinician for a kind of appointment. No place is telehealth."""

    clinician_id: UUID
    appointment_type_id: UUID
    starts_at: Instant
    location_id: UUID | None = None

    def choice(self) -> SlotChoice:
        """The core's word for it."""
        return SlotChoice(
            clinician_id=self.clinician_id,
            appointment_type_id=self.appointment_type_id,
            location_id=self.location_id,
            starts_at=self.starts_at,
        )
